package domain

// ReportAbsence says that a person who lives in the facility did not come back
// when they were expected. The police are told, and look no further yet.
type ReportAbsence struct {
	Since When `json:"since,omitzero"` // when the person was last seen, if known
}

// AbsenceReported does not say where the person lives: whoever sees the course of
// the case is to know that the person is away.
type AbsenceReported struct {
	Since When `json:"since,omitzero"`
	Child bool `json:"child,omitempty"` // treated as a child then
}

func (AbsenceReported) EventType() string { return "AbsenceReported" }
func (e AbsenceReported) apply(c *Case, at Times) {
	if !at.Happened.Before(c.CameBack) { // an older one that is learned late changes nothing now
		c.Absent = at.Happened
	}
}
func (ReportAbsence) givers() []Role      { return []Role{Shelter, AssistanceCentre} }
func (ReportAbsence) expected(*Case) bool { return false }
func (cmd ReportAbsence) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := c.watched(req, cmd.Since); err != nil {
		return nil, err
	}
	if !c.Missing.IsZero() || !c.Absent.IsZero() && !c.Absent.Equal(req.Happened) {
		return nil, conflict("absent_already")
	}
	return c.fact(req, AbsenceReported{cmd.Since, c.childOn(req.Happened)})
}

// ReportMissing says that nobody knows where the person is. That a child is
// missing is the highest alarm there is: everybody who sees the case sees it
// first.
type ReportMissing struct {
	Since  When      `json:"since,omitzero"`       // when the person was last seen, if known
	Police Reference `json:"police_ref,omitempty"` // the number under which the police look for the person
}

// PersonMissing holds until [PersonReturned], or until a facility takes the person
// in.
type PersonMissing struct {
	Since  When      `json:"since,omitzero"`
	Child  bool      `json:"child,omitempty"` // treated as a child then
	Police Reference `json:"police_ref,omitempty"`
}

func (PersonMissing) EventType() string { return "PersonMissing" }
func (e PersonMissing) apply(c *Case, at Times) {
	c.EverMissing = true
	if !at.Happened.Before(c.CameBack) {
		c.Missing = at.Happened
	}
}
func (ReportMissing) givers() []Role {
	return []Role{Shelter, AssistanceCentre, DutyOfficer, CaseOfficer, ChildProtection}
}
func (ReportMissing) expected(c *Case) bool { return !c.Absent.IsZero() && c.Missing.IsZero() }
func (cmd ReportMissing) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := c.watched(req, cmd.Since); err != nil {
		return nil, err
	}
	if !c.Missing.IsZero() && !c.Missing.Equal(req.Happened) {
		return nil, conflict("missing_already")
	}
	return c.fact(req, PersonMissing{cmd.Since, c.childOn(req.Happened), cmd.Police}, remark{cmd.Police == "" && !req.By.Role.police(), "police_not_told"})
}

// RecordPersonReturn says that a person who was away is back, or was found.
type RecordPersonReturn struct {
	Condition string `json:"condition" code:"condition"`
}

// PersonReturned ends an absence.
type PersonReturned struct {
	Condition string `json:"condition" code:"condition"`
}

func (PersonReturned) EventType() string { return "PersonReturned" }
func (e PersonReturned) apply(c *Case, at Times) {
	c.Absent, c.Missing, c.CameBack = When{}, When{}, at.Happened
}
func (RecordPersonReturn) givers() []Role {
	return []Role{Shelter, AssistanceCentre, DutyOfficer, CaseOfficer, ChildProtection}
}
func (RecordPersonReturn) expected(c *Case) bool { return !c.Absent.IsZero() || !c.Missing.IsZero() }
func (cmd RecordPersonReturn) decide(c *Case, req Request) ([]Event[Case], error) {
	away := c.Missing
	if away.IsZero() {
		away = c.Absent
	}
	switch {
	case away.IsZero() && c.CameBack.Equal(req.Happened):
		return nil, nil
	case away.IsZero():
		return nil, conflict("not_absent")
	case req.Happened.Before(away):
		return nil, invalid("before_absence", "happened")
	}
	return c.fact(req, PersonReturned(cmd))
}

// IsMissing reports whether nobody knows where the person is.
func (c *Case) IsMissing() bool { return !c.Missing.IsZero() }

// IsAbsent reports whether the person is away from the facility.
func (c *Case) IsAbsent() bool { return !c.Absent.IsZero() }

// watched refuses what a facility says of somebody who does not live there, and a
// person last seen after they were missed.
func (c *Case) watched(req Request, since When) error {
	host := c.Host()
	staff := req.By.Role == Shelter || req.By.Role == AssistanceCentre
	switch {
	case staff && host == nil:
		return conflict("not_admitted")
	case staff && host.Organisation != req.By.Organisation:
		return &Refusal{Kind: Forbidden, Code: "not_your_facility"}
	case staff && req.Happened.Before(host.Admitted):
		return invalid("before_admission", "happened")
	case !since.IsZero() && req.Happened.Before(since):
		return invalid("seen_later", "since")
	case !since.IsZero() && since.guess().Before(c.Detected):
		return invalid("before_case", "since")
	}
	return nil
}
