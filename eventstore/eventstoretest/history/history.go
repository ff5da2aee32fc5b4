// Package history records what clients asked of a log and what they were told,
// and holds it against what a log is: each stream behaves as one list to which
// decisions are added one after the other, each once, however many clients,
// faults and retries there were. The judgement is porcupine's.
package history

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// An Entry is a decision as it stands in a stream. It has one position for ever.
type Entry struct {
	ID       string
	Position uint64
}

// A Recorder keeps what all clients asked and were told. It is safe for
// concurrent use; its zero value is ready.
type Recorder struct {
	mu    sync.Mutex
	begun time.Time
	calls []*Call
}

// A Call is one question under way. A call that is never answered has an
// unknown outcome: what it asked for may have happened, at any time, or not.
type Call struct {
	r        *Recorder
	client   int
	stream   string
	id       string // of the decision to add; empty for a look
	asked    int64
	answered int64 // 0: never

	position uint64
	follows  uint64  // the position before it in the stream, in the end
	seen     []Entry // by a look, all of the stream
	before   []string
	told     bool // before was told
}

// Add records that a client is about to add a decision to a stream.
func (r *Recorder) Add(client int, stream, id string) *Call { return r.call(client, stream, id) }

// Look records that a client is about to look at a stream.
func (r *Recorder) Look(client int, stream string) *Call { return r.call(client, stream, "") }

func (r *Recorder) call(client int, stream, id string) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun.IsZero() {
		r.begun = time.Now()
	}
	c := &Call{r: r, client: client, stream: stream, id: id, asked: r.now()}
	r.calls = append(r.calls, c)
	return c
}

// now is never 0 and goes with the monotonic clock.
func (r *Recorder) now() int64 { return int64(time.Since(r.begun)) + 1 }

// Added records that the client was told the position of its decision, or with 0
// that it stands there.
func (c *Call) Added(position uint64) { c.answer(func() { c.position = position }) }

// AddedTo is Added by a client that also saw what its decision was made on: the
// ids that stood before it.
func (c *Call) AddedTo(before []string, position uint64) {
	c.answer(func() { c.position, c.before, c.told = position, before, true })
}

// Saw records what a look showed: the whole stream.
func (c *Call) Saw(all []Entry) { c.answer(func() { c.seen = all }) }

func (c *Call) answer(what func()) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	what()
	c.answered = c.r.now()
}

// Count says how many calls there were and how many of them were answered.
func (r *Recorder) Count() (asked, answered int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		if c.answered > 0 {
			answered++
		}
	}
	return len(r.calls), answered
}

// Check fails the test unless the calls, together with what the log holds in the
// end, are those of a log: everything that was answered is there, at the
// position that was told, nothing is there twice, and there is an order of all
// that happened in which every answer was right when it was given. No call may be
// under way any more. Within bounds the search, for all streams together; if that
// is not enough the test fails too.
func (r *Recorder) Check(t testing.TB, final map[string][]Entry, within time.Duration) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	end := r.now()
	var ops []porcupine.Operation
	type place struct{ position, follows uint64 }
	held := map[string]map[string]place{}
	for stream, entries := range final {
		held[stream] = map[string]place{}
		before := uint64(0)
		for _, e := range entries {
			if at, twice := held[stream][e.ID]; twice {
				t.Errorf("decision %s stands in %s at positions %d and %d", e.ID, stream, at.position, e.Position)
			}
			held[stream][e.ID] = place{e.Position, before}
			before = e.Position
		}
		last := &Call{stream: stream, asked: end + 1, answered: end + 2, seen: entries}
		ops = append(ops, last.operation())
	}
	for _, c := range r.calls {
		at, there := held[c.stream][c.id]
		c.follows = at.follows
		switch {
		case c.id == "":
			if c.answered == 0 {
				continue // it has changed nothing and was told nothing
			}
		case c.answered == 0:
			if !there {
				continue // it has not happened, and will not any more
			}
			c.position = at.position
		case !there:
			t.Errorf("decision %s was told to stand in %s at position %d, and is not there", c.id, c.stream, c.position)
		case c.position == 0:
			c.position = at.position
		}
		ops = append(ops, c.operation())
	}
	switch porcupine.CheckOperationsTimeout(model, ops, within) {
	case porcupine.Illegal:
		t.Errorf("no order of the %d calls explains their answers%s", len(ops), contradiction(ops, final))
	case porcupine.Unknown:
		t.Errorf("%d calls could not be judged within %v%s", len(ops), within, contradiction(ops, final))
	}
}

// contradiction names two calls that cannot both have been answered rightly, if
// there are such: one was answered before the other was asked, and yet knew more.
func contradiction(ops []porcupine.Operation, final map[string][]Entry) string {
	place := func(c *Call) uint64 {
		if c.id != "" {
			return c.position
		}
		if !slices.Equal(c.seen, final[c.stream][:min(len(c.seen), len(final[c.stream]))]) {
			return math.MaxUint64
		}
		if len(c.seen) == 0 {
			return 0
		}
		return c.seen[len(c.seen)-1].Position
	}
	for _, a := range ops {
		first := a.Input.(*Call)
		if place(first) == math.MaxUint64 {
			return "\n  this was never so: " + model.DescribeOperation(first, nil)
		}
		for _, b := range ops {
			if second := b.Input.(*Call); first.stream == second.stream && a.Return < b.Call && place(first) > place(second) {
				return "\n  first " + model.DescribeOperation(first, nil) + "\n  then " + model.DescribeOperation(second, nil)
			}
		}
	}
	return ""
}

func (c *Call) operation() porcupine.Operation {
	answered := c.answered
	if answered == 0 {
		answered = math.MaxInt64
	}
	return porcupine.Operation{ClientId: c.client, Input: c, Call: c.asked, Output: c, Return: answered}
}

// model is one stream: a list of entries.
var model = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		by := map[string][]porcupine.Operation{}
		for _, o := range all {
			stream := o.Input.(*Call).stream
			by[stream] = append(by[stream], o)
		}
		var parts [][]porcupine.Operation
		for _, ops := range by {
			parts = append(parts, ops)
		}
		return parts
	},
	Init: func() any { return []Entry(nil) },
	Step: func(state, input, _ any) (bool, any) {
		entries, c := state.([]Entry), input.(*Call)
		if c.id == "" {
			return slices.Equal(entries, c.seen), entries
		}
		if i := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == c.id }); i >= 0 { // asked again
			return entries[i].Position == c.position && (!c.told || slices.Contains(c.before, c.id)), entries
		}
		last := uint64(0)
		if len(entries) > 0 {
			last = entries[len(entries)-1].Position
		}
		// Nothing is ever removed, so it came right behind what it stands behind in
		// the end. Without that the search would try every order of those whose
		// askers were told nothing.
		if last != c.follows || last >= c.position || c.told && !sameIDs(entries, c.before) {
			return false, entries
		}
		return true, append(slices.Clip(entries), Entry{c.id, c.position})
	},
	Equal: func(a, b any) bool { return slices.Equal(a.([]Entry), b.([]Entry)) },
	DescribeOperation: func(input, _ any) string {
		c := input.(*Call)
		if c.id == "" {
			return fmt.Sprintf("client %d, %d-%d: looked at %s: %v", c.client, c.asked, c.answered, c.stream, c.seen)
		}
		return fmt.Sprintf("client %d, %d-%d: added %s at %d", c.client, c.asked, c.answered, c.id, c.position)
	},
}

func sameIDs(entries []Entry, ids []string) bool {
	return slices.EqualFunc(entries, ids, func(e Entry, id string) bool { return e.ID == id })
}
