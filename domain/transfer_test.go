package domain

import (
	"context"
	"slices"
	"testing"
)

// A second house, in Gəncə, with two beds.
var (
	secondHouse = NewRef("second")
	openSecond  = coordinator.says("2010-01-01", OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-gence", District: "AZ-GA", Capacity: 2}).to(FacilityStream(secondHouse))
	askTransfer = shelter.says("2024-04-01T10:00", RequestTransfer{Facility: secondHouse, Reason: "security", Security: "high"}).when("2024-04-01T11:00")
	transferred = otherHouse.says("2024-04-02T18:00", CompleteTransfer{Facility: secondHouse, Basis: "consent"}).when("2024-04-02T19:00")
)

func TestTransferMovesThePersonAndTheBedsAtOnce(t *testing.T) {
	w := given(t, openSecond, detected, requested, admitted.when("2024-03-02T04:00"))
	w.when(askTransfer).then("TransferRequested")
	w.when(otherHouse.says("2024-04-01T12:00", AcceptTransfer{Facility: secondHouse})).then("TransferAccepted")
	w.when(otherHouse.says("2024-04-01T13:00", AcceptTransfer{Facility: secondHouse})).then()
	w.when(transferred).then("Departed", "TransferCompleted")

	if host := w.state().Host(); host == nil || host.Facility != secondHouse || host.Persons != 1 {
		t.Errorf("the person lives at %+v", host)
	}
	if left := w.state().place(house); left.State != "departed" || !left.Departed.Equal(mustWhen("2024-04-02T18:00")) {
		t.Errorf("the first house has the stay %+v", left)
	}
	if got := w.events(theFacility); !slices.Equal(got, []string{"FacilityOpened", "BedTaken", "BedFreed"}) {
		t.Errorf("the first house's history has %v", got)
	}
	if got := w.events(FacilityStream(secondHouse)); !slices.Equal(got, []string{"FacilityOpened", "BedTaken"}) {
		t.Errorf("the second house's history has %v", got)
	}
	rows, now := w.state().Access, mustWhen("2024-04-10").At
	if !MayRead(otherHouse, rows, Location, now) || MayRead(otherHouse, rows, Screening, now) {
		t.Error("who took the person in does not see what a host sees")
	}
	if end := ReadsUntil(shelter, rows, Flow, now); end.IsZero() {
		t.Error("who let the person go may know what comes for ever")
	}
	audit := NewAudit()
	for _, d := range w.log.all() {
		if err := audit.Add(d); err != nil {
			t.Error(err)
		}
	}
	if faults := audit.Finish(); len(faults) > 0 {
		t.Error(faults)
	}
	w.when(otherHouse.says("2024-05-01", RecordDeparture{Facility: secondHouse, Destination: "family", Planned: true})).then("Departed")
}

func TestTransferIsRefused(t *testing.T) {
	w := given(t, openSecond, detected, requested)
	w.when(duty.says("2024-04-01T10:00", askTransfer.cmd)).refused("not_admitted", "")
	w = given(t, openSecond, detected, requested, admitted)
	w.when(otherHouse.says("2024-04-01T10:00", askTransfer.cmd)).refused("no_such_case", "")
	w.when(transferred).refused("no_such_case", "")
	w.when(shelter.says("2024-04-01T10:00", RequestTransfer{Facility: house, Reason: "health", Security: "low"})).refused("same_facility", "facility")
	w.when(shelter.says("2024-04-01T10:00", RequestTransfer{Facility: NewRef("nowhere"), Reason: "health", Security: "low"})).refused("no_such_facility", "facility")
	w.when(shelter.says("2024-03-01T23:00", askTransfer.cmd)).refused("before_admission", "happened")

	w = given(t, openSecond, detected, requested, admitted, askTransfer)
	w.when(shelter.says("2024-04-02T10:00", askTransfer.cmd)).refused("already_requested", "")
	w.when(shelter.says("2024-04-02T18:00", CompleteTransfer{Facility: house, Basis: "consent"})).refused("not_requested", "")
	w.when(shelter.says("2024-04-02T18:00", CompleteTransfer{Facility: secondHouse, Basis: "consent"})).refused("not_your_facility", "facility")
	w.when(otherHouse.says("2024-04-01T09:00", CompleteTransfer{Facility: secondHouse, Basis: "consent"})).refused("before_request", "happened")
	w.when(otherHouse.says("2024-04-02", ConfirmAdmission{Facility: secondHouse, Basis: "consent"})).refused("already_admitted", "")
	w.when(otherHouse.says("2024-04-02", RefuseAdmission{Facility: secondHouse, Reason: "security"})).then("AdmissionRefused")
	w.when(transferred).refused("not_requested", "")

	left := shelter.says("2024-04-02T08:00", RecordDeparture{Facility: house, Destination: "unknown"}).when("2024-04-02T09:00")
	w = given(t, openSecond, detected, requested, admitted, askTransfer, left)
	w.when(transferred).refused("not_admitted", "")
	w.when(otherHouse.says("2024-04-02T18:00", ConfirmAdmission{Facility: secondHouse, Basis: "consent"})).then("AdmissionConfirmed")

	small := coordinator.says("2012-01-01", ChangeCapacity{Capacity: 0}).to(FacilityStream(secondHouse))
	w = given(t, openSecond, small, detected, requested, admitted, askTransfer)
	w.when(transferred).refused("facility_full", "")
	w = given(t, openSecond, small, allowed(secondHouse, 1), detected, requested, admitted, askTransfer)
	said := transferred
	said.cmd = CompleteTransfer{Facility: secondHouse, Basis: "consent", OverCapacity: true}
	w.when(said).then("Departed", "TransferCompleted", "!over_capacity")
}

// A request that comes again, after the person has moved on, is the same request.
func TestTransferRepeatedLaterIsStillTheSame(t *testing.T) {
	w := given(t, openSecond, detected, requested, admitted, askTransfer)
	req := Request{ID: NewID(), By: otherHouse, Happened: mustWhen("2024-04-02T18:00"), Now: mustWhen("2024-04-02T19:00").At}
	once := func() Outcome {
		t.Helper()
		out, err := Execute(context.Background(), w.log, req, theCase, transferred.cmd)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if !once().Recorded {
		t.Fatal("not recorded")
	}
	w.when(otherHouse.says("2024-05-01", RecordDeparture{Facility: secondHouse, Destination: "family", Planned: true})).then("Departed")
	before := w.log.seq
	if once(); w.log.seq != before {
		t.Error("recorded twice")
	}
}

// TestTheFacilityIsToldTheLanguage, so that somebody there speaks it.
func TestTheFacilityIsToldTheLanguage(t *testing.T) {
	w := given(t, openSecond, detected)
	w.when(officer.says("2024-03-02", RequestShelter{Facility: house, Security: "low", Language: "uz"})).then("ShelterRequested")
	for _, s := range []said{admitted, shelter.says("2024-04-01", RequestTransfer{Facility: secondHouse, Reason: "security", Security: "high", Language: "uz"})} {
		if _, err := s.execute(w.log); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]string{}
	for _, d := range w.log.streams[theCase.String()] {
		for _, e := range d.Events {
			if v, ok := fieldNamed(e, "language"); ok {
				told[e.EventType()] = v.String()
			}
		}
	}
	if told["ShelterRequested"] != "uz" || told["TransferRequested"] != "uz" {
		t.Errorf("told: %v", told)
	}
	given(t, detected).when(officer.says("2024-03-02", RequestShelter{Facility: house, Security: "low", Language: "klingon"})).refused("unknown_code", "language")
}
