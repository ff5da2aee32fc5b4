package domain

import "slices"

// AssessAge records an assessment of the person's age. While the age is in doubt
// the person is presumed to be a child (Council of Europe Convention, Article 10
// (3): assumed); a doubt that remains speaks for the child, so that nobody is an
// adult by the benefit of the doubt ("doubt_means_child").
type AssessAge struct {
	Methods []string `json:"methods" code:"age_method"`
	Result  string   `json:"result" code:"age"`
	Doubt   bool     `json:"benefit_of_doubt"` // the result follows from a doubt that remains
	Assent  bool     `json:"consented"`        // the person, and the representative of a child, agreed to be assessed
}

// AgeAssessed says what the person is taken for from then on.
type AgeAssessed struct {
	Methods []string `json:"methods" code:"age_method"`
	Result  string   `json:"result" code:"age"`
	Doubt   bool     `json:"benefit_of_doubt,omitempty"`
	Assent  bool     `json:"consented,omitempty"`
}

func (AgeAssessed) EventType() string { return "AgeAssessed" }
func (e AgeAssessed) apply(c *Case, at Times) {
	if at.Happened.Before(c.AgeAssessed) {
		return
	}
	c.Age, c.AgeAssessed = e.Result, at.Happened
	switch was := c.ageOn(at.Happened.Day()); {
	case was.From.IsZero(): // nobody has said otherwise meanwhile
	case e.Result == "adult" && was.Presumed, e.Result != "adult" && was.Status == "adult":
		c.ageFrom(e.status(at.Happened.Day()))
	}
}

// status ends a presumption, or makes somebody a child again who had been taken for
// an adult. Who is known to be a child is not made an adult by an assessment: see
// [SetChildStatus].
func (e AgeAssessed) status(from Day) AgeStatus {
	if e.Result == "adult" {
		return AgeStatus{Status: "adult", From: from, Basis: "age_assessment"}
	}
	return AgeStatus{Status: "child", From: from, Presumed: e.Doubt || e.Result == "not_sure", Basis: "age_assessment"}
}
func (AssessAge) givers() []Role        { return []Role{CaseOfficer, ChildProtection} }
func (AssessAge) expected(c *Case) bool { return !c.HandedOver.IsZero() && c.Age == "not_sure" }
func (cmd AssessAge) decide(c *Case, req Request) ([]Event[Case], error) {
	if cmd.Doubt && cmd.Result == "adult" {
		return nil, invalid("doubt_means_child", "result")
	}
	e := AgeAssessed{Methods: slices.Clone(cmd.Methods), Result: cmd.Result, Doubt: cmd.Doubt, Assent: cmd.Assent}
	medical := slices.ContainsFunc(cmd.Methods, func(m string) bool { return m == "medical" || m == "xray" })
	return c.fact(req, e, remark{!cmd.Assent, "assessed_without_consent"}, remark{medical && len(cmd.Methods) == 1, "medical_method_only"})
}
