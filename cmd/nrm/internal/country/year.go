package country

import (
	"fmt"
	"time"

	"nrm/domain"
)

// life is a person, what becomes of them, and when they were found.
type life struct {
	kind  kind
	p     person
	f     fate
	found time.Time
}

// reportedYear is the year of the published figures. It first lays down who is
// counted for what, then tells every life so that it happens within the year.
func (c *country) reportedYear(year int) error {
	d := newDice(c.o.Seed, uint64(year))
	lives := cast(d, year)
	shareOut(d, lives)
	q := quotas{d: d, lives: lives}
	q.figures(year)
	if q.err != nil {
		return q.err
	}
	c.oneNight(d, year, lives)
	late := 0
	for _, l := range lives {
		if l.kind.abroad && late < 2 && l.f.outcome == "positive" {
			l.f.lateCertificate, late = true, late+1
		}
		c.live(d, l.p, l.f, l.found, yearEnd(year))
	}
	return nil
}

// cast finds the persons of the year. The identified come first.
func cast(d dice, year int) []*life {
	var lives []*life
	add := func(n int, k kind, f fate, from, to time.Time) {
		for range n {
			f := f
			lives = append(lives, &life{kind: k, p: newPerson(d, k), f: f, found: from.Add(d.span(0, to.Sub(from))).Truncate(time.Minute)})
		}
	}
	at := func(m time.Month, day int) time.Time { return on(year, m, day, 0, 0) }
	yes := fate{outcome: "positive"}
	add(schooled, kind{child: true}, yes, at(1, 10), at(10, 1))
	add(repatriated, kind{foreign: true}, fate{outcome: "positive", outbound: true, shelter: true}, at(1, 20), at(8, 1))
	add(1, kind{foreign: true}, yes, at(1, 20), at(9, 1))
	add(foundAbroad, kind{abroad: true}, yes, at(1, 4), at(10, 15))
	add(internalCases, kind{internal: true}, yes, at(1, 4), at(11, 10))
	add(men, kind{man: true}, yes, at(1, 4), at(11, 10))
	add(identified-len(lives), kind{}, yes, at(1, 3), at(11, 18))

	add(negatives, kind{}, fate{outcome: "negative"}, at(1, 10), at(10, 25))
	add(atRisk, kind{atRisk: true}, fate{}, at(1, 10), at(11, 20))
	add(suspended, kind{}, fate{outcome: "suspended"}, at(2, 1), at(10, 20))
	add(withdrawn, kind{}, fate{outcome: "withdrawn"}, at(2, 1), at(10, 20))
	add(neverDecided, kind{}, fate{}, at(3, 1), at(10, 1))
	next := fate{notBefore: newYear(year + 1).Add(8 * day)}
	next.outcome = "negative"
	add(2, kind{}, next, at(11, 15), at(12, 18))
	next.outcome = "positive"
	add(1, kind{abroad: true}, next, at(11, 5), at(12, 1))
	add(1, kind{foreign: true}, next, at(11, 10), at(12, 15))
	add(presumed-suspended-withdrawn-neverDecided-4, kind{}, next, at(11, 20), at(12, 20))
	return lives
}

// shareOut gives what nobody counts.
func shareOut(d dice, lives []*life) {
	for _, l := range lives {
		l.f.staysOpen = d.chance(0.06)
		if d.chance(0.12) && !l.kind.child && l.p.sex == "female" {
			l.f.along = d.between(1, 2)
		}
	}
}

// oneNight is a raid in the north: three women with children are brought to the
// small NGO shelter in one night, more than it has beds for: the head of the unit
// allows it.
func (c *country) oneNight(d dice, year int, lives []*life) {
	night, n := on(year, time.May, d.between(6, 24), 1, d.IntN(60)), 0
	if quba := c.houses["shelter-ngo-quba"]; quba.open(night) {
		c.tell(head, domain.FacilityStream(quba.ref), night, night.Add(20*time.Minute), domain.AuthoriseOverCapacity{Persons: 6, Until: domain.DayOf(night).Add(45), Reason: "many_at_once"})
	}
	for _, l := range lives {
		if n == 3 {
			return
		}
		if l.kind == (kind{}) && l.f.shelter && l.f.outcome == "positive" && !l.f.course && !l.f.job && l.p.sex == "female" {
			l.p.source, l.p.finder, l.p.circumstances, l.p.district, l.p.danger = "special_police", officer, []string{"raid"}, "AZ-XAC", false
			l.f.house, l.f.along = "shelter-ngo-quba", 1+n%2+n/2
			l.found = night.Add(time.Duration(n*25) * time.Minute)
			n++
		}
	}
}

// quotas gives out what the report counts. It remembers the first count for
// which the year has too few persons.
type quotas struct {
	d     dice
	lives []*life
	err   error
}

