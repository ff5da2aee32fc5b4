package domain

import (
	"slices"
	"time"
)

// A ClockState says how a deadline stands at a time.
type ClockState string

const (
	Running ClockState = "running"   // not yet due
	Overdue ClockState = "overdue"   // due and not done
	Met     ClockState = "met"       // done in time
	Late    ClockState = "late"      // done too late
	Waived  ClockState = "waived"    // the case was closed before it was due, or nobody has the duty any more
	Lapsed  ClockState = "lapsed"    // the case was closed with the duty overdue: it counts as not done in time
	Ended   ClockState = "ended"     // a protected time that has run out
	Unclear ClockState = "unclear"   // done, nobody knows when: counted as bad data, not as met
	Halted  ClockState = "suspended" // somebody has suspended it, with a reason: see [SuspendDeadline]
)

// ClockStates lists them all.
func ClockStates() []ClockState {
	return []ClockState{Running, Overdue, Met, Late, Waived, Lapsed, Ended, Unclear, Halted}
}

// A DeadlineClock is a rule at work on one case.
type DeadlineClock struct {
	Rule    string    `json:"rule"`
	Key     string    `json:"key,omitempty"` // tells two clocks of one rule apart: the facility asked
	Start   When      `json:"start"`
	Due     time.Time `json:"due"` // UTC, the first instant that is too late
	Value   int       `json:"value"`
	Unit    string    `json:"unit"`
	Assumed bool      `json:"assumed,omitempty"` // the limit is not confirmed law
	Period  bool      `json:"period,omitempty"`
	Stopped When      `json:"stopped,omitzero"`
	Unclear bool      `json:"unclear,omitempty"`
	Waived  bool      `json:"waived,omitempty"`  // ended by the closure of the case, or because nobody has it any more
	Lapsed  bool      `json:"lapsed,omitempty"`  // and overdue then
	GivenUp When      `json:"given_up,omitzero"` // when the closure of the case ended it
	Left    When      `json:"left,omitzero"`     // since when nobody has the duty any more
	Missed  bool      `json:"missed,omitempty"`  // the register has recorded that it is overdue

	Paused   When `json:"paused,omitzero"`    // since when it is suspended
	Resumed  When `json:"resumed,omitzero"`   // when it last ran on
	Extended bool `json:"extended,omitempty"` // due later than the limit says
}

// Open reports whether the clock still runs.
func (k DeadlineClock) Open() bool { return k.Stopped.IsZero() && !k.Waived && !k.Unclear }

// Runs reports whether time passes on an open clock: it is not suspended.
func (k DeadlineClock) Runs() bool { return k.Open() && k.Paused.IsZero() }

// State judges the clock at a time. A stop known only to the day is in time if
// any minute of that day was.
func (k DeadlineClock) State(now time.Time) ClockState {
	switch {
	case k.Unclear:
		return Unclear
	case !k.Stopped.IsZero():
		switch suspended := !k.Paused.IsZero() && !k.Stopped.Before(k.Paused); {
		case k.Period:
			return Ended
		case k.Stopped.At.Before(k.Due), suspended:
			return Met
		}
		return Late
	case k.Lapsed:
		return Lapsed
	case k.Waived:
		return Waived
	case !k.Paused.IsZero():
		return Halted
	case now.Before(k.Due):
		return Running
	case k.Period:
		return Ended
	}
	return Overdue
}

// An Ending is a fact that ends a duty of which the register does not know yet
// that it began: facts may be recorded in any order.
type Ending struct {
	Rule string `json:"rule"`
	Key  string `json:"key,omitempty"`
	At   When   `json:"at"`
}

// tick lets the rules see one decision: it stops the clocks that its events
// stop, then starts those that they start. The order of the log does not matter:
// a clock that starts late finds the end that was recorded before.
func (c *Case) tick(d Decision) {
	for _, e := range d.Events {
		at := MomentOf(e, d.Times())
		for _, r := range rules() {
			if slices.Contains(r.To, e.EventType()) && (r.ends == nil || r.ends(e)) {
				if r.pauses != nil && r.pauses(e) {
					c.pause(r.ID, keyOf(r, e), at)
				} else {
					c.stop(r, keyOf(r, e), at)
				}
			}
			if slices.Contains(r.From, e.EventType()) && (r.binds == nil || r.binds(c, e, at)) {
				c.start(r, e, at)
			}
			if slices.Contains(r.Until, e.EventType()) && (r.withdrawn == nil || r.withdrawn(c, e)) {
				c.withdraw(r.ID, keyOf(r, e), at)
			}
		}
	}
}

