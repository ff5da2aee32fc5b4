package domain

import "slices"

// longestOffer is how many days a bed may be kept for somebody: an offer without
// end would take the bed from whoever needs it.
const longestOffer = 14

// OfferPlace answers a request before the person comes: there is a bed, and it is
// kept until the end of a day. A new offer replaces the one before.
type OfferPlace struct {
	Facility Ref `json:"facility"`
	Until    Day `json:"until"` // the last day on which the bed is kept, at most 14 days ahead
}

// ShelterOffered promises a bed, or says that the one that was promised is not kept
// any longer. The person still lives where they lived.
type ShelterOffered struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Until        Day    `json:"until"`
	Released     bool   `json:"released,omitempty"` // before that day: see [ReleaseReservation]
}

// ShelterPlaceReserved stands in the facility's history beside [ShelterOffered] in
// the case's: the bed counts as taken until the offer lapses.
type ShelterPlaceReserved struct {
	Case    Ref    `json:"case"`
	Persons int    `json:"persons"`
	Group   string `json:"group,omitempty" code:"place_group"`
	Until   Day    `json:"until"`
}

func (ShelterOffered) EventType() string       { return "ShelterOffered" }
func (ShelterPlaceReserved) EventType() string { return "ShelterPlaceReserved" }
func (e ShelterOffered) key() string           { return string(e.Facility) }
func (e ShelterOffered) apply(c *Case, at Times) {
	switch p := c.place(e.Facility); {
	case p == nil:
	case e.Released:
		p.Offered, p.OfferedUntil = When{}, Day{}
	default:
		p.Offered, p.OfferedUntil = at.Happened, e.Until
	}
}

func (e ShelterPlaceReserved) apply(f *Facility, at Times) {
	f.unreserve(e.Case)
	f.Reserved = append(f.Reserved, Reservation{e.Case, e.Persons, e.Group, at.Happened.Day(), e.Until})
}

// keeps reports whether a bed is kept for a person.
func (f *Facility) keeps(who Ref) bool {
	return slices.ContainsFunc(f.Reserved, func(r Reservation) bool { return r.Case == who })
}

func (f *Facility) unreserve(who Ref) {
	f.Reserved = slices.DeleteFunc(slices.Clone(f.Reserved), func(r Reservation) bool { return r.Case == who })
}

func (cmd OfferPlace) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (OfferPlace) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (OfferPlace) expected(c *Case) bool {
	return slices.ContainsFunc(c.Places, func(p Place) bool { return p.State == "requested" && p.Offered.IsZero() })
}

func (cmd OfferPlace) decide(p *Joint, req Request) ([]Event[Joint], error) {
	c, f := p.Case(), p.Facilities[0]
	old, err := c.own(cmd.Facility, req, "offered")
	if err != nil {
		return nil, err
	}
	day := req.Happened.Day()
	bed := f.room(c, req.about, old.For, day)
	switch {
	case cmd.Until.Before(day):
		return nil, invalid("before_start", "until")
	case cmd.Until.After(day.Add(longestOffer)):
		return nil, invalid("offer_too_long", "until")
	case !f.openOn(day) || !f.openOn(cmd.Until):
		return nil, invalid("facility_not_open", "facility")
	case old.OfferedUntil == cmd.Until && f.keeps(req.about):
		return nil, nil
	case bed.unfit:
		return nil, conflict("no_fitting_place")
	case bed.full:
		return nil, conflict("facility_full")
	}
	onCase := c.noting(req, []Event[Case]{ShelterOffered{Facility: cmd.Facility, Organisation: f.Organisation, Until: cmd.Until}})
	return p.answer(onCase, ShelterPlaceReserved{req.about, old.For, bed.group, cmd.Until}), nil
}

// DeclinePlacement says that the person does not want the place. That is no
// failure of the facility, nor of whoever asked it.
type DeclinePlacement struct {
	Facility Ref    `json:"facility"`
	Reason   string `json:"reason" code:"decline_reason"`
}

// PlacementDeclined ends a request: nobody is to answer it any more.
type PlacementDeclined struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Reason       string `json:"reason" code:"decline_reason" flow:"yes"`
}

func (PlacementDeclined) EventType() string         { return "PlacementDeclined" }
func (e PlacementDeclined) key() string             { return string(e.Facility) }
func (e PlacementDeclined) apply(c *Case, at Times) { c.dropped(e.Facility, "declined", at) }

func (cmd DeclinePlacement) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (DeclinePlacement) givers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Head, Shelter, AssistanceCentre}
}
func (DeclinePlacement) expected(*Case) bool { return false }

