package domain

import "slices"

// RecordReTrafficking links a case to an earlier one in which the same person was
// identified as a victim: they were trafficked again. It is given to the later
// case and stands on both. Refusals: "no_such_case" and "same_stream" (earlier),
// "not_identified" (the earlier case has no positive decision), "not_later" (this
// person was found before that decision: it may be one case registered twice).
type RecordReTrafficking struct {
	Earlier Ref    `json:"earlier" ref:"case"`
	Known   string `json:"known_by" code:"known_by"` // how it is known that it is the same person
}

// ReTraffickingRecorded names the other case: the earlier one, or the later one.
// A person counts once, however many cases they have.
type ReTraffickingRecorded struct {
	Earlier Ref    `json:"earlier,omitempty" ref:"case"`
	Later   Ref    `json:"later,omitempty" ref:"case"`
	Known   string `json:"known_by" code:"known_by"`
}

func (ReTraffickingRecorded) EventType() string { return "ReTraffickingRecorded" }
func (e ReTraffickingRecorded) apply(c *Case, _ Times) {
	c.EarlierCases = withRef(c.EarlierCases, e.Earlier)
	c.LaterCases = withRef(c.LaterCases, e.Later)
}

func withRef(refs []Ref, r Ref) []Ref {
	if r == "" || slices.Contains(refs, r) {
		return refs
	}
	return append(slices.Clip(refs), r)
}

func (RecordReTrafficking) givers() []Role { return []Role{Head} }
func (cmd RecordReTrafficking) others(Request) []Stream {
	return []Stream{CaseStream(cmd.Earlier)}
}

func (cmd RecordReTrafficking) decide(j *Joint, req Request) ([]Event[Joint], error) {
	later, earlier := j.Case(), j.Cases[1]
	decided, positive := earlier.firstPositive()
	switch {
	case slices.Contains(later.EarlierCases, cmd.Earlier):
		return nil, nil
	case slices.Contains(later.LaterCases, cmd.Earlier), positive && later.Detected.Before(decided):
		return nil, invalid("not_later", "earlier")
	case !positive:
		return nil, invalid("not_identified", "earlier")
	}
	return append(
		j.onCase(0, later.noting(req, []Event[Case]{ReTraffickingRecorded{Earlier: cmd.Earlier, Known: cmd.Known}})...),
		j.onCase(1, ReTraffickingRecorded{Later: req.about, Known: cmd.Known})...), nil
}

// firstPositive is when the person was first identified as a victim, unless that
// was reversed.
func (c *Case) firstPositive() (When, bool) {
	if c.Outcome != "positive" {
		return When{}, false
	}
	for _, v := range c.Redress.Verdicts {
		if v.Outcome == "positive" {
			return v.From, true
		}
	}
	return c.Decided, true
}
