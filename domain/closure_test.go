package domain

import (
	"slices"
	"testing"
	"time"
)

func TestClosure(t *testing.T) {
	closing := officer.says("2024-05-01", CloseCase{Reason: "reintegrated"})
	told := officer.says("2024-03-11", SendServiceReferral{Organisation: "fund", Services: []string{"legal_info"}})
	paid := fund.says("2024-03-20", PayAllowance{Amount: 70000})
	given(t, detected, handedOver, screened, assessed, decided, told, paid).when(closing).then("CaseClosed")
	given(t, detected, handedOver, screened, assessed, decided).when(closing).then("CaseClosed", "!open_duties") // the allowance is due
	given(t, detected, requested, admitted).when(closing).refused("still_sheltered", "")
	given(t, detected).when(closing).then("CaseClosed", "!open_duties", "!identification_missing")
	given(t, detected, closing).when(officer.says("2024-05-02", CloseCase{Reason: "reintegrated"})).refused("already_closed", "")
	reopen := officer.says("2024-06-01", ReopenCase{Reason: "new_facts"})
	given(t, detected, handedOver, closing).when(reopen).then("CaseReopened")
	given(t, detected).when(reopen).refused("not_closed", "")
	given(t, detected, closing).when(officer.says("2024-04-30", ReopenCase{Reason: "new_facts"})).refused("before_closure", "happened")
	given(t, detected, handedOver, closing).when(officer.says("2024-05-20", AssessRisk{Level: "low"})).then("RiskAssessed", "!after_closure")
	given(t, detected, handedOver, closing).when(officer.says("2024-04-20", AssessRisk{Level: "low"})).then("RiskAssessed")
}

func TestClosureGivesUpWhatIsOpenWithAReason(t *testing.T) {
	waiving := officer.says("2024-05-01", CloseCase{Reason: "withdrew", WaiverReason: "person_declined"})
	w := given(t, detected, officer.says("2024-03-04", RecordServiceNeed{Service: "psychological"})).when(waiving).then("CaseClosed", "!identification_missing")
	last := w.log.all()[len(w.log.all())-1].Events[0]
	if e := last.(CaseClosed); !slices.Equal(e.Waived, []string{"duties", "identification", "services"}) {
		t.Errorf("given up: %v", e.Waived)
	}
	pay := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	given(t, then(identified, pay)...).when(waiving).refused("nothing_open", "waiver_reason")
	award := lawyer.says("2024-04-20", RecordAward{Amount: 300000, Source: "trafficker"})
	owed := then(identified, pay, defended, award)
	given(t, owed...).when(officer.says("2024-05-01", CloseCase{Reason: "reintegrated"})).refused("award_unpaid", "followed_up_by")
	given(t, owed...).when(officer.says("2024-05-01", CloseCase{Reason: "died"})).then("CaseClosed", "!award_unpaid")
	given(t, owed...).when(officer.says("2024-05-01", CloseCase{Reason: "reintegrated", FollowedUpBy: "legal-aid-a"})).then("CaseClosed")
	given(t, then(identified, pay)...).when(officer.says("2024-05-01", CloseCase{Reason: "reintegrated", FollowedUpBy: "legal-aid-a"})).refused("nothing_open", "followed_up_by")
	all := given(t, then(owed, officer.says("2024-04-01", RequestFundAssistance{Purpose: "medical", Amount: 1000}), lawyer.says("2024-04-21", FileClaim{Forum: "civil", Amount: 1000}))...)
	if open := all.state().openItems(); !slices.Equal(open, []string{"fund_answer", "claim", "award"}) {
		t.Errorf("open: %v", open)
	}
}

// happens is an event of another step, of which the closure knows the name.
type happens string

func (h happens) EventType() string { return string(h) }
func (happens) apply(*Case, Times)  {}
func (h happens) on(c *Case) *Case  { c.after(Decision{Events: []AnyEvent{h}}); return c }
func (c *Case) closing(reason string) said {
	return officer.says("2024-05-01", CloseCase{Reason: reason})
}

func TestClosureWaitsForAReview(t *testing.T) {
	state := func() *Case { return happens("ReviewRequested").on(given(t, identified...).state()) }
	c := state()
	if _, code := decides(t, c, c.closing("reintegrated")); code != "review_waits" {
		t.Errorf("closed while a review waits: %q", code)
	}
	if got, code := decides(t, c, c.closing("died")); code != "" || !slices.Contains(got, "!review_waits") {
		t.Errorf("the person died: %v %q", got, code)
	}
	for _, end := range []happens{"ReviewDecided", "IdentificationReversed"} {
		c := end.on(state())
		if got, code := decides(t, c, c.closing("reintegrated")); code != "" || slices.Contains(got, "!review_waits") {
			t.Errorf("after %s: %v %q", end, got, code)
		}
	}
	req := Request{By: officer, Happened: mustWhen("2024-05-01"), Now: specNow, Claimed: mustWhen("2024-05-01").At}
	if _, err := (CloseCase{Reason: "reintegrated"}).decide(state(), req); err != nil {
		t.Errorf("an import tells what was: %v", err)
	}
}

