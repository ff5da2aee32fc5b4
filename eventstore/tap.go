package eventstore

import (
	"maps"
	"sync"
)

// taps hand what this store has just stored straight to those who follow the
// log, so that a reader at its head need not wait until the server sends it.
// They are a short cut and no more: what a tap lacks, or what another process
// has written in between, comes from the log in any case.
type taps[D any] struct {
	mu  sync.Mutex
	all map[*tap[D]]struct{}
}

// tapLength is how many decisions a follower may be behind before it is left to
// the log.
const tapLength = 256

// A tap belongs to one follower.
type tap[D any] struct {
	drops   chan drop[D]
	waiting map[uint64]D // those that came before the ones they follow; the follower's own
	early   bool         // wants those that come early too
}

// A drop is a decision that is stored: the server has said so. One that comes
// early is only on its way to the server, and will probably get this position; it
// tells by what it is known again.
type drop[D any] struct {
	seq           uint64
	d             D
	early         bool
	subject, hash string
}

// is reports whether a message that came from the log is the one of an early drop.
func (d *drop[D]) is(r received) bool {
	return d.early && d.seq == r.seq && d.subject == r.subject && d.hash == hashOf(r.body)
}

func (t *taps[D]) open(early bool) *tap[D] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[*tap[D]]struct{}{}
	}
	own := &tap[D]{drops: make(chan drop[D], tapLength), waiting: map[uint64]D{}, early: early}
	t.all[own] = struct{}{}
	return own
}

func (t *taps[D]) close(own *tap[D]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, own)
}

// stored gives everybody a decision that the server has acknowledged. It never
// waits.
func (t *taps[D]) stored(seq uint64, d D) { t.give(drop[D]{seq: seq, d: d}) }

// foreseen gives those who want to know early a decision that was sent to the
// server.
func (t *taps[D]) foreseen(m made[D]) {
	t.give(drop[D]{m.Seq, m.decision, true, prefix + m.Stream, m.Hash})
}

func (t *taps[D]) give(one drop[D]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for own := range t.all {
		if one.early && !own.early {
			continue
		}
		select {
		case own.drops <- one:
		default: // it is behind, and reads it from the log
		}
	}
}

// run collects what follows a position without a gap, at most batch decisions.
// First has just come.
func (t *tap[D]) run(first drop[D], after uint64, batch int) (run []D) {
	t.keep(first, after)
	for len(run) < batch {
		d, ok := t.waiting[after+1]
		if ok {
			delete(t.waiting, after+1)
			run, after = append(run, d), after+1
			continue
		}
		select {
		case next := <-t.drops:
			t.keep(next, after)
		default:
			return run
		}
	}
	return run
}

// keep sets a decision aside that comes soon after a position.
func (t *tap[D]) keep(d drop[D], after uint64) {
	if d.early || d.seq <= after || d.seq > after+tapLength {
		return
	}
	if len(t.waiting) >= tapLength { // then most were read from the log meanwhile
		maps.DeleteFunc(t.waiting, func(seq uint64, _ D) bool { return seq <= after })
	}
	t.waiting[d.seq] = d.d
}
