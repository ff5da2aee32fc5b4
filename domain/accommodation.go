package domain

import "slices"

// Place is one request for a place and what became of it.
type Place struct {
	Facility     Ref    `json:"facility"`
	Organisation string `json:"organisation"` // the operator
	Kind         string `json:"kind"`         // code list "facility_kind"
	District     string `json:"district"`
	State        string `json:"state"` // requested, admitted, refused, not_arrived, departed, superseded (another took the person in)
	Requested    When   `json:"requested,omitzero"`
	Accepted     When   `json:"accepted,omitzero"` // a transfer, which is still to come
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
// An emergency admission before identification is allowed.
type RequestShelter struct {
	Facility   Ref      `json:"facility"`
	Dependants int      `json:"dependants,omitempty" min:"0" max:"20"` // who come along and are not victims themselves
	Needs      []string `json:"needs,omitempty" code:"shelter_need"`
	Security   string   `json:"security" code:"risk_level"`
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
}

func (ShelterRequested) EventType() string { return "ShelterRequested" }
func (e ShelterRequested) key() string     { return string(e.Facility) }
func (e ShelterRequested) apply(c *Case, at Times) {
	c.Places = append(c.Places, Place{
		Facility: e.Facility, Organisation: e.Organisation, Kind: e.Kind, District: e.District,
		State: "requested", Requested: at.Happened,
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
	if !p.Facilities[0].openOn(req.Happened.Day()) {
		return nil, invalid("facility_not_open", "facility")
	}
	e := ShelterRequested{cmd.Facility, p.Facilities[0].Organisation, p.Facilities[0].Kind, p.Facilities[0].District, cmd.Dependants, cmd.Needs, cmd.Security}
	return p.answer(p.Case().noting(req, []Event[Case]{e})), nil
}

// ConfirmAdmission records that the person moved in. Only the facility itself
// can say so. It takes a free bed: of two admissions to the last one, one is
// refused as "facility_full". A person in need is not sent away by a register, so
// staff who took somebody in although no bed was free say so, and it is flagged.
// An import tells what was: there it is only flagged.
type ConfirmAdmission struct {
	Facility     Ref    `json:"facility"`
	Basis        string `json:"basis" code:"admission_basis"` // consent, guardian's decision, vital interest
	Dependants   int    `json:"dependants,omitempty" min:"0" max:"20"`
	OverCapacity bool   `json:"over_capacity,omitempty"` // taken in although there was no free bed
}

// AdmissionConfirmed stops the admission clock.
type AdmissionConfirmed struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Kind         string `json:"kind" code:"facility_kind"`
	District     string `json:"district" code:"district" place:"district"`
	Basis        string `json:"basis" code:"admission_basis"`
	Dependants   int    `json:"dependants,omitempty"`
	OverCapacity bool   `json:"over_capacity,omitempty"`
}

// BedTaken stands in the facility's history beside [AdmissionConfirmed] in the
// case's.
type BedTaken struct {
	Case         Ref  `json:"case"`
	Persons      int  `json:"persons"`
	OverCapacity bool `json:"over_capacity,omitempty"`
}

func (AdmissionConfirmed) EventType() string { return "AdmissionConfirmed" }
func (BedTaken) EventType() string           { return "BedTaken" }
func (e AdmissionConfirmed) key() string     { return string(e.Facility) }

func (e AdmissionConfirmed) apply(c *Case, at Times) {
	c.moveIn(c.asked(e.Facility, e.Organisation, e.Kind, e.District), 1+e.Dependants, at)
}

// moveIn begins a stay.
func (c *Case) moveIn(p *Place, persons int, at Times) {
	p.State, p.Admitted, p.Persons = "admitted", at.Happened, persons
	c.involve(p.Organisation, Hosts)
	c.release(p.Organisation, AskedFor, at.Recorded, 0)
	for i := range c.Places { // whoever else was asked has nothing to answer any more, nor to know
		if other := &c.Places[i]; other.State == "requested" {
			other.State = "superseded"
			c.release(other.Organisation, AskedFor, at.Recorded, 0)
			c.withdraw("admission", string(other.Facility))
		}
	}
}

func (e BedTaken) apply(f *Facility, at Times) {
	f.Beds = append(f.Beds, Bed{Case: e.Case, Persons: e.Persons, From: at.Happened})
	f.Taken += e.Persons
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
	}
	persons := 1 + cmd.Dependants
	over := f.Taken+persons > f.Capacity
	if over && !cmd.OverCapacity && req.Claimed.IsZero() {
		return nil, conflict("facility_full")
	}
	onCase := c.noting(req, []Event[Case]{AdmissionConfirmed{cmd.Facility, f.Organisation, f.Kind, f.District, cmd.Basis, cmd.Dependants, over}},
		remark{over, "over_capacity"}, remark{c.TreatedAsChild() && cmd.Basis == "consent", "child_without_guardian_decision"})
	return p.answer(onCase, BedTaken{Case: req.about, Persons: persons, OverCapacity: over}), nil
}

// RefuseAdmission answers a request with a coded reason.
type RefuseAdmission struct {
	Facility Ref    `json:"facility"`
	Reason   string `json:"reason" code:"refusal_reason"`
}

// AdmissionRefused is reported to the Coordinator by its reason.
type AdmissionRefused struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Reason       string `json:"reason" code:"refusal_reason"`
}

