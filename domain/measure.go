package domain

import (
	"fmt"
	"strconv"
)

// A StatusRule says how the status of an action follows from events. See
// [Judge].
type StatusRule struct {
	Kind       RuleKind    `json:"kind"`
	Components []Component `json:"components,omitempty"` // deeds that must all be done; every milestone has some
	Indicators []string    `json:"indicators,omitempty"` // figures held against their targets: the action is as good as the worst of them
	Keep       bool        `json:"keep,omitempty"`       // the plan says "to continue": a figure below last year's is flagged
}

// RuleKind is one of three ways to judge an action.
type RuleKind string

const (
	Milestone  RuleKind = "milestone"  // deeds that must all be done by the end of the term
	Cumulative RuleKind = "cumulative" // a number that grows to a target by the end of the term
	Yearly     RuleKind = "yearly"     // an ongoing action: a rate or a number, each calendar year anew
)

// A Component is one thing to be done. It is done on the day on which the last
// of its deeds took effect; the first fact of a deed counts.
type Component struct {
	ID    string      `json:"id"`
	Label Text        `json:"label"`
	Deeds []Selection `json:"deeds"`
	After *Selection  `json:"after,omitempty"` // the deeds count from the first of these facts on
}

// A Selection picks facts. Values of data are compared as text; of a field that
// holds a list one value is enough. Besides the fields of its events it knows
// "region": the economic region of the field "district" on the day of the fact.
type Selection struct {
	Events  []string            `json:"events"`
	Where   map[string][]string `json:"where,omitempty"`   // the field has one of the values
	Except  map[string][]string `json:"except,omitempty"`  // the field has none of the values
	Least   map[string]int      `json:"least,omitempty"`   // the field is at least
	Has     []string            `json:"has,omitempty"`     // the field holds something
	Own     bool                `json:"own,omitempty"`     // only facts on the action's own stream
	Of      []string            `json:"of,omitempty"`      // what is counted, once each; see ByStream
	Year    string              `json:"year,omitempty"`    // the field with the calendar year that the fact counts for; empty = the year of its day in Baku
	With    *Selection          `json:"with,omitempty"`    // only facts of streams that have one of these by then
	Lasting *Lasting            `json:"lasting,omitempty"` // the facts hold for a time
}

// What a selection counts, besides the names of data fields. Without any, it
// counts streams: persons (a case is one person), facilities.
const (
	ByStream = "stream"
	ByEvent  = "event"
)

// Units gives what is counted: what Of names, or streams.
func (s Selection) Units() []string {
	if len(s.Of) == 0 {
		return []string{ByStream}
	}
	return s.Of
}

// Lasting says how long facts hold: from when they happened until a fact of
// EndedBy on the same stream, with the same value in the fields Match, or until
// the end of the day in the field Until. Such facts are picked when they held
// at any time of the span, or with Now when they hold at the time asked about.
type Lasting struct {
	EndedBy []string `json:"ended_by,omitempty"`
	Match   []string `json:"match,omitempty"`
	Until   string   `json:"until,omitempty"`
	Now     bool     `json:"now,omitempty"`
}

// An Indicator is one figure of an action.
type Indicator struct {
	ID      string  `json:"id"`
	Label   Text    `json:"label"`
	Unit    string  `json:"unit"`   // percent, count, hours, days, qepik
	Better  string  `json:"better"` // up, down, or empty for a figure that is context only
	Effect  bool    `json:"effect,omitempty"`
	Target  *int    `json:"target,omitempty"`  // fixed by the method; any other target is a TargetSet event
	Assumed bool    `json:"assumed,omitempty"` // the fixed target is a proposal of the method, not law
	Measure Measure `json:"measure"`
}

// Volume reports whether the figure grows with time, so that less is expected
// of it early in the span than at the end. Rates and durations do not.
func (i Indicator) Volume() bool { return i.Unit == "count" || i.Unit == "qepik" }

