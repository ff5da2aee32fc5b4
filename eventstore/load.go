package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Load returns the history of one stream, as the log has it now, and the
// position of its last decision, 0 if nothing has happened yet. The slice is
// the caller's. It asks the log, unless the store is its only writer
// (Options.Sole) and remembers the stream.
func (s *Store[D]) Load(ctx context.Context, stream string) ([]D, uint64, error) {
	if err := checkName(stream); err != nil {
		return nil, 0, fmt.Errorf("eventstore: load: %w", err)
	}
	sl := s.cache.acquire(stream)
	defer s.cache.release(sl)
	v, err := s.look(ctx, sl, true)
	if err != nil {
		return nil, 0, fmt.Errorf("eventstore: load %s: %w", stream, err)
	}
	return v.history, v.last, nil
}

// A view is a slot at one moment.
type view[D any] struct {
	history []D // the holder's own
	decided []decided
	last    uint64
	hash    string
	fresh   bool // confirmed by the log since the caller asked
}

// holds tells whether a decision is in the history, and where.
func (v view[D]) holds(id string) (seq uint64, ok bool) {
	for _, d := range slices.Backward(v.decided) {
		if d.id == id {
			return d.seq, true
		}
	}
	return 0, false
}

// look gives a stream as memory has it, or, if fresh is asked for or memory
// has nothing, as the log has it. Where memory must be what the log has, it
// counts as fresh.
func (s *Store[D]) look(ctx context.Context, sl *slot[D], fresh bool) (view[D], error) {
	// Nobody holds this latch for longer than the few questions of advance.
	if err := sl.reading.lock(ctx, 4*s.opts.Timeout); err != nil {
		return view[D]{}, err
	}
	defer sl.reading.unlock()
	exact := s.exact(sl)
	if !exact && (fresh || !sl.known) {
		line := s.link.line()
		if err := s.advance(ctx, sl); err != nil {
			return view[D]{}, err
		}
		sl.line, exact = line, true
	}
	return view[D]{
		history: slices.Clone(sl.history),
		decided: slices.Clip(sl.decided), // only ever appended to
		last:    sl.last, hash: sl.hash, fresh: exact,
	}, nil
}

// exact tells whether memory is at this moment what the log has: nobody else
// writes, no write of ours is open, and the server has not been away, which may
// have come back with less. The caller holds reading.
func (s *Store[D]) exact(sl *slot[D]) bool {
	return s.opts.Sole && sl.known && sl.open.Load() == 0 && !sl.behind.Load() && sl.line == s.link.line()
}

// before lists the positions that the next message's headerBefore names.
func (v view[D]) before() string {
	var b []byte
	for i, d := range slices.Backward(v.decided) {
		if len(v.decided)-i > maxBefore {
			break
		}
		b = strconv.AppendUint(append(b, ' '), d.seq, 10)
	}
	return strings.TrimPrefix(string(b), " ")
}

// advance reads what the log has beyond the slot. The caller holds reading.
func (s *Store[D]) advance(ctx context.Context, sl *slot[D]) error {
	newest, err := s.link.lastOf(ctx, sl.stream)
	if err != nil {
		return err
	}
	switch {
	case newest.Seq == sl.last && newest.Hash != sl.hash:
		return fmt.Errorf("%w: position %d of %s is not what it was", ErrDamaged, sl.last, sl.stream)
	case newest.Seq < sl.last && s.link.replicated:
		return fmt.Errorf("%w: its leader does not have position %d yet", ErrUnavailable, sl.last)
	case newest.Seq < sl.last:
		return fmt.Errorf("%w: position %d of %s is gone", ErrDamaged, sl.last, sl.stream)
	case newest.Seq == sl.read.last:
		sl.known = true
		return nil
	}
	// Our own writes are read back with the rest, and until they are, memory has
	// less than was known. Views share what decided holds, so it must not be
	// written over.
	sl.end, sl.known = sl.read, false
	sl.history, sl.decided = slices.Clip(sl.history[:sl.n]), slices.Clip(sl.decided[:sl.n])
	found, err := s.link.back(ctx, newest, sl.last)
	if err == nil && !linked(found, sl.hash) {
		err = errNotDirect // then the slower ways decide
	}
	if errors.Is(err, errNotDirect) {
		found, err = s.link.since(ctx, sl.stream, sl.last+1)
	}
	if errors.Is(err, errNotDirect) || (err == nil && s.link.replicated && !reaches(found, newest.Seq)) {
		found, err = s.link.sinceOfLeader(ctx, sl.stream, sl.last+1)
	}
	if err != nil {
		return err
	}
	if !reaches(found, newest.Seq) {
		return fmt.Errorf("%w: position %d of %s comes and goes", ErrDamaged, newest.Seq, sl.stream)
	}
	if err := s.apply(sl, found); err != nil {
		return err
	}
	sl.known, sl.read = true, sl.end
	return nil
}

