package projections

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
)

// ErrMending says that the views cannot answer now: their file is damaged and is
// being made anew from the log. It is worth asking again.
var ErrMending = errors.New("projections: the views are being made anew")

// A beginner begins transactions.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// A pool is a database that can be exchanged for another while it is asked.
// Questions under way end on the one that they began on; while there is none,
// they fail with ErrMending.
type pool struct{ db atomic.Pointer[sql.DB] }

// set exchanges the database and gives the one before.
func (p *pool) set(db *sql.DB) (before *sql.DB) { return p.db.Swap(db) }

// now is the database, nil while there is none.
func (p *pool) now() *sql.DB { return p.db.Load() }

func (p *pool) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	if db := p.now(); db != nil {
		return db.BeginTx(ctx, opts)
	}
	return nil, ErrMending
}

func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if db := p.now(); db != nil {
		return db.QueryContext(ctx, query, args...)
	}
	return nil, ErrMending
}

func (p *pool) Conn(ctx context.Context) (*sql.Conn, error) {
	if db := p.now(); db != nil {
		return db.Conn(ctx)
	}
	return nil, ErrMending
}
