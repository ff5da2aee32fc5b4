package eventstore

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A slot is what is known of one stream: what was read from the log, checked
// against its chain, and what the log has confirmed to have stored since. What
// was merely sent is never in it; so no outcome of a write can make it wrong,
// only late.
type slot[D any] struct {
	stream string

	// writing is held by an update from its first look at the history until
	// the outcome of its write is known, so updates of one stream in this
	// process queue up in the order they came instead of conflicting.
	writing latch
	behind  atomic.Bool // the log may hold more; set and cleared by who has writing
	// open counts writes of this store that may still change the log beyond what
	// memory has: sent and not yet added to it, or of an outcome that was never
	// learned. Changed by who has writing.
	open atomic.Int32

	reading latch  // guards the rest
	known   bool   // the log was asked at least once
	line    uint64 // connection over which it was last asked, see link.line
	history []D
	decided []decided
	end         // of history
	read    end // how much of it was read from the log; the rest we wrote, and its Stored is not exact

	// Guarded by the cache's mu.
	users   int
	counted int64 // what the cache's total contains for this slot
	place   *list.Element
}

// end is how far a history goes.
type end struct {
	n    int    // decisions
	last uint64 // position of the newest message, 0 for none
	hash string // of its body
	size int64  // estimate of the memory used
}

type decided struct {
	id  string
	seq uint64
}

// A latch is a mutex that can be waited for within limits. Waiters get it in
// the order they came.
type latch chan struct{}

func newLatch() latch { return make(latch, 1) }

func (l latch) lock(ctx context.Context, patience time.Duration) error {
	select {
	case l <- struct{}{}:
		return nil
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	case <-t.C:
		return ErrBusy
	}
}

func (l latch) unlock() { <-l }

// slotCost is the memory of a slot and of a message beside its data, in bytes.
const slotCost = 512

// cache keeps slots up to limit bytes and drops the least recently used first,
// but none that is in use or has a write whose outcome was never learned.
type cache[D any] struct {
	limit int64

	mu    sync.Mutex
	slots map[string]*slot[D]
	order *list.List // of *slot[D], most recently used first
	total int64      // bytes
}

func newCache[D any](limit int64) *cache[D] {
	return &cache[D]{limit: limit, slots: map[string]*slot[D]{}, order: list.New()}
}

// acquire gives the slot of a stream, empty if it is new. It stays until
// released.
func (c *cache[D]) acquire(stream string) *slot[D] {
	c.mu.Lock()
	defer c.mu.Unlock()
	sl := c.slots[stream]
	if sl == nil {
		sl = &slot[D]{stream: stream, writing: newLatch(), reading: newLatch()}
		sl.place = c.order.PushFront(sl)
		c.slots[stream] = sl
	}
	sl.users++
	c.order.MoveToFront(sl.place)
	return sl
}

// grew takes note of a slot's size. The caller holds its reading latch.
func (c *cache[D]) grew(sl *slot[D]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := sl.size + slotCost
	c.total += size - sl.counted
	sl.counted = size
}

func (c *cache[D]) release(sl *slot[D]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sl.users--
	for e := c.order.Back(); e != nil && c.total > c.limit; {
		old, before := e.Value.(*slot[D]), e.Prev()
		if old.users == 0 && old.open.Load() == 0 {
			c.total -= old.counted
			c.order.Remove(e)
			delete(c.slots, old.stream)
		}
		e = before
	}
}
