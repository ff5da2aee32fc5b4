package eventstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// committer sends writes. One that finds the way free is sent at once by the
// goroutine that brings it. When many are on their way already, those that
// come wait in line, and go together as one atomic batch, because the server
// then syncs once for all.
type committer struct {
	link *link
	mark *highWater
	down func() error // why nothing can be stored now, if somebody knows

	count counters

	queue   chan *unit
	held    *unit         // taken from the queue, to start the next round; owned by run
	before  int           // units in the last batch; owned by run
	took    time.Duration // from its end until it was stored; owned by run
	closing chan struct{} // closed: nothing more is sent
	exit    chan struct{} // closed: nobody will submit any more
	ended   chan struct{}
	settles sync.WaitGroup // units whose outcome is pursued beside the others
	newest  atomic.Uint64  // highest position that was stored

	mu      sync.Mutex
	flying  int        // units sent singly and not answered
	reserve bool       // nothing may be sent singly now
	landed  *sync.Cond // flying has become less
}

const (
	queueLength = 1024
	// groupFrom is how many writes make a batch worth while. A batch costs the
	// server a folder and several files; a single write costs one sync.
	groupFrom  = 16
	groupLimit = 1000    // writes; the server takes no more
	groupBytes = 4 << 20 // of bodies
)

func newCommitter(l *link, mark *highWater) *committer {
	c := &committer{
		link: l, mark: mark,
		down:    func() error { return nil },
		queue:   make(chan *unit, queueLength),
		closing: make(chan struct{}),
		exit:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	c.landed = sync.NewCond(&c.mu)
	return c
}

// maxBody is the largest body that fits into one message.
func (c *committer) maxBody() int {
	return int(min(c.link.wire.nc.MaxPayload(), 1<<20)) - headerRoom
}

// submit sends a unit or puts it into the queue. If it returns an error the unit
// will not be sent. If nothing else is under way it gives the position that the
// first write will have unless another process writes, otherwise 0.
func (c *committer) submit(ctx context.Context, u *unit, patience time.Duration) (guess uint64, err error) {
	select {
	case <-c.closing:
		return 0, ErrClosed
	default:
	}
	if guess, ok := c.takeOff(u); ok {
		return guess, nil
	}
	select {
	case c.queue <- u:
		return 0, nil
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case c.queue <- u:
		return 0, nil
	case <-c.closing:
		return 0, ErrClosed
	case <-ctx.Done():
		return 0, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	case <-t.C:
		return 0, fmt.Errorf("%w: %d decisions wait to be stored", ErrBusy, queueLength)
	}
}

// refuse ends all units that have not been sent, now and later, with
// ErrClosed.
func (c *committer) refuse() { close(c.closing) }

// stop waits until every unit has its outcome. Nobody may submit any more.
func (c *committer) stop() {
	close(c.exit)
	<-c.ended
	c.settles.Wait()
}

// takeOff sends a unit if the way is free.
func (c *committer) takeOff(u *unit) (guess uint64, ok bool) {
	c.mu.Lock()
	if c.reserve || c.flying >= groupFrom || len(c.queue) > 0 || len(u.guards) > 0 ||
		len(u.writes) > 1 && c.flying > 0 { // better with others than beside them
		c.mu.Unlock()
		return 0, false
	}
	if newest := c.newest.Load(); c.flying == 0 && newest > 0 {
		guess = newest + 1
	}
	c.flying++
	c.mu.Unlock()
	u.state.Store(sent)
	c.fly(u)
	return guess, true
}

// fly sends a unit by itself and does not wait. It has been counted.
func (c *committer) fly(u *unit) {
	c.count.singles.Add(1)
	c.link.send(u.writes, nil, func(o outcome, seq uint64, err error) {
		if !c.conclude(u, o, seq, err) {
			c.settles.Go(func() { c.settle(u, err) })
		}
		c.mu.Lock()
		c.flying--
		c.mu.Unlock()
		c.landed.Signal()
	})
}

// clear waits until fewer than n units are flying, and reserves the way.
func (c *committer) clear(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reserve = true
	for c.flying >= n {
		c.landed.Wait()
	}
}

func (c *committer) free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reserve = false
}

