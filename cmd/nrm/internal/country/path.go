package country

import (
	"time"

	"nrm/domain"
)

// What the mandated path asks of every case, with the exceptions of real life.

// welcomed is the first hours with the unit: help before every question, then the
// rights, then the consent (Rules C-131 6.4; Council of Europe Convention 12).
func (s *story) welcomed() {
	s.now = s.handed
	s.pass(10*time.Minute, 50*time.Minute)
	if s.chance(0.94) {
		s.by(duty, domain.GiveInitialAssistance{Kinds: some(s.dice, s.between(1, 3), "food", "medical", "clothes", "psych_first_aid", "rest")})
	}
	s.pass(time.Hour, 3*time.Hour)
	if s.chance(0.93) {
		s.by(pick(s.dice, duty, officer), s.rights())
	}
	s.pass(20*time.Minute, 90*time.Minute)
	switch {
	case s.chance(0.04):
	case s.chance(0.03):
		s.by(officer, domain.RefuseConsent{Purpose: "statistics", By: s.speaker(), Language: s.p.language, NoHarm: true})
	default:
		s.by(officer, s.agreement("identification", s.between(180, 365)))
	}
}

func (s *story) rights() domain.GiveRightsInformation {
	return domain.GiveRightsInformation{
		Language: s.p.language, Form: []string{"oral", "written"}, Topics: []string{"protection", "services", "reflection", "legal_aid", "compensation", "confidentiality"},
		ChildFriendly: s.p.child(), Interpreted: s.p.foreign() && s.p.language != "ru",
	}
}

// speaker is who says yes or no for the person.
func (p person) speaker() string {
	if p.child() {
		return "guardian"
	}
	return "person"
}

func (s *story) speaker() string { return s.p.speaker() }

// agreement is a consent with all that the Law on Personal Data asks for.
func (s *story) agreement(purpose string, days int) domain.RecordConsent {
	return s.p.agreement(purpose, domain.DayOf(s.now).Add(days))
}

func (p person) agreement(purpose string, until domain.Day) domain.RecordConsent {
	return domain.RecordConsent{
		Purpose: purpose, Data: []string{"identity", "documents", "narrative", "screening"}, Operations: []string{"collection", "storage", "use", "transfer"},
		ValidUntil: until, Revocation: []string{"in_writing", "orally"}, Deletion: "archived", Form: "written", By: p.speaker(), Assent: p.child(), Language: p.language,
		Interpreted: p.foreign() && p.language != "ru", NoHarm: true,
		Explained: []string{"interview", "purpose", "use", "research", "own_data", "storage_time", "withdrawal"},
	}
}

// planned is what a house owes to everybody whom it takes in: an individual plan
// in the first week, and a look after a month at whether the place is needed.
func (s *story) planned() {
	staff := s.home.staff()
	s.moment(s.admitted.Add(day), earliest(s.admitted.Add(6*day), s.left.Add(-time.Hour)))
	if s.chance(0.93) && s.now.After(s.admitted) && s.now.Before(s.left) {
		s.by(staff, domain.ApproveRehabPlan{PlanFields: s.plan(30)})
	}
	for n, next := 0, s.admitted.Add(26*day); n < 5 && next.Before(s.left.Add(-2*day)); n, next = n+1, next.Add(28*day) {
		s.moment(next, next.Add(2*day))
		if s.chance(0.08) {
			continue
		}
		s.by(staff, domain.ReviewStay{Facility: s.home.ref, Outcome: "continue", ReviewOn: domain.DayOf(s.now).Add(30)})
	}
}

func (s *story) plan(days int) domain.PlanFields {
	return domain.PlanFields{
		Goals: some(s.dice, s.between(2, 3), "safety", "psychological_recovery", "documents", "training", "work", "family"), Services: []string{"material", "psychological"},
		Owner: "social_worker", ReviewOn: domain.DayOf(s.now).Add(days),
	}
}
