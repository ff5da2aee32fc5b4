package projections

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// A mover takes what was written from the write-ahead log into the file. That
// waits for the disk, so nobody who waits for the views should have to wait for
// it: it is done beside the writing, when nothing has come for a while or when
// there is much. Nothing is lost when it is not done.
type mover struct {
	busy  sync.Mutex   // held while it is done, and by Scrub
	wrote atomic.Int64 // transactions since it was last looked at
	full  atomic.Bool  // the write-ahead log must not grow any further
}

const (
	// quiet is how long nothing must have come.
	quiet = 200 * time.Millisecond
	// Pages of 4 KiB in the write-ahead log. While writing goes on beside it,
	// moving never gets to the end, and the log grows; at mostPages whoever
	// writes waits once until the rest is moved.
	manyPages, mostPages = 8 << 10, 16 << 10
)

// moving runs beside Run, until ctx ends.
func (v *Views) moving(ctx context.Context) {
	tick := time.NewTicker(quiet)
	defer tick.Stop()
	owed := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if v.mover.wrote.Swap(0) > 0 {
			owed = true
			if pages, _, err := v.move(ctx, v.readers, "NOOP"); err != nil || pages < manyPages {
				continue
			}
		}
		if !owed {
			continue
		}
		pages, left, err := v.move(ctx, v.readers, "PASSIVE")
		owed = err != nil || left > 0 // a disk that does not work shows elsewhere
		v.mover.full.Store(left > 0 && pages >= mostPages)
	}
}

// move moves what it can without waiting for anybody, or, with NOOP, nothing. It
// tells how many pages the write-ahead log has, and how many are not moved.
func (v *Views) move(ctx context.Context, on queryer, how string) (pages, left int, err error) {
	v.mover.busy.Lock()
	defer v.mover.busy.Unlock()
	_, err = collect(ctx, on, func(row *sql.Rows) (busy int, err error) {
		return busy, row.Scan(&busy, &pages, &left)
	}, `PRAGMA wal_checkpoint(`+how+`)`)
	return pages, pages - left, err
}

// makeRoom lets the next transaction begin the write-ahead log anew if it has
// become long: the connection that writes moves the rest itself, so that nothing
// can come between.
func (v *Views) makeRoom(ctx context.Context) error {
	if !v.mover.full.Swap(false) {
		return nil
	}
	_, _, err := v.move(ctx, v.db, "PASSIVE")
	return err
}
