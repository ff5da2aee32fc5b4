package projections

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// A Duty is one of an institution, in one quarter or year.
type Duty struct {
	Action string // of the plan, on whose stream it stands
	Clock  domain.DeadlineClock
	State  domain.ClockState
}

// Duties lists how institutions have kept their duties, the oldest first. They are
// no person's: whoever may see the plan may see them.
func (v *Views) Duties(ctx context.Context, now time.Time) ([]Duty, error) {
	var all []Duty
	seen := map[string]bool{}
	for _, duty := range domain.InstitutionDuties() {
		if seen[duty.Action] {
			continue
		}
		seen[duty.Action] = true
		history, err := shown(ctx, v.readers, v.keys, selectShown+` WHERE kind = ? AND stream = ? ORDER BY seq, n`, string(domain.ActionKind), duty.Action)
		if err != nil {
			return nil, wrap(err, "duties")
		}
		a := new(domain.Action)
		for _, d := range history {
			if err := domain.Apply(a, d.Decision); err != nil {
				return nil, wrap(err, "duties")
			}
		}
		for _, k := range a.Duties(now) {
			all = append(all, Duty{duty.Action, k, k.State(now)})
		}
	}
	slices.SortStableFunc(all, func(a, b Duty) int { return a.Clock.Due.Compare(b.Clock.Due) })
	return all, nil
}

// DutiesMissed are those of [Views.Duties] that are past due.
func DutiesMissed(all []Duty) []Duty {
	return slices.DeleteFunc(slices.Clone(all), func(d Duty) bool { return d.State != domain.Overdue })
}

// RanOut lists the cases on which something that holds for a time is over, as
// [domain.Case.RunsOut] says, the longest first, for the clock that records it.
func (v *Views) RanOut(ctx context.Context, now time.Time, limit int) ([]domain.Ref, error) {
	refs, err := collect(ctx, v.readers, func(row *sql.Rows) (ref domain.Ref, err error) {
		err = row.Scan(&ref)
		return ref, err
	}, `SELECT ref FROM cases WHERE runs_out <= ? AND runs_out < 9223372036854775807 ORDER BY runs_out, ref LIMIT ?`, now.Unix(), limit)
	return refs, wrap(err, "ran out")
}
