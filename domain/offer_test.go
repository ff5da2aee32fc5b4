package domain

import (
	"slices"
	"testing"
)

func offer(at, until string) said {
	return shelter.says(at, OfferPlace{Facility: house, Until: mustDay(until)})
}

// other addresses a saying to another person's case.
func other(s said) said { return s.to(secondCase) }

func TestAnOfferedBedIsKeptUntilItLapses(t *testing.T) {
	one := coordinator.says("2012-01-01", ChangeCapacity{Capacity: 1})
	offered := offer("2024-03-02T02:00", "2024-03-05")
	w := given(t, one, detected, requested).when(offered).then("ShelterOffered")
	if got := w.events(theFacility); !slices.Equal(got, []string{"FacilityOpened", "FacilityCapacityChanged", "ShelterPlaceReserved"}) {
		t.Errorf("the facility's history has %v", got)
	}
	if p := w.state().place(house); p.OfferedUntil != mustDay("2024-03-05") || p.State != "requested" {
		t.Errorf("the request is %+v", p)
	}
	story := []said{one, detected, requested, offered, other(detected), other(requested)}
	late := other(shelter.says("2024-03-06", ConfirmAdmission{Facility: house, Basis: "consent"}))
	given(t, story...).when(other(shelter.says("2024-03-05", ConfirmAdmission{Facility: house, Basis: "consent"}))).refused("facility_full", "")
	given(t, story...).when(other(offer("2024-03-03", "2024-03-04"))).refused("facility_full", "")
	given(t, story...).when(late).then("AdmissionConfirmed")
	w = given(t, story...).when(admitted).then("AdmissionConfirmed") // it was kept for them
	if f, err := Fold[Facility](w.log.streams[theFacility.String()]); err != nil || len(f.Reserved) != 0 || f.Taken != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	longer := given(t, one, detected, requested, offered).when(offer("2024-03-04", "2024-03-10")).then("ShelterOffered")
	if f, _ := Fold[Facility](longer.log.streams[theFacility.String()]); f.ReservedOn(mustDay("2024-03-08")) != 1 || f.ReservedOn(mustDay("2024-03-11")) != 0 {
		t.Errorf("kept: %+v", f.Reserved)
	}
}

func TestOffersAreRefused(t *testing.T) {
	given(t, detected, requested).when(offer("2024-03-02T02:00", "2024-03-01")).refused("before_start", "until")
	given(t, detected, requested).when(offer("2024-03-02T02:00", "2024-03-17")).refused("offer_too_long", "until")
	given(t, detected, requested).when(offer("2024-03-02T00:30", "2024-03-04")).refused("before_request", "happened")
	given(t, detected, requested, admitted).when(offer("2024-03-03", "2024-03-04")).refused("not_requested", "")
	given(t, openSecond, detected, requested).when(shelter.says("2024-03-03", OfferPlace{Facility: secondHouse, Until: mustDay("2024-03-04")})).refused("not_requested", "")
	given(t, beds(Tally{"men", 1}), detected, requested).when(offer("2024-03-03", "2024-03-04")).refused("no_fitting_place", "")
	crowd := duty.says("2024-03-02T01:00", RequestShelter{Facility: house, Security: "low", Dependants: 2})
	given(t, detected, crowd).when(offer("2024-03-03", "2024-03-04")).refused("facility_full", "")
	ended := coordinator.says("2024-03-04", CloseFacility{})
	given(t, detected, requested, ended).when(offer("2024-03-03", "2024-03-04")).refused("facility_not_open", "facility")
}

func TestARequestThatEndsFreesTheBed(t *testing.T) {
	story := []said{detected, requested, offer("2024-03-02T02:00", "2024-03-05")}
	for _, end := range []struct {
		said
		typ, state string
	}{
		{duty.says("2024-03-03", DeclinePlacement{Facility: house, Reason: "fear"}), "PlacementDeclined", "declined"},
		{shelter.says("2024-03-03", DeclinePlacement{Facility: house, Reason: "fear"}), "PlacementDeclined", "declined"},
		{officer.says("2024-03-03", CancelShelterRequest{Facility: house, Reason: "not_needed"}), "ShelterRequestCancelled", "cancelled"},
		{shelter.says("2024-03-03", RefuseAdmission{Facility: house, Reason: "security"}), "AdmissionRefused", "refused"},
		{shelter.says("2024-03-03", RecordNonArrival{Facility: house}), "NonArrivalRecorded", "not_arrived"},
	} {
		w := given(t, story...).when(end.said).then(end.typ)
		if got := w.events(theFacility); got[len(got)-1] != "ReservationReleased" {
			t.Errorf("%s: the facility's history has %v", end.typ, got)
		}
		if p := w.state().place(house); p.State != end.state {
			t.Errorf("%s: the request is %s", end.typ, p.State)
		}
		for _, k := range w.state().Clocks {
			if k.Rule == "admission" && k.Open() {
				t.Errorf("%s: the facility is still to answer", end.typ)
			}
		}
		w.when(admitted).refused("not_requested", "")
		w = given(t, detected, requested).when(end.said).then(end.typ)
		if got := w.events(theFacility); !slices.Equal(got, []string{"FacilityOpened"}) {
			t.Errorf("%s without an offer: the facility's history has %v", end.typ, got)
		}
		again := duty.says("2024-03-05", RequestShelter{Facility: house, Security: "low"})
		given(t, append(slices.Clone(story), end.said)...).when(again).then("ShelterRequested")
	}
	decline := duty.says("2024-03-03", DeclinePlacement{Facility: house, Reason: "fear"})
	given(t, detected).when(decline).refused("not_requested", "")
	given(t, detected, requested, admitted).when(decline).refused("not_requested", "")
	given(t, detected, requested).when(duty.says("2024-03-02T00:30", decline.cmd)).refused("before_request", "happened")
	given(t, detected, requested).when(shelter.says("2024-03-03", CancelShelterRequest{Facility: house, Reason: "risk"})).refused("role_not_allowed", "")
}

