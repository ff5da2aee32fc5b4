package domain

// RecordCooperation records whether the person wants to help the criminal
// proceedings, as they say themselves. No help may depend on it (Law 958-IIQ;
// Council of Europe Convention, Article 12 (6)): no rule of this register reads it.
type RecordCooperation struct {
	Decision string `json:"decision" code:"cooperation"`
	Lawyer   bool   `json:"lawyer_advised"` // a lawyer had advised the person before
}

// CooperationDecisionRecorded holds yes, no or later. The latest one counts.
type CooperationDecisionRecorded struct {
	Decision string `json:"decision" code:"cooperation"`
	Lawyer   bool   `json:"lawyer_advised,omitempty"`
}

func (CooperationDecisionRecorded) EventType() string { return "CooperationDecisionRecorded" }
func (e CooperationDecisionRecorded) apply(c *Case, at Times) {
	if !at.Happened.Before(c.CooperationAt) {
		c.Cooperation, c.CooperationAt = e.Decision, at.Happened
	}
}
func (RecordCooperation) givers() []Role { return []Role{CaseOfficer, LegalAid, Prosecution} }
func (RecordCooperation) expected(c *Case) bool {
	return !c.Reflection.Until.IsZero() && (c.Cooperation == "" || c.Cooperation == "later")
}
func (cmd RecordCooperation) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, CooperationDecisionRecorded(cmd), remark{!c.toldOfRights(req.Happened), "rights_information_missing"})
}
