package domain

import (
	"context"
	"slices"
	"testing"
)

func TestSuspendedAccessOverridesEveryRole(t *testing.T) {
	suspend := head.says("2024-03-05", SuspendIdentityAccess{Decision: "CR-2024/153", Body: "court"})
	restore := prosecutor.says("2024-04-05", RestoreIdentityAccess{Decision: "CR-2024/200", Body: "court"})
	known := officer.says("2024-03-03", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	story := []said{detected, handedOver, requested, admitted, known}
	w := given(t, story...).when(suspend).then("IdentityAccessSuspended")
	for _, by := range []Actor{officer, head, shelter} {
		for _, of := range Compartments() {
			if of.Sealed() && MayRead(by, w.state().Access, of, specNow) {
				t.Errorf("%s reads %s although access is suspended", by.Role, of)
			}
		}
		if !MaySee(by, w.state().Access, specNow) || !MayRead(by, w.state().Access, Flow, specNow) {
			t.Errorf("%s no longer sees what happens", by.Role)
		}
	}
	if MaySee(police, given(t, detected, handedOver, suspend.to(theCase)).state().Access, specNow) != MaySee(police, given(t, detected).state().Access, specNow) {
		t.Error("a suspension opens the case to somebody")
	}
	w.when(head.says("2024-03-06", suspend.cmd)).refused("already_suspended", "")
	w.when(prosecutor.says("2024-03-04", restore.cmd)).refused("before_start", "happened")
	w.when(restore).then("IdentityAccessRestored")
	if !MayRead(officer, w.state().Access, Identity, specNow) {
		t.Error("access was restored and is not")
	}
	w.when(prosecutor.says("2024-04-06", restore.cmd)).refused("not_suspended", "")
	given(t, story...).when(restore).refused("not_suspended", "")
	given(t, story...).when(officer.says("2024-03-05", suspend.cmd)).refused("role_not_allowed", "")
	given(t, story...).when(head.says("2024-03-05", SuspendIdentityAccess{Body: "court"})).refused("required", "decision_no")
	given(t, story...).when(prosecutor.says("2024-03-15", suspend.cmd)).then("IdentityAccessSuspended")

	late := given(t, append(story, suspend, restore)...).when(head.says("2024-03-20", SuspendIdentityAccess{Decision: "7", Body: "court"})).then("IdentityAccessSuspended")
	if suspendedIn(late.state().Access) {
		t.Error("a suspension that was lifted since holds again because it was recorded late")
	}
}

// TestAMeasureThatSuspendsAccessDoes: a measure of that kind would otherwise be
// said to protect the person's data, and everybody would go on reading them.
func TestAMeasureThatSuspendsAccessDoes(t *testing.T) {
	order := OrderProtection{Measure: "data_access_suspended", Basis: "court_decision", Decision: "CR-2024/153"}
	restore := prosecutor.says("2024-04-05", RestoreIdentityAccess{Decision: "CR-2024/200", Body: "court"})
	lift := head.says("2024-03-20", EndProtection{Measure: "data_access_suspended"})
	story := []said{detected, handedOver, officer.says("2024-03-03", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})}
	for _, subject := range []string{"", "person"} {
		order.Subject = subject
		w := given(t, story...).when(head.says("2024-03-05", order)).then("ProtectionMeasureOrdered", "IdentityAccessSuspended")
		if MayRead(officer, w.state().Access, Identity, specNow) {
			t.Error("access is suspended by a measure, and an officer reads the name")
		}
		w.when(lift).refused("access_suspended", "")
		w.when(restore).then("IdentityAccessRestored", "ProtectionMeasureEnded")
		if c := w.state(); len(c.Measures) != 0 || !MayRead(officer, c.Access, Identity, specNow) {
			t.Errorf("access was restored: %v", c.Measures)
		}
		given(t, then(story, prosecutor.says("2024-03-04", SuspendIdentityAccess{Decision: "7", Body: "court"}))...).
			when(head.says("2024-03-05", order)).then("ProtectionMeasureOrdered") // they are suspended already
	}
	order.Subject = "close_relative" // of whom nothing is known here
	given(t, story...).when(head.says("2024-03-05", order)).then("ProtectionMeasureOrdered")
	given(t, then(story, head.says("2024-03-05", order))...).when(lift).then("ProtectionMeasureEnded")
	order.Subject, order.Decision = "person", ""
	given(t, story...).when(head.says("2024-03-05", order)).refused("required", "decision_no")
	order.Basis, order.Decision = "risk", "153"
	given(t, story...).when(head.says("2024-03-05", order)).refused("needs_decision", "basis")
}

func TestProtectionOfSeveralSubjects(t *testing.T) {
	guard := head.says("2024-03-05", OrderProtection{Measure: "guard", Subject: "person", Basis: "risk", Decision: "153"})
	relative := head.says("2024-03-06", OrderProtection{Measure: "guard", Subject: "close_relative"})
	w := given(t, detected, handedOver, officer.says("2024-03-04", RequestProtection{Subject: "person"})).when(guard).then("ProtectionMeasureOrdered")
	w.when(relative).then("ProtectionMeasureOrdered")
	w.when(head.says("2024-03-07", guard.cmd)).then() // it is in force
	w.when(head.says("2024-04-01", EndProtection{Measure: "guard", Subject: "person"})).then("ProtectionMeasureEnded")
	if got := w.state().Protection.InForce; len(got) != 1 {
		t.Errorf("the guard of the relative is gone too: %v", got)
	}
	w.when(head.says("2024-04-02", EndProtection{Measure: "guard", Subject: "person"})).then()
	w.when(head.says("2024-04-03", EndProtection{Measure: "guard"})).then("ProtectionMeasureEnded")
	if got := w.state().Protection.InForce; len(got) != 0 {
		t.Errorf("still in force: %v", got)
	}
}

