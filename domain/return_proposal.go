package domain

// ProposeReturn records that somebody proposed to the person to go home. It is
// an offer: the person's own wish and written consent must follow.
type ProposeReturn struct {
	Direction string `json:"direction" code:"return_direction"`
	Reason    string `json:"reason" code:"return_reason"`
}

// ReturnProposed starts no clock.
type ReturnProposed struct {
	Direction string `json:"direction" code:"return_direction"`
	Reason    string `json:"reason" code:"return_reason"`
}

func (ReturnProposed) EventType() string       { return "ReturnProposed" }
func (ReturnProposed) apply(c *Case, at Times) { c.ReturnProposed = at.Happened }
func (ProposeReturn) givers() []Role {
	return []Role{CaseOfficer, Consulate, Migration, ReturnPartner, ChildProtection}
}
func (cmd ProposeReturn) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.onTheWay() {
		return nil, conflict("on_the_way")
	}
	hurried := cmd.Direction == "outbound" && c.inReflection(req.Happened.At) && c.Return.Wish.IsZero()
	return c.fact(req, ReturnProposed(cmd), remark{hurried, "return_in_reflection"})
}

// DeclineReturn records that the person, or a child's guardian, does not want
// the return, or no longer wants it. Wish, consent and schedule end with it: a
// return that takes place all the same is remarked.
type DeclineReturn struct {
	By     string `json:"by" code:"consent_by"`
	Reason string `json:"reason,omitempty" code:"return_decline"` // nobody must give one
}

// ReturnDeclined leaves the person where they are.
type ReturnDeclined struct {
	By     string `json:"by" code:"consent_by"`
	Reason string `json:"reason,omitempty" code:"return_decline"`
}

func (ReturnDeclined) EventType() string { return "ReturnDeclined" }
func (ReturnDeclined) apply(c *Case, at Times) {
	if !at.Happened.Before(c.ReturnDeclined) {
		c.ReturnDeclined = at.Happened
	}
	if !at.Happened.Before(c.Return.Wish) {
		c.Return.Wish, c.WishWritten = When{}, When{}
	}
	if !at.Happened.Before(c.Return.Consent) {
		c.Return.Consent = When{}
	}
	c.unschedule(at.Happened)
}
func (DeclineReturn) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Consulate, LegalAid, Migration, ChildProtection, ReturnPartner}
}
func (cmd DeclineReturn) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.onTheWay() && !req.Happened.Before(c.Return.Departed) {
		return nil, conflict("on_the_way")
	}
	if cmd.By == "guardian" && !c.childOn(req.Happened) {
		return nil, invalid("adult_decides", "by")
	}
	return c.fact(req, ReturnDeclined(cmd))
}

// ReportCitizenAbroad tells the special police unit of a citizen of Azerbaijan
// in another country who is or may be a victim, was detained or expelled there
// (plan action 4.2.9: in confidence). It is refused for a foreigner.
type ReportCitizenAbroad struct {
	Country       string   `json:"country" code:"country"`
	Circumstances []string `json:"circumstances" code:"abroad_circumstance"`
	Confidential  bool     `json:"confidential"`
}

func (ReportCitizenAbroad) givers() []Role { return []Role{Consulate, Migration} }
func (cmd ReportCitizenAbroad) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Foreign() {
		return nil, conflict("not_a_citizen")
	}
	return c.fact(req, CitizenAbroadReported(cmd), remark{!cmd.Confidential, "not_in_confidence"})
}

func (c *Case) onTheWay() bool { return !c.Return.Departed.IsZero() && c.Return.Received.IsZero() }
