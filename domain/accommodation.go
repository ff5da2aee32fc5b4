package domain

import "slices"

// Place is one request for a place and what became of it.
type Place struct {
	Facility     Ref    `json:"facility"`
	Organisation string `json:"organisation"` // the operator
	Kind         string `json:"kind"`         // code list "facility_kind"
	District     string `json:"district"`
	State        string `json:"state"` // requested, admitted, refused, declined (by the person), cancelled, not_arrived, departed, superseded (another took the person in)
	Requested    When   `json:"requested,omitzero"`
	For          int    `json:"for,omitempty"` // persons it was asked for
	Offered      When   `json:"offered,omitzero"`
	OfferedUntil Day    `json:"offered_until,omitzero"` // a bed is kept until then
	Accepted     When   `json:"accepted,omitzero"`      // a transfer, which is still to come
	Admitted     When   `json:"admitted,omitzero"`
	Departed     When   `json:"departed,omitzero"`
	Persons      int    `json:"persons,omitempty"` // beds taken: the person and those who came along
}

// place finds the latest request to a facility, or nil.
func (c *Case) place(facility Ref) *Place {
	for i := len(c.Places) - 1; i >= 0; i-- {
		if c.Places[i].Facility == facility {
			return &c.Places[i]
		}
	}
	return nil
}

// asked makes sure that there is an open request to answer.
func (c *Case) asked(facility Ref, operator, kind, district string) *Place {
	if p := c.place(facility); p != nil && p.State == "requested" {
		return p
	}
	c.Places = append(c.Places, Place{Facility: facility, Organisation: operator, Kind: kind, District: district})
	return &c.Places[len(c.Places)-1]
}

// RequestShelter asks a shelter or an assistance centre to take the person in.
// An emergency admission before identification is allowed. Nobody answers their own
// request: for a person at the door of a centre the duty officer asks, day and
// night, and the centre is refused ("own_house").
type RequestShelter struct {
	Facility   Ref      `json:"facility"`
	Dependants int      `json:"dependants,omitempty" min:"0" max:"20"` // who come along and are not victims themselves
	Needs      []string `json:"needs,omitempty" code:"shelter_need"`
	Security   string   `json:"security" code:"risk_level"`
	Language   string   `json:"language,omitempty" code:"language"` // that the person speaks
}

// ShelterRequested starts the admission clock. The region is kept, never an
// address.
type ShelterRequested struct {
	Facility     Ref      `json:"facility" place:"facility"`
	Organisation string   `json:"organisation" code:"organisation" place:"host"`
	Kind         string   `json:"kind" code:"facility_kind"`
	District     string   `json:"district" code:"district" place:"district"`
	Dependants   int      `json:"dependants,omitempty"`
	Needs        []string `json:"needs,omitempty" code:"shelter_need"`
	Security     string   `json:"security" code:"risk_level"`
	Language     string   `json:"language,omitempty" code:"language"`
}

func (ShelterRequested) EventType() string { return "ShelterRequested" }
func (e ShelterRequested) key() string     { return string(e.Facility) }
func (e ShelterRequested) apply(c *Case, at Times) {
	c.Places = append(c.Places, Place{
		Facility: e.Facility, Organisation: e.Organisation, Kind: e.Kind, District: e.District,
		State: "requested", Requested: at.Happened, For: 1 + e.Dependants,
	})
	c.involve(e.Organisation, AskedFor)
}

func (cmd RequestShelter) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RequestShelter) givers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Head, AssistanceCentre}
}
func (RequestShelter) expected(c *Case) bool { return c.Host() == nil && !c.waiting() && !c.IsClosed() }

// waiting reports whether a facility has yet to answer.
func (c *Case) waiting() bool {
	for _, p := range c.Places {
		if p.State == "requested" {
			return true
		}
	}
	return false
}

func (cmd RequestShelter) decide(p *Joint, req Request) ([]Event[Joint], error) {
	if old := p.Case().place(cmd.Facility); old != nil && (old.State == "requested" || old.State == "admitted") {
		if old.Requested.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("already_requested")
	}
	if err := askingThemselves(p.Facilities[0], req); err != nil {
		return nil, err
	}
	if bothOnly(cmd.Needs) {
		return nil, invalid("answers_contradict", "needs")
	}
	if !p.Facilities[0].openOn(req.Happened.Day()) {
		return nil, invalid("facility_not_open", "facility")
	}
	e := ShelterRequested{cmd.Facility, p.Facilities[0].Organisation, p.Facilities[0].Kind, p.Facilities[0].District, cmd.Dependants, cmd.Needs, cmd.Security, cmd.Language}
	unfit := p.Facilities[0].room(p.Case(), req.about, 1+cmd.Dependants, req.Happened.Day()).unfit
	return p.answer(p.Case().noting(req, []Event[Case]{e}, remark{unfit, "place_not_fitting"})), nil
}

// bothOnly reports whether only women and only men are asked for at once.
func bothOnly(needs []string) bool {
	return slices.Contains(needs, "female_only") && slices.Contains(needs, "male_only")
}

// askingThemselves refuses that a house is asked for a place by its own staff: they
// would answer themselves, and open the case to themselves. An import tells what was.
func askingThemselves(f *Facility, req Request) error {
	if f.Organisation == req.By.Organisation && !req.imported() {
		return &Refusal{Kind: Forbidden, Code: "own_house", Field: "facility"}
	}
	return nil
}

