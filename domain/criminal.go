package domain

import "slices"

// A CriminalCase is one criminal case in which the person has a part, under the
// number that the prosecution body gave it. What it says is not in this register.
type CriminalCase struct {
	Reference Reference `json:"reference"`
	Articles  []string  `json:"articles"`
	Standing  string    `json:"standing"` // code list "procedural_status"
	Linked    When      `json:"linked"`
	Verdict   string    `json:"verdict,omitempty"`
	Decided   When      `json:"decided,omitzero"`
}

// LinkCriminalCase records that the person has a part in a criminal case, under
// which articles of the Criminal Code and as what. Given again for the same case
// it says what has changed.
type LinkCriminalCase struct {
	Reference        Reference `json:"criminal_case_no"`
	Articles         []string  `json:"articles" code:"criminal_article"`
	ProceduralStatus string    `json:"procedural_status" code:"procedural_status"`
}

// CriminalCaseLinked names the case by its number only.
type CriminalCaseLinked struct {
	Reference        Reference `json:"criminal_case_no"`
	Articles         []string  `json:"articles" code:"criminal_article"`
	ProceduralStatus string    `json:"procedural_status" code:"procedural_status"`
}

func (CriminalCaseLinked) EventType() string { return "CriminalCaseLinked" }
func (e CriminalCaseLinked) apply(c *Case, at Times) {
	linked := c.criminalCase(e.Reference)
	if linked == nil {
		c.CriminalCases = append(c.CriminalCases, CriminalCase{Reference: e.Reference})
		linked = &c.CriminalCases[len(c.CriminalCases)-1]
	}
	if !at.Happened.Before(linked.Linked) {
		linked.Articles, linked.Standing, linked.Linked = e.Articles, e.ProceduralStatus, at.Happened
	}
}
func (LinkCriminalCase) givers() []Role { return []Role{Prosecution, Head} }
func (cmd LinkCriminalCase) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, CriminalCaseLinked{cmd.Reference, slices.Clone(cmd.Articles), cmd.ProceduralStatus})
}

// UnlinkCriminalCase records that the person has no part in a criminal case any
// more, or never had.
type UnlinkCriminalCase struct {
	Reference Reference `json:"criminal_case_no"`
	Reason    string    `json:"reason" code:"unlink_reason"`
}

// CriminalCaseUnlinked takes the case away; what was recorded of it stays.
type CriminalCaseUnlinked struct {
	Reference Reference `json:"criminal_case_no"`
	Reason    string    `json:"reason" code:"unlink_reason"`
}

func (CriminalCaseUnlinked) EventType() string { return "CriminalCaseUnlinked" }
func (e CriminalCaseUnlinked) apply(c *Case, at Times) {
	c.CriminalCases = slices.DeleteFunc(c.CriminalCases, func(k CriminalCase) bool {
		return k.Reference == e.Reference && !at.Happened.Before(k.Linked)
	})
	c.CriminalUnlinked = append(c.CriminalUnlinked, e.Reference)
}
func (UnlinkCriminalCase) givers() []Role { return []Role{Prosecution, Head} }
func (cmd UnlinkCriminalCase) decide(c *Case, req Request) ([]Event[Case], error) {
	k := c.criminalCase(cmd.Reference)
	switch {
	case k == nil && slices.Contains(c.CriminalUnlinked, cmd.Reference):
		return nil, nil
	case k == nil:
		return nil, invalid("criminal_case_not_linked", "criminal_case_no")
	case req.Happened.Before(k.Linked):
		return nil, invalid("before_start", "happened")
	}
	return c.fact(req, CriminalCaseUnlinked(cmd))
}

// ScheduleTestimony records on which day the person is to testify and how they
// are protected there. The risk is assessed before (Council of Europe
// Convention, Articles 28 and 30).
type ScheduleTestimony struct {
	Reference Reference `json:"criminal_case_no"`
	On        Day       `json:"on"`
	Measures  []string  `json:"measures,omitempty" code:"testimony_measure"`
}

