package domain

import "slices"

// A Status is how an action or a figure stands. An empty status claims nothing:
// the action is not measured, or the figure has no target.
type Status string

const (
	StatusMet     Status = "met"
	StatusOnTrack Status = "on_track"
	StatusLate    Status = "late"
	StatusNoData  Status = "no_data" // nothing is known, or nothing says how much is enough (flag no_target)
)

// Flags say more about a status.
const (
	FlagNoEvidence    = "no_evidence"     // late, and nothing at all was recorded for the action
	FlagAtRisk        = "at_risk"         // three quarters of the term are gone, less than half is done
	FlagNoTarget      = "no_target"       // a figure that decides has no target: the plan sets none
	FlagBelowLastYear = "below_last_year" // the plan says "to continue", and there was less than last year
	FlagAttested      = "attested"        // somebody signed that nothing happened: the zero is true
	FlagFrozen        = "frozen"          // the plan is over: this is how its last year ended
)

// Evidence is all that the status of an action follows from.
type Evidence struct {
	Kind       RuleKind
	Start, Due Day  // of the term; for a yearly action of the calendar year
	AsOf       Day  // nothing after this day is known
	Closed     bool // the calendar year is over
	Recorded   bool // anything at all was recorded for the action
	Attested   bool // see [ReportingPeriodAttested]
	Keep       bool // see [StatusRule]
	Components []Day
	Figures    []Figure
}

// A Figure is a number that is held against a target.
type Figure struct {
	Value     float64
	Known     bool // false: no data
	Target    int
	HasTarget bool
	Better    string  // up or down
	Volume    bool    // grows with time, see [Indicator.Volume]
	Last      float64 // last year's value
	HasLast   bool
}

// A Judgement is a status with what explains it.
type Judgement struct {
	Status   Status
	DaysLate int // of a milestone met after its term
	Done, Of int // components
	Flags    []string
}

// Judge is the status of an action. It is a pure function of the evidence, so
// the same facts give the same status on any day on which they are looked at.
//
// A milestone is met when all components took effect; late once the term is
// over without; no data when nothing was recorded; otherwise on track. A
// cumulative action is met when the figure reaches its target (and its
// components are done); late once the term is over without, or while the figure
// is behind the part of the target that has come due; no data as long as nothing
// was recorded, and when no target was set. A yearly action is judged in each calendar
// year: a volume like a cumulative one within the year, a rate by its
// threshold, on track while the year is open and met when it is over.
func Judge(e Evidence) Judgement {
	var j Judgement
	switch e.Kind {
	case Milestone:
		j = milestone(e)
	case Cumulative:
		j = cumulative(e)
	case Yearly:
		j = yearly(e)
	}
	if e.Attested && e.silent() {
		j.Flags = append(j.Flags, FlagAttested)
	}
	if j.Status == StatusLate && e.overdue() && !e.Recorded && !e.Attested && e.Kind != Yearly {
		j.Flags = append(j.Flags, FlagNoEvidence)
	}
	return j
}

// silent reports whether an attestation is all there is: once there are facts,
// it says nothing any more.
func (e Evidence) silent() bool {
	return (e.Kind == Yearly || !e.Recorded) && !slices.ContainsFunc(e.Figures, func(f Figure) bool { return f.Known && f.Value > 0 })
}

func milestone(e Evidence) Judgement {
	j := e.deeds()
	switch {
	case j.Done == j.Of:
		j.Status = StatusMet
		j.DaysLate = max(0, latest(e.Components).Since(e.Due))
	case e.overdue():
		j.Status = StatusLate
	case !e.Recorded && !e.Attested:
		j.Status = StatusNoData
	default:
		j.Status = StatusOnTrack
		if 4*e.elapsed() >= 3*e.whole() && 2*j.Done < j.Of {
			j.Flags = append(j.Flags, FlagAtRisk)
		}
	}
	return j
}

