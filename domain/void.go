package domain

import "slices"

// others names the facility whose bed goes with the event, once it was looked up.
func (cmd VoidEvent) others(Request) []Stream {
	if cmd.facility == "" {
		return nil
	}
	return []Stream{FacilityStream(cmd.facility)}
}

// look finds out whether a bed goes with the event.
func (cmd VoidEvent) look(history []Decision) Asked {
	cmd.facility = ""
	switch e := cmd.Event.Find(history).(type) {
	case AdmissionConfirmed:
		cmd.facility = e.Facility
	case Departed:
		cmd.facility = e.Facility
	}
	return cmd
}

// movesBed reports whether the decision stands on the history of a facility too.
func (d Decision) movesBed() bool {
	for _, e := range d.Events {
		switch e.(type) {
		case AdmissionConfirmed, Departed, TransferCompleted:
			return true
		}
	}
	return false
}

func (cmd VoidEvent) decide(j *Joint, req Request) ([]Event[Joint], error) {
	e, d, err := correctable(cmd.Event, cmd.history, req)
	if err != nil || e == nil {
		return nil, err
	}
	voided := EventVoided{Event: cmd.Event, Type: e.EventType(), Reason: cmd.Reason}
	var bed []Event[Facility]
	switch e := e.(type) {
	case DetectionRecorded, ReferralSubmitted, TransferCompleted:
		return nil, invalid("cannot_be_voided", "event")
	case AdmissionConfirmed:
		if stay := j.Case().Host(); stay == nil || stay.Facility != e.Facility || !stay.Admitted.Equal(d.Happened) {
			return nil, conflict("others_follow")
		}
		bed = append(bed, BedFreed{Case: req.about})
	case Departed:
		back, err := cmd.takenAgain(j, e, d, req)
		if err != nil {
			return nil, err
		}
		bed = append(bed, back)
	}
	after, err := Fold[Case](append(slices.Clone(cmd.history), Decision{Events: []AnyEvent{voided}}))
	if err != nil {
		return nil, err
	}
	if j.Case().Redress.answeredAlready(cmd.Event, e) || shaken(j.Case(), after) {
		return nil, conflict("others_follow")
	}
	_, decision := e.(IdentificationDecided)
	onCase := []Event[Case]{voided}
	if decision && after.Redress.Allowance > 0 {
		onCase = append(onCase, DeviationNoted{Code: "payment_stands"})
	}
	return j.answer(onCase, bed...), nil
}

// takenAgain gives the bed back to a person who has not left after all.
func (cmd VoidEvent) takenAgain(j *Joint, e Departed, d *Decision, req Request) (Event[Facility], error) {
	stay, f := j.Case().place(e.Facility), j.Facilities[0]
	for _, other := range d.Events {
		if _, moved := other.(TransferCompleted); moved {
			return nil, invalid("cannot_be_voided", "event")
		}
	}
	if stay == nil || stay.State != "departed" || !stay.Departed.Equal(d.Happened) || j.Case().Host() != nil || !f.openOn(req.Happened.Day()) {
		return nil, conflict("others_follow")
	}
	return BedTaken{Case: req.about, Persons: stay.Persons, OverCapacity: f.Taken+stay.Persons > f.Capacity}, nil
}
