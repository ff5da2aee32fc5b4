package domain

import "slices"

// ApplyChildStandard records that somebody who spoke with a child held to the
// common standards of communication with children (plan action 4.5.9), in the
// version then in force. What was not kept is remarked. It is refused for an
// adult.
type ApplyChildStandard struct {
	Standard  string    `json:"standard" code:"standard"`
	Version   Reference `json:"version"`
	Occasion  string    `json:"occasion" code:"child_occasion"`
	Checklist Answers   `json:"checklist" code:"child_standard_item"`
}

// ChildStandardApplied says which points of the standard were kept.
type ChildStandardApplied struct {
	Standard  string    `json:"standard" code:"standard"`
	Version   Reference `json:"version"`
	Occasion  string    `json:"occasion" code:"child_occasion"`
	Checklist Answers   `json:"checklist" code:"child_standard_item"`
}

func (ChildStandardApplied) EventType() string       { return "ChildStandardApplied" }
func (ChildStandardApplied) apply(c *Case, at Times) { c.ChildStandard = at.Happened }
func (ApplyChildStandard) givers() []Role {
	return []Role{CaseOfficer, ChildProtection, Shelter, AssistanceCentre, Prosecution}
}
func (cmd ApplyChildStandard) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.childOn(req.Happened) {
		return nil, conflict("not_a_child")
	}
	e := ChildStandardApplied{cmd.Standard, cmd.Version, cmd.Occasion, slices.Clone(cmd.Checklist)}
	kept := !slices.ContainsFunc(cmd.Checklist, func(a Answer) bool { return a.Answer == "absent" })
	return c.fact(req, e, remark{!kept, "child_standard_incomplete"})
}
