package domain

import "slices"

// StartFamilyTracing records that a child's family is looked for. It is done
// only if it is in the child's best interests (Council of Europe Convention,
// Article 10(4)(c)): the traffickers may be the family. It is refused for an
// adult.
type StartFamilyTracing struct {
	Channel       string `json:"channel" code:"tracing_channel"`
	Country       string `json:"country,omitempty" code:"country"` // empty: in Azerbaijan
	BestInterests bool   `json:"best_interests"`                   // it was found to be in the child's best interests
}

// FamilyTracingStarted says through whom and where.
type FamilyTracingStarted struct {
	Channel       string `json:"channel" code:"tracing_channel"`
	Country       string `json:"country,omitempty" code:"country"`
	BestInterests bool   `json:"best_interests,omitempty"`
}

func (FamilyTracingStarted) EventType() string { return "FamilyTracingStarted" }
func (FamilyTracingStarted) apply(c *Case, at Times) {
	if !at.Happened.Before(c.Tracing) {
		c.Tracing, c.TracingResult = at.Happened, ""
	}
}
func (StartFamilyTracing) givers() []Role { return []Role{ChildProtection, ReturnPartner} }
func (cmd StartFamilyTracing) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.childOn(req.Happened) {
		return nil, conflict("not_a_child")
	}
	return c.fact(req, FamilyTracingStarted(cmd), remark{!cmd.BestInterests, "best_interests_not_assessed"})
}

// RecordTracingResult records what the search for a family came to.
type RecordTracingResult struct {
	Result    string   `json:"result" code:"tracing_result"`
	Relatives []string `json:"relatives,omitempty" code:"relative"` // who was found, by kinship
}

// FamilyTracingResult ends a search.
type FamilyTracingResult struct {
	Result    string   `json:"result" code:"tracing_result"`
	Relatives []string `json:"relatives,omitempty" code:"relative"`
}

func (FamilyTracingResult) EventType() string        { return "FamilyTracingResult" }
func (e FamilyTracingResult) apply(c *Case, _ Times) { c.TracingResult = e.Result }
func (RecordTracingResult) givers() []Role           { return []Role{ChildProtection, ReturnPartner} }
func (RecordTracingResult) expected(c *Case) bool {
	return !c.Tracing.IsZero() && c.TracingResult == ""
}
func (cmd RecordTracingResult) decide(c *Case, req Request) ([]Event[Case], error) {
	found, _ := CodeOf("tracing_result", cmd.Result)
	switch {
	case found.Group == "found" && len(cmd.Relatives) == 0:
		return nil, invalid("relatives_needed", "relatives")
	case found.Group != "found" && len(cmd.Relatives) > 0:
		return nil, invalid("nobody_found", "relatives")
	case req.Happened.Before(c.Tracing):
		return nil, invalid("before_start", "happened")
	}
	return c.fact(req, FamilyTracingResult{cmd.Result, slices.Clone(cmd.Relatives)}, remark{c.Tracing.IsZero(), "tracing_not_started"})
}
