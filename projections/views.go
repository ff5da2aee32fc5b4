// Package projections answers questions about the log from tables in SQLite,
// which follow from the log and can be made anew from it at any time. Nothing
// here is a source of truth.
//
// The facts are a copy of the log's events as rows; every row of the other
// tables follows from the facts of one stream, folded by the domain. What a
// person may see is decided by the domain's policy alone: the rows that filter
// lists are computed by it.
//
// Personal events are kept as sealed as in the log, and no other table follows
// from what is in them but the search index, which tells nothing without its
// key. When a person is erased their boxes are emptied and they leave the index.
// A box whose keys are damaged is left out of the index and counted, and shown as
// unreadable: see [Views.Unreadable]. Keys that cannot be asked for are no such
// damage: they fail the page, and stop the views.
package projections

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"nrm/domain"
	"nrm/projections/blind"
)

// Views are the read models of one log. They are safe for concurrent use.
type Views struct {
	path    string
	keys    Keys
	index   *blind.Index
	db      *pool // the one connection that writes, used by Run
	readers *pool
	writer  *writer
	mover   mover
	file    fileSeen // that db and readers have open; used by Keep

	suspected chan bool // somebody has met an error that may mean damage; whether to look at every page

	cases      recent                          // as some of the rows are; used by Run
	facilities map[domain.Ref]*domain.Facility // as the rows are; used by Run
	begun      *begun                          // used by Run

	mu       sync.Mutex
	position uint64
	applied  time.Time // when position was reached
	running  bool
	stopped  error         // why Run has ended, until it runs again
	trouble  error         // what Keep has not got over yet
	wake     chan struct{} // closed and replaced whenever one of the above changes
}

// Open opens the views kept in dir. Where they are missing, damaged, of another
// shape or of another log, it first makes them anew from the log, beside what
// is there, and tells progress how far it has come; a nil progress is not told.
// They are as of some earlier position of the log until Run has caught up. Keys
// with another search key have the views made anew too.
func Open(ctx context.Context, dir string, log Log, keys Keys, progress func(done, total uint64)) (*Views, error) {
	path := filepath.Join(dir, "views.db")
	usable, err := check(ctx, path, log, keys)
	if err != nil {
		return nil, fmt.Errorf("projections: check %s: %w", path, err)
	}
	if !usable {
		if err := Rebuild(ctx, dir, log, keys, progress); err != nil {
			return nil, err
		}
	}
	v := &Views{path: path, keys: keys, db: new(pool), readers: new(pool), suspected: make(chan bool, 1), wake: make(chan struct{})}
	if err := v.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("projections: open %s: %w", path, err), v.Close())
	}
	return v, nil
}

// open opens the file. Only when all of it is open can anybody ask.
func (v *Views) open(ctx context.Context) (err error) {
	db, err := open(v.path, 1, writing)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	readers, err := open(v.path, 8, reading)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, readers.Close())
		}
	}()
	if v.writer, err = newWriter(ctx, db); err != nil {
		return err
	}
	seq, err := number(ctx, db, `SELECT seq FROM position`)
	if err != nil {
		return err
	}
	if v.file, err = look(ctx, v.path); err != nil {
		return err
	}
	v.index = blind.New(v.keys.Search())
	v.change(func() { v.position = uint64(seq) })
	v.db.set(db)
	v.readers.set(readers)
	return nil
}

// Close ends the views. Run and Keep must have ended.
func (v *Views) Close() error { return wrap(v.shut(), "close") }

// shut closes the file. Nobody can ask any more.
func (v *Views) shut() error {
	var errs []error
	if v.writer != nil {
		errs = append(errs, v.writer.close())
		v.writer = nil
	}
	for _, p := range []*pool{v.readers, v.db} {
		if db := p.set(nil); db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Position is the position of the last decision that the views include.
func (v *Views) Position() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.position
}

// Applied is when the views last took in a decision, zero if they have not since
// they were opened.
func (v *Views) Applied() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.applied
}

// Err is why the views no longer follow the log, nil while they do, before Run
// and after its context has ended. With an error they stay as they are: right
// as of their position, and falling behind; or they fail with ErrMending.
func (v *Views) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.trouble != nil {
		return v.trouble
	}
	if errors.Is(v.stopped, errEnded) {
		return nil
	}
	return v.stopped
}

// WaitFor returns once the views include position seq, so that people see what
// they have just done. It fails when ctx ends or when Run has.
func (v *Views) WaitFor(ctx context.Context, seq uint64) error {
	for {
		v.mu.Lock()
		position, stopped, wake := v.position, v.stopped, v.wake
		v.mu.Unlock()
		switch {
		case position >= seq:
			return nil
		case stopped != nil:
			return stopped
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("projections: waiting for position %d, at %d: %w", seq, position, ctx.Err())
		}
	}
}

// change changes what waiters look at.
func (v *Views) change(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
	close(v.wake)
	v.wake = make(chan struct{})
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("projections: %s: %w", doing, err)
}
