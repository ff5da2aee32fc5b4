package domain

import (
	"reflect"
	"testing"
)

// allowed is the permission to take so many persons in beyond capacity, all of
// spring 2024.
func allowed(facility Ref, persons int) said {
	return head.says("2024-03-01", AuthoriseOverCapacity{Persons: persons, Until: mustDay("2024-05-31"), Reason: "danger"}).to(FacilityStream(facility))
}

// beds says for whom the beds of the house are.
func beds(places ...Tally) said {
	return coordinator.says("2012-01-01", ChangeCapacity{Capacity: Counts(places).Total(), Places: places})
}

func TestPlacesAreTheWholeCapacity(t *testing.T) {
	given(t).when(beds(Tally{"women", 2}, Tally{"any", 1})).then("FacilityCapacityChanged")
	given(t).when(coordinator.says("2012-01-01", ChangeCapacity{Capacity: 4, Places: Counts{{"women", 3}}})).refused("places_not_capacity", "places")
	given(t).when(coordinator.says("2012-01-01", ChangeCapacity{Capacity: 4, Places: Counts{{"women", 3}, {"women", 1}}})).refused("repeated_code", "places")
	open := OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-gence", District: "AZ-GA", Capacity: 3, Places: Counts{{"girls", 2}}}
	given(t).when(coordinator.says("2010-01-01", open).to(FacilityStream(secondHouse))).refused("places_not_capacity", "places")
	open.Places = Counts{{"girls", 2}, {"boys", 1}}
	given(t).when(coordinator.says("2010-01-01", open).to(FacilityStream(secondHouse))).then("FacilityOpened")
}

func TestAdmissionNeedsAFittingBed(t *testing.T) {
	men, women := beds(Tally{"men", 2}), beds(Tally{"men", 1}, Tally{"women", 1})
	given(t, men, detected).when(requested).then("ShelterRequested", "!place_not_fitting")
	given(t, men, detected, requested).when(admitted).refused("no_fitting_place", "")
	forced := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", OverCapacity: true})
	given(t, men, detected, requested).when(forced).refused("over_capacity_not_authorised", "")
	given(t, men, allowed(house, 1), detected, requested).when(forced).then("AdmissionConfirmed", "!place_not_fitting")
	given(t, women, detected, requested).when(admitted).then("AdmissionConfirmed")
	three := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 2, OverCapacity: true})
	given(t, beds(Tally{"men", 1}), allowed(house, 3), detected, requested).when(three).then("AdmissionConfirmed", "!over_capacity", "!place_not_fitting")

	next := func(s said) said { return s.to(secondCase) }
	second := []said{women, detected, requested, admitted, next(detected), next(requested)}
	given(t, second...).when(next(admitted)).refused("facility_full", "") // the free bed is for a man
	w := given(t, second...).when(next(forced)).refused("over_capacity_not_authorised", "")
	if f, err := Fold[Facility](w.log.streams[theFacility.String()]); err != nil || f.Free("women", mustDay("2024-04-01")) != 0 || f.Free("men", mustDay("2024-04-01")) != 1 {
		t.Errorf("%+v, %v", f, err)
	}

	child := referral()
	child.Age = "not_sure"
	given(t, women, police.says("2024-03-01T20:30", child), requested).when(admitted).refused("no_fitting_place", "")
	both := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 1, OverCapacity: true})
	taken := []said{women, allowed(house, 2), police.says("2024-03-01T20:30", child), requested, both}
	given(t, append(taken, next(detected), next(requested))...).when(next(admitted)).refused("facility_full", "") // a child has the bed for women
	unknown := referral()
	unknown.Sex = "unknown"
	given(t, women, police.says("2024-03-01T20:30", unknown), requested).when(admitted).then("AdmissionConfirmed")

	family := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 2})
	given(t, beds(Tally{"women", 2}, Tally{"families", 2}), detected, requested).when(family).refused("facility_full", "")
	w = given(t, beds(Tally{"women", 2}, Tally{"families", 3}), detected, requested).when(family).then("AdmissionConfirmed")
	if f, _ := Fold[Facility](w.log.streams[theFacility.String()]); !reflect.DeepEqual(f.TakenIn, map[string]int{"families": 3}) {
		t.Errorf("they sleep in %v", f.TakenIn)
	}
	w.when(shelter.says("2024-04-02", RecordDeparture{Facility: house, Destination: "family", Planned: true, SafetyPlan: true})).then("Departed")
	if f, _ := Fold[Facility](w.log.streams[theFacility.String()]); len(f.TakenIn) != 0 || f.Taken != 0 {
		t.Errorf("they left, and %v are in use", f.TakenIn)
	}
}

