package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"nrm/domain"
)

// A fact is an event with what its row says about it.
type fact struct {
	n        int
	event    domain.AnyEvent
	happened domain.When
}

// A deed is a decision as the facts tell it: everything but its cause.
type deed struct {
	domain.Decision
	facts []fact
}

const factColumns = `seq, n, decision, kind, stream, type, day, year, happened, precision, effective,
	known, recorded, imported, user, role, organisation, data, decided, decided_precision`

// factWidth is the number of columns.
var factWidth = strings.Count(factColumns, ",") + 1

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
	columns, err := factsOf(after, decisions)
	if err != nil {
		return err
	}
	return w.writeFacts(ctx, decisions, columns)
}

func (w *writer) writeFacts(ctx context.Context, decisions []domain.Decision, columns []any) error {
	if err := w.insert(ctx, w.facts, columns); err != nil {
		return fmt.Errorf("facts up to position %d: %w", decisions[len(decisions)-1].Seq, err)
	}
	return nil
}

// factsOf gives the columns of the facts of decisions, which come after a
// position.
func factsOf(after uint64, decisions []domain.Decision) (columns []any, err error) {
	events := 0
	for _, d := range decisions {
		events += len(d.Events)
	}
	columns = make([]any, 0, events*factWidth)
	for _, d := range decisions {
		if d.Seq <= after {
			return nil, fmt.Errorf("position %d came after %d", d.Seq, after)
		}
		after = d.Seq
		if columns, err = appendFacts(columns, settled(d)); err != nil {
			return nil, fmt.Errorf("position %d: %w", d.Seq, err)
		}
	}
	return columns, nil
}

// appendFacts appends the columns of a decision's facts.
func appendFacts(columns []any, d domain.Decision) ([]any, error) {
	day := d.Happened.Day()
	today := day.String()
	if d.Stream.Kind == domain.AccessKind { // who looks is no fact about a case: see writeAccess
		return columns, nil
	}
	for n, e := range d.Events {
		spec, ok := domain.EventSpecOf(e.EventType())
		if !ok || spec.Kind != d.Stream.Kind {
			return nil, fmt.Errorf("%s does not belong on %s", e.EventType(), d.Stream)
		}
		data, err := dataOf(e, spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", spec.Type, err)
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
		columns = append(columns, int64(d.Seq), n, d.ID, string(d.Stream.Kind), d.Stream.ID, spec.Type, on, year, at.At.Unix(), string(at.Precision), effective,
			d.Known().UnixMilli(), d.Recorded.UnixMilli(), d.Imported(), d.By.User, string(d.By.Role), d.By.Organisation, data, decided, precision)
	}
	return columns, nil
}

// dataOf is what the facts keep of an event: text, or bytes of what stays
// sealed. Nothing is opened here, and nothing personal is let in that is not
// sealed.
func dataOf(e domain.AnyEvent, spec domain.EventSpec) (any, error) {
	s, sealed := e.(domain.Sealed)
	switch {
	case sealed != spec.Personal:
		return nil, fmt.Errorf("sealed: %t, must be: %t", sealed, spec.Personal)
	case sealed:
		stored := s.Box.Stored()
		if len(stored) == 0 {
			return nil, errors.New("an empty box: it would pass for one that was erased")
		}
		return stored, nil
	}
	_, data, err := domain.EncodeEvent(e)
	return string(data), err
}

// A row is a row of the facts. Of who, only the user is read where it is not
// shown: a rule asks for it.
type row struct {
	kind, stream    string
	seq             uint64
	n               int
	decision        string
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
	selectRows  = `SELECT kind, stream, seq, n, decision, type, data, happened, precision, decided, decided_precision, known, user, role, organisation FROM facts`
	selectShown = `SELECT kind, stream, seq, n, decision, type, data, happened, precision, decided, decided_precision, known, user, role, organisation,
		recorded, imported FROM facts`
)

func scanRow(rows *sql.Rows) (r row, err error) {
	return r, rows.Scan(r.targets()...)
}

func scanShown(rows *sql.Rows) (r row, err error) {
	return r, rows.Scan(append(r.targets(), &r.recorded, &r.imported)...)
}

func (r *row) targets() []any {
	return []any{&r.kind, &r.stream, &r.seq, &r.n, &r.decision, &r.typ, &r.data, &r.happened, &r.precision, &r.decided, &r.decidedP, &r.known,
		&r.by.User, (*string)(&r.by.Role), &r.by.Organisation}
}

// fact reads the event in a row. One that is sealed stays so.
func (r row) fact(keys Keys) (fact, error) {
	stored := domain.StoredEvent{Type: r.typ, Data: []byte(r.data)}
	if spec, _ := domain.EventSpecOf(r.typ); spec.Personal {
		stored.Box = kept{keys: keys, slot: domain.Slot{Stream: r.of(), Decision: r.decision, N: r.n, Type: r.typ}, stored: r.data}
	}
	e, err := stored.Event()
	return fact{n: r.n, event: e, happened: whenOf(r.happened, r.precision)}, err
}

// of is the stream that the row belongs to.
func (r row) of() domain.Stream {
	return domain.Stream{Kind: domain.StreamKind(r.kind), ID: r.stream}
}

// deed is the decision that a row belongs to, without its facts. Known is
// right even where the time of recording was not read.
func (r row) deed() deed {
	d := deed{Decision: domain.Decision{
		Seq: r.seq, ID: r.decision, Stream: r.of(), By: r.by,
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

// deedsOf puts rows together that belong to one decision. To fold them takes no
// keys.
func deedsOf(keys Keys, rows []row) ([]deed, error) {
	var all []deed
	for _, r := range rows {
		f, err := r.fact(keys)
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
func shown(ctx context.Context, q queryer, keys Keys, query string, args ...any) ([]deed, error) {
	rows, err := collect(ctx, q, scanShown, query, args...)
	if err != nil {
		return nil, err
	}
	return deedsOf(keys, rows)
}
