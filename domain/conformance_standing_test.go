package domain

import (
	"slices"
	"testing"
)

// normAfter judges the case as it stands in a world.
func (w *world) normAfter(norm string) NormVerdict {
	w.t.Helper()
	all, err := Conformance(w.log.streams[theCase.String()], specNow)
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(v NormVerdict) bool { return v.Norm == norm })
	if i < 0 {
		w.t.Fatalf("no norm %s", norm)
	}
	return all[i]
}

// TestConformanceOfWhatStands: what was voided was never done, and what was
// corrected happened when it says since; each verdict names the place at which the
// step was recorded.
func TestConformanceOfWhatStands(t *testing.T) {
	void := func(w *world, typ string) said {
		return officer.says("2024-03-20", VoidEvent{Event: w.the(typ), Reason: "wrong_case"})
	}
	w := given(t, detected, handedOver, screened, decided)
	if v := w.normAfter("screening_before_decision"); v.Result != Fit || v.Step != w.the("IndicatorScreeningCompleted") {
		t.Errorf("%+v", v)
	}
	w.when(void(w, "IndicatorScreeningCompleted")).then("EventVoided")
	if v := w.normAfter("screening_before_decision"); v.Result != Skipped {
		t.Errorf("the screening was voided: %+v", v)
	}
	w = given(t, detected, handedOver, screened)
	w.when(void(w, "HandoverAccepted")).then("EventVoided")
	if v := w.normAfter("handover"); v.Result != Skipped {
		t.Errorf("the handover was voided: %+v", v)
	}
	w.when(handedOver).then("HandoverAccepted")
	if v := w.normAfter("handover_once"); v.Result != Fit {
		t.Errorf("one of two handovers was voided: %+v", v)
	}
	w.when(officer.says("2024-03-21", CorrectFact{Event: w.the("HandoverAccepted"), TookPlace: mustWhen("2024-03-03T10:00"), Reason: "typing"})).then("FactCorrected")
	if v := w.normAfter("handover"); v.Result != TooLate {
		t.Errorf("the handover was two days later: %+v", v)
	}

	w = given(t, detected, handedOver, decided, officer.says("2024-04-02", ScreenIndicators{Instrument: "ilo-11"}))
	if v := w.normAfter("screening_before_decision"); v.Result != OutOfOrder {
		t.Errorf("screened after the decision: %+v", v)
	}
	w.when(officer.says("2024-04-03", CorrectFact{Event: w.the("IndicatorScreeningCompleted"), TookPlace: mustWhen("2024-03-05"), Reason: "typing"})).then("FactCorrected")
	if v := w.normAfter("screening_before_decision"); v.Result != Fit || v.Step != w.the("IndicatorScreeningCompleted") {
		t.Errorf("screened before the decision after all: %+v", v)
	}

	w = given(t, detected, handedOver, screened, decided)
	w.when(head.says("2024-03-20", VoidEvent{Event: w.the("IdentificationDecided"), Reason: "recorded_twice"})).then("EventVoided")
	w.when(head.says("2024-03-22", positive())).then("IdentificationDecided", "!risk_assessment_missing")
	if v := w.normAfter("decision_once"); v.Result != Fit {
		t.Errorf("one of two decisions was voided: %+v", v)
	}
}

// TestConformanceMindsSuspensionsAndExtensions: what was done in the time that was
// given is in time.
func TestConformanceMindsSuspensionsAndExtensions(t *testing.T) {
	base := []said{detected, handedOver} // the decision is due on 31 March
	suspend := head.says("2024-03-11T10:00", SuspendDeadline{Rule: "identification", Reason: "health"})
	resume := head.says("2024-03-21T09:00", ResumeDeadline{Rule: "identification"}) // and now on 10 April
	extend := head.says("2024-03-20", ExtendDeadline{Rule: "identification", Until: mustDay("2024-04-30"), Reason: "complex"})
	on := func(day string) said { return head.says(day, positive()) }
	for _, c := range []struct {
		want  Conformity
		story []said
	}{
		{TooLate, then(base, on("2024-04-05"))},
		{Fit, then(base, suspend, resume, on("2024-04-05"))},
		{TooLate, then(base, suspend, resume, on("2024-04-12"))},
		{Fit, then(base, extend, on("2024-04-30"))},
		{TooLate, then(base, extend, on("2024-05-01"))},
		{Fit, then(base, suspend, on("2024-05-01"))},
	} {
		if v := given(t, c.story...).normAfter("decision"); v.Result != c.want {
			t.Errorf("after %s: %s, want %s", typesOf(given(t, c.story...).log.streams[theCase.String()]), v.Result, c.want)
		}
	}
}

// TestVersionOfTheDayOnWhichItFellDue: also when it was done later, and when the
// day of the step was corrected.
func TestVersionOfTheDayOnWhichItFellDue(t *testing.T) {
	story := []said{police.says("2024-01-01", referral()), duty.says("2024-01-02", AcceptHandover{District: "AZ-BA", Condition: "good"}), head.says("2024-02-07", positive())}
	w := given(t, then(story, officer.says("2024-03-02", ScreenIndicators{Instrument: "ilo-11"}))...)
	if v := w.normAfter("screening_before_decision"); v.Version != 1 || v.Result != OutOfOrder {
		t.Errorf("screened under the second version, due under the first: %+v", v)
	}
	w.when(head.says("2024-03-03", CorrectFact{Event: w.the("IdentificationDecided"), TookPlace: mustWhen("2024-02-08"), Reason: "typing"})).then("FactCorrected")
	if v := w.normAfter("screening_before_decision"); v.Version != 2 {
		t.Errorf("it was a day later: %+v", v)
	}
}
