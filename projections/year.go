package projections

import (
	"context"
	"fmt"
	"time"

	"nrm/domain"
)

// A reportLine is a line of the National Coordinator's yearly report (Law
// 958-IIQ, Article 7): the facts it counts, each person once.
type reportLine struct {
	id    string
	facts domain.Selection
	money string            // data field that is added up
	among *domain.Selection // only persons who have one of these in the year too
	not   *domain.Selection // only persons who have none of these in the year
}

func facts(events ...string) domain.Selection { return domain.Selection{Events: events} }

func having(s domain.Selection, field string, values ...string) domain.Selection {
	where := map[string][]string{field: values}
	for f, v := range s.Where {
		where[f] = v
	}
	s.Where = where
	return s
}

func delivered(services ...string) domain.Selection {
	return having(facts("ServiceDelivered"), "service", services...)
}

// reportLines are the lines in the order of the report for 2024.
//
// Help at the assistance centre is help that a centre itself gave to a person
// who was referred to a centre in the same year: the report counts 63 persons,
// of whom 36 and 13. What a lawyer of an NGO did for the same person is no part
// of it. A presumed victim of the year is a person whose referral was
// registered with that status in the year and about whom neither a positive nor
// a negative decision had been taken when it ended. Money of the plan is
// counted by budget year, whenever and for whichever action it was allocated.
func reportLines() []reportLine {
	toCentre := having(facts("ServiceReferralSent"), "kind", "assistance_centre")
	atCentre := func(services ...string) domain.Selection {
		return having(delivered(services...), "provider_type", "assistance_centre")
	}
	decided := having(facts("IdentificationDecided"), "outcome", "positive", "negative")
	funded := having(facts("FundingAllocated"), "kind", "ngo")
	funded.Of, funded.Year = []string{"organisation"}, "year"
	return []reportLine{
		{id: "allowances", facts: facts("AllowancePaid"), money: "amount"},
		{id: "sheltered", facts: having(facts("AdmissionConfirmed"), "kind", "shelter")},
		{id: "courses", facts: delivered("vocational_training")},
		{id: "jobs", facts: delivered("employment")},
		{id: "foreign_repatriated", facts: having(having(facts("ReturnDeparted"), "direction", "outbound"), "foreign", "true")},
		{id: "identity_documents", facts: delivered("identity_document")},
		{id: "social_assistance", facts: delivered("social_assistance")},
		{id: "school", facts: having(delivered("education"), "child", "true")},
		{id: "family_reunited", facts: facts("FamilyReunited")},
		{id: "referred_to_centre", facts: toCentre},
		{id: "centre_psychological", facts: toCentre, among: new(atCentre("psychological"))},
		{id: "centre_legal", facts: toCentre, among: new(atCentre("legal_info", "legal_representation"))},
		{id: "presumed", facts: having(facts("DetectionRecorded"), "status", "presumed"), not: &decided},
		{id: "fund_assisted", facts: facts("FundAssistancePaid"), money: "amount"},
		{id: "ngo_funded", facts: funded, money: "amount"},
	}
}

// Year gives the lines of the Coordinator's yearly report for a calendar year in
// Baku, counted from the facts that were known at a time; the zero time means
// all. A fact belongs to the year in which it happened, not in which it was
// recorded. A line counts 0 where nothing is recorded.
func (v *Views) Year(ctx context.Context, year int, known time.Time) ([]YearLine, error) {
	lines, err := yearLines(ctx, v.readers, year, known)
	return lines, wrap(err, fmt.Sprintf("year %d", year))
}

func yearLines(ctx context.Context, q queryer, year int, known time.Time) ([]YearLine, error) {
	types := map[string]bool{}
	for _, line := range reportLines() {
		for _, s := range []*domain.Selection{&line.facts, line.among, line.not} {
			if s != nil {
				types[s.Events[0]] = true
			}
		}
	}
	l, err := load(ctx, q, sorted(types), known, `year = ? OR type = 'FundingAllocated'`, year)
	if err != nil {
		return nil, err
	}
	at := vantageOf(year, time.Time{}).at
	s := scope{year: year, from: domain.NewDay(year, time.January, 1), to: domain.DayOf(at), at: at}
	var lines []YearLine
	for _, line := range reportLines() {
		lines = append(lines, l.line(line, s))
	}
	return lines, l.err
}

func (l *ledger) line(line reportLine, s scope) YearLine {
	p := l.find(&line.facts, s)
	y := YearLine{ID: line.id, Excluded: p.excluded}
	persons := p.list
	if line.among != nil {
		has := l.find(line.among, s)
		persons = l.only(persons, has.list, true)
		y.Excluded += has.excluded
	}
	if line.not != nil { // a decision that nobody can date was taken all the same
		has := l.find(line.not, s)
		for _, o := range l.of(line.not.Events) {
			if !o.at.Known() && l.matches(o, line.not, s) {
				has.list = append(has.list, pick{observation: o})
			}
		}
		persons = l.only(persons, has.list, false)
	}
	y.Count = int64(len(distinct(persons, line.facts.Units())))
	if line.money != "" {
		y.Amount = domain.Qepik(total(persons, []string{line.money}))
	}
	return y
}

// only keeps the facts of streams that are, or are not, among others.
func (l *ledger) only(list, others []pick, among bool) (kept []pick) {
	streams := map[string]bool{}
	for _, o := range others {
		streams[o.person] = true
	}
	for _, p := range list {
		if streams[p.person] == among {
			kept = append(kept, p)
		}
	}
	return kept
}
