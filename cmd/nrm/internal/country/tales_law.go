package country

import (
	"time"

	"nrm/domain"
)

// reversed are three decisions that did not stay as they were, or did: one turned
// by a court, one confirmed, one turned by the unit itself after the allowance
// had been paid, which nobody has to give back.
func (c *country) reversed() {
	for n, of := range []struct {
		found            time.Time
		first, outcome   string
		number, decision string
	}{
		{on(2022, time.March, 15, 10, 0), "negative", "reversed", "Q-40/2022", "Q-61/2022"},
		{on(2022, time.June, 7, 10, 0), "negative", "confirmed", "Q-55/2022", ""},
		{on(2021, time.September, 14, 10, 0), "positive", "", "Q-33/2021", "Q-48/2021"},
	} {
		t := c.tale(somebody(nil), of.found, nil, nil).worth([]string{
			"a negative decision reversed after a review", "a negative decision confirmed after a review", "a positive decision reversed after the allowance was paid",
		}[n])
		t.after(5 * time.Hour)
		t.received()
		t.agrees(officer, "identification", 300)
		t.refers("legal-aid-a", "legal_info", "legal_representation")
		t.refers(prosecutor.org, "legal_representation")
		t.after(20*time.Hour).do(lawyer("legal-aid-a"), domain.AcceptServiceReferral{Services: []string{"legal_info", "legal_representation"}})
		t.after(3 * day)
		t.examined("low")
		t.reflects()
		t.after(10 * day)
		decided := t.now
		t.decided(of.first, of.number)
		t.do(lawyer("legal-aid-a"), domain.ExplainRedressRights{Language: "az"})
		if n == 2 {
			t.after(4 * day)
			t.allowed(decided)
			t.after(40*day).do(head, domain.ReverseIdentification{
				Outcome: "negative", Reasons: []string{"new_facts", "false_information"}, Informed: true, Decision: domain.Reference(of.decision), NotifiedAt: domain.At(t.now.Truncate(time.Minute)),
			})
			t.after(5*day).do(officer, domain.CloseCase{Reason: "negative_decision"})
			continue
		}
		t.after(8*day).do(lawyer("legal-aid-a"), domain.RequestReview{Party: "lawyer", Grounds: []string{"facts_overlooked", "not_heard"}, Body: "court"})
		t.after(24*day).do(prosecutor, domain.DecideReview{Outcome: of.outcome, Body: "court", Decision: "M-5/2022"})
		if of.outcome == "confirmed" {
			t.after(6*day).do(officer, domain.CloseCase{Reason: "negative_decision"})
			continue
		}
		t.after(2 * day)
		decided = t.now
		t.do(head, domain.ReverseIdentification{
			Outcome: "positive", Reasons: []string{"review_decision"}, Forms: t.p.forms, Means: t.p.means, Geography: t.p.geography, Informed: true,
			Decision: domain.Reference(of.decision), NotifiedAt: domain.At(t.now.Truncate(time.Minute)),
			ExploitationFields: domain.ExploitationFields{Acts: []string{"recruitment", "harbouring"}, Controls: []string{"threats", "takes_earnings"}, ExploitedIn: "TR", AgeAtExploitation: "25-34"},
		})
		t.after(5 * day)
		t.allowed(decided)
		t.after(9*day).do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
		t.do(officer, domain.CloseCase{Reason: "plan_completed"})
	}
}

