package domain

import "slices"

// AssessRisk records a risk assessment. It is repeated before a move, a return,
// a testimony and the closure.
type AssessRisk struct {
	Level    string   `json:"level" code:"risk_level"`
	Factors  []string `json:"factors,omitempty" code:"risk_factor"`
	ReviewOn Day      `json:"review_on,omitzero"`
	Tool     string   `json:"tool,omitempty" code:"risk_tool"`
	Plan     []string `json:"plan,omitempty" code:"risk_plan"`         // what is done about it
	Occasion string   `json:"occasion,omitempty" code:"risk_occasion"` // what it comes before
}

// RiskAssessed holds a level: low, medium, high or extreme.
type RiskAssessed struct {
	Level    string   `json:"level" code:"risk_level"`
	Factors  []string `json:"factors,omitempty" code:"risk_factor"`
	ReviewOn Day      `json:"review_on,omitzero"`
	Tool     string   `json:"tool,omitempty" code:"risk_tool"`
	Plan     []string `json:"plan,omitempty" code:"risk_plan"`
	Occasion string   `json:"occasion,omitempty" code:"risk_occasion"`
}

// A RiskRecord is when a risk was assessed, and for what.
type RiskRecord struct {
	At       When   `json:"at"`
	ReviewOn Day    `json:"review_on,omitzero"`
	Occasion string `json:"occasion,omitempty"` // code list "risk_occasion"; empty: for none in particular
}

func (RiskAssessed) EventType() string { return "RiskAssessed" }
func (e RiskAssessed) apply(c *Case, at Times) {
	if n := len(c.Risks); n == 0 || !at.Happened.Before(c.Risks[n-1].At) {
		c.Risk = e.Level
	}
	c.Risks = append(c.Risks, RiskRecord{at.Happened, e.ReviewOn, e.Occasion})
	slices.SortStableFunc(c.Risks, func(a, b RiskRecord) int { return a.At.At.Compare(b.At.At) })
}
func (AssessRisk) givers() []Role        { return []Role{CaseOfficer, DutyOfficer, Head, Shelter} }
func (AssessRisk) expected(c *Case) bool { return !c.HandedOver.IsZero() && c.Risk == "" }
func (cmd AssessRisk) decide(c *Case, req Request) ([]Event[Case], error) {
	if !cmd.ReviewOn.IsZero() && cmd.ReviewOn.Before(req.Happened.Day()) {
		return nil, invalid("before_start", "review_on")
	}
	return c.fact(req, RiskAssessed(cmd))
}

// RiskAssessedFor reports whether the risk had been assessed, for the occasion or
// for none in particular, no more than so many days before a time, and was not to
// be reviewed earlier.
func (c *Case) RiskAssessedFor(occasion string, at When, days int) bool {
	return slices.ContainsFunc(c.Risks, func(r RiskRecord) bool {
		return (r.Occasion == "" || r.Occasion == occasion) && !at.Before(r.At) && at.Day().Since(r.At.Day()) <= days &&
			(r.ReviewOn.IsZero() || !at.Day().After(r.ReviewOn))
	})
}