// extend adds what this store has just stored at position seq, behind position
// last, without reading it back. The caller holds writing.
func (s *Store[D]) extend(sl *slot[D], last, seq uint64, w made[D]) (err error) {
	if err := sl.reading.lock(context.Background(), s.opts.Timeout); err != nil {
		return err
	}
	defer sl.reading.unlock()
	if sl.last > last {
		return nil // a reader was faster
	}
	if sl.last < last { // a reader has begun anew, and did not get through
		sl.known = false
		return nil
	}
	if w.err != nil {
		return w.err
	}
	if w.decoded && w.Seq == seq {
		err = s.apply(sl, []Message{w.Message}, w.decision)
	} else {
		w.Seq, w.Stored = seq, time.Now().UTC().Round(0)
		err = s.apply(sl, []Message{w.Message})
	}
	if err == nil {
		s.taps.stored(seq, sl.history[sl.n-1])
	}
	return err
}

// linked tells whether messages are a chain that begins after hash.
func linked(found []Message, hash string) bool {
	for _, m := range found {
		if m.Prev != hash {
			return false
		}
		hash = m.Hash
	}
	return true
}

func reaches(found []Message, seq uint64) bool {
	return len(found) > 0 && found[len(found)-1].Seq >= seq
}

// apply extends a slot by messages, all of them or none, after checking that
// each follows the one before it. They may be given decoded as well.
func (s *Store[D]) apply(sl *slot[D], found []Message, as ...D) error {
	history, ids, to := make([]D, 0, len(found)), make([]decided, 0, len(found)), sl.end
	for i, m := range found {
		if m.Stream != sl.stream || m.Seq <= to.last || m.Prev != to.hash {
			return fmt.Errorf("%w: hash chain of %s is broken: position %d does not follow position %d", ErrDamaged, sl.stream, m.Seq, to.last)
		}
		if err := checkID(m.ID); err != nil {
			return fmt.Errorf("%w: position %d: %w", ErrDamaged, m.Seq, err)
		}
		if i < len(as) {
			history = append(history, as[i])
		} else if d, err := s.decode(m); err != nil {
			return err
		} else {
			history = append(history, d)
		}
		ids = append(ids, decided{m.ID, m.Seq})
		to = end{to.n + 1, m.Seq, m.Hash, to.size + sizeOf(m)}
	}
	sl.history, sl.decided, sl.end = append(sl.history, history...), append(sl.decided, ids...), to
	s.cache.grew(sl)
	return nil
}

// sizeOf estimates what a decoded message keeps in memory: its text about
// twice, and slotCost for what surrounds it.
func sizeOf(m Message) int64 {
	n := slotCost
	for k, v := range m.Meta {
		n += 2 * (len(k) + len(v))
	}
	for _, e := range m.Events {
		n += 2 * (len(e.Type) + len(e.Data) + len(e.Key) + len(e.Sealed))
	}
	return int64(n)
}