// give marks n of those who can have it, by chance.
func (q *quotas) give(what string, n int, can func(*life) bool, mark func(*life)) {
	var able []*life
	for _, l := range q.lives {
		if can(l) {
			able = append(able, l)
		}
	}
	if len(able) < n && q.err == nil {
		q.err = fmt.Errorf("country: %s: %d persons wanted, %d found", what, n, len(able))
	}
	for _, l := range some(q.d, n, able...) {
		mark(l)
	}
}

// figures gives out the published figures (figures.go).
func (q *quotas) figures(year int) {
	by := func(m time.Month, day int) func(*life) bool {
		end := on(year, m, day, 0, 0)
		return func(l *life) bool { return l.found.Before(end) }
	}
	sure := func(l *life) bool { return l.f.outcome == "positive" && l.f.notBefore.IsZero() }
	grown := func(l *life) bool { return sure(l) && !l.p.child() && !l.f.outbound }
	open := func(l *life) bool { return !sure(l) && l.p.status == "presumed" && l.f.outcome != "negative" }

	q.give("children", schooled, func(l *life) bool { return sure(l) && l.p.child() }, func(l *life) { l.f.school = true })
	homes := func(l *life) { l.f.shelter = true }
	q.give("sheltered before a decision", 5, func(l *life) bool { return open(l) && !l.kind.abroad }, homes)
	q.give("sheltered, negative", 1, func(l *life) bool { return l.f.outcome == "negative" && l.f.notBefore.IsZero() }, homes)
	q.give("sheltered", sheltered-6-repatriated, func(l *life) bool { return sure(l) && !l.f.shelter }, homes)

	centre := func(l *life) { l.f.centre = true }
	q.give("centre before a decision", 6, func(l *life) bool { return open(l) && !l.kind.abroad }, centre)
	q.give("centre", atCentre-6, func(l *life) bool { return grown(l) || sure(l) && l.p.child() }, centre)
	q.give("psychological help", atCentrePsy, func(l *life) bool { return l.f.centre && by(12, 1)(l) }, func(l *life) { l.f.psych = true })
	q.give("legal help", atCentreLaw, func(l *life) bool { return l.f.centre && by(12, 1)(l) }, func(l *life) { l.f.legal = true })
	q.give("courses", courses, func(l *life) bool { return grown(l) && l.f.centre && by(8, 1)(l) }, func(l *life) { l.f.course = true })
	q.give("jobs from courses", jobs*2/3, func(l *life) bool { return l.f.course && by(6, 15)(l) }, func(l *life) { l.f.job = true })
	q.give("jobs", jobs-jobs*2/3, func(l *life) bool { return grown(l) && l.f.centre && !l.f.course && by(9, 1)(l) }, func(l *life) { l.f.job = true })
	q.give("documents", documents, func(l *life) bool { return sure(l) && l.f.centre }, func(l *life) { l.f.document = true })
	q.give("social assistance", socialHelp, func(l *life) bool { return grown(l) && l.f.centre }, func(l *life) { l.f.social = true })
	q.give("reunited", reunited, func(l *life) bool { return sure(l) && !l.f.outbound }, func(l *life) { l.f.reunited = true })
	q.give("lives in the centre", 4, func(l *life) bool { return grown(l) && l.f.centre && !l.f.shelter && !l.kind.abroad }, func(l *life) { l.f.livesIn = true })

	q.give("lawyers", 16, func(l *life) bool { return sure(l) && (!l.f.centre || l.f.legal) }, func(l *life) { l.f.lawyer = true })
	q.give("claims", 6, func(l *life) bool { return l.f.lawyer }, func(l *life) { l.f.claim = true })
	q.money(by(12, 1))
}

// money divides the Fund's help. Amounts vary in steps of 5 AZN; six persons
// receive it in two parts.
func (q *quotas) money(early func(*life) bool) {
	var persons []*life
	q.give("help of the Fund", fundPersons, func(l *life) bool { return l.p.status == "presumed" && early(l) }, func(l *life) { persons = append(persons, l) })
	if len(persons) == 0 {
		return
	}
	const step = 5_00
	amounts, sum := make([]domain.Qepik, len(persons)), domain.Qepik(0)
	for i := range amounts {
		amounts[i] = domain.Qepik(pick(q.d, 30, 40, 40, 50, 50, 60, 70, 80, 100)) * 100
		sum += amounts[i]
	}
	for sum != fundAmount {
		i := q.d.IntN(len(amounts))
		switch {
		case sum > fundAmount && amounts[i] > 4*step:
			amounts[i], sum = amounts[i]-step, sum-step
		case sum < fundAmount && amounts[i] < 40*step:
			amounts[i], sum = amounts[i]+step, sum+step
		}
	}
	for i, l := range persons {
		l.f.fund = []domain.Qepik{amounts[i]}
		if i%15 == 7 && amounts[i] > 4*step {
			l.f.fund = []domain.Qepik{amounts[i] - 2*step, 2 * step}
		}
	}
}
