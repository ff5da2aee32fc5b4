package domain

import (
	"slices"
	"time"
)

// SuspendDeadline stops a time limit for a while, with a reason. It runs on when
// it is resumed, by as much as it was suspended. Only the head of the special
// police unit does so, before the time has passed; the 24 hours of the handover
// cannot be suspended (Cabinet Decision No. 21 of 2008, Article 7), nor can a time
// that protects the person. Refusals: "no_open_deadline", "deadline_fixed",
// "deadline_passed", "deadline_suspended".
type SuspendDeadline struct {
	Rule     string `json:"rule" code:"rule"`
	Facility Ref    `json:"facility,omitempty"` // whose duty, where each facility has its own
	Reason   string `json:"reason" code:"time_suspension_reason"`
}

// DeadlineSuspended says since when, by when it happened, and why.
type DeadlineSuspended struct {
	Rule   string `json:"rule" code:"rule"`
	Key    string `json:"key,omitempty" opaque:"facility" place:"beside"`
	Reason string `json:"reason" code:"time_suspension_reason"`
}

// ResumeDeadline lets a suspended time limit run on. Refusals:
// "no_open_deadline", "deadline_not_suspended", "before_start".
type ResumeDeadline struct {
	Rule     string `json:"rule" code:"rule"`
	Facility Ref    `json:"facility,omitempty"`
}

// DeadlineResumed moves the due time by as long as the suspension lasted: hours
// by hours, days by days, working days by working days.
type DeadlineResumed struct {
	Rule string `json:"rule" code:"rule"`
	Key  string `json:"key,omitempty" opaque:"facility" place:"beside"`
}

// ExtendDeadline gives a duty more time, to the end of a day, with a reason. Who
// may and what cannot be extended is as with [SuspendDeadline]. Refusals besides:
// "deadline_not_later".
type ExtendDeadline struct {
	Rule     string `json:"rule" code:"rule"`
	Facility Ref    `json:"facility,omitempty"`
	Until    Day    `json:"until"` // the last day
	Reason   string `json:"reason" code:"time_extension_reason"`
}

// DeadlineExtended names the new last day.
type DeadlineExtended struct {
	Rule   string `json:"rule" code:"rule"`
	Key    string `json:"key,omitempty" opaque:"facility" place:"beside"`
	Until  Day    `json:"until"`
	Reason string `json:"reason" code:"time_extension_reason"`
}

func (DeadlineSuspended) EventType() string { return "DeadlineSuspended" }
func (DeadlineResumed) EventType() string   { return "DeadlineResumed" }
func (DeadlineExtended) EventType() string  { return "DeadlineExtended" }

func (e DeadlineSuspended) apply(c *Case, at Times) { c.pause(e.Rule, e.Key, at.Happened) }
func (e DeadlineResumed) apply(c *Case, at Times)   { c.resume(e.Rule, e.Key, at.Happened) }

func (e DeadlineExtended) apply(c *Case, at Times) {
	due := e.Until.End().UTC()
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.is(e.Rule, e.Key) && k.runsAt(at.Happened) && due.After(k.Due) {
			k.Due, k.Extended, k.Missed = due, true, false
		}
	}
}

func (k DeadlineClock) is(rule, key string) bool { return k.Rule == rule && k.Key == key }

// runsAt reports whether the duty had begun at a time and was neither done nor
// overdue.
func (k DeadlineClock) runsAt(at When) bool {
	done := !k.Stopped.IsZero() && !at.Before(k.Stopped)
	return !at.Before(k.Start) && !done && (!k.Paused.IsZero() || at.At.Before(k.Due))
}

// pause suspends the duties that had begun and were neither done nor overdue.
func (c *Case) pause(rule, key string, at When) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.is(rule, key) && at.Known() && k.runsAt(at) && !k.Waived && k.Paused.IsZero() {
			k.Paused = at
		}
	}
}

func (c *Case) resume(rule, key string, at When) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.is(rule, key) && !k.Paused.IsZero() && at.Known() && !at.Before(k.Paused) {
			k.Due, k.Paused, k.Resumed, k.Missed = k.shifted(k.Paused, at), When{}, at, false
		}
	}
}

