package domain

import (
	"encoding/json"
	"testing"
)

var (
	again     = police.says("2024-04-01", referral()).to(secondCase)
	sameOne   = officer.says("2024-04-02", JudgeDuplicate{Other: secondCase.Ref(), Verdict: "same"})
	mergedTwo = officer.says("2024-04-03", MergeCases{Other: secondCase.Ref()})
)

func again2(at string) RegisterReferral {
	r := referral()
	r.Told = mustWhen(at)
	return r
}

func init() { again.cmd = again2("2024-04-01T21:00") }

func (w *world) hash(s Stream) string {
	w.t.Helper()
	c, err := Fold[Case](w.log.streams[s.String()])
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func TestMergeAndUndo(t *testing.T) {
	w := given(t, detected, handedOver, again, sameOne)
	one, two := w.hash(theCase), w.hash(secondCase)
	w.when(mergedTwo).then("DuplicateMerged")
	w.audited()
	for _, spec := range CommandSpecs() { // what nobody may ask of a merged case is refused as such
		if spec.Kind != CaseKind || spec.Opens() || spec.OnMerged() {
			continue
		}
		c, err := Fold[Case](w.log.streams[secondCase.String()])
		if err != nil {
			t.Fatal(err)
		}
		_, joint := spec.zero.(aboutMerged)
		if err := c.merged(Request{By: Actor{Role: spec.Givers()[0]}}, spec.zero); err == nil && !joint && spec.Givers()[0] != Clock {
			t.Errorf("%s is left out and would be taken", spec.Name)
		}
	}
	w.when(officer.says("2024-04-04", UndoMerge{Other: theCase.Ref(), Reason: "typing"}).to(secondCase)).refused("merged", "")
	if got := w.events(secondCase); got[len(got)-1] != "DuplicateMerged" {
		t.Error(got)
	}
	w.when(officer.says("2024-04-04", AssessRisk{Level: "low"}).to(secondCase)).refused("merged", "")
	w.when(officer.says("2024-04-04", MergeCases{Other: theCase.Ref()}).to(secondCase)).refused("merged", "")
	if _, err := ClockActor().says("2024-06-20", MarkOverdue{Rule: "handover"}).to(secondCase).execute(w.log); err != nil {
		t.Error(err) // the clock may come late
	}
	if got := w.events(secondCase); got[len(got)-1] != "DuplicateMerged" {
		t.Error(got)
	}
	w.when(officer.says("2024-04-05", UndoMerge{Other: secondCase.Ref(), Reason: "typing"})).then("MergeUndone")
	if w.hash(theCase) != one || w.hash(secondCase) != two {
		t.Errorf("merged and taken apart, the cases are not as they were:\n%s\n%s\n%s\n%s", one, w.hash(theCase), two, w.hash(secondCase))
	}
	w.when(officer.says("2024-04-06", AssessRisk{Level: "low"}).to(secondCase)).then("RiskAssessed")
	w.when(officer.says("2024-04-07", MergeCases{Other: secondCase.Ref()})).then("DuplicateMerged")
	w.audited()
}

func TestMergesThatAreRefusedOrRemarked(t *testing.T) {
	w := given(t, detected, again)
	w.when(mergedTwo).then("DuplicateMerged", "!not_judged_same")
	w.when(officer.says("2024-04-03", UndoMerge{Other: theCase.Ref(), Reason: "typing"}).to(secondCase)).refused("merged", "")
	given(t, detected, again).when(officer.says("2024-04-03", UndoMerge{Other: secondCase.Ref(), Reason: "typing"})).refused("not_merged", "")
	given(t, detected).when(mergedTwo).refused("no_such_case", "other")
	given(t, detected, again).when(officer.says("2024-04-03", MergeCases{Other: theCase.Ref()})).refused("same_stream", "other")
	given(t, detected, again).when(head.says("2024-04-03", MergeCases{Other: secondCase.Ref()})).refused("role_not_allowed", "")
	given(t, detected, again, requested.on2(secondCase), admitted.on2(secondCase)).when(mergedTwo).refused("still_sheltered", "")
	given(t, detected, again, officer.says("2024-04-02", RequestErasure{Reason: "retention_over"})).when(mergedTwo).refused("erasure_asked", "")
	given(t, detected, again, officer.says("2024-04-02", RequestErasure{Reason: "retention_over"}), dpo.says("2024-04-02", ApproveErasure{})).when(mergedTwo).refused("erased", "")
}

// on2 tells the same of another case, a month later.
func (s said) on2(stream Stream) said {
	s.on = stream
	s.at = "2024-04-02T0" + map[bool]string{true: "1", false: "3"}[s.by == duty] + ":00"
	return s
}

// To erase the person is to erase all of their cases, and a hold on one of them
// holds all.
func TestErasureOfAMergedPerson(t *testing.T) {
	third := CaseStream(NewRef("the third case"))
	w := given(t, detected, again, sameOne, mergedTwo)
	if _, err := again.to(third).execute(w.log); err != nil {
		t.Fatal(err)
	}
	w.when(officer.says("2024-04-10", MergeCases{Other: theCase.Ref()}).to(third)).then("DuplicateMerged", "!not_judged_same")
	w.when(officer.says("2024-04-11", RequestErasure{Reason: "retention_over"}).to(secondCase)).refused("merged", "")
	w.when(officer.says("2024-04-11", RequestErasure{Reason: "retention_over"}).to(third)).then("ErasureRequested")
	w.when(officer.says("2024-04-12", ApproveErasure{}).to(third)).refused("role_not_allowed", "")
	w.when(dpo.says("2024-04-12", ApproveErasure{}).to(third)).then("IdentityErased")
	for _, s := range []Stream{theCase, secondCase, third} {
		if c, err := Fold[Case](w.log.streams[s.String()]); err != nil || !c.Erased() {
			t.Errorf("%s is not erased: %v", s, err)
		}
	}
	if _, err := ClockActor().says("", CompleteErasure{Keys: 1}).to(secondCase).execute(w.log); err != nil {
		t.Error(err)
	}
	w.audited()

	held := given(t, detected, again, prosecutorOn(secondCase), sameOne, mergedTwo, officer.says("2024-04-11", RequestErasure{Reason: "retention_over"}))
	held.when(dpo.says("2024-04-12", ApproveErasure{})).refused("legal_hold", "")
}

func prosecutorOn(s Stream) said {
	return head.says("2024-04-02", PlaceLegalHold{Reason: "court"}).to(s)
}

func TestDuplicateJudged(t *testing.T) {
	w := given(t, detected, again)
	w.when(officer.says("2024-04-02", JudgeDuplicate{Other: secondCase.Ref(), Verdict: "not_sure"})).then("DuplicateJudged")
	w.when(duty.says("2024-04-03", JudgeDuplicate{Other: theCase.Ref(), Verdict: "different"}).to(secondCase)).then("DuplicateJudged")
	if got := w.state().Verdicts[secondCase.Ref()]; got != "different" {
		t.Errorf("the last verdict is %q", got)
	}
	w.when(shelter.says("2024-04-04", JudgeDuplicate{Other: secondCase.Ref(), Verdict: "same"})).refused("role_not_allowed", "")
	w.when(officer.says("2024-04-04", JudgeDuplicate{Other: NewRef("nobody"), Verdict: "same"})).refused("no_such_case", "other")
	given(t, detected, again, officer.says("2024-04-02", RequestErasure{Reason: "retention_over"}), dpo.says("2024-04-02", ApproveErasure{})).
		when(officer.says("2024-04-04", JudgeDuplicate{Other: secondCase.Ref(), Verdict: "same"})).refused("erased", "")
}
