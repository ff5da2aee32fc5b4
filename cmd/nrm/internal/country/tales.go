package country

import (
	"time"

	"nrm/domain"
)

// told tells the stories to look at: together they use every step that the
// register knows. Those of the past lie between 2021 and 2023, so that no figure
// of the reported year counts them; the others wait for somebody now.
func (c *country) told() {
	c.girl()
	c.boy()
	c.worker()
	c.stayed()
	c.reversed()
	c.witness()
	c.withdrawn()
	c.guest()
	c.same()
	c.companion()
	c.again()
	c.mistaken()
	c.calls()
	c.today()
}

// somebody is a person of a tale: a presumed victim, a citizen found in Bakı by
// the police.
func somebody(change func(*person)) person {
	p := person{
		sex: "female", age: "adult", citizenship: "az", status: "presumed", district: "AZ-BA", source: "police", finder: referrer("police-baki"),
		circumstances: []string{"reported_by_others"}, indicators: []string{"deception", "isolation", "intimidation"},
		forms: []string{"sexual_prostitution"}, means: []string{"deception", "abuse_of_vulnerability"}, geography: "transnational_outbound", language: "az",
	}
	if change != nil {
		change(&p)
	}
	return p
}

func aChild(p *person) {
	p.age, p.circumstances, p.forms, p.means, p.geography = "child", []string{"street_begging"}, []string{"forced_begging"}, []string{"none_child"}, "internal"
}

func aForeigner(p *person) {
	p.citizenship, p.language, p.circumstances, p.geography = "foreign", "uz", []string{"documents_withheld"}, "transnational_inbound"
	p.source, p.finder, p.forms = "migration", migration, []string{"forced_labour"}
}

// reference is how another body numbers what it sends.
func reference(number string) func(*domain.RegisterReferral) {
	return func(cmd *domain.RegisterReferral) {
		cmd.ReferralFields = domain.ReferralFields{Reason: "suspected_trafficking", Urgency: "urgent", Documents: []string{"statement"}, Number: domain.Reference(number)}
	}
}

