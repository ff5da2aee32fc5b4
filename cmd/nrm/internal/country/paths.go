package country

import (
	"time"

	"nrm/domain"
)

// fate is what becomes of a person: the parts of it that somebody counts.
type fate struct {
	outcome         string    // of the decision; none while it is undecided
	notBefore       time.Time // the decision comes after the year has ended
	shelter         bool
	house           string // which, if it must be one
	along           int    // dependants who come along
	livesIn         bool   // lives in the assistance centre
	centre          bool   // referred to the assistance centre, which gives:
	psych           bool
	legal           bool
	document        bool
	social          bool
	course          bool
	job             bool
	school          bool // by child protection
	lawyer          bool // a legal aid organisation takes part
	reunited        bool
	fund            []domain.Qepik
	outbound        bool // a foreigner goes home
	claim           bool
	lateCertificate bool
	unpaid          bool // the allowance was never paid
	staysOpen       bool
}

// live tells a whole life in the mechanism.
func (c *country) live(d dice, p person, f fate, detected, limit time.Time) {
	s := c.begin(d, p, detected, limit)
	s.found(draw(d, []odds[pace]{{72, prompt}, {22, slow}, {6, heldUp}}))
	if p.country != "" {
		s.abroad(f)
	}
	s.received()
	s.plansToDecide(f)
	s.firstDays()
	s.sheltered(f)
	s.examined(f)
	s.helped(f)
	s.guarded()
	s.paid(f)
	s.goesHome(f)
	s.ends(f)
	s.seal()
}

// found registers the referral. Detection has no hours.
func (s *story) found(recorded pace) {
	p := s.p
	cmd := domain.RegisterReferral{
		Source: p.source, Circumstances: p.circumstances, Status: p.status, Age: p.age, Sex: p.sex, Citizenship: p.citizenship,
		District: p.district, Country: p.country, ImmediateDanger: p.danger, Basis: "consent",
	}
	if p.danger || s.chance(0.1) {
		cmd.Basis = "vital_interest"
	}
	if recorded != prompt { // by telephone, before anything was written down
		cmd.Told = domain.At(s.now.Add(s.span(5*time.Minute, 150*time.Minute)))
	}
	st := s.by(p.finder, cmd)
	st.pace = recorded
	if recorded == slow && p.finder.org != "spu" && s.chance(0.4) { // nobody looked at the clock
		st.happened, st.known = st.happened.Truncate(time.Hour), domain.Hour
	}
}

// received hands the person over to the duty officer: within 24 hours, with
// exceptions.
func (s *story) received() {
	switch p := s.p; {
	case p.country != "": // at the airport
		s.pass(10*time.Minute, 40*time.Minute)
	case p.finder.org == "spu":
		s.pass(20*time.Minute, 5*time.Hour)
	case s.chance(0.13):
		s.pass(25*time.Hour, 70*time.Hour)
	case p.district == "AZ-BA":
		s.pass(time.Hour, 12*time.Hour)
	default:
		s.pass(4*time.Hour, 22*time.Hour)
	}
	s.handed = s.now
	if st := s.by(duty, s.handover()); s.chance(0.01) { // it happened, and nobody wrote down when
		st.known = domain.Unknown
	}
}

func (s *story) handover() domain.AcceptHandover {
	cmd := domain.AcceptHandover{
		District: "AZ-BA", Interpreter: s.p.foreign() && s.p.language != "ru",
		Condition: draw(s.dice, []odds[string]{{4, "good"}, {4, "needs_rest"}, {3, "distressed"}, {2, "needs_medical"}, {1, "needs_urgent_medical"}}),
	}
	if s.p.district != "" && s.chance(0.15) {
		cmd.District = s.p.district
	}
	return cmd
}

