package domain

import "time"

// RunsOut is the first instant at which something that holds for a time is over
// and the register has yet to say so: a consent, or the time to recover and to
// think. It is not ok where nothing is. A merged case says nothing more by itself.
func (c *Case) RunsOut() (at time.Time, ok bool) {
	if c.MergedInto != "" {
		return time.Time{}, false
	}
	over := func(until Day) {
		if end := until.End().UTC(); !until.IsZero() && (!ok || end.Before(at)) {
			at, ok = end, true
		}
	}
	for _, k := range c.Consents {
		if k.State == "given" {
			over(k.Until)
		}
	}
	if c.ReflectionState == "granted" {
		over(c.Reflection.Until)
	}
	return at, ok
}

// endOf is when something was over that held up to a day: with its last minute,
// however long it takes until somebody says so.
func endOf(last Day) When { return At(last.End().Add(-time.Minute)) }

// WhatRunsOut lists the commands by which the register says that something is
// over. Each is safe to give too early, twice or from several nodes.
func WhatRunsOut() []Asked { return []Asked{MarkConsentExpired{}, MarkReflectionEnded{}} }
