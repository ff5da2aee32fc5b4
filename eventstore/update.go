package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxStreams is how many streams one update may span.
const maxStreams = 100

// Update passes decide the latest history of each stream and stores what it
// returns: one decision for each stream, in the same order, or nothing at all.
// Decisions that encode to no events write nothing. The others are stored all
// or none, and only if nobody wrote to any of the streams in between, also not
// to those that nothing is written to; otherwise decide is called again with
// the new histories. So decide may run several times and must not act on
// anything but its argument; the histories are its own, but what Decode made
// of a message is shared and must not be changed.
//
// A decision whose id is already in the stream's history is not stored again:
// giving the same decision twice is harmless, at any distance in time.
//
// Update returns the position that includes the answer: the highest one
// written, or, if nothing was written, the highest last position of the
// streams. When it returns without an error, the decisions are on disk (if the
// server syncs always, as Start's does). An error of decide is returned as it
// is, after confirming that the histories it saw are the latest.
//
// Events with a key are sealed before anything is sent, each time that decide
// was called; other updates of the same streams wait meanwhile. If sealing
// fails, and the histories were the latest, nothing was sent and the Sealer's
// error is wrapped in that of Update.
//
// If ctx ends, Update returns at once with its error; if the decisions were
// already sent they may or may not become stored, and asking again with the
// same ids is safe. Other errors: ErrName, ErrTooLarge, ErrBusy, ErrLookOnly and
// ErrClosed mean that nothing was sent; ErrUnavailable that the server did not answer;
// ErrDamaged that the log needs a person.
func (s *Store[D]) Update(ctx context.Context, streams []string, decide func(histories [][]D) ([]D, error)) (uint64, error) {
	seq, answer, err := s.update(ctx, streams, decide)
	s.writes.count.ended(err)
	if err != nil {
		return 0, fmt.Errorf("eventstore: update %.250s: %w", strings.Join(streams, " and "), err)
	}
	if answer != nil {
		return 0, answer
	}
	return seq, nil
}

// update keeps apart what decide answered and what went wrong.
func (s *Store[D]) update(ctx context.Context, streams []string, decide func([][]D) ([]D, error)) (seq uint64, answer, err error) {
	if err := s.enter(); err != nil {
		return 0, nil, err
	}
	slots, err := s.hold(ctx, streams)
	if err != nil {
		s.ops.Done()
		return 0, nil, err
	}
	letGo := func() { s.letGo(slots); s.ops.Done() }
	defer func() { letGo() }()

	views, err := s.lookAll(ctx, slots, false)
	if err != nil {
		return 0, nil, err
	}
	const tries = 1000
	for try := range tries {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		decisions, answer := decide(histories(views))
		var u *unit
		if answer == nil {
			if u, err = s.prepare(ctx, streams, views, decisions); err != nil {
				// It may have been decided on what is not the latest history: another
				// process has destroyed the key to seal with, say, or has stored this
				// same decision while the streams were read one after the other.
				before := views
				if views, _ = s.lookAll(ctx, slots, true); views == nil || unchanged(before, views) || try >= 10 {
					return 0, nil, err
				}
				continue
			}
		}
		before := views
		if u == nil {
			// Nothing will be checked by a write, so check it now.
			if views, err = s.confirm(ctx, slots, views); err != nil {
				return 0, nil, err
			}
			if unchanged(before, views) {
				return highest(views), answer, nil
			}
			continue
		}
		ready := time.Now()
		s.begin(slots)
		guess, err := s.writes.submit(ctx, u, s.opts.Timeout)
		if err != nil {
			s.unsent(slots)
			return 0, nil, err
		}
		made := s.foresee(u, guess)
		select {
		case <-u.done:
		case <-ctx.Done():
			if u.withdraw() {
				s.unsent(slots)
				return 0, nil, ctx.Err()
			}
			// It was sent. Keep the streams until its outcome is known, so that
			// those who come next see it.
			rest := letGo
			letGo = func() {}
			go func() { defer rest(); <-u.done; s.ended(slots, u, made) }()
			return 0, nil, fmt.Errorf("decision %s was sent, its outcome is not known yet: %w", u.writes[0].id, ctx.Err())
		}
		s.ended(slots, u, made)
		if u.outcome == stored {
			s.writes.count.appended(ready)
			return u.seq, nil, nil
		}
		if u.outcome != conflict {
			return 0, nil, u.err
		}
		s.writes.count.conflicts.Add(1)
		if views, err = s.lookAll(ctx, slots, true); err != nil {
			return 0, nil, err
		}
		// The conflict may be with our own write, sent before with an answer
		// that was lost.
		if seq := storedAt(u, streams, views); seq > 0 {
			return seq, nil, nil
		}
		if unchanged(before, views) { // the other write is still under way
			pause(ctx, min(50*time.Millisecond, time.Millisecond<<min(try, 6)))
		}
	}
	return 0, nil, fmt.Errorf("%w: other writers were first %d times", ErrBusy, tries)
}

