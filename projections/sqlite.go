package projections

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"nrm/domain"
)

// The file can be made anew from the log, so a commit need not wait for the
// disk: after a power cut the last transactions may be gone, and the position
// with them, and Run applies them again. What is removed is overwritten. What is
// in the write-ahead log is moved by a mover alone.
var (
	writing  = []string{"journal_mode(WAL)", "synchronous(NORMAL)", "wal_autocheckpoint(0)", "busy_timeout(10000)", "cache_size(-65536)", "secure_delete(ON)"}
	reading  = []string{"query_only(1)", "busy_timeout(10000)", "cache_size(-16384)"}
	building = []string{"journal_mode(OFF)", "synchronous(OFF)", "locking_mode(EXCLUSIVE)", "cache_size(-262144)", "secure_delete(ON)"}
)

// open opens a database file that exists. Each of its connections has the
// pragmas.
func open(path string, connections int, pragmas []string) (*sql.DB, error) {
	q := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": pragmas}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// create makes an empty file that only its owner may read.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// A queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect runs a query and turns each row into a value.
func collect[T any](ctx context.Context, q queryer, scan func(row *sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// number runs a query that answers one number.
func number(ctx context.Context, q queryer, query string, args ...any) (int, error) {
	all, err := collect(ctx, q, func(row *sql.Rows) (n int, err error) { return n, row.Scan(&n) }, query, args...)
	if err != nil || len(all) != 1 {
		return 0, fmt.Errorf("one number expected, got %d: %w", len(all), err)
	}
	return all[0], nil
}

// within runs f on one unchanging state of the views.
func (v *Views) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := v.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(tx)
}

// seconds and whenOf keep a time with its precision in two columns.
func seconds(w domain.When) sql.NullInt64 {
	return sql.NullInt64{Int64: w.At.Unix(), Valid: !w.At.IsZero()}
}

func whenOf(at sql.NullInt64, precision string) domain.When {
	if !at.Valid {
		return domain.When{Precision: domain.Precision(precision)}
	}
	return domain.When{At: time.Unix(at.Int64, 0).UTC(), Precision: domain.Precision(precision)}
}

// millis keeps a moment that may not be there in a column.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// forever is the end of time, in seconds and in milliseconds.
const forever = math.MaxInt64

// untilOf keeps the end of a relation in a column, endOf reads it back.
func untilOf(t time.Time) int64 {
	if t.IsZero() {
		return forever
	}
	return t.UnixMilli()
}

func endOf(until int64) time.Time {
	if until == forever {
		return time.Time{}
	}
	return time.UnixMilli(until).UTC()
}
