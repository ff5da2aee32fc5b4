package domain

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Norm is one thing that the mandated path of a case asks for (Rules C-131
// section 6, Law 958-IIQ and the decisions under it). Norms are data with
// versions: a step is judged by the version in force when it fell due.
type Norm struct {
	ID         string   `json:"id"` // code list "norm"
	Version    int      `json:"version"`
	Kind       string   `json:"kind"` // see below
	ValidFrom  Day      `json:"valid_from"`
	ValidTo    Day      `json:"valid_to,omitzero"`  // zero while in force
	Clock      string   `json:"clock,omitempty"`    // the time limit that says whether it was in time
	Step       []string `json:"step,omitempty"`     // what is asked for: one of these
	Of         []string `json:"of,omitempty"`       // and before, or after, which of these
	When       []string `json:"when,omitempty"`     // applies only if all of these hold
	Except     []string `json:"except,omitempty"`   // and none of these
	Occasion   string   `json:"occasion,omitempty"` // code list "risk_occasion": the risk must be assessed anew before each of Of
	Act        string   `json:"act"`
	Article    string   `json:"article"`
	Confidence string   `json:"confidence"`
}

// The kinds of norms. Steps are event types, with "[field=value|value]" only
// those of which a field holds one of the values. Conditions are such steps, or
// one of [conditions].
const (
	mustPrecede = "before"  // Step before the first of Of; with an occasion before each, and lately
	mustFollow  = "follows" // Step after the first of Of, at the latest until the case is closed
	mustBeTimed = "clock"   // as the time limit Clock says, with its suspensions and extensions
	onlyOnce    = "once"    // Step not twice
)

// conditions are what a norm may ask of the case itself, on the day on which the
// step fell due: who was a child then was one, whatever they are now.
var conditions = map[string]func(*Case, Day) bool{
	"child": func(c *Case, on Day) bool { return c.ageOn(on).Status != "adult" },
}

// A Conformity says how a norm was kept: code list "conformity".
type Conformity string

const (
	Fit           Conformity = "fit"
	TooLate       Conformity = "late"
	Skipped       Conformity = "skipped"
	OutOfOrder    Conformity = "out_of_order"
	Repeated      Conformity = "repeated"
	NotApplicable Conformity = "not_applicable"
	Pending       Conformity = "pending" // it has not fallen due
)

// A NormVerdict says how one norm was kept on one case.
type NormVerdict struct {
	Norm    string     `json:"norm"`
	Version int        `json:"version,omitempty"` // 0: no version was in force
	Result  Conformity `json:"result"`
	Of      EventAt    `json:"of,omitzero"`   // what made the norm apply
	Step    EventAt    `json:"step,omitzero"` // what was judged
	Due     time.Time  `json:"due,omitzero"`
}

//go:embed conformance.json
var normsFile []byte

var norms = sync.OnceValue(func() (all []Norm) {
	for _, n := range must(read[[]Norm](normsFile)) {
		n.Step, n.Of = knownSteps(n.Step), knownSteps(n.Of)
		if n.stands() {
			all = append(all, n)
		}
	}
	return all
})

// knownSteps leaves out the steps that the catalogue does not know.
func knownSteps(steps []string) []string {
	return slices.DeleteFunc(slices.Clone(steps), func(s string) bool {
		typ, _, _ := strings.Cut(s, "[")
		_, ok := EventSpecOf(typ)
		return !ok
	})
}

func (n Norm) stands() bool {
	switch n.Kind {
	case mustBeTimed:
		_, ok := RuleOf(n.Clock)
		return ok
	case onlyOnce:
		return len(n.Step) > 0
	}
	return len(n.Step) > 0 && len(n.Of) > 0
}

// Norms lists all versions of what the path asks for.
func Norms() []Norm { return slices.Clone(norms()) }

// NormOf finds a version of a norm.
func NormOf(id string, version int) (Norm, bool) {
	i := slices.IndexFunc(norms(), func(n Norm) bool { return n.ID == id && n.Version == version })
	if i < 0 {
		return Norm{}, false
	}
	return norms()[i], true
}

// Conformance judges a history by every norm, as things stand at a time: one
// verdict for each, in the order of the path. What was voided is not judged, and
// what was corrected by what it says since. Of what was known on a day it tells if
// it is given the decisions known then.
func Conformance(history []Decision, on time.Time) ([]NormVerdict, error) {
	c, err := Fold[Case](history)
	if err != nil {
		return nil, fmt.Errorf("domain: conformance: %w", err)
	}
	p := path{c: c, on: on, facts: factsOf(history)}
	var all []NormVerdict
	for i, n := range norms() {
		if i > 0 && norms()[i-1].ID == n.ID { // another version of the one before
			continue
		}
		all = append(all, p.verdict(n.ID))
	}
	return all, nil
}

// aFact is an event with its place in the history.
type aFact struct {
	AnyEvent
	at    When
	where EventAt
}

// factsOf lists what happened as it stands, in the order in which it did. Each keeps
// the place at which it was recorded.
func factsOf(history []Decision) (facts []aFact) {
	for _, d := range amended(history) {
		for n, e := range d.Events {
			if e == nil {
				continue
			}
			facts = append(facts, aFact{e, MomentOf(e, d.Times()), EventAt{d.ID, n}})
		}
	}
	slices.SortStableFunc(facts, func(a, b aFact) int { return a.at.At.Compare(b.at.At) })
	return facts
}

// path is a case on its way.
type path struct {
	c     *Case
	on    time.Time
	facts []aFact
}

// verdict finds the version of a norm that was in force when it fell due.
func (p path) verdict(id string) NormVerdict {
	for _, n := range norms() {
		if n.ID != id {
			continue
		}
		v, day := p.judge(n)
		if v.Result == NotApplicable && day.IsZero() { // it did not come to it under any version
			return NormVerdict{Norm: id, Result: NotApplicable}
		}
		if !day.Before(n.ValidFrom) && (n.ValidTo.IsZero() || !day.After(n.ValidTo)) {
			v.Norm, v.Version = id, n.Version
			if !p.applies(n, day) {
				v.Result = NotApplicable
			}
			return v
		}
	}
	return NormVerdict{Norm: id, Result: NotApplicable}
}

// judge judges by one version and says on which day the step fell due.
func (p path) judge(n Norm) (NormVerdict, Day) {
	switch n.Kind {
	case mustBeTimed:
		return p.timed(n)
	case onlyOnce:
		steps := p.find(n.Step)
		if len(steps) == 0 {
			return NormVerdict{Result: NotApplicable}, Day{}
		}
		v := NormVerdict{Result: Fit, Of: steps[0].where}
		if len(steps) > 1 {
			v.Result, v.Step = Repeated, steps[1].where
		}
		return v, steps[len(steps)-1].at.Day()
	}
	of := p.find(n.Of)
	if len(of) == 0 {
		return NormVerdict{Result: NotApplicable}, Day{}
	}
	first := of[0]
	if n.Kind == mustFollow {
		return p.following(n, first), first.at.Day()
	}
	if n.Occasion != "" {
		return p.anew(n, of)
	}
	v := NormVerdict{Result: Skipped, Of: first.where}
	if steps := p.find(n.Step); len(steps) > 0 {
		v.Result, v.Step = Fit, steps[0].where
		if first.at.Before(steps[0].at) {
			v.Result = OutOfOrder
		}
	}
	return v, first.at.Day()
}

// anew judges a step that is to be repeated each time: the first time at which it
// was not, or the last one. What was assessed for something else, long before, or
// was to be reviewed earlier is no assessment of this.
func (p path) anew(n Norm, of []aFact) (v NormVerdict, day Day) {
	steps := p.find(n.Step)
	for _, f := range of {
		v, day = NormVerdict{Result: Skipped, Of: f.where}, f.at.Day()
		for _, s := range steps {
			if !f.at.Before(s.at) {
				v.Step = s.where // the latest before
			}
		}
		switch {
		case p.c.RiskAssessedFor(n.Occasion, f.at, riskLasts(day)):
			v.Result = Fit
		case v.Step == EventAt{} && len(steps) > 0:
			v.Result, v.Step = OutOfOrder, steps[0].where
		}
		if v.Result != Fit {
			return v, day
		}
	}
	return v, day
}

func (p path) following(n Norm, first aFact) NormVerdict {
	v := NormVerdict{Result: Pending, Of: first.where}
	if p.c.IsClosed() {
		v.Result = Skipped
	}
	for _, s := range p.find(n.Step) {
		v.Step = s.where
		if !s.at.Before(first.at) {
			v.Result = Fit
			return v
		}
		v.Result = OutOfOrder
	}
	return v
}

// timed reads the worst of a norm's clocks.
func (p path) timed(n Norm) (NormVerdict, Day) {
	v, day := NormVerdict{Result: NotApplicable}, Day{}
	worst := []Conformity{NotApplicable, Fit, Pending, TooLate, Skipped}
	for _, k := range p.c.Clocks {
		if k.Rule != n.Clock {
			continue
		}
		result := map[ClockState]Conformity{Met: Fit, Late: TooLate, Overdue: Skipped, Lapsed: Skipped, Running: Pending, Halted: Pending}[k.State(p.on)]
		if result == "" {
			result = NotApplicable // nobody had the duty any more, or nobody knows when it was done
		}
		if day.IsZero() || slices.Index(worst, result) > slices.Index(worst, v.Result) {
			v, day = NormVerdict{Result: result, Due: k.Due}, k.last()
		}
	}
	early := slices.ContainsFunc(p.c.Endings, func(e Ending) bool { return e.Rule == n.Clock })
	if early && v.Result != Fit && v.Result != TooLate && !day.IsZero() {
		v.Result = OutOfOrder
	}
	return v, day
}

// applies reports whether the norm is one for this case.
func (p path) applies(n Norm, on Day) bool {
	holds := func(condition string) bool { return p.holds(condition, on) }
	return !slices.ContainsFunc(n.When, func(c string) bool { return !holds(c) }) && !slices.ContainsFunc(n.Except, holds)
}

func (p path) holds(condition string, on Day) bool {
	if is, ok := conditions[condition]; ok {
		return is(p.c, on)
	}
	return len(p.find([]string{condition})) > 0
}

// find lists the facts that are one of the steps.
func (p path) find(steps []string) (found []aFact) {
	for _, f := range p.facts {
		if slices.ContainsFunc(steps, func(s string) bool { return matches(f.AnyEvent, s) }) {
			found = append(found, f)
		}
	}
	return found
}

// matches reports whether an event is a step as norms write it.
func matches(e AnyEvent, step string) bool {
	typ, rest, narrow := strings.Cut(step, "[")
	if e.EventType() != typ {
		return false
	}
	name, values, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "=")
	v, ok := fieldNamed(e, name)
	if !narrow || !ok {
		return !narrow
	}
	held := []string{fmt.Sprint(v.Interface())}
	if codes, many := v.Interface().([]string); many {
		held = codes
	}
	return slices.ContainsFunc(strings.Split(values, "|"), func(s string) bool { return slices.Contains(held, s) })
}