// girl is a child whose age nobody knew: assessed, given a guardian, housed,
// missed for a night, looked after, moved nearer to an aunt, and at school.
func (c *country) girl() {
	t := c.tale(somebody(aChild), on(2022, time.February, 8, 15, 10), nil, func(cmd *domain.RegisterReferral) {
		reference("P-112/2022")(cmd)
		cmd.Age, cmd.Basis, cmd.Urgency = "not_sure", "vital_interest", "immediate"
	})
	t.worth("a girl whose age nobody knew: guardian, best interests, missing for a night, moved nearer to her aunt, at school")
	shelter, next := c.houses["shelter-baki"], c.houses["shelter-gence"]
	t.do(duty, domain.PresumeChild{Basis: "appearance"})
	t.after(time.Hour).do(duty, domain.RefuseHandover{Reason: "hospital_first", District: "AZ-BA"})
	t.after(6 * time.Hour)
	t.received()
	t.do(officer, domain.OpenCase{Number: "N-14/2022", Group: "G-3/2022"})
	t.do(officer, domain.RequestGuardian{Organisation: guardians.org, Kind: "guardian", Reason: "parents_unknown"})
	t.refers(guardians.org, "child_care", "education")
	t.after(12*time.Hour).do(guardians, domain.AcceptServiceReferral{Services: []string{"child_care", "education"}})
	t.do(guardians, domain.AppointGuardian{Kind: "institution", Conflict: "none", Decision: "Q-5/2022"})
	t.agrees(guardians, "identification", 365, guardians.org)
	t.housed(shelter, "child_alone", "guardian_decision")
	t.after(day).do(officer, domain.ApplyChildStandard{Standard: "child_communication", Version: "1", Occasion: "first_contact", Checklist: domain.Answers{
		{Code: "trained_person", Answer: "present"}, {Code: "representative_present", Answer: "present"}, {Code: "own_language", Answer: "present"}, {Code: "suitable_room", Answer: "unknown"},
	}})
	t.do(shelter.staff(), domain.ApproveRehabPlan{PlanFields: domain.PlanFields{
		Goals: []string{"safety", "psychological_recovery", "education"}, Services: []string{"psychological", "education"}, Owner: "guardian", ReviewOn: t.day().Add(40),
	}})
	t.after(2*day).do(guardians, domain.AssessAge{Methods: []string{"interview", "registry"}, Result: "child", Doubt: true, Assent: true})
	t.do(guardians, domain.SetChildStatus{Status: "child", Basis: "age_assessment"})
	t.examined("medium")
	t.do(officer, domain.OfferReflection{Language: "az", Days: 45})
	t.do(officer, domain.GrantReflection{Until: t.day().Add(45)})
	t.after(9 * day)
	decided := t.now
	t.decided("positive", "Q-31/2022")
	t.do(guardians, domain.AssessBestInterests{Purpose: "reunification", Options: []string{"parents", "relatives", "foster_family"}, Heard: true})
	t.do(guardians, domain.StartFamilyTracing{Channel: "guardianship_body", BestInterests: true})
	t.do(officer, domain.ExplainRedressRights{Language: "az"})
	t.after(4*day).do(guardians, domain.RecordServiceNeed{Service: "education"})
	t.refers(schools.org, "education")
	t.after(day).do(schools, domain.AcceptServiceReferral{Services: []string{"education"}})
	t.do(schools, domain.EnrolInSchool{Level: "general_secondary", Grade: 6})
	t.allowed(decided)
	t.after(2*day).do(guardians, domain.RecordTracingResult{Result: "found_suitable", Relatives: []string{"aunt_uncle"}})
	t.after(3 * day)
	t.now = domain.DayOf(t.now).Start().Add(22 * time.Hour)
	gone := domain.At(t.now.Add(-3 * time.Hour))
	t.do(shelter.staff(), domain.ReportAbsence{Since: gone})
	t.after(time.Hour).do(shelter.staff(), domain.ReportMissing{Since: gone, Police: "P-498/2022"})
	t.after(11*time.Hour).do(duty, domain.RecordPersonReturn{Condition: "needs_rest"})
	t.do(officer, domain.AssessRisk{Level: "medium", Factors: []string{"family_involved"}, Tool: "joint_meeting", Plan: []string{"relocation"}, Occasion: "move"})
	t.do(shelter.staff(), domain.ReviewStay{Facility: shelter.ref, Outcome: "transfer", ReviewOn: t.day().Add(30)})
	t.do(guardians, domain.ChangeGuardian{Kind: "guardian", Conflict: "none", Reason: "child_asked", Decision: "Q-9/2022"})
	t.after(day).do(shelter.staff(), domain.RequestTransfer{Facility: next.ref, Reason: "closer_to_family", Needs: []string{"child_alone"}, Security: "medium"})
	t.after(4*time.Hour).do(next.staff(), domain.AcceptTransfer{Facility: next.ref})
	t.after(18*time.Hour).do(next.staff(), domain.CompleteTransfer{Facility: next.ref, Basis: "guardian_decision"})
	t.after(6*day).do(next.staff(), domain.ReviseRehabPlan{PlanFields: domain.PlanFields{
		Goals: []string{"family", "education"}, Services: []string{"education", "family_mediation"}, Owner: "social_worker", ReviewOn: t.day().Add(40),
	}, Reason: "moved"})
	t.after(8*day).do(next.staff(), domain.ExtendStay{Facility: next.ref, Until: t.day().Add(60), RequestedBy: "guardian", Reason: "child_best_interests"})
	t.after(20*day).do(guardians, domain.DetermineBestInterests{Purpose: "durable_solution", Options: []string{"relatives", "foster_family"}, Decision: "in_favour", Solution: "relatives", Heard: true})
	t.after(9*day).do(officer, domain.AssessRisk{Level: "low", Tool: "checklist", Occasion: "closure"})
	t.do(next.staff(), domain.RecordDeparture{Facility: next.ref, Destination: "family", Planned: true, SafetyPlan: true})
	t.do(guardians, domain.ReuniteFamily{RiskAssessed: true})
	t.after(30*day).onDay(guardians, domain.RecordFollowUp{Month: "1", Status: "safe"})
	t.after(20*day).do(officer, domain.CloseCase{Reason: "reintegrated"})
}

