package domain

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Check tells what is wrong with a plan's data: a body, event type, field or
// code that does not exist, a measure that lacks what it needs, a label missing
// in a language. The plan of this program is checked by a test; a successor plan
// is checked before it takes its place.
func (p *Plan) Check() error {
	c := &planCheck{plan: p, seen: map[string]bool{}}
	for _, a := range p.Actions {
		c.action(a)
	}
	return errors.Join(c.errs...)
}

type planCheck struct {
	plan  *Plan
	where string
	seen  map[string]bool
	errs  []error
}

func (c *planCheck) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("plan %s: %s: %s", c.plan.ID, c.where, fmt.Sprintf(format, args...)))
}

func (c *planCheck) label(t Text) {
	if t.AZ == "" || t.EN == "" || t.RU == "" {
		c.fail("label missing in a language")
	}
}

func (c *planCheck) action(a PlanAction) {
	c.where = a.Number
	c.label(a.Title)
	if c.seen[a.Number] {
		c.fail("number used twice")
	}
	c.seen[a.Number] = true
	for _, body := range slices.Concat(a.Executors, a.Involving) {
		if t, ok := c.plan.Bodies[body]; !ok || t.AZ == "" || t.EN == "" || t.RU == "" {
			c.fail("no body %q", body)
		}
	}
	if t := a.Term; t.Ongoing == (t.First > 0) || t.First > t.Last || len(a.Executors) == 0 {
		c.fail("term or executors missing")
	}
	if a.Rule != nil {
		c.rule(a)
	}
	for _, i := range a.Indicators {
		c.indicator(a, i)
	}
}

func (c *planCheck) rule(a PlanAction) {
	r := a.Rule
	switch r.Kind {
	case Milestone:
		c.need(len(r.Components) > 0 && len(r.Indicators) == 0 && !a.Term.Ongoing, "a milestone has a term and components")
	case Cumulative:
		c.need(len(r.Indicators) == 1 && !a.Term.Ongoing, "a cumulative action has a term and one indicator")
	case Yearly:
		c.need(len(r.Indicators) > 0 && len(r.Components) == 0 && a.Term.Ongoing, "a yearly action is ongoing and has indicators")
	default:
		c.fail("no rule kind %q", r.Kind)
	}
	for _, k := range r.Components {
		c.where = a.Number + " component " + k.ID
		c.label(k.Label)
		c.need(len(k.Deeds) > 0, "no deeds")
		for _, deed := range k.Deeds {
			c.selection(&deed)
		}
		if k.After != nil {
			c.selection(k.After)
		}
	}
	c.where = a.Number
	for _, id := range r.Indicators {
		c.need(slices.ContainsFunc(a.Indicators, func(i Indicator) bool { return i.ID == id && i.Better != "" }), "no indicator "+id+" to decide")
	}
}

func (c *planCheck) need(ok bool, what string) {
	if !ok {
		c.fail("%s", what)
	}
}

// units gives the units that a kind of measure can have.
var units = map[MeasureKind][]string{
	Count: {"count"}, Sum: {"qepik", "count"}, Share: {"percent"}, Median: {"hours", "days"}, Compliance: {"percent"},
	Quarters: {"percent"}, Coverage: {"percent"}, Lasted: {"count"}, Stock: {"count"}, Composition: {"percent"},
	Change: {"percent"}, Deed: {"count"},
}

func (c *planCheck) indicator(a PlanAction, i Indicator) {
	c.where = "indicator " + i.ID
	c.label(i.Label)
	c.need(strings.HasPrefix(i.ID, a.Number) && !c.seen[i.ID], "id used twice or not of its action")
	c.seen[i.ID] = true
	m := i.Measure
	allowed, ok := units[m.Kind]
	c.need(ok, "no measure kind "+string(m.Kind))
	c.need(slices.Contains(allowed, i.Unit), "unit does not fit the measure")
	c.need(slices.Contains([]string{"", "up", "down"}, i.Better), "better is up, down or nothing")
	c.need(i.Target == nil || *i.Target > 0, "a target is more than nothing")
	c.need(slices.Contains([]Span{InYear, InTerm, Always}, m.Span), "no such span")
	c.need(slices.Contains([]Order{OfAfterOver, OfBeforeOver, AnyOrder, Together}, m.Order), "no such order")
	if m.Within != "" {
		if _, _, err := m.Within.parts(); err != nil {
			c.fail("%v", err)
		}
	}
	if m.Of != nil {
		c.selection(m.Of)
		c.fields(m.Of, m.Fields...)
		c.fields(m.Of, nonEmpty(m.Total)...)
	}
	if m.Over != nil {
		c.selection(m.Over)
	}
	c.needs(a, m)
}

