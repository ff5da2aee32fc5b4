package domain

import "testing"

// stranger is a body of another house than the one that hosts the person.
var stranger = Actor{"u-stranger", AssistanceCentre, "centre-baki"}

// TestNobodyOpensACaseToThemselves: whoever was only asked, or only referred a
// person, does not get to know who it is by something that they record.
func TestNobodyOpensACaseToThemselves(t *testing.T) {
	found := stranger.says("2024-03-01T20:30", referral())
	blind := func(w *world, by Actor, how string) {
		t.Helper()
		for _, of := range []Compartment{Identity, Medical, Documents, Contacts} {
			if MayRead(by, w.state().Access, of, mustWhen("2024-06-30").At) {
				t.Errorf("%s reads %s after %s", by.Role, of, how)
			}
		}
	}
	w := given(t, found, handedOver)
	w.when(stranger.says("2024-03-02", SendServiceReferral{Organisation: stranger.Organisation, Services: []string{"psychological"}})).refused("same_stream", "organisation")
	w.when(stranger.says("2024-03-02", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})).refused("not_admitted", "")
	w.when(stranger.says("2024-03-02", CloseCase{Reason: "withdrew"})).refused("not_admitted", "")
	w.when(stranger.says("2024-03-02", RecordReturnReception{})).then("ReturnReceived", "!arrival_not_recorded")
	blind(w, stranger, "a reception of somebody who never set out")

	asked := given(t, detected, handedOver, requested)
	asked.when(shelter.says("2024-03-02T02:00", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})).refused("not_admitted", "")
	asked.when(shelter.says("2024-03-02T02:00", RecordReturnReception{})).then("ReturnReceived", "!arrival_not_recorded")
	blind(asked, shelter, "a reception by a shelter that was asked for a place")

	inside := given(t, detected, handedOver, requested, admitted)
	inside.when(shelter.says("2024-03-03", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}, Basis: "vital_interest"})).then("ServiceReferralSent")
}

// TestAConsentOpensWhatItIsAbout: to others than who obtained it, for a purpose that
// is about the person, and only what the person released.
func TestAConsentOpensWhatItIsAbout(t *testing.T) {
	to := func(by Actor, change func(*RecordConsent)) *Case {
		k := consent("legal_claim")
		k.Recipients, k.Data = []string{"legal-aid-a"}, []string{"identity", "health"}
		change(&k)
		return given(t, detected, handedOver, defended, by.says("2024-03-13", k).when("2024-03-13T11:00")).state()
	}
	reads := func(c *Case) bool { return MayRead(lawyer, c.Access, Health, mustWhen("2024-04-01").At) }
	if !reads(to(officer, func(*RecordConsent) {})) {
		t.Error("a consent that names a lawyer opens nothing")
	}
	for name, c := range map[string]*Case{
		"that they obtained themselves": to(lawyer, func(*RecordConsent) {}),
		"to statistics":                 to(officer, func(k *RecordConsent) { k.Purpose = "statistics" }),
		"without health":                to(officer, func(k *RecordConsent) { k.Data, k.Withheld = []string{"identity"}, []string{"health"} }),
	} {
		if reads(c) {
			t.Errorf("a lawyer reads health by a consent %s", name)
		}
	}
	k := consent("shelter")
	k.Recipients = []string{"shelter-gence"}
	c := given(t, detected, handedOver, officer.says("2024-03-13", k)).state()
	row := []Access{{Organisation: otherHouse.Organisation, Relation: Consented}}
	if MaySee(otherHouse, c.Access, specNow) || MayRead(otherHouse, row, Identity, specNow) {
		t.Error("a consent lets a shelter in before it has offered a place")
	}
}