// shifted is when a duty is due that did not run from one time to another.
func (k DeadlineClock) shifted(from, to When) time.Time {
	switch k.Unit {
	case "h":
		return k.Due.Add(max(0, to.At.Sub(from.At)))
	case "wd":
		return k.last().AddWorking(to.Day().workingSince(from.Day())).End().UTC()
	}
	return k.last().Add(to.Day().Since(from.Day())).End().UTC()
}

func (SuspendDeadline) givers() []Role { return []Role{Head} }
func (ResumeDeadline) givers() []Role  { return []Role{Head} }
func (ExtendDeadline) givers() []Role  { return []Role{Head} }

func (cmd SuspendDeadline) decide(c *Case, req Request) ([]Event[Case], error) {
	k, err := c.changeable(cmd.Rule, cmd.Facility, req)
	switch {
	case err != nil:
		return nil, err
	case k.Paused.Equal(req.Happened):
		return nil, nil
	case !k.Paused.IsZero():
		return nil, conflict("deadline_suspended")
	case !k.Resumed.IsZero() && req.Happened.Before(k.Resumed):
		return nil, invalid("before_current", "happened")
	case !req.Happened.Known():
		return nil, invalid("time_needed", "happened")
	}
	return c.fact(req, DeadlineSuspended{k.Rule, k.Key, cmd.Reason})
}

func (cmd ResumeDeadline) decide(c *Case, req Request) ([]Event[Case], error) {
	k, err := c.named(cmd.Rule, cmd.Facility)
	switch {
	case err != nil:
		return nil, err
	case k.Paused.IsZero() && k.Resumed.Equal(req.Happened):
		return nil, nil
	case k.Paused.IsZero():
		return nil, conflict("deadline_not_suspended")
	case req.Happened.Before(k.Paused):
		return nil, invalid("before_start", "happened")
	case !req.Happened.Known():
		return nil, invalid("time_needed", "happened")
	}
	return c.fact(req, DeadlineResumed{k.Rule, k.Key})
}

func (cmd ExtendDeadline) decide(c *Case, req Request) ([]Event[Case], error) {
	if k, err := c.named(cmd.Rule, cmd.Facility); err == nil && k.Extended && k.Due.Equal(cmd.Until.End()) {
		return nil, nil
	}
	k, err := c.changeable(cmd.Rule, cmd.Facility, req)
	switch {
	case err != nil:
		return nil, err
	case !cmd.Until.End().After(k.Due):
		return nil, invalid("deadline_not_later", "until")
	case cmd.Until.Since(k.last()) > 366:
		return nil, invalid("out_of_range", "until")
	}
	return c.fact(req, DeadlineExtended{cmd.Rule, k.Key, cmd.Until, cmd.Reason})
}

// named finds the latest open duty of a rule.
func (c *Case) named(rule string, facility Ref) (DeadlineClock, error) {
	var open []DeadlineClock
	for _, k := range c.Clocks {
		if k.Rule == rule && k.Open() && (facility == "" || k.Key == string(facility)) {
			open = append(open, k)
		}
	}
	if len(open) == 0 {
		return DeadlineClock{}, conflict("no_open_deadline")
	}
	k := open[len(open)-1]
	if slices.ContainsFunc(open, func(o DeadlineClock) bool { return o.Key != k.Key }) {
		return k, invalid("required", "facility")
	}
	return k, nil
}

// changeable finds the duty of a rule that may still be suspended or extended.
func (c *Case) changeable(rule string, facility Ref, req Request) (DeadlineClock, error) {
	if r, ok := RuleOf(rule); ok && (r.Fixed || r.Period) {
		return DeadlineClock{}, invalid("deadline_fixed", "rule")
	}
	k, err := c.named(rule, facility)
	switch {
	case err != nil:
		return k, err
	case req.Happened.Before(k.Start):
		return k, invalid("before_start", "happened")
	case k.Paused.IsZero() && !req.Happened.At.Before(k.Due):
		return k, invalid("deadline_passed", "happened")
	}
	return k, nil
}
