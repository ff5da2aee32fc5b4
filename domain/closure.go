package domain

import "slices"

// CloseCase ends the work on a case, with a coded reason. What is still open is
// given up with a reason, or remarked. Refused while the person lives in a
// facility ("still_sheltered"), while a review of the decision waits
// ("review_waits") and, of a child, while no durable solution was determined
// ("durable_solution_missing"), and while an award is unpaid that nobody looks
// after ("award_unpaid"): unless the person died or was registered twice. An
// import tells what was: there those are remarked.
type CloseCase struct {
	Reason       string `json:"reason" code:"closure_reason"`
	WaiverReason string `json:"waiver_reason,omitempty" code:"waiver_reason"` // why what is still open is given up
	FollowedUpBy string `json:"followed_up_by,omitempty" code:"organisation"` // who looks after what is still to be paid
}

// CaseClosed ends the duties that are still open, and lists what was given up.
type CaseClosed struct {
	Reason       string   `json:"reason" code:"closure_reason"`
	Waived       []string `json:"waived,omitempty" code:"open_item"`
	WaiverReason string   `json:"waiver_reason,omitempty" code:"waiver_reason"`
	FollowedUpBy string   `json:"followed_up_by,omitempty" code:"organisation" place:"beside"`
}

func (CaseClosed) EventType() string { return "CaseClosed" }
func (e CaseClosed) apply(c *Case, at Times) {
	c.Closed, c.CloseReason, c.FollowsUp = at.Happened, e.Reason, e.FollowedUpBy
	c.waive(at.Happened)
}
func (CloseCase) givers() []Role        { return []Role{CaseOfficer, AssistanceCentre} }
func (CloseCase) expected(c *Case) bool { return !c.IsClosed() && c.Host() == nil && c.final() }

func (cmd CloseCase) decide(c *Case, req Request) ([]Event[Case], error) {
	ended := cmd.Reason == "died" || cmd.Reason == "duplicate" // nothing can be done for the person in this case any more
	open := c.openItems()
	unpaid := c.owed()
	unsolved := c.childOn(req.Happened) && c.DurableSolution() == ""
	switch {
	case c.IsClosed() && c.CloseReason == cmd.Reason && c.Closed.Equal(req.Happened):
		return nil, nil
	case c.IsClosed():
		return nil, conflict("already_closed")
	case !c.knows(req.By, req.known()):
		return nil, conflict("not_admitted") // who was only asked, or only referred the person, does not end the work of others
	case c.Host() != nil:
		return nil, conflict("still_sheltered") // the person lives in a facility: closing would be false
	case c.ReviewWaits && !ended && !req.imported():
		return nil, conflict("review_waits")
	case unsolved && !ended && !req.imported():
		return nil, conflict("durable_solution_missing")
	case unpaid && cmd.FollowedUpBy == "" && !ended && !req.imported():
		return nil, invalid("award_unpaid", "followed_up_by")
	case cmd.Reason == "negative_decision" && c.Outcome == "positive":
		return nil, invalid("answers_contradict", "reason")
	case cmd.WaiverReason == "died" && cmd.Reason != "died":
		return nil, invalid("answers_contradict", "waiver_reason")
	case cmd.WaiverReason != "" && len(open) == 0:
		return nil, invalid("nothing_open", "waiver_reason")
	case cmd.FollowedUpBy != "" && !unpaid:
		return nil, invalid("nothing_open", "followed_up_by")
	}
	e := CaseClosed{Reason: cmd.Reason, WaiverReason: cmd.WaiverReason, FollowedUpBy: cmd.FollowedUpBy}
	if cmd.WaiverReason != "" {
		e.Waived = open
	}
	return c.fact(req, e, remark{len(c.OpenClocks()) > 0 && cmd.WaiverReason == "", "open_duties"},
		remark{unpaid && cmd.FollowedUpBy == "", "award_unpaid"}, remark{c.Outcome == "", "identification_missing"},
		remark{c.ReviewWaits, "review_waits"}, remark{unsolved, "durable_solution_missing"})
}

// openItems lists what is still to be done, codes of the list "open_item".
func (c *Case) openItems() (open []string) {
	r := c.Redress
	for _, item := range []struct {
		is   bool
		code string
	}{
		{len(c.OpenClocks()) > 0, "duties"},
		{c.Outcome == "" || c.Outcome == "suspended", "identification"},
		{slices.ContainsFunc(r.Requests, func(s Matter) bool { return waits(s) && len(s.Parts) == 0 }), "fund_answer"},
		{slices.ContainsFunc(r.Requests, func(s Matter) bool { return s.Answer == "granted" && s.Paid() < s.Granted }), "fund_payment"},
		{c.AllowanceDue(), "allowance"},
		{slices.ContainsFunc(r.Claims, waits), "claim"},
		{r.Paid < r.Awarded, "award"},
		{c.servicesOpen(), "services"},
		{!c.Return.Departed.IsZero() && c.Return.Received.IsZero(), "return"},
	} {
		if item.is {
			open = append(open, item.code)
		}
	}
	return open
}

// owed reports whether somebody still has to pay an award.
func (c *Case) owed() bool { return c.Redress.Paid < c.Redress.Awarded }

// servicesOpen reports whether a need was recorded that nothing was done about.
func (c *Case) servicesOpen() bool {
	for _, p := range c.Services {
		p.Unavailable = When{} // that nobody could give it does not end the need
		if !p.Needed.IsZero() && !p.ended() {
			return true
		}
	}
	return false
}

// ReopenCase takes up a closed case again, with the duties that its closure ended.
type ReopenCase struct {
	Reason string `json:"reason" code:"reopening_reason"`
}

// CaseReopened says why.
type CaseReopened struct {
	Reason string `json:"reason" code:"reopening_reason"`
}

func (CaseReopened) EventType() string { return "CaseReopened" }
func (CaseReopened) apply(c *Case, at Times) {
	c.Closed, c.CloseReason, c.FollowsUp, c.EverReopened = When{}, "", "", true
	c.takeUp(at.Happened)
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

// heed notices what of other steps bears on the closure.
func (c *Case) heed(d Decision) {
	for _, e := range d.Events {
		switch e.EventType() {
		case "ReviewRequested":
			c.ReviewWaits = true
		case "ReviewDecided", "IdentificationReversed":
			c.ReviewWaits = false
		}
	}
}
