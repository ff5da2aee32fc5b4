package projections

import (
	"context"
	"time"

	"nrm/domain"
)

// Log is what the views need of the log.
type Log interface {
	// Follow calls f with each run of consecutive decisions after position
	// after, in log order, until ctx ends or f fails.
	Follow(ctx context.Context, after uint64, f func([]domain.Decision) error) error
	// Replay is Follow that ends at position through, included.
	Replay(ctx context.Context, after, through uint64, f func([]domain.Decision) error) error
	// Last is the log's last position.
	Last(ctx context.Context) (uint64, error)
}

// A CaseRow is a case in a list.
type CaseRow struct {
	Ref          domain.Ref
	Name         string // how the person is called, for readers who may know and as long as anybody can
	Stage        string // code list "stage"
	Status       string // code list "victim_status"
	Age          string
	Region       string // where found; empty when abroad
	Country      string
	Detected     domain.When
	LastHappened domain.When // of the latest fact
	LastType     string      // its event type
	Danger       bool        // immediate danger was reported
	Missing      bool        // nobody knows where the person is
	Risk         string
	Next         *Due // the duty that is due first, if any is open
	Deviations   int
}

// A Due is a deadline of a case.
type Due struct {
	Ref   domain.Ref
	Clock domain.DeadlineClock
	State domain.ClockState // at the time asked about
	Stage string
	Name  string // as in CaseRow; only in lists
}

// A CasePage is what one actor may see of one case.
type CasePage struct {
	Row      CaseRow
	State    *domain.Case // for deciding which steps come next; pages show only what Sees allows
	Access   []domain.Access
	Due      []Due
	Timeline []Entry
	Person   Person
	Hold     string      // code list "hold_reason": why the person must not be erased, if so
	Erased   *ErasedNote // nil unless the person was erased, as far as the reader may know

	Conformance []domain.NormVerdict // how the mandated path was kept
	Relations   []string             // of the reader to the case, today: see domain.RelationsOf
}

// An Entry is one event on a timeline.
type Entry struct {
	Seq       uint64
	Stream    domain.Stream
	At        domain.EventAt  // which event of the stream it is
	Event     domain.AnyEvent // nil when its data are in a compartment the reader does not see, were erased or are unreadable; never sealed
	Erased    bool            // its data were, whoever asks
	Type      string
	Track     string
	Happened  domain.When
	Known     time.Time // when the mechanism knew: claimed, if imported
	Recorded  time.Time // when this register stored it
	Imported  bool
	By        domain.Actor      // User is empty for readers outside the unit
	Judged    domain.ClockState // met or late when it stopped a clock, otherwise empty
	Rule      string            // of that clock
	Deviation []string          // codes of DeviationNoted in the same decision
	Region    string            // economic region of the facility a Location event is about; only for those who may see every case

	Voided    bool          // it counts for nothing any more
	Corrected []CorrectedOf // what was corrected of it, and by which reason it was voided, in the order in which that became known

	// Unreadable: the reader may see its data, and nobody can read them, because
	// the person's keys are damaged or lost.
	Unreadable bool
}

// CorrectedOf says what became of an event. Nothing stands in its fields where the
// reader does not see the event's data.
type CorrectedOf struct {
	Position uint64 // of the decision that did it
	Field    string // code list "correctable"; empty if the event was voided
	Old, New string
	Reason   string // code list "correction_reason"
}

// A Filter narrows a list of cases. Zero values do not narrow.
type Filter struct {
	Queue  string // one of Queues, see there
	Stage  string
	Search string // a reference, or its beginning
	Limit  int    // at most 200; 0 = 50
	Offset int
}

// A Queue is a list of cases that wait for something, with their number.
type Queue struct {
	ID    string // also the key of its label
	Count int
	Quiet bool // not worth naming while it is empty
}

// A FacilityRow is a facility with its occupancy now.
type FacilityRow struct {
	Ref   domain.Ref
	State *domain.Facility
	Over  bool // more persons than beds
}

// An ActionView is an action of the plan with how it stands in a year.
type ActionView struct {
	Action     domain.PlanAction
	Status     domain.Status // empty for actions that are not measured
	Year       int           // the calendar year of the figures; after the plan an ongoing action stays with its last
	Start, Due domain.Day    // of the term; of the year for an ongoing action
	AsOf       domain.Day    // the status is as of this day
	DaysLate   int           // for a milestone met after its term
	Done, Of   int           // components of a milestone
	Flags      []string      // see domain.FlagNoEvidence and those that follow it
	Components []ComponentView
	Indicators []IndicatorView
}

// A ComponentView is one deed of a milestone.
type ComponentView struct {
	Component domain.Component
	Effective domain.Day // zero while not done
}

// An IndicatorView is one figure with what it is made of.
type IndicatorView struct {
	Indicator    domain.Indicator
	Value        float64
	HasValue     bool // false: no data
	Numerator    int64
	Denominator  int64 // 0 where the measure has none
	Excluded     int64 // left out for bad data
	Open         int64 // not yet due, or begun and without an end: told, but not counted
	Target       int
	HasTarget    bool
	TargetBy     string        // the organisation that set it; empty for one fixed by the method
	TargetOn     domain.Day    // when it was set
	TargetReason string        // code list "target_reason"
	Status       domain.Status // empty without a target: a figure is not good or bad by itself
}

// A YearLine is one line of the Coordinator's yearly report, counted from
// events alone.
type YearLine struct {
	ID     string // also the key of its label
	Count  int64
	Amount domain.Qepik // where the line has money

	Excluded int64 // left out: nobody knows when it happened
}