func TestNobodyAllowsThemselvesMorePersonsThanBeds(t *testing.T) {
	say := AuthoriseOverCapacity{Persons: 2, Until: mustDay("2024-03-31"), Reason: "danger"}
	on := func(by Actor) said { return by.says("2024-03-01", say).to(theFacility) }
	for _, by := range []Actor{head, duty, coordinator} {
		given(t).when(on(by)).then("OverCapacityAuthorised")
	}
	for _, by := range []Actor{shelter, centre, officer} {
		given(t).when(on(by)).refused("role_not_allowed", "")
	}
	say.Until = mustDay("2024-02-28")
	given(t).when(on(head)).refused("before_start", "until")

	early := shelter.says("2024-06-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 2, OverCapacity: true})
	given(t, allowed(house, 3), detected, requested).when(early).refused("over_capacity_not_authorised", "") // it has run out

	// What was allowed for one person is used up by one.
	full := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 2, OverCapacity: true})
	one := shelter.says("2024-03-03T03:00", ConfirmAdmission{Facility: house, Basis: "consent", OverCapacity: true}).to(secondCase)
	story := []said{allowed(house, 3), detected, requested, full, detected.to(secondCase), requested.to(secondCase)}
	given(t, story...).when(one).then("AdmissionConfirmed", "!over_capacity") // three are in, five may be
	third := CaseStream(NewRef("the third case"))
	w := given(t, append(story, one, detected.to(third), requested.to(third))...)
	w.when(one.to(third)).then("AdmissionConfirmed", "!over_capacity")
	fourth := CaseStream(NewRef("the fourth case"))
	w = given(t, append(story, one, detected.to(third), requested.to(third), one.to(third), detected.to(fourth), requested.to(fourth))...)
	w.when(one.to(fourth)).refused("over_capacity_not_authorised", "")
}

func TestInspection(t *testing.T) {
	found := RecordInspection{Inspector: "ombudsman", Outcome: "shortcomings", Findings: []string{"hygiene"}, ReviewOn: mustDay("2024-06-01")}
	inspect := func(cmd RecordInspection) said { return coordinator.says("2024-03-01", cmd) }
	given(t).when(inspect(found)).then("FacilityInspected")
	given(t).when(shelter.says("2024-03-01", found)).refused("role_not_allowed", "")
	bare := found
	bare.Findings = nil
	given(t).when(inspect(bare)).refused("required", "findings")
	found.Outcome = "satisfactory"
	given(t).when(inspect(found)).refused("findings_contradict", "outcome")
	bare.Outcome, bare.ReviewOn = "satisfactory", mustDay("2024-03-01")
	given(t).when(inspect(bare)).refused("before_start", "review_on")
}

// TestEveryEventOfAFacilityThatNamesACaseIsFound: to anybody else its time alone
// would say who lives there.
func TestEveryEventOfAFacilityThatNamesACaseIsFound(t *testing.T) {
	found := 0
	for _, spec := range EventSpecs() {
		if spec.Kind != FacilityKind {
			continue
		}
		zero, err := spec.decode([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		e := example(reflect.TypeOf(zero)).Interface().(AnyEvent)
		_, names := reflect.TypeOf(e).FieldByName("Case")
		if names != (CaseIn(e) != "") {
			t.Errorf("%s names a case: %v, CaseIn says %q", spec.Type, names, CaseIn(e))
		}
		if names {
			found++
		}
	}
	if found < 4 {
		t.Errorf("only %d events name a case", found)
	}
}