// boy is found abroad and brought home in the way that a child needs. He turns 18
// afterwards, and his guardian's office ends.
func (c *country) boy() {
	p := somebody(func(p *person) {
		aChild(p)
		p.sex, p.district, p.country, p.source, p.finder, p.circumstances = "male", "", "TR", "consulate", consul("consulate-istanbul"), []string{"sought_help"}
		p.geography = "transnational_outbound"
	})
	mission := p.finder
	t := c.tale(p, on(2021, time.March, 9, 11, 20), nil, func(cmd *domain.RegisterReferral) {
		reference("K-20/2021")(cmd)
		if !cmd.BirthDate.IsZero() {
			cmd.BirthDate = domain.NewDay(2003, time.October, 19)
		}
	})
	t.worth("a boy brought home from abroad in the way that a child needs; he turned 18 afterwards")
	t.do(mission, domain.ReportCitizenAbroad{Country: "TR", Circumstances: []string{"at_risk", "no_documents"}, Confidential: true})
	t.do(mission, domain.GiveConsularAssistance{Help: []string{"shelter", "contact_family", "travel"}})
	t.refers(guardians.org, "child_care")
	t.refers(iom.org, "interpretation")
	t.do(officer, domain.RequestGuardian{Organisation: guardians.org, Kind: "legal_representative", Reason: "unaccompanied"})
	t.after(20*time.Hour).do(iom, domain.AcceptServiceReferral{Services: []string{"interpretation"}})
	t.do(guardians, domain.AppointGuardian{Kind: "legal_representative", Conflict: "none", Decision: "Q-2/2021"})
	t.do(mission, domain.ExpressReturnWish{Direction: "inbound", By: "person", Freedom: "free", Written: true})
	t.do(guardians, domain.AssessBestInterests{Purpose: "return", Options: []string{"return_to_country", "stay_in_country"}, Heard: true})
	t.do(iom, domain.AssessReturnRisk{Level: "low", Decision: "can_return", Sources: []string{"consulate", "family"}})
	t.do(guardians, domain.DetermineBestInterests{Purpose: "return", Options: []string{"return_to_country"}, Decision: "in_favour", Solution: "return_to_country", Heard: true})
	t.do(guardians, domain.RecordReturnConsent{By: "guardian"})
	t.do(mission, domain.ApplyReturnCertificate{})
	t.after(day).do(mission, domain.RefuseReturnCertificate{Reason: "citizenship_not_confirmed"})
	t.after(4*day).do(mission, domain.RequestTravelDocument{Kind: "birth_certificate"})
	t.after(2*day).do(mission, domain.ApplyReturnCertificate{})
	t.after(30*time.Hour).do(mission, domain.IssueReturnCertificate{FeeWaived: true})
	t.do(mission, domain.ScheduleReturn{Direction: "inbound", On: t.day().Add(2), Transport: "air", Escort: "guardian", Payer: "state_budget", Receiver: guardians.org, Carer: "social_service"})
	t.after(2*day).do(mission, domain.RecordReturnDeparture{Direction: "inbound", Escort: "guardian"})
	t.after(3*time.Hour).do(duty, domain.RecordReturnArrival{})
	t.do(guardians, domain.RecordReturnReception{Needs: []string{"child_care", "psychological"}, Agreed: true})
	t.received()
	t.agrees(guardians, "identification", 300)
	t.after(2 * day)
	t.examined("low")
	t.do(officer, domain.OfferReflection{Language: "az", Days: 30})
	t.do(officer, domain.DeclineReflection{Language: "az", Participants: []string{"legal_representative"}})
	t.after(11 * day)
	decided := t.now
	t.decided("positive", "Q-12/2021")
	t.do(officer, domain.ExplainRedressRights{Language: "az"})
	t.after(6 * day)
	t.allowed(decided)
	t.after(4*day).onDay(guardians, domain.RecordFollowUp{Month: "1", Status: "safe"})
	t.after(20*day).do(guardians, domain.DetermineBestInterests{Purpose: "durable_solution", Options: []string{"guardianship", "relatives"}, Decision: "in_favour", Solution: "guardianship", Heard: true})
	for _, m := range []struct {
		month string
		days  int
	}{{"3", 40}, {"6", 92}} {
		t.after(time.Duration(m.days)*day).onDay(guardians, domain.RecordFollowUp{Month: m.month, Status: "safe"})
	}
	t.now = on(2021, time.November, 3, 10, 0)
	t.do(guardians, domain.SetChildStatus{Status: "adult", Basis: "turned_18", From: domain.NewDay(2021, time.November, 1)})
	t.do(guardians, domain.EndGuardian{Reason: "turned_18"})
	t.do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
	t.do(officer, domain.CloseCase{Reason: "plan_completed"})
}

