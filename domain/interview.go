package domain

import "slices"

// HoldInterview records an interview. For a child, plan action 4.5.9 asks that
// the common standard of communication with children is applied.
type HoldInterview struct {
	Participants  []string `json:"participants" code:"participant"`
	ChildStandard bool     `json:"child_standard"`
	Language      string   `json:"language,omitempty" code:"language"`
	Breaks        int      `json:"breaks,omitempty" max:"50"` // how many times it was interrupted for rest
}

// InterviewHeld says who took part, by function, never by name.
type InterviewHeld struct {
	Participants  []string `json:"participants" code:"participant"`
	Child         bool     `json:"child,omitempty"` // the person was treated as a child then
	ChildStandard bool     `json:"child_standard,omitempty"`
	Language      string   `json:"language,omitempty" code:"language"`
	Breaks        int      `json:"breaks,omitempty"`
}

func (InterviewHeld) EventType() string { return "InterviewHeld" }
func (InterviewHeld) apply(c *Case, at Times) {
	if c.Interviewed.IsZero() || at.Happened.Before(c.Interviewed) {
		c.Interviewed = at.Happened
	}
}
func (HoldInterview) givers() []Role { return []Role{CaseOfficer, ChildProtection} }
func (HoldInterview) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Outcome == ""
}
func (cmd HoldInterview) decide(c *Case, req Request) ([]Event[Case], error) {
	child := c.childOn(req.Happened)
	alone := child && !slices.Contains(cmd.Participants, "legal_representative")
	e := InterviewHeld{slices.Clone(cmd.Participants), child, cmd.ChildStandard, cmd.Language, cmd.Breaks}
	return c.fact(req, e, remark{alone, "child_without_representative"}, remark{child && !cmd.ChildStandard, "child_standard_not_applied"})
}
