package domain

import "testing"

// TestWhoeverIsBoundDoesNotTakeItBack: the police do not void what shuts them out,
// nor the complaint against their own decision, nor what the person declared.
func TestWhoeverIsBoundDoesNotTakeItBack(t *testing.T) {
	known := officer.says("2024-03-11", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	shut := prosecutor.says("2024-03-12", SuspendIdentityAccess{Decision: "CR-2024/153", Body: "court"})
	complaint := lawyer.says("2024-03-15", RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: "court"})
	w := given(t, append(undecided[:4:4], head.says("2024-03-10", negative()), known, defended, shut, complaint)...)
	for _, by := range []Actor{officer, head} {
		for _, typ := range []string{"IdentityAccessSuspended", "ReviewRequested"} {
			w.when(by.says("2024-03-20", VoidEvent{Event: w.the(typ), Reason: "typing"})).refused("not_yours", "event")
			w.when(by.says("2024-03-20", CorrectFact{Event: w.the(typ), Reason: "typing", TookPlace: mustWhen("2024-03-19")})).refused("not_yours", "event")
		}
	}
	w.when(prosecutor.says("2024-03-20", VoidEvent{Event: w.the("IdentityAccessSuspended"), Reason: "wrong_case"})).then("EventVoided")
	w.when(lawyer.says("2024-03-20", VoidEvent{Event: w.the("ReviewRequested"), Reason: "person_asked"})).then("EventVoided")
	given(t, append(undecided[:4:4], known, shut)...).when(head.says("2024-03-13", RestoreIdentityAccess{Decision: "7", Body: "court"})).refused("role_not_allowed", "")
}

// TestAReviewKeepsItsRequest: what was decided was asked for.
func TestAReviewKeepsItsRequest(t *testing.T) {
	ask := func(at string) said {
		return lawyer.says(at, RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: "court"})
	}
	judged := func(at string) said { return prosecutor.says(at, DecideReview{Outcome: "confirmed", Body: "court"}) }
	known := officer.says("2024-03-11", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	story := append(undecided[:4:4], head.says("2024-03-10", negative()), known, defended, ask("2024-03-15"), judged("2024-03-18"))
	void := func(w *world, at EventAt) *world {
		return w.when(lawyer.says("2024-04-20", VoidEvent{Event: at, Reason: "person_asked"}))
	}
	w := given(t, story...)
	void(w, w.the("ReviewRequested")).refused("others_follow", "")
	w.when(prosecutor.says("2024-04-20", VoidEvent{Event: w.the("ReviewDecided"), Reason: "typing"})).then("EventVoided")
	void(w, w.the("ReviewRequested")).then("EventVoided")
	w = given(t, append(story, ask("2024-04-01"))...)
	void(w, w.firstOf("ReviewRequested")).refused("others_follow", "")
	void(w, w.the("ReviewRequested")).then("EventVoided") // nobody has decided the second
	w = given(t, append(story, ask("2024-04-01"), judged("2024-04-10"))...)
	void(w, w.the("ReviewRequested")).refused("others_follow", "")
}

