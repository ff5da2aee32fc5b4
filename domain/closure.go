package domain

// CloseCase ends the work on a case, with a coded reason.
type CloseCase struct {
	Reason string `json:"reason" code:"closure_reason"`
}

// CaseClosed ends the duties that are still open.
type CaseClosed struct {
	Reason string `json:"reason" code:"closure_reason"`
}

func (CaseClosed) EventType() string { return "CaseClosed" }
func (e CaseClosed) apply(c *Case, at Times) {
	c.Closed, c.CloseReason = at.Happened, e.Reason
	c.waive(at.Happened)
}
func (CloseCase) givers() []Role        { return []Role{CaseOfficer, AssistanceCentre} }
func (CloseCase) expected(c *Case) bool { return !c.IsClosed() && c.Host() == nil && c.final() }
func (cmd CloseCase) decide(c *Case, req Request) ([]Event[Case], error) {
	r := c.Redress
	switch {
	case c.IsClosed() && c.CloseReason == cmd.Reason && c.Closed.Equal(req.Happened):
		return nil, nil
	case c.IsClosed():
		return nil, conflict("already_closed")
	case c.Host() != nil:
		return nil, conflict("still_sheltered") // the person lives in a facility: closing would be false
	}
	return c.fact(req, CaseClosed(cmd), remark{len(c.OpenClocks()) > 0, "open_duties"}, remark{r.Paid < r.Awarded, "award_unpaid"},
		remark{c.Outcome == "", "identification_missing"})
}

// ReopenCase takes up a closed case again.
type ReopenCase struct {
	Reason string `json:"reason" code:"reopening_reason"`
}

// CaseReopened says why.
type CaseReopened struct {
	Reason string `json:"reason" code:"reopening_reason"`
}

func (CaseReopened) EventType() string { return "CaseReopened" }
func (CaseReopened) apply(c *Case, _ Times) {
	c.Closed, c.CloseReason, c.EverReopened = When{}, "", true
}
func (ReopenCase) givers() []Role        { return []Role{CaseOfficer, Head} }
func (ReopenCase) expected(c *Case) bool { return c.IsClosed() }
func (cmd ReopenCase) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case !c.IsClosed() && c.EverReopened:
		return nil, nil
	case !c.IsClosed():
		return nil, conflict("not_closed")
	case req.Happened.Before(c.Closed):
		return nil, invalid("before_closure", "happened")
	}
	return []Event[Case]{CaseReopened(cmd)}, nil
}
