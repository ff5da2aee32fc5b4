package domain

import "slices"

// others names the stream on which the other half of the event stands, or would
// stand, once it was looked up.
func (cmd VoidEvent) others(Request) []Stream {
	switch {
	case cmd.facility != "":
		return []Stream{FacilityStream(cmd.facility)}
	case cmd.related != "":
		return []Stream{CaseStream(cmd.related)}
	}
	return nil
}

// look finds out which facility or which other case the event is about.
func (cmd VoidEvent) look(history []Decision) Asked {
	cmd.facility, cmd.related = "", ""
	switch e := cmd.Event.Find(history).(type) {
	case AdmissionConfirmed, Departed, ShelterRequested, TransferRequested, ShelterOffered,
		PlacementDeclined, ShelterRequestCancelled, AdmissionRefused, NonArrivalRecorded:
		cmd.facility = SiteOf(e).Facility
	case ReTraffickingRecorded:
		cmd.related = e.Earlier + e.Later // it names one of them
	}
	return cmd
}

func (cmd VoidEvent) remembering(histories [][]Decision) Asked {
	cmd.history, cmd.half = histories[0], EventAt{}
	if cmd.related == "" {
		return cmd
	}
	for _, d := range histories[1] {
		for n, e := range d.Events {
			if _, same := e.(ReTraffickingRecorded); same && d.ID == cmd.Event.Decision {
				cmd.half = EventAt{d.ID, n}
			}
		}
	}
	return cmd
}

// standsElsewhere reports whether the decision stands on another history than the
// given one of its case too, and tells there when it was: what ends a request does
// if a bed was kept until then.
func (d Decision) standsElsewhere(history []Decision) (bool, error) {
	for _, e := range d.Events {
		switch e := e.(type) {
		case AdmissionConfirmed, Departed, TransferCompleted, ShelterOffered, ReTraffickingRecorded:
			return true, nil
		case PlacementDeclined, ShelterRequestCancelled, AdmissionRefused, NonArrivalRecorded:
			then, err := Fold[Case](history[:slices.IndexFunc(history, func(o Decision) bool { return o.ID == d.ID })])
			if err != nil {
				return false, err
			}
			if asked := then.place(SiteOf(e).Facility); asked != nil && !asked.Offered.IsZero() {
				return true, nil
			}
		}
	}
	return false, nil
}

func (cmd VoidEvent) decide(j *Joint, req Request) ([]Event[Joint], error) {
	e, d, err := correctable(cmd.Event, cmd.history, req)
	if err != nil || e == nil {
		return nil, err
	}
	switch e.(type) {
	case DetectionRecorded, ReferralSubmitted, TransferCompleted:
		return nil, invalid("cannot_be_voided", "event")
	}
	voided := EventVoided{Event: cmd.Event, Type: e.EventType(), Reason: cmd.Reason}
	after, err := Fold[Case](append(slices.Clone(cmd.history), Decision{Events: []AnyEvent{voided}}))
	if err != nil {
		return nil, err
	}
	if j.Case().Redress.answeredAlready(cmd.Event, e) || shaken(j.Case(), after) {
		return nil, conflict("others_follow")
	}
	onCase := []Event[Case]{voided}
	if _, decision := e.(IdentificationDecided); decision && after.Redress.Allowance > 0 {
		onCase = append(onCase, DeviationNoted{Code: "payment_stands"})
	}
	all := j.onCase(0, onCase...)
	switch {
	case cmd.facility != "":
		beds, err := cmd.beds(j, e, d, after, req)
		if err != nil {
			return nil, err
		}
		all = append(all, j.onFacility(0, beds...)...)
	case cmd.related != "":
		all = append(all, j.onCase(1, EventVoided{Event: cmd.half, Type: voided.Type, Reason: cmd.Reason})...)
	}
	return all, nil
}

// beds is what becomes of the facility's history: a bed that was taken is free, one
// that was freed is taken, and one is kept if, and as long as, an offer stands.
func (cmd VoidEvent) beds(j *Joint, e AnyEvent, d *Decision, after *Case, req Request) (beds []Event[Facility], err error) {
	f, stay := j.Facilities[0], j.Case().Host()
	switch e := e.(type) {
	case AdmissionConfirmed:
		if stay == nil || stay.Facility != e.Facility || !stay.Admitted.Equal(d.Happened) {
			return nil, conflict("others_follow")
		}
		freed := BedFreed{Case: req.about}
		freed.apply(f, Times{Happened: req.Happened})
		beds = append(beds, freed)
	case Departed:
		back, err := takenAgain(j, e, d, req)
		return []Event[Facility]{back}, err
	}
	asked := after.place(cmd.facility)
	if asked != nil && asked.Requested.IsZero() {
		return nil, conflict("others_follow")
	}
	kept, err := f.keeping(after, asked, req)
	return append(beds, kept...), err
}

// keeping keeps the bed that an open offer promises, and none otherwise.
func (f *Facility) keeping(c *Case, asked *Place, req Request) ([]Event[Facility], error) {
	day := req.Happened.Day()
	if asked == nil || asked.State != "requested" || asked.Offered.IsZero() || asked.OfferedUntil.Before(day) || !f.openOn(day) {
		return f.releasing(req.about), nil
	}
	if slices.ContainsFunc(f.Reserved, func(r Reservation) bool {
		return r.Case == req.about && r.Persons == asked.For && r.Until == asked.OfferedUntil
	}) {
		return nil, nil
	}
	bed := f.room(c, req.about, asked.For, day)
	if bed.short() {
		return nil, conflict("facility_full")
	}
	return []Event[Facility]{ShelterPlaceReserved{req.about, asked.For, bed.group, asked.OfferedUntil}}, nil
}

// takenAgain gives the bed back to a person who has not left after all.
func takenAgain(j *Joint, e Departed, d *Decision, req Request) (Event[Facility], error) {
	stay, f := j.Case().place(e.Facility), j.Facilities[0]
	for _, other := range d.Events {
		if _, moved := other.(TransferCompleted); moved {
			return nil, invalid("cannot_be_voided", "event")
		}
	}
	if stay == nil || stay.State != "departed" || !stay.Departed.Equal(d.Happened) || j.Case().Host() != nil || !f.openOn(req.Happened.Day()) {
		return nil, conflict("others_follow")
	}
	bed := f.room(j.Case(), req.about, stay.Persons, req.Happened.Day())
	return BedTaken{Case: req.about, Persons: stay.Persons, OverCapacity: f.Taken+stay.Persons > f.Capacity, Group: bed.group}, nil
}