// A Measure is one of a closed, small list of ways to count facts.
type Measure struct {
	Kind      MeasureKind `json:"kind"`
	Of        *Selection  `json:"of,omitempty"`
	Over      *Selection  `json:"over,omitempty"`
	Span      Span        `json:"span,omitempty"`
	Order     Order       `json:"order,omitempty"`     // of Of and Over, for shares
	Within    Window      `json:"within,omitempty"`    // from Over to Of; for "lasted" how long
	Fields    []string    `json:"fields,omitempty"`    // data fields of Of that are added up
	Total     string      `json:"total,omitempty"`     // data field of Of that they are part of
	List      string      `json:"list,omitempty"`      // code list, for coverage
	All       string      `json:"all,omitempty"`       // the code of the list that stands for every other
	Rule      string      `json:"rule,omitempty"`      // time limit, see [Rules]
	Base      string      `json:"base,omitempty"`      // another indicator of the action
	Component string      `json:"component,omitempty"` // of the action's rule
	Since     Day         `json:"since,omitzero"`      // the duty exists since
}

// MeasureKind says what a measure does. Every measure answers a value, a
// numerator, a denominator where it has one, how many were left out for bad
// data and how many are still open.
type MeasureKind string

const (
	Count       MeasureKind = "count"       // how many of Of
	Sum         MeasureKind = "sum"         // Fields of Of, added up
	Share       MeasureKind = "share"       // of Over, how many also have Of, in percent
	Median      MeasureKind = "median"      // time from Over to Of, by the span in which it ended
	Compliance  MeasureKind = "compliance"  // of the duties of Rule that fell due, how many were done in time, in percent; Over narrows the cases
	Quarters    MeasureKind = "quarters"    // of the quarters of the year that are over, how many had Of, in percent
	Coverage    MeasureKind = "coverage"    // of the codes of List, how many stand in Fields of Of, in percent
	Lasted      MeasureKind = "lasted"      // how many of Of still held after Within
	Stock       MeasureKind = "stock"       // the latest value of Fields in Over, added up over the streams of Of
	Composition MeasureKind = "composition" // Fields of the latest Of as a part of Total, in percent
	Change      MeasureKind = "change"      // of Base against last year, in percent of last year
	Deed        MeasureKind = "deed"        // 1 when Component is done
)

// MeasureKinds lists them all, with what each needs and gives.
func MeasureKinds() []MeasureKind {
	return []MeasureKind{Count, Sum, Share, Median, Compliance, Quarters, Coverage, Lasted, Stock, Composition, Change, Deed}
}

// Span is the time whose facts a measure counts.
type Span string

const (
	InYear Span = ""     // the calendar year, in 2020 from the day the plan came into force
	InTerm Span = "term" // the action's term
	Always Span = "ever" // everything known
)

// Order says how the facts of a share must follow each other.
type Order string

const (
	OfAfterOver  Order = ""         // Of not before Over
	OfBeforeOver Order = "before"   // Of not after Over: what comes later is too late
	AnyOrder     Order = "any"      // both in the span
	Together     Order = "together" // Of holds on the last day on which Over does
)

// Window is a length of time: "24h", or "14d" for calendar days in Baku.
type Window string

// Due is the first instant that is too late. It is counted as the time limits
// of the law are: hours by the clock, days to the end of the last day in Baku, a
// start known only to the day from the end of that day.
func (w Window) Due(start When) When {
	value, unit, err := w.parts()
	if err != nil {
		return When{}
	}
	return When{At: Parameter{Value: value, Unit: unit}.due(start), Precision: Minute}
}

func (w Window) parts() (value int, unit string, err error) {
	if len(w) > 1 {
		unit = string(w[len(w)-1:])
		value, err = strconv.Atoi(string(w[:len(w)-1]))
	}
	if err != nil || value <= 0 || unit != "h" && unit != "d" {
		return 0, "", fmt.Errorf("domain: %q is not a length of time", string(w))
	}
	return value, unit, nil
}
