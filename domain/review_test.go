package domain

import "testing"

var undecided = []said{detected, handedOver, screened, assessed}

func negative() DecideIdentification {
	return DecideIdentification{Outcome: "negative", Grounds: []string{"no_indicators"}, Informed: true}
}

func toPositive() ReverseIdentification {
	return ReverseIdentification{
		Outcome: "positive", Reasons: []string{"review_decision"}, Forms: []string{"forced_labour"}, Means: []string{"deception"}, Geography: "internal", Informed: true,
	}
}

func TestReviewOfADecision(t *testing.T) {
	no := head.says("2024-03-10", negative())
	ask := officer.says("2024-03-15", RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: "court"})
	decide := prosecutor.says("2024-04-10", DecideReview{Outcome: "reversed", Body: "court", Decision: "2-1/153"})
	liaison := officer.says("2024-03-11", SendServiceReferral{Organisation: prosecutor.Organisation, Services: []string{"legal_info"}})
	turn := head.says("2024-04-12", toPositive())
	story := append(undecided[:4:4], no, liaison)
	w := given(t, story...)
	w.when(decide).refused("no_review", "")
	w.when(officer.says("2024-03-09", ask.cmd)).refused("before_decision", "happened")
	w.when(ask).then("ReviewRequested")
	if got := w.state().Status; got != "pending_review" {
		t.Errorf("status under review: %s", got)
	}
	w.when(officer.says("2024-03-20", GrantReflection{Until: mustDay("2024-05-01")})).then("ReflectionGranted") // the person keeps the help
	w.when(officer.says("2024-03-16", ask.cmd)).refused("review_pending", "")
	w.when(prosecutor.says("2024-03-14", decide.cmd)).refused("before_request", "happened")
	w.when(decide).then("ReviewDecided")
	if c := w.state(); c.Outcome != "negative" || c.Status != "pending_review" {
		t.Errorf("a review decides by itself: %s, %s", c.Outcome, c.Status)
	}
	w.when(turn).then("IdentificationReversed")
	if c := w.state(); c.Outcome != "positive" || c.Status != "identified" || c.Decided.Day() != mustDay("2024-04-12") {
		t.Errorf("after the reversal: %s, %s, %s", c.Outcome, c.Status, c.Decided)
	}
	w.when(fund.says("2024-05-01", PayAllowance{Amount: 70000})).then("AllowancePaid", "!grant_not_recorded", "!rights_not_explained")

	for _, outcome := range []string{"confirmed", "inadmissible", "withdrawn"} {
		w := given(t, append(story[:6:6], ask)...).when(prosecutor.says("2024-04-10", DecideReview{Outcome: outcome, Body: "court"})).then("ReviewDecided")
		if c := w.state(); c.Outcome != "negative" || c.Status != "not_identified" || c.Review.Pending() {
			t.Errorf("%s: %s, %s, %+v", outcome, c.Outcome, c.Status, c.Review)
		}
	}
	given(t, undecided...).when(ask).refused("not_decided", "")
	w = given(t, append(undecided[:4:4], decided)...).when(ask).then("ReviewRequested")
	if got := w.state().Status; got != "identified" {
		t.Errorf("a positive decision holds while it is reviewed: %s", got)
	}
}

