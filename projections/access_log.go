package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nrm/domain"
)

const (
	insertAccess   = `INSERT INTO accesses (seq, n, type, at, user, role, organisation, alarms, data) VALUES (?,?,?,?,?,?,?,?,?)`
	insertAccessed = `INSERT OR IGNORE INTO accessed (ref, seq, n) VALUES (?,?,?)`
	insertGlass    = `INSERT OR REPLACE INTO glasses (ref, state) VALUES (?,?)`
)

// writeAccesses writes what decisions on streams about access say. Others are
// passed over.
func (w *writer) writeAccesses(ctx context.Context, decisions []domain.Decision) error {
	for _, d := range decisions {
		if d.Stream.Kind != domain.AccessKind {
			continue
		}
		if err := w.writeAccess(ctx, settled(d)); err != nil {
			return fmt.Errorf("access at position %d: %w", d.Seq, err)
		}
	}
	return nil
}

func (w *writer) writeAccess(ctx context.Context, d domain.Decision) error {
	for n, e := range d.Events {
		typ, data, err := domain.EncodeEvent(e)
		if err != nil {
			return err
		}
		at, by, cases := lookOf(e, d)
		alarms := ""
		for _, a := range domain.AlarmsOf(e) {
			alarms += " " + a + " "
		}
		if err := w.exec(ctx, w.looked, int64(d.Seq), n, typ, at.UnixMilli(), by.User, string(by.Role), by.Organisation, alarms, string(data)); err != nil {
			return err
		}
		for _, ref := range cases {
			if err := w.exec(ctx, w.lookedAt, string(ref), int64(d.Seq), n); err != nil {
				return err
			}
		}
	}
	if ref, err := domain.ParseRef(d.Stream.ID); err == nil {
		return w.writeGlass(ctx, ref, d)
	}
	return nil
}

// writeGlass brings what became of the glass of a case up to a decision.
func (w *writer) writeGlass(ctx context.Context, ref domain.Ref, d domain.Decision) error {
	var a domain.Accesses
	var state string
	switch err := w.QueryRowContext(ctx, `SELECT state FROM glasses WHERE ref = ?`, string(ref)).Scan(&state); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal([]byte(state), &a); err != nil {
			return err
		}
	}
	if err := domain.Apply(&a, d); err != nil {
		return err
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return w.exec(ctx, w.glass, string(ref), string(b))
}

// lookOf says when somebody looked, who, and at which cases. On the stream of a
// case it is the decision that tells.
func lookOf(e domain.AnyEvent, d domain.Decision) (at time.Time, by domain.Actor, cases []domain.Ref) {
	switch e := e.(type) {
	case domain.RecordViewed:
		return e.At, domain.Actor{User: e.User, Role: domain.Role(e.Role), Organisation: e.Organisation}, e.Cases
	case domain.SearchRun:
		return e.At, domain.Actor{User: e.User, Role: domain.Role(e.Role), Organisation: e.Organisation}, e.Cases
	case domain.ExportMade:
		return e.At, domain.Actor{User: e.User, Role: domain.Role(e.Role), Organisation: e.Organisation}, e.Cases
	case domain.AccessDenied:
		return e.At, domain.Actor{User: e.User, Role: domain.Role(e.Role), Organisation: e.Organisation}, e.Cases
	}
	return d.Known(), d.By, []domain.Ref{d.Stream.Ref()}
}

// An AccessRow is one look at something.
type AccessRow struct {
	Seq    uint64
	At     time.Time
	By     domain.Actor
	Event  domain.AnyEvent
	Cases  []domain.Ref
	Alarms []string // code list "access_alarm"
}

// An AccessFilter narrows the accesses. Zero values do not narrow.
type AccessFilter struct {
	Case   domain.Ref
	Alarm  string // code list "access_alarm"
	Limit  int    // at most 200; 0 = 50
	Offset int
}

// Accesses lists who has looked at what, the newest first, and how many there
// are. It answers a refusal "role_not_allowed" to all but the data protection
// officer: those who are watched do not read it.
func (v *Views) Accesses(ctx context.Context, by domain.Actor, f AccessFilter) ([]AccessRow, int, error) {
	if by.Role != domain.DataProtection {
		return nil, 0, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	only := condition{sql: `1`}
	if f.Case != "" {
		only = only.and(condition{`EXISTS (SELECT 1 FROM accessed d WHERE d.ref = ? AND d.seq = a.seq AND d.n = a.n)`, []any{string(f.Case)}})
	}
	if f.Alarm != "" {
		only = only.and(condition{`instr(a.alarms, ?) > 0`, []any{" " + f.Alarm + " "}})
	}
	var rows []AccessRow
	var count int
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		if count, err = number(ctx, tx, `SELECT count(*) FROM accesses a WHERE `+only.sql, only.args...); err != nil {
			return err
		}
		limit, offset := page(f.Limit, f.Offset)
		rows, err = collect(ctx, tx, scanAccess, `SELECT a.seq, a.type, a.at, a.user, a.role, a.organisation, a.alarms, a.data,
			(SELECT group_concat(d.ref, ' ') FROM accessed d WHERE d.seq = a.seq AND d.n = a.n)
			FROM accesses a WHERE `+only.sql+` ORDER BY a.at DESC, a.seq DESC, a.n DESC LIMIT ? OFFSET ?`, append(slices.Clone(only.args), limit, offset)...)
		return err
	})
	if f.Case != "" {
		for i := range rows {
			rows[i].Cases, rows[i].Event = []domain.Ref{f.Case}, onlyAbout(rows[i].Event, f.Case)
		}
	}
	return rows, count, wrap(err, "accesses")
}

