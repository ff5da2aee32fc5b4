package domain

// GiveInitialAssistance records the first help of Rules C-131, section 6.4: it
// comes before every question and does not depend on what the person is.
type GiveInitialAssistance struct {
	Kinds []string `json:"kinds" code:"initial_help"`
}

// InitialAssistanceGiven says what was given.
type InitialAssistanceGiven struct {
	Kinds []string `json:"kinds" code:"initial_help"`
}

func (InitialAssistanceGiven) EventType() string { return "InitialAssistanceGiven" }
func (InitialAssistanceGiven) apply(c *Case, at Times) {
	if c.Assisted.IsZero() || at.Happened.Before(c.Assisted) {
		c.Assisted = at.Happened
	}
}
func (GiveInitialAssistance) givers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Shelter, AssistanceCentre, LegalAid}
}
func (GiveInitialAssistance) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Assisted.IsZero()
}
func (cmd GiveInitialAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, InitialAssistanceGiven(cmd))
}
