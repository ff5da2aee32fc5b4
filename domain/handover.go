package domain

import "slices"

// AcceptHandover records that the special police unit's duty officer received
// the person. Cabinet Decision No. 21 of 2008, Article 7: within 24 hours of
// detection, to the duty officer and to nobody else.
type AcceptHandover struct {
	District    string   `json:"district" code:"district"`
	Condition   string   `json:"condition" code:"condition"`
	Interpreter bool     `json:"interpreter"` // one is needed
	Belongings  []string `json:"belongings,omitempty" code:"belonging"`
}

// HandoverAccepted starts the unit's inquiry.
type HandoverAccepted struct {
	District    string   `json:"district" code:"district" place:"none"`
	Condition   string   `json:"condition" code:"condition"`
	Interpreter bool     `json:"interpreter,omitempty"`
	Belongings  []string `json:"belongings,omitempty" code:"belonging"`
}

func (HandoverAccepted) EventType() string         { return "HandoverAccepted" }
func (e HandoverAccepted) apply(c *Case, at Times) { c.HandedOver = at.Happened }
func (AcceptHandover) givers() []Role              { return []Role{DutyOfficer} }
func (AcceptHandover) expected(c *Case) bool       { return c.HandedOver.IsZero() }
func (cmd AcceptHandover) decide(c *Case, req Request) ([]Event[Case], error) {
	e := HandoverAccepted(cmd)
	if !c.HandedOver.IsZero() {
		if c.HandedOver.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("already_handed_over")
	}
	return c.fact(req, e, remark{c.Outcome != "", "after_decision"})
}

// RefuseHandover records that the duty officer did not receive the person, and
// why. The time to the handover goes on (Cabinet Decision No. 21 of 2008).
type RefuseHandover struct {
	Reason   string `json:"reason" code:"handover_refusal"`
	District string `json:"district" code:"district"` // where it was tried
}

// HandoverRefused is reasoned, and changes nothing about the duty.
type HandoverRefused struct {
	Reason   string `json:"reason" code:"handover_refusal"`
	District string `json:"district" code:"district" place:"none"`
}

func (HandoverRefused) EventType() string  { return "HandoverRefused" }
func (HandoverRefused) apply(*Case, Times) {}
func (RefuseHandover) givers() []Role      { return []Role{DutyOfficer} }
func (cmd RefuseHandover) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.HandedOver.IsZero() && !req.Happened.Before(c.HandedOver) {
		return nil, conflict("already_handed_over")
	}
	return c.fact(req, HandoverRefused(cmd))
}

// ReturnReferral records that the duty officer sent a referral back to the body that
// made it, and why. The case stays open until it is closed. Something is missing
// from what is incomplete, and only from that ("answers_contradict").
type ReturnReferral struct {
	Organisation string   `json:"organisation" code:"organisation"`
	Reason       string   `json:"reason" code:"referral_return"`
	Missing      []string `json:"missing,omitempty" code:"referral_gap"` // what is asked for
}

// ReferralReturned names the body that is asked to complete its referral, or told
// that another one is competent.
type ReferralReturned struct {
	To      string   `json:"organisation" code:"organisation" place:"beside"`
	Reason  string   `json:"reason" code:"referral_return"`
	Missing []string `json:"missing,omitempty" code:"referral_gap"`
}

func (ReferralReturned) EventType() string  { return "ReferralReturned" }
func (ReferralReturned) apply(*Case, Times) {}
func (ReturnReferral) givers() []Role       { return []Role{DutyOfficer} }
func (cmd ReturnReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	referred := slices.ContainsFunc(c.Access, func(a Access) bool {
		return a.Organisation == cmd.Organisation && a.Relation == ReferredIt
	})
	switch {
	case !referred:
		return nil, invalid("has_not_referred", "organisation")
	case DutyOfficer.fits(cmd.Organisation):
		return nil, invalid("same_organisation", "organisation")
	case cmd.Reason == "incomplete" && len(cmd.Missing) == 0:
		return nil, invalid("required", "missing")
	case cmd.Reason != "incomplete" && len(cmd.Missing) > 0:
		return nil, invalid("answers_contradict", "missing")
	}
	e := ReferralReturned{To: cmd.Organisation, Reason: cmd.Reason, Missing: slices.Clone(cmd.Missing)}
	return c.fact(req, e, remark{!c.HandedOver.IsZero(), "returned_after_handover"})
}

// AddReferral records that a further body referred a person whose case is open: it
// stays one case of one person, however many refer them.
type AddReferral struct {
	Organisation string `json:"organisation" code:"organisation"` // that referred the person
	Basis        string `json:"basis" code:"referral_basis"`

	ReferralFields
}

func (AddReferral) givers() []Role { return []Role{DutyOfficer, CaseOfficer} }
func (cmd AddReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	if DutyOfficer.fits(cmd.Organisation) {
		return nil, invalid("same_organisation", "organisation")
	}
	return c.fact(req, cmd.submitted(cmd.Organisation, cmd.Basis))
}

// OpenCase records that a case officer takes charge of the case: whoever records
// it is assigned, until another officer does. A co-victim's case can be named, and
// others that have to do with this one; victims of one event share the number of
// their group. Each case that is named must be there ("no_such_case"), and none is
// this one or named twice ("same_stream").
type OpenCase struct {
	Number   Reference `json:"case_no,omitempty"`  // of the unit's own file
	Group    Reference `json:"group_no,omitempty"` // of victims of one event
	CoVictim Ref       `json:"co_victim,omitempty" ref:"case"`
	Linked   []Ref     `json:"linked_cases,omitempty" ref:"case"`
}

// CaseOpened assigns the officer who recorded it.
type CaseOpened struct {
	Number   Reference `json:"case_no,omitempty"`
	Group    Reference `json:"group_no,omitempty"`
	CoVictim Ref       `json:"co_victim,omitempty" ref:"case"`
	Linked   []Ref     `json:"linked_cases,omitempty" ref:"case"`
}

func (CaseOpened) EventType() string { return "CaseOpened" }
func (e CaseOpened) apply(c *Case, at Times) {
	c.TakenUp = at.Happened
	if e.Group != "" {
		c.Group = e.Group
	}
	c.CoVictims = withRef(c.CoVictims, e.CoVictim)
	for _, r := range e.Linked {
		c.LinkedCases = withRef(c.LinkedCases, r)
	}
}
func (OpenCase) givers() []Role        { return []Role{CaseOfficer} }
func (OpenCase) expected(c *Case) bool { return !c.HandedOver.IsZero() && c.TakenUp.IsZero() }
func (cmd OpenCase) others(Request) (named []Stream) {
	if cmd.CoVictim != "" {
		named = append(named, CaseStream(cmd.CoVictim))
	}
	for _, r := range cmd.Linked {
		named = append(named, CaseStream(r))
	}
	return named
}
func (cmd OpenCase) decide(j *Joint, req Request) ([]Event[Joint], error) {
	cmd.Linked = slices.Clone(cmd.Linked)
	events, err := j.Case().fact(req, CaseOpened(cmd), remark{j.Case().HandedOver.IsZero(), "handover_missing"})
	return j.onCase(0, events...), err
}
