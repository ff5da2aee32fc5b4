package domain

import "slices"

// An AgeStatus is what the register holds a person for from a day on: a child,
// or an adult. What was recorded before that day stays as it was: the age at
// the referral, at the decision and in every service stands on those events.
type AgeStatus struct {
	Status   string `json:"status"` // code list "child_status"
	From     Day    `json:"from"`
	Presumed bool   `json:"presumed,omitempty"`
	Basis    string `json:"basis"`
}

// PresumeChild records that a person whose age is in doubt is treated as a child
// until it is known (Council of Europe Convention, Article 10(3)). It is refused
// for a person who is known to be a child.
type PresumeChild struct {
	Basis string `json:"basis" code:"child_basis/presumed"`
}

// ChildStatusPresumed makes the person a child for every rule from that day.
type ChildStatusPresumed struct {
	Basis string `json:"basis" code:"child_basis"`
}

func (ChildStatusPresumed) EventType() string { return "ChildStatusPresumed" }
func (e ChildStatusPresumed) apply(c *Case, at Times) {
	c.ageFrom(AgeStatus{Status: "child", From: at.Happened.Day(), Presumed: true, Basis: e.Basis})
}
func (PresumeChild) givers() []Role { return []Role{DutyOfficer, CaseOfficer, ChildProtection} }
func (cmd PresumeChild) decide(c *Case, req Request) ([]Event[Case], error) {
	s := c.ageOn(req.Happened.Day())
	if s.Status == "child" && !s.Presumed {
		return nil, conflict("known_child")
	}
	return c.fact(req, ChildStatusPresumed(cmd))
}

// SetChildStatus records that a person is known to be a child, or an adult, and
// from which day: by documents, by an assessment of the age, or because the
// person turned 18. A person says so; nothing is reckoned from a date of birth.
//
// The day of birth is sealed, and the eighteenth birthday would tell it. So a
// person who turns 18 is an adult of this register from the first day of the
// next month: any other day is refused with "first_of_month". Until then the
// person keeps what a child has. On another basis the day of the finding and
// that of the referral will do too. A day after the fact itself is refused with
// "in_future".
type SetChildStatus struct {
	Status string `json:"status" code:"child_status"`
	Basis  string `json:"basis" code:"child_basis/set"`
	From   Day    `json:"from,omitzero"` // the day of the finding, if none is given
}

// ChildStatusSet is in force from the day until another one follows.
type ChildStatusSet struct {
	Status string `json:"status" code:"child_status"`
	Basis  string `json:"basis" code:"child_basis"`
	From   Day    `json:"from,omitzero"`
}

func (ChildStatusSet) EventType() string { return "ChildStatusSet" }
func (e ChildStatusSet) apply(c *Case, _ Times) {
	c.ageFrom(AgeStatus{Status: e.Status, From: e.From, Basis: e.Basis})
}
func (SetChildStatus) givers() []Role { return []Role{CaseOfficer, Head, ChildProtection} }
func (SetChildStatus) expected(c *Case) bool {
	return c.ageNow().Presumed || c.Age == "not_sure" && len(c.Ages) == 0
}
func (cmd SetChildStatus) decide(c *Case, req Request) ([]Event[Case], error) {
	e := ChildStatusSet(cmd)
	if e.From.IsZero() && cmd.Basis != "turned_18" {
		e.From = req.Happened.Day()
	}
	switch {
	case cmd.Basis == "turned_18" && cmd.Status != "adult":
		return nil, invalid("turned_18_is_adult", "status")
	case e.From.IsZero():
		return nil, invalid("required", "from")
	case e.From.After(req.Happened.Day()):
		return nil, invalid("in_future", "from")
	case cmd.Status == "adult" && e.From.start.Day() != 1 &&
		(cmd.Basis == "turned_18" || e.From.Since(req.Happened.Day()) != 0 && e.From.Since(c.Detected.Day()) != 0):
		return nil, invalid("first_of_month", "from")
	}
	guarded := cmd.Status == "adult" && c.guardianAt(req.Happened) != nil
	return c.fact(req, e, remark{guarded, "guardian_still_appointed"})
}

// TreatedAsChild reports whether the person is a child or may be one, as far as
// is known now: where the age is in doubt, a child is presumed.
func (c *Case) TreatedAsChild() bool { return c.ageNow().Status != "adult" }

// NeverChild reports whether the person is held for an adult on every day of the
// case and no guardian was ever asked for: nothing about it, however late it is
// recorded, is of a child.
func (c *Case) NeverChild() bool {
	minor := func(s AgeStatus) bool { return s.Status != "adult" }
	return !c.childOn(c.Detected) && !slices.ContainsFunc(c.Ages, minor) && c.GuardianAsked.IsZero() && len(c.Guardians) == 0
}

// childOn is [Case.TreatedAsChild] at the time of a fact, which may be recorded
// long after the person turned 18.
func (c *Case) childOn(when When) bool { return c.ageOn(when.Day()).Status != "adult" }

// AgeNow is how the person is treated now, a code of the list "age": a child, or
// an adult; not sure while nobody has said.
func (c *Case) AgeNow() string { return c.ageNow().Status }

// ageOn is the status in force on a day: until the first one, what was said at
// the referral.
func (c *Case) ageOn(d Day) AgeStatus {
	on := AgeStatus{Status: c.Age}
	for _, s := range c.Ages {
		if !d.Before(s.From) {
			on = s
		}
	}
	return on
}

func (c *Case) ageNow() AgeStatus {
	if n := len(c.Ages); n > 0 {
		return c.Ages[n-1]
	}
	return AgeStatus{Status: c.Age}
}

// ageFrom puts a status into the order of the days from which they hold: of two
// of one day the one recorded later holds.
func (c *Case) ageFrom(s AgeStatus) {
	at := len(c.Ages)
	for at > 0 && c.Ages[at-1].From.After(s.From) {
		at--
	}
	c.Ages = slices.Insert(c.Ages, at, s)
}
