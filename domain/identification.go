package domain

import (
	"slices"
	"time"
)

// ScreenIndicators records the indicator screening of Rules C-131, section 6.6.
// Its result is a suggestion; a person decides.
type ScreenIndicators struct {
	Instrument string   `json:"instrument" code:"instrument"`
	Present    []string `json:"present,omitempty" code:"ilo_indicator"` // the indicators found; none is an answer too
}

// IndicatorScreeningCompleted holds the answers and what they suggest.
type IndicatorScreeningCompleted struct {
	Instrument string   `json:"instrument" code:"instrument"`
	Present    []string `json:"present" code:"ilo_indicator"`
	Suggestion string   `json:"suggestion" code:"suggestion"` // code list "suggestion"
}

func (IndicatorScreeningCompleted) EventType() string       { return "IndicatorScreeningCompleted" }
func (IndicatorScreeningCompleted) apply(c *Case, at Times) { c.Screened = at.Happened }
func (ScreenIndicators) givers() []Role                     { return []Role{CaseOfficer} }
func (ScreenIndicators) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Outcome == "" && c.Screened.IsZero()
}
func (cmd ScreenIndicators) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, IndicatorScreeningCompleted{cmd.Instrument, slices.Clone(cmd.Present), suggestion(cmd.Present)},
		remark{c.HandedOver.IsZero(), "handover_missing"}, remark{c.Outcome != "", "after_decision"})
}

// suggestion follows the reading of the ILO's list: one indicator may be enough
// in some cases, several together point the same way more surely.
func suggestion(present []string) string {
	switch len(present) {
	case 0:
		return "none"
	case 1, 2:
		return "possible"
	}
	return "strong"
}

// AssessRisk records a risk assessment. It is repeated before a move, a return,
// a testimony and the closure.
type AssessRisk struct {
	Level    string   `json:"level" code:"risk_level"`
	Factors  []string `json:"factors,omitempty" code:"risk_factor"`
	ReviewOn Day      `json:"review_on,omitzero"`
}

// RiskAssessed holds a level: low, medium, high or extreme.
type RiskAssessed struct {
	Level    string   `json:"level" code:"risk_level"`
	Factors  []string `json:"factors,omitempty" code:"risk_factor"`
	ReviewOn Day      `json:"review_on,omitzero"`
}

func (RiskAssessed) EventType() string        { return "RiskAssessed" }
func (e RiskAssessed) apply(c *Case, _ Times) { c.Risk = e.Level }
func (AssessRisk) givers() []Role             { return []Role{CaseOfficer, DutyOfficer, Head, Shelter} }
func (AssessRisk) expected(c *Case) bool      { return !c.HandedOver.IsZero() && c.Risk == "" }
func (cmd AssessRisk) decide(c *Case, req Request) ([]Event[Case], error) {
	if !cmd.ReviewOn.IsZero() && cmd.ReviewOn.Before(req.Happened.Day()) {
		return nil, invalid("before_start", "review_on")
	}
	return c.fact(req, RiskAssessed(cmd))
}

// HoldInterview records an interview. For a child, plan action 4.5.9 asks that
// the common standard of communication with children is applied.
type HoldInterview struct {
	Participants  []string `json:"participants" code:"participant"`
	ChildStandard bool     `json:"child_standard"`
}

// InterviewHeld says who took part, by function, never by name.
type InterviewHeld struct {
	Participants  []string `json:"participants" code:"participant"`
	Child         bool     `json:"child,omitempty"` // the person was treated as a child then
	ChildStandard bool     `json:"child_standard,omitempty"`
}

func (InterviewHeld) EventType() string  { return "InterviewHeld" }
func (InterviewHeld) apply(*Case, Times) {}
func (HoldInterview) givers() []Role     { return []Role{CaseOfficer, ChildProtection} }
func (HoldInterview) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Outcome == ""
}
func (cmd HoldInterview) decide(c *Case, req Request) ([]Event[Case], error) {
	alone := c.TreatedAsChild() && !slices.Contains(cmd.Participants, "legal_representative")
	return c.fact(req, InterviewHeld{slices.Clone(cmd.Participants), c.TreatedAsChild(), cmd.ChildStandard},
		remark{alone, "child_without_representative"}, remark{c.TreatedAsChild() && !cmd.ChildStandard, "child_standard_not_applied"})
}