func (AdmissionRefused) EventType() string         { return "AdmissionRefused" }
func (e AdmissionRefused) key() string             { return string(e.Facility) }
func (e AdmissionRefused) apply(c *Case, at Times) { c.answered(e.Facility, "refused", at) }
func (RefuseAdmission) givers() []Role             { return []Role{Shelter, AssistanceCentre} }
func (RefuseAdmission) expected(c *Case) bool      { return c.waiting() }

func (cmd RefuseAdmission) decide(c *Case, req Request) ([]Event[Case], error) {
	old, err := c.own(cmd.Facility, req, "refused")
	if old == nil || err != nil {
		return nil, err
	}
	return c.fact(req, AdmissionRefused{cmd.Facility, old.Organisation, cmd.Reason})
}

// RecordNonArrival says that the person asked for did not come. The police are
// to look for the person.
type RecordNonArrival struct {
	Facility Ref `json:"facility"`
}

// NonArrivalRecorded ends a request without an admission.
type NonArrivalRecorded struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
}

func (NonArrivalRecorded) EventType() string         { return "NonArrivalRecorded" }
func (e NonArrivalRecorded) key() string             { return string(e.Facility) }
func (e NonArrivalRecorded) apply(c *Case, at Times) { c.answered(e.Facility, "not_arrived", at) }
func (RecordNonArrival) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (RecordNonArrival) expected(c *Case) bool       { return c.waiting() }

func (cmd RecordNonArrival) decide(c *Case, req Request) ([]Event[Case], error) {
	old, err := c.own(cmd.Facility, req, "not_arrived")
	if old == nil || err != nil {
		return nil, err
	}
	return c.fact(req, NonArrivalRecorded{cmd.Facility, old.Organisation})
}

// answered ends a request that did not lead to an admission.
func (c *Case) answered(facility Ref, state string, at Times) {
	if p := c.place(facility); p != nil && p.State == "requested" {
		p.State = state
		c.release(p.Organisation, AskedFor, at.Recorded, hostedFor)
	}
}

// own finds the open request that the asker's facility may answer. It is nil
// when the request was answered like this already.
func (c *Case) own(facility Ref, req Request, state string) (*Place, error) {
	p := c.place(facility)
	switch {
	case p == nil:
		return nil, conflict("not_requested")
	case p.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case p.State == state:
		return nil, nil
	case p.State != "requested":
		return nil, conflict("not_requested")
	case req.Happened.Before(p.Requested):
		return nil, invalid("before_request", "happened")
	}
	return p, nil
}

// RecordDeparture says that the person left the facility.
type RecordDeparture struct {
	Facility    Ref    `json:"facility"`
	Destination string `json:"destination" code:"destination"`
	Planned     bool   `json:"planned"`
}

// Departed ends a stay.
type Departed struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Destination  string `json:"destination" code:"destination"`
	Planned      bool   `json:"planned,omitempty"`
}

// BedFreed stands in the facility's history beside [Departed] in the case's.
type BedFreed struct {
	Case Ref `json:"case"`
}

func (Departed) EventType() string { return "Departed" }
func (BedFreed) EventType() string { return "BedFreed" }

func (e Departed) apply(c *Case, at Times) {
	if p := c.place(e.Facility); p != nil && p.State == "admitted" {
		p.State, p.Departed = "departed", at.Happened
		c.involve(e.Organisation, Hosted)
		c.release(e.Organisation, Hosts, at.Recorded, 0)
		c.release(e.Organisation, Hosted, at.Recorded, hostedFor)
	}
}

func (e BedFreed) apply(f *Facility, at Times) {
	f.used(at)
	f.Beds = slices.DeleteFunc(f.Beds, func(b Bed) bool {
		if b.Case == e.Case {
			f.Taken -= b.Persons
		}
		return b.Case == e.Case
	})
}

func (cmd RecordDeparture) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RecordDeparture) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (RecordDeparture) expected(c *Case) bool       { return c.Host() != nil }

func (cmd RecordDeparture) decide(p *Joint, req Request) ([]Event[Joint], error) {
	c, f := p.Case(), p.Facilities[0]
	switch stay := c.place(cmd.Facility); {
	case f.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case stay != nil && stay.State == "departed" && stay.Departed.Equal(req.Happened):
		return nil, nil
	case stay == nil || stay.State != "admitted":
		return nil, conflict("not_admitted")
	case req.Happened.Before(stay.Admitted):
		return nil, invalid("before_admission", "happened")
	}
	onCase := c.noting(req, []Event[Case]{Departed{cmd.Facility, f.Organisation, cmd.Destination, cmd.Planned}}, remark{!cmd.Planned, "unplanned_departure"})
	return p.answer(onCase, BedFreed{Case: req.about}), nil
}