func cumulative(e Evidence) Judgement {
	j := e.deeds()
	status := e.worst(&j)
	switch {
	case e.overdue() && (j.Done < j.Of || !e.Recorded): // nothing is less than any target
		status = StatusLate
	case j.Done < j.Of && status == StatusMet:
		status = StatusOnTrack
	}
	j.Status = status
	return j
}

func yearly(e Evidence) Judgement {
	j := e.deeds()
	j.Status = e.worst(&j)
	for _, f := range e.Figures {
		if e.Keep && f.Known && f.HasLast && (f.Better == "down" && f.Value > f.Last || f.Better != "down" && f.Value < f.Last) {
			j.Flags = append(j.Flags, FlagBelowLastYear)
			break
		}
	}
	return j
}

// worst is the worst status of the figures that have a target and data. Figures
// that nothing is known of decide only when there are no others.
func (e Evidence) worst(j *Judgement) Status {
	worst := StatusNoData
	for _, f := range e.Figures {
		if !f.HasTarget && !slices.Contains(j.Flags, FlagNoTarget) {
			j.Flags = append(j.Flags, FlagNoTarget)
		}
		switch s := e.Stands(f); {
		case s == StatusLate, s == StatusOnTrack && worst != StatusLate, s == StatusMet && worst == StatusNoData:
			worst = s
		}
	}
	return worst
}

// Stands is the status of one figure. Without a target it is empty: a figure
// is not good or bad by itself. A rate of nothing (nobody was in need) is no
// data unless the silence was attested, and then nobody was failed.
func (e Evidence) Stands(f Figure) Status {
	good := StatusOnTrack
	if e.Kind == Yearly && e.Closed {
		good = StatusMet
	}
	switch {
	case e.Kind == Cumulative && !e.Recorded && !e.Attested && !e.overdue():
		return StatusNoData
	case !f.Known && f.HasTarget && e.Kind != Yearly && e.overdue():
		return StatusLate
	case !f.Known && !e.Attested:
		return StatusNoData
	case !f.Known && !f.Volume:
		return good
	case !f.HasTarget:
		return ""
	case f.reached():
		if e.Kind == Yearly && !f.Volume {
			return good
		}
		return StatusMet
	case e.overdue():
		return StatusLate
	case e.paced(f) && f.Value >= float64(e.expected(f.Target)):
		return StatusOnTrack
	}
	return StatusLate
}

func (f Figure) reached() bool {
	if f.Better == "down" {
		return f.Value <= float64(f.Target)
	}
	return f.Value >= float64(f.Target)
}

// paced reports whether less than the target is enough as long as the term
// runs. A rate of a year must be kept all the time.
func (e Evidence) paced(f Figure) bool {
	return f.Better != "down" && (e.Kind == Cumulative || f.Volume)
}

// expected is the part of the target that has come due: the target times the
// share of the term that has passed, rounded down. The day asked about counts
// whole, so on the last day all is expected.
func (e Evidence) expected(target int) int {
	return int(int64(target) * int64(e.elapsed()) / int64(e.whole()))
}

func (e Evidence) overdue() bool { return e.AsOf.After(e.Due) }
func (e Evidence) whole() int    { return max(1, e.Due.Since(e.Start)+1) }
func (e Evidence) elapsed() int  { return min(max(0, e.AsOf.Since(e.Start)+1), e.whole()) }

// deeds counts the components done by the day asked about. What took effect
// before the term began is not the plan's work.
func (e Evidence) deeds() Judgement {
	j := Judgement{Of: len(e.Components)}
	for _, effective := range e.Components {
		if e.Counts(effective) {
			j.Done++
		}
	}
	return j
}

// Counts reports whether a deed that took effect on the day counts for the
// action.
func (e Evidence) Counts(effective Day) bool {
	return !effective.IsZero() && !effective.Before(e.Start) && !effective.After(e.AsOf)
}

func latest(days []Day) Day {
	var last Day
	for _, d := range days {
		if d.After(last) {
			last = d
		}
	}
	return last
}