// witness helps the proceedings: protected, her data shut by the prosecution
// body, heard in a closed room, with a verdict, two claims and the money in
// parts. One limit was suspended and one extended for her.
func (c *country) witness() {
	t := c.tale(somebody(nil), on(2022, time.October, 11, 16, 30), nil, reference("P-301/2022"))
	t.worth("a witness: data shut by the prosecution, testimony, verdict, two claims, an award paid in parts, the Fund, limits suspended and extended")
	t.after(3 * time.Hour)
	t.received()
	t.do(officer, domain.OpenCase{Number: "N-71/2022"})
	t.agrees(officer, "identification", 400)
	t.refers(prosecutor.org, "legal_representation")
	t.refers("legal-aid-b", "legal_info", "legal_representation")
	law := lawyer("legal-aid-b")
	t.after(day).do(law, domain.AcceptServiceReferral{Services: []string{"legal_info", "legal_representation"}})
	t.examined("high")
	t.do(officer, domain.RequestProtection{Subject: "person"})
	t.after(20*time.Hour).do(prosecutor, domain.OrderProtection{Measure: "identity_confidentiality", Subject: "person", Basis: "prosecution_decision", Decision: "M-3/2022"})
	t.do(prosecutor, domain.SuspendIdentityAccess{Decision: "M-4/2022", Body: "prosecution"})
	t.do(officer, domain.GrantReflection{Until: t.day().Add(30)})
	t.after(6*day).do(head, domain.SuspendDeadline{Rule: "identification", Reason: "health"})
	t.after(9*day).do(head, domain.ResumeDeadline{Rule: "identification"})
	t.after(4*day).do(head, domain.ExtendDeadline{Rule: "identification", Until: t.day().Add(40), Reason: "evidence_abroad"})
	t.after(8*day).do(law, domain.RecordCooperation{Decision: "yes", Lawyer: true})
	t.do(prosecutor, domain.LinkCriminalCase{Reference: "C-2207/12", Articles: []string{"144-1"}, ProceduralStatus: "victim"})
	t.do(prosecutor, domain.LinkCriminalCase{Reference: "C-2207/19", Articles: []string{"144-3"}, ProceduralStatus: "suspect"})
	t.after(2*day).do(prosecutor, domain.ApplyNonPunishment{Offence: "false_documents", Stage: "not_prosecuted"})
	t.do(prosecutor, domain.UnlinkCriminalCase{Reference: "C-2207/19", Reason: "discontinued"})
	t.after(9 * day)
	decided := t.now
	t.decided("positive", "Q-80/2022")
	t.do(law, domain.ExplainRedressRights{Language: "az"})
	t.after(3 * day)
	t.allowed(decided)
	t.do(prosecutor, domain.LinkCriminalCase{Reference: "C-2207/12", Articles: []string{"144-1"}, ProceduralStatus: "victim_and_claimant"})
	claim := t.do(law, domain.FileClaim{Forum: "criminal", Amount: 8_000_00, Heads: []string{"material", "moral"}})
	other := t.do(law, domain.FileClaim{Forum: "civil", Amount: 2_500_00, Heads: []string{"wages"}})
	help := t.do(officer, domain.RequestFundAssistance{Purpose: "medical", Amount: 300_00})
	trip := t.do(officer, domain.RequestFundAssistance{Purpose: "travel", Amount: 120_00})
	t.after(6*day).do(fund, domain.GrantFundAssistance{Request: event(help, 0), Amount: 250_00})
	t.do(fund, domain.RefuseFundAssistance{Request: event(trip, 0), Reason: "covered_elsewhere"})
	t.after(2*day).onDay(fund, domain.PayFundAssistance{Purpose: "medical", Amount: 150_00, Request: event(help, 0)})
	t.after(12*day).onDay(fund, domain.PayFundAssistance{Purpose: "medical", Amount: 100_00, Request: event(help, 0)})
	t.after(20*day).do(officer, domain.AssessRisk{Level: "medium", Factors: []string{"trafficker_at_large"}, Tool: "joint_meeting", Plan: []string{"escort"}, Occasion: "testimony"})
	t.do(prosecutor, domain.ScheduleTestimony{Reference: "C-2207/12", On: t.day().Add(5), Measures: []string{"closed_hearing", "screen", "lawyer_present"}})
	t.after(5*day).do(prosecutor, domain.GiveTestimony{Reference: "C-2207/12", Setting: "court", Measures: []string{"closed_hearing", "screen", "lawyer_present"}})
	t.after(70*day).onDay(prosecutor, domain.RecordVerdict{Reference: "C-2207/12", Outcome: "convicted", Articles: []string{"144-1"}, CivilClaim: "partly_granted", Final: true})
	award := t.onDay(prosecutor, domain.RecordAward{Amount: 5_000_00, Source: "trafficker", Claim: event(claim, 0)})
	t.after(5*day).onDay(law, domain.RejectClaim{Claim: event(other, 0), Reason: "not_proven"})
	t.after(30*day).onDay(law, domain.RecordCompensationPayment{Amount: 1_500_00, Source: "trafficker", Award: event(award, 0)})
	t.after(40*day).onDay(fund, domain.RecordCompensationPayment{Amount: 1_000_00, Source: "fund", Award: event(award, 0)})
	t.do(prosecutor, domain.EndProtection{Measure: "identity_confidentiality", Subject: "person", Decision: "M-9/2023"})
	t.do(prosecutor, domain.RestoreIdentityAccess{Decision: "M-10/2023", Body: "prosecution"})
	t.doNamed(head, domain.PlaceLegalHold{Reason: "court"})
	t.after(20*day).doNamed(head, domain.LiftLegalHold{})
	t.doNamed(officer, domain.RequestErasure{Reason: "person_asked"})
	t.after(3*day).doNamed(dpo, domain.RejectErasure{Reason: "law_requires"})
	t.do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
	t.do(officer, domain.CloseCase{Reason: "plan_completed", FollowedUpBy: "legal-aid-b"})
	t.after(15*day).do(head, domain.ReopenCase{Reason: "new_claim"})
}

