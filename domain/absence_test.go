package domain

import "testing"

func TestAbsenceAndReturn(t *testing.T) {
	story := []said{detected, requested, admitted}
	with := func(more ...said) []said { return append(append([]said(nil), story...), more...) }
	absent := shelter.says("2024-03-20T22:00", ReportAbsence{Since: mustWhen("2024-03-20T14:00")})
	missing := shelter.says("2024-03-21T10:00", ReportMissing{Since: mustWhen("2024-03-20T14:00"), Police: "153/24"})
	back := shelter.says("2024-03-22T09:00", RecordPersonReturn{Condition: "needs_rest"})

	given(t, story...).when(absent).then("AbsenceReported")
	given(t, detected, requested).when(absent).refused("not_admitted", "")
	given(t, story...).when(duty.says("2024-03-20T22:00", absent.cmd)).refused("role_not_allowed", "")
	given(t, story...).when(shelter.says("2024-03-20T13:00", absent.cmd)).refused("seen_later", "since")
	given(t, story...).when(shelter.says("2024-03-02T02:00", ReportAbsence{})).refused("before_admission", "happened")
	unseen := mustWhen("2024-03-01T20:29") // a minute before the person was found
	given(t, story...).when(shelter.says("2024-03-20T22:00", ReportAbsence{Since: unseen})).refused("before_case", "since")
	given(t, story...).when(shelter.says("2024-03-21T10:00", ReportMissing{Since: unseen, Police: "153/24"})).refused("before_case", "since")
	given(t, detected).when(duty.says("2024-03-21T10:00", ReportMissing{Since: unseen})).refused("before_case", "since")
	given(t, detected).when(duty.says("2024-03-21T10:00", ReportMissing{Since: mustWhen("2024-03-01T20:30")})).then("PersonMissing")
	given(t, with(absent)...).when(shelter.says("2024-03-21", ReportAbsence{})).refused("absent_already", "")

	w := given(t, with(absent)...).when(missing).then("PersonMissing")
	if c := w.state(); c.Missing.IsZero() || !c.EverMissing {
		t.Errorf("not missing: %+v", c.AccommodationTrack)
	}
	given(t, story...).when(missing).then("PersonMissing") // nobody reported an absence before
	given(t, with(missing)...).when(shelter.says("2024-03-22", missing.cmd)).refused("missing_already", "")
	given(t, with(missing)...).when(absent).refused("absent_already", "")
	given(t, story...).when(shelter.says("2024-03-21T10:00", ReportMissing{})).then("PersonMissing", "!police_not_told")
	given(t, detected).when(duty.says("2024-03-21T10:00", ReportMissing{})).then("PersonMissing") // the police are told
	known := officer.says("2024-03-02", SendServiceReferral{Organisation: "centre-baki", Services: []string{"psychological"}})
	given(t, with(known)...).when(centre.says("2024-03-21", ReportMissing{})).refused("not_your_facility", "")

	w = given(t, with(absent, missing)...).when(back).then("PersonReturned")
	if c := w.state(); !c.Missing.IsZero() || !c.Absent.IsZero() || !c.EverMissing {
		t.Errorf("still away, or never was: %+v", c.AccommodationTrack)
	}
	given(t, story...).when(back).refused("not_absent", "")
	given(t, with(absent)...).when(shelter.says("2024-03-20T20:00", back.cmd)).refused("before_absence", "happened")

	// What is learned late does not undo what came after.
	w = given(t, with(absent, missing, back)...).when(shelter.says("2024-03-21T23:00", ReportMissing{})).then("PersonMissing", "!police_not_told")
	if !w.state().Missing.IsZero() {
		t.Error("a person who came back is missing again")
	}
}

func TestAMissingChildIsSaidToBeOne(t *testing.T) {
	child := referral()
	child.Age = "not_sure"
	w := given(t, police.says("2024-03-01T20:30", child)).when(officer.says("2024-03-21", ReportMissing{})).then("PersonMissing")
	for _, d := range w.log.all() {
		if e, ok := d.Events[0].(PersonMissing); ok && !e.Child {
			t.Error("a child is missing, and the event does not say so")
		}
	}
	found := duty.says("2024-03-25T01:00", RequestShelter{Facility: house, Security: "low"})
	in := shelter.says("2024-03-25T03:00", ConfirmAdmission{Facility: house, Basis: "guardian_decision"})
	w = given(t, police.says("2024-03-01T20:30", child), officer.says("2024-03-21", ReportMissing{}), found).when(in).then("AdmissionConfirmed")
	if !w.state().Missing.IsZero() {
		t.Error("who was taken in is still missing")
	}
}
