package domain

import (
	"slices"
	"testing"
)

// Whoever is asked to take a person in answers for their own house, and not for the
// one in which the person lives.
func TestNobodyAnswersForAnotherHouse(t *testing.T) {
	i := slices.IndexFunc(Conditions(), func(c Condition) bool { return c.Code == "own_facility" })
	for _, name := range Conditions()[i].Commands {
		spec, err := CommandNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		w := given(t, openSecond, detected, requested, admitted, askTransfer)
		on := map[StreamKind]Stream{CaseKind: theCase, FacilityKind: theFacility}[spec.Kind]
		before := w.log.seq
		err = giveJSON(w.log, spec, wholeData(spec), otherHouse, "2024-04-20", on)
		if r, ok := AsRefusal(err); !ok || r.Code != "not_your_facility" || w.log.seq != before {
			t.Errorf("%s by another house: %v", name, err)
		}
	}
}

// A house knows who is to come from the offer on, for as long as it keeps the bed.
func TestAHouseKnowsWhoIsToComeWhileItKeepsTheBed(t *testing.T) {
	at := func(s string) func(*Case) bool {
		return func(c *Case) bool { return MayRead(shelter, c.Access, Identity, mustWhen(s).At) }
	}
	offered := offer("2024-03-02T02:00", "2024-03-05")
	if c := given(t, detected, requested).state(); at("2024-03-02T03:00")(c) {
		t.Error("known before it was offered")
	}
	c := given(t, detected, requested, offered).state()
	if !at("2024-03-05T23:59")(c) || at("2024-03-06T00:00")(c) || !MaySee(shelter, c.Access, specNow) {
		t.Errorf("%+v", c.Access)
	}
	if end := ReadsUntil(shelter, c.Access, Identity, mustWhen("2024-03-03").At); !end.IsZero() {
		t.Errorf("the part that lasts is over at %s", end)
	}
	c = given(t, detected, requested, offered, offer("2024-03-04", "2024-03-10")).state()
	if !at("2024-03-10T12:00")(c) {
		t.Errorf("offered for longer: %+v", c.Access)
	}
	voided := given(t, detected, requested, offered)
	voided.voids(shelter, "ShelterOffered").then("EventVoided")
	if at("2024-03-04")(voided.state()) {
		t.Error("known by an offer that never was")
	}
	lapsed := given(t, detected, requested, offered, shelter.says("2024-03-20", RefuseAdmission{Facility: house, Reason: "security"})).state()
	if at("2024-03-21")(lapsed) {
		t.Errorf("an answer after the offer had lapsed opens it again: %+v", lapsed.Access)
	}
	if c := given(t, detected, requested, offered, admitted).state(); !at("2024-03-20")(c) {
		t.Error("whoever lives there is not known")
	}
}

// TestNobodyAsksTheirOwnHouse: whoever referred a person to the register would open
// the case to themselves.
func TestNobodyAsksTheirOwnHouse(t *testing.T) {
	own := NewRef("a house of the centre")
	opensOwn := coordinator.says("2010-01-01", OpenFacility{Kind: "assistance_centre", Operator: "state", Organisation: centre.Organisation, District: "AZ-BA", Capacity: 3}).to(FacilityStream(own))
	found := centre.says("2024-03-01T20:30", referral())
	ask := RequestShelter{Facility: own, Security: "low"}
	w := given(t, opensOwn, found)
	w.when(centre.says("2024-03-01T21:00", ask)).refused("own_house", "facility")
	w.when(shelterOf(own, "2024-03-01T22:00")).refused("not_requested", "")
	w.when(duty.says("2024-03-01T21:00", ask)).then("ShelterRequested")
	w.when(shelterOf(own, "2024-03-01T22:00")).then("AdmissionConfirmed")

	other := NewRef("another house of the centre")
	opensOther := coordinator.says("2010-01-01", OpenFacility{Kind: "assistance_centre", Operator: "state", Organisation: centre.Organisation, District: "AZ-GA", Capacity: 3}).to(FacilityStream(other))
	moves := RequestTransfer{Facility: other, Reason: "closer_to_family", Security: "low"}
	w = given(t, opensOwn, opensOther, found, duty.says("2024-03-01T21:00", ask), shelterOf(own, "2024-03-01T22:00"))
	w.when(centre.says("2024-04-10", moves)).refused("own_house", "facility")
	w.when(officer.says("2024-04-10", moves)).then("TransferRequested")
}

func shelterOf(f Ref, at string) said {
	return centre.says(at, ConfirmAdmission{Facility: f, Basis: "consent"})
}

// TestWhoPaidDoesNotTakeItBack: another account of the body does, or whoever leads
// the case.
func TestWhoPaidDoesNotTakeItBack(t *testing.T) {
	other := Actor{"u-fund-2", FundOfficer, fund.Organisation}
	paid := append(undecided[:4:4], decided, fund.says("2024-03-20", PayAllowance{Amount: 70000}))
	w := given(t, paid...)
	void := VoidEvent{Event: w.the("AllowancePaid"), Reason: "typing"}
	w.when(fund.says("2024-03-21", void)).refused("own_payment", "event")
	w.when(fund.says("2024-03-21", CorrectFact{Event: void.Event, Reason: "typing", TookPlace: mustWhen("2024-03-19")})).refused("own_payment", "event")
	w.when(other.says("2024-03-21", void)).then("EventVoided")
	w = given(t, paid...)
	w.when(officer.says("2024-03-21", VoidEvent{Event: w.the("AllowancePaid"), Reason: "typing"})).then("EventVoided")
}