// worker is a foreigner on a building site: barred from expulsion, which was
// tried all the same, with a permit that was renewed, and home in the end.
func (c *country) worker() {
	p := somebody(func(p *person) { aForeigner(p); p.sex, p.district = "male", "AZ-SM" })
	t := c.tale(p, on(2021, time.May, 11, 9, 40), nil, reference("M-77/2021"))
	t.worth("a foreigner: expulsion barred and tried, permit issued, renewed, run out, one journey cancelled, then home")
	t.after(4 * time.Hour)
	t.received()
	t.agrees(officer, "identification", 300)
	t.refers(migration.org, "identity_document", "interpretation")
	t.refers(iom.org, "interpretation")
	t.examined("medium")
	t.do(officer, domain.OfferReflection{Language: "uz", Days: 30})
	t.do(officer, domain.GrantReflection{Until: t.day().Add(30)})
	t.do(officer, domain.BarExpulsion{Ground: "reflection", From: t.day(), Until: t.day().Add(30)})
	t.after(6*day).do(migration, domain.RecordExpulsionAttempt{Body: "border", Result: "stopped"})
	t.after(14*day).do(officer, domain.ExtendReflection{Until: t.day().Add(25), Reason: "health"})
	t.do(officer, domain.RecordCooperation{Decision: "later", Lawyer: true})
	t.after(3 * day)
	decided := t.now
	t.decided("positive", "Q-19/2021")
	t.do(officer, domain.ExplainRedressRights{Language: "uz"})
	t.after(3 * day)
	t.allowed(decided)
	t.after(25*day).do(officer, domain.MarkReflectionEnded{})
	t.do(migration, domain.ApplyResidencePermit{Ground: "personal_situation"})
	t.after(8 * day)
	from := t.day()
	t.do(migration, domain.IssueResidencePermit{Ground: "personal_situation", From: from, Until: domain.DayOf(from.Start().AddDate(1, 0, -1))})
	t.do(migration, domain.MaskAddress{Organisation: prosecutor.org})
	t.after(9*day).do(migration, domain.RestoreIdentityDocument{Document: "passport"})
	t.now = from.Start().AddDate(0, 11, 20).Add(10 * time.Hour)
	from = domain.DayOf(from.Start().AddDate(1, 0, 0))
	t.do(migration, domain.RenewResidencePermit{Ground: "both", From: from, Until: domain.DayOf(from.Start().AddDate(1, 0, -1))})
	t.after(200*day).do(iom, domain.ProposeReturn{Direction: "outbound", Reason: "person_asked"})
	t.do(iom, domain.ExpressReturnWish{Direction: "outbound", By: "person", Freedom: "free", Written: true})
	t.after(day).do(iom, domain.AssessReturnRisk{Level: "medium", Decision: "can_return_with_measures", Sources: []string{"ngo", "country_reports"}})
	t.agrees(iom, "repatriation", 200, iom.org)
	t.do(migration, domain.RequestTravelDocument{Kind: "exit_permit"})
	t.after(3*day).do(migration, domain.ScheduleReturn{Direction: "outbound", On: t.day().Add(6), Transport: "air", Via: []string{"TR"}, Escort: "social_worker", Payer: "international", Receiver: iom.org})
	t.after(2*day).do(migration, domain.CancelReturn{Reason: "no_documents"})
	t.now = from.Start().AddDate(1, 0, 5).Add(11 * time.Hour)
	t.do(migration, domain.RecordPermitExpiry{})
	t.do(iom, domain.AssessReturnRisk{Level: "low", Decision: "can_return", Sources: []string{"ngo"}})
	t.agrees(iom, "repatriation", 90, iom.org)
	t.after(day).do(migration, domain.ScheduleReturn{Direction: "outbound", On: t.day().Add(4), Transport: "air", Escort: "social_worker", Payer: "international", Receiver: iom.org})
	t.after(4*day).do(migration, domain.RecordReturnDeparture{Direction: "outbound", Escort: "social_worker"})
	t.after(5*time.Hour).do(iom, domain.RecordReturnArrival{})
	t.after(2*time.Hour).do(iom, domain.RecordReturnReception{Needs: []string{"employment"}, Agreed: true})
	t.after(30*day).onDay(iom, domain.RecordFollowUp{Month: "1", Status: "needs_help"})
	t.after(61*day).onDay(iom, domain.RecordFollowUp{Month: "3", Status: "safe"})
	t.do(officer, domain.CloseCase{Reason: "repatriated", WaiverReason: "not_needed"})
}

