package domain

import "slices"

// Facility is one shelter or assistance centre. Its address is nowhere in the
// register; its district is.
type Facility struct {
	Kind         string         `json:"kind"`         // code list "facility_kind"
	Operator     string         `json:"operator"`     // state or ngo
	Organisation string         `json:"organisation"` // whose staff act for it
	District     string         `json:"district"`
	Capacity     int            `json:"capacity"` // beds, as of the latest day on which it changed
	CapacitySet  Day            `json:"capacity_set,omitzero"`
	LastUsed     Day            `json:"last_used,omitzero"` // the latest day on which somebody came or left
	Since        Day            `json:"since"`
	ClosedOn     Day            `json:"closed_on,omitzero"`
	Places       Counts         `json:"places,omitempty"` // of the capacity, by sex and age; empty where nobody has said
	Beds         []Bed          `json:"beds,omitempty"`   // in use; who has left is in the history
	Taken        int            `json:"taken"`            // beds in use
	TakenIn      map[string]int `json:"taken_in,omitempty"`
	Reserved     []Reservation  `json:"reserved,omitempty"`
	Allowed      []Excess       `json:"allowed,omitempty"` // beyond capacity
	Inspected    Inspection     `json:"inspected,omitzero"`
	Agreements   map[string]Day `json:"agreements,omitempty"`
}

// Bed is one stay: the person and those who came along.
type Bed struct {
	Case    Ref    `json:"case"`
	Persons int    `json:"persons"`
	From    When   `json:"from"`
	Group   string `json:"group,omitempty"` // whose places they are, where these are kept apart
}

// Opened reports whether the facility is in the register.
func (f *Facility) Opened() bool { return !f.Since.IsZero() }

func (f *Facility) openOn(d Day) bool {
	return f.Opened() && !d.Before(f.Since) && (f.ClosedOn.IsZero() || d.Before(f.ClosedOn))
}

func (f *Facility) accepts(req Request, cmd Asked) error {
	if _, opens := cmd.(OpenFacility); opens {
		return nil
	}
	if !f.Opened() {
		return &Refusal{Kind: NotFound, Code: "no_such_facility"}
	}
	if req.Happened.Day().Before(f.Since) {
		return invalid("before_start", "happened")
	}
	return nil
}

func (f *Facility) used(at Times) {
	if d := at.Happened.Day(); d.After(f.LastUsed) {
		f.LastUsed = d
	}
}

// OpenFacility enters a shelter or assistance centre in the register. Happened
// is the day it began to work.
type OpenFacility struct {
	Kind         string `json:"kind" code:"facility_kind"`
	Operator     string `json:"operator" code:"operator"`
	Organisation string `json:"organisation" code:"organisation/shelter|assistance_centre"`
	District     string `json:"district" code:"district"`
	Capacity     int    `json:"capacity" min:"1" max:"1000"`
	Places       Counts `json:"places,omitempty" code:"place_group" max:"1000"` // of the capacity, by sex and age
}

// FacilityOpened counts for plan action 4.4.1 when it is outside Bakı.
type FacilityOpened struct {
	Kind         string `json:"kind" code:"facility_kind"`
	Operator     string `json:"operator" code:"operator"`
	Organisation string `json:"organisation" code:"organisation"`
	District     string `json:"district" code:"district"`
	Capacity     int    `json:"capacity"`
	Places       Counts `json:"places,omitempty" code:"place_group"`
}

func (FacilityOpened) EventType() string { return "FacilityOpened" }
func (e FacilityOpened) apply(f *Facility, at Times) {
	f.Kind, f.Operator, f.Organisation, f.District, f.Capacity = e.Kind, e.Operator, e.Organisation, e.District, e.Capacity
	f.Since, f.CapacitySet, f.Places = at.Happened.Day(), at.Happened.Day(), e.Places
}
func (OpenFacility) givers() []Role { return []Role{Coordinator} }
func (cmd OpenFacility) decide(f *Facility, req Request) ([]Event[Facility], error) {
	e := FacilityOpened(cmd)
	switch {
	case !addUp(cmd.Places, cmd.Capacity):
		return nil, invalid("places_not_capacity", "places")
	case f.Opened() && f.Since == req.Happened.Day() && f.Organisation == cmd.Organisation:
		return nil, nil
	case f.Opened():
		return nil, conflict("already_registered")
	}
	return []Event[Facility]{e}, nil
}