// needs checks that a measure has the parts that its kind needs.
func (c *planCheck) needs(a PlanAction, m Measure) {
	switch of, over := m.Of != nil, m.Over != nil; m.Kind {
	case Count:
		c.need(of && !over, "needs of")
	case Sum:
		c.need(of && len(m.Fields) > 0, "needs of and fields")
	case Share, Median:
		c.need(of && over, "needs of and over")
		c.need(m.Order != Together || of && over && m.Of.Lasting != nil && m.Over.Lasting != nil, "together needs facts that last")
		c.need(!of || !over || len(m.Of.Units()) == len(m.Over.Units()), "of and over count different things")
	case Compliance:
		_, ok := RuleOf(m.Rule)
		c.need(ok, "no rule "+m.Rule)
	case Quarters:
		c.need(of && over && m.Span == InYear, "needs of and over, in a year")
	case Coverage:
		c.need(of && len(m.Fields) == 1 && m.List != "" && hasList(m.List), "needs of, one field and a code list")
		c.need(m.All == "" || hasCode(m.List, m.All), "no code "+m.All)
	case Lasted:
		c.need(of && m.Of.Lasting != nil && m.Within != "", "needs facts that last, and how long")
	case Stock:
		c.need(of && over && m.Of.Lasting != nil && len(m.Fields) == 1, "needs of, over and one field")
		if over {
			c.fields(m.Over, m.Fields...)
		}
	case Composition:
		c.need(of && len(m.Fields) > 0 && m.Total != "", "needs of, fields and total")
	case Change:
		c.need(slices.ContainsFunc(a.Indicators, func(i Indicator) bool { return i.ID == m.Base && i.Measure.Kind != Change && i.Measure.Span == InYear }), "no yearly base "+m.Base)
	case Deed:
		c.need(a.Rule != nil && slices.ContainsFunc(a.Rule.Components, func(k Component) bool { return k.ID == m.Component }), "no component "+m.Component)
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// selection checks that events, fields and codes exist. A field must exist in
// every event named: otherwise the selection would silently leave some out.
func (c *planCheck) selection(s *Selection) {
	c.need(len(s.Events) > 0, "a selection names its events")
	for _, typ := range s.Events {
		if _, ok := EventSpecOf(typ); !ok {
			c.fail("no event %q", typ)
			return
		}
	}
	for _, values := range []map[string][]string{s.Where, s.Except} {
		for field, codes := range values {
			c.fields(s, field)
			for _, code := range codes {
				c.need(s.takes(field, code), fmt.Sprintf("no code %q for %q", code, field))
			}
		}
	}
	for field := range s.Least {
		c.fields(s, field)
	}
	c.fields(s, s.Has...)
	for _, unit := range s.Of {
		if unit != ByStream && unit != ByEvent {
			c.fields(s, unit)
		}
	}
	c.fields(s, nonEmpty(s.Year)...)
	if s.With != nil {
		c.selection(s.With)
	}
	if l := s.Lasting; l != nil {
		c.fields(s, l.Match...)
		c.fields(s, nonEmpty(l.Until)...)
		if len(l.EndedBy) > 0 {
			c.selection(&Selection{Events: l.EndedBy})
			c.fields(&Selection{Events: l.EndedBy}, l.Match...)
		}
	}
}

func (c *planCheck) fields(s *Selection, names ...string) {
	for _, typ := range s.Events {
		has := EventFields(typ)
		for _, name := range names {
			region := name == "region" && slices.Contains(has, "district")
			c.need(slices.Contains(has, name) || region, fmt.Sprintf("%s has no field %q", typ, name))
		}
	}
}

// EventFields lists the names of an event type's data, as stored. It is empty
// for an unknown type.
func EventFields(typ string) (names []string) {
	for _, f := range structFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func structFields(typ string) []reflect.StructField {
	e, err := DecodeEvent(typ, []byte("{}"))
	if err != nil {
		return nil
	}
	return reflect.VisibleFields(reflect.TypeOf(e))
}

// takes checks a value against the type of the field, or against the code lists
// that commands take for a field of that name. Fields that no command takes are
// the register's own.
func (s *Selection) takes(field, code string) bool {
	for _, f := range structFields(s.Events[0]) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == field && f.Type.Kind() == reflect.Bool {
			return code == "true" // stored only when it is a yes
		}
	}
	switch field {
	case "region":
		return hasCode("region", code)
	case "kind":
		return slices.Contains([]string{"state", "ngo", "io"}, code) || hasCode("facility_kind", code) || hasCode("organisation_kind", code)
	}
	for _, spec := range CommandSpecs() {
		for _, f := range spec.Fields() {
			if f.Name == field && (f.Kind == OneCode || f.Kind == ManyCodes) && f.takes(code) {
				return true
			}
		}
	}
	return false
}

func hasList(name string) bool { _, ok := lists()[name]; return ok }

func hasCode(list, code string) bool {
	if !hasList(list) {
		return false
	}
	_, ok := CodeOf(list, code)
	return ok
}