// stayed is a foreigner who does not go home: the wish is taken back, a permit is
// refused and then given.
func (c *country) stayed() {
	p := somebody(func(p *person) { aForeigner(p); p.language = "ru" })
	t := c.tale(p, on(2023, time.January, 17, 13, 5), nil, reference("M-9/2023"))
	t.worth("a foreigner who stays: the wish to return taken back, a permit refused and then given")
	t.after(5 * time.Hour)
	t.received()
	t.agrees(officer, "identification", 300)
	t.refers(migration.org, "identity_document")
	t.refers("legal-aid-a", "legal_info")
	t.housed(c.houses["shelter-baki"], "female_only", "consent")
	t.examined("high")
	t.do(officer, domain.GrantReflection{Until: t.day().Add(30)})
	t.do(migration, domain.ExpressReturnWish{Direction: "outbound", By: "person", Freedom: "not_sure"})
	t.do(c.houses["shelter-baki"].staff(), domain.ApproveRehabPlan{PlanFields: domain.PlanFields{
		Goals: []string{"safety", "documents"}, Services: []string{"psychological", "legal_info"}, Owner: "lawyer", ReviewOn: t.day().Add(40),
	}})
	t.after(9*day).do(lawyer("legal-aid-a"), domain.DeclineReturn{By: "person", Reason: "fear"})
	t.after(4 * day)
	decided := t.now
	t.decided("positive", "Q-6/2023")
	t.do(lawyer("legal-aid-a"), domain.ExplainRedressRights{Language: "ru"})
	t.do(lawyer("legal-aid-a"), domain.ApplyResidencePermit{Ground: "personal_situation"})
	t.after(10*day).do(c.houses["shelter-baki"].staff(), domain.ReviewStay{Facility: c.houses["shelter-baki"].ref, Outcome: "continue", ReviewOn: t.day().Add(30)})
	t.after(10*day).do(migration, domain.RefuseResidencePermit{Reason: "documents"})
	t.after(6*day).do(lawyer("legal-aid-a"), domain.ApplyResidencePermit{Ground: "both"})
	t.after(10*day).do(migration, domain.IssueResidencePermit{Ground: "both", From: t.day(), Until: domain.DayOf(t.now.AddDate(1, 0, -1))})
	t.allowed(decided)
	t.do(c.houses["shelter-baki"].staff(), domain.RecordDeparture{Facility: c.houses["shelter-baki"].ref, Destination: "own_home", Planned: true, SafetyPlan: true})
}
