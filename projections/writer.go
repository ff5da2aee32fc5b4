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
	fact, facts, row, access, place, deadline, facility, reached *sql.Stmt
	erasure, unasked, empty                                      *sql.Stmt   // empty takes the content of a case's boxes away
	unreadable, gone                                             *sql.Stmt   // gone takes a case out of what is unreadable
	forget                                                       []*sql.Stmt // what stands beside a case's own row
	index                                                        map[string]*sql.Stmt
	all                                                          []*sql.Stmt
}

// newWriter prepares the statements.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	w := &statements{index: map[string]*sql.Stmt{}}
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
	w.fact = prepare(insertFact)
	w.facts = prepare(insertFact + strings.Repeat(`,`+factRow, atOnce-1))
	w.row = prepare(putCase())
	w.access = prepare(`INSERT OR REPLACE INTO case_access (ref, organisation, relation, ended, until, longest, stage) VALUES (?,?,?,?,?,?,?)`)
	w.place = prepare(`INSERT OR REPLACE INTO places (ref, n, facility, organisation, state) VALUES (?,?,?,?,?)`)
	w.deadline = prepare(insertDeadline)
	w.facility = prepare(`INSERT OR REPLACE INTO facilities (ref, state) VALUES (?,?)`)
	w.erasure = prepare(insertErasure)
	w.unasked = prepare(`DELETE FROM erasures WHERE ref = ?`)
	w.empty = prepare(`UPDATE facts SET data = '' WHERE kind = 'case' AND stream = ? AND data <> '' AND type IN (` + personalTypes() + `)`)
	w.unreadable = prepare(`INSERT OR IGNORE INTO unreadable (ref, seq) VALUES (?,?)`)
	w.gone = prepare(`DELETE FROM unreadable WHERE ref = ?`)
	w.reached = prepare(`UPDATE position SET seq = ?, id = ?`)
	for _, table := range []string{"case_access", "places", "deadlines"} {
		w.forget = append(w.forget, prepare(`DELETE FROM `+table+` WHERE ref = ?`))
	}
	for _, query := range blind.Statements() {
		w.index[query] = prepare(query)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return &writer{statements: w}, nil
}

// exec runs one of the statements.
func (w *writer) exec(ctx context.Context, s *sql.Stmt, args ...any) error {
	_, err := w.prepared(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	return err
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
// as well.
var _ blind.Tx = (*writer)(nil)

// ExecContext runs a statement of the search index.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := w.index[query]; s != nil {
		return w.prepared(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return w.tx.ExecContext(ctx, query, args...)
}

// QueryContext asks something for the search index.
func (w *writer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := w.index[query]; s != nil {
		return w.prepared(ctx, s).QueryContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return w.tx.QueryContext(ctx, query, args...)
}

// QueryRowContext asks for one row for the search index.
func (w *writer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := w.index[query]; s != nil {
		return w.prepared(ctx, s).QueryRowContext(ctx, args...)
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
	if err := f(ctx, &writer{w.statements, tx, map[*sql.Stmt]*sql.Stmt{}}); err != nil {
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
