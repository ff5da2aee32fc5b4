package domain

import (
	"slices"
	"testing"
)

// verdictOf judges a story by one norm.
func verdictOf(t *testing.T, norm, on string, story ...said) NormVerdict {
	t.Helper()
	all, err := Conformance(given(t, story...).log.streams[theCase.String()], mustWhen(on).At)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(v NormVerdict) bool { return v.Norm == norm })
	if i < 0 {
		t.Fatalf("no norm %s", norm)
	}
	return all[i]
}

func TestConformance(t *testing.T) {
	later := "2024-06-30"
	lateHandover := duty.says("2024-03-03T10:00", AcceptHandover{District: "AZ-BA", Condition: "good"})
	screenedAfter := officer.says("2024-04-02", ScreenIndicators{Instrument: "ilo-11"})
	claim := lawyer.says("2024-04-10", FileClaim{Forum: "criminal", Amount: 500000})
	refer := officer.says("2024-03-20", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})
	toFund := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	child := referral()
	child.Age = "child"
	young := police.says("2024-03-01T20:30", child)
	talked := func(standard bool, with ...string) said {
		return officer.says("2024-03-05", HoldInterview{Participants: with, ChildStandard: standard})
	}
	leaving := func(more ...said) []said {
		return append([]said{detected, handedOver}, more...)
	}
	departed := officer.says("2024-05-01", RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	for _, c := range []struct {
		norm  string
		want  Conformity
		on    string
		story []said
	}{
		{"notify", Fit, later, []said{detected}},
		{"handover", Fit, later, []said{detected, handedOver}},
		{"handover", TooLate, later, []said{detected, lateHandover}},
		{"handover", Skipped, later, []said{detected}},
		{"handover", Pending, "2024-03-02", []said{detected}},
		{"handover", Skipped, later, []said{detected, officer.says("2024-03-04", CloseCase{Reason: "withdrew"})}},
		{"handover_once", Fit, later, []said{detected, handedOver}},
		{"handover_once", NotApplicable, later, []said{detected}},
		{"screening_before_decision", Fit, later, []said{detected, handedOver, screened, decided}},
		{"screening_before_decision", Skipped, later, []said{detected, handedOver, decided}},
		{"screening_before_decision", OutOfOrder, later, []said{detected, handedOver, decided, screenedAfter}},
		{"screening_before_decision", NotApplicable, later, []said{detected, handedOver}},
		{"screening_before_decision", NotApplicable, later, []said{detected, handedOver, head.says("2024-03-10", DecideIdentification{Outcome: "withdrawn", Grounds: []string{"screening"}})}},
		{"interview_before_decision", Skipped, later, []said{detected, handedOver, decided}},
		{"child_standard", NotApplicable, later, []said{detected, handedOver, decided}},
		{"child_standard", Fit, later, []said{young, handedOver, talked(true, "case_officer"), decided}},
		{"child_standard", Skipped, later, []said{young, handedOver, talked(false, "case_officer"), decided}},
		{"child_representative", Fit, later, []said{young, handedOver, talked(true, "legal_representative"), decided}},
		{"child_representative", Skipped, later, []said{young, handedOver, talked(true, "case_officer"), decided}},
		{"decision", Pending, "2024-03-20", []said{detected, handedOver, head.says("2024-03-11", SuspendDeadline{Rule: "identification", Reason: "health"})}},
		{"decision", Pending, later, []said{detected, handedOver, head.says("2024-03-11", SuspendDeadline{Rule: "identification", Reason: "health"})}},
		{"decision", Skipped, later, []said{detected, handedOver}},
		{"rights_before_claim", Skipped, later, []said{detected, handedOver, screened, assessed, decided, refer, claim}},
		{"allowance", Fit, later, []said{detected, handedOver, decided, toFund}},
		{"allowance", NotApplicable, later, []said{detected, handedOver}},
		{"wish_before_return", Skipped, later, leaving(departed)},
		{"arrival_after_departure", Pending, later, leaving(departed)},
		{"arrival_after_departure", Fit, later, leaving(departed, officer.says("2024-05-02", RecordReturnArrival{}))},
		{"arrival_after_departure", Skipped, later, leaving(departed, officer.says("2024-05-02", CloseCase{Reason: "repatriated"}))},
		{"arrival_after_departure", OutOfOrder, later, leaving(officer.says("2024-04-02", RecordReturnArrival{}), departed)},
	} {
		if v := verdictOf(t, c.norm, c.on, c.story...); v.Result != c.want {
			t.Errorf("%s after %s on %s: %s, want %s", c.norm, typesOf(given(t, c.story...).log.streams[theCase.String()]), c.on, v.Result, c.want)
		}
	}
}