// DecideIdentification is the formal decision. Only the head of the special
// police unit takes it. For a child, means are irrelevant in law.
type DecideIdentification struct {
	Outcome   string   `json:"outcome" code:"outcome"`
	Forms     []string `json:"forms,omitempty" code:"form_of_exploitation"`
	Means     []string `json:"means,omitempty" code:"means"`
	Grounds   []string `json:"grounds" code:"ground"`
	Geography string   `json:"geography,omitempty" code:"geography"`
	Informed  bool     `json:"informed"` // the person was told of the decision and of how it can be reviewed
}

// IdentificationDecided is positive, negative, suspended or withdrawn.
type IdentificationDecided struct {
	Outcome   string   `json:"outcome" code:"outcome"`
	Forms     []string `json:"forms,omitempty" code:"form_of_exploitation"`
	Means     []string `json:"means,omitempty" code:"means"`
	Grounds   []string `json:"grounds" code:"ground"`
	Geography string   `json:"geography,omitempty" code:"geography"`
	Informed  bool     `json:"informed,omitempty"`
}

func (IdentificationDecided) EventType() string { return "IdentificationDecided" }

func (e IdentificationDecided) apply(c *Case, at Times) {
	c.Outcome, c.Decided = e.Outcome, at.Happened
	switch e.Outcome {
	case "positive":
		c.Status = "identified"
		for _, o := range organisations() {
			if o.Kind == "fund" { // the allowance is due: the fund has to do with the case
				c.involve(o.Code, Provides)
			}
		}
	case "negative":
		c.Status = "not_identified"
	}
}

func (DecideIdentification) givers() []Role { return []Role{Head} }

func (DecideIdentification) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && !c.final()
}

// final reports whether a decision stands that only a review can change.
func (c *Case) final() bool { return c.Outcome == "positive" || c.Outcome == "negative" }

func (cmd DecideIdentification) decide(c *Case, req Request) ([]Event[Case], error) {
	positive := cmd.Outcome == "positive"
	switch {
	case c.final() && c.Outcome == cmd.Outcome && c.Decided.Equal(req.Happened):
		return nil, nil
	case c.final():
		return nil, conflict("already_decided")
	case positive && len(cmd.Forms) == 0:
		return nil, invalid("required", "forms")
	case positive && len(cmd.Means) == 0 && !c.TreatedAsChild():
		return nil, invalid("required", "means")
	case positive && cmd.Geography == "":
		return nil, invalid("required", "geography")
	case c.HandedOver.IsZero() && positive:
		return nil, conflict("handover_missing") // nobody decides about a person they have not received
	}
	e := IdentificationDecided{cmd.Outcome, slices.Clone(cmd.Forms), slices.Clone(cmd.Means), slices.Clone(cmd.Grounds), cmd.Geography, cmd.Informed}
	return c.fact(req, e, remark{c.Screened.IsZero(), "screening_missing"}, remark{c.Risk == "", "risk_assessment_missing"}, remark{!cmd.Informed, "person_not_informed"})
}

// GrantReflection gives the person time to recover and to think, at least 30
// days (Repatriation Rules of 2013; Council of Europe Convention, Article 13).
// It is for presumed victims too: it does not wait for the decision.
type GrantReflection struct {
	Until Day `json:"until"`
}

// ReflectionGranted bars expulsion until the last day, included.
type ReflectionGranted struct {
	From  Day `json:"from"`
	Until Day `json:"until"`
}

func (ReflectionGranted) EventType() string        { return "ReflectionGranted" }
func (e ReflectionGranted) apply(c *Case, _ Times) { c.Reflection = Period(e) }
func (e ReflectionGranted) until() Day             { return e.Until }
func (GrantReflection) givers() []Role             { return []Role{CaseOfficer, Head} }
func (GrantReflection) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Reflection.Until.IsZero() && c.Status != "not_identified"
}
func (cmd GrantReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	from := req.Happened.Day()
	p, ok := ParameterOn("reflection", from)
	if !ok {
		p, _ = ParameterOn("reflection", DayOf(req.Now))
	}
	switch {
	case c.Reflection == Period{from, cmd.Until}:
		return nil, nil
	case c.Status == "at_risk" || c.Status == "not_identified":
		return nil, conflict("not_presumed")
	case cmd.Until.Since(from) < p.Value:
		return nil, invalid("reflection_too_short", "until")
	case cmd.Until.Since(from) > 366:
		return nil, invalid("out_of_range", "until")
	}
	return c.fact(req, ReflectionGranted{From: from, Until: cmd.Until}, remark{c.HandedOver.IsZero(), "handover_missing"})
}

// inReflection reports whether the protected time covers t.
func (c *Case) inReflection(t time.Time) bool {
	d := DayOf(t)
	return !c.Reflection.Until.IsZero() && !d.Before(c.Reflection.From) && !d.After(c.Reflection.Until)
}
