package bench

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite is an event table in a SQLite file, WAL and synchronous=FULL. SQLite has
// one writer at a time, so appends take turns at one connection with a prepared
// statement: that is faster than letting them collide.
type SQLite struct {
	db     *sql.DB
	mu     sync.Mutex
	insert *sql.Stmt
}

// OpenSQLite makes the table in a new file in dir.
func OpenSQLite(ctx context.Context, dir string) (*SQLite, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "events.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &SQLite{db: db}
	_, err = db.ExecContext(ctx, `CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL,
		id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, UNIQUE (stream, version))`)
	if err == nil {
		s.insert, err = db.PrepareContext(ctx, `INSERT INTO events (stream, version, id, body) VALUES (?, ?, ?, ?)`)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Append stores an event as number version of its stream.
func (s *SQLite) Append(ctx context.Context, stream string, version int64, id string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.insert.ExecContext(ctx, stream, version, id, body)
	var failed *sqlite.Error
	if errors.As(err, &failed) && failed.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return ErrConflict
	}
	return err
}

// Close ends it.
func (s *SQLite) Close() error { return errors.Join(s.insert.Close(), s.db.Close()) }
