package projections

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"nrm/domain"
)

// Cases lists the cases that the actor may see and the filter lets through, and
// how many there are. In a queue the most urgent comes first, otherwise the one
// with the latest fact. It answers a refusal "no_such_queue" for a queue that
// the actor's role does not have.
func (v *Views) Cases(ctx context.Context, by domain.Actor, now time.Time, f Filter) ([]CaseRow, int, error) {
	q, order := queue{}, ` ORDER BY c.last_happened DESC, c.ref DESC`
	if f.Queue != "" {
		var err error
		if q, err = queueOf(by, f.Queue); err != nil {
			return nil, 0, err
		}
		order = ` ORDER BY c.next_due, c.detected, c.ref`
	}
	only := condition{sql: `1`}
	if f.Stage != "" {
		only = only.and(condition{`c.stage = ?`, []any{f.Stage}})
	}
	search := strings.ToUpper(strings.TrimSpace(f.Search))
	if search != "" {
		only = only.and(condition{`c.ref >= ? AND c.ref < ?`, []any{search, search + "~"}}) // references are letters and digits
	}
	var rows []CaseRow
	var called callings
	var count int
	err := v.within(ctx, func(tx *sql.Tx) error {
		where, err := q.cases(ctx, tx, by, now)
		if err != nil {
			return err
		}
		where = where.and(only)
		if search == "" {
			count, err = q.count(ctx, tx, by, now, f.Stage)
		} else {
			count, err = number(ctx, tx, `SELECT count(*) FROM cases c WHERE `+where.sql, where.args...)
		}
		if err != nil {
			return err
		}
		limit, offset := page(f.Limit, f.Offset)
		var access map[domain.Ref][]domain.Access
		rows, access, err = caseRows(ctx, tx, by, now, where.sql+order+` LIMIT ? OFFSET ?`, append(where.args, limit, offset)...)
		if err != nil {
			return err
		}
		called, err = callingsOf(ctx, tx, v.keys, by, now, access)
		return err
	})
	if err == nil {
		err = named(ctx, by.Role, rows, called)
	}
	if err != nil {
		return nil, 0, wrap(err, "cases")
	}
	return rows, count, nil
}

// named opens how the people of some cases are called.
func named(ctx context.Context, role domain.Role, rows []CaseRow, called callings) error {
	names, err := called.open(ctx, role)
	for i := range rows {
		rows[i].Name = names[rows[i].Ref]
	}
	return err
}

// page puts bounds on a page of a list: at most 200 rows, otherwise 50.
func page(limit, offset int) (int, int) {
	if limit <= 0 {
		limit = 50
	}
	return min(limit, 200), max(offset, 0)
}

const selectCases = `SELECT c.ref, c.stage, c.status, c.age, c.region, c.country, c.detected, c.detected_precision,
	c.danger, c.missing, c.risk, c.deviations, c.last_type, c.last_happened, c.last_precision, c.next, ` + deadlineColumns + `
	FROM cases c LEFT JOIN deadlines d ON d.ref = c.ref AND d.n = c.next WHERE `

// caseRows selects cases, shows of each what the actor may see, and tells who has
// to do with them. How the people are called is not in it.
func caseRows(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time, where string, args ...any) ([]CaseRow, map[domain.Ref][]domain.Access, error) {
	rows, err := collect(ctx, tx, func(row *sql.Rows) (CaseRow, error) { return scanCase(row, now) }, selectCases+where, args...)
	if err != nil {
		return nil, nil, err
	}
	refs := make([]domain.Ref, len(rows))
	for i, r := range rows {
		refs[i] = r.Ref
	}
	access, err := accessOf(ctx, tx, refs)
	if err != nil {
		return nil, nil, err
	}
	for i := range rows {
		r := &rows[i]
		end := domain.ReadsUntil(by, access[r.Ref], domain.Flow, now)
		if !end.IsZero() {
			if err := r.lookBack(ctx, tx, end); err != nil {
				return nil, nil, err
			}
		}
		r.show(by, access[r.Ref], now)
		if err := r.tellLast(ctx, tx, reader{by: by, now: now, access: access[r.Ref]}, end); err != nil {
			return nil, nil, err
		}
	}
	return rows, access, nil
}

func scanCase(row *sql.Rows, now time.Time) (CaseRow, error) {
	var (
		r                     CaseRow
		detected, last, next  sql.NullInt64
		detectedP, lastP, ref string
		clock                 clockColumns
	)
	err := row.Scan(append([]any{
		&ref, &r.Stage, &r.Status, &r.Age, &r.Region, &r.Country, &detected, &detectedP,
		&r.Danger, &r.Missing, &r.Risk, &r.Deviations, &r.LastType, &last, &lastP, &next,
	}, clock.targets()...)...)
	r.Ref, r.Detected, r.LastHappened = domain.Ref(ref), whenOf(detected, detectedP), whenOf(last, lastP)
	if next.Valid {
		k := clock.clock()
		r.Next = &Due{Ref: r.Ref, Clock: k, State: k.State(now), Stage: r.Stage}
	}
	return r, err
}

// show takes away what the actor may not know of a case that they may see.
func (r *CaseRow) show(by domain.Actor, access []domain.Access, now time.Time) {
	if !domain.MayRead(by, access, domain.Screening, now) {
		r.Risk = ""
	}
	if !domain.MayRead(by, access, domain.Flow, now) {
		r.LastHappened, r.LastType, r.Next, r.Deviations, r.Missing = domain.When{}, "", nil, 0, false
	}
	if r.Next != nil && (!domain.MayRead(by, access, domain.Location, now) || domain.Houses(by.Organisation)) {
		r.Next.Clock.Key = "" // the facility that was asked, which may be another's
	}
}

// lookBack turns the row into what was known of the case at a time. Nothing is
// due then that concerns the reader.
func (r *CaseRow) lookBack(ctx context.Context, tx *sql.Tx, at time.Time) error {
	history, err := shown(ctx, tx, nil, selectShown+` WHERE kind = ? AND stream = ? AND known <= ? ORDER BY seq, n`,
		string(domain.CaseKind), string(r.Ref), at.UnixMilli())
	if err != nil {
		return err
	}
	c, err := foldedOf(r.Ref, decisionsOf(history))
	if err != nil {
		return err
	}
	r.Stage, r.Status, r.Risk, r.Deviations = c.state.Stage(), c.state.Status, c.state.Risk, len(c.state.Deviations)
	r.Missing = c.state.IsMissing()
	r.LastHappened, r.LastType, r.Next = c.last.happened, c.last.typ, nil
	return nil
}
