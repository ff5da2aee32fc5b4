package domain

// LogHotlineCall enters a call to a hotline (Ministry of Internal Affairs, order No.
// 590 of 12.10.2007: line 152). Nothing is asked about who called. Most calls are
// no cases; one that led to a referral names the case that was opened for it.
//
// A call that nobody answered is entered too, with the topic "unanswered", so that
// it can be said how many are answered (action plan, 4.3.1).
//
// Refused: a case for a call that is not about trafficking ("not_about_trafficking"),
// saying of one that nobody answered what it was about ("call_unanswered"), and not
// saying in which language one that was answered was ("language_of_call").
type LogHotlineCall struct {
	Channel  string `json:"channel" code:"call_channel"`
	Language string `json:"language,omitempty" code:"language"`
	Topic    string `json:"topic" code:"call_topic"`
	Caller   string `json:"caller" code:"caller"`
	District string `json:"district,omitempty" code:"district"` // that the call was about
	Related  bool   `json:"thb_related"`                        // it was about trafficking
	Case     Ref    `json:"case,omitempty" ref:"case"`
}

// HotlineCallLogged is one call. It is no fact of any person's.
type HotlineCallLogged struct {
	Channel  string `json:"channel" code:"call_channel"`
	Language string `json:"language,omitempty" code:"language"`
	Topic    string `json:"topic" code:"call_topic"`
	Caller   string `json:"caller" code:"caller"`
	District string `json:"district,omitempty" code:"district"`
	Related  bool   `json:"thb_related,omitempty"`
	Case     Ref    `json:"case,omitempty" ref:"case"`
}

// unanswered is the topic of a call that nobody answered, on the list "call_topic".
const unanswered = "unanswered"

func (HotlineCallLogged) EventType() string { return "HotlineCallLogged" }
func (e HotlineCallLogged) apply(c *Call, at Times) {
	c.Logged, c.Case, c.Entry = at.Happened, e.Case, e
}

func (LogHotlineCall) logs()          {}
func (LogHotlineCall) givers() []Role { return []Role{HotlineOperator} }
func (cmd LogHotlineCall) others(Request) []Stream {
	if cmd.Case == "" {
		return nil
	}
	return []Stream{CaseStream(cmd.Case)}
}
func (cmd LogHotlineCall) decide(j *Joint, req Request) ([]Event[Joint], error) {
	call, e := j.Calls[0], HotlineCallLogged(cmd)
	switch {
	case call.IsLogged() && call.Entry == e && call.Logged.Equal(req.Happened):
		return nil, nil
	case call.IsLogged():
		return nil, conflict("already_registered")
	case cmd.Topic == unanswered && cmd.Related:
		return nil, invalid("call_unanswered", "thb_related")
	case cmd.Topic != unanswered && cmd.Language == "":
		return nil, invalid("language_of_call", "language")
	case cmd.Case != "" && !cmd.Related:
		return nil, invalid("not_about_trafficking", "case")
	case cmd.Topic == "trafficking" && !cmd.Related:
		return nil, invalid("answers_contradict", "thb_related")
	case req.Happened.Day().Before(lawInForce):
		return nil, invalid("before_law", "happened")
	}
	return j.onCall(0, e), nil
}
