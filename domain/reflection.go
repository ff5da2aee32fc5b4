package domain

import (
	"slices"
	"time"
)

// OfferReflection records that the person was offered time to recover and to
// think, in a language that they understand.
type OfferReflection struct {
	Language string `json:"language" code:"language"`
	Days     int    `json:"days" min:"30" max:"366"`
}

// ReflectionOffered comes before the person says yes or no.
type ReflectionOffered struct {
	Language string `json:"language" code:"language"`
	Days     int    `json:"days"`
}

func (ReflectionOffered) EventType() string { return "ReflectionOffered" }
func (ReflectionOffered) apply(c *Case, at Times) {
	if c.ReflectionOffered.IsZero() || at.Happened.Before(c.ReflectionOffered) {
		c.ReflectionOffered = at.Happened
	}
	if c.ReflectionState == "" {
		c.ReflectionState = "offered"
	}
}
func (OfferReflection) givers() []Role { return []Role{DutyOfficer, CaseOfficer, Head} }
func (OfferReflection) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.ReflectionState == "" && c.mayReflect()
}
func (cmd OfferReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.mayReflect() {
		return nil, conflict("not_presumed")
	}
	return c.fact(req, ReflectionOffered(cmd), remark{c.HandedOver.IsZero(), "handover_missing"})
}

// mayReflect reports whether the person is at least presumed to be a victim.
func (c *Case) mayReflect() bool { return c.Status != "at_risk" && c.Status != "not_identified" }

// GrantReflection gives the person time to recover and to think, at least 30
// days (Repatriation Rules of 2013; Council of Europe Convention, Article 13).
// It is for presumed victims too: it does not wait for the decision. While one
// runs no other is granted, or a shorter one would end it: "already_granted". It
// can be extended ([ExtendReflection]) or terminated.
type GrantReflection struct {
	Until Day `json:"until"`
}

// ReflectionGranted bars expulsion until the last day, included.
type ReflectionGranted struct {
	From  Day `json:"from"`
	Until Day `json:"until"`
}

func (ReflectionGranted) EventType() string { return "ReflectionGranted" }
func (e ReflectionGranted) apply(c *Case, _ Times) {
	if e.Until.Before(c.Reflection.From) { // an older one that is learned late changes nothing now
		c.EarlierReflections = append(c.EarlierReflections, Period(e))
		return
	}
	if !c.Reflection.Until.IsZero() {
		c.EarlierReflections = append(c.EarlierReflections, c.Reflection)
	}
	c.Reflection, c.ReflectionState = Period(e), "granted"
}
func (e ReflectionGranted) until() Day { return e.Until }
func (GrantReflection) givers() []Role { return []Role{CaseOfficer, Head} }
func (GrantReflection) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Reflection.Until.IsZero() && c.Status != "not_identified"
}
func (cmd GrantReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	from := req.Happened.Day()
	p, ok := ParameterOn("reflection", from)
	if !ok {
		p, _ = ParameterOn("reflection", DayOf(req.Now))
	}
	switch {
	case c.Reflection == Period{from, cmd.Until}:
		return nil, nil
	case !c.mayReflect():
		return nil, conflict("not_presumed")
	case cmd.Until.Since(from) < p.Value:
		return nil, invalid("reflection_too_short", "until")
	case cmd.Until.Since(from) > 366:
		return nil, invalid("out_of_range", "until")
	case c.Reflection.meets(Period{from, cmd.Until}) && c.ReflectionState != "terminated":
		return nil, conflict("already_granted")
	}
	return c.fact(req, ReflectionGranted{From: from, Until: cmd.Until}, remark{c.HandedOver.IsZero(), "handover_missing"})
}

// inReflection reports whether a protected time covers t: the latest, or one that
// the person was given before.
func (c *Case) inReflection(t time.Time) bool {
	d := DayOf(t)
	return c.Reflection.covers(d) || slices.ContainsFunc(c.EarlierReflections, func(p Period) bool { return p.covers(d) })
}

// reflecting finds the period that a change is about: it refuses one that was
// never granted ("not_granted"), and a time at which it does not run
// ("not_in_reflection").
func (c *Case) reflecting(at When) error {
	switch {
	case c.Reflection.Until.IsZero():
		return conflict("not_granted")
	case !c.Reflection.covers(at.Day()):
		return invalid("not_in_reflection", "happened")
	}
	return nil
}

// DeclineReflection records that the person does not want the time that was
// offered. It can be granted later all the same.
type DeclineReflection struct {
	Language     string   `json:"language" code:"language"`                  // in which it was explained
	Participants []string `json:"participants,omitempty" code:"participant"` // who was there, such as a lawyer or the representative of a child
}

// ReflectionDeclined leaves the person without the protected time.
type ReflectionDeclined struct {
	Language     string   `json:"language" code:"language"`
	Participants []string `json:"participants,omitempty" code:"participant"`
}

func (ReflectionDeclined) EventType() string { return "ReflectionDeclined" }
func (ReflectionDeclined) apply(c *Case, _ Times) {
	if c.Reflection.Until.IsZero() {
		c.ReflectionState = "declined"
	}
}
func (DeclineReflection) givers() []Role { return []Role{DutyOfficer, CaseOfficer, Head} }
func (cmd DeclineReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Reflection.Until.IsZero() && !req.Happened.Day().Before(c.Reflection.From) {
		return nil, conflict("already_granted") // what protects is not given up by a form
	}
	alone := !slices.Contains(cmd.Participants, "legal_representative")
	return c.fact(req, ReflectionDeclined{cmd.Language, slices.Clone(cmd.Participants)}, remark{c.ReflectionOffered.IsZero(), "reflection_not_offered"},
		remark{c.childOn(req.Happened) && alone, "child_without_representative"})
}
