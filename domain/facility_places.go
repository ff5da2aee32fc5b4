package domain

import "slices"

// Reservation is a bed that is kept for a person who is expected. It counts as
// taken until it lapses.
type Reservation struct {
	Case    Ref    `json:"case,omitempty"`
	Persons int    `json:"persons"`
	Group   string `json:"group,omitempty"`
	From    Day    `json:"from"`
	Until   Day    `json:"until"` // the last day on which it holds
}

func (r Reservation) holdsOn(d Day) bool { return !d.Before(r.From) && !d.After(r.Until) }

// addUp reports whether the places by sex and age are all the places there are.
// Where nobody has said for whom they are, they are for whoever needs one.
func addUp(places Counts, capacity int) bool { return len(places) == 0 || places.Total() == capacity }

// A berth says whether a facility has a free and fitting bed for a person and
// those who come along, and among which places.
type berth struct {
	group string // code list "place_group"; empty where the places are not kept apart
	unfit bool   // it has no places for such a person
	full  bool   // all its beds, or all that fit, are taken; it can be unfit besides
}

// short reports whether the person can only be taken in beyond what there is.
func (b berth) short() bool { return b.unfit || b.full }

// fitting lists the groups of places that fit, the person's own first. Whoever's
// sex is not known fits everywhere: nobody is sent away because a register does
// not know enough.
func (c *Case) fitting(persons int, on Day) []string {
	child := c.ageOn(on).Status != "adult"
	own := map[string]map[bool]string{"female": {false: "women", true: "girls"}, "male": {false: "men", true: "boys"}}[c.Sex][child]
	switch {
	case own == "" && child:
		return []string{"girls", "boys", "families", "any"}
	case own == "":
		return []string{"women", "men", "families", "any"}
	case persons > 1:
		return []string{"families", own, "any"}
	}
	return []string{own, "any"}
}

// room looks for a bed on a day. A bed that is reserved for the person is free
// for them.
func (f *Facility) room(c *Case, who Ref, persons int, on Day) berth {
	reserved, by := 0, map[string]int{}
	for _, r := range f.Reserved {
		if r.Case != who && r.holdsOn(on) {
			reserved += r.Persons
			by[r.Group] += r.Persons
		}
	}
	b := berth{full: f.Taken+reserved+persons > f.Capacity}
	if len(f.Places) == 0 {
		return b
	}
	b.unfit = true
	for _, group := range c.fitting(persons, on) {
		places := f.placesFor(group)
		b.unfit = b.unfit && places == 0
		if f.TakenIn[group]+by[group]+persons <= places {
			b.group, b.unfit = group, false
			return b // full all the same where others than its group have its beds
		}
	}
	b.full = b.full || !b.unfit
	return b
}

func (f *Facility) placesFor(group string) int {
	if i := slices.IndexFunc(f.Places, func(t Tally) bool { return t.Code == group }); i >= 0 {
		return f.Places[i].Number
	}
	return 0
}

// beyond judges an admission for which there is no free and fitting bed. A person
// in need is not sent away by a register: staff who took somebody in all the same
// say so, if somebody else has allowed it (see [AuthoriseOverCapacity]). An import
// tells what was.
func (f *Facility) beyond(b berth, persons int, said bool, req Request) error {
	switch {
	case !b.short() || !req.Claimed.IsZero():
		return nil
	case !said && b.unfit:
		return conflict("no_fitting_place")
	case !said:
		return conflict("facility_full")
	case !f.mayExceed(persons, req.Happened.Day()):
		return conflict("over_capacity_not_authorised")
	}
	return nil
}

// take and free keep the number of beds in use, also by group.
func (f *Facility) take(b Bed) {
	f.Beds = append(f.Beds, b)
	f.count(b, 1)
	f.Reserved = slices.DeleteFunc(slices.Clone(f.Reserved), func(r Reservation) bool { return r.Case == b.Case })
}

func (f *Facility) count(b Bed, sign int) {
	f.Taken += sign * b.Persons
	if b.Group == "" {
		return
	}
	if f.TakenIn == nil {
		f.TakenIn = map[string]int{}
	}
	if f.TakenIn[b.Group] += sign * b.Persons; f.TakenIn[b.Group] == 0 {
		delete(f.TakenIn, b.Group)
	}
}

// Free is how many of the places of a group nobody has on a day.
func (f *Facility) Free(group string, on Day) int {
	n := f.placesFor(group) - f.TakenIn[group]
	for _, r := range f.Reserved {
		if r.Group == group && r.holdsOn(on) {
			n -= r.Persons
		}
	}
	return n
}

// ReservedOn counts the beds that are kept for somebody on a day.
func (f *Facility) ReservedOn(d Day) (n int) {
	for _, r := range f.Reserved {
		if r.holdsOn(d) {
			n += r.Persons
		}
	}
	return n
}

// Public is the facility without whom it houses and for whom it keeps beds.
func (f *Facility) Public() *Facility {
	told := *f
	told.Beds, told.Reserved = nil, slices.Clone(f.Reserved)
	for i := range told.Reserved {
		told.Reserved[i].Case = ""
	}
	return &told
}

// CaseIn is the case that an event of a facility names, if it names one: then it
// is told only to those who may know where that person lives.
func CaseIn(e AnyEvent) Ref {
	switch e := e.(type) {
	case BedTaken:
		return e.Case
	case BedFreed:
		return e.Case
	case ShelterPlaceReserved:
		return e.Case
	case ReservationReleased:
		return e.Case
	}
	return ""
}
