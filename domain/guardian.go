package domain

import "slices"

// A Guardianship is one guardian of a child, by kind: who it is stays sealed with
// the contacts of the person.
type Guardianship struct {
	Kind     string    `json:"kind"` // code list "guardian_kind"
	Conflict string    `json:"conflict"`
	Since    When      `json:"since"`
	Ended    When      `json:"ended,omitzero"`
	Decision Reference `json:"decision,omitempty"`
	Reason   string    `json:"reason,omitempty"` // why it ended
}

// RequestGuardian asks the guardianship body to name a guardian for a child who
// has none who could act (Council of Europe Convention, Article 10(4)(a)). From
// then on the body may see the case. It is refused for an adult.
type RequestGuardian struct {
	Organisation string `json:"organisation" code:"organisation/child_protection"`
	Kind         string `json:"kind" code:"guardian_kind"`
	Reason       string `json:"reason" code:"guardian_need"`
}

// GuardianRequested starts the time to an appointment, for which no limit was
// found in the law.
type GuardianRequested struct {
	Organisation string `json:"organisation" code:"organisation" place:"beside"`
	Kind         string `json:"kind" code:"guardian_kind"`
	Reason       string `json:"reason" code:"guardian_need"`
}

func (GuardianRequested) EventType() string { return "GuardianRequested" }
func (e GuardianRequested) apply(c *Case, at Times) {
	c.GuardianAsked = at.Happened
	c.involve(e.Organisation, AskedFor)
}
func (RequestGuardian) givers() []Role { return []Role{DutyOfficer, CaseOfficer, Head} }
func (RequestGuardian) expected(c *Case) bool {
	return c.TreatedAsChild() && c.GuardianAsked.IsZero() && c.guardianNow() == nil
}
func (cmd RequestGuardian) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.childOn(req.Happened) {
		return nil, conflict("not_a_child")
	}
	return c.fact(req, GuardianRequested(cmd))
}

// AppointGuardian records that the guardianship body gave the child a guardian.
// Whoever has an interest against the child's cannot be one: that is refused.
// It is refused too for an adult and while another guardian is in office.
type AppointGuardian struct {
	Kind     string    `json:"kind" code:"guardian_kind"`
	Conflict string    `json:"conflict_check" code:"conflict_check"` // whether the guardian's interests were held against the child's
	Decision Reference `json:"decision_no,omitempty"`                // of the body's decision
}