// withdrawn is a person who takes back what she agreed to, declines some help and
// finds none for other needs.
func (c *country) withdrawn() {
	t := c.tale(somebody(nil), on(2022, time.April, 19, 12, 0), nil, reference("P-140/2022"))
	t.worth("consents taken back and run out, services declined and not to be had, the reflection period ended early")
	t.do(duty, domain.ReturnReferral{Organisation: "police-baki", Reason: "incomplete", Missing: []string{"circumstances"}})
	t.after(5 * time.Hour)
	t.received()
	centre := c.houses["centre-baki"]
	t.agrees(officer, "identification", 60)
	t.do(officer, domain.RefuseConsent{Purpose: "media", By: "person", Language: "az", NoHarm: true})
	cmd := t.p.agreement("service", t.day().Add(200))
	cmd.Services, cmd.Recipients, cmd.Data = []string{"medical_outpatient"}, []string{clinics.org}, []string{"health"}
	t.do(officer, cmd)
	t.refers(clinics.org, "medical_outpatient")
	t.refers("centre-baki", "psychological", "vocational_training")
	t.refers("legal-aid-a", "legal_representation")
	t.refers(employment.org, "employment")
	t.after(day).do(clinics, domain.AcceptServiceReferral{Services: []string{"medical_outpatient"}})
	t.do(lawyer("legal-aid-a"), domain.RejectServiceReferral{Services: []string{"legal_representation"}, Reason: "no_capacity"})
	t.do(employment, domain.AcceptServiceReferral{Services: []string{"employment"}})
	t.do(centre.staff(), domain.AcceptServiceReferral{Services: []string{"psychological", "vocational_training"}})
	t.do(centre.staff(), domain.RecordServiceNeed{Service: "psychological"})
	t.do(officer, domain.RecordServiceNeed{Service: "medical_outpatient"})
	t.do(officer, domain.RecordServiceNeed{Service: "employment"})
	t.do(officer, domain.RecordServiceNeed{Service: "identity_document"})
	t.do(clinics, domain.DeliverService{Service: "medical_outpatient", Units: 2, Unit: "sessions"})
	t.do(centre.staff(), domain.StartService{Service: "psychological"})
	t.examined("low")
	t.do(officer, domain.GrantReflection{Until: t.day().Add(40)})
	t.after(9*day).do(officer, domain.WithdrawConsent{Purpose: "service", Services: []string{"medical_outpatient"}, By: "person", Form: "written"})
	t.after(12*day).do(centre.staff(), domain.CompleteService{Service: "psychological", Outcome: "partly", Units: 6, Unit: "sessions"})
	t.do(centre.staff(), domain.DeclineService{Service: "vocational_training", Reason: "not_now"})
	t.do(employment, domain.RecordServiceUnavailable{Service: "employment", Reason: "waiting_list"})
	t.after(4*day).do(officer, domain.RestoreIdentityDocument{Document: "identity_card"})
	t.after(3*day).do(head, domain.TerminateReflection{Ground: "claimed_improperly", Decision: "Q-44/2022"})
	t.after(2 * day)
	t.decided("negative", "Q-45/2022")
	t.after(45*day).do(officer, domain.MarkConsentExpired{})
	t.do(officer, domain.CloseCase{Reason: "negative_decision", WaiverReason: "person_declined"})
}

