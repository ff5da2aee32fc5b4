package domain

import (
	"slices"
	"strings"
	"testing"
)

var (
	explained  = officer.says("2024-03-11", ExplainRedressRights{Language: "az"})
	identified = []said{detected, handedOver, screened, assessed, decided, explained}
	defended   = officer.says("2024-03-12", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_representation"}})
)

func then(story []said, more ...said) []said { return append(slices.Clone(story), more...) }

// at says where the first event of the last decision on the case stands.
func (w *world) at() EventAt {
	all := w.log.streams[theCase.String()]
	return EventAt{all[len(all)-1].ID, 0}
}

// reversed is the case after its decision was replaced by another.
func (c *Case) reversed(at, outcome string) *Case {
	c.Outcome, c.Decided = outcome, mustWhen(at)
	c.after(Decision{Happened: c.Decided})
	return c
}

func decides(t *testing.T, c *Case, s said) (types []string, code string) {
	t.Helper()
	events, err := s.cmd.(Command[Case]).decide(c, Request{By: s.by, Happened: mustWhen(s.at), Now: specNow})
	if r, ok := AsRefusal(err); ok {
		return nil, r.Code
	}
	for _, e := range events {
		if r, is := e.(DeviationNoted); is {
			types = append(types, "!"+r.Code)
			continue
		}
		types = append(types, e.EventType())
	}
	return types, ""
}

func TestAllowance(t *testing.T) {
	pay := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	grant := fund.says("2024-03-20", GrantAllowance{Amount: 70000})
	given(t, identified...).when(grant).then("AllowanceGranted")
	given(t, then(identified, grant)...).when(pay).then("AllowancePaid")
	given(t, identified...).when(pay).then("AllowancePaid", "!grant_not_recorded")
	given(t, identified[:5]...).when(grant).then("AllowanceGranted", "!rights_not_explained")
	given(t, then(identified, grant)...).when(fund.says("2024-03-21", GrantAllowance{Amount: 70000})).refused("allowance_already_granted", "")
	given(t, then(identified, pay)...).when(fund.says("2024-05-01", PayAllowance{Amount: 70000})).refused("allowance_already_paid", "")
	for _, cmd := range []Asked{GrantAllowance{Amount: 40000}, PayAllowance{Amount: 40000}} {
		given(t, identified...).when(fund.says("2024-04-01", cmd)).refused("allowance_amount", "amount")
	}
	for _, cmd := range []Asked{GrantAllowance{Amount: 70000}, PayAllowance{Amount: 70000}} {
		given(t, identified...).when(fund.says("2024-03-09", cmd)).refused("before_decision", "happened")
		given(t, identified...).when(officer.says("2024-04-01", cmd)).refused("role_not_allowed", "")
		given(t, detected, handedOver).when(fund.says("2024-04-01", cmd)).refused("no_such_case", "") // nothing is due yet: the fund has nothing to do with the case
		negative := head.says("2024-03-10", DecideIdentification{Outcome: "negative", Grounds: []string{"screening"}})
		ask := officer.says("2024-03-05", RequestFundAssistance{Purpose: "medical", Amount: 10000})
		given(t, detected, handedOver, ask, negative).when(fund.says("2024-04-01", cmd)).refused("not_identified", "")
	}
	w := given(t, identified...).when(grant).then("AllowanceGranted")
	last := w.log.all()[len(w.log.all())-1].Events[0]
	if e, ok := last.(AllowanceGranted); !ok || e.Currency != "AZN" || e.Rule != mustDay("2024-01-01") || !e.Decision.Equal(mustWhen("2024-03-10")) {
		t.Errorf("granted: %+v", last)
	}
}

func TestAllowanceOncePerPositiveDecisionInForce(t *testing.T) {
	pay := func(day string) said { return fund.says(day, PayAllowance{Amount: 70000}) }
	state := func() *Case { return given(t, then(identified, pay("2024-04-01"))...).state() }
	if _, code := decides(t, state().reversed("2024-05-01", "negative"), pay("2024-05-02")); code != "not_identified" {
		t.Errorf("after the reversal: %q", code)
	}
	if _, code := decides(t, state().reversed("2024-05-01", "negative"), pay("2024-04-15")); code != "allowance_already_paid" {
		t.Errorf("for a day before the reversal: %q", code)
	}
	unpaid := given(t, identified...).state().reversed("2024-05-01", "negative")
	if got, code := decides(t, unpaid, pay("2024-04-15")); code != "" || got[0] != "AllowancePaid" {
		t.Errorf("paid before the reversal, learned after it: %v %q", got, code)
	}
	again := state().reversed("2024-05-01", "negative").reversed("2024-06-01", "positive")
	if !again.AllowanceDue() {
		t.Error("after a new positive decision nothing is due")
	}
	if got, code := decides(t, again, pay("2024-06-02")); code != "" || !slices.Contains(got, "!allowance_paid_before") {
		t.Errorf("after a new positive decision: %v %q", got, code)
	}
	if _, code := decides(t, again, pay("2024-05-15")); code != "before_decision" {
		t.Errorf("between the two: %q", code)
	}
	claim := lawyer.says("2024-05-02", FileClaim{Forum: "criminal", Amount: 100})
	if _, code := decides(t, state().reversed("2024-05-01", "negative"), claim); code != "not_identified" {
		t.Errorf("a claim after the reversal: %q", code)
	}
	claim.at = "2024-04-15"
	if _, code := decides(t, state().reversed("2024-05-01", "negative"), claim); code != "" {
		t.Errorf("a claim before the reversal: %q", code)
	}
}

func TestFund(t *testing.T) {
	ask := officer.says("2024-03-15", RequestFundAssistance{Purpose: "medical", Amount: 50000})
	grant := fund.says("2024-03-20", GrantFundAssistance{Amount: 40000})
	refuse := fund.says("2024-03-20", RefuseFundAssistance{Reason: "no_means"})
	pay := func(day string, amount Qepik) said {
		return fund.says(day, PayFundAssistance{Purpose: "medical", Amount: amount})
	}
	given(t, then(identified, ask)...).when(grant).then("FundAssistanceGranted")
	given(t, then(identified, ask)...).when(refuse).then("FundAssistanceRefused")
	given(t, identified...).when(grant).refused("fund_not_requested", "")
	given(t, then(identified, ask, grant)...).when(refuse).refused("already_decided", "")
	given(t, then(identified, ask)...).when(fund.says("2024-03-14", GrantFundAssistance{Amount: 1})).refused("before_request", "happened")
	own := fund.says("2024-03-15", RequestFundAssistance{Purpose: "medical", Amount: 50000})
	given(t, then(identified, own)...).when(grant).refused("own_request", "")
	given(t, then(identified, own)...).when(refuse).refused("own_request", "")
	given(t, then(identified, own)...).when(Actor{"u-fund-2", FundOfficer, "fund"}.says("2024-03-20", GrantFundAssistance{Amount: 1})).then("FundAssistanceGranted")
	second := officer.says("2024-03-16", RequestFundAssistance{Purpose: "travel", Amount: 5000})
	w := given(t, then(identified, ask)...)
	first := w.at()
	w.when(second).then("FundAssistanceRequested")
	w.when(grant).refused("required", "request")
	w.when(fund.says("2024-03-20", GrantFundAssistance{Amount: 40000, Request: first})).then("FundAssistanceGranted")
	w.when(fund.says("2024-03-20", GrantFundAssistance{Amount: 1, Request: EventAt{NewID(), 0}})).refused("no_such_event", "request")
	w.when(fund.says("2024-03-22", PayFundAssistance{Purpose: "travel", Amount: 1, Request: first})).refused("other_purpose", "purpose")

	given(t, then(identified, ask, grant)...).when(pay("2024-03-22", 40000)).then("FundAssistancePaid")
	given(t, then(identified, ask, grant, pay("2024-03-22", 30000))...).when(pay("2024-03-23", 10000)).then("FundAssistancePaid")
	given(t, then(identified, ask, grant, pay("2024-03-22", 30000))...).when(pay("2024-03-23", 10001)).refused("more_than_granted", "amount")
	given(t, then(identified, ask, grant, pay("2024-03-22", 40000))...).when(pay("2024-03-23", 1)).refused("more_than_granted", "amount")
	given(t, then(identified, ask)...).when(pay("2024-03-22", 40000)).then("FundAssistancePaid", "!grant_not_recorded")
	given(t, identified...).when(pay("2024-03-22", 40000)).then("FundAssistancePaid", "!fund_not_requested")
	w = given(t, then(identified, ask)...)
	first = w.at()
	w.when(refuse).then("FundAssistanceRefused")
	w.when(fund.says("2024-03-22", PayFundAssistance{Purpose: "medical", Amount: 1, Request: first})).refused("fund_refused", "")
	for _, reason := range Codes("fund_refusal") { // NRM Rules 3.6: help does not depend on cooperation
		if strings.Contains(reason.Code+reason.EN, "cooperat") {
			t.Errorf("the Fund may refuse because of %s", reason.Code)
		}
	}
}

func TestCompensation(t *testing.T) {
	claim := lawyer.says("2024-04-01", FileClaim{Forum: "criminal", Amount: 500000, Heads: []string{"wages", "moral"}})
	award := lawyer.says("2024-05-01", RecordAward{Amount: 300000, Source: "trafficker"})
	reject := prosecutor.says("2024-05-01", RejectClaim{Reason: "acquitted"})
	part := lawyer.says("2024-05-10", RecordCompensationPayment{Amount: 200000, Source: "trafficker"})
	story := then(identified, defended, officer.says("2024-03-12", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}}))
	given(t, story...).when(claim).then("CompensationClaimFiled")
	given(t, then(identified[:5], defended)...).when(claim).then("CompensationClaimFiled", "!rights_not_explained")
	given(t, detected, handedOver, defended).when(claim).refused("not_identified", "")
	given(t, then(story, claim)...).when(award).then("CompensationAwarded")
	given(t, story...).when(award).then("CompensationAwarded", "!claim_not_recorded")
	given(t, then(story, claim)...).when(reject).then("CompensationRejected")
	given(t, story...).when(reject).then("CompensationRejected", "!claim_not_recorded")
	given(t, then(story, claim, award)...).when(reject).refused("already_decided", "")
	given(t, then(story, claim, reject)...).when(prosecutor.says("2024-05-02", RejectClaim{Reason: "acquitted"})).refused("already_decided", "")
	given(t, then(story, claim, reject)...).when(lawyer.says("2024-06-01", RecordAward{Amount: 300000, Source: "trafficker"})).then("CompensationAwarded") // a higher court
	given(t, then(story, claim)...).when(prosecutor.says("2024-03-31", RejectClaim{Reason: "acquitted"})).refused("before_claim", "happened")

	given(t, then(story, claim, award)...).when(part).then("CompensationPaid")
	given(t, then(story, claim, award, part)...).when(lawyer.says("2024-05-20", RecordCompensationPayment{Amount: 100001, Source: "trafficker"})).refused("more_than_awarded", "amount")
	given(t, then(story, claim, award, part)...).when(lawyer.says("2024-05-20", RecordCompensationPayment{Amount: 100000, Source: "fund"})).then("CompensationPaid", "!paid_by_other_source")
	given(t, then(story, claim)...).when(part).refused("more_than_awarded", "amount")

	w := given(t, then(story, claim, award)...)
	first := w.at()
	w.when(lawyer.says("2024-05-02", FileClaim{Forum: "civil", Amount: 90000})).then("CompensationClaimFiled")
	w.when(lawyer.says("2024-05-20", RecordAward{Amount: 80000, Source: "trafficker"})).then("CompensationAwarded")
	w.when(part).refused("required", "award")
	w.when(lawyer.says("2024-05-10", RecordCompensationPayment{Amount: 300001, Source: "trafficker", Award: first})).refused("more_than_awarded", "amount")
	w.when(lawyer.says("2024-05-10", RecordCompensationPayment{Amount: 300000, Source: "trafficker", Award: first})).then("CompensationPaid")
	w.when(lawyer.says("2024-05-11", RecordCompensationPayment{Amount: 80000, Source: "trafficker"})).then("CompensationPaid")
	w.when(lawyer.says("2024-05-12", RecordCompensationPayment{Amount: 1, Source: "trafficker", Award: EventAt{NewID(), 0}})).refused("no_such_event", "award")
	if r := w.state().Redress; r.Awards[0].Paid() != 300000 || r.Awards[1].Paid() != 80000 || r.Awards[1].Of != r.Claims[1].At {
		t.Errorf("awards %+v of claims %+v", r.Awards, r.Claims)
	}
	two := given(t, then(story, claim, lawyer.says("2024-04-02", FileClaim{Forum: "civil", Amount: 90000}))...)
	two.when(award).refused("required", "claim")
	two.when(lawyer.says("2024-05-01", RecordAward{Amount: 300000, Source: "trafficker", Claim: two.at()})).then("CompensationAwarded")
}