// TestRepeated needs a history that today's rules do not let anybody record.
func TestRepeated(t *testing.T) {
	history := slices.Clone(given(t, detected, handedOver, decided).log.streams[theCase.String()])
	again := history[len(history)-1]
	again.Seq, again.ID, again.Happened = again.Seq+1, NewID(), mustWhen("2024-04-10")
	all, err := Conformance(append(history, again), specNow)
	i := slices.IndexFunc(all, func(v NormVerdict) bool { return v.Norm == "decision_once" })
	if err != nil || all[i].Result != Repeated || all[i].Step != (EventAt{again.ID, 0}) {
		t.Errorf("%+v, %v", all[i], err)
	}
}

func TestVersionInForceWhenTheStepFellDue(t *testing.T) {
	for day, want := range map[string]int{"2024-02-07": 1, "2024-02-08": 2} {
		story := []said{police.says("2024-01-01", referral()), duty.says("2024-01-02", AcceptHandover{District: "AZ-BA", Condition: "good"}), head.says(day, positive())}
		if v := verdictOf(t, "screening_before_decision", "2024-06-30", story...); v.Version != want {
			t.Errorf("decided on %s: version %d, want %d", day, v.Version, want)
		}
	}
	old := referral()
	old.Told = mustWhen("2006-01-02")
	story := []said{police.says("2006-01-01", old), duty.says("2006-01-02", AcceptHandover{District: "AZ-BA", Condition: "good"})}
	if v := verdictOf(t, "handover_once", "2024-06-30", story...); v.Result != NotApplicable || v.Version != 0 {
		t.Errorf("before there was a rule: %+v", v)
	}
}

// TestNorms: each norm has a label and a source, its versions follow each other,
// and what it names exists or is a step of the procedure that is still to come.
func TestNorms(t *testing.T) {
	for _, n := range must(read[[]Norm](normsFile)) {
		if !hasLabel("norm", n.ID) || n.Act == "" || !slices.Contains([]string{"confirmed", "reported", "assumed"}, n.Confidence) || n.ValidFrom.IsZero() {
			t.Errorf("%+v", n)
		}
		if !slices.Contains([]string{mustPrecede, mustFollow, mustBeTimed, onlyOnce}, n.Kind) {
			t.Errorf("%s is of kind %q", n.ID, n.Kind)
		}
		if n.Kind == mustBeTimed && !slices.ContainsFunc(everyRule(), func(r Rule) bool { return r.ID == n.Clock }) {
			t.Errorf("%s waits for the time limit %q", n.ID, n.Clock)
		}
	}
	last := map[string]Norm{}
	for _, n := range Norms() {
		if was, ok := last[n.ID]; ok && (n.Version != was.Version+1 || was.ValidTo.Add(1) != n.ValidFrom) {
			t.Errorf("version %d of %s follows version %d, which ends %s", n.Version, n.ID, was.Version, was.ValidTo)
		}
		last[n.ID] = n
	}
	for _, r := range []Conformity{Fit, TooLate, Skipped, OutOfOrder, Repeated, NotApplicable, Pending} {
		if !hasLabel("conformity", string(r)) {
			t.Errorf("%s has no label", r)
		}
	}
	for _, r := range everyRule() {
		if !hasLabel("rule", r.ID) {
			t.Errorf("rule %s has no label", r.ID)
		}
		if _, ok := ParameterOn(r.Parameter, NewDay(2024, 1, 1)); !ok {
			t.Errorf("rule %s has no parameter", r.ID)
		}
	}
}
