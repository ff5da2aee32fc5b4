package projections

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errDamaged says that the file of the views cannot be used any more.
var errDamaged = errors.New("the file of the views is damaged")

// fileSeen is what a file of views was when it was opened.
type fileSeen struct {
	files  map[string]os.FileInfo // of the database and of its write-ahead log
	schema string
}

// walSuffix names the write-ahead log. SQLite keeps it for as long as somebody
// has the database open, so it cannot go without harm either.
const walSuffix = "-wal"

func look(ctx context.Context, path string) (fileSeen, error) {
	o := fileSeen{files: map[string]os.FileInfo{}}
	var err error
	if o.schema, err = schemaOf(ctx, path, false); err != nil {
		return o, err
	}
	real, err := filepath.EvalSymlinks(path) // SQLite keeps the write-ahead log there
	if err != nil {
		return o, err
	}
	for _, name := range []string{path, real + walSuffix} {
		info, err := os.Stat(name)
		if err != nil {
			return o, err
		}
		o.files[name] = info
	}
	return o, nil
}

// still fails with errDamaged if the file is no longer what was opened: gone,
// another one, cut short, or unreadable. If thorough, every page is looked at,
// which takes as long as reading the file. Any other error says that nobody
// knows.
func (o *fileSeen) still(ctx context.Context, path string, thorough bool) error {
	for name, before := range o.files {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is gone", errDamaged, name)
		}
		if err != nil {
			return err
		}
		if !os.SameFile(info, before) {
			return fmt.Errorf("%w: %s is another file", errDamaged, name)
		}
		if name == path && info.Size() < before.Size() {
			thorough = true // cut off, or written anew by Scrub
		}
	}
	schema, err := schemaOf(ctx, path, thorough)
	if damaging(err) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return err
	}
	if schema != o.schema {
		return fmt.Errorf("%w: it is of another shape", errDamaged)
	}
	if info, err := os.Stat(path); thorough && err == nil {
		o.files[path] = info
	}
	return nil
}

// schemaOf reads what the file says of itself, over a connection of its own that
// has kept nothing in memory. If thorough, it fails unless every page is sound
// and every table is there.
func schemaOf(ctx context.Context, path string, thorough bool) (schema string, err error) {
	db, err := open(path, 1, reading)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, `SELECT schema FROM position`).Scan(&schema); err != nil || !thorough {
		return schema, err
	}
	sound := ""
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&sound); err != nil {
		return "", err
	}
	if sound != "ok" {
		return "", fmt.Errorf("%w: %s", errDamaged, sound)
	}
	w, err := newWriter(ctx, db)
	if err != nil {
		return "", err
	}
	return schema, w.close()
}

// damaging reports whether an error of SQLite says that the file is damaged.
func damaging(err error) bool {
	if errors.Is(err, errDamaged) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_READONLY_DBMOVED:
		return true
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		return true
	case sqlite3.SQLITE_ERROR:
		return strings.Contains(e.Error(), "no such table") || strings.Contains(e.Error(), "no such column") || strings.Contains(e.Error(), "malformed")
	}
	return false
}

// mayPass reports whether an error is one of SQLite that the disk or other users
// of the file may be the cause of: damage, or something that passes.
func mayPass(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM:
		return true
	}
	return crowded(err)
}

// crowded reports whether a full disk or other users of the file explain an
// error.
func crowded(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return true
	}
	return false
}
