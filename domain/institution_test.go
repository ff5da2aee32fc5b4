package domain

import "testing"

func TestActsReportsAndTrainings(t *testing.T) {
	on := func(s said) said { return s.to(ActionStream("4.1.9")) }
	act := AdoptAct{Act: "C-174", Effective: mustDay("2022-04-29")}
	given(t).when(on(coordinator.says("2022-04-26", act))).then("ActAdopted")
	if got := Effective(ActAdopted(act), Times{Happened: mustWhen("2022-04-26")}); got != mustDay("2022-04-29") {
		t.Errorf("in force from %s", got)
	}
	given(t).when(on(coordinator.says("2022-04-26", AdoptAct{Act: "other", Effective: mustDay("2022-04-29")}))).refused("required", "act_no")
	given(t).when(on(coordinator.says("2022-04-26", AdoptAct{Act: "other", Number: "174", Effective: mustDay("2022-04-29")}))).then("ActAdopted")
	given(t).when(on(coordinator.says("2022-04-26", AdoptAct{Act: "C-174", Number: "Əliyev", Effective: mustDay("2022-04-29")}))).refused("not_a_reference", "act_no")
	given(t).when(on(shelter.says("2022-04-26", act))).refused("role_not_allowed", "")

	given(t).when(on(coordinator.says("2024-02-01", SubmitReport{To: "parliament", Year: 2023}))).then("ReportSubmitted")
	given(t).when(on(coordinator.says("2024-02-01", SubmitReport{To: "parliament", Year: 2025}))).refused("out_of_range", "year")

	held := HoldTraining{Topics: []string{"compensation_rights"}, Organisations: []string{"spu", "shelter-baki"}, Persons: 20}
	given(t).when(on(coordinator.says("2023-02-01", held))).then("TrainingHeld")
	held.Persons = 0
	given(t).when(on(coordinator.says("2023-02-01", held))).refused("required", "persons")

	seats := ReconstituteBody{Body: "working_group", Act: "C-WG", Members: 2, Effective: mustDay("2023-05-17"), Organisations: []string{"spu", "sms", "fund"}}
	given(t).when(on(coordinator.says("2023-05-17", seats))).refused("more_than_members", "organisations")
	seats.Members = 3
	given(t).when(on(coordinator.says("2023-05-17", seats))).then("CommissionReconstituted")
}

// TestFundingOfAFacility: money is for one that there is, or for none in particular.
func TestFundingOfAFacility(t *testing.T) {
	give := func(facility Ref) said {
		cmd := AllocateFunding{Organisation: "shelter-baki", Amount: 20_000_00, Year: 2024, Source: "state_budget", Facility: facility}
		return coordinator.says("2024-01-15", cmd).to(ActionStream("4.4.1"))
	}
	w := given(t).when(give(house)).then("FundingAllocated")
	if on := w.log.streams[theFacility.String()]; len(on) != 1 {
		t.Errorf("recorded on the facility: %s", typesOf(on))
	}
	w.when(give("")).then("FundingAllocated")
	w.when(give(NewRef("nowhere"))).refused("no_such_facility", "facility")
	w.when(give("nowhere")).refused("no_such_facility", "facility")
	w.when(give(theCase.Ref())).refused("no_such_facility", "facility")
	early := give(house)
	early.at = "2009-12-31"
	w.when(early).refused("before_plan", "happened")
}

// TestADeedTakesEffectWithinThePlan: what was in force before the plan's first year
// was not done for it, whenever it is recorded.
func TestADeedTakesEffectWithinThePlan(t *testing.T) {
	for _, on := range []string{"2019-12-31", "2020-01-01"} {
		day := mustDay(on)
		for typ, cmd := range map[string]Asked{
			"LegalStatusRevised":      ReviseLegalStatus{Body: "nrm_commission", Act: "C-174", Effective: day},
			"CommissionReconstituted": ReconstituteBody{Body: "working_group", Act: "C-WG", Members: 9, Effective: day},
			"StandardAdopted":         AdoptStandard{Standard: Codes("standard")[0].Code, Agency: Codes("agency")[0].Code, Effective: day},
			"ProcedureAdopted":        AdoptProcedure{Procedure: Codes("procedure")[0].Code, Agency: Codes("agency")[0].Code, Effective: day},
			"ActAdopted":              AdoptAct{Act: "C-174", Effective: day},
		} {
			w := given(t).when(coordinator.says("2022-04-26", cmd).to(ActionStream("4.1.9")))
			if on == "2020-01-01" {
				w.then(typ)
			} else {
				w.refused("before_plan", "effective")
			}
		}
	}
}

// TestABodyAttestsForItself: nobody says of another that nothing happened.
func TestABodyAttestsForItself(t *testing.T) {
	attest := func(by Actor, organisation string) said {
		return by.says("2024-02-01", AttestPeriod{Organisation: organisation, Year: 2023}).to(ActionStream("4.4.1"))
	}
	given(t).when(attest(shelter, "shelter-baki")).then("ReportingPeriodAttested")
	given(t).when(attest(migration, "sms")).then("ReportingPeriodAttested")
	given(t).when(attest(coordinator, "shelter-baki")).refused("not_your_organisation", "organisation")
	given(t).when(attest(shelter, "sms")).refused("not_your_organisation", "organisation")
	given(t).when(attest(ClockActor(), "register")).refused("role_not_allowed", "")
}
