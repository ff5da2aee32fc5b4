package domain

import (
	"fmt"
	"slices"
)

// An Audit holds a whole log against what must always be true of it. It is fed
// every decision in log order; operators run it, and so do the tests after
// every fault they cause.
type Audit struct {
	cases      map[string]*Case
	histories  map[string][]Decision // of the cases, without their boxes: a correction has one folded again
	facilities map[string]*Facility
	actions    map[string]*Action
	calls      map[string]*Call
	accesses   map[string]*Accesses
	ids        map[string]map[string]bool // stream -> decision ids
	streams    map[string]Stream
	taken      map[string]bool // decisions by which a bed was taken again because the departure never was
	last       uint64
	Decisions  int
	Events     int
}

// NewAudit begins an audit of an empty log.
func NewAudit() *Audit {
	return &Audit{
		cases: map[string]*Case{}, histories: map[string][]Decision{}, facilities: map[string]*Facility{}, actions: map[string]*Action{}, calls: map[string]*Call{}, accesses: map[string]*Accesses{},
		ids: map[string]map[string]bool{}, streams: map[string]Stream{}, taken: map[string]bool{},
	}
}

// Add looks at the next decision. Its error names the position and what is
// wrong there.
func (a *Audit) Add(d Decision) error {
	name := d.Stream.String()
	if err := a.add(name, d); err != nil {
		return fmt.Errorf("position %d on %s: %w", d.Seq, name, err)
	}
	return nil
}

func (a *Audit) add(name string, d Decision) error {
	if d.Seq <= a.last {
		return fmt.Errorf("comes after position %d", a.last)
	}
	a.last = d.Seq
	a.Decisions++
	a.Events += len(d.Events)
	if a.ids[name] == nil {
		a.ids[name] = map[string]bool{}
	}
	if a.ids[name][d.ID] {
		return fmt.Errorf("decision %s stands here twice", d.ID)
	}
	a.ids[name][d.ID] = true
	a.streams[name] = d.Stream
	if len(d.Events) == 0 {
		return fmt.Errorf("decision %s has no events", d.ID)
	}
	if d.Happened.After(d.Known().Add(skew)) {
		return fmt.Errorf("happened %s, recorded %s", d.Happened, d.Known())
	}
	switch d.Stream.Kind {
	case CaseKind:
		return a.onCase(name, d)
	case FacilityKind:
		return a.onFacility(name, d)
	case CallKind:
		return apply(a.calls, name, d)
	case AccessKind:
		return a.onAccess(name, d)
	}
	return a.onAction(name, d)
}

func (a *Audit) onCase(name string, d Decision) error {
	before := a.cases[name]
	opens := d.Events[0].EventType() == DetectionRecorded{}.EventType()
	if (before == nil) != opens {
		return fmt.Errorf("%s on a case that %s", d.Events[0].EventType(), map[bool]string{true: "is not open yet", false: "is open already"}[before == nil])
	}
	for _, e := range d.Events {
		if v, is := e.(EventVoided); is && v.Type == (Departed{}).EventType() {
			a.taken[d.ID] = true
		}
		if before != nil && before.MergedInto != "" { // it was asked for, and decided, on the case that goes on
			into := a.cases[CaseStream(before.MergedInto).String()]
			if _, is := e.(IdentityErased); is && into != nil && into.Erased() {
				continue
			}
		}
		for _, err := range []error{lawful(e, d, before), a.prepared(name, e, d, before)} {
			if err != nil {
				return err
			}
		}
	}
	c, err := a.fold(name, d)
	if err != nil {
		return err
	}
	a.cases[name] = c
	if d.Happened.Before(c.Detected) {
		return fmt.Errorf("%s happened before the case", d.Events[0].EventType())
	}
	if r := c.Redress; r.Paid > r.Awarded {
		return fmt.Errorf("%d qəpik paid of %d awarded", r.Paid, r.Awarded)
	}
	for _, k := range c.Clocks {
		if k.Stopped.Before(k.Start) {
			return fmt.Errorf("%s was done on %s, before it began on %s", k.Rule, k.Stopped, k.Start)
		}
	}
	return nil
}

// fold brings a case up to a decision.
func (a *Audit) fold(name string, d Decision) (*Case, error) {
	light := d
	light.Events = slices.Clone(d.Events)
	for i, e := range light.Events {
		if s, sealed := e.(Sealed); sealed {
			light.Events[i] = Sealed{Type: s.Type}
		}
	}
	a.histories[name] = append(a.histories[name], light)
	if d.Corrects() {
		return Fold[Case](a.histories[name])
	}
	c := a.cases[name]
	if c == nil {
		c = new(Case)
	}
	return c, Apply(c, d)
}

// ErasureOf tells how far the erasure of a case's person has come.
func (a *Audit) ErasureOf(s Stream) Erasure {
	if c := a.cases[s.String()]; c != nil {
		return c.Erasure
	}
	return Erasure{}
}

func apply[S any](states map[string]*S, name string, d Decision) error {
	s := states[name]
	if s == nil {
		s = new(S)
	}
	if err := Apply(s, d); err != nil {
		return err
	}
	states[name] = s
	return nil
}

// Finish holds the streams against each other once the whole log was added: who
// lives where must be the same in the case and in the facility.
func (a *Audit) Finish() (faults []error) {
	inside := map[Ref]map[Ref]int{} // facility -> case -> persons
	for name, c := range a.cases {
		if p := c.Host(); p != nil {
			if inside[p.Facility] == nil {
				inside[p.Facility] = map[Ref]int{}
			}
			inside[p.Facility][a.streams[name].Ref()] = p.Persons
		}
	}
	for name, f := range a.facilities {
		ref, taken := a.streams[name].Ref(), 0
		for _, b := range f.Beds {
			taken += b.Persons
			if inside[ref][b.Case] != b.Persons {
				faults = append(faults, fmt.Errorf("facility %s gives %d beds to case %s, which says %d", ref, b.Persons, b.Case, inside[ref][b.Case]))
			}
			delete(inside[ref], b.Case)
		}
		if taken != f.Taken {
			faults = append(faults, fmt.Errorf("facility %s counts %d beds taken, its history %d", ref, f.Taken, taken))
		}
	}
	for name, c := range a.cases { // a person who was found twice counts once
		if into := a.cases[CaseStream(c.MergedInto).String()]; c.MergedInto != "" && (into == nil || !slices.Contains(into.Absorbed, a.streams[name].Ref())) {
			faults = append(faults, fmt.Errorf("case %s was merged into %s, which does not know", a.streams[name].Ref(), c.MergedInto))
		}
		for _, other := range c.Absorbed {
			if from := a.cases[CaseStream(other).String()]; from == nil || from.MergedInto == "" {
				faults = append(faults, fmt.Errorf("case %s absorbed %s, which goes on", a.streams[name].Ref(), other))
			}
		}
	}
	for ref, cases := range inside {
		for c, n := range cases {
			faults = append(faults, fmt.Errorf("case %s says that %d persons live in facility %s, which does not know", c, n, ref))
		}
	}
	return faults
}
