package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nrm/domain"
)

// A CallRow is a call to a hotline.
type CallRow struct {
	Ref          domain.Ref
	Happened     domain.When
	Organisation string // that logged it
	Region       string // the economic region of the district on that day
	Call         domain.HotlineCallLogged
	Led          bool // to a case, which stands in Call only for readers who may know of it
}

// A CallFilter narrows the calls of a year. Zero values do not narrow.
type CallFilter struct {
	Year           int
	Channel, Topic string // code lists "call_channel" and "call_topic"
	Related, Led   bool   // only those about trafficking; only those that led to a case
	Limit, Offset  int    // at most 200; 0 = 50
}

// CallCounts says what the calls of a year were about. Most have nothing to do
// with trafficking.
type CallCounts struct{ All, Unanswered, Related, Led int }

// Calls lists the calls of a year that the filter lets through, the latest first,
// how many there are, and the counts of all calls of the year. The unit and the
// Coordinator see those of every line, an operator those that the own organisation
// has logged, each as much of a call as [domain.Role.OfCall] says. It answers
// anybody else a refusal "role_not_allowed".
func (v *Views) Calls(ctx context.Context, by domain.Actor, now time.Time, f CallFilter) (rows []CallRow, total int, counts CallCounts, err error) {
	if !by.Role.SeesCalls() {
		return nil, 0, counts, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	seen := condition{`type = 'HotlineCallLogged' AND year = ?`, []any{f.Year}}
	if !by.Role.SeesEveryCase() {
		seen = seen.and(condition{`organisation = ?`, []any{by.Organisation}})
	}
	where := seen.and(f.conditions()...)
	limit, offset := page(f.Limit, f.Offset)
	err = v.within(ctx, func(tx *sql.Tx) error {
		if counts, err = countCalls(ctx, tx, seen); err != nil {
			return err
		}
		if total, err = number(ctx, tx, `SELECT count(*) FROM facts WHERE `+where.sql, where.args...); err != nil {
			return err
		}
		rows, err = collect(ctx, tx, scanCall, `SELECT stream, happened, precision, organisation, data FROM facts WHERE `+where.sql+
			` ORDER BY happened DESC, seq DESC LIMIT ? OFFSET ?`, append(where.args, limit, offset)...)
		if err != nil {
			return err
		}
		return hideCases(ctx, tx, by, now, rows)
	})
	return rows, total, counts, wrap(err, "calls")
}

func (f CallFilter) conditions() (all []condition) {
	add := func(on bool, sql string, args ...any) {
		if on {
			all = append(all, condition{sql, args})
		}
	}
	add(f.Channel != "", `data ->> 'channel' = ?`, f.Channel)
	add(f.Topic != "", `data ->> 'topic' = ?`, f.Topic)
	add(f.Related, `data ->> 'thb_related' = 1`)
	add(f.Led, `data ->> 'case' <> ''`)
	return all
}

func countCalls(ctx context.Context, tx *sql.Tx, seen condition) (CallCounts, error) {
	all, err := collect(ctx, tx, func(row *sql.Rows) (n CallCounts, err error) {
		return n, row.Scan(&n.All, &n.Unanswered, &n.Related, &n.Led)
	}, `SELECT count(*), coalesce(sum(data ->> 'topic' = 'unanswered'), 0), coalesce(sum(data ->> 'thb_related' = 1), 0),
		coalesce(sum(data ->> 'case' <> ''), 0) FROM facts WHERE `+seen.sql, seen.args...)
	if err != nil {
		return CallCounts{}, err
	}
	return all[0], nil
}

func scanCall(row *sql.Rows) (r CallRow, err error) {
	var (
		ref, precision, data string
		happened             sql.NullInt64
	)
	if err := row.Scan(&ref, &happened, &precision, &r.Organisation, &data); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(data), &r.Call); err != nil {
		return r, fmt.Errorf("call %s: %w", ref, err)
	}
	r.Ref, r.Happened, r.Led = domain.Ref(ref), whenOf(happened, precision), r.Call.Case != ""
	r.Region = domain.RegionOn(r.Call.District, r.Happened.Day())
	return r, nil
}

// hideCases leaves only those cases that the reader may know of, and of the calls
// what the reader is told.
func hideCases(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time, rows []CallRow) error {
	var refs []domain.Ref
	for _, r := range rows {
		if r.Led {
			refs = append(refs, r.Call.Case)
		}
	}
	access, err := accessOf(ctx, tx, refs)
	for i := range rows {
		c := &rows[i].Call
		if !domain.MaySee(by, access[c.Case], now) {
			c.Case = ""
		}
		*c = by.Role.OfCall(*c)
	}
	return err
}