// onlyAbout leaves the other cases out that were looked at together with one: an
// answer to its person tells nothing of others.
func onlyAbout(e domain.AnyEvent, ref domain.Ref) domain.AnyEvent {
	switch e := e.(type) {
	case domain.RecordViewed:
		e.Cases = []domain.Ref{ref}
		return e
	case domain.SearchRun:
		e.Cases = []domain.Ref{ref}
		return e
	case domain.ExportMade:
		e.Cases = []domain.Ref{ref}
		return e
	}
	return e
}

func scanAccess(row *sql.Rows) (r AccessRow, err error) {
	var typ, alarms, data string
	var at int64
	var cases sql.NullString
	if err := row.Scan(&r.Seq, &typ, &at, &r.By.User, (*string)(&r.By.Role), &r.By.Organisation, &alarms, &data, &cases); err != nil {
		return r, err
	}
	r.At, r.Alarms = time.UnixMilli(at).UTC(), strings.Fields(alarms)
	for _, ref := range strings.Fields(cases.String) {
		r.Cases = append(r.Cases, domain.Ref(ref))
	}
	slices.Sort(r.Cases)
	r.Event, err = domain.DecodeEvent(typ, []byte(data))
	return r, err
}

// A BulkRow is an account that has looked for very many people within an hour.
type BulkRow struct {
	By       domain.Actor
	Hour     time.Time // when it began
	Searches int
}

// BulkSearches lists the accounts that have made [domain.BulkSearches] searches or
// more within an hour of the clock, the latest first and at most 200. It answers
// nobody but the data protection officer.
func (v *Views) BulkSearches(ctx context.Context, by domain.Actor) ([]BulkRow, error) {
	if by.Role != domain.DataProtection {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	const hour = int64(time.Hour / time.Millisecond)
	rows, err := collect(ctx, v.readers, func(row *sql.Rows) (r BulkRow, err error) {
		var begin int64
		err = row.Scan(&r.By.User, (*string)(&r.By.Role), &r.By.Organisation, &begin, &r.Searches)
		r.Hour = time.UnixMilli(begin * hour).UTC()
		return r, err
	}, `SELECT user, role, organisation, at / ?, count(*) FROM accesses WHERE type = 'SearchRun'
		GROUP BY user, role, organisation, at / ? HAVING count(*) >= ? ORDER BY at / ? DESC LIMIT 200`, hour, hour, domain.BulkSearches, hour)
	return rows, wrap(err, "bulk searches")
}

// A GlassRow is what became of the requests to know who the person of a case is.
type GlassRow struct {
	Ref   domain.Ref
	Glass domain.Glass
}

// Unreviewed reports whether something was opened too long ago without having been
// reviewed: indicator K29 counts these.
func (r GlassRow) Unreviewed(now time.Time) bool {
	return slices.ContainsFunc(r.Glass.Uses, func(u domain.GlassUse) bool {
		return u.Reviewed.IsZero() && now.Sub(u.From) > domain.ReviewWithin
	})
}

// Glasses lists the cases whose glass somebody asked to break, in no order. It
// answers a refusal "role_not_allowed" to all but those who ask, approve or review.
func (v *Views) Glasses(ctx context.Context, by domain.Actor) ([]GlassRow, error) {
	if !slices.Contains([]domain.Role{domain.DataProtection, domain.Head, domain.Coordinator}, by.Role) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	rows, err := collect(ctx, v.readers, scanGlass, `SELECT ref, state FROM glasses ORDER BY ref`)
	return rows, wrap(err, "glasses")
}

func scanGlass(row *sql.Rows) (r GlassRow, err error) {
	var state string
	if err := row.Scan((*string)(&r.Ref), &state); err != nil {
		return r, err
	}
	var a domain.Accesses
	err = json.Unmarshal([]byte(state), &a)
	r.Glass = a.Glass
	return r, err
}

// glassRows are the rows of those for whom the glass of a case was broken.
func glassRows(ctx context.Context, q queryer, ref domain.Ref) (all []domain.Access, err error) {
	rows, err := collect(ctx, q, scanGlass, `SELECT ref, state FROM glasses WHERE ref = ?`, string(ref))
	for _, r := range rows {
		for _, u := range r.Glass.Uses {
			all = append(all, u.Row())
		}
	}
	return all, err
}