// GuardianAppointed says what kind of guardian it is, never who.
type GuardianAppointed struct {
	Kind     string    `json:"kind" code:"guardian_kind"`
	Conflict string    `json:"conflict_check" code:"conflict_check"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (GuardianAppointed) EventType() string { return "GuardianAppointed" }
func (e GuardianAppointed) apply(c *Case, at Times) {
	c.addGuardian(Guardianship{Kind: e.Kind, Conflict: e.Conflict, Since: at.Happened, Decision: e.Decision})
}
func (AppointGuardian) givers() []Role { return []Role{ChildProtection} }
func (AppointGuardian) expected(c *Case) bool {
	return !c.GuardianAsked.IsZero() && c.guardianNow() == nil
}
func (cmd AppointGuardian) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.guardianSince(cmd.Kind, cmd.Conflict, cmd.Decision, req.Happened):
		return nil, nil
	case !c.childOn(req.Happened):
		return nil, conflict("not_a_child")
	case c.guardianAt(req.Happened) != nil:
		return nil, conflict("guardian_in_office")
	case cmd.Conflict == "found":
		return nil, invalid("guardian_conflict", "conflict_check")
	}
	return c.fact(req, GuardianAppointed(cmd), remark{cmd.Conflict == "not_checked", "guardian_conflict_not_checked"},
		remark{c.GuardianAsked.IsZero(), "guardian_not_requested"})
}

// ChangeGuardian records that another guardian took over. Whoever is an adult by
// then has none to change: that is refused.
type ChangeGuardian struct {
	Kind     string    `json:"kind" code:"guardian_kind"`
	Conflict string    `json:"conflict_check" code:"conflict_check"`
	Reason   string    `json:"reason" code:"guardian_change"`
	Decision Reference `json:"decision_no,omitempty"`
}

// GuardianChanged ends one guardianship and begins the next.
type GuardianChanged struct {
	Kind     string    `json:"kind" code:"guardian_kind"`
	Conflict string    `json:"conflict_check" code:"conflict_check"`
	Reason   string    `json:"reason" code:"guardian_change"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (GuardianChanged) EventType() string { return "GuardianChanged" }
func (e GuardianChanged) apply(c *Case, at Times) {
	c.endGuardian(at.Happened, e.Reason)
	c.addGuardian(Guardianship{Kind: e.Kind, Conflict: e.Conflict, Since: at.Happened, Decision: e.Decision})
}
func (ChangeGuardian) givers() []Role { return []Role{ChildProtection} }
func (cmd ChangeGuardian) decide(c *Case, req Request) ([]Event[Case], error) {
	g := c.guardianAt(req.Happened)
	switch {
	case !c.childOn(req.Happened):
		return nil, conflict("not_a_child")
	case g == nil:
		return nil, conflict("no_guardian")
	case cmd.Conflict == "found":
		return nil, invalid("guardian_conflict", "conflict_check")
	}
	return c.fact(req, GuardianChanged(cmd), remark{cmd.Conflict == "not_checked", "guardian_conflict_not_checked"})
}

// EndGuardian records that a guardian's office ended and nobody took over. Nobody
// turned 18 who is still a child of this register ("turned_18_is_adult"): until the
// first day of the month after the birthday a child keeps the guardian, so that the
// end does not tell the birthday. See [SetChildStatus].
type EndGuardian struct {
	Reason string `json:"reason" code:"guardian_end"`
}

// GuardianEnded leaves the person without a guardian.
type GuardianEnded struct {
	Reason string `json:"reason" code:"guardian_end"`
}

func (GuardianEnded) EventType() string         { return "GuardianEnded" }
func (e GuardianEnded) apply(c *Case, at Times) { c.endGuardian(at.Happened, e.Reason) }
func (EndGuardian) givers() []Role              { return []Role{ChildProtection} }
func (EndGuardian) expected(c *Case) bool       { return c.guardianNow() != nil && !c.TreatedAsChild() }
func (cmd EndGuardian) decide(c *Case, req Request) ([]Event[Case], error) {
	if slices.ContainsFunc(c.Guardians, func(g Guardianship) bool { return g.Ended.Equal(req.Happened) && g.Reason == cmd.Reason }) {
		return nil, nil
	}
	switch {
	case c.guardianAt(req.Happened) == nil:
		return nil, conflict("no_guardian")
	case cmd.Reason == "turned_18" && c.childOn(req.Happened):
		return nil, invalid("turned_18_is_adult", "reason")
	}
	return c.fact(req, GuardianEnded(cmd), remark{c.childOn(req.Happened) && cmd.Reason != "died", "child_without_guardian"})
}

// guardianAt is the guardian in office at a time, or nil.
func (c *Case) guardianAt(when When) *Guardianship {
	for i := range slices.Backward(c.Guardians) {
		if g := &c.Guardians[i]; !when.Before(g.Since) && (g.Ended.IsZero() || when.Before(g.Ended)) {
			return g
		}
	}
	return nil
}

// guardianNow is the guardian in office as far as is known, or nil.
func (c *Case) guardianNow() *Guardianship {
	for i := range slices.Backward(c.Guardians) {
		if c.Guardians[i].Ended.IsZero() {
			return &c.Guardians[i]
		}
	}
	return nil
}

// addGuardian puts a guardian into the order of their offices. One of whom the
// register learns late was in office until the next.
func (c *Case) addGuardian(g Guardianship) {
	at := len(c.Guardians)
	for at > 0 && g.Since.Before(c.Guardians[at-1].Since) {
		at--
	}
	if at < len(c.Guardians) {
		g.Ended, g.Reason = c.Guardians[at].Since, "other"
	}
	c.Guardians = slices.Insert(c.Guardians, at, g)
}

func (c *Case) endGuardian(at When, reason string) {
	if g := c.guardianAt(at); g != nil {
		g.Ended, g.Reason = at, reason
	}
}

// guardianSince reports whether the very same guardianship is recorded.
func (c *Case) guardianSince(kind, conflict string, decision Reference, since When) bool {
	return slices.ContainsFunc(c.Guardians, func(g Guardianship) bool {
		return g.Kind == kind && g.Conflict == conflict && g.Decision == decision && g.Since.Equal(since)
	})
}