func TestReversal(t *testing.T) {
	yes := append(undecided[:4:4], decided)
	toNegative := head.says("2024-04-12", ReverseIdentification{Outcome: "negative", Reasons: []string{"new_facts"}, Informed: true})
	paid := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	w := given(t, append(yes, paid)...).when(toNegative).then("IdentificationReversed", "!paid_before_reversal")
	if c := w.state(); c.Outcome != "negative" || c.Status != "not_identified" || c.Redress.Allowance != 70000 {
		t.Errorf("%+v", c.Redress)
	}
	refer := officer.says("2024-04-13", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_representation"}})
	given(t, append(yes, toNegative, refer)...).when(lawyer.says("2024-05-01", FileClaim{Forum: "criminal", Amount: 500000})).refused("not_identified", "")
	given(t, yes...).when(head.says("2024-03-09", toNegative.cmd)).refused("before_decision", "happened")
	given(t, yes...).when(turned(toPositive(), "2024-04-12")).refused("already_decided", "")
	given(t, undecided...).when(toNegative).refused("not_decided", "")
	for _, other := range []Actor{duty, officer, coordinator, shelter, prosecutor} {
		given(t, yes...).when(other.says("2024-04-12", toNegative.cmd)).refused("role_not_allowed", "")
	}
	no := append(undecided[:4:4], head.says("2024-03-10", negative()))
	for field, spoil := range map[string]func(*ReverseIdentification){
		"forms":     func(c *ReverseIdentification) { c.Forms = nil },
		"means":     func(c *ReverseIdentification) { c.Means = nil },
		"geography": func(c *ReverseIdentification) { c.Geography = "" },
		"reasons":   func(c *ReverseIdentification) { c.Reasons = nil },
	} {
		vague := toPositive()
		spoil(&vague)
		given(t, no...).when(turned(vague, "2024-04-12")).refused("required", field)
	}
	early := toPositive()
	early.NotifiedAt = mustWhen("2024-04-11")
	given(t, no...).when(turned(early, "2024-04-12")).refused("before_decision", "notified_at")
	told := toPositive()
	told.NotifiedAt, told.ReviewInfo = mustWhen("2024-04-13"), true
	w = given(t, no...).when(turned(told, "2024-04-12")).then("IdentificationReversed")
	all := w.log.all()
	if e := all[len(all)-1].Events[0].(IdentificationReversed); !e.ReviewInfo || e.NotifiedAt != told.NotifiedAt {
		t.Errorf("%+v", e)
	}
	told.NotifiedAt = When{}
	given(t, no...).when(turned(told, "2024-04-12")).refused("required", "notified_at")
	suspended := toPositive()
	suspended.Outcome = "suspended"
	given(t, no...).when(turned(suspended, "2024-04-12")).refused("unknown_code", "outcome")
	untold := toPositive()
	untold.Informed = false
	given(t, no...).when(turned(untold, "2024-04-12")).then("IdentificationReversed", "!person_not_informed")
	pending := append(no, officer.says("2024-03-15", RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: "court"}))
	if c := given(t, pending...).when(turned(toPositive(), "2024-04-12")).then("IdentificationReversed").state(); c.Review.Pending() {
		t.Error("a review lasts although the decision it was about is reversed")
	}
}

func turned(cmd ReverseIdentification, at string) said { return head.says(at, cmd) }

func TestWhatADecisionSays(t *testing.T) {
	whole := positive()
	whole.Geography = "transnational_outbound"
	whole.Acts, whole.Controls, whole.Industry, whole.ExploitedIn = []string{"recruitment"}, []string{"takes_earnings"}, "F", "TR"
	whole.Decision, whole.NotifiedAt, whole.ReviewInfo, whole.AgeAtExploitation = "153", mustWhen("2024-03-11"), true, "25-34"
	w := given(t, undecided...).when(head.says("2024-03-10", whole)).then("IdentificationDecided")
	all := w.log.all()
	if e := all[len(all)-1].Events[0].(IdentificationDecided); e.Age != "adult" || e.AgeAtExploitation != "25-34" || e.Industry != "F" {
		t.Errorf("%+v", e)
	}
	for field, spoil := range map[string]func(*DecideIdentification){
		"means":       func(d *DecideIdentification) { d.Means = []string{"none_child"} },
		"notified_at": func(d *DecideIdentification) { d.NotifiedAt = mustWhen("2024-03-09") },
	} {
		bad := whole
		spoil(&bad)
		code := map[string]string{"means": "adult_needs_means", "notified_at": "before_decision"}[field]
		given(t, undecided...).when(head.says("2024-03-10", bad)).refused(code, field)
	}
	untold := whole
	untold.NotifiedAt = When{}
	given(t, undecided...).when(head.says("2024-03-10", untold)).refused("required", "notified_at")
	then := whole
	then.Means, then.AgeAtExploitation = []string{"none_child"}, "15-17" // of age now, a child then
	given(t, undecided...).when(head.says("2024-03-10", then)).then("IdentificationDecided")
}

func TestAgeAssessment(t *testing.T) {
	r := referral()
	r.Age = "not_sure"
	story := []said{police.says("2024-03-01T20:30", r), handedOver}
	assess := func(at, result string, methods ...string) said {
		return officer.says(at, AssessAge{Methods: methods, Result: result, Assent: true})
	}
	w := given(t, story...).when(assess("2024-03-05", "adult", "documents", "interview")).then("AgeAssessed")
	if w.state().TreatedAsChild() {
		t.Error("assessed as an adult and treated as a child")
	}
	w.when(assess("2024-03-04", "child", "documents")).then("AgeAssessed") // recorded late
	if w.state().TreatedAsChild() {
		t.Error("an assessment recorded late has undone a newer one")
	}
	given(t, story...).when(assess("2024-03-05", "adult", "medical")).then("AgeAssessed", "!medical_method_only")
	doubt := AssessAge{Methods: []string{"interview"}, Result: "adult", Doubt: true}
	given(t, story...).when(officer.says("2024-03-05", doubt)).refused("doubt_means_child", "result")
	doubt.Result = "not_sure"
	given(t, story...).when(officer.says("2024-03-05", doubt)).then("AgeAssessed", "!assessed_without_consent")
	given(t, story...).when(duty.says("2024-03-05", doubt)).refused("role_not_allowed", "")
}
