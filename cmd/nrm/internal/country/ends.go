package country

import (
	"time"

	"nrm/domain"
)

// paid is the money: rights explained, the one-off allowance, the Fund.
func (s *story) paid(f fate) {
	if !f.lawyer && s.chance(0.85) {
		s.moment(s.handed.Add(4*time.Hour), s.before(10*day))
		s.soonerOrLater(officer, domain.ExplainRedressRights{Language: s.p.language})
	}
	if f.outcome == "positive" && !f.unpaid {
		s.allowance(3*day, 40*day)
	}
	until := s.limit.Add(-4 * day)
	if f.outcome != "positive" && !s.decided.IsZero() { // help for the time of the inquiry
		until = earliest(until, s.decided)
	}
	from := s.handed.Add(day)
	for i, amount := range f.fund {
		s.moment(earliest(from, until), earliest(from.Add(25*day), until))
		purpose := fundPurposes[i]
		s.by(officer, domain.RequestFundAssistance{Purpose: purpose, Amount: amount})
		s.counted(s.now, day, 12*day)
		s.onTheDay(fund, domain.PayFundAssistance{Purpose: purpose, Amount: amount})
		from = s.now.Add(10 * day)
	}
}

// fundPurposes of the first and the second payment to one person.
var fundPurposes = []string{"living_costs", "medical"}

// allowance pays the amount of the day of the decision.
func (s *story) allowance(lo, hi time.Duration) {
	due, _ := domain.ParameterOn("allowance", domain.DayOf(s.decided))
	s.counted(s.decided, lo, hi)
	s.onTheDay(fund, domain.PayAllowance{Amount: domain.Qepik(due.Value)})
}

// goesHome is the return to the family or to the country of a foreigner, and
// school for a child.
func (s *story) goesHome(f fate) {
	if f.school {
		s.moment(s.handed.Add(3*day), s.handed.Add(6*day))
		s.by(guardians, domain.RecordServiceNeed{Service: "education"})
		s.counted(latest(s.now, s.decided), day, 40*day)
		s.by(guardians, domain.DeliverService{Service: "education"})
	}
	if f.outbound {
		s.repatriated()
	}
	if !f.reunited {
		return
	}
	if s.chance(0.4) {
		s.moment(latest(s.handed.Add(day), s.decided.Add(-5*day)), latest(s.handed.Add(2*day), s.decided))
		s.soonerOrLater(officer, domain.AssessRisk{Level: "low"})
	}
	cmd := domain.ReuniteFamily{RiskAssessed: s.chance(0.92)}
	if !s.left.IsZero() {
		s.now = s.left
		s.pass(10*time.Minute, 5*time.Hour)
		s.by(officer, cmd)
		return
	}
	s.counted(s.handed, 3*day, 50*day)
	s.soonerOrLater(officer, cmd)
}

// ends are the looks after the person in the following year, and the closure.
func (s *story) ends(f fate) {
	s.now = s.last()
	if f.outcome == "positive" && !f.outbound && (f.reunited || s.p.country != "" || s.chance(0.5)) {
		s.followed(latest(s.decided, latest(s.left, s.handed)))
	}
	if f.staysOpen || s.decided.IsZero() && s.p.status == "presumed" {
		return
	}
	s.now = s.last()
	cmd := domain.CloseCase{Reason: "plan_completed"}
	switch {
	case f.outcome == "negative":
		cmd.Reason = "negative_decision"
	case f.outcome == "suspended":
		cmd.Reason = "contact_lost"
	case f.outcome == "withdrawn":
		cmd.Reason = "withdrew"
	case s.p.status == "at_risk":
		cmd.Reason = "other"
	case f.outbound:
		cmd.Reason = "repatriated"
	case f.reunited:
		cmd.Reason = "reintegrated"
	}
	if s.p.status == "at_risk" { // help was enough: nothing is left to decide
		s.moment(s.now.Add(time.Hour), latest(s.now.Add(day), s.handed.Add(26*day)))
	} else {
		s.moment(s.now.Add(day), s.now.Add(45*day))
	}
	s.by(officer, cmd)
	if f.outcome == "positive" && s.chance(0.04) {
		s.reopened()
	}
}

// followed is a look after one, three, six and twelve months, as long as there
// is contact.
func (s *story) followed(from time.Time) {
	by := officer
	for _, m := range []struct {
		code string
		days time.Duration
	}{{"1", 30 * day}, {"3", 91 * day}, {"6", 182 * day}, {"12", 365 * day}} {
		if s.chance(0.2) {
			continue
		}
		s.moment(from.Add(m.days-8*day), from.Add(m.days+10*day))
		if s.centre != nil && s.now.After(s.centreSince.Add(2*day)) {
			by = s.centre.staff()
		}
		status := draw(s.dice, []odds[string]{{160, "safe"}, {24, "needs_help"}, {14, "contact_lost"}, {1, "re_trafficked"}})
		s.onTheDay(by, domain.RecordFollowUp{Month: m.code, Status: status})
		if status == "contact_lost" || status == "re_trafficked" {
			return
		}
	}
}

// reopened is a case taken up again, looked at, and closed a second time.
func (s *story) reopened() {
	s.moment(s.now.Add(20*day), s.now.Add(150*day))
	s.by(officer, domain.ReopenCase{Reason: draw(s.dice, []odds[string]{{3, "new_risk"}, {2, "new_facts"}, {1, "new_claim"}})})
	s.pass(time.Hour, 20*time.Hour)
	s.by(officer, s.risk("medium"))
	if s.chance(0.7) {
		s.moment(s.now.Add(20*day), s.now.Add(90*day))
		s.by(officer, domain.CloseCase{Reason: "plan_completed"})
	}
}
