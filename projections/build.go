package projections

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nrm/domain"
)

// check reports whether the file at path can be used with the log as it is.
// Only what keeps it from finding out is an error.
func check(ctx context.Context, path string, log Log, keys Keys) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	want, err := schema(keys)
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

// Rebuild makes the views in dir anew from the log, in one pass over it, one over
// the facts and one over the names, beside what is there, and then puts them in its place. If it
// is interrupted, what was there stays. Nothing else may have the views open.
// done and total count steps of work, not positions.
func Rebuild(ctx context.Context, dir string, log Log, keys Keys, progress func(done, total uint64)) error {
	path := filepath.Join(dir, "views.db")
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	if err := rebuild(ctx, dir, path, log, keys, progress); err != nil {
		return fmt.Errorf("projections: make %s anew: %w", path, err)
	}
	return nil
}

func rebuild(ctx context.Context, dir, path string, log Log, keys Keys, progress func(done, total uint64)) (err error) {
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
	b := builder{db: db, log: log, keys: keys, progress: progress}
	err = b.fill(ctx)
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
