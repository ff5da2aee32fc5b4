package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"nrm/domain"
)

// check reports whether the file at path can be used with the log as it is.
// Only what keeps it from finding out is an error.
func check(ctx context.Context, path string, log Log) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	want, err := schema()
	if err != nil {
		return false, err
	}
	at, id, err := inspect(ctx, path, want)
	if err != nil {
		return false, ctx.Err() // damaged or of another shape: what exactly is all the same
	}
	// A view that is ahead of the log, or was made from another one, would
	// never be right again.
	last, err := log.Last(ctx)
	if err != nil || at > last {
		return false, err
	}
	if at == 0 {
		return true, nil
	}
	same := false
	err = log.Replay(ctx, at-1, at, func(run []domain.Decision) error {
		same = len(run) == 1 && run[0].Seq == at && run[0].ID == id
		return nil
	})
	return same, err
}

// inspect reads the position of a sound file of the schema wanted.
func inspect(ctx context.Context, path, want string) (seq uint64, id string, err error) {
	db, err := open(path, 1, writing)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var found, sound string
	if err := db.QueryRowContext(ctx, `SELECT seq, id, schema FROM position`).Scan(&seq, &id, &found); err != nil {
		return 0, "", err
	}
	if found != want {
		return 0, "", errors.New("another schema")
	}
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&sound); err != nil {
		return 0, "", err
	}
	if sound != "ok" {
		return 0, "", errors.New(sound)
	}
	w, err := newWriter(ctx, db) // every table and column is there
	if err != nil {
		return 0, "", err
	}
	return seq, id, w.close()
}

// Rebuild makes the views in dir anew from the log, in one pass over it and one
// over the facts, beside what is there, and then puts them in its place. If it
// is interrupted, what was there stays. Nothing else may have the views open.
// done and total count steps of work, not positions.
func Rebuild(ctx context.Context, dir string, log Log, progress func(done, total uint64)) error {
	path := filepath.Join(dir, "views.db")
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	if err := rebuild(ctx, dir, path, log, progress); err != nil {
		return fmt.Errorf("projections: make %s anew: %w", path, err)
	}
	return nil
}

func rebuild(ctx context.Context, dir, path string, log Log, progress func(done, total uint64)) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := remove(fresh); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(fresh))
		}
	}()
	if err := create(fresh); err != nil {
		return err
	}
	db, err := open(fresh, 1, building)
	if err != nil {
		return err
	}
	err = fill(ctx, db, log, progress)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := flush(fresh); err != nil {
		return err
	}
	// A write-ahead log left beside a new file would be taken for its own, so
	// the old files go first. If this ends here, there is nothing to lose but
	// the time to do it again.
	if err := remove(path); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return flush(dir)
}

// remove removes a database with what SQLite keeps beside it.
func remove(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// flush makes a file, or what a folder lists, lasting.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// fill makes all rows from the log.
func fill(ctx context.Context, db *sql.DB, log Log, progress func(done, total uint64)) error {
	shape, err := schema()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, tables); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO position (one, seq, id, schema) VALUES (1, 0, '', ?)`, shape); err != nil {
		return err
	}
	w, err := newWriter(ctx, db)
	if err != nil {
		return err
	}
	defer w.close() //nolint:errcheck // the database is closed next
	last, err := log.Last(ctx)
	if err != nil {
		return err
	}
	if err := copyFacts(ctx, db, w, log, last, progress); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, streamIndex); err != nil {
		return err
	}
	if err := deriveAll(ctx, db, w, last, progress); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, indexes)
	return err
}

// copyFacts is the pass over the log. The log is read while what was read
// before is written.
func copyFacts(ctx context.Context, db *sql.DB, w *writer, log Log, last uint64, progress func(done, total uint64)) error {
	both, ctx := errgroup.WithContext(ctx)
	runs := make(chan []domain.Decision, 4)
	both.Go(func() error {
		defer close(runs)
		return log.Replay(ctx, 0, last, func(run []domain.Decision) error {
			select {
			case runs <- run:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	both.Go(func() error {
		at := uint64(0)
		for run := range runs {
			if err := copyRun(ctx, db, w, at, run); err != nil {
				return err
			}
			at = run[len(run)-1].Seq
			progress(at, 2*last)
		}
		return nil
	})
	return both.Wait()
}

func copyRun(ctx context.Context, db *sql.DB, w *writer, after uint64, run []domain.Decision) error {
	return transact(ctx, db, w, func(ctx context.Context, w *writer) error {
		if err := w.recordAll(ctx, after, run); err != nil {
			return err
		}
		last := run[len(run)-1]
		_, err := w.reached.ExecContext(ctx, int64(last.Seq), last.ID)
		return err
	})
}

// deriveAll is the pass over the facts, stream by stream. They are folded while
// those of the next streams are read and what follows from them is written.
func deriveAll(ctx context.Context, db *sql.DB, w *writer, last uint64, progress func(done, total uint64)) error {
	return transact(ctx, db, w, func(working context.Context, w *writer) error {
		streams, results := make(chan []row, 64), make(chan derived, 64)
		go func() {
			defer close(results)
			for rows := range streams {
				results <- derive(rows)
			}
		}()
		done := uint64(0)
		write := func(r derived) error {
			if err := errors.Join(ctx.Err(), r.err); err != nil {
				return err
			}
			done = min(done+uint64(r.rows), last)
			progress(last+done, 2*last)
			return r.write(working, w)
		}
		err := eachStream(working, w.tx, func(rows []row) error {
			for {
				select {
				case streams <- rows:
					return nil
				case r := <-results:
					if err := write(r); err != nil {
						return err
					}
				}
			}
		})
		close(streams)
		for r := range results {
			if err == nil {
				err = write(r)
			}
		}
		return err
	})
}

// eachStream calls f with the rows of each stream.
func eachStream(ctx context.Context, q queryer, f func([]row) error) error {
	rows, err := q.QueryContext(ctx, selectRows+` ORDER BY kind, stream, seq, n`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var of []row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return err
		}
		if len(of) > 0 && (of[0].stream != r.stream || of[0].kind != r.kind) {
			if err := f(of); err != nil {
				return err
			}
			of = nil
		}
		of = append(of, r)
	}
	if err := rows.Err(); err != nil || len(of) == 0 {
		return err
	}
	return f(of)
}

// Derived is what follows from the rows of a stream.
type derived struct {
	rows  int
	write func(context.Context, *writer) error
	err   error
}

// derive folds the rows of a stream that has none but its facts yet.
func derive(rows []row) derived {
	r := derived{rows: len(rows), write: func(context.Context, *writer) error { return nil }}
	deeds, err := deedsOf(rows)
	if err != nil {
		r.err = err
		return r
	}
	switch s := deeds[0].Stream; s.Kind {
	case domain.CaseKind:
		c := newFolded(s.Ref())
		for _, d := range deeds {
			r.err = errors.Join(r.err, c.add(d.Decision))
		}
		r.write = func(ctx context.Context, w *writer) error { return w.writeCase(ctx, c, rowsBeside{}) }
	case domain.FacilityKind:
		f := new(domain.Facility)
		for _, d := range deeds {
			r.err = errors.Join(r.err, domain.Apply(f, d.Decision))
		}
		r.write = func(ctx context.Context, w *writer) error { return w.writeFacility(ctx, s.Ref(), f) }
	}
	return r
}
