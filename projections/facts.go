package projections

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nrm/domain"
)

// A fact is an event with what its row says about it.
type fact struct {
	n        int
	event    domain.AnyEvent
	happened domain.When
}

// A deed is a decision as the facts tell it: everything but its id and cause.
type deed struct {
	domain.Decision
	facts []fact
}

const (
	factColumns = 19
	factRow     = `(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	insertFact  = `INSERT INTO facts (seq, n, kind, stream, type, day, year, happened, precision, effective,
	known, recorded, imported, user, role, organisation, data, decided, decided_precision) VALUES ` + factRow

	// atOnce is how many facts one statement writes when there are many: that
	// takes half the time.
	atOnce = 25
)

// settled gives a decision the precision in time that the log keeps and the
// facts keep, so that what is folded from either is the same.
func settled(d domain.Decision) domain.Decision {
	d.Happened.At = d.Happened.At.UTC().Truncate(time.Second)
	d.Recorded = d.Recorded.UTC().Truncate(time.Millisecond)
	d.Claimed = d.Claimed.UTC().Truncate(time.Millisecond)
	return d
}

// recordAll writes the facts of decisions, which come after a position.
func (w *writer) recordAll(ctx context.Context, after uint64, decisions []domain.Decision) error {
	var columns []any
	for _, d := range decisions {
		if d.Seq <= after {
			return fmt.Errorf("position %d came after %d", d.Seq, after)
		}
		after = d.Seq
		var err error
		if columns, err = appendFacts(columns, settled(d)); err != nil {
			return fmt.Errorf("position %d: %w", d.Seq, err)
		}
	}
	for len(columns) > 0 {
		insert, size := w.fact, factColumns
		if len(columns) >= atOnce*factColumns {
			insert, size = w.facts, atOnce*factColumns
		}
		if _, err := insert.ExecContext(ctx, columns[:size]...); err != nil {
			return fmt.Errorf("facts up to position %d: %w", after, err)
		}
		columns = columns[size:]
	}
	return nil
}

// record writes the facts of a decision.
func (w *writer) record(ctx context.Context, d domain.Decision) error {
	return w.recordAll(ctx, d.Seq-1, []domain.Decision{d})
}

// appendFacts appends the columns of a decision's facts.
func appendFacts(columns []any, d domain.Decision) ([]any, error) {
	day := d.Happened.Day()
	today := day.String()
	for n, e := range d.Events {
		spec, ok := domain.EventSpecOf(e.EventType())
		if !ok || spec.Kind != d.Stream.Kind {
			return nil, fmt.Errorf("%s does not belong on %s", e.EventType(), d.Stream)
		}
		typ, data, err := domain.EncodeEvent(e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", typ, err)
		}
		at, on, year := domain.MomentOf(e, d.Times()), today, day.Year()
		var decided, precision any
		if !at.Equal(d.Happened) {
			on, year = at.Day().String(), at.Day().Year()
			decided, precision = d.Happened.At.Unix(), string(d.Happened.Precision)
		}
		effective := today
		if own := domain.Effective(e, d.Times()); own != day {
			effective = own.String()
		}
		columns = append(columns, int64(d.Seq), n, string(d.Stream.Kind), d.Stream.ID, typ, on, year, at.At.Unix(), string(at.Precision), effective,
			d.Known().UnixMilli(), d.Recorded.UnixMilli(), d.Imported(), d.By.User, string(d.By.Role), d.By.Organisation, string(data), decided, precision)
	}
	return columns, nil
}

// A row is a row of the facts. Who is only read where it is shown.
type row struct {
	kind, stream    string
	seq             uint64
	n               int
	typ, data       string
	happened        sql.NullInt64
	precision       string
	decided         sql.NullInt64
	decidedP        sql.NullString
	known, recorded int64
	imported        bool
	by              domain.Actor
}

const (
	selectRows  = `SELECT kind, stream, seq, n, type, data, happened, precision, decided, decided_precision, known FROM facts`
	selectShown = `SELECT kind, stream, seq, n, type, data, happened, precision, decided, decided_precision, known,
		recorded, imported, user, role, organisation FROM facts`
)

func scanRow(rows *sql.Rows) (r row, err error) {
	return r, rows.Scan(r.targets()...)
}

func scanShown(rows *sql.Rows) (r row, err error) {
	return r, rows.Scan(append(r.targets(), &r.recorded, &r.imported, &r.by.User, (*string)(&r.by.Role), &r.by.Organisation)...)
}

func (r *row) targets() []any {
	return []any{&r.kind, &r.stream, &r.seq, &r.n, &r.typ, &r.data, &r.happened, &r.precision, &r.decided, &r.decidedP, &r.known}
}

// fact reads the event in a row.
func (r row) fact() (fact, error) {
	e, err := domain.DecodeEvent(r.typ, []byte(r.data))
	return fact{n: r.n, event: e, happened: whenOf(r.happened, r.precision)}, err
}

// deed is the decision that a row belongs to, without its facts. Known is
// right even where who was not read.
func (r row) deed() deed {
	d := deed{Decision: domain.Decision{
		Seq: r.seq, Stream: domain.Stream{Kind: domain.StreamKind(r.kind), ID: r.stream}, By: r.by,
		Happened: whenOf(r.happened, r.precision), Recorded: time.UnixMilli(r.recorded).UTC(), Claimed: time.UnixMilli(r.known).UTC(),
	}}
	if r.decided.Valid {
		d.Happened = whenOf(r.decided, r.decidedP.String)
	}
	if r.recorded != 0 && !r.imported {
		d.Claimed = time.Time{}
	}
	return d
}

// deedsOf puts rows together that belong to one decision.
func deedsOf(rows []row) ([]deed, error) {
	var all []deed
	for _, r := range rows {
		f, err := r.fact()
		if err != nil {
			return nil, fmt.Errorf("position %d: %w", r.seq, err)
		}
		if len(all) == 0 || all[len(all)-1].Seq != r.seq {
			all = append(all, r.deed())
		}
		d := &all[len(all)-1]
		d.Events, d.facts = append(d.Events, f.event), append(d.facts, f)
	}
	return all, nil
}

// shown reads deeds to be shown on a timeline.
func shown(ctx context.Context, q queryer, query string, args ...any) ([]deed, error) {
	rows, err := collect(ctx, q, scanShown, query, args...)
	if err != nil {
		return nil, err
	}
	return deedsOf(rows)
}
