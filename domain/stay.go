package domain

// ReviewStay says whether a person who lives in the facility still needs the
// place. How long a stay may last is not confirmed law: see the parameters.
type ReviewStay struct {
	Facility Ref    `json:"facility"`
	Outcome  string `json:"outcome" code:"stay_outcome"`
	ReviewOn Day    `json:"review_on,omitzero"` // the next review
}

// StayReviewed says what came of the review.
type StayReviewed struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Outcome      string `json:"outcome" code:"stay_outcome"`
	ReviewOn     Day    `json:"review_on,omitzero"`
}

func (StayReviewed) EventType() string { return "StayReviewed" }
func (e StayReviewed) key() string     { return string(e.Facility) }
func (e StayReviewed) apply(c *Case, at Times) {
	c.StayReviewed, c.ReviewStayOn = at.Happened, e.ReviewOn
}
func (ReviewStay) givers() []Role { return []Role{Shelter, AssistanceCentre} }
func (ReviewStay) expected(c *Case) bool {
	return c.Host() != nil && !c.ReviewStayOn.IsZero() && c.StayReviewed.IsZero()
}
func (cmd ReviewStay) decide(c *Case, req Request) ([]Event[Case], error) {
	stay, err := c.stay(cmd.Facility, req)
	if err != nil {
		return nil, err
	}
	if !cmd.ReviewOn.IsZero() && !cmd.ReviewOn.After(req.Happened.Day()) {
		return nil, invalid("before_start", "review_on")
	}
	return c.fact(req, StayReviewed{cmd.Facility, stay.Organisation, cmd.Outcome, cmd.ReviewOn})
}

// ExtendStay prolongs a stay, at the request of the person or of the body that
// prosecutes. Law 958-IIQ Article 13 is taken to ask for it (not confirmed). Help
// never depends on whether the person cooperates.
type ExtendStay struct {
	Facility    Ref    `json:"facility"`
	Until       Day    `json:"until"`
	RequestedBy string `json:"requested_by" code:"stay_requested_by"`
	Reason      string `json:"reason" code:"extension_reason"`
}

// StayExtended says how long the stay may last now, the last day included.
type StayExtended struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Until        Day    `json:"until"`
	RequestedBy  string `json:"requested_by" code:"stay_requested_by"`
	Reason       string `json:"reason" code:"extension_reason"`
}

func (StayExtended) EventType() string        { return "StayExtended" }
func (e StayExtended) key() string            { return string(e.Facility) }
func (e StayExtended) until() Day             { return e.Until }
func (e StayExtended) apply(c *Case, _ Times) { c.StayUntil = e.Until }
func (ExtendStay) givers() []Role             { return []Role{Shelter, AssistanceCentre} }
func (ExtendStay) expected(*Case) bool        { return false }
func (cmd ExtendStay) decide(c *Case, req Request) ([]Event[Case], error) {
	stay, err := c.stay(cmd.Facility, req)
	switch {
	case err != nil:
		return nil, err
	case cmd.Until.Before(req.Happened.Day()):
		return nil, invalid("before_start", "until")
	case c.StayUntil == cmd.Until:
		return nil, nil
	case cmd.Until.Before(c.StayUntil):
		return nil, invalid("before_current", "until")
	}
	return c.fact(req, StayExtended{cmd.Facility, stay.Organisation, cmd.Until, cmd.RequestedBy, cmd.Reason})
}

// stay finds the stay that lasts in a facility of the asker's.
func (c *Case) stay(facility Ref, req Request) (*Place, error) {
	p := c.place(facility)
	switch {
	case p != nil && p.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case p == nil || p.State != "admitted":
		return nil, conflict("not_admitted")
	case req.Happened.Before(p.Admitted):
		return nil, invalid("before_admission", "happened")
	}
	return p, nil
}