// TestMoneyIsNotCorrectedAway: no correction makes payments exceed what was awarded
// or granted, nor takes the request from under its answer.
func TestMoneyIsNotCorrectedAway(t *testing.T) {
	colleague := Actor{"u-legal-2", LegalAid, lawyer.Organisation}
	claimed := lawyer.says("2024-03-13", FileClaim{Forum: "criminal", Amount: 200000})
	awarded := lawyer.says("2024-03-14", RecordAward{Amount: 100000, Source: "trafficker"})
	paid := lawyer.says("2024-03-15", RecordCompensationPayment{Amount: 50000, Source: "trafficker"})
	second := lawyer.says("2024-03-16", RecordAward{Amount: 900000, Source: "fund"})
	w := given(t, append(undecided[:4:4], decided, defended, claimed, awarded, paid, second)...)
	first := w.firstOf("CompensationAwarded")
	fix := func(at EventAt, amount Qepik) *world {
		return w.when(colleague.says("2024-03-20", CorrectFact{Event: at, Reason: "typing", Amount: amount}))
	}
	fix(first, 40000).refused("others_follow", "")
	fix(w.the("CompensationPaid"), 100001).refused("others_follow", "")
	w.when(lawyer.says("2024-03-20", VoidEvent{Event: first, Reason: "typing"})).refused("others_follow", "")
	w.when(lawyer.says("2024-03-20", VoidEvent{Event: w.the("CompensationClaimFiled"), Reason: "typing"})).refused("others_follow", "")
	fix(w.the("CompensationPaid"), 100000).then("FactCorrected")
	w.when(colleague.says("2024-03-20", VoidEvent{Event: w.the("CompensationPaid"), Reason: "typing"})).then("EventVoided")
	w.when(lawyer.says("2024-03-20", VoidEvent{Event: first, Reason: "typing"})).then("EventVoided")

	other := Actor{"u-fund-2", FundOfficer, "fund"}
	asked := officer.says("2024-03-13", RequestFundAssistance{Purpose: "living_costs", Amount: 60000})
	granted := fund.says("2024-03-14", GrantFundAssistance{Amount: 50000})
	part := fund.says("2024-03-15", PayFundAssistance{Purpose: "living_costs", Amount: 30000})
	f := given(t, append(undecided[:4:4], asked, granted, part)...)
	f.when(other.says("2024-03-20", CorrectFact{Event: f.the("FundAssistanceGranted"), Reason: "typing", Amount: 20000})).refused("others_follow", "")
	f.when(other.says("2024-03-20", CorrectFact{Event: f.the("FundAssistancePaid"), Reason: "typing", Amount: 50001})).refused("others_follow", "")
	f.when(other.says("2024-03-20", VoidEvent{Event: f.the("FundAssistanceGranted"), Reason: "typing"})).refused("others_follow", "")
	f.when(officer.says("2024-03-20", VoidEvent{Event: f.the("FundAssistanceRequested"), Reason: "typing"})).refused("others_follow", "")
	f.audited()

	a := given(t, append(undecided[:4:4], decided, fund.says("2024-03-12", GrantAllowance{Amount: 70000}), fund.says("2024-03-13", PayAllowance{Amount: 70000}))...)
	a.when(fund.says("2024-03-20", CorrectFact{Event: a.the("AllowanceGranted"), Reason: "typing", Amount: 1})).refused("void_instead", "")
	a.when(other.says("2024-03-20", CorrectFact{Event: a.the("AllowancePaid"), Reason: "typing", TookPlace: mustWhen("2024-03-09")})).refused("others_follow", "")
	a.when(head.says("2024-03-20", CorrectFact{Event: a.the("IdentificationDecided"), Reason: "typing", TookPlace: mustWhen("2024-03-14")})).refused("others_follow", "")
	a.when(other.says("2024-03-20", VoidEvent{Event: a.the("AllowancePaid"), Reason: "typing"})).then("EventVoided")
	a.when(fund.says("2024-03-21", PayAllowance{Amount: 70000})).then("AllowancePaid", "!rights_not_explained")
	a.audited()
}

// TestAPositiveDecisionKeepsItsHandover: nobody decides about a person they have
// not received, not even afterwards.
func TestAPositiveDecisionKeepsItsHandover(t *testing.T) {
	w := given(t, append(undecided[:4:4], decided)...)
	w.when(duty.says("2024-03-20", VoidEvent{Event: w.the("HandoverAccepted"), Reason: "typing"})).refused("others_follow", "")
	u := given(t, undecided[:2]...)
	u.when(duty.says("2024-03-20", VoidEvent{Event: u.the("HandoverAccepted"), Reason: "typing"})).then("EventVoided")
}

// TestAMergedCaseCanBeShut: what protects the person reaches the case that was
// merged too: its data are still there.
func TestAMergedCaseCanBeShut(t *testing.T) {
	other := CaseStream(NewRef("the other case"))
	w := given(t, detected, detected.to(other), officer.says("2024-03-03", MergeCases{Other: other.Ref()}))
	if _, err := officer.says("2024-03-04", AddNote{Text: "x"}).to(other).execute(w.log); err == nil {
		t.Error("a merged case takes a note")
	}
	w.when(head.says("2024-03-05", SuspendIdentityAccess{Decision: "153", Body: "court"}).to(other)).then("IdentityAccessSuspended")
	w.when(head.says("2024-03-05", PlaceLegalHold{Reason: Codes("hold_reason")[0].Code}).to(other)).then("LegalHoldPlaced")
}

// firstOf is the first event of a type on the case.
func (w *world) firstOf(typ string) EventAt {
	for _, d := range w.log.streams[theCase.String()] {
		for n, e := range d.Events {
			if e.EventType() == typ {
				return EventAt{d.ID, n}
			}
		}
	}
	w.t.Fatalf("no %s", typ)
	return EventAt{}
}

// A body that was asked by mistake sees nothing any more, not even if it had
// accepted.
func TestVoidedReferralOpensNothing(t *testing.T) {
	w := given(t, detected, handedOver, officer.says("2024-03-05", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}}),
		lawyer.says("2024-03-06", AcceptServiceReferral{Services: []string{"legal_info"}}))
	sent := w.log.streams[theCase.String()][2]
	w.when(officer.says("2024-03-07", VoidEvent{Event: EventAt{sent.ID, 0}, Reason: "wrong_case"})).then("EventVoided")
	if MaySee(lawyer, w.state().Access, specNow) {
		t.Error("a body that was asked by mistake still sees the case")
	}
}