// plansToDecide fixes the day of the decision, around which other things are
// arranged: within 30 days in most cases.
func (s *story) plansToDecide(f fate) {
	switch {
	case f.outcome == "":
		return
	case !f.notBefore.IsZero():
		s.moment(latest(f.notBefore, s.handed.Add(6*day)), latest(f.notBefore, s.handed).Add(40*day))
	case s.chance(0.14):
		s.counted(s.handed, 31*day, 62*day)
	default:
		s.counted(s.handed, 6*day, 29*day)
	}
	if last := s.limit.Add(-14 * day); f.notBefore.IsZero() && s.now.After(last) { // the allowance follows within the year
		s.moment(s.handed.Add(3*day), last)
	}
	s.decided = s.now
}

// before is the decision, or a time by which work on an undecided case is done.
func (s *story) before(other time.Duration) time.Time {
	if s.decided.IsZero() {
		return s.handed.Add(other)
	}
	return earliest(s.decided, s.handed.Add(other))
}

// firstDays are the first assessment of risk and, if it is high, protection.
func (s *story) firstDays() {
	s.welcomed()
	s.now = s.handed
	s.pass(time.Hour, 20*time.Hour)
	level := draw(s.dice, []odds[string]{{40, "low"}, {42, "medium"}, {15, "high"}, {3, "extreme"}})
	if s.p.danger && level == "low" {
		level = "high"
	}
	s.soonerOrLater(pick(s.dice, duty, officer, officer), s.risk(level))
	if level != "high" && level != "extreme" {
		return
	}
	s.pass(30*time.Minute, 6*time.Hour)
	s.by(officer, domain.RequestProtection{Subject: draw(s.dice, []odds[string]{{8, "person"}, {2, "close_relative"}, {1, "helper"}})})
	if s.chance(0.08) { // never answered
		return
	}
	by := head
	if s.chance(0.3) {
		s.pass(10*time.Minute, time.Hour)
		s.by(officer, domain.SendServiceReferral{Organisation: prosecutor.org, Services: []string{"legal_representation"}})
		by = prosecutor
	}
	s.pass(2*time.Hour, 50*time.Hour)
	measure := pick(s.dice, "identity_confidentiality", "guard", "relocation", "identity_confidentiality", "closed_hearing")
	s.by(by, domain.OrderProtection{Measure: measure})
	if s.chance(0.5) {
		s.pass(60*day, 200*day)
		s.by(officer, domain.AssessRisk{Level: "low"})
		s.pass(time.Hour, 30*time.Hour)
		s.by(head, domain.EndProtection{Measure: measure})
	}
}

var riskFactors = []string{"trafficker_at_large", "threats_received", "address_known", "family_threatened", "family_involved", "debts", "stigma", "dependency"}

func (s *story) risk(level string) domain.AssessRisk {
	cmd := domain.AssessRisk{Level: level}
	if level != "low" {
		cmd.Factors = some(s.dice, s.between(1, 3), riskFactors...)
		cmd.ReviewOn = domain.DayOf(s.now).Add(s.between(14, 45))
	}
	return cmd
}

// examined are interviews, screening, reflection and the decision.
func (s *story) examined(f fate) {
	by := s.before(20 * day)
	for range s.between(1, 2) {
		s.moment(s.handed.Add(6*time.Hour), by)
		s.soonerOrLater(officer, s.interview())
	}
	if s.chance(0.96) {
		s.moment(s.handed.Add(20*time.Hour), by)
		s.soonerOrLater(officer, s.screening(f.outcome != "negative" && s.p.status == "presumed"))
	}
	if s.p.status == "presumed" && s.chance(0.8) {
		s.moment(s.handed.Add(3*time.Hour), s.before(5*day).Add(-time.Hour))
		days := draw(s.dice, []odds[int]{{8, 30}, {1, 45}, {1, 60}})
		s.by(officer, domain.OfferReflection{Language: s.p.language, Days: days})
		s.pass(10*time.Minute, 40*time.Minute)
		s.by(officer, domain.GrantReflection{Until: domain.DayOf(s.now).Add(days)})
	}
	if !s.decided.IsZero() {
		s.now = s.decided
		s.by(head, s.decision(f.outcome))
	}
}