func TestABedThatIsNotNeededIsReleased(t *testing.T) {
	release := shelter.says("2024-03-03", ReleaseReservation{Case: theCase.Ref()})
	w := given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-05"))
	w.when(release).then("ReservationReleased")
	given(t).when(release).then()
	given(t).when(otherHouse.says("2024-03-03", release.cmd)).refused("not_your_facility", "")
}

// A bed that is not kept any longer is promised on the case no more either, and
// the house does not see any longer who was to come.
func TestAReleaseEndsTheOffer(t *testing.T) {
	story := []said{detected, requested, offer("2024-03-02T02:00", "2024-03-15")}
	release := shelter.says("2024-03-03", ReleaseReservation{Case: theCase.Ref()}).when("2024-03-03T12:00")
	knows := func(w *world, when string) bool {
		return MayRead(shelter, w.state().Access, Identity, mustWhen(when).At)
	}
	w := given(t, story...)
	if !knows(w, "2024-03-03T11:00") {
		t.Fatal("who promised a bed does not see who is to come")
	}
	w.when(release).then("ReservationReleased")
	p := w.state().place(house)
	if got := w.events(theCase); got[len(got)-1] != "ShelterOffered" || p.State != "requested" || !p.Offered.IsZero() || !p.OfferedUntil.IsZero() || !(OfferPlace{}).expected(w.state()) {
		t.Errorf("%v: the request is %+v", got, p)
	}
	if knows(w, "2024-03-03T12:00") || !MaySee(shelter, w.state().Access, mustWhen("2024-03-03T12:00").At) {
		t.Errorf("they are asked, and no more: %+v", w.state().Access)
	}
	w.audited()
	given(t, append(story, release)...).when(offer("2024-03-04", "2024-03-06")).then("ShelterOffered") // again
	given(t, append(story, release)...).when(admitted).then("AdmissionConfirmed")
	w.when(shelter.says("2024-03-04", VoidEvent{Event: w.the("ShelterOffered"), Reason: "typing"})).then("EventVoided")
	if w.kept("2024-03-05") != 1 || w.state().place(house).OfferedUntil != mustDay("2024-03-15") || !knows(w, "2024-03-05") {
		t.Errorf("the bed is not kept after all: %+v", w.state().place(house))
	}
	w.audited()
	given(t, story...).when(shelter.says("2024-03-02T00:30", release.cmd)).refused("before_request", "happened")
}

// An offer that has lapsed is not made longer by its release, and where the case
// has no open request any more, or knows the house no more, the bed is free all the
// same.
func TestAReleaseWithoutAnOffer(t *testing.T) {
	lapsed := []said{detected, requested, offer("2024-03-02T02:00", "2024-03-05")}
	release := shelter.says("2024-03-08", ReleaseReservation{Case: theCase.Ref()})
	w := given(t, lapsed...).when(release.when("2024-03-08T12:00")).then("ReservationReleased")
	if MayRead(shelter, w.state().Access, Identity, mustWhen("2024-03-07").At) {
		t.Errorf("%+v", w.state().Access)
	}
	elsewhere := []said{
		openSecond, detected, requested, offer("2024-03-02T02:00", "2024-03-15"),
		duty.says("2024-03-02T03:00", RequestShelter{Facility: secondHouse, Security: "low"}),
		otherHouse.says("2024-03-02T04:00", ConfirmAdmission{Facility: secondHouse, Basis: "consent"}),
	}
	w = given(t, elsewhere...)
	before := len(w.events(theCase))
	w.when(release).then("ReservationReleased")
	if got := w.events(theCase)[before:]; len(got) > 0 || len(w.house().Reserved) > 0 {
		t.Errorf("the case has %v, the house keeps %+v", got, w.house().Reserved)
	}
	w.audited()
	other := CaseStream(NewRef("the other case"))
	merged := []said{detected.to(other), detected, requested, offer("2024-03-02T02:00", "2024-03-15"), officer.says("2024-03-03", MergeCases{Other: theCase.Ref()}).to(other)}
	w = given(t, merged...).when(release).then("ReservationReleased")
	w.audited()
}

// TestTheCoordinatorLearnsWhyNotWhere: the reason, and nothing of the place.
func TestTheCoordinatorLearnsWhyNotWhere(t *testing.T) {
	full := AdmissionRefused{house, "shelter-baki", "no_capacity"}
	if got := FlowOf(full); got != (AdmissionRefused{Reason: "no_capacity"}) {
		t.Errorf("%+v is told", got)
	}
	for _, e := range []AnyEvent{nil, NonArrivalRecorded{house, "shelter-baki"}, AdmissionConfirmed{Facility: house}} {
		if got := FlowOf(e); got != nil {
			t.Errorf("of %+v %+v is told", e, got)
		}
	}
}

// A bed that was given back is offered again, also until the same day.
func TestOfferAfterARelease(t *testing.T) {
	offer := shelter.says("2024-03-02T02:00", OfferPlace{Facility: house, Until: mustDay("2024-03-05")})
	release := shelter.says("2024-03-02T04:00", ReleaseReservation{Case: theCase.Ref()})
	again := offer
	again.at = "2024-03-02T06:00"
	w := given(t, detected, requested, offer, release).when(again).then("ShelterOffered")
	f, err := Fold[Facility](w.log.streams[theFacility.String()])
	if err != nil || f.ReservedOn(mustDay("2024-03-03")) != 1 {
		t.Errorf("%d beds kept, %v", f.ReservedOn(mustDay("2024-03-03")), err)
	}
}
