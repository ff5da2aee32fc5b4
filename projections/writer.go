package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// A writer changes the tables, in the transaction its statements belong to.
type writer struct {
	tx                                                           *sql.Tx
	fact, facts, row, access, place, deadline, facility, reached *sql.Stmt
	erasure, unasked, empty                                      *sql.Stmt   // empty takes the content of a case's boxes away
	unreadable, gone                                             *sql.Stmt   // gone takes a case out of what is unreadable
	forget                                                       []*sql.Stmt // what stands beside a case's own row
	all                                                          []*sql.Stmt
}

// newWriter prepares the statements once; on puts them into a transaction.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	w := &writer{}
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
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// on gives the writer for a transaction of its database.
func (w *writer) on(ctx context.Context, tx *sql.Tx) *writer {
	in := func(s *sql.Stmt) *sql.Stmt { return tx.StmtContext(ctx, s) }
	own := &writer{
		tx: tx, fact: in(w.fact), facts: in(w.facts), row: in(w.row), access: in(w.access), place: in(w.place),
		deadline: in(w.deadline), facility: in(w.facility), reached: in(w.reached),
		erasure: in(w.erasure), unasked: in(w.unasked), empty: in(w.empty),
		unreadable: in(w.unreadable), gone: in(w.gone),
	}
	for _, s := range w.forget {
		own.forget = append(own.forget, in(s))
	}
	return own
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
	if err := f(ctx, w.on(ctx, tx)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (w *writer) close() error {
	var errs []error
	for _, s := range w.all {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