// ChangeCapacity records a new number of beds, and for whom they are. Without
// places by sex and age they are for whoever needs one. A facility says itself that
// it has fewer, or has them for others; that it has more says the Coordinator
// ("capacity_raised"), or whoever is full would allow themselves to go on.
type ChangeCapacity struct {
	Capacity int    `json:"capacity" min:"0" max:"1000"`
	Places   Counts `json:"places,omitempty" code:"place_group" max:"1000"`
}

// FacilityCapacityChanged holds from the day it happened.
type FacilityCapacityChanged struct {
	Capacity int    `json:"capacity"`
	Places   Counts `json:"places,omitempty" code:"place_group"`
}

func (FacilityCapacityChanged) EventType() string { return "FacilityCapacityChanged" }
func (e FacilityCapacityChanged) apply(f *Facility, at Times) {
	if d := at.Happened.Day(); !d.Before(f.CapacitySet) { // an older one that is learned late changes nothing now
		f.Capacity, f.Places, f.CapacitySet = e.Capacity, e.Places, d
	}
}
func (ChangeCapacity) givers() []Role { return []Role{Coordinator, Shelter, AssistanceCentre} }
func (cmd ChangeCapacity) decide(f *Facility, req Request) ([]Event[Facility], error) {
	if req.By.Role != Coordinator && req.By.Organisation != f.Organisation {
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility"}
	}
	if req.By.Role != Coordinator && cmd.Capacity > f.Capacity && !req.imported() {
		return nil, &Refusal{Kind: Forbidden, Code: "capacity_raised", Field: "capacity"}
	}
	if !addUp(cmd.Places, cmd.Capacity) {
		return nil, invalid("places_not_capacity", "places")
	}
	if f.Capacity == cmd.Capacity && slices.Equal(f.Places, cmd.Places) && f.CapacitySet == req.Happened.Day() {
		return nil, nil
	}
	return []Event[Facility]{FacilityCapacityChanged(cmd)}, nil
}

// CloseFacility records that a facility stopped working.
type CloseFacility struct{}

// FacilityClosed holds from the day it happened.
type FacilityClosed struct{}

func (FacilityClosed) EventType() string           { return "FacilityClosed" }
func (FacilityClosed) apply(f *Facility, at Times) { f.ClosedOn = at.Happened.Day() }
func (CloseFacility) givers() []Role               { return []Role{Coordinator} }
func (CloseFacility) decide(f *Facility, req Request) ([]Event[Facility], error) {
	switch {
	case !f.ClosedOn.IsZero():
		return nil, nil
	case req.Happened.Day().Before(f.LastUsed):
		return nil, invalid("used_later", "happened")
	case f.Taken > 0:
		return nil, conflict("persons_inside")
	}
	return []Event[Facility]{FacilityClosed{}}, nil
}

// CompleteCapacityStudy records that a facility's possibilities were studied
// (plan action 4.4.4).
type CompleteCapacityStudy struct{}

// CapacityStudyCompleted counts once for each facility.
type CapacityStudyCompleted struct{}

func (CapacityStudyCompleted) EventType() string      { return "CapacityStudyCompleted" }
func (CapacityStudyCompleted) apply(*Facility, Times) {}
func (CompleteCapacityStudy) givers() []Role          { return []Role{Coordinator} }
func (CompleteCapacityStudy) decide(*Facility, Request) ([]Event[Facility], error) {
	return []Event[Facility]{CapacityStudyCompleted{}}, nil
}

// SignNgoAgreement records that an NGO gives services in a facility (plan
// action 4.4.6).
type SignNgoAgreement struct {
	Ngo      string   `json:"ngo" code:"organisation/ngo|legal_aid"`
	Services []string `json:"services" code:"service"`
	Until    Day      `json:"until"`
}

// NgoAgreementSigned is in force from the day it happened until its last day.
type NgoAgreementSigned struct {
	Ngo      string   `json:"ngo" code:"organisation"`
	Services []string `json:"services" code:"service"`
	Until    Day      `json:"until"`
}

func (NgoAgreementSigned) EventType() string { return "NgoAgreementSigned" }
func (e NgoAgreementSigned) apply(f *Facility, _ Times) {
	if f.Agreements == nil {
		f.Agreements = map[string]Day{}
	}
	if e.Until.After(f.Agreements[e.Ngo]) {
		f.Agreements[e.Ngo] = e.Until
	}
}
func (SignNgoAgreement) givers() []Role { return []Role{Coordinator} }
func (cmd SignNgoAgreement) decide(_ *Facility, req Request) ([]Event[Facility], error) {
	if cmd.Until.Before(req.Happened.Day()) {
		return nil, invalid("before_start", "until")
	}
	return []Event[Facility]{NgoAgreementSigned{cmd.Ngo, slices.Clone(cmd.Services), cmd.Until}}, nil
}