func (c *Case) start(r Rule, e AnyEvent, at When) {
	id := r.Parameter
	if r.choose != nil {
		id = r.choose(c, at)
	}
	p, ok := ParameterOn(id, at.Day())
	if !ok || !at.Known() {
		return
	}
	k := DeadlineClock{Rule: r.ID, Key: keyOf(r, e), Start: at, Due: p.due(at), Value: p.Value, Unit: p.Unit, Period: r.Period}
	if grace, ok := ParameterOn(r.Grace, at.Day()); ok {
		k.Due = grace.lastDay(k.last()).End().UTC()
	}
	if own, ok := e.(interface{ until() Day }); ok {
		k.Due = own.until().End().UTC()
	} else if last := dayIn(e, r.own); !last.IsZero() {
		k.Due = last.End().UTC()
	}
	k.Assumed = p.assumed(at.Day(), k.last())
	c.Clocks = append(c.Clocks, k)
	again := slices.Contains(r.To, e.EventType()) // what starts it anew does not end itself
	c.Endings = slices.DeleteFunc(c.Endings, func(e Ending) bool {
		if e.Rule != k.Rule || e.Key != k.Key || e.At.Before(at) || again && !at.Before(e.At) {
			return false
		}
		c.stop(r, e.Key, e.At)
		return true
	})
}

// last is the last day on which the duty is done in time.
func (k DeadlineClock) last() Day { return DayOf(k.Due.Add(-time.Second)) }

func (c *Case) stop(r Rule, key string, at When) {
	found := false
	defer func() {
		if !found {
			c.Endings = append(c.Endings, Ending{r.ID, key, at})
		}
	}()
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Rule != r.ID || k.Key != key || at.Before(k.Start) || k.leftBefore(at) {
			continue
		}
		found = true
		if !k.Stopped.IsZero() && !k.Stopped.At.After(at.At) {
			continue
		}
		if at.Known() {
			k.Stopped, k.Unclear, k.Waived, k.Lapsed = at, false, false, false
		} else if k.Stopped.IsZero() {
			k.Unclear = true
		}
	}
}

// leftBefore reports whether nobody had the duty any more at a time: what is done
// then is done of another. A time that nobody knows does not show that it was
// done before.
func (k DeadlineClock) leftBefore(at When) bool {
	return !k.Left.IsZero() && (k.Left.guess().Before(at) || k.Left.Known() && !at.Known())
}

// withdraw ends one duty that nobody has any more from a time on.
func (c *Case) withdraw(rule, key string, at When) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Rule == rule && k.Key == key && k.Open() {
			k.Waived, k.Left = true, at
		}
	}
}

// waive ends the duties of a case that is closed. A late fact can still show
// that one of them was done.
func (c *Case) waive(at When) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Open() && !k.Period {
			k.Waived, k.Lapsed, k.GivenUp = true, k.Paused.IsZero() && !at.At.Before(k.Due), at
		}
	}
}

// takeUp lets the duties of a case that is reopened run on, by as much as they had
// left when it was closed. What was overdue then is overdue: nobody gets rid of a
// duty by closing a case and opening it again.
func (c *Case) takeUp(at When) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.GivenUp.IsZero() || !k.Waived {
			continue
		}
		if !k.Lapsed && k.Paused.IsZero() && at.Known() && k.GivenUp.Known() {
			k.Due = k.shifted(k.GivenUp, at)
		}
		k.Waived, k.Lapsed, k.GivenUp = false, false, When{}
	}
}

// MomentOf is when an event happened: most with their decision, some at a time
// of their own.
func MomentOf(e AnyEvent, t Times) When {
	if own, ok := e.(interface{ moment(Times) When }); ok {
		return own.moment(t)
	}
	return t.Happened
}

// keyOf tells apart the duties of one rule: the facility that has it, or nothing.
func keyOf(r Rule, e AnyEvent) string {
	if own, ok := e.(interface{ key() string }); ok && r.PerPlace {
		return own.key()
	}
	return ""
}

// MarkOverdue is asked by the register itself, never by a person. It is safe to
// ask on stale information, late, twice or from several nodes: the case's own
// history decides.
type MarkOverdue struct {
	Rule string `json:"rule" code:"rule"`
}

// DeadlineMissed says that a duty was not done in time.
type DeadlineMissed struct {
	Rule string    `json:"rule" code:"rule"`
	Key  string    `json:"key,omitempty" opaque:"facility" place:"beside"`
	Due  time.Time `json:"due"`
}

func (DeadlineMissed) EventType() string { return "DeadlineMissed" }

func (e DeadlineMissed) apply(c *Case, _ Times) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Rule == e.Rule && k.Key == e.Key && k.Due.Equal(e.Due) {
			k.Missed = true
		}
	}
}

func (MarkOverdue) givers() []Role { return []Role{Clock} }

func (cmd MarkOverdue) decide(c *Case, req Request) ([]Event[Case], error) {
	var missed []Event[Case]
	for _, k := range c.Clocks {
		if c.MergedInto == "" && k.Rule == cmd.Rule && !k.Missed && k.State(req.Now) == Overdue {
			missed = append(missed, DeadlineMissed{Rule: k.Rule, Key: k.Key, Due: k.Due})
		}
	}
	return missed, nil
}
