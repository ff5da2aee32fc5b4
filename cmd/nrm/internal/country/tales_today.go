package country

import (
	"time"

	"nrm/domain"
)

// today are the stories that wait for somebody at Options.Now: a child whom
// nobody can find, a bed that is kept, a decision under review, a referral that
// no body has answered, and two cases of what may be one person.
func (c *country) today() {
	ago := func(d time.Duration, p person, same *tale) *tale {
		return c.tale(p, c.o.Now.Add(-d).Truncate(time.Minute), same, nil)
	}
	gence, baku := c.houses["shelter-gence"], c.houses["shelter-baki"]

	child := ago(19*day, somebody(func(p *person) { aChild(p); p.district = "AZ-GA"; p.finder = referrer("police-gence") }), nil)
	child.worth("today: a child is missing")
	child.after(3 * time.Hour)
	child.received()
	child.refers(guardians.org, "child_care")
	child.do(officer, domain.RequestGuardian{Organisation: guardians.org, Kind: "guardian", Reason: "parents_involved"})
	child.after(day).do(guardians, domain.AppointGuardian{Kind: "guardian", Conflict: "none"})
	child.housed(gence, "child_alone", "guardian_decision")
	child.after(day).do(gence.staff(), domain.ApproveRehabPlan{PlanFields: domain.PlanFields{Goals: []string{"safety"}, Services: []string{"psychological"}, Owner: "guardian", ReviewOn: child.day().Add(30)}})
	child.now = c.o.Now.Add(-9 * time.Hour)
	child.do(gence.staff(), domain.ReportAbsence{Since: domain.At(c.o.Now.Add(-12 * time.Hour))})
	child.after(time.Hour).do(gence.staff(), domain.ReportMissing{Since: domain.At(c.o.Now.Add(-12 * time.Hour)), Police: "P-77/1"})

	kept := ago(17*time.Hour, somebody(nil), nil)
	kept.worth("today: a bed is kept for somebody who has not come yet")
	kept.after(2 * time.Hour)
	kept.received()
	kept.do(officer, domain.RequestShelter{Facility: baku.ref, Needs: []string{"female_only"}, Security: "low"})
	kept.now = c.o.Now.Add(-3 * time.Hour)
	kept.do(baku.staff(), domain.OfferPlace{Facility: baku.ref, Until: kept.day().Add(2)})

	review := ago(44*day, somebody(nil), nil)
	review.worth("today: a negative decision is under review")
	review.after(4 * time.Hour)
	review.received()
	review.agrees(officer, "identification", 200)
	review.refers("legal-aid-a", "legal_representation")
	review.examined("low")
	review.reflects()
	review.after(12 * day)
	review.decided("negative", "Q-1")
	review.after(9*day).do(lawyer("legal-aid-a"), domain.RequestReview{Party: "person", Grounds: []string{"not_heard"}, Body: "higher_authority"})
	review.after(2*day).refers("centre-baki", "psychological")

	maybe := ago(8*day, somebody(nil), nil)
	maybe.worth("today: perhaps the same person as another referral, nobody is sure yet")
	maybe.after(5 * time.Hour)
	maybe.received()
	twin := ago(6*day, somebody(func(p *person) { p.source, p.finder = "hotline", hotline }), maybe)
	twin.after(5 * time.Hour)
	twin.received()
	twin.after(day).do(duty, domain.JudgeDuplicate{Other: maybe.ref, Verdict: "not_sure"})
}
