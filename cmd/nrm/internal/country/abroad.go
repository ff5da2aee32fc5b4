package country

import (
	"time"

	"nrm/domain"
)

// abroad is the way home of a citizen found in another country: help by the
// consulate, a certificate of return within three days with few exceptions, and
// the journey (plan actions 4.1.7, 4.4.8, 4.4.9).
func (s *story) abroad(f fate) {
	mission := consul(consulateFor(s.p.country))
	if s.p.finder != mission {
		s.pass(time.Hour, 6*time.Hour)
		s.by(officer, domain.SendServiceReferral{Organisation: mission.org, Services: []string{"identity_document"}})
	}
	s.pass(2*time.Hour, 36*time.Hour)
	if s.chance(0.94) {
		s.soonerOrLater(mission, domain.GiveConsularAssistance{Help: some(s.dice, s.between(1, 3), "information", "shelter", "legal", "medical", "contact_family", "visit")})
	}
	s.moment(s.now.Add(time.Hour), s.now.Add(2*day))
	s.by(mission, domain.ExpressReturnWish{Direction: "inbound"})
	s.agreesToReturn(mission, 0.97)
	s.certificate(mission, f.lateCertificate)
	leaves := s.sometime(s.now.Add(8*time.Hour), s.now.Add(3*day))
	s.schedules(mission, "inbound", leaves)
	s.now = leaves
	s.travels(mission, "inbound", 6*time.Hour)
	s.pass(10*time.Minute, 45*time.Minute)
	s.by(duty, domain.RecordReturnReception{})
}

// agreesToReturn is the assessment of risk and the consent, which must come
// before every return.
func (s *story) agreesToReturn(by actor, assessed float64) {
	s.moment(s.now.Add(time.Hour), s.now.Add(30*time.Hour))
	if s.chance(assessed) {
		s.by(by, domain.AssessReturnRisk{
			Level:    draw(s.dice, []odds[string]{{6, "low"}, {3, "medium"}, {1, "high"}}),
			Decision: draw(s.dice, []odds[string]{{3, "can_return"}, {1, "can_return_with_measures"}}),
		})
	}
	s.atWork(time.Hour, 5*time.Hour)
	s.by(by, s.consent())
}

// schedules fixes the journey, if what must come before it has come. For a child
// that is more: see rescued.
func (s *story) schedules(by actor, direction string, leaves time.Time) {
	assessed := find[domain.AssessReturnRisk](s.steps)
	if s.p.child() || assessed == nil {
		return
	}
	cmd := domain.ScheduleReturn{Direction: direction, On: domain.DayOf(leaves), Transport: draw(s.dice, []odds[string]{{6, "air"}, {1, "road"}}), Escort: "none", Payer: "state_budget"}
	if direction == "outbound" { // within the time to think only at a written wish
		if granted := find[domain.GrantReflection](s.steps); granted != nil {
			s.now = latest(s.now, granted.cmd.(domain.GrantReflection).Until.End().Add(s.span(9*time.Hour, 12*time.Hour)))
		}
		cmd.Payer = "international"
	}
	if soon := s.now.Sub(assessed.happened) < 29*day; soon && s.now.Before(leaves.Add(-2*time.Hour)) && s.chance(0.9) {
		s.pass(10*time.Minute, max(11*time.Minute, earliest(s.now.Add(2*time.Hour), leaves.Add(-time.Hour)).Sub(s.now)))
		s.by(by, cmd)
	}
}

func (s *story) consent() domain.RecordReturnConsent {
	if s.p.child() {
		return domain.RecordReturnConsent{By: "guardian"}
	}
	return domain.RecordReturnConsent{By: "person"}
}

// certificate takes up to three calendar days, with few exceptions, and is free.
func (s *story) certificate(mission actor, late bool) {
	s.moment(s.now.Add(time.Hour), s.now.Add(20*time.Hour))
	s.by(mission, domain.ApplyReturnCertificate{})
	if late {
		s.moment(s.now.Add(4*day+12*time.Hour), s.now.Add(7*day))
	} else {
		s.moment(s.now.Add(6*time.Hour), domain.DayOf(s.now).Add(2).End())
	}
	s.by(mission, domain.IssueReturnCertificate{FeeWaived: s.chance(0.97)})
}

func (s *story) travels(by actor, direction string, longest time.Duration) {
	cmd := domain.RecordReturnDeparture{Direction: direction, Escort: draw(s.dice, []odds[string]{{6, "none"}, {2, "social_worker"}, {1, "police"}, {1, "medical"}})}
	if s.p.child() {
		cmd.Escort = "guardian"
	}
	s.by(by, cmd)
	s.pass(150*time.Minute, longest)
	arrival := duty
	if direction == "outbound" {
		arrival = by
	}
	s.by(arrival, domain.RecordReturnArrival{})
}

// repatriated is a foreigner's way home, after the time to think and only at the
// person's own wish.
func (s *story) repatriated() {
	s.moment(s.handed.Add(2*day), s.handed.Add(6*day))
	if s.p.finder != migration {
		s.by(officer, domain.SendServiceReferral{Organisation: migration.org, Services: []string{"identity_document", "interpretation"}})
	}
	leaves := s.left
	if leaves.IsZero() {
		leaves = s.handed.Add(s.span(36*day, 50*day))
	}
	s.moment(s.handed.Add(14*day), leaves.Add(-6*day))
	s.by(migration, domain.ExpressReturnWish{Direction: "outbound"})
	s.agreesToReturn(migration, 1)
	s.moment(s.now.Add(time.Hour), leaves.Add(-day))
	s.schedules(migration, "outbound", leaves)
	s.now = leaves
	s.pass(2*time.Hour, 3*time.Hour)
	s.travels(migration, "outbound", 7*time.Hour)
}