// prepare turns decisions into a unit of writing, nil if there is nothing to
// store or all of it is stored already. What has to be sealed is sealed here,
// while the streams are held: each attempt anew, because it will stand behind
// another message.
func (s *Store[D]) prepare(ctx context.Context, streams []string, views []view[D], decisions []D) (*unit, error) {
	if len(decisions) == 0 {
		return nil, nil
	}
	if len(decisions) != len(streams) {
		return nil, fmt.Errorf("%d decisions for %d streams", len(decisions), len(streams))
	}
	u := newUnit()
	already := 0
	for i, d := range decisions {
		m, err := s.codec.Encode(d)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		if len(m.Events) == 0 {
			u.guards = append(u.guards, guard{streams[i], views[i].last})
			continue
		}
		if m.Stream != streams[i] {
			return nil, fmt.Errorf("decision %.40q is for stream %.250q, expected %s", m.ID, m.Stream, streams[i])
		}
		if err := checkID(m.ID); err != nil {
			return nil, err
		}
		if len(u.messages) > 0 && u.messages[0].ID != m.ID {
			return nil, fmt.Errorf("decisions %s and %s are made together and must have the same id", u.messages[0].ID, m.ID)
		}
		if _, ok := views[i].holds(m.ID); ok {
			already++
		}
		m.Prev = views[i].hash
		u.messages = append(u.messages, m)
		u.writes = append(u.writes, write{guard: guard{streams[i], views[i].last}, id: m.ID, before: views[i].before()})
	}
	switch already {
	case len(u.messages): // and is not sealed again: its key may be destroyed by now
		return nil, nil
	case 0:
	default:
		return nil, fmt.Errorf("decision %s is already stored on some of the streams, so it cannot be made on the others", u.messages[0].ID)
	}
	for i, m := range u.messages {
		events, err := s.seal(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("decision %s: %w", m.ID, err)
		}
		m.Events = events
		b, events, err := writeBody(m, m.Prev)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", m.ID, err)
		}
		if len(b) > s.writes.maxBody() {
			return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(b), s.writes.maxBody())
		}
		u.writes[i].body = b
		u.messages[i], u.events = m, append(u.events, events)
	}
	return u, nil
}

// storedAt returns the highest position of a unit's messages if the histories
// hold them, else 0. They hold all or none.
func storedAt[D any](u *unit, streams []string, views []view[D]) (seq uint64) {
	for _, w := range u.writes {
		at, ok := views[slices.Index(streams, w.stream)].holds(w.id)
		if !ok {
			return 0
		}
		seq = max(seq, at)
	}
	return seq
}

// hold takes the streams for writing, in an order that all updates share.
func (s *Store[D]) hold(ctx context.Context, streams []string) ([]*slot[D], error) {
	if len(streams) == 0 || len(streams) > maxStreams {
		return nil, fmt.Errorf("%d streams, must be 1 to %d", len(streams), maxStreams)
	}
	for _, name := range streams {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	order := streams
	if len(streams) > 1 {
		order = slices.Sorted(slices.Values(streams))
	}
	if len(slices.Compact(order)) != len(streams) {
		return nil, errors.New("a stream is named twice")
	}
	slots := make([]*slot[D], len(streams))
	for n, name := range order {
		sl := s.cache.acquire(name)
		if err := sl.writing.lock(ctx, s.opts.Timeout); err != nil {
			s.cache.release(sl)
			for _, name := range order[:n] {
				s.letGo([]*slot[D]{slots[slices.Index(streams, name)]})
			}
			return nil, err
		}
		slots[slices.Index(streams, name)] = sl
	}
	return slots, nil
}

func (s *Store[D]) letGo(slots []*slot[D]) {
	for _, sl := range slots {
		sl.writing.unlock()
		s.cache.release(sl)
	}
}

func (s *Store[D]) lookAll(ctx context.Context, slots []*slot[D], fresh bool) ([]view[D], error) {
	views := make([]view[D], len(slots))
	for i, sl := range slots {
		v, err := s.look(ctx, sl, fresh || sl.behind.Load())
		if err != nil {
			return nil, err
		}
		if v.fresh {
			sl.behind.Store(false)
		}
		views[i] = v
	}
	return views, nil
}

// confirm gives views that are all fresh.
func (s *Store[D]) confirm(ctx context.Context, slots []*slot[D], views []view[D]) ([]view[D], error) {
	if !slices.ContainsFunc(views, func(v view[D]) bool { return !v.fresh }) {
		return views, nil
	}
	return s.lookAll(ctx, slots, true)
}

func unchanged[D any](a, b []view[D]) bool {
	return slices.EqualFunc(a, b, func(a, b view[D]) bool { return a.last == b.last })
}

func histories[D any](views []view[D]) [][]D {
	hs := make([][]D, len(views))
	for i, v := range views {
		hs[i] = v.history
	}
	return hs
}

func highest[D any](views []view[D]) (seq uint64) {
	for _, v := range views {
		seq = max(seq, v.last)
	}
	return seq
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
