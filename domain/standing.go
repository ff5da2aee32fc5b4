package domain

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ErrFoldAgain is the answer of [Apply] to a decision that corrects an earlier
// one: what follows from a history with corrections is only known by folding all
// of it.
var ErrFoldAgain = errors.New("domain: an earlier decision was corrected: fold the history again")

// Corrects reports whether the decision voids or corrects an earlier event, so
// that states that were folded without it are no longer right.
func (d Decision) Corrects() bool {
	return slices.ContainsFunc(d.Events, func(e AnyEvent) bool { _, is := e.(correcting); return is })
}

// correcting is an event that changes what an earlier event of its stream says.
type correcting interface {
	AnyEvent
	corrects(history []Decision)
	of() EventAt
}

// Standing is a history as it stands today: without the events that were voided,
// and with what was corrected in them. The decisions keep their places; one of
// which nothing stands any more has no events. What was corrected, and why, stays
// in the decisions that did it. The history given is not changed.
func Standing(history []Decision) []Decision {
	if !slices.ContainsFunc(history, Decision.Corrects) {
		return history
	}
	all := amended(history)
	for i := range all {
		all[i].Events = slices.DeleteFunc(all[i].Events, func(e AnyEvent) bool { return e == nil })
		if !slices.ContainsFunc(all[i].Events, func(e AnyEvent) bool { return !isRemark(e) }) {
			all[i].Events = onlyRemarks(history[i])
		}
	}
	return all
}

// amended is [Standing] with every event in its place: those that were voided are
// nil.
func amended(history []Decision) []Decision {
	all := slices.Clone(history)
	for i := range all {
		all[i].Events = slices.Clone(all[i].Events)
	}
	for _, d := range history { // what is said last holds
		for _, e := range d.Events {
			if c, is := e.(correcting); is {
				c.corrects(all)
			}
		}
	}
	return all
}

// A Revision is what became of an event when an earlier decision was corrected.
type Revision struct {
	Of    Decision // the decision that was corrected, with its times as they stand from then on
	Place int      // of the event in it
	Event AnyEvent // as it stands from then on; nil once it is voided
	By    Decision // that corrected it
}

// Revisions lists what was corrected in a history, in the order in which it was.
func Revisions(history []Decision) (all []Revision) {
	if !slices.ContainsFunc(history, Decision.Corrects) {
		return nil
	}
	now := slices.Clone(history)
	for i := range now {
		now[i].Events = slices.Clone(now[i].Events)
	}
	for _, d := range history {
		for _, e := range d.Events {
			c, is := e.(correcting)
			if !is {
				continue
			}
			c.corrects(now)
			of := c.of().in(now)
			for n := range len(of.eventsIn()) {
				if f, is := c.(FactCorrected); is && f.Field == tookPlace && of.Events[n] != nil || n == c.of().Place {
					all = append(all, Revision{Of: *of, Place: n, Event: of.Events[n], By: d})
				}
			}
		}
	}
	return all
}

func (d *Decision) eventsIn() []AnyEvent {
	if d == nil {
		return nil
	}
	return d.Events
}

// onlyRemarks keeps a decision that held nothing but remarks from the beginning.
// The remarks about what was voided go with it.
func onlyRemarks(d Decision) []AnyEvent {
	if slices.ContainsFunc(d.Events, func(e AnyEvent) bool { return !isRemark(e) }) {
		return nil
	}
	return d.Events
}

// in finds the decision of an event, nil where there is none or it has no such
// place.
func (e EventAt) in(history []Decision) *Decision {
	for i := range history {
		if history[i].ID == e.Decision && e.Place < len(history[i].Events) {
			return &history[i]
		}
	}
	return nil
}

// withField is an event with another value in the field of a name, and the value
// it had. It is not ok where the event has no such field, or nothing in it.
func withField(e AnyEvent, name, value string) (with AnyEvent, old string, ok bool) {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	for i := range v.NumField() {
		f := v.Field(i)
		if jsonName(v.Type().Field(i)) != name || f.IsZero() {
			continue
		}
		if old, ok = textOf(f); !ok {
			return nil, "", false
		}
		if err := setText(f, value); err != nil {
			return nil, "", false
		}
		return v.Interface().(AnyEvent), old, true
	}
	return nil, "", false
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// hasPlace reports whether a field tells where the person lives: such an event
// is voided and recorded anew.
func hasPlace(e AnyEvent, name string) bool {
	t := reflect.TypeOf(e)
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get(placeTag); jsonName(t.Field(i)) == name && tag != "" && tag != "none" {
			return true
		}
	}
	return false
}

// textOf is the value of a field as a correction keeps it.
func textOf(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case string:
		return x, true
	case Qepik:
		return strconv.FormatInt(int64(x), 10), true
	case When:
		return x.String(), true
	}
	return "", false
}

func setText(v reflect.Value, value string) error {
	switch v.Interface().(type) {
	case string:
		v.SetString(value)
	case Qepik:
		n, err := strconv.ParseInt(value, 10, 64)
		v.SetInt(n)
		return err
	}
	return nil
}
