package domain

import (
	_ "embed"
	"slices"
	"sync"
	"time"
)

// A Plan is a national action plan: data, not code. A successor plan is a second
// file, not a second program.
type Plan struct {
	ID       string          `json:"id"`
	Title    Text            `json:"title"`
	Decree   Decree          `json:"decree"`
	Bodies   map[string]Text `json:"bodies"`
	Chapters []Chapter       `json:"chapters"`
	Actions  []PlanAction    `json:"actions"`
}

// Decree is the act that approved the plan.
type Decree struct {
	Number  string `json:"number"`
	Date    Day    `json:"date"`
	InForce Day    `json:"in_force"`
}

// Chapter groups actions.
type Chapter struct {
	Number string `json:"number"`
	Title  Text   `json:"title"`
}

// PlanAction is one action of the plan. Rule and Indicators are there for the
// actions that this register measures.
type PlanAction struct {
	Number     string      `json:"number"`
	Title      Text        `json:"title"`
	Executors  []string    `json:"executors"`
	Involving  []string    `json:"involving,omitempty"`
	Term       Term        `json:"term"`
	Rule       *StatusRule `json:"rule,omitempty"`
	Indicators []Indicator `json:"indicators,omitempty"`
}

// Term is the time in which an action is to be done.
type Term struct {
	First   int  `json:"first,omitempty"`
	Last    int  `json:"last,omitempty"`
	Ongoing bool `json:"ongoing,omitempty"`
}

//go:embed plan/nap-2020-2024.json
var nap20202024 []byte

var currentPlan = sync.OnceValue(func() *Plan {
	p := must(read[Plan](nap20202024))
	return &p
})

// CurrentPlan is the National Action Plan 2020-2024 (decree 2173).
func CurrentPlan() *Plan { return currentPlan() }

// Action finds an action by its number.
func (p *Plan) Action(number string) (PlanAction, bool) {
	if i := slices.IndexFunc(p.Actions, func(a PlanAction) bool { return a.Number == number }); i >= 0 {
		return p.Actions[i], true
	}
	return PlanAction{}, false
}

// Measured lists the actions that have a rule.
func (p *Plan) Measured() (actions []PlanAction) {
	for _, a := range p.Actions {
		if a.Rule != nil {
			actions = append(actions, a)
		}
	}
	return actions
}

// Years gives the first and the last calendar year of the plan.
func (p *Plan) Years() (first, last int) {
	first = p.Decree.InForce.Year()
	for _, a := range p.Actions {
		last = max(last, a.Term.Last)
	}
	return first, last
}

// Start is the first day of an action's term: the first of January of its first
// year, but not before the decree was in force.
func (p *Plan) Start(t Term) Day {
	if start := NewDay(t.First, time.January, 1); start.After(p.Decree.InForce) {
		return start
	}
	return p.Decree.InForce
}

// Due is the last day of a term; for an ongoing action the last day of the
// plan.
func (p *Plan) Due(t Term) Day {
	last := t.Last
	if t.Ongoing {
		_, last = p.Years()
	}
	return NewDay(last, time.December, 31)
}