// ConfirmAdmission records that the person moved in. Only the facility itself
// can say so. It takes a free bed that fits the person's sex and age: of two
// admissions to the last one, one is refused as "facility_full"; where there is
// no place for such a person at all, as "no_fitting_place". A person in need is
// not sent away by a register, so staff who took somebody in all the same say so;
// somebody else must have allowed it ("over_capacity_not_authorised"), and it is
// flagged. An import tells what was: there it is only flagged.
type ConfirmAdmission struct {
	Facility     Ref       `json:"facility"`
	Basis        string    `json:"basis" code:"admission_basis"` // consent, guardian's decision, vital interest
	Dependants   int       `json:"dependants,omitempty" min:"0" max:"20"`
	OverCapacity bool      `json:"over_capacity,omitempty"` // taken in although there was no free and fitting bed
	Bed          Reference `json:"bed,omitempty"`
	ReviewOn     Day       `json:"review_on,omitzero"` // when it is looked at whether the person still needs the place
}

// AdmissionConfirmed stops the admission clock.
type AdmissionConfirmed struct {
	Facility     Ref       `json:"facility" place:"facility"`
	Organisation string    `json:"organisation" code:"organisation" place:"host"`
	Kind         string    `json:"kind" code:"facility_kind"`
	District     string    `json:"district" code:"district" place:"district"`
	Basis        string    `json:"basis" code:"admission_basis"`
	Dependants   int       `json:"dependants,omitempty"`
	OverCapacity bool      `json:"over_capacity,omitempty"`
	Bed          Reference `json:"bed,omitempty"`
	ReviewOn     Day       `json:"review_on,omitzero"`
}

// BedTaken stands in the facility's history beside [AdmissionConfirmed] in the
// case's.
type BedTaken struct {
	Case         Ref    `json:"case"`
	Persons      int    `json:"persons"`
	OverCapacity bool   `json:"over_capacity,omitempty"`
	Group        string `json:"group,omitempty" code:"place_group"` // whose places they are
}

func (AdmissionConfirmed) EventType() string { return "AdmissionConfirmed" }
func (BedTaken) EventType() string           { return "BedTaken" }
func (e AdmissionConfirmed) key() string     { return string(e.Facility) }

func (e AdmissionConfirmed) apply(c *Case, at Times) {
	c.moveIn(c.asked(e.Facility, e.Organisation, e.Kind, e.District), 1+e.Dependants, at)
	c.ReviewStayOn = e.ReviewOn
}

// moveIn begins a stay.
func (c *Case) moveIn(p *Place, persons int, at Times) {
	p.State, p.Admitted, p.Persons = "admitted", at.Happened, persons
	c.StayUntil, c.ReviewStayOn, c.StayReviewed = Day{}, Day{}, When{}
	if !at.Happened.Before(c.Absent) && !at.Happened.Before(c.Missing) { // they are here
		c.Absent, c.Missing = When{}, When{}
	}
	c.involve(p.Organisation, Hosts)
	c.release(p.Organisation, AskedFor, at.Recorded, 0)
	for i := range c.Places { // whoever else was asked has nothing to answer any more, nor to know
		if other := &c.Places[i]; other.State == "requested" {
			other.State = "superseded"
			c.release(other.Organisation, AskedFor, at.Recorded, 0)
			c.withdraw("admission", string(other.Facility), at.Happened)
		}
	}
}

func (e BedTaken) apply(f *Facility, at Times) {
	f.take(Bed{Case: e.Case, Persons: e.Persons, From: at.Happened, Group: e.Group})
	f.used(at)
}

func (cmd ConfirmAdmission) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (ConfirmAdmission) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (ConfirmAdmission) expected(c *Case) bool       { return c.waiting() && c.Host() == nil }

func (cmd ConfirmAdmission) decide(p *Joint, req Request) ([]Event[Joint], error) {
	c, f := p.Case(), p.Facilities[0]
	switch old := c.place(cmd.Facility); {
	case f.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case old != nil && old.State == "admitted" && old.Admitted.Equal(req.Happened):
		return nil, nil
	case c.Host() != nil:
		return nil, conflict("already_admitted")
	case old == nil || old.State != "requested":
		return nil, conflict("not_requested")
	case req.Happened.Before(old.Requested):
		return nil, invalid("before_request", "happened")
	case !f.openOn(req.Happened.Day()):
		return nil, invalid("facility_not_open", "facility")
	case !cmd.ReviewOn.IsZero() && cmd.ReviewOn.Before(req.Happened.Day()):
		return nil, invalid("before_admission", "review_on")
	}
	persons := 1 + cmd.Dependants
	bed := f.room(c, req.about, persons, req.Happened.Day())
	if err := f.beyond(bed, persons, cmd.OverCapacity, req); err != nil {
		return nil, err
	}
	e := AdmissionConfirmed{cmd.Facility, f.Organisation, f.Kind, f.District, cmd.Basis, cmd.Dependants, bed.full, cmd.Bed, cmd.ReviewOn}
	return p.answer(c.noting(req, []Event[Case]{e}, c.moving(bed, cmd.Basis, req.Happened)...), BedTaken{Case: req.about, Persons: persons, OverCapacity: bed.full, Group: bed.group}), nil
}

// moving are the remarks that moving in deserves.
func (c *Case) moving(bed berth, basis string, at When) []remark {
	return []remark{
		{bed.full, "over_capacity"}, {bed.unfit, "place_not_fitting"},
		{c.childOn(at) && basis == "consent", "child_without_guardian_decision"},
		{basis == "consent" && c.saidNo("shelter", at), "against_refusal"},
	}
}
