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
	last       uint64
	Decisions  int
	Events     int
}

// NewAudit begins an audit of an empty log.
func NewAudit() *Audit {
	return &Audit{
		cases: map[string]*Case{}, histories: map[string][]Decision{}, facilities: map[string]*Facility{}, actions: map[string]*Action{}, calls: map[string]*Call{}, accesses: map[string]*Accesses{},
		ids: map[string]map[string]bool{}, streams: map[string]Stream{},
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
	return apply(a.actions, name, d)
}

func (a *Audit) onCase(name string, d Decision) error {
	before := a.cases[name]
	opens := d.Events[0].EventType() == DetectionRecorded{}.EventType()
	if (before == nil) != opens {
		return fmt.Errorf("%s on a case that %s", d.Events[0].EventType(), map[bool]string{true: "is not open yet", false: "is open already"}[before == nil])
	}
	for _, e := range d.Events {
		if before != nil && before.MergedInto != "" { // it was asked for, and decided, on the case that goes on
			if _, is := e.(IdentityErased); is && a.cases[CaseStream(before.MergedInto).String()].Erased() {
				continue
			}
		}
		if err := lawful(e, d, before); err != nil {
			return err
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

// lawful holds what no rule may ever let through.
func lawful(e AnyEvent, d Decision, before *Case) error {
	if spec, _ := EventSpecOf(e.EventType()); spec.Personal && before != nil && before.Erased() {
		return fmt.Errorf("%s after the person was erased", e.EventType())
	}
	switch e := e.(type) {
	case IdentityErased:
		return erasable(before, d.By)
	case ErasureCompleted:
		if d.By.Role != Clock || before == nil || !before.Erased() {
			return fmt.Errorf("an erasure completed that was not approved")
		}
	case IdentificationDecided:
		if d.By.Role != Head || !Head.fits(d.By.Organisation) {
			return fmt.Errorf("identification decided by %s of %s", d.By.Role, d.By.Organisation)
		}
	case IdentificationReversed:
		if d.By.Role != Head || before == nil || before.Outcome != e.From || e.From == e.Outcome {
			return fmt.Errorf("identification reversed from %s to %s by %s", e.From, e.Outcome, d.By.Role)
		}
	case HandoverAccepted, HandoverRefused:
		if d.By.Role != DutyOfficer || !DutyOfficer.fits(d.By.Organisation) {
			return fmt.Errorf("%s by %s of %s", e.EventType(), d.By.Role, d.By.Organisation)
		}
	case ReflectionGranted:
		if p, ok := ParameterOn("reflection", e.From); ok && e.Until.Since(e.From) < p.Value {
			return fmt.Errorf("a reflection period of %d days", e.Until.Since(e.From))
		}
	case AllowancePaid:
		if err := due(d, before); err != nil {
			return err
		}
		if p, ok := ParameterOn("allowance", before.Decided.Day()); ok && int64(e.Amount) != int64(p.Value) {
			return fmt.Errorf("an allowance of %d qəpik, on the day of the decision it was %d", e.Amount, p.Value)
		}
	case AdmissionConfirmed:
		if e.Basis == "" {
			return fmt.Errorf("an admission without a basis")
		}
	case DeadlineMissed:
		return missed(e, d, before)
	}
	if by, ok := onlyBy[e.EventType()]; ok && (d.By.Role != by || !by.fits(d.By.Organisation)) {
		return fmt.Errorf("%s by %s of %s", e.EventType(), d.By.Role, d.By.Organisation)
	}
	return nil
}

// onlyBy is who alone may record some facts, besides those named above.
var onlyBy = map[string]Role{
	"HandoverRefused": DutyOfficer, "ReferralReturned": DutyOfficer, "IdentificationReversed": Head,
	"DeadlineSuspended": Head, "DeadlineResumed": Head, "DeadlineExtended": Head,
}

// missed holds that a duty is marked once for each time at which it was due, and
// only when it was overdue.
func missed(e DeadlineMissed, d Decision, before *Case) error {
	if d.By.Role != Clock {
		return fmt.Errorf("deadline missed, says %s", d.By.Role)
	}
	if before == nil {
		return fmt.Errorf("%s is marked as missed on a case that is not open yet", e.Rule)
	}
	same := 0
	for _, other := range d.Events {
		if other == AnyEvent(e) {
			same++
		}
	}
	overdue := 0
	for _, k := range before.Clocks {
		if k.is(e.Rule, e.Key) && k.Due.Equal(e.Due) && !k.Missed && k.State(d.Recorded) == Overdue {
			overdue++
		}
	}
	if same <= overdue {
		return nil
	}
	return fmt.Errorf("%s is marked as missed although it was not due or was marked before", e.Rule)
}

// due holds that the allowance is paid once for each positive decision in force.
func due(d Decision, before *Case) error {
	if before == nil {
		return fmt.Errorf("an allowance that was not due")
	}
	decision, positive := before.positiveOn(d.Happened)
	paid := 0
	for _, e := range d.Events {
		if _, is := e.(AllowancePaid); is {
			paid++
		}
	}
	switch {
	case !positive:
		return fmt.Errorf("an allowance that was not due")
	case paid > 1 || isFor(before.Redress.Payments, decision):
		return fmt.Errorf("an allowance that was paid already")
	}
	return nil
}

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
		taken, ok := e.(BedTaken)
		switch {
		case !ok:
		case !f.openOn(d.Happened.Day()):
			return fmt.Errorf("somebody was taken in on %s, when the facility was not open", d.Happened)
		case f.Taken > f.Capacity && !taken.OverCapacity && !d.Imported():
			return fmt.Errorf("%d beds taken of %d, and nobody said so", f.Taken, f.Capacity)
		}
	}
	return nil
}

// erasable holds what an erasure must never be: asked and approved by one
// person, or under a legal hold.
func erasable(c *Case, by Actor) error {
	switch {
	case c == nil || c.Erasure.Asked.IsZero():
		return fmt.Errorf("erased without a request")
	case c.Hold != "":
		return fmt.Errorf("erased under a legal hold")
	case c.Erasure.AskedBy == by.User:
		return fmt.Errorf("erased by the person who asked for it")
	}
	return nil
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
	for ref, cases := range inside {
		for c, n := range cases {
			faults = append(faults, fmt.Errorf("case %s says that %d persons live in facility %s, which does not know", c, n, ref))
		}
	}
	return faults
}