// TestAnOfferThatLapsedShutsAgain: a shelter knows who is to come while it keeps the
// bed.
func TestAnOfferThatLapsedShutsAgain(t *testing.T) {
	offered := shelter.says("2024-03-02T02:00", OfferPlace{Facility: house, Until: mustDay("2024-03-05")})
	c := given(t, detected, handedOver, requested, offered).state()
	for at, want := range map[string]bool{"2024-03-03": true, "2024-03-05T23:00": true, "2024-03-06T00:30": false} {
		if got := MayRead(shelter, c.Access, Identity, mustWhen(at).At); got != want {
			t.Errorf("on %s a shelter that offered a bed until 5 March reads who it is: %t", at, got)
		}
	}
	if !MayRead(shelter, c.Access, Flow, mustWhen("2024-03-07").At) {
		t.Error("a shelter that has still to answer does not see what it is asked")
	}
	again := shelter.says("2024-03-06", OfferPlace{Facility: house, Until: mustDay("2024-03-09")})
	c = given(t, detected, handedOver, requested, offered, again).state()
	if !MayRead(shelter, c.Access, Identity, mustWhen("2024-03-08").At) {
		t.Error("a second offer opens nothing")
	}
}

// TestWhoGivesAGuardianKnowsWhose: the guardianship body that was asked sees the
// course, and who it is once it has appointed somebody.
func TestWhoGivesAGuardianKnowsWhose(t *testing.T) {
	child := referral()
	child.Age = "child"
	guardians := actorOf(ChildProtection)
	asked := duty.says("2024-03-02", RequestGuardian{Organisation: guardians.Organisation, Kind: Codes("guardian_kind")[0].Code, Reason: Codes("guardian_need")[0].Code})
	w := given(t, police.says("2024-03-01T20:30", child), handedOver, asked)
	if MayRead(guardians, w.state().Access, Identity, specNow) || !MayRead(guardians, w.state().Access, Child, specNow) {
		t.Error("a body that was asked for a guardian sees the course and not who it is")
	}
	w.when(guardians.says("2024-03-03", AppointGuardian{Kind: Codes("guardian_kind")[0].Code, Conflict: "none"})).then("GuardianAppointed")
	if !MayRead(guardians, w.state().Access, Identity, specNow) {
		t.Error("who appointed the guardian does not know of whom")
	}
}

// TestNobodyAnswersForAnotherBody: what a court decided does not come from the
// police, nor what the police decided from a court.
func TestNobodyAnswersForAnotherBody(t *testing.T) {
	no := head.says("2024-03-10", negative())
	known := officer.says("2024-03-11", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	second := Actor{"u-head-2", Head, "spu"}
	asks := func(body string) *world {
		return given(t, append(undecided[:4:4], no, known, officer.says("2024-03-15", RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: body}))...)
	}
	answer := func(by Actor, body string) said {
		return by.says("2024-04-10", DecideReview{Outcome: "confirmed", Body: body})
	}
	asks("court").when(answer(head, "court")).refused("not_your_organisation", "body")
	asks("court").when(answer(second, "court")).refused("not_your_organisation", "body")
	asks("court").when(answer(second, "higher_authority")).refused("no_review", "")
	asks("court").when(answer(prosecutor, "court")).then("ReviewDecided")
	asks("higher_authority").when(answer(prosecutor, "higher_authority")).refused("not_your_organisation", "body")
	asks("higher_authority").when(answer(head, "higher_authority")).refused("own_decision", "")
	asks("higher_authority").when(answer(second, "higher_authority")).then("ReviewDecided")
}

// TestAFacilityDoesNotAllowItselfMore: it can say that it has fewer places.
func TestAFacilityDoesNotAllowItselfMore(t *testing.T) {
	given(t).when(shelter.says("2024-03-01", ChangeCapacity{Capacity: 3})).refused("capacity_raised", "capacity")
	given(t).when(shelter.says("2024-03-01", ChangeCapacity{Capacity: 1})).then("FacilityCapacityChanged")
	given(t).when(coordinator.says("2024-03-01", ChangeCapacity{Capacity: 3})).then("FacilityCapacityChanged")
}
