package country

import (
	"io"
	"time"

	"nrm/domain"
)

// perHouses is how many plain cases share one set of houses, so that the
// history of a house is not longer than a house's history is.
const perHouses = 500

// WriteMany writes plain cases for measuring: each whole, one after the other,
// spread over the years before Options.Now. No figure of a year is exact. To
// measure what sealing costs, give it once with Options.NoNames and once without.
func WriteMany(w io.Writer, o Options, cases int) error {
	o, err := o.complete()
	if err != nil {
		return err
	}
	c, d, out := newCountry(o), newDice(o.Seed, manyPart), newLines(w)
	first := on(2020, time.February, 1, 0, 0)
	apart := o.Now.Add(-settled).Sub(first) / time.Duration(max(1, cases))
	for i := range cases {
		found := first.Add(time.Duration(i) * apart).Truncate(time.Minute)
		if i%perHouses == 0 {
			c.opens(house{org: "shelter-baki", kind: "shelter", operator: "state", district: "AZ-BA", beds: 54, since: found.Add(-3 * day)})
			c.opens(house{org: "shelter-gence", kind: "shelter", operator: "state", district: "AZ-GA", beds: 16, since: found.Add(-2 * day)})
		}
		c.plain(d, found)
		for _, s := range c.steps {
			if err := out.write(s); err != nil {
				return err
			}
		}
		c.steps = c.steps[:0]
	}
	return out.flush()
}

// plain is a case without surprises.
func (c *country) plain(d dice, found time.Time) {
	s := c.begin(d, newPerson(d, kind{child: d.chance(0.02)}), found, yearEnd(found.Year()))
	f := fate{outcome: draw(d, []odds[string]{{8, "positive"}, {2, "negative"}})}
	s.found(prompt)
	s.received()
	s.pass(time.Hour, 9*time.Hour)
	s.by(officer, s.risk(draw(d, []odds[string]{{5, "low"}, {4, "medium"}, {1, "high"}})))
	if d.chance(0.5) {
		s.pass(time.Hour, 3*time.Hour)
		s.home = s.houses[pick(d, "shelter-baki", "shelter-baki", "shelter-gence")]
		s.by(duty, s.request(s.home, 0))
		s.pass(time.Hour, 20*time.Hour)
		s.moves(0)
	}
	s.pass(day, 12*day)
	s.by(officer, s.interview())
	s.pass(time.Hour, 2*day)
	s.by(officer, s.screening(f.outcome == "positive"))
	s.pass(2*day, 15*day)
	s.decided = s.now
	s.by(head, s.decision(f.outcome))
	if s.home != nil {
		s.pass(day, 20*day)
		s.by(s.home.staff(), domain.RecordDeparture{Facility: s.home.ref, Destination: "family", Planned: true})
	}
	reason := "negative_decision"
	if f.outcome == "positive" {
		reason = "plan_completed"
		s.pass(day, 20*day)
		due, _ := domain.ParameterOn("allowance", domain.DayOf(s.decided))
		s.by(fund, domain.PayAllowance{Amount: domain.Qepik(due.Value)})
	}
	s.pass(day, 15*day)
	s.by(officer, domain.CloseCase{Reason: reason})
	s.seal()
}
