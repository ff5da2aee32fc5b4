package domain

import (
	"slices"
	"testing"
)

var splitTwo = officer.says("2024-03-04", SplitCase{Reason: "two_persons", Status: "presumed", Age: "child", Sex: "male", Citizenship: "stateless"})

// splitOff is the case that was begun from the case of the spec.
func (w *world) splitOff() (Stream, *Case) {
	w.t.Helper()
	into := w.state().SplitInto
	if len(into) == 0 {
		w.t.Fatal("nothing was split off")
	}
	s := CaseStream(into[len(into)-1])
	c, err := Fold[Case](w.log.streams[s.String()])
	if err != nil {
		w.t.Fatal(err)
	}
	return s, c
}

func TestSplitCase(t *testing.T) {
	w := given(t, detected, handedOver, screened)
	before := w.state()
	w.when(splitTwo).then("CaseSplit")
	new, c := w.splitOff()
	if got := w.events(new); !slices.Equal(got, []string{"DetectionRecorded", "ReferralSubmitted", "SpuNotified", "CaseSplit"}) {
		t.Errorf("the new case begins with %v", got)
	}
	if !c.Detected.Equal(before.Detected) || !c.Notified.Equal(before.Notified) || c.Referral != "police-baki" || c.Source != "police" || c.District != "AZ-BA" {
		t.Errorf("the new case does not begin as the old one: %+v", c)
	}
	if c.Status != "presumed" || c.Age != "child" || c.Sex != "male" || c.Citizenship != "stateless" || !c.HandedOver.IsZero() || !c.Screened.IsZero() {
		t.Errorf("the new case is of another person: %+v", c)
	}
	if c.SplitFrom != theCase.Ref() || c.Verdicts[theCase.Ref()] != "different" || w.state().Verdicts[new.Ref()] != "different" {
		t.Errorf("the two are not told apart: %v, %v", c.Verdicts, w.state().Verdicts)
	}
	if d := w.log.streams[new.String()][0]; d.ID != w.log.streams[theCase.String()][3].ID || !d.Happened.Equal(c.Detected) {
		t.Errorf("not one decision, or not of the time of detection: %+v", d)
	}
	w.audited()

	// The duty began when the person was found, so it may be late already.
	w.when(ClockActor().says("2024-03-05", MarkOverdue{Rule: "handover"}).to(new)).then("DeadlineMissed")
	w.when(duty.says("2024-03-05", AcceptHandover{District: "AZ-BA", Condition: "good"}).to(new)).then("HandoverAccepted")
	// A third person, and a split that was wrong.
	w.when(officer.says("2024-03-06", SplitCase{Reason: "companion", Status: "at_risk", Age: "child", Sex: "female", Citizenship: "az"})).then("CaseSplit")
	third, _ := w.splitOff()
	if third == new || len(w.state().SplitInto) != 2 {
		t.Error("the third person has the case of the second")
	}
	w.when(officer.says("2024-03-07", MergeCases{Other: third.Ref()})).then("DuplicateMerged", "!not_judged_same")
	w.audited()
}

// What is of the other person is voided on the one case and recorded on the new.
func TestFactsFollowASplit(t *testing.T) {
	w := given(t, detected, handedOver, splitTwo, officer.says("2024-03-02", AssessRisk{Level: "high"}))
	new, _ := w.splitOff()
	risk := w.log.streams[theCase.String()][3]
	w.when(officer.says("2024-03-05", VoidEvent{Event: EventAt{risk.ID, 0}, Reason: "wrong_case"})).then("EventVoided")
	w.when(officer.says("2024-03-02", AssessRisk{Level: "high"}).to(new)).then("RiskAssessed")
	if _, c := w.splitOff(); c.Risk != "high" || w.state().Risk != "" {
		t.Errorf("the risk did not follow: %q, %q", c.Risk, w.state().Risk)
	}
	begun := w.log.streams[new.String()][0]
	w.when(officer.says("2024-03-06", VoidEvent{Event: EventAt{begun.ID, 3}, Reason: "typing"}).to(new)).refused("cannot_be_voided", "event")
	w.audited()
}

// The case begins with the detection as it was corrected, abroad too.
func TestSplitOfACorrectedCase(t *testing.T) {
	abroad := referral()
	abroad.Source, abroad.District, abroad.Country, abroad.Citizenship = "consulate", "", "TR", "foreign"
	w := given(t, consul.says("2024-03-01T20:30", abroad))
	found := w.log.streams[theCase.String()][0]
	w.when(officer.says("2024-03-03", CorrectFact{Event: EventAt{found.ID, 0}, Reason: "typing", TookPlace: mustWhen("2024-02-29T20:30")})).then("FactCorrected")
	w.when(officer.says("2024-03-04", SplitCase{Reason: "companion", Status: "at_risk", Age: "adult", Sex: "female", Citizenship: "az"})).then("CaseSplit")
	new, c := w.splitOff()
	if got := w.events(new); !slices.Contains(got, "CitizenAbroadReported") || !c.Detected.Equal(mustWhen("2024-02-29T20:30")) || c.Country != "TR" {
		t.Errorf("%v, detected %s in %s", got, c.Detected, c.Country)
	}
	w.audited()
}

func TestSplitsThatAreRefused(t *testing.T) {
	given(t, detected).when(head.says("2024-03-04", splitTwo.cmd)).refused("role_not_allowed", "")
	given(t, detected, again).when(officer.says("2024-02-28", splitTwo.cmd)).refused("before_case", "happened")
	given(t).when(splitTwo).refused("no_such_case", "")
	given(t, detected).when(officer.says("2024-03-04", SplitCase{Reason: "two_persons", Status: "identified", Age: "adult", Sex: "female", Citizenship: "az"})).refused("unknown_code", "status")
	asked := officer.says("2024-04-02", RequestErasure{Reason: "retention_over"})
	given(t, detected, asked).when(officer.says("2024-04-03", splitTwo.cmd)).refused("erasure_asked", "")
	given(t, detected, asked, dpo.says("2024-04-02", ApproveErasure{})).when(officer.says("2024-04-03", splitTwo.cmd)).refused("erased", "")
	given(t, detected, again, mergedTwo).when(officer.says("2024-04-04", splitTwo.cmd).to(secondCase)).refused("merged", "")
	closed := officer.says("2024-03-03", CloseCase{Reason: "contact_lost"})
	given(t, detected, closed).when(splitTwo).then("CaseSplit", "!after_closure")
}
