package domain

// Excess is how many persons a facility may house beyond its places, and when.
type Excess struct {
	Persons int `json:"persons"`
	From    Day `json:"from"`
	Until   Day `json:"until"` // the last day
}

// AuthoriseOverCapacity allows a facility to take persons in for whom it has no
// free and fitting place: in an emergency, for a time. Nobody approves their own
// request, so it is not the facility that does: the head or the duty officer of
// the special police unit, or the National Coordinator, who need not know whom it
// is about.
type AuthoriseOverCapacity struct {
	Persons int    `json:"persons" min:"1" max:"100"`
	Until   Day    `json:"until"`
	Reason  string `json:"reason" code:"over_capacity_reason"`
}

// OverCapacityAuthorised is in force from the day it happened until its last day.
// What was authorised before for the same days is added to it.
type OverCapacityAuthorised struct {
	Persons int    `json:"persons"`
	Until   Day    `json:"until"`
	Reason  string `json:"reason" code:"over_capacity_reason"`
}

func (OverCapacityAuthorised) EventType() string { return "OverCapacityAuthorised" }
func (e OverCapacityAuthorised) apply(f *Facility, at Times) {
	f.Allowed = append(f.Allowed[:len(f.Allowed):len(f.Allowed)], Excess{e.Persons, at.Happened.Day(), e.Until})
}
func (AuthoriseOverCapacity) givers() []Role { return []Role{Head, DutyOfficer, Coordinator} }
func (cmd AuthoriseOverCapacity) decide(_ *Facility, req Request) ([]Event[Facility], error) {
	if cmd.Until.Before(req.Happened.Day()) {
		return nil, invalid("before_start", "until")
	}
	return []Event[Facility]{OverCapacityAuthorised(cmd)}, nil
}

// Exceeding is how many persons the facility may house beyond its places on a
// day.
func (f *Facility) Exceeding(on Day) (n int) {
	for _, e := range f.Allowed {
		if !on.Before(e.From) && !on.After(e.Until) {
			n += e.Persons
		}
	}
	return n
}

// mayExceed reports whether so many more persons stay within what was allowed.
func (f *Facility) mayExceed(persons int, on Day) bool {
	allowed := f.Exceeding(on)
	return allowed >= persons && f.Taken+persons <= f.Capacity+allowed
}