// guest asks for a place three times: one is taken back, one offered and not
// wanted, one accepted while another house still keeps a bed for her.
func (c *country) guest() {
	baku, quba, centre := c.houses["shelter-baki"], c.houses["shelter-ngo-quba"], c.houses["centre-goycay"]
	t := c.tale(somebody(func(p *person) { p.district = "AZ-XAC" }), on(2023, time.April, 4, 18, 0), nil, nil)
	t.worth("requests for a place: cancelled, offered and not wanted, a bed kept and released")
	t.after(3 * time.Hour)
	t.received()
	t.agrees(officer, "shelter", 200)
	t.do(officer, domain.RequestShelter{Facility: centre.ref, Needs: []string{"female_only"}, Security: "low"})
	t.do(officer, domain.CancelShelterRequest{Facility: centre.ref, Reason: "risk"})
	t.do(officer, domain.RequestShelter{Facility: quba.ref, Needs: []string{"female_only"}, Security: "medium"})
	t.after(time.Hour).do(quba.staff(), domain.OfferPlace{Facility: quba.ref, Until: t.day().Add(3)})
	t.do(officer, domain.DeclinePlacement{Facility: quba.ref, Reason: "too_far"})
	t.after(4*time.Hour).do(officer, domain.RequestShelter{Facility: quba.ref, Needs: []string{"female_only"}, Security: "medium"})
	t.do(quba.staff(), domain.OfferPlace{Facility: quba.ref, Until: t.day().Add(9)})
	t.housed(baku, "female_only", "consent")
	t.atHouse(quba.staff(), quba, domain.ReleaseReservation{Case: t.ref})
	t.after(day).do(baku.staff(), domain.ApproveRehabPlan{PlanFields: domain.PlanFields{Goals: []string{"safety", "work"}, Services: []string{"psychological"}, Owner: "psychologist", ReviewOn: t.day().Add(30)}})
	t.after(9 * day)
	t.do(baku.staff(), domain.ReportAbsence{Since: domain.At(t.now.Add(-20 * time.Hour))})
	t.after(6*time.Hour).do(baku.staff(), domain.RecordPersonReturn{Condition: "good"})
	t.after(5 * day)
	t.examined("low")
	t.reflects()
	t.after(2 * day)
	decided := t.now
	t.decided("positive", "Q-18/2023")
	t.do(officer, domain.ExplainRedressRights{Language: "az"})
	t.after(4 * day)
	t.allowed(decided)
	t.do(baku.staff(), domain.RecordDeparture{Facility: baku.ref, Destination: "own_home", Planned: true, SafetyPlan: true})
	t.after(20*day).do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
	t.do(officer, domain.CloseCase{Reason: "plan_completed"})
}