// A child's case does not end before it is known what becomes of the child.
func TestAChildNeedsALastingSolution(t *testing.T) {
	closing := officer.says("2024-05-01", CloseCase{Reason: "reintegrated"})
	determined := func(decision string) said {
		d := DetermineBestInterests{Purpose: "durable_solution", Options: []string{"parents"}, Decision: decision, Heard: true}
		if decision == "in_favour" {
			d.Solution = "parents"
		}
		return guardianship.says("2024-04-20", d)
	}
	for _, age := range []string{"child", "not_sure"} {
		given(t, child(age)...).when(closing).refused("durable_solution_missing", "")
		given(t, child(age, determined("against"))...).when(closing).refused("durable_solution_missing", "")
		w := given(t, child(age, determined("in_favour"))...)
		if _, err := closing.execute(w.log); err != nil {
			t.Errorf("%s: %v", age, err)
		}
		died := given(t, child(age)...)
		if got, code := decides(t, died.state(), officer.says("2024-05-01", CloseCase{Reason: "died"})); code != "" || !slices.Contains(got, "!durable_solution_missing") {
			t.Errorf("%s: %v %q", age, got, code)
		}
	}
	grown := officer.says("2024-05-01", SetChildStatus{Status: "adult", Basis: "turned_18", From: mustDay("2024-05-01")})
	w := given(t, child("child", grown)...)
	if _, err := closing.execute(w.log); err != nil {
		t.Error(err)
	}
}

func TestReTrafficking(t *testing.T) {
	late := police.says("2024-05-01T20:30", referral())
	late.cmd = func() Asked { r := referral(); r.Told = mustWhen("2024-05-01T21:00"); return r }()
	again := late.to(secondCase)
	link := head.says("2024-05-10", RecordReTrafficking{Earlier: theCase.Ref(), Known: "person"}).to(secondCase)
	w := given(t, then(identified, again)...).when(link).then("ReTraffickingRecorded")
	if got := w.events(theCase); got[len(got)-1] != "ReTraffickingRecorded" {
		t.Errorf("the earlier case has %v", got)
	}
	if c := w.state(); !slices.Equal(c.LaterCases, []Ref{secondCase.Ref()}) || len(c.EarlierCases) > 0 {
		t.Errorf("the earlier case: earlier %v, later %v", c.EarlierCases, c.LaterCases)
	}
	w.when(head.says("2024-05-11", RecordReTrafficking{Earlier: secondCase.Ref(), Known: "person"})).refused("not_later", "earlier")
	given(t, then(identified, again)...).when(officer.says("2024-05-10", link.cmd).to(secondCase)).refused("role_not_allowed", "")
	given(t, detected, handedOver, again).when(link).refused("not_identified", "earlier")
	given(t, then(identified, detected.to(secondCase))...).when(link).refused("not_later", "earlier")
	given(t, again).when(link).refused("no_such_case", "earlier")
	given(t, again).when(head.says("2024-05-10", RecordReTrafficking{Earlier: secondCase.Ref(), Known: "person"}).to(secondCase)).refused("same_stream", "earlier")
}

// A case that is closed and opened again has the duties that it had, with the time
// that they had left.
func TestReopenedDutiesRunOn(t *testing.T) {
	close := officer.says("2024-03-11", CloseCase{Reason: "withdrew"}) // the decision is due on 31 March
	reopen := officer.says("2024-05-11", ReopenCase{Reason: "new_facts"})
	k := clockOf(t, "identification", detected, handedOver, close, reopen)
	if want := mustDay("2024-05-31").End(); !k.Due.Equal(want) || k.State(want) != Overdue || k.State(want.Add(-time.Minute)) != Running {
		t.Errorf("due %s, want %s, and %s", k.Due.In(Baku), want, k.State(want))
	}
	late := clockOf(t, "identification", detected, handedOver, officer.says("2024-04-02", close.cmd), reopen)
	if late.State(specNow) != Overdue || !late.Due.Equal(mustDay("2024-03-31").End()) {
		t.Errorf("what was overdue at the closure is %s, due %s", late.State(specNow), late.Due.In(Baku))
	}
	halted := head.says("2024-03-10", SuspendDeadline{Rule: "identification", Reason: "health"})
	if k := clockOf(t, "identification", detected, handedOver, halted, close, reopen); k.State(specNow) != Halted {
		t.Errorf("what was suspended at the closure is %s", k.State(specNow))
	}
}