// run serves those who wait in line.
func (c *committer) run() {
	defer close(c.ended)
	for {
		first := c.next()
		if first == nil {
			return
		}
		c.clear(groupFrom)
		c.held = first
		round := c.gather(nil, hurry, nil)
		for len(round) >= groupFrom || mixed(round) {
			c.clear(1)
			round = c.together(c.gather(round, hurry, nil))
		}
		c.before = 0
		if len(round) == 1 && len(round[0].guards) > 0 {
			c.clear(1)
			c.guarded(round[0])
		} else {
			c.alone(round)
		}
		c.free()
	}
}

// next waits for the first in line. Nil means the end.
func (c *committer) next() *unit {
	if u := c.held; u != nil {
		c.held = nil
		return u
	}
	select {
	case u := <-c.queue:
		return u
	case <-c.exit:
		return nil
	}
}

// alone sends each unit of a round by itself.
func (c *committer) alone(round []*unit) {
	c.mu.Lock()
	c.flying += len(round)
	c.mu.Unlock()
	for _, u := range round {
		c.fly(u)
	}
}

// conclude ends a unit unless its outcome is still open.
func (c *committer) conclude(u *unit, o outcome, seq uint64, err error) bool {
	switch {
	case o == stored:
		c.stored(u, seq)
	case o == conflict:
		u.end(conflict, 0, nil)
	case o == refused && !u.unclear:
		u.end(refused, 0, err)
	default:
		u.unclear = true
		return false
	}
	return true
}

func (c *committer) stored(u *unit, seq uint64) {
	w := u.writes[len(u.writes)-1]
	c.mark.note(seq, w.stream, w.body)
	for {
		newest := c.newest.Load()
		if seq <= newest || c.newest.CompareAndSwap(newest, seq) {
			break
		}
	}
	u.end(stored, seq, nil)
}

// settle finds the outcome of a unit that may or may not be stored, by sending
// it again: whichever attempt comes first is stored, and the others meet it as
// a conflict. Nobody's context ends this, so that the answer is known to those
// who come next even if the one who asked has left.
func (c *committer) settle(u *unit, cause error) {
	end := time.Now().Add(3 * c.link.timeout)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		if c.givenUp(end, wait) {
			u.end(unknown, 0, fmt.Errorf("%w, decision %s may or may not be stored: %w", ErrUnavailable, u.writes[0].id, cause))
			return
		}
		o, seq, err := c.link.attempt(u.writes, nil)
		if c.conclude(u, o, seq, err) {
			return
		}
		cause = err
	}
}

// givenUp waits a little and tells whether to stop pursuing an outcome.
func (c *committer) givenUp(end time.Time, wait time.Duration) bool {
	if c.link.wire.nc.IsClosed() || time.Now().After(end) || c.down() != nil {
		return true
	}
	select {
	case <-c.closing:
		return true
	case <-time.After(wait):
		return false
	}
}

// guarded stores a unit that also depends on streams it does not write to. A
// message can only carry the expected position of one subject, so it is tied
// to the last position of the whole log instead: if that has not moved, no
// stream has. Nothing else of this store is being sent meanwhile; writes of
// other processes make it try again, soon, for the gaps between them are short.
func (c *committer) guarded(u *unit) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*c.link.timeout)
	defer cancel()
	end, _ := ctx.Deadline()
	expected := append([]guard(nil), u.guards...)
	for _, w := range u.writes {
		expected = append(expected, w.guard)
	}
	for {
		last, holds, cause := c.link.holds(ctx, expected)
		if cause == nil && !holds {
			u.end(conflict, 0, nil)
			return
		}
		if cause == nil {
			o, seq, err := c.link.attempt(u.writes, &last)
			if o == conflict {
				cause = ErrBusy // somebody wrote somewhere; if it was us, it shows in holds
			} else if c.conclude(u, o, seq, err) {
				return
			} else {
				cause = err
			}
		}
		if c.givenUp(end, rand.N(2*time.Millisecond)) { //nolint:gosec // no secret: it only spreads load
			if u.unclear || !errors.Is(cause, ErrBusy) {
				cause = fmt.Errorf("%w, decision %s may or may not be stored: %w", ErrUnavailable, u.writes[0].id, cause)
			}
			u.end(unknown, 0, cause)
			return
		}
	}
}
