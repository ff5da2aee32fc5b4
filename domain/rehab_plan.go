package domain

import (
	"reflect"
	"slices"
)

// RehabPlan is what was agreed with the person about their rehabilitation.
type RehabPlan struct {
	Approved When              `json:"approved,omitzero"`
	Revised  When              `json:"revised,omitzero"`
	First    RehabPlanApproved `json:"first,omitzero"`
	Services []string          `json:"services,omitempty"` // as agreed now
	ReviewOn Day               `json:"review_on,omitzero"`
}

// PlanFields are what an individual social rehabilitation plan holds: the Cabinet's
// rules of 06.03.2006 (No. 62) on social rehabilitation; everybody who is admitted
// has one. For children see also the programme of 06.02.2014 (No. 37).
type PlanFields struct {
	Goals    []string `json:"goals" code:"rehab_goal"`
	Services []string `json:"services" code:"service"`
	Owner    string   `json:"owner" code:"plan_owner"` // who sees to it, by function
	ReviewOn Day      `json:"review_on"`
}

// ApproveRehabPlan records the first plan.
type ApproveRehabPlan struct{ PlanFields }

// RehabPlanApproved holds the plan as codes only.
type RehabPlanApproved struct {
	Goals    []string `json:"goals" code:"rehab_goal"`
	Services []string `json:"services" code:"service"`
	Owner    string   `json:"owner" code:"plan_owner"`
	ReviewOn Day      `json:"review_on"`
}

// ReviseRehabPlan records the plan as it is from now on, and why it was changed.
type ReviseRehabPlan struct {
	PlanFields
	Reason string `json:"reason" code:"plan_revision_reason"`
}

// RehabPlanRevised replaces the plan before.
type RehabPlanRevised struct {
	Goals    []string `json:"goals" code:"rehab_goal"`
	Services []string `json:"services" code:"service"`
	Owner    string   `json:"owner" code:"plan_owner"`
	ReviewOn Day      `json:"review_on"`
	Reason   string   `json:"reason" code:"plan_revision_reason"`
}

func (RehabPlanApproved) EventType() string { return "RehabPlanApproved" }
func (RehabPlanRevised) EventType() string  { return "RehabPlanRevised" }

func (e RehabPlanApproved) apply(c *Case, at Times) {
	c.Plan = RehabPlan{Approved: at.Happened, First: e, Services: e.Services, ReviewOn: e.ReviewOn}
}

func (e RehabPlanRevised) apply(c *Case, at Times) {
	if !at.Happened.Before(c.Plan.Revised) { // an older one that is learned late changes nothing now
		c.Plan.Revised, c.Plan.Services, c.Plan.ReviewOn = at.Happened, e.Services, e.ReviewOn
	}
}

func (ApproveRehabPlan) givers() []Role        { return []Role{AssistanceCentre, Shelter} }
func (ReviseRehabPlan) givers() []Role         { return []Role{AssistanceCentre, Shelter} }
func (ApproveRehabPlan) expected(c *Case) bool { return c.Host() != nil && c.Plan.Approved.IsZero() }
func (ReviseRehabPlan) expected(*Case) bool    { return false }

func (cmd ApproveRehabPlan) decide(c *Case, req Request) ([]Event[Case], error) {
	e := RehabPlanApproved{slices.Clone(cmd.Goals), slices.Clone(cmd.Services), cmd.Owner, cmd.ReviewOn}
	switch {
	case c.Plan.Approved.Equal(req.Happened) && reflect.DeepEqual(c.Plan.First, e):
		return nil, nil
	case !c.Plan.Approved.IsZero():
		return nil, conflict("plan_already")
	case !cmd.ReviewOn.After(req.Happened.Day()):
		return nil, invalid("before_start", "review_on")
	}
	return c.fact(req, e)
}

func (cmd ReviseRehabPlan) decide(c *Case, req Request) ([]Event[Case], error) {
	e := RehabPlanRevised{slices.Clone(cmd.Goals), slices.Clone(cmd.Services), cmd.Owner, cmd.ReviewOn, cmd.Reason}
	switch {
	case c.Plan.Approved.IsZero():
		return nil, conflict("no_plan")
	case req.Happened.Before(c.Plan.Approved):
		return nil, invalid("before_plan_approved", "happened")
	case !cmd.ReviewOn.After(req.Happened.Day()):
		return nil, invalid("before_start", "review_on")
	}
	return c.fact(req, e)
}
