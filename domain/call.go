package domain

// Call is one call to a hotline. It is no case: of some ten thousand a year a few
// dozen are about trafficking, and only such a call leads to a case. Who called
// is nowhere in the register.
type Call struct {
	Logged When `json:"logged"`
	Case   Ref  `json:"case,omitempty"` // the case that it led to

	Entry HotlineCallLogged `json:"entry"` // as it was logged
}

// IsLogged reports whether the call is in the register.
func (c *Call) IsLogged() bool { return !c.Logged.IsZero() }

// logging is the command that enters a call in the register.
type logging interface{ logs() }

// accepts is what every command on a call must pass before its own rule.
func (c *Call) accepts(req Request, cmd Asked) error {
	if _, logs := cmd.(logging); logs {
		return nil
	}
	if !c.IsLogged() {
		return &Refusal{Kind: NotFound, Code: "no_such_call"}
	}
	if req.Happened.guess().Before(c.Logged) {
		return invalid("before_call", "happened")
	}
	return nil
}
