package domain

import "slices"

// DecideIdentification is the formal decision. Only the head of the special
// police unit takes it. For a child, means are irrelevant in law; for an adult
// they are not ("adult_needs_means"). What is found must fit together, and with what
// it rests on ("answers_contradict").
type DecideIdentification struct {
	Outcome   string   `json:"outcome" code:"outcome"`
	Forms     []string `json:"forms,omitempty" code:"form_of_exploitation"`
	Means     []string `json:"means,omitempty" code:"means"`
	Grounds   []string `json:"grounds" code:"ground"`
	Geography string   `json:"geography,omitempty" code:"geography"`
	Informed  bool     `json:"informed"` // the person was told of the decision and of how it can be reviewed

	Decision   Reference `json:"decision_no,omitempty"`
	NotifiedAt When      `json:"notified_at,omitzero"`  // when the person was told
	ReviewInfo bool      `json:"review_info,omitempty"` // and how the decision can be reviewed
	ExploitationFields
}

// ExploitationFields say what was done to the person, as far as a decision on
// identification has found it (the Human Trafficking Case Data Standard; the
// Counter-Trafficking Data Collaborative).
type ExploitationFields struct {
	Acts              []string `json:"acts,omitempty" code:"exploitation_act"`
	Controls          []string `json:"controls,omitempty" code:"control_method"`
	Industry          string   `json:"industry,omitempty" code:"isic_section"` // for forced labour
	ExploitedIn       string   `json:"exploited_in,omitempty" code:"country"`
	ExploitedDistrict string   `json:"exploited_district,omitempty" code:"district"`
	AgeAtExploitation string   `json:"age_at_exploitation,omitempty" code:"age_group"`
}

// IdentificationDecided is positive, negative, suspended or withdrawn.
type IdentificationDecided struct {
	Outcome   string   `json:"outcome" code:"outcome"`
	Forms     []string `json:"forms,omitempty" code:"form_of_exploitation"`
	Means     []string `json:"means,omitempty" code:"means"`
	Grounds   []string `json:"grounds" code:"ground"`
	Geography string   `json:"geography,omitempty" code:"geography"`
	Informed  bool     `json:"informed,omitempty"`

	Decision          Reference `json:"decision_no,omitempty"`
	NotifiedAt        When      `json:"notified_at,omitzero"`
	ReviewInfo        bool      `json:"review_info,omitempty"`
	Acts              []string  `json:"acts,omitempty" code:"exploitation_act"`
	Controls          []string  `json:"controls,omitempty" code:"control_method"`
	Industry          string    `json:"industry,omitempty" code:"isic_section"`
	ExploitedIn       string    `json:"exploited_in,omitempty" code:"country"`
	ExploitedDistrict string    `json:"exploited_district,omitempty" code:"district" place:"none"`
	AgeAtExploitation string    `json:"age_at_exploitation,omitempty" code:"age_group"`
	Age               string    `json:"age,omitempty" code:"age"` // child, not_sure or adult on the day of the decision: it stays so
}

func (IdentificationDecided) EventType() string { return "IdentificationDecided" }

func (e IdentificationDecided) apply(c *Case, at Times) { c.identify(e.Outcome, at.Happened) }

// identify puts a decision in force.
func (c *Case) identify(outcome string, at When) {
	c.Outcome, c.Decided = outcome, at
	switch outcome {
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

// final reports whether a decision stands that only a reversal can change.
func (c *Case) final() bool { return c.Outcome == "positive" || c.Outcome == "negative" }

func (cmd DecideIdentification) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.final() && c.Outcome == cmd.Outcome && c.Decided.Equal(req.Happened):
		return nil, nil
	case c.final():
		return nil, conflict("already_decided")
	case !cmd.NotifiedAt.IsZero() && cmd.NotifiedAt.Before(req.Happened):
		return nil, invalid("before_decision", "notified_at")
	case cmd.NotifiedAt.IsZero() && cmd.ReviewInfo:
		return nil, invalid("required", "notified_at")
	case cmd.ReviewInfo && !cmd.Informed:
		return nil, invalid("answers_contradict", "informed") // told of the review means told of what is reviewed
	}
	found := cmd.Outcome == "positive" || len(cmd.Forms)+len(cmd.Means)+len(cmd.Acts)+len(cmd.Controls) > 0
	if found && slices.Contains(cmd.Grounds, "no_indicators") {
		return nil, invalid("answers_contradict", "grounds")
	}
	if err := c.identifiable(cmd.Outcome, cmd.Forms, cmd.Means, cmd.Geography, cmd.AgeAtExploitation, req.Happened); err != nil {
		return nil, err
	}
	if err := c.atOdds(cmd.Forms, cmd.Means, cmd.Geography, cmd.ExploitationFields, req.Happened); err != nil {
		return nil, err
	}
	x := cmd.ExploitationFields
	e := IdentificationDecided{
		Outcome: cmd.Outcome, Forms: slices.Clone(cmd.Forms), Means: slices.Clone(cmd.Means), Grounds: slices.Clone(cmd.Grounds), Geography: cmd.Geography,
		Informed: cmd.Informed, Decision: cmd.Decision, NotifiedAt: cmd.NotifiedAt, ReviewInfo: cmd.ReviewInfo, Acts: slices.Clone(x.Acts), Controls: slices.Clone(x.Controls),
		Industry: x.Industry, ExploitedIn: x.ExploitedIn, ExploitedDistrict: x.ExploitedDistrict, AgeAtExploitation: x.AgeAtExploitation, Age: c.ageOn(req.Happened.Day()).Status,
	}
	told := cmd.Informed || !cmd.NotifiedAt.IsZero()
	return c.fact(req, e, remark{c.Screened.IsZero(), "screening_missing"}, remark{c.Risk == "", "risk_assessment_missing"}, remark{!told, "person_not_informed"})
}

// identifiable refuses a positive finding without what the law asks for.
func (c *Case) identifiable(outcome string, forms, means []string, geography, ageThen string, at When) error {
	positive := outcome == "positive"
	child := c.childOn(at) || isChildGroup(ageThen) // who is of age now may have been a child then
	switch {
	case positive && len(forms) == 0:
		return invalid("required", "forms")
	case positive && len(means) == 0 && !child:
		return invalid("required", "means")
	case slices.Contains(means, "none_child") && !child:
		return invalid("adult_needs_means", "means")
	case positive && geography == "":
		return invalid("required", "geography")
	case positive && c.HandedOver.IsZero():
		return conflict("handover_missing") // nobody decides about a person they have not received
	}
	return nil
}

// atOdds refuses findings that cannot be true together: what was done inside the
// country was not done in another, and who was of age then is no child now, and
// needed no means nor suffered what only a child can.
func (c *Case) atOdds(forms, means []string, geography string, x ExploitationFields, at When) error {
	then, _ := CodeOf("age_group", x.AgeAtExploitation)
	now := c.ageOn(at.Day())
	ofChild := now.Status == "child" && !now.Presumed || slices.Contains(means, "none_child") ||
		slices.Contains(forms, "child_marriage") || slices.Contains(forms, "child_labour")
	switch {
	case geography == "internal" && x.ExploitedIn != "":
		return invalid("answers_contradict", "exploited_in")
	case then.Group == "adult" && ofChild:
		return invalid("answers_contradict", "age_at_exploitation")
	}
	return nil
}

// isChildGroup reports whether an age group is of children.
func isChildGroup(group string) bool {
	code, _ := CodeOf("age_group", group)
	return code.Group == "child"
}
