package domain

import (
	"slices"
	"testing"
)

// TestWrongState: what cannot be as things stand is refused with a code of its
// own, and nothing is written.
func TestWrongState(t *testing.T) {
	closing := officer.says("2024-05-01", CloseCase{Reason: "reintegrated"})
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	found := consul.says("2024-03-01T20:30", abroad)
	applied := consul.says("2024-03-05", ApplyReturnCertificate{})
	departed := consul.says("2024-03-10T08:00", RecordReturnDeparture{Direction: "inbound", Escort: "none"})
	arrived := duty.says("2024-03-10T13:00", RecordReturnArrival{})
	both := referral()
	both.Country = "TR"
	nowhere := referral()
	nowhere.District = ""
	early := referral()
	early.Told = mustWhen("2024-02-01")
	toLaw := officer.says("2024-03-02", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})
	toFund := officer.says("2024-03-02", SendServiceReferral{Organisation: "fund", Services: []string{"material"}})
	shut := coordinator.says("2024-02-01", CloseFacility{})
	on := func(s said) said { return s.to(ActionStream("4.1.9")) }
	identified := []said{detected, handedOver, screened, assessed, decided}
	for _, c := range []struct {
		story       []said
		when        said
		code, field string
	}{
		{[]said{found, applied}, consul.says("2024-03-06", ApplyReturnCertificate{}), "already_applied", ""},
		{[]said{found, applied}, consul.says("2024-03-04", IssueReturnCertificate{FeeWaived: true}), "before_application", "happened"},
		{[]said{found, departed}, consul.says("2024-03-11", RecordReturnDeparture{Direction: "inbound", Escort: "none"}), "on_the_way", ""},
		{[]said{found, departed}, duty.says("2024-03-09", RecordReturnArrival{}), "before_departure", "happened"},
		{[]said{found, departed, arrived}, duty.says("2024-03-09", RecordReturnReception{}), "before_arrival", "happened"},
		{[]said{detected, handedOver, closing}, officer.says("2024-05-02", CloseCase{Reason: "withdrew"}), "already_closed", ""},
		{[]said{detected, handedOver, closing}, officer.says("2024-04-01", ReopenCase{Reason: "new_facts"}), "before_closure", "happened"},
		{[]said{shut, detected}, requested, "facility_not_open", "facility"},
		{[]said{detected, requested, admitted}, coordinator.says("2024-05-01", CloseFacility{}), "persons_inside", ""},
		{[]said{detected, handedOver, toLaw}, lawyer.says("2024-05-01", FileClaim{Forum: "criminal", Amount: 5}), "not_identified", ""},
		{[]said{detected, handedOver, toFund}, fund.says("2024-05-01", PayAllowance{Amount: 70000}), "not_identified", ""},
		{identified, fund.says("2024-05-01", PayAllowance{Amount: 40000}), "allowance_amount", "amount"},
		{identified, fund.says("2024-03-09", PayAllowance{Amount: 70000}), "before_decision", "happened"},
		{identified, head.says("2024-04-10", positive()), "already_decided", ""},
		{nil, police.says("2024-03-01T20:30", both), "one_place_only", "country"},
		{nil, police.says("2024-03-01T20:30", nowhere), "place_required", "district"},
		{nil, police.says("2024-03-01T20:30", early), "before_case", "told"},
		{nil, on(coordinator.says("2024-03-01", HoldMeeting{Body: Codes("body")[0].Code, Present: 9, Members: 7})), "more_than_members", "present"},
	} {
		given(t, c.story...).when(c.when).refused(c.code, c.field)
	}
}

// TestContradictions: fields that exclude each other, or that need one another.
func TestContradictions(t *testing.T) {
	without := func(change func(*DecideIdentification)) said {
		cmd := positive()
		change(&cmd)
		return head.says("2024-03-10", cmd)
	}
	story := []said{detected, handedOver}
	given(t, story...).when(without(func(d *DecideIdentification) { d.Forms = nil })).refused("required", "forms")
	given(t, story...).when(without(func(d *DecideIdentification) { d.Means = nil })).refused("required", "means")
	given(t, story...).when(without(func(d *DecideIdentification) { d.Geography = "" })).refused("required", "geography")
	given(t, story...).when(officer.says("2024-03-10", AssessRisk{Level: "high", ReviewOn: mustDay("2024-03-09")})).refused("before_start", "review_on")
	given(t, story...).when(officer.says("2024-03-10", GrantReflection{Until: mustDay("2024-03-20")})).refused("reflection_too_short", "until")
}

// TestWhoAndWhenOfAnImport: what an import says of the asker and of the earlier
// register must be possible too.
func TestWhoAndWhenOfAnImport(t *testing.T) {
	if _, err := ParseActor("u", "head", "shelter-baki"); err == nil {
		t.Error("a shelter has a head of the special police unit")
	} else if r, _ := AsRefusal(err); r == nil || r.Code != "role_not_of_organisation" || r.Field != "organisation" {
		t.Errorf("%v", err)
	}
	log := given(t).log
	before := log.seq
	_, err := Execute(t.Context(), log, Request{By: police, Now: specNow, Happened: mustWhen("2024-03-02"), Claimed: mustWhen("2024-03-01").At}, theCase, referral())
	if r, _ := AsRefusal(err); r == nil || r.Code != "recorded_before_happened" || r.Field != "recorded" || log.seq != before {
		t.Errorf("known before it happened: %v", err)
	}
	_, err = Execute(t.Context(), log, Request{By: police, Now: specNow, Happened: mustWhen("2024-03-02"), Claimed: specNow.AddDate(1, 0, 0)}, theCase, referral())
	if r, _ := AsRefusal(err); r == nil || r.Code != "in_future" || r.Field != "recorded" || log.seq != before {
		t.Errorf("known in the future: %v", err)
	}
	if _, err := ParsePath("house/KW5219EZ"); err == nil {
		t.Error("there are streams of houses")
	} else if r, _ := AsRefusal(err); r == nil || r.Code != "no_such_stream" {
		t.Errorf("%v", err)
	}
}

// TestBackwards: to record a day's step before its own cause is out of order, not
// impossible, unless the rule says so; the clocks then show no time that is
// negative.
func TestBackwards(t *testing.T) {
	before := duty.says("2024-03-01T20:30", AcceptHandover{District: "AZ-BA", Condition: "good"})
	clocks := given(t, detected, before).state().Clocks
	if i := slices.IndexFunc(clocks, func(k DeadlineClock) bool { return k.Rule == "handover" }); clocks[i].State(specNow) != Met {
		t.Errorf("handed over in the minute of the detection: %s", clocks[i].State(specNow))
	}
}