func TestRiskBeforeAnOccasion(t *testing.T) {
	before := officer.says("2024-03-20", AssessRisk{Level: "low", Occasion: "return", ReviewOn: mustDay("2024-04-10"), Tool: "checklist", Plan: []string{"escort"}})
	w := given(t, detected, handedOver).when(before).then("RiskAssessed")
	w.when(officer.says("2024-03-10", AssessRisk{Level: "extreme"})).then("RiskAssessed")
	c := w.state()
	if c.Risk != "low" {
		t.Errorf("an assessment recorded late has undone a newer one: %s", c.Risk)
	}
	for _, tt := range []struct {
		occasion, at string
		days         int
		want         bool
	}{
		{"return", "2024-03-25", 5, true}, {"return", "2024-03-26", 5, false}, {"return", "2024-04-11", 60, true}, // the other one
		{"return", "2024-04-11", 30, false}, {"closure", "2024-03-25", 5, false}, {"closure", "2024-03-25", 20, true}, {"return", "2024-03-09", 60, false},
	} {
		if got := c.RiskAssessedFor(tt.occasion, mustWhen(tt.at), tt.days); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	given(t, detected, handedOver).when(officer.says("2024-03-20", AssessRisk{Level: "low", ReviewOn: mustDay("2024-03-19")})).refused("before_start", "review_on")
}

// TestASuspensionShutsAllThatIsKnownOfAPerson: also the cases that were merged into
// the one on which it was ordered, and it is lifted on all of them.
func TestASuspensionShutsAllThatIsKnownOfAPerson(t *testing.T) {
	suspend := SuspendIdentityAccess{Decision: "CR-2024/153", Body: "court"}
	restore := RestoreIdentityAccess{Decision: "CR-2024/200", Body: "court"}
	law := officer.says("2024-03-03", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	known := []said{detected, handedOver, law, detected.to(secondCase)}
	shut := func(w *world) (n int) {
		for _, s := range []Stream{theCase, secondCase} {
			c, err := Fold[Case](w.log.streams[s.String()])
			if err != nil {
				t.Fatal(err)
			}
			if suspendedIn(c.Access) && !MayRead(head, c.Access, Identity, specNow) {
				n++
			}
		}
		return n
	}
	w := given(t, then(known, mergedTwo)...)
	w.when(prosecutor.says("2024-04-10", suspend)).then("IdentityAccessSuspended")
	if n := shut(w); n != 2 {
		t.Errorf("%d of two cases are shut", n)
	}
	w.when(prosecutor.says("2024-04-10", suspend)).then()
	w.when(prosecutor.says("2024-04-11", suspend)).refused("already_suspended", "")
	w.when(prosecutor.says("2024-04-20", restore)).then("IdentityAccessRestored")
	if n := shut(w); n != 0 {
		t.Errorf("%d cases are still shut", n)
	}
	w.when(head.says("2024-04-21", suspend).to(secondCase)).then("IdentityAccessSuspended")
	w.when(prosecutor.says("2024-04-22", suspend)).then("IdentityAccessSuspended")
	if n := shut(w); n != 2 {
		t.Errorf("%d of two cases are shut after one had been", n)
	}
	w.audited()

	measure := given(t, then(known, mergedTwo)...)
	measure.when(head.says("2024-04-10", OrderProtection{Measure: dataAccess, Basis: "court_decision", Decision: "153"})).then("ProtectionMeasureOrdered", "IdentityAccessSuspended")
	if n := shut(measure); n != 2 {
		t.Errorf("%d of two cases are shut by a measure", n)
	}

	found := given(t, append(slices.Clone(known[:3]), again, mergedTwo, head.says("2024-03-20", suspend))...)
	if n := shut(found); n != 2 {
		t.Errorf("%d of two cases are shut, of which one began later", n)
	}
	found.when(prosecutor.says("2024-03-25", restore)).then("IdentityAccessRestored")
	if n := shut(found); n != 0 {
		t.Errorf("%d of two cases stay shut, of which one began later", n)
	}
	found.audited()

	req := Request{ID: NewID(), By: head, Happened: mustWhen("2024-03-20"), Claimed: mustWhen("2024-03-21").At, Now: specNow}
	early := given(t, known...)
	for n := range 2 { // imported, merged, and imported again
		out, err := Execute(context.Background(), early.log, req, theCase, suspend)
		if err != nil || out.Recorded != (n == 0) {
			t.Fatalf("time %d: %+v, %v", n, out, err)
		}
		if n == 0 {
			early.when(head.says("2024-03-20", suspend).to(secondCase)).then("IdentityAccessSuspended")
			early.when(mergedTwo).then("DuplicateMerged", "!not_judged_same")
		}
	}
	if _, err := Execute(context.Background(), early.log, req, theCase, SuspendIdentityAccess{Decision: "7", Body: "court"}); err == nil {
		t.Error("something else under the same id is accepted")
	}

	one := given(t, then(known, prosecutor.says("2024-03-20", suspend))...)
	one.when(mergedTwo).refused("suspended_on_one", "")
	one.when(head.says("2024-03-20", suspend).to(secondCase)).then("IdentityAccessSuspended")
	one.when(mergedTwo).then("DuplicateMerged", "!not_judged_same")
}
