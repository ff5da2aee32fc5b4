package domain

// GiveRightsInformation records that the person was told of their rights, in a
// language and a form that they understand (Council of Europe Convention, Article
// 12 (1)(d); Law 958-IIQ). It comes before every consent.
type GiveRightsInformation struct {
	Language      string   `json:"language" code:"language"`
	Form          []string `json:"information_forms" code:"information_form"`
	Topics        []string `json:"topics" code:"rights_topic"`
	ChildFriendly bool     `json:"child_friendly"` // in words that a child understands
	Interpreted   bool     `json:"interpreted"`
}

// RightsInformationGiven says how the person was told.
type RightsInformationGiven struct {
	Language      string   `json:"language" code:"language"`
	Form          []string `json:"information_forms" code:"information_form"`
	Topics        []string `json:"topics" code:"rights_topic"`
	ChildFriendly bool     `json:"child_friendly,omitempty"`
	Interpreted   bool     `json:"interpreted,omitempty"`
}

func (RightsInformationGiven) EventType() string { return "RightsInformationGiven" }
func (RightsInformationGiven) apply(c *Case, at Times) {
	if c.RightsTold.IsZero() || at.Happened.Before(c.RightsTold) {
		c.RightsTold = at.Happened
	}
}
func (GiveRightsInformation) givers() []Role { return []Role{DutyOfficer, CaseOfficer, Head} }
func (GiveRightsInformation) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.RightsTold.IsZero()
}
func (cmd GiveRightsInformation) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, RightsInformationGiven(cmd), remark{c.childOn(req.Happened) && !cmd.ChildFriendly, "information_not_for_children"})
}

// toldOfRights reports whether the person had been told of their rights at a time.
func (c *Case) toldOfRights(at When) bool { return !c.RightsTold.IsZero() && !at.Before(c.RightsTold) }
