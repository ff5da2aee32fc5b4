package domain

// A StatusRule says how the status of an action follows from events.
type StatusRule struct {
	Kind       RuleKind    `json:"kind"`
	Components []Component `json:"components,omitempty"` // of a milestone: all must be there
	Indicator  string      `json:"indicator,omitempty"`  // whose value is held against the target
}

// RuleKind is one of three ways to judge an action.
type RuleKind string

const (
	Milestone  RuleKind = "milestone"  // deeds that must all be done by the end of the term
	Cumulative RuleKind = "cumulative" // a number that grows to a target by the end of the term
	Yearly     RuleKind = "yearly"     // an ongoing action: a rate or a number, each calendar year anew
)

// A Component is one deed of a milestone.
type Component struct {
	ID    string    `json:"id"`
	Label Text      `json:"label"`
	Deed  Selection `json:"deed"`
}

// A Selection picks facts: events of a type whose data have one of the values
// named. Values of data are compared as text.
type Selection struct {
	Events []string            `json:"events"`
	Where  map[string][]string `json:"where,omitempty"`
	Least  map[string]int      `json:"least,omitempty"` // data field -> at least
	Own    bool                `json:"own,omitempty"`   // only facts on the action's own stream
	Of     string              `json:"of,omitempty"`    // what is counted: "" = streams, "event", or a data field
}

// An Indicator is one figure of an action.
type Indicator struct {
	ID      string  `json:"id"`
	Label   Text    `json:"label"`
	Unit    string  `json:"unit"`   // percent, count, hours, days, qepik
	Better  string  `json:"better"` // up or down
	Effect  bool    `json:"effect,omitempty"`
	Target  *int    `json:"target,omitempty"`  // fixed by the method; any other target is a TargetSet event
	Assumed bool    `json:"assumed,omitempty"` // the fixed target is a proposal, not law
	Measure Measure `json:"measure"`
}

// A Measure is one of a closed, small list of ways to count facts.
type Measure struct {
	Kind   string     `json:"kind"`
	Of     *Selection `json:"of,omitempty"`
	Over   *Selection `json:"over,omitempty"`
	Match  string     `json:"match,omitempty"`  // data field that must be the same in Of and Over
	Sum    string     `json:"sum,omitempty"`    // data field
	Within int        `json:"within,omitempty"` // days from Over to Of
	Before bool       `json:"before,omitempty"` // Of must come before Over
	Rule   string     `json:"rule,omitempty"`   // deadline
	Base   string     `json:"base,omitempty"`   // another indicator
}

// A Status is how an action stands.
type Status string

const (
	StatusMet     Status = "met"
	StatusOnTrack Status = "on_track"
	StatusLate    Status = "late"
	StatusNoData  Status = "no_data"
)
