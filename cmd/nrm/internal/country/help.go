package country

import (
	"slices"
	"time"

	"nrm/domain"
)

// helped is what the assistance centre and the lawyers give.
func (s *story) helped(f fate) {
	if f.lawyer {
		s.defended(f)
	}
	if f.centre {
		s.referredToCentre(f)
	}
	if s.p.foreign() && !f.outbound {
		s.moment(s.handed.Add(day), s.handed.Add(6*day))
		s.by(officer, domain.SendServiceReferral{Organisation: migration.org, Services: []string{"identity_document", "interpretation"}})
	}
	if s.p.country != "" && s.chance(0.5) || s.home == nil && !f.centre && s.chance(0.3) {
		s.medical()
	}
}

// referredToCentre asks the assistance centre to take part, and tells what it
// gives. A vocational course takes two months or three.
func (s *story) referredToCentre(f fate) {
	asked := s.centreServices(f)
	s.counted(s.handed, day, 12*day)
	s.centre = s.centreFor(s.now)
	if s.home != nil && s.home.kind == "assistance_centre" {
		s.centre = s.home
	}
	staff := s.centre.staff()
	s.by(officer, domain.SendServiceReferral{Organisation: s.centre.org, Services: asked})
	s.centreSince = s.now
	give := func(service string, from time.Time, lo, hi time.Duration) time.Time {
		if s.chance(0.93) {
			s.counted(latest(s.centreSince, from), time.Hour, 3*day)
			s.by(staff, domain.RecordServiceNeed{Service: service})
		}
		s.counted(latest(s.now, from), lo, hi)
		s.by(staff, domain.DeliverService{Service: service})
		return s.now
	}
	since := s.centreSince
	if f.psych {
		give("psychological", since, day, 20*day)
	}
	if f.legal {
		give("legal_info", since, day, 25*day)
	}
	if f.document {
		give("identity_document", since, 5*day, 35*day)
	}
	if f.social {
		give("social_assistance", latest(since, s.decided), 7*day, 40*day)
	}
	learned := latest(since, s.decided)
	switch {
	case f.course:
		s.counted(learned, 2*day, 25*day)
		s.by(staff, domain.RecordServiceNeed{Service: "vocational_training"})
		s.counted(s.now, 3*day, 15*day)
		s.by(staff, domain.StartService{Service: "vocational_training"})
		s.counted(s.now, 55*day, 95*day)
		s.by(staff, domain.DeliverService{Service: "vocational_training"})
		learned = s.now
	case slices.Contains(asked, "vocational_training"): // began and was not finished, or never began
		s.counted(learned, 2*day, 40*day)
		s.by(staff, domain.RecordServiceNeed{Service: "vocational_training"})
		if s.chance(0.5) {
			s.counted(s.now, 5*day, 30*day)
			s.by(staff, domain.StartService{Service: "vocational_training"})
		}
	}
	if f.job {
		give("employment", learned, 10*day, 80*day)
	}
}

// centreServices are what the referral names.
func (s *story) centreServices(f fate) []string {
	asked := []string{"psychological"}
	for _, a := range []struct {
		so      bool
		service string
	}{
		{f.legal, "legal_info"}, {f.document, "identity_document"}, {f.social, "social_assistance"}, {f.job, "employment"},
		{f.course || f.outcome == "positive" && !s.p.child() && s.chance(0.12), "vocational_training"},
	} {
		if a.so {
			asked = append(asked, a.service)
		}
	}
	return asked
}

// medical is the care that the case officer arranges for who lives in no house.
func (s *story) medical() {
	s.moment(s.handed.Add(3*time.Hour), s.handed.Add(4*day))
	s.by(officer, domain.RecordServiceNeed{Service: "medical_outpatient"})
	if s.chance(0.93) {
		s.moment(s.now.Add(2*time.Hour), s.now.Add(9*day))
		s.soonerOrLater(officer, domain.DeliverService{Service: "medical_outpatient"})
	}
}

// defended is the work of a legal aid organisation: rights, help, and a claim
// in a few cases.
func (s *story) defended(f fate) {
	by := lawyer(pick(s.dice, "legal-aid-a", "legal-aid-a", "legal-aid-b"))
	s.moment(s.handed.Add(day), s.handed.Add(5*day))
	if s.p.finder != by {
		s.by(officer, domain.SendServiceReferral{Organisation: by.org, Services: []string{"legal_info", "legal_representation"}})
	}
	s.atWork(20*time.Hour, 3*day)
	s.by(by, domain.ExplainRedressRights{Language: s.p.language})
	if !f.centre {
		s.by(by, domain.RecordServiceNeed{Service: "legal_info"})
		s.atWork(20*time.Minute, 2*time.Hour)
		s.by(by, domain.DeliverService{Service: "legal_info"})
	}
	s.moment(s.now.Add(4*time.Hour), s.now.Add(9*day))
	s.by(by, domain.RecordServiceNeed{Service: "legal_representation"})
	s.atWork(time.Hour, 8*day)
	s.by(by, domain.DeliverService{Service: "legal_representation"})
	if f.claim {
		s.claims(by)
	}
}

// claims is the claim against the trafficker: a court takes its time, and what
// it awards is rarely paid in full.
func (s *story) claims(by actor) {
	s.moment(s.decided.Add(15*day), s.decided.Add(70*day))
	claimed := domain.Qepik(s.between(30, 200) * 100_00)
	s.by(by, domain.FileClaim{Forum: draw(s.dice, []odds[string]{{3, "criminal"}, {1, "civil"}}), Amount: claimed})
	if !s.chance(0.6) {
		return
	}
	s.moment(s.now.Add(120*day), s.now.Add(420*day))
	awarded := claimed * domain.Qepik(s.between(30, 90)) / 100
	source := draw(s.dice, []odds[string]{{4, "trafficker"}, {1, "fund"}})
	s.onTheDay(by, domain.RecordAward{Amount: awarded, Source: source})
	if s.chance(0.7) {
		s.moment(s.now.Add(30*day), s.now.Add(120*day))
		s.onTheDay(by, domain.RecordCompensationPayment{Amount: awarded / domain.Qepik(s.between(2, 4)), Source: source})
	}
	if s.chance(0.3) {
		s.moment(s.now.Add(40*day), s.now.Add(160*day))
		s.onTheDay(by, domain.RecordCompensationPayment{Amount: awarded / 4, Source: source})
	}
}
