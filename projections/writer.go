package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"nrm/projections/blind"
)

// A writer changes the tables, in a transaction. Its statements are prepared once
// and put into the transaction when they are first needed in it: to read one
// takes longer than what it does.
type writer struct {
	*statements
	tx *sql.Tx
	in map[*sql.Stmt]*sql.Stmt // those that are in the transaction already
}

// statements are prepared on the one connection that writes.
type statements struct {
	facts, rows, access, places, agenda, deadlines, notices inserts
	facility, reached, erasure, unasked                     *sql.Stmt
	revision, unrevised                                     *sql.Stmt
	looked, lookedAt, glass                                 *sql.Stmt   // who has looked at what
	empty                                                   *sql.Stmt   // takes the content of a case's boxes away
	unreadable, gone                                        *sql.Stmt   // gone takes a case out of what is unreadable
	forget                                                  []*sql.Stmt // what stands beside a case's own row
	texts                                                   map[string]*sql.Stmt
	all                                                     []*sql.Stmt
}

// Inserts write rows of one table, several at once where there are several: that
// takes half the time.
type inserts struct {
	width int         // columns of a row
	of    []inserting // by how many rows they write, the most first
}

type inserting struct {
	rows int
	stmt *sql.Stmt
}

// atOnce is how many rows one statement writes when there are many, and how many
// when there are few.
var atOnce = []int{25, 5, 4, 3, 2, 1}

// newWriter prepares the statements.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	w := &statements{texts: map[string]*sql.Stmt{}}
	var errs []error
	prepare := func(query string) *sql.Stmt {
		s, err := db.PrepareContext(ctx, query)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", query, err))
			return nil
		}
		w.all = append(w.all, s)
		return s
	}
	many := func(head, columns, tail string) inserts {
		in := inserts{width: strings.Count(columns, ",") + 1}
		row := `(?` + strings.Repeat(`,?`, in.width-1) + `)`
		for _, n := range atOnce {
			in.of = append(in.of, inserting{n, prepare(head + ` (` + columns + `) VALUES ` + row + strings.Repeat(`,`+row, n-1) + tail)})
		}
		return in
	}
	w.facts = many(`INSERT INTO facts`, factColumns, ``)
	w.rows = many(`INSERT INTO cases`, caseColumns, orChangeCase())
	w.access = many(`INSERT OR REPLACE INTO case_access`, `ref, organisation, relation, ended, until, longest, stage`, ``)
	w.places = many(`INSERT OR REPLACE INTO places`, `ref, n, facility, organisation, state`, ``)
	w.agenda = many(`INSERT OR REPLACE INTO agenda`, `ref, n, item, since, organisation`, ``)
	w.deadlines = many(`INSERT OR REPLACE INTO deadlines`, clockColumnNames, ``)
	w.notices = many(`INSERT OR REPLACE INTO notices`, noticeColumns, ``)
	w.facility = prepare(`INSERT OR REPLACE INTO facilities (ref, state) VALUES (?,?)`)
	w.looked, w.lookedAt, w.glass = prepare(insertAccess), prepare(insertAccessed), prepare(insertGlass)
	w.erasure = prepare(insertErasure)
	w.unasked = prepare(`DELETE FROM erasures WHERE ref = ?`)
	w.empty = prepare(`UPDATE facts SET data = '' WHERE kind = 'case' AND stream = ? AND data <> '' AND type IN (` + personalTypes() + `)`)
	w.unreadable = prepare(`INSERT OR IGNORE INTO unreadable (ref, seq) VALUES (?,?)`)
	w.gone = prepare(`DELETE FROM unreadable WHERE ref = ?`)
	w.revision = prepare(insertRevision)
	w.unrevised = prepare(`DELETE FROM revisions WHERE stream = ?`)
	w.reached = prepare(`UPDATE position SET seq = ?, id = ?`)
	for _, table := range []string{"case_access", "places", "agenda", "deadlines", "notices"} {
		w.forget = append(w.forget, prepare(`DELETE FROM `+table+` WHERE ref = ?`))
	}
	for _, query := range append(blind.Statements(), selectBefore) {
		w.texts[query] = prepare(query)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return &writer{statements: w}, nil
}

// within gives a writer for a transaction.
func (w *statements) within(tx *sql.Tx) *writer {
	return &writer{w, tx, map[*sql.Stmt]*sql.Stmt{}}
}

// exec runs one of the statements.
func (w *writer) exec(ctx context.Context, s *sql.Stmt, args ...any) error {
	_, err := w.prepared(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	return err
}

// insert writes rows, given as their columns one after the other.
func (w *writer) insert(ctx context.Context, in inserts, columns []any) error {
	for _, some := range in.of {
		for size := some.rows * in.width; len(columns) >= size; columns = columns[size:] {
			if err := w.exec(ctx, some.stmt, columns[:size]...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) prepared(ctx context.Context, s *sql.Stmt) *sql.Stmt {
	in, ok := w.in[s]
	if !ok {
		in = w.tx.StmtContext(ctx, s)
		w.in[s] = in
	}
	return in
}

// A writer is a [blind.Tx]: what the search index asks all the time is prepared
// as well, and found by its text.
var _ blind.Tx = (*writer)(nil)

// ExecContext runs a statement.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := w.texts[query]; s != nil {
		return w.prepared(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return w.tx.ExecContext(ctx, query, args...)
}

// QueryContext asks for rows.
func (w *writer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := w.texts[query]; s != nil {
		return w.prepared(ctx, s).QueryContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return w.tx.QueryContext(ctx, query, args...)
}

// QueryRowContext asks for one row.
func (w *writer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := w.texts[query]; s != nil {
		return w.prepared(ctx, s).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return w.tx.QueryRowContext(ctx, query, args...)
}

// transact runs f in a transaction of its own. Work that was begun is finished:
// ctx is asked before, not within.
func transact(ctx context.Context, db beginner, w *writer, f func(context.Context, *writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, w.within(tx)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (w *statements) close() error {
	var errs []error
	for _, s := range w.all {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