// TestimonyScheduled is a plan.
type TestimonyScheduled struct {
	Reference Reference `json:"criminal_case_no"`
	On        Day       `json:"on"`
	Measures  []string  `json:"measures,omitempty" code:"testimony_measure"`
}

func (TestimonyScheduled) EventType() string        { return "TestimonyScheduled" }
func (e TestimonyScheduled) apply(c *Case, _ Times) { c.TestimonyOn = e.On }
func (ScheduleTestimony) givers() []Role            { return []Role{Prosecution} }
func (cmd ScheduleTestimony) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.criminalCase(cmd.Reference) == nil:
		return nil, invalid("criminal_case_not_linked", "criminal_case_no")
	case cmd.On.Before(req.Happened.Day()):
		return nil, invalid("before_start", "on")
	}
	return c.fact(req, TestimonyScheduled{cmd.Reference, cmd.On, slices.Clone(cmd.Measures)},
		remark{c.Risk == "", "risk_assessment_missing"}, remark{c.inReflection(cmd.On.Start()), "testimony_in_reflection"})
}

// GiveTestimony records that the person testified. What was said is not here:
// it is sealed with the testimony.
type GiveTestimony struct {
	Reference Reference `json:"criminal_case_no"`
	Setting   string    `json:"setting" code:"testimony_setting"`
	Measures  []string  `json:"measures,omitempty" code:"testimony_measure"`
}

// TestimonyGiven says where, and which measures protected the person.
type TestimonyGiven struct {
	Reference Reference `json:"criminal_case_no"`
	Setting   string    `json:"setting" code:"testimony_setting"`
	Measures  []string  `json:"measures,omitempty" code:"testimony_measure"`
	Child     bool      `json:"child,omitempty"` // treated as a child then
}

func (TestimonyGiven) EventType() string       { return "TestimonyGiven" }
func (TestimonyGiven) apply(c *Case, at Times) { c.Testified = append(c.Testified, at.Happened) }
func (GiveTestimony) givers() []Role           { return []Role{Prosecution} }
func (GiveTestimony) expected(c *Case) bool    { return !c.TestimonyOn.IsZero() && len(c.Testified) == 0 }
func (cmd GiveTestimony) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.criminalCase(cmd.Reference) == nil {
		return nil, invalid("criminal_case_not_linked", "criminal_case_no")
	}
	child := c.childOn(req.Happened)
	alone := child && !slices.Contains(cmd.Measures, "representative_present")
	return c.fact(req, TestimonyGiven{cmd.Reference, cmd.Setting, slices.Clone(cmd.Measures), child},
		remark{c.Risk == "", "risk_assessment_missing"}, remark{alone, "child_without_representative"},
		remark{c.inReflection(req.Happened.At), "testimony_in_reflection"})
}

// ApplyNonPunishment records that the person is not punished for what they were
// made to do (Council of Europe Convention, Article 26).
type ApplyNonPunishment struct {
	Offence string `json:"offence" code:"compelled_offence"`
	Stage   string `json:"stage" code:"non_punishment_stage"`
}

// NonPunishmentApplied says for which kind of act and at which stage.
type NonPunishmentApplied struct {
	Offence string `json:"offence" code:"compelled_offence"`
	Stage   string `json:"stage" code:"non_punishment_stage"`
}

func (NonPunishmentApplied) EventType() string { return "NonPunishmentApplied" }
func (e NonPunishmentApplied) apply(c *Case, _ Times) {
	c.NotPunished = append(c.NotPunished, e.Offence)
}
func (ApplyNonPunishment) givers() []Role { return []Role{Prosecution} }
func (cmd ApplyNonPunishment) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, NonPunishmentApplied(cmd), remark{c.Status == "at_risk" || c.Status == "not_identified", "not_a_presumed_victim"})
}

// criminalCase finds a linked case, or nil.
func (c *Case) criminalCase(r Reference) *CriminalCase {
	for i := range c.CriminalCases {
		if c.CriminalCases[i].Reference == r {
			return &c.CriminalCases[i]
		}
	}
	return nil
}
