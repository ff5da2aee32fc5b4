package domain

import "testing"

// TestLimitsOfTheProcedure: the last day, or the first instant that is too late, of
// each time limit of the procedure.
func TestLimitsOfTheProcedure(t *testing.T) {
	child := referral()
	child.Age = "child"
	foreigner := referral()
	foreigner.Citizenship = "foreign"
	sms := officer.says("2024-03-02", SendServiceReferral{Organisation: "sms", Services: []string{"legal_info"}})
	scfwca := officer.says("2024-03-02", SendServiceReferral{Organisation: "scfwca", Services: []string{"child_care"}})
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	young := police.says("2024-03-01T20:30", child)
	stranger := police.says("2024-03-01T20:30", foreigner)
	for _, c := range []struct {
		rule, day string // the last day
		instant   string // or the first instant that is too late
		period    bool
		story     []said
	}{
		{rule: "notify", instant: "2024-03-01T22:30", story: []said{detected}},
		{rule: "handover", instant: "2024-03-02T20:30", story: []said{detected}},
		{rule: "identification", day: "2024-03-31", story: []said{detected, handedOver}},
		{rule: "identification_watch", day: "2024-05-30", story: []said{detected, handedOver}},
		{rule: "reflection", day: "2024-04-01", period: true, story: []said{detected, handedOver, granted}},
		{rule: "expulsion_bar", day: "2024-04-09", period: true, story: []said{stranger, handedOver, sms, migration.says("2024-03-10", BarExpulsion{Ground: "reflection", From: mustDay("2024-03-10")})}},
		{rule: "residence_permit", day: "2025-03-09", period: true, story: []said{
			stranger, handedOver, sms, migration.says("2024-03-10", IssueResidencePermit{Ground: "personal_situation", From: mustDay("2024-03-10"), Until: mustDay("2025-03-09")}),
		}},
		{rule: "admission", instant: "2024-03-03T01:00", story: []said{detected, requested}},
		{rule: "stay_review", day: "2024-04-01", story: []said{detected, requested, admitted}},
		{rule: "stay_review", day: "2024-05-01", story: []said{young, requested, shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "guardian_decision"})}},
		{rule: "stay_review", day: "2024-03-20", story: []said{detected, requested, shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", ReviewOn: mustDay("2024-03-20")})}},
		{rule: "rehabilitation_plan", day: "2024-03-09", story: []said{detected, requested, admitted}},
		{rule: "allowance_payment", day: "2024-05-09", story: []said{detected, handedOver, decided}},
		{rule: "return_certificate", day: "2024-03-09", story: []said{consul.says("2024-03-01T20:30", abroad), consul.says("2024-03-06", ApplyReturnCertificate{})}},
		{rule: "guardian", day: "2024-03-14", story: []said{ // five working days: 8 March is a holiday, then a weekend
			young, handedOver, scfwca, officer.says("2024-03-06", RequestGuardian{Organisation: "scfwca", Kind: "guardian", Reason: Codes("guardian_need")[0].Code}),
		}},
	} {
		k, want := clockOf(t, c.rule, c.story...), mustWhen(c.day+c.instant).At
		if c.day != "" {
			want = mustDay(c.day).End()
		}
		if !k.Due.Equal(want) || k.Period != c.period {
			t.Errorf("%s: due %s, want %s", c.rule, k.Due.In(Baku), want.In(Baku))
		}
		r, _ := RuleOf(c.rule)
		p, ok := ParameterOn(r.Parameter, k.Start.Day())
		if ok && k.Assumed != (p.Confidence == "assumed" || p.Unit == "wd") {
			t.Errorf("%s: assumed %v, the parameter is %s", c.rule, k.Assumed, p.Confidence)
		}
	}
}

// TestFeesOfTheCertificate: the certificate costs a victim nothing.
func TestFeesOfTheCertificate(t *testing.T) {
	for id, want := range map[string]int{"certificate_fee": 10, "certificate_fee_victim": 0} {
		if p, ok := ParameterOn(id, NewDay(2024, 3, 1)); !ok || p.Value != want || p.Unit != "usd" {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

// TestQuorumIsTwoThirds of the members, as the parameter says.
func TestQuorumIsTwoThirds(t *testing.T) {
	p, ok := ParameterOn("working_group_quorum", NewDay(2024, 3, 1))
	if !ok || p.Value != 2 || p.Unit != "of_three" {
		t.Fatalf("%+v", p)
	}
	for present, want := range map[int]bool{5: false, 6: true, 9: true} {
		w := given(t).when(meeting("2024-03-01", present)).then("MeetingHeld")
		all := w.log.streams[aboutGroup.String()]
		if e := all[len(all)-1].Events[0].(MeetingHeld); e.Quorum != want || want != (3*present >= p.Value*9) {
			t.Errorf("%d of 9: %+v", present, e)
		}
	}
}
