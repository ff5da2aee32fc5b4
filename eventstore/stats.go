package eventstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Stats count what a store has done since it was opened. They never go back.
type Stats struct {
	Queue, QueueRoom int // writes that wait in line now, and how many may

	Stored      uint64 // updates that were stored
	Busy        uint64 // updates that were turned away because too many others wait
	Unavailable uint64 // updates that the server did not answer in time, or not at all
	Failed      uint64 // updates that failed for another reason, not counting whose asker left

	Singles   uint64 // writes sent by themselves
	Batches   uint64 // atomic batches stored that several updates shared
	Batched   uint64 // updates stored by these
	Conflicts uint64 // writes that came second and were decided again
}

// Stats tells what the store has done.
func (s *Store[D]) Stats() Stats {
	c := &s.writes.count
	return Stats{
		Queue: len(s.writes.queue), QueueRoom: cap(s.writes.queue),
		Stored: c.stored.Load(), Busy: c.busy.Load(),
		Unavailable: c.unavailable.Load(), Failed: c.failed.Load(),
		Singles: c.singles.Load(), Batches: c.batches.Load(), Batched: c.batched.Load(), Conflicts: c.conflicts.Load(),
	}
}

// Copies tells how many servers are to keep the log, how many of them have all
// of it now, and whether they have a leader. One server that keeps it alone is
// always all of them.
func (s *Store[D]) Copies(ctx context.Context) (wanted, current int, led bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	stream, err := s.link.js.Stream(ctx, streamName)
	if err != nil {
		return 0, 0, false, err
	}
	info := stream.CachedInfo()
	wanted = info.Config.Replicas
	if wanted == 1 || info.Cluster == nil {
		return wanted, wanted, true, nil
	}
	if led = info.Cluster.Leader != ""; led {
		current = 1
	}
	for _, peer := range info.Cluster.Replicas {
		if peer.Current && !peer.Offline {
			current++
		}
	}
	return wanted, current, led, nil
}

// counters are the counting part of Stats.
type counters struct {
	stored, busy, unavailable, failed    atomic.Uint64
	singles, batches, batched, conflicts atomic.Uint64

	heard atomic.Pointer[func(time.Duration)]
}

// ended counts an update that failed.
func (c *counters) ended(err error) {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.Is(err, ErrBusy):
		c.busy.Add(1)
	case errors.Is(err, ErrUnavailable):
		c.unavailable.Add(1)
	default:
		c.failed.Add(1)
	}
}

// OnAppended has f called for each stored write with how long that took, from
// when it was ready to be sent until it was on disk. F must not block.
func (s *Store[D]) OnAppended(f func(time.Duration)) { s.writes.count.heard.Store(&f) }

// appended counts an update that is on disk.
func (c *counters) appended(ready time.Time) {
	c.stored.Add(1)
	if heard := c.heard.Load(); heard != nil {
		(*heard)(time.Since(ready))
	}
}
