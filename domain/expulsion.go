package domain

// An ExpulsionBar is a time in which the person may not be expelled. One without
// an end lasts until it is known to end.
type ExpulsionBar struct {
	Ground string `json:"ground"`
	Period
}

// BarExpulsion records that the person may not be expelled by administrative
// order. The reflection period and a valid residence permit bar an expulsion by
// themselves; this tells the bodies that could expel, and covers other grounds.
type BarExpulsion struct {
	Ground string `json:"ground" code:"expulsion_bar"`
	From   Day    `json:"from"`
	Until  Day    `json:"until,omitzero"` // the last day; empty while no end is known
}

// ExpulsionBarred makes every attempt in its time an incident.
type ExpulsionBarred struct {
	Ground string `json:"ground" code:"expulsion_bar"`
	From   Day    `json:"from"`
	Until  Day    `json:"until,omitzero"`
}

func (ExpulsionBarred) EventType() string { return "ExpulsionBarred" }
func (e ExpulsionBarred) apply(c *Case, _ Times) {
	c.ExpulsionBars = append(c.ExpulsionBars, ExpulsionBar{e.Ground, Period{e.From, e.Until}})
}
func (BarExpulsion) givers() []Role { return []Role{Migration, CaseOfficer, Head} }
func (BarExpulsion) expected(c *Case) bool {
	return c.Foreign() && !c.Reflection.Until.IsZero() && len(c.ExpulsionBars) == 0
}
func (cmd BarExpulsion) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Citizenship == "az":
		return nil, conflict("not_a_foreigner")
	case !cmd.Until.IsZero() && cmd.Until.Before(cmd.From):
		return nil, invalid("before_start", "until")
	}
	return c.fact(req, ExpulsionBarred(cmd))
}

// RecordExpulsionAttempt records that a body set out to expel the person. It is
// never refused for being unlawful: an attempt while expulsion is barred is an
// incident, and the remark says so.
type RecordExpulsionAttempt struct {
	Body   string `json:"body" code:"expelling_body"`
	Result string `json:"result" code:"expulsion_result"`
}

// ExpulsionAttempted says who tried and what came of it.
type ExpulsionAttempted struct {
	Body   string `json:"body" code:"expelling_body"`
	Result string `json:"result" code:"expulsion_result"`
}

func (ExpulsionAttempted) EventType() string { return "ExpulsionAttempted" }
func (ExpulsionAttempted) apply(c *Case, at Times) {
	c.ExpulsionAttempts = append(c.ExpulsionAttempts, at.Happened)
}
func (RecordExpulsionAttempt) givers() []Role {
	return []Role{Migration, CaseOfficer, DutyOfficer, Head, LegalAid, Shelter, AssistanceCentre}
}
func (cmd RecordExpulsionAttempt) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Citizenship == "az" {
		return nil, conflict("not_a_foreigner")
	}
	return c.fact(req, ExpulsionAttempted(cmd), remark{c.expulsionBarred(req.Happened.Day()), "expulsion_while_barred"})
}

// ExpulsionIncidents are the attempts to expel the person while that was barred,
// as far as is known now: a bar may be recorded after the attempt.
func (c *Case) ExpulsionIncidents() (incidents []When) {
	for _, at := range c.ExpulsionAttempts {
		if c.expulsionBarred(at.Day()) {
			incidents = append(incidents, at)
		}
	}
	return incidents
}

// expulsionBarred reports whether the law or an order keeps the person from being
// expelled on a day.
func (c *Case) expulsionBarred(d Day) bool {
	for _, b := range c.ExpulsionBars {
		if !d.Before(b.From) && (b.Until.IsZero() || !d.After(b.Until)) {
			return true
		}
	}
	return c.inReflection(d.Start()) || c.permitOn(d)
}
