package projections

import (
	"context"
	"database/sql"
	"time"

	"nrm/domain"
)

const clockColumnNames = `ref, n, rule, key, start, start_precision, due, value, unit, assumed, period,
	stopped, stopped_precision, unclear, waived, lapsed, missed, paused, paused_precision, resumed, resumed_precision, extended, open`

func appendDeadline(columns []any, ref domain.Ref, n int, k domain.DeadlineClock) []any {
	return append(columns, string(ref), n, k.Rule, k.Key, k.Start.At.Unix(), string(k.Start.Precision), k.Due.Unix(),
		k.Value, k.Unit, k.Assumed, k.Period, seconds(k.Stopped), string(k.Stopped.Precision), k.Unclear, k.Waived, k.Lapsed, k.Missed,
		seconds(k.Paused), string(k.Paused.Precision), seconds(k.Resumed), string(k.Resumed.Precision), k.Extended, k.Runs())
}

const deadlineColumns = `d.rule, d.key, d.start, d.start_precision, d.due, d.value, d.unit, d.assumed, d.period,
	d.stopped, d.stopped_precision, d.unclear, d.waived, d.lapsed, d.missed,
	d.paused, d.paused_precision, d.resumed, d.resumed_precision, d.extended`

// clockColumns receives deadlineColumns, which are NULL where a case has no
// open duty.
type clockColumns struct {
	rule, key, startP, unit, stoppedP, pausedP, resumedP       sql.NullString
	start, due, value, stopped, paused, resumed                sql.NullInt64
	assumed, period, unclear, waived, lapsed, missed, extended sql.NullBool
}

func (c *clockColumns) targets() []any {
	return []any{
		&c.rule, &c.key, &c.start, &c.startP, &c.due, &c.value, &c.unit, &c.assumed, &c.period,
		&c.stopped, &c.stoppedP, &c.unclear, &c.waived, &c.lapsed, &c.missed,
		&c.paused, &c.pausedP, &c.resumed, &c.resumedP, &c.extended,
	}
}

func (c *clockColumns) clock() domain.DeadlineClock {
	return domain.DeadlineClock{
		Rule: c.rule.String, Key: c.key.String, Start: whenOf(c.start, c.startP.String), Due: time.Unix(c.due.Int64, 0).UTC(),
		Value: int(c.value.Int64), Unit: c.unit.String, Assumed: c.assumed.Bool, Period: c.period.Bool,
		Stopped: whenOf(c.stopped, c.stoppedP.String), Unclear: c.unclear.Bool, Waived: c.waived.Bool, Lapsed: c.lapsed.Bool, Missed: c.missed.Bool,
		Paused: whenOf(c.paused, c.pausedP.String), Resumed: whenOf(c.resumed, c.resumedP.String), Extended: c.extended.Bool,
	}
}

const selectDues = `SELECT c.ref, c.stage, ` + deadlineColumns + ` FROM deadlines d CROSS JOIN cases c ON c.ref = d.ref WHERE `

func dues(ctx context.Context, q queryer, now time.Time, where string, args ...any) ([]Due, error) {
	return collect(ctx, q, func(row *sql.Rows) (Due, error) {
		var (
			ref string
			due Due
			k   clockColumns
		)
		err := row.Scan(append([]any{&ref, &due.Stage}, k.targets()...)...)
		due.Ref, due.Clock = domain.Ref(ref), k.clock()
		due.State = due.Clock.State(now)
		return due, err
	}, selectDues+where, args...)
}

// Overdue lists the open duties that are past due on the cases whose course the
// actor may see and has a part in, the oldest first, and how many there are. A limit of 0 means
// 50; 200 is the most.
func (v *Views) Overdue(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]Due, int, error) {
	where := condition{`d.open = 1 AND d.period = 0 AND d.due <= ?`, []any{now.Unix()}}.and(courseOf(by, now).each(`d`), partOf(by, now).each(`d`))
	limit, offset = page(limit, offset)
	var list []Due
	var count int
	var called callings
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		count, err = number(ctx, tx, `SELECT count(*) FROM deadlines d WHERE `+where.sql, where.args...)
		if err != nil {
			return err
		}
		list, err = dues(ctx, tx, now, where.sql+` ORDER BY d.due, d.ref, d.n LIMIT ? OFFSET ?`, append(where.args, limit, offset)...)
		if err != nil {
			return err
		}
		var refs []domain.Ref
		for _, d := range list {
			refs = append(refs, d.Ref)
		}
		access, err := accessOf(ctx, tx, refs)
		if err != nil {
			return err
		}
		called, err = callingsOf(ctx, tx, v.keys, by, now, access)
		return err
	})
	if err != nil {
		return nil, 0, wrap(err, "overdue")
	}
	names, err := called.open(ctx, by.Role)
	if err != nil {
		return nil, 0, wrap(err, "overdue")
	}
	for i := range list {
		list[i].Name = names[list[i].Ref]
		if !by.Role.Sees(domain.Location) || domain.Houses(by.Organisation) {
			list[i].Clock.Key = ""
		}
	}
	return list, count, nil
}

// ToMark lists duties that are past due and that the register has not yet
// recorded as missed, the oldest first, for the clock that does so.
func (v *Views) ToMark(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	list, err := dues(ctx, v.readers, now, `d.open = 1 AND d.period = 0 AND d.missed = 0 AND d.due <= ? ORDER BY d.due, d.ref, d.n LIMIT ?`, now.Unix(), limit)
	return list, wrap(err, "to mark")
}