func (s *story) interview() domain.HoldInterview {
	cmd := domain.HoldInterview{Participants: []string{"case_officer"}}
	if s.p.child() {
		cmd.ChildStandard = s.chance(0.6)
		if s.chance(0.85) {
			cmd.Participants = append(cmd.Participants, "legal_representative")
		}
		cmd.Participants = append(cmd.Participants, "psychologist")
		return cmd
	}
	cmd.Participants = append(cmd.Participants, some(s.dice, s.between(0, 2), "psychologist", "ngo", "lawyer", "social_worker")...)
	if s.p.foreign() {
		cmd.Participants = append(cmd.Participants, "interpreter")
	}
	return cmd
}

func (s *story) screening(strong bool) domain.ScreenIndicators {
	cmd := domain.ScreenIndicators{Instrument: draw(s.dice, []odds[string]{{3, "c-131"}, {1, "ilo-11"}}), Present: s.p.indicators}
	if !strong {
		cmd.Present = some(s.dice, s.between(0, 2), s.p.indicators...)
	}
	return cmd
}

func (s *story) decision(outcome string) domain.DecideIdentification {
	cmd := domain.DecideIdentification{Outcome: outcome, Informed: true}
	switch outcome {
	case "positive":
		cmd.Forms, cmd.Means, cmd.Geography = s.p.forms, s.p.means, s.p.geography
		cmd.Grounds = append([]string{"screening", "statement"}, some(s.dice, s.between(0, 2), "witnesses", "documents", "medical_findings", "investigation", "foreign_information")...)
		cmd.Informed = s.chance(0.97)
	case "negative":
		cmd.Grounds = []string{"no_indicators", "investigation"}
		cmd.Informed = s.chance(0.9)
	case "suspended":
		cmd.Grounds, cmd.Informed = []string{"person_unreachable"}, false
	default:
		cmd.Grounds = []string{"person_declined"}
	}
	return cmd
}

// guarded is the look after a child by the guardianship body.
func (s *story) guarded() {
	if !s.p.child() {
		return
	}
	s.now = s.handed
	s.pass(2*time.Hour, 30*time.Hour)
	if s.p.finder.org != guardians.org {
		s.by(officer, domain.SendServiceReferral{Organisation: guardians.org, Services: []string{"child_care", "education"}})
	}
	s.atWork(time.Hour, 20*time.Hour)
	s.by(guardians, domain.RecordServiceNeed{Service: "child_care"})
	if s.chance(0.9) {
		s.by(officer, domain.RequestGuardian{Organisation: guardians.org, Kind: "guardian", Reason: draw(s.dice, []odds[string]{{2, "parents_unknown"}, {2, "parents_involved"}, {1, "parents_abroad"}})})
	}
	s.atWork(5*time.Hour, 40*time.Hour)
	s.by(guardians, domain.DeliverService{Service: "child_care"})
	s.atWork(time.Hour, 3*day)
	if find[domain.RequestGuardian](s.steps) == nil {
		return
	}
	s.by(guardians, domain.AppointGuardian{Kind: "guardian", Conflict: draw(s.dice, []odds[string]{{7, "none"}, {1, "not_checked"}})})
	s.moment(s.now.Add(5*day), s.now.Add(12*day))
	ways := []string{"parents", "relatives", "foster_family"}
	s.by(guardians, domain.AssessBestInterests{Purpose: "durable_solution", Options: ways, Heard: s.chance(0.9)})
	s.moment(s.now.Add(3*day), s.now.Add(9*day))
	s.by(guardians, domain.DetermineBestInterests{Purpose: "durable_solution", Options: ways, Decision: "in_favour", Solution: pick(s.dice, ways...), Heard: true})
}
