package domain

import (
	"slices"
	"testing"
	"time"
)

func TestReferralAndHandover(t *testing.T) {
	given(t).when(detected).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified")
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	given(t).when(consul.says("2024-03-01T20:30", abroad)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified", "CitizenAbroadReported")
	nowhere := referral()
	nowhere.District = ""
	given(t).when(police.says("2024-03-01T20:30", nowhere)).refused("place_required", "district")
	given(t, detected).when(duty.says("2024-03-01T20:30", referral())).refused("already_registered", "")
	given(t).when(shelter.says("2024-03-01", AcceptHandover{District: "AZ-BA", Condition: "good"})).refused("role_not_allowed", "")
	given(t).when(handedOver).refused("no_such_case", "")
	given(t, detected).when(handedOver).then("HandoverAccepted")
	given(t, detected, handedOver).when(duty.says("2024-03-02T23:00", AcceptHandover{District: "AZ-BA", Condition: "good"})).refused("already_handed_over", "")
}

func TestEveryCommandChecksTimeAndFields(t *testing.T) {
	accept := AcceptHandover{District: "AZ-BA", Condition: "good"}
	given(t, detected).when(duty.says("2024-02-28", accept)).refused("before_case", "happened")
	given(t, detected).when(duty.says("2024-07-01", accept)).refused("in_future", "happened")
	given(t, detected).when(duty.says("2024-06-30T16:20", accept)).refused("in_future", "happened") // 12:20 UTC
	given(t, detected).when(duty.says("2024-03-01", AcceptHandover{Condition: "good"})).refused("required", "district")
	given(t, detected).when(duty.says("2024-03-01", AcceptHandover{District: "Baku", Condition: "good"})).refused("unknown_code", "district")
	twice := referral()
	twice.Circumstances = []string{"raid", "raid"}
	given(t).when(police.says("2024-03-01", twice)).refused("repeated_code", "circumstances")
	identified := referral()
	identified.Status = "identified" // only a decision makes a person an identified victim
	given(t).when(police.says("2024-03-01", identified)).refused("unknown_code", "status")
}

func TestIdentification(t *testing.T) {
	given(t, detected, handedOver).when(screened).then("IndicatorScreeningCompleted")
	given(t, detected).when(screened).then("IndicatorScreeningCompleted", "!handover_missing")
	given(t, detected, handedOver, screened, assessed).when(decided).then("IdentificationDecided")
	given(t, detected, handedOver).when(decided).then("IdentificationDecided", "!screening_missing", "!risk_assessment_missing")
	given(t, detected).when(decided).refused("handover_missing", "")
	for _, other := range []Actor{duty, officer, coordinator, shelter, prosecutor} {
		given(t, detected, handedOver).when(other.says("2024-03-10", positive())).refused("role_not_allowed", "")
	}
	given(t, detected, handedOver, decided).when(head.says("2024-03-11", positive())).refused("already_decided", "")
	suspended := head.says("2024-03-09", DecideIdentification{Outcome: "suspended", Grounds: []string{"person_unreachable"}})
	given(t, detected, handedOver, screened, assessed, suspended).when(decided).then("IdentificationDecided")

	vague := positive()
	vague.Means = nil
	given(t, detected, handedOver).when(head.says("2024-03-10", vague)).refused("required", "means")
	child := referral()
	child.Age = "not_sure" // a child until it is known: means are irrelevant
	given(t, police.says("2024-03-01T20:30", child), handedOver, screened, assessed).when(head.says("2024-03-10", vague)).then("IdentificationDecided")
}

func TestReflectionLastsThirtyDays(t *testing.T) {
	given(t, detected, handedOver).when(officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-04-01")})).then("ReflectionGranted")
	given(t, detected, handedOver).when(officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-03-31")})).refused("reflection_too_short", "until")
	atRisk := referral()
	atRisk.Status = "at_risk"
	given(t, police.says("2024-03-01T20:30", atRisk)).when(officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-04-30")})).refused("not_presumed", "")
}

func TestAccommodation(t *testing.T) {
	given(t, detected).when(requested).then("ShelterRequested")
	w := given(t, detected, requested).when(admitted).then("AdmissionConfirmed")
	if got := w.events(theFacility); !slices.Equal(got, []string{"FacilityOpened", "BedTaken"}) {
		t.Errorf("the facility's history has %v", got)
	}
	given(t, detected, requested).when(otherHouse.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent"})).refused("no_such_case", "")
	given(t, detected).when(shelter.says("2024-03-02", ConfirmAdmission{Facility: house, Basis: "consent"})).refused("no_such_case", "")
	given(t, detected, requested).when(shelter.says("2024-03-02T00:30", ConfirmAdmission{Facility: house, Basis: "consent"})).refused("before_request", "happened")
	given(t, detected).when(duty.says("2024-03-02", RequestShelter{Facility: NewRef("nowhere"), Security: "low"})).refused("no_such_facility", "facility")

	known := officer.says("2024-03-02", SendServiceReferral{Organisation: "centre-baki", Services: []string{"psychological"}})
	given(t, detected, known, requested).when(centre.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent"})).refused("not_your_facility", "facility")
	given(t, detected, known, requested).when(centre.says("2024-03-02T03:00", RefuseAdmission{Facility: house, Reason: "no_capacity"})).refused("not_your_facility", "facility")
	given(t, detected, known, requested, admitted).when(centre.says("2024-03-03", RecordDeparture{Facility: house, Destination: "family"})).refused("not_your_facility", "facility")

	given(t, detected, requested).when(shelter.says("2024-03-02", RefuseAdmission{Facility: house, Reason: "no_capacity"})).then("AdmissionRefused")
	given(t, detected, requested).when(shelter.says("2024-03-02", RecordNonArrival{Facility: house})).then("NonArrivalRecorded")
	given(t, detected, requested, admitted).when(shelter.says("2024-03-03", RefuseAdmission{Facility: house, Reason: "no_capacity"})).refused("not_requested", "")

	depart := shelter.says("2024-05-01", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	w = given(t, detected, requested, admitted).when(depart).then("Departed")
	if got := w.events(theFacility); got[len(got)-1] != "BedFreed" {
		t.Errorf("the facility's history has %v", got)
	}
	given(t, detected, requested).when(depart).refused("not_admitted", "")
}

func TestBeyondCapacityIsSaidAndFlagged(t *testing.T) {
	family := ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 2}
	w := given(t, detected, requested)
	w.when(shelter.says("2024-03-02T03:00", family)).refused("facility_full", "")
	family.OverCapacity = true
	w.when(shelter.says("2024-03-02T03:00", family)).then("AdmissionConfirmed", "!over_capacity")
	room := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", OverCapacity: true})
	given(t, detected, requested).when(room).then("AdmissionConfirmed")
}

func TestAFacilitySeesAPersonFromRequestToThirtyDaysAfterDeparture(t *testing.T) {
	depart := shelter.says("2024-05-01", RecordDeparture{Facility: house, Destination: "family", Planned: true}).when("2024-05-01T12:00")
	w := given(t, detected, requested.when("2024-03-02T02:00"), admitted.when("2024-03-02T04:00"), depart)
	for day, want := range map[string]bool{"2024-05-30T12:00": true, "2024-06-01T12:00": false} {
		if got := MaySee(shelter, w.state().Access, mustWhen(day).At); got != want {
			t.Errorf("on %s the shelter sees the case: %v", day, got)
		}
	}
	if MaySee(otherHouse, w.state().Access, specNow) || MaySee(dpo, w.state().Access, specNow) {
		t.Error("somebody sees a case that is none of their business")
	}
}

func TestWhoOnlyReferredSeesNoTimeline(t *testing.T) {
	w := given(t, otherHouse.says("2024-03-01T20:30", referral()))
	if rows := w.state().Access; !MaySee(otherHouse, rows, specNow) || MayRead(otherHouse, rows, Flow, specNow) {
		t.Error("a shelter that referred a person sees more, or less, than that the case is there")
	}
	ask := duty.says("2024-03-02T01:00", RequestShelter{Facility: house, Security: "low"})
	w = given(t, detected, ask)
	if rows := w.state().Access; !MayRead(shelter, rows, Location, specNow) || MayRead(shelter, rows, Screening, specNow) {
		t.Error("a shelter that was asked does not see what it must, or sees the screening")
	}
}

func TestServices(t *testing.T) {
	refer := officer.says("2024-03-03", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})
	given(t, detected, handedOver).when(lawyer.says("2024-03-04", DeliverService{Service: "legal_info"})).refused("no_such_case", "")
	need := officer.says("2024-03-03", RecordServiceNeed{Service: "legal_info"})
	given(t, detected, handedOver, need, refer).when(lawyer.says("2024-03-04", DeliverService{Service: "legal_info"})).then("ServiceDelivered")
	given(t, detected, handedOver, refer).when(lawyer.says("2024-03-04", DeliverService{Service: "psychological"})).refused("service_not_yours", "service")
	w := given(t, detected, requested, admitted).when(shelter.says("2024-03-04", DeliverService{Service: "psychological"})).then("ServiceDelivered", "!need_not_recorded")
	for _, d := range w.log.all() {
		if e, ok := d.Events[0].(ServiceDelivered); ok && (e.Facility != house || e.Kind != "state" || e.ProviderType != "shelter") {
			t.Errorf("delivered: %+v", e)
		}
	}
}

func TestReturn(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	story := []said{
		consul.says("2024-03-01T20:30", abroad),
		consul.says("2024-03-05", ExpressReturnWish{Direction: "inbound"}),
		consul.says("2024-03-06", AssessReturnRisk{Level: "low", Decision: "can_return"}),
		consul.says("2024-03-06", RecordReturnConsent{By: "person"}),
		consul.says("2024-03-06", ApplyReturnCertificate{}),
		consul.says("2024-03-08", IssueReturnCertificate{FeeWaived: true}),
		consul.says("2024-03-10T08:00", RecordReturnDeparture{Direction: "inbound", Escort: "social_worker"}),
		duty.says("2024-03-10T13:00", RecordReturnArrival{}),
		duty.says("2024-03-10T15:00", RecordReturnReception{}),
		officer.says("2024-04-10", RecordFollowUp{Month: "1", Status: "safe"}),
	}
	for i := 1; i < len(story); i++ {
		w := given(t, story[:i]...).when(story[i])
		w.then(typesOf(w.step()))
	}
	given(t, story[0], story[1]).when(story[6]).then("ReturnDeparted", "!return_risk_missing", "!return_consent_missing")
	given(t, story[:7]...).when(duty.says("2024-03-09", RecordReturnArrival{})).refused("before_departure", "happened")

	child := abroad
	child.Age = "child"
	given(t, consul.says("2024-03-01T20:30", child)).when(consul.says("2024-03-06", RecordReturnConsent{By: "person"})).refused("guardian_required", "by")
}

// step says what the command under test would record, on a copy of the world.
func (w *world) step() []Decision {
	w.t.Helper()
	twin := &memory{seq: w.log.seq, streams: map[string][]Decision{}}
	for s, h := range w.log.streams {
		twin.streams[s] = slices.Clone(h)
	}
	if _, err := w.last.execute(twin); err != nil {
		w.t.Fatalf("%T: %v", w.last.cmd, err)
	}
	all := twin.all()
	return all[len(w.log.all()):]
}

func TestRedress(t *testing.T) {
	identified := []said{detected, handedOver, screened, assessed, decided, officer.says("2024-03-11", ExplainRedressRights{Language: "az"})}
	with := func(more ...said) []said { return append(slices.Clone(identified), more...) }
	pay := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	given(t, identified...).when(pay).then("AllowancePaid")
	given(t, identified...).when(fund.says("2024-04-01", PayAllowance{Amount: 40000})).refused("allowance_amount", "amount")
	given(t, with(pay)...).when(fund.says("2024-05-01", PayAllowance{Amount: 70000})).refused("allowance_already_paid", "")
	given(t, detected, handedOver).when(pay).refused("no_such_case", "") // nothing is due yet: the fund has nothing to do with the case
	given(t, identified...).when(fund.says("2024-03-09", PayAllowance{Amount: 70000})).refused("before_decision", "happened")

	refer := officer.says("2024-03-12", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_representation"}})
	claim := lawyer.says("2024-04-01", FileClaim{Forum: "criminal", Amount: 500000})
	award := lawyer.says("2024-05-01", RecordAward{Amount: 300000, Source: "trafficker"})
	part := lawyer.says("2024-05-10", RecordCompensationPayment{Amount: 200000, Source: "trafficker"})
	given(t, with(refer)...).when(claim).then("CompensationClaimFiled")
	given(t, with(refer, claim, award)...).when(part).then("CompensationPaid")
	given(t, with(refer, claim, award, part)...).when(lawyer.says("2024-05-20", RecordCompensationPayment{Amount: 100001, Source: "trafficker"})).refused("more_than_awarded", "amount")
}

func TestClosure(t *testing.T) {
	closing := officer.says("2024-05-01", CloseCase{Reason: "reintegrated"})
	given(t, detected, handedOver, screened, assessed, decided).when(closing).then("CaseClosed", "!open_duties")
	given(t, detected, requested, admitted).when(closing).refused("still_sheltered", "")
	given(t, detected).when(closing).then("CaseClosed", "!open_duties", "!identification_missing")
	reopen := officer.says("2024-06-01", ReopenCase{Reason: "new_facts"})
	given(t, detected, handedOver, closing).when(reopen).then("CaseReopened")
	given(t, detected).when(reopen).refused("not_closed", "")
	given(t, detected, handedOver, closing).when(officer.says("2024-05-20", AssessRisk{Level: "low"})).then("RiskAssessed", "!after_closure")
	given(t, detected, handedOver, closing).when(officer.says("2024-04-20", AssessRisk{Level: "low"})).then("RiskAssessed")
}

func TestDeadlines(t *testing.T) {
	at := func(s string) time.Time { return mustWhen(s).At }
	state := func(w *world, rule, now string) ClockState {
		for _, k := range w.state().Clocks {
			if k.Rule == rule {
				return k.State(at(now))
			}
		}
		return ""
	}
	w := given(t, detected)
	for now, want := range map[string]ClockState{"2024-03-02T20:29": Running, "2024-03-02T20:30": Overdue} {
		if got := state(w, "handover", now); got != want {
			t.Errorf("at %s the handover is %s, want %s", now, got, want)
		}
	}
	if got := state(w, "notify", "2024-06-01"); got != Met {
		t.Errorf("told after half an hour: %s", got)
	}
	late := duty.says("2024-03-02T20:30", AcceptHandover{District: "AZ-BA", Condition: "good"})
	if got := state(given(t, detected, late), "handover", "2024-06-01"); got != Late {
		t.Errorf("handed over after exactly 24 hours: %s", got)
	}
	day := duty.says("2024-03-02", AcceptHandover{District: "AZ-BA", Condition: "good"})
	if got := state(given(t, detected, day), "handover", "2024-06-01"); got != Met {
		t.Errorf("handed over on the day it was due: %s", got)
	}
	guess := duty.says("2024-03-02?", AcceptHandover{District: "AZ-BA", Condition: "good"})
	if got := state(given(t, detected, guess), "handover", "2024-06-01"); got != Unclear {
		t.Errorf("handed over nobody knows when: %s", got)
	}
	old := referral()
	old.Told = mustWhen("2016-03-01T21:00")
	if got := state(given(t, police.says("2016-03-01T20:30", old)), "handover", "2016-03-03T10:00"); got != Running {
		t.Errorf("48 hours were allowed in 2016: %s", got)
	}

	mark := ClockActor().says("", MarkOverdue{Rule: "handover"})
	given(t, detected).when(mark).then("DeadlineMissed")
	given(t, detected, handedOver).when(mark).then()
	given(t, detected).when(duty.says("", MarkOverdue{Rule: "handover"})).refused("role_not_allowed", "")
}

func TestWhoIsAbroadIsHandedOverAfterArrival(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	found := consul.says("2024-03-01T20:30", abroad)
	arrived := []said{found, consul.says("2024-03-10T08:00", RecordReturnDeparture{Direction: "inbound", Escort: "none"}), duty.says("2024-03-10T13:00", RecordReturnArrival{})}
	for _, k := range given(t, found).state().Clocks {
		if k.Rule == "handover" {
			t.Error("a person abroad is to be handed over within 24 hours")
		}
	}
	clocks := given(t, arrived...).state().Clocks
	if k := clocks[len(clocks)-1]; k.Rule != "handover" || !k.Due.Equal(mustWhen("2024-03-11T13:00").At) {
		t.Errorf("after the arrival: %+v", k)
	}
	before := duty.says("2024-03-09", AcceptHandover{District: "AZ-BA", Condition: "good"})
	for _, k := range given(t, arrived[0], arrived[1], before, arrived[2]).state().Clocks {
		if k.Rule == "handover" {
			t.Error("a person who was handed over is to be handed over again")
		}
	}
}

func TestDeadlinesDoNotMindTheOrderOfTheLog(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	found := consul.says("2024-03-01T20:30", abroad)
	applied := consul.says("2024-03-05", ApplyReturnCertificate{})
	issued := consul.says("2024-03-07", IssueReturnCertificate{FeeWaived: true})
	for _, story := range [][]said{{found, applied, issued}, {found, issued, applied}} {
		got := ClockState("")
		for _, k := range given(t, story...).state().Clocks {
			if k.Rule == "return_certificate" {
				got = k.State(mustWhen("2024-06-01").At)
			}
		}
		if got != Met {
			t.Errorf("issued after two days: %s", got)
		}
	}
}

func TestClosureEndsDuties(t *testing.T) {
	at := mustWhen("2024-06-01").At
	states := func(w *world) map[string]ClockState {
		m := map[string]ClockState{}
		for _, k := range w.state().Clocks {
			m[k.Rule] = k.State(at)
		}
		return m
	}
	early := officer.says("2024-03-02T10:00", CloseCase{Reason: "withdrew"})
	late := officer.says("2024-03-03T10:00", CloseCase{Reason: "withdrew"})
	if got := states(given(t, detected, early))["handover"]; got != Waived {
		t.Errorf("closed before it was due: %s", got)
	}
	if got := states(given(t, detected, late))["handover"]; got != Lapsed {
		t.Errorf("closed after it was due: %s", got)
	}
	given(t, detected, late).when(ClockActor().says("", MarkOverdue{Rule: "handover"})).then()
	if got := states(given(t, detected, late, handedOver))["handover"]; got != Met {
		t.Errorf("done in time, as was learned after the closure: %s", got)
	}
	atRisk := referral()
	atRisk.Status = "at_risk"
	if got := states(given(t, police.says("2024-03-01T20:30", atRisk), handedOver))["identification"]; got != "" {
		t.Errorf("a person at risk is to be identified: %s", got)
	}
}

func TestReturnCertificateIsDueAfterThreeCalendarDays(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	w := given(t, consul.says("2024-03-01T20:30", abroad), consul.says("2024-03-05T18:00", ApplyReturnCertificate{}))
	k := w.state().Clocks[len(w.state().Clocks)-1]
	if want := mustDay("2024-03-09").Start(); k.Rule != "return_certificate" || !k.Due.Equal(want) {
		t.Errorf("%s is due %v, want %v", k.Rule, k.Due, want)
	}
}

func TestWhoIsAskedKnowsNoMoreThanTheirPart(t *testing.T) {
	second := coordinator.says("2010-01-01", OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-gence", District: "AZ-GA", Capacity: 2}).to(FacilityStream(NewRef("second")))
	askSecond := duty.says("2024-03-02T01:30", RequestShelter{Facility: NewRef("second"), Security: "high"}).when("2024-03-02T02:00")
	ask, admit := requested.when("2024-03-02T02:00"), admitted.when("2024-03-02T04:00")
	now := mustWhen("2024-03-05").At

	w := given(t, second, detected, ask, askSecond, admit)
	if MaySee(otherHouse, w.state().Access, now) {
		t.Error("another shelter took the person in, and who was asked before still sees the case")
	}
	if p := w.state().place(NewRef("second")); p.State != "superseded" {
		t.Errorf("its request is %s", p.State)
	}
	for _, k := range w.state().Clocks {
		if k.Rule == "admission" && k.Key == string(NewRef("second")) && k.Open() {
			t.Error("it is still to answer")
		}
	}
	refuse := otherHouse.says("2024-03-02T02:00", RefuseAdmission{Facility: NewRef("second"), Reason: "security"}).when("2024-03-02T02:30")
	w = given(t, second, detected, ask, askSecond, refuse, admit)
	if end := ReadsUntil(otherHouse, w.state().Access, Flow, now); !end.Equal(mustWhen("2024-03-02T02:30").At) {
		t.Errorf("who refused may know what came until %v", end)
	}
	if end := ReadsUntil(shelter, w.state().Access, Flow, now); !end.IsZero() {
		t.Errorf("who hosts may know what came until %v", end)
	}
	w.when(otherHouse.says("2024-03-04", DeliverService{Service: "psychological"}).when("2024-03-05")).refused("not_admitted", "")
}

func TestLateFactsDoNotUndoNewerOnes(t *testing.T) {
	facility := func(w *world) *Facility {
		f, err := Fold[Facility](w.log.streams[theFacility.String()])
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	w := given(t, coordinator.says("2020-01-01", ChangeCapacity{Capacity: 20}), coordinator.says("2015-01-01", ChangeCapacity{Capacity: 7}))
	if f := facility(w); f.Capacity != 20 {
		t.Errorf("a change of 2015, learned late, made it %d beds", f.Capacity)
	}
	agreement := func(until string) SignNgoAgreement {
		return SignNgoAgreement{Ngo: "legal-aid-a", Services: []string{"legal_info"}, Until: mustDay(until)}
	}
	w = given(t, coordinator.says("2024-01-01", agreement("2028-12-31")), coordinator.says("2019-01-01", agreement("2019-12-31")))
	if f := facility(w); f.Agreements["legal-aid-a"] != mustDay("2028-12-31") {
		t.Errorf("the agreement ends %s", f.Agreements["legal-aid-a"])
	}
	given(t).when(coordinator.says("2009-12-31", ChangeCapacity{Capacity: 7})).refused("before_start", "happened")
	leave := shelter.says("2024-05-01", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	given(t, detected, requested, admitted, leave).when(coordinator.says("2024-04-30", CloseFacility{})).refused("used_later", "happened")
	given(t, detected, requested, admitted, leave).when(coordinator.says("2024-05-01", CloseFacility{})).then("FacilityClosed")
}

func TestTimesThatCannotBe(t *testing.T) {
	given(t).when(police.says("2124-01-01?", referral())).refused("in_future", "happened")
	given(t, detected).when(duty.says("2024-02-01?", AcceptHandover{District: "AZ-BA", Condition: "good"})).refused("before_case", "happened")
	old := referral()
	old.Told = When{}
	given(t).when(police.says("2004-03-01", old)).refused("before_law", "happened")
	for _, in := range []string{"2024-03-01??", "2024-03-01~", "2024-03-01T10:00~?", "2024-03-01?~"} {
		if w, err := ParseWhen(in); err == nil {
			t.Errorf("%s is read as %v", in, w)
		}
	}
}

func TestInstitutions(t *testing.T) {
	on := func(s said) said { return s.to(ActionStream("4.4.1")) }
	attest := func(year int) said {
		return on(coordinator.says("2024-02-01", AttestPeriod{Organisation: "coordinator", Year: year}))
	}
	given(t).when(attest(2023)).then("ReportingPeriodAttested")
	given(t).when(attest(2024)).refused("not_over", "year")
	given(t).when(attest(2019)).refused("out_of_range", "year")
	target := func(day string, value int) said {
		return on(coordinator.says(day, SetTarget{Indicator: "4.4.1a", Value: value, Reason: "revised"}))
	}
	given(t, target("2022-01-01", 3)).when(target("2023-01-01", 4)).then("TargetSet")
	given(t, target("2022-01-01", 3)).when(target("2021-01-01", 4)).refused("before_current", "happened")
	given(t).when(target("2019-12-31", 4)).refused("before_plan", "happened")
}

func TestAnImportedIdMeansOneThing(t *testing.T) {
	w := given(t, detected)
	ask := func(condition string) error {
		req := Request{ID: "0190b2b6-0000-7000-8000-000000000009", By: duty, Happened: mustWhen("2024-03-01T23:00"), Now: specNow, Claimed: mustWhen("2024-03-02").At}
		_, err := Execute(t.Context(), w.log, req, theCase, AcceptHandover{District: "AZ-BA", Condition: condition})
		return err
	}
	if err := ask("good"); err != nil {
		t.Fatal(err)
	}
	if err := ask("good"); err != nil {
		t.Errorf("the same line again: %v", err)
	}
	if r, ok := AsRefusal(ask("distressed")); !ok || r.Code != "id_reused" {
		t.Errorf("another line under the id: %v", r)
	}
}

func TestNumbersMustBeGiven(t *testing.T) {
	spec, err := CommandNamed("change-capacity")
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"{}", `{"capacity": null}`, ""} {
		if _, err := spec.Parse([]byte(data)); err == nil {
			t.Errorf("%q is read as no beds", data)
		}
	}
	if _, err := spec.Parse([]byte(`{"capacity": 0}`)); err != nil {
		t.Error(err)
	}
}

func TestReferringProlongsNoPart(t *testing.T) {
	leave := shelter.says("2024-05-01", RecordDeparture{Facility: house, Destination: "family", Planned: true}).when("2024-05-01T12:00")
	w := given(t, shelter.says("2024-03-01T20:30", referral()), requested.when("2024-03-02T02:00"), admitted.when("2024-03-02T04:00"), leave)
	if end := ReadsUntil(shelter, w.state().Access, Flow, mustWhen("2024-05-10").At); !end.Equal(mustWhen("2024-05-01T12:00").At) {
		t.Errorf("a shelter that referred the person, hosted and was left reads until %v", end)
	}
}
