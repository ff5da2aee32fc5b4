// Package country invents a country's referral mechanism: the facilities, the
// deeds of its institutions and some hundred cases a year, as the lines of an
// import file. One calendar year counts back to the figures that the National
// Coordinator published for 2024 (figures.go).
//
// Every person is invented: names are put together from parts, numbers and
// addresses are such as cannot exist. The same seed gives the same country, byte
// by byte.
package country

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"nrm/domain"
)

// Options say which country it is.
type Options struct {
	Seed uint64
	Year int       // the year whose figures are exact; 2024 if zero, none before
	Now  time.Time // when the file will be imported: nothing in it is later

	// NoNames leaves out all that is personal. What remains is the same to the
	// last byte.
	NoNames bool
}

const day = 24 * time.Hour

// settled is how long after the exact year the present begins at the earliest:
// the cases of the present reach this far back.
const settled = 90 * day

func (o Options) complete() (Options, error) {
	if o.Year == 0 {
		o.Year = 2024
	}
	if o.Now.IsZero() {
		return o, errors.New("country: Now is needed: nothing in the file may be later")
	}
	o.Now = o.Now.In(domain.Baku).Truncate(time.Minute)
	if due, ok := domain.ParameterOn("allowance", domain.NewDay(o.Year, time.January, 1)); !ok || domain.Qepik(due.Value) != allowance {
		return o, fmt.Errorf("country: in %d the allowance was not 700 AZN: the figures cannot be those of 2024", o.Year)
	}
	if o.Now.Before(newYear(o.Year + 1).Add(settled)) {
		return o, fmt.Errorf("country: the year %d must have ended %d days before now", o.Year, settled/day)
	}
	return o, nil
}

// Write writes the whole country, from the first shelter to what waits for an
// answer at Options.Now. The lines stand in the order in which they were
// recorded, so that each can be accepted when its turn comes.
// It answers the stories that are worth looking at.
func Write(w io.Writer, o Options) ([]Story, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	c := newCountry(o)
	c.build()
	c.institutions()
	first, _ := domain.CurrentPlan().Years()
	for year := first; year <= o.Now.Year(); year++ {
		if year == o.Year {
			err = c.reportedYear(year)
		} else {
			c.ordinaryYear(year)
		}
		if err != nil {
			return nil, err
		}
	}
	c.present()
	c.guarded()
	c.told()
	return c.stories, c.write(w)
}

// write writes what was told, in the order in which it was recorded.
func (c *country) write(w io.Writer) error {
	slices.SortStableFunc(c.steps, func(a, b step) int { return a.recorded.Compare(b.recorded) })
	out := newLines(w)
	for _, s := range c.steps {
		if err := out.write(s); err != nil {
			return err
		}
	}
	return out.flush()
}

// country is what the stories share.
type country struct {
	o      Options
	ids    dice
	refs   map[domain.Ref]bool // in use
	houses map[string]*house   // by organisation
	steps  []step              // of all finished stories

	names   dice        // who the persons are, and what is told of them
	nameIDs dice        // of the lines that only tell of a person
	met     []who       // some whom the mechanism has met
	wishes  []candidate // cases about whose data somebody could have a wish

	stories []Story
	tales   dice // of the stories that are told in tale.go
	taleIDs dice
}

func newCountry(o Options) *country {
	return &country{
		o: o, ids: newDice(o.Seed, idPart), refs: map[domain.Ref]bool{}, houses: map[string]*house{},
		names: newDice(o.Seed, namePart), nameIDs: newDice(o.Seed, nameIDPart),
		tales: newDice(o.Seed, talePart), taleIDs: newDice(o.Seed, taleIDPart),
	}
}

// newYear is the first instant of a year in Baku.
func newYear(year int) time.Time { return time.Date(year, time.January, 1, 0, 0, 0, 0, domain.Baku) }

// on is a time of day in Baku.
func on(year int, month time.Month, d, hour, minute int) time.Time {
	return time.Date(year, month, d, hour, minute, 0, 0, domain.Baku)
}

// yearEnd is the last moment for what the Coordinator's report of the year
// counts. It keeps clear of midnight, so that the year is the same in UTC and in
// Baku and the record is made in the same year.
func yearEnd(year int) time.Time { return on(year, time.December, 29, 17, 0) }
