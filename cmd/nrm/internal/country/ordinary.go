package country

import (
	"time"

	"nrm/domain"
)

// ordinaryYear is a thinner year, so that every year of the plan has cases. What
// the yearly reports count stays within it.
func (c *country) ordinaryYear(year int) {
	d := newDice(c.o.Seed, uint64(year))
	from, to := on(year, time.January, 4, 0, 0), on(year, time.November, 8, 0, 0)
	share := 1.0
	if reach := c.o.Now.Add(-settled); to.After(reach) { // the last weeks are told in present.go
		share = max(0, reach.Sub(from).Hours()/to.Sub(from).Hours())
		to = reach
	}
	for range int(share * float64(d.between(32, 44))) {
		found := from.Add(d.span(0, to.Sub(from))).Truncate(time.Minute)
		p, f := ordinary(d, found.Month() < time.August)
		c.live(d, p, f, found, yearEnd(year))
	}
}

// ordinary draws a person and what becomes of them, in the proportions of the
// reported year. Early is early enough in the year for a course to be completed.
func ordinary(d dice, early bool) (person, fate) {
	k := draw(d, []odds[kind]{
		{72, kind{}}, {12, kind{abroad: true}}, {6, kind{man: true}}, {4, kind{internal: true}},
		{2, kind{foreign: true}}, {2, kind{child: true}}, {3, kind{atRisk: true}},
	})
	p := newPerson(d, k)
	f := fate{outcome: draw(d, []odds[string]{{84, "positive"}, {7, "negative"}, {4, "suspended"}, {4, "withdrawn"}})}
	if k.atRisk {
		return p, fate{}
	}
	sure := f.outcome == "positive"
	f.shelter = d.chance(0.6)
	f.centre = d.chance(0.6)
	f.livesIn = f.centre && !f.shelter && !k.abroad && d.chance(0.15)
	f.psych, f.legal = f.centre && d.chance(0.6), f.centre && d.chance(0.22)
	f.reunited = sure && d.chance(0.5)
	if k.foreign {
		f.outbound, f.reunited = sure && d.chance(0.5), false
	}
	f.school = sure && k.child
	if d.chance(0.6) {
		f.fund = []domain.Qepik{domain.Qepik(d.between(6, 24)) * 5_00}
	}
	if helped := sure && f.centre && !k.child; helped {
		f.document, f.social = d.chance(0.15), d.chance(0.2)
		f.course, f.job = early && d.chance(0.4), early && d.chance(0.2)
	}
	f.lawyer = sure && (!f.centre || f.legal) && d.chance(0.5)
	f.claim = f.lawyer && d.chance(0.35)
	f.unpaid = d.chance(0.03)
	f.staysOpen = d.chance(0.05)
	f.lateCertificate = d.chance(0.1)
	if d.chance(0.12) && !k.child && p.sex == "female" {
		f.along = d.between(1, 2)
	}
	return p, f
}