func (cmd DeclinePlacement) decide(p *Joint, req Request) ([]Event[Joint], error) {
	old, err := p.Case().pending(cmd.Facility, req, "declined")
	if old == nil || err != nil {
		return nil, err
	}
	return p.withoutPlace(req, PlacementDeclined{cmd.Facility, old.Organisation, cmd.Reason}), nil
}

// CancelShelterRequest takes a request back, because the place is not needed any
// more.
type CancelShelterRequest struct {
	Facility Ref    `json:"facility"`
	Reason   string `json:"reason" code:"cancel_reason"`
}

// ShelterRequestCancelled ends a request: nobody is to answer it any more.
type ShelterRequestCancelled struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Reason       string `json:"reason" code:"cancel_reason" flow:"yes"`
}

func (ShelterRequestCancelled) EventType() string         { return "ShelterRequestCancelled" }
func (e ShelterRequestCancelled) key() string             { return string(e.Facility) }
func (e ShelterRequestCancelled) apply(c *Case, at Times) { c.dropped(e.Facility, "cancelled", at) }

func (cmd CancelShelterRequest) others(Request) []Stream {
	return []Stream{FacilityStream(cmd.Facility)}
}
func (CancelShelterRequest) givers() []Role      { return []Role{DutyOfficer, CaseOfficer, Head} }
func (CancelShelterRequest) expected(*Case) bool { return false }

func (cmd CancelShelterRequest) decide(p *Joint, req Request) ([]Event[Joint], error) {
	old, err := p.Case().pending(cmd.Facility, req, "cancelled")
	if old == nil || err != nil {
		return nil, err
	}
	return p.withoutPlace(req, ShelterRequestCancelled{cmd.Facility, old.Organisation, cmd.Reason}), nil
}

// pending finds the open request to a facility, which staff of a facility speak
// of only if it is their own. It is nil when the request ended like this already.
func (c *Case) pending(facility Ref, req Request, state string) (*Place, error) {
	if !req.By.Role.police() {
		return c.own(facility, req, state)
	}
	switch p := c.place(facility); {
	case p == nil:
		return nil, conflict("not_requested")
	case p.State == state:
		return nil, nil
	case p.State != "requested":
		return nil, conflict("not_requested")
	case req.Happened.Before(p.Requested):
		return nil, invalid("before_request", "happened")
	default:
		return p, nil
	}
}

// dropped ends a request that nobody is to answer any more, and the duty with it.
func (c *Case) dropped(facility Ref, state string, at Times) {
	c.answered(facility, state, at)
	c.withdraw("admission", string(facility), at.Happened)
}

// ReleaseReservation says that a bed need not be kept any longer, for example
// because another facility took the person in. The offer ends on the case too, where
// it stands: the request is open again, and the facility is only asked.
type ReleaseReservation struct {
	Case Ref `json:"case" ref:"case"`
}

// ReservationReleased makes the bed free again before the offer lapses. It stands
// also beside what ends a request, or the offer, on the case.
type ReservationReleased struct {
	Case Ref `json:"case"`
}

func (ReservationReleased) EventType() string             { return "ReservationReleased" }
func (e ReservationReleased) apply(f *Facility, at Times) { f.unreserve(e.Case) }
func (cmd ReleaseReservation) others(Request) []Stream    { return []Stream{CaseStream(cmd.Case)} }
func (ReleaseReservation) toldBesides()                   {} // whatever became of the case, the bed is the facility's
func (ReleaseReservation) givers() []Role                 { return []Role{Shelter, AssistanceCentre} }

func (cmd ReleaseReservation) decide(j *Joint, req Request) ([]Event[Joint], error) {
	c, f := j.Case(), j.Facilities[0]
	if f.Organisation != req.By.Organisation {
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility"}
	}
	all := j.onFacility(0, f.releasing(cmd.Case)...)
	asked := c.place(j.streams[0].Ref())
	if len(all) == 0 || c.MergedInto != "" || asked == nil || asked.State != "requested" || asked.Offered.IsZero() {
		return all, nil
	}
	if req.Happened.Before(asked.Requested) {
		return nil, invalid("before_request", "happened")
	}
	return append(all, j.onCase(0, c.noting(req, []Event[Case]{ShelterOffered{asked.Facility, asked.Organisation, asked.OfferedUntil, true}})...)...), nil
}

// releasing frees the bed that is kept for a person, if one is.
func (f *Facility) releasing(who Ref) []Event[Facility] {
	if !f.keeps(who) {
		return nil
	}
	return []Event[Facility]{ReservationReleased{who}}
}
