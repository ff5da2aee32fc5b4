package domain

import (
	"fmt"
	"slices"
)

// onFacility holds that nobody is taken in before a facility opens or after it
// closed, nor beyond its beds unless that was said.
func (a *Audit) onFacility(name string, d Decision) error {
	if err := apply(a.facilities, name, d); err != nil {
		return err
	}
	f := a.facilities[name]
	if f.Taken < 0 {
		return fmt.Errorf("%d beds taken", f.Taken)
	}
	for _, e := range d.Events {
		if _, excess := e.(OverCapacityAuthorised); excess && d.By.Organisation == f.Organisation {
			return fmt.Errorf("%s allowed itself to take in more than it has beds", f.Organisation)
		}
		taken, ok := e.(BedTaken)
		switch {
		case !ok:
		case !f.openOn(d.Happened.Day()):
			return fmt.Errorf("somebody was taken in on %s, when the facility was not open", d.Happened)
		case f.Taken > f.Capacity && !taken.OverCapacity && !d.Imported():
			return fmt.Errorf("%d beds taken of %d, and nobody said so", f.Taken, f.Capacity)
		case f.Taken > f.Capacity+f.Exceeding(d.Happened.Day()) && !d.Imported() && !a.taken[d.ID]:
			return fmt.Errorf("%d beds taken of %d, and nobody else allowed it", f.Taken, f.Capacity)
		}
		if err := a.fits(taken, d.Happened.Day()); ok && err != nil {
			return err
		}
	}
	return nil
}

// fits holds that a bed of a group is one for such a person.
func (a *Audit) fits(b BedTaken, on Day) error {
	c := a.cases[CaseStream(b.Case).String()]
	if b.Group != "" && c != nil && !slices.Contains(c.fitting(b.Persons, on), b.Group) {
		return fmt.Errorf("case %s was given a bed of the group %s", b.Case, b.Group)
	}
	return nil
}

// onAction holds that the register says once for each quarter or year that a body
// missed its duty, and only when it did.
func (a *Audit) onAction(name string, d Decision) error {
	for _, e := range d.Events {
		missed, is := e.(DutyMissed)
		if !is {
			continue
		}
		var duties []DeadlineClock
		if before := a.actions[name]; before != nil {
			duties = before.Duties(d.Recorded)
		}
		if d.By.Role != Clock || !slices.ContainsFunc(duties, func(k DeadlineClock) bool {
			return k.is(missed.Duty, missed.Period) && !k.Missed && k.State(d.Recorded) == Overdue
		}) {
			return fmt.Errorf("%s of %s is marked as missed by %s although it was not due or was marked before", missed.Duty, missed.Period, d.By.Role)
		}
	}
	return apply(a.actions, name, d)
}
