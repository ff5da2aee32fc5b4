package country

import (
	"time"

	"nrm/domain"
)

// sheltered is the stay in a shelter or in an assistance centre: asked for in
// the first hours, answered mostly within a day.
func (s *story) sheltered(f fate) {
	if !f.shelter && !f.livesIn {
		if s.chance(0.06) {
			s.neverArrived()
		}
		return
	}
	s.now = s.handed
	s.pass(30*time.Minute, 5*time.Hour)
	if f.shelter {
		s.home = s.shelterFor(s.now)
	} else {
		s.home = s.centreFor(s.now)
	}
	if f.house != "" {
		s.home = s.houses[f.house]
	} else if other := s.houses[pick(s.dice, "shelter-gence", "shelter-ngo-quba", "shelter-baki")]; other != s.home && other.open(s.now) && s.chance(0.1) {
		s.refused(other)
	}
	s.by(pick(s.dice, duty, officer), s.request(s.home, f.along))
	switch {
	case s.chance(0.1):
		s.pass(25*time.Hour, 50*time.Hour)
	default:
		s.pass(time.Hour, 20*time.Hour)
	}
	s.moves(f.along)
	s.stays(f)
}

func (s *story) request(h *house, along int) domain.RequestShelter {
	cmd := domain.RequestShelter{Facility: h.ref, Dependants: along, Security: draw(s.dice, []odds[string]{{5, "low"}, {4, "medium"}, {1, "high"}})}
	switch {
	case s.p.child():
		cmd.Needs = []string{"child_alone"}
	case s.p.sex == "male":
		cmd.Needs = []string{"male_only"}
	default:
		cmd.Needs = []string{"female_only"}
	}
	if along > 0 {
		cmd.Needs = append(cmd.Needs, "with_children")
	}
	if s.p.foreign() {
		cmd.Needs = append(cmd.Needs, "interpreter")
	}
	return cmd
}

// moves confirms the admission.
func (s *story) moves(along int) {
	cmd := domain.ConfirmAdmission{Facility: s.home.ref, Basis: "consent", Dependants: along}
	switch {
	case s.p.child() && s.chance(0.9):
		cmd.Basis = "guardian_decision"
	case s.p.danger && s.chance(0.3):
		cmd.Basis = "vital_interest"
	}
	s.admitted = s.now
	s.by(s.home.staff(), cmd)
}

// refused is a first request that another facility turned down.
func (s *story) refused(by *house) {
	s.by(duty, s.request(by, 0))
	s.pass(time.Hour, 7*time.Hour)
	reason := draw(s.dice, []odds[string]{{3, "no_capacity"}, {1, "security"}, {1, "health"}, {1, "not_recognised"}, {2, "age_sex_mismatch"}})
	s.by(by.staff(), domain.RefuseAdmission{Facility: by.ref, Reason: reason})
	s.pass(20*time.Minute, 2*time.Hour)
}

// neverArrived is a place that was kept for somebody who did not come.
func (s *story) neverArrived() {
	s.now = s.handed
	s.pass(time.Hour, 8*time.Hour)
	h := s.shelterFor(s.now)
	s.by(officer, s.request(h, 0))
	s.pass(12*time.Hour, 40*time.Hour)
	s.by(h.staff(), domain.RecordNonArrival{Facility: h.ref})
}

// stays is the help of the house, and the departure. A house acts only while it
// hosts the person.
func (s *story) stays(f fate) {
	s.leaves(f)
	inside := func(lo, hi time.Duration) {
		to := earliest(s.admitted.Add(hi), s.left.Add(-3*time.Hour))
		s.moment(earliest(s.admitted.Add(lo), to), to)
	}
	give := func(service string, lo, hi time.Duration) {
		inside(time.Hour, 2*day)
		if s.chance(0.95) {
			s.by(s.home.staff(), domain.RecordServiceNeed{Service: service})
		}
		to := earliest(s.now.Add(hi), s.left.Add(-time.Hour))
		s.moment(earliest(s.now.Add(lo), to), to)
		s.by(s.home.staff(), domain.DeliverService{Service: service})
	}
	s.planned()
	give("material", 2*time.Hour, 20*time.Hour)
	if !f.centre {
		give("psychological", day, 12*day)
	}
	if s.chance(0.45) {
		give("medical_outpatient", 4*time.Hour, 6*day)
	}
	if s.chance(0.08) {
		give("medical_inpatient", 2*time.Hour, 3*day)
	}
	s.now = s.left
	cmd := domain.RecordDeparture{Facility: s.home.ref, Planned: true}
	switch {
	case f.reunited:
		cmd.Destination = "family"
	case f.outbound:
		cmd.Destination = "abroad"
	case f.outcome == "suspended" || f.outcome == "withdrawn" || s.chance(0.05):
		cmd.Destination, cmd.Planned = "unknown", false
	default:
		cmd.Destination = draw(s.dice, []odds[string]{{4, "own_home"}, {2, "family"}, {1, "other_facility"}})
	}
	s.by(s.home.staff(), cmd)
}

// leaves fixes the day of departure: after some weeks. Who returns to the family
// or goes home does so within the year that counts it; who could not be found
// left before that was decided.
func (s *story) leaves(f fate) {
	switch {
	case f.outcome == "suspended" || f.outcome == "withdrawn":
		s.moment(s.admitted.Add(12*time.Hour), latest(s.decided.Add(-12*time.Hour), s.admitted.Add(13*time.Hour)))
	case f.outbound: // after the time to think
		s.moment(s.handed.Add(35*day), s.handed.Add(55*day))
	case f.reunited:
		to := earliest(s.admitted.Add(75*day), s.limit.Add(-3*day))
		s.moment(earliest(s.admitted.Add(9*day), to), to)
	default:
		s.moment(s.admitted.Add(9*day), s.admitted.Add(s.span(20*day, 110*day)))
	}
	s.left = s.now
}
