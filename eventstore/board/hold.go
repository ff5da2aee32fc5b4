package board

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Hold lets f run while this caller, of all that hold the same name anywhere, is
// the holder. There is at most one. The others wait; when the holder has ended,
// or has not renewed its hold for a term, one of them takes over. If the hold
// cannot be renewed any more the context of f ends, and Hold waits for f and then
// for its next turn. It returns when ctx ends, with its error, or when f returns
// by itself, with what f returned. The hold is given up at once then.
//
// The holder renews every third of the term. If that fails, f's context ends
// after three quarters of the term, counted from before the last renewal was
// sent, and f has a quarter of the term to return. A waiter takes over when it
// has itself seen nothing change for a whole term. Each counts by its own
// monotonic clock, so what the clocks on the wall say does not matter.
//
// This is as good as a lease can be, which is not perfect: a process that is
// stopped inside f (SIGSTOP, a paused machine, a long swap) learns only
// afterwards that another has taken over, and f may do one more thing before its
// context ends; the same if f does not return in its quarter of a term. What
// runs under it must therefore be harmless when done twice. A term of five to
// twenty seconds leaves a cluster the time to elect a leader.
//
// The name is that of a duty, as in "clock"; holder tells people who has it.
func (b *Board) Hold(ctx context.Context, name, holder string, term time.Duration, f func(ctx context.Context) error) error {
	c := &claim{board: b, key: "hold-" + name, name: name, holder: holder, term: term}
	if err := checkKey(c.key); err != nil {
		return fmt.Errorf("board: hold: %w", err)
	}
	if term <= 0 {
		return fmt.Errorf("board: hold %s: a term of %v", name, term)
	}
	for {
		if err := c.acquire(ctx); err != nil {
			return err
		}
		lost, err := c.during(ctx, f)
		if !lost {
			c.release()
			return err
		}
		b.opts.Logger.Warn("a duty is lost", "duty", name, "holder", holder)
	}
}

// A turn is the value that stands for a hold. Every renewal has another token.
type turn struct {
	Holder string `json:"holder"`
	Token  string `json:"token"`
	Free   bool   `json:"free,omitempty"` // given up
}

// A claim is the work of one Hold. One goroutine at a time uses it.
type claim struct {
	board             *Board
	key, name, holder string
	term              time.Duration

	revision uint64               // of the value to be replaced next
	since    time.Time            // before the turn was sent that is known to be ours
	sent     map[string]time.Time // tokens that may stand in the value, and when they were sent
}

// limit is when f's context must have ended.
func (c *claim) limit() time.Time { return c.since.Add(c.term * 3 / 4) }

// put writes a new turn in the place of the value that is known.
func (c *claim) put(ctx context.Context, free bool) error {
	t := turn{Holder: c.holder, Token: rand.Text(), Free: free}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	sent := time.Now()
	if c.sent == nil {
		c.sent = map[string]time.Time{}
	}
	c.sent[t.Token] = sent
	revision, err := c.board.Put(ctx, c.key, data, c.revision, 0)
	if err != nil {
		return err
	}
	c.ours(revision, t.Token)
	return nil
}

// ours takes note that the value is the turn with that token. Whatever else was
// sent before expected an older value, and will not be stored any more.
func (c *claim) ours(revision uint64, token string) {
	c.revision, c.since = revision, c.sent[token]
	c.sent = map[string]time.Time{token: c.since}
}

// look reads the value, and tells whether a turn of this claim stands there.
func (c *claim) look(ctx context.Context) (v Value, t turn, mine bool, err error) {
	if v, err = c.board.Get(ctx, c.key); err != nil || v.Revision == 0 {
		return v, t, false, err
	}
	if err := json.Unmarshal(v.Data, &t); err != nil { // nobody's: it can be replaced after a term
		return v, turn{}, false, nil //nolint:nilerr // see there
	}
	if _, mine = c.sent[t.Token]; mine {
		c.ours(v.Revision, t.Token)
	}
	return v, t, mine, nil
}

// acquire waits until this claim has the hold. It fails when ctx ends.
func (c *claim) acquire(ctx context.Context) error {
	ticker := time.NewTicker(min(max(c.term/10, 10*time.Millisecond), 500*time.Millisecond))
	defer ticker.Stop()
	var seen uint64 // the revision of another's turn
	var at time.Time
	for {
		v, t, mine, err := c.look(ctx)
		now := time.Now()
		switch {
		case err != nil: // what was seen before still counts: see Put, below
		case v.Revision == 0, t.Free, mine: // mine: f is not running any more
			seen = 0
			if c.take(ctx, v.Revision) {
				return nil
			}
		case v.Revision != seen:
			seen, at = v.Revision, now
		case now.Sub(at) >= c.term:
			// Put lets this through only if the value is still the one of then.
			if c.take(ctx, v.Revision) {
				c.board.opts.Logger.Warn("a duty is taken over from who has not renewed it", "duty", c.name, "from", t.Holder, "holder", c.holder)
				return nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take tries to replace the value of that revision.
func (c *claim) take(ctx context.Context, revision uint64) bool {
	c.revision = revision
	if ctx.Err() != nil || c.put(ctx, false) != nil {
		return false // if it is stored nevertheless, look will find it
	}
	return time.Now().Before(c.limit())
}

var errLost = errors.New("the hold could not be renewed")

// during runs f and keeps the hold meanwhile. It tells whether the hold was lost.
func (c *claim) during(ctx context.Context, f func(context.Context) error) (lost bool, err error) {
	inside, end := context.WithCancelCause(ctx)
	defer end(nil)
	// Nothing that blocks can hold this up.
	alarm := time.AfterFunc(time.Until(c.limit()), func() { end(errLost) })
	defer alarm.Stop()
	// Renewals go on while f returns after ctx has ended.
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() {
		for renewing.Err() == nil {
			if !c.renew(renewing) || !alarm.Reset(time.Until(c.limit())) {
				if renewing.Err() == nil {
					end(errLost)
				}
				return
			}
		}
	})
	err = f(inside)
	return errors.Is(context.Cause(inside), errLost), err
}

// renew waits until the next renewal is due and does it. It tells whether the
// hold goes on.
func (c *claim) renew(ctx context.Context) bool {
	due := time.NewTimer(time.Until(c.since.Add(c.term / 3)))
	defer due.Stop()
	select {
	case <-due.C:
	case <-ctx.Done():
		return false
	}
	before := c.since
	ctx, cancel := context.WithDeadline(ctx, c.limit())
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := c.put(ctx, false)
		if errors.Is(err, ErrConflict) {
			var mine bool
			if _, _, mine, err = c.look(ctx); err == nil && !mine {
				return false
			}
		}
		if err == nil && c.since.After(before) {
			return true
		}
		if pause(ctx, attempt) != nil {
			return false
		}
	}
}

// release gives the hold up. If it cannot, the next holder waits for a term.
func (c *claim) release() {
	ctx, cancel := context.WithTimeout(context.Background(), min(c.term, c.board.opts.Timeout))
	defer cancel()
	for range 2 {
		err := c.put(ctx, true)
		if errors.Is(err, ErrConflict) { // a renewal may have been stored late
			if _, _, mine, err := c.look(ctx); err == nil && mine {
				continue
			}
		}
		if err != nil {
			c.board.opts.Logger.Warn("a duty could not be given up", "duty", c.name, "error", err)
		}
		return
	}
}
