package eventstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

func plain() Codec[Message] {
	same := func(m Message) (Message, error) { return m, nil }
	return Codec[Message]{Encode: same, Decode: same}
}

func TestCacheStaysWithinItsBound(t *testing.T) {
	srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	const limit = 50_000
	var stores [2]*Store[Message]
	for i := range stores {
		if stores[i], err = Open(t.Context(), srv.Conn(), plain(), Options{CacheBytes: limit}); err != nil {
			t.Fatal(err)
		}
		defer stores[i].Close()
	}
	text, _ := json.Marshal(strings.Repeat("x", 500))
	const streams, each, workers = 40, 6, 4
	var g errgroup.Group
	for w := range workers {
		s := stores[w%2]
		g.Go(func() error {
			for i := range streams * each / workers {
				name := fmt.Sprintf("s.%d", (i*7+w)%streams)
				if _, err := s.Update(t.Context(), []string{name}, func([][]Message) ([]Message, error) {
					return []Message{{Stream: name, ID: uuid.NewString(), Events: []Entry{{Type: "E", Data: text}}}}, nil
				}); err != nil {
					return err
				}
				if _, _, err := s.Load(t.Context(), fmt.Sprintf("s.%d", (i*3)%streams)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		total := 0
		for i := range streams {
			name := fmt.Sprintf("s.%d", i)
			warm, last, err := s.Load(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := s.link.since(t.Context(), name, 1)
			if err != nil || len(raw) != len(warm) || raw[len(raw)-1].Seq != last || raw[len(raw)-1].Hash != warm[len(warm)-1].Hash {
				t.Fatalf("%s: %d cached, %d stored, %v", name, len(warm), len(raw), err)
			}
			total += len(warm)
		}
		if total != streams*each {
			t.Fatalf("%d decisions, want %d", total, streams*each)
		}
		c := s.cache
		var sum int64
		for _, sl := range c.slots {
			if sl.users != 0 {
				t.Errorf("%s has %d users", sl.stream, sl.users)
			}
			sum += sl.counted
		}
		if c.total != sum || c.total > limit || c.total < limit/4 || len(c.slots) != c.order.Len() {
			t.Errorf("cache holds %d bytes in %d slots, counted %d, limit %d", sum, len(c.slots), c.total, limit)
		}
	}
}

// A history longer than one question is read in several.
func TestLongHistory(t *testing.T) {
	l := testLink(t)
	const n = readMessages + readMessages/2
	prev := ""
	c := newCommitter(l, nil)
	go c.run()
	defer c.stop()
	for i := range n {
		b, _, err := writeBody(Message{ID: uuid.NewString(), Events: []Entry{{Type: "E", Data: []byte("1")}}}, prev)
		if err != nil {
			t.Fatal(err)
		}
		prev = hashOf(b)
		u := newUnit()
		u.writes = []write{{guard: guard{"long", uint64(i)}, id: uuid.NewString(), body: b}}
		if _, err := c.submit(t.Context(), u, l.timeout); err != nil {
			t.Fatal(err)
		}
		<-u.done
		if u.outcome != stored {
			t.Fatal(u.err)
		}
	}
	s, err := Open(t.Context(), l.wire.nc, plain(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if h, last, err := s.Load(t.Context(), "long"); err != nil || len(h) != n || last != n {
		t.Fatalf("%d decisions to %d, %v", len(h), last, err)
	}
	slow, err := l.sinceOfLeader(t.Context(), "long", n-10)
	if err != nil || len(slow) != 11 || slow[10].Hash != prev {
		t.Fatalf("one by one: %d, %v", len(slow), err)
	}
}

// Where a message says its predecessors are is a hint; the chain decides.
func TestHintsAreOnlyHints(t *testing.T) {
	l := testLink(t)
	c := newCommitter(l, nil)
	go c.run()
	prev, last := "", uint64(0)
	for i, before := range []string{"", "", "1", "99", "junk", "3 3 2", "1", "7 6 5 4 3 2 1"} {
		for _, stream := range []string{"s", fmt.Sprint("noise.", i)} {
			w := write{guard: guard{stream: stream}, id: uuid.NewString(), before: before}
			if stream == "s" {
				w.last = last
			}
			b, _, err := writeBody(Message{ID: w.id, Events: []Entry{{Type: "E", Data: []byte("1")}}}, prev)
			if err != nil {
				t.Fatal(err)
			}
			w.body = b
			u := newUnit()
			u.writes = []write{w}
			if _, err := c.submit(t.Context(), u, l.timeout); err != nil {
				t.Fatal(err)
			}
			if <-u.done; u.outcome != stored {
				t.Fatal(u.err)
			}
			if stream == "s" {
				prev, last = hashOf(b), u.seq
			}
		}
		s, err := Open(t.Context(), l.wire.nc, plain(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if h, _, err := s.Load(t.Context(), "s"); err != nil || len(h) != i+1 {
			t.Errorf("after %q: %d decisions, %v", before, len(h), err)
		}
		s.Close()
	}
	c.stop()
}

// A write of which nobody ever learned what became of it may still be stored,
// until a later one on its stream is. The only writer asks the log until then.
func TestOutcomeNeverLearned(t *testing.T) {
	l := testLink(t)
	s, err := Open(t.Context(), l.wire.nc, plain(), Options{Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(s *Store[Message]) {
		t.Helper()
		if _, err := s.Update(t.Context(), []string{"a"}, func([][]Message) ([]Message, error) {
			return []Message{{Stream: "a", ID: uuid.NewString(), Events: []Entry{{Type: "E", Data: []byte("1")}}}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(n int) {
		t.Helper()
		if h, _, err := s.Load(t.Context(), "a"); err != nil || len(h) != n {
			t.Fatalf("%d decisions, want %d, %v", len(h), n, err)
		}
	}
	put(s)
	slots, err := s.hold(t.Context(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	u := testUnit(t, 1, "a")
	s.begin(slots)
	u.end(unknown, 0, ErrUnavailable)
	s.ended(slots, u, make([]made[Message], 1))
	if _, err := s.lookAll(t.Context(), slots, false); err != nil {
		t.Fatal(err)
	}
	s.letGo(slots)
	late, err := Open(t.Context(), l.wire.nc, plain(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	put(late) // as the server would do with what it was sent
	has(2)
	put(s) // too late for any earlier one now
	put(late)
	has(3) // from memory
}

// Where a decision is, memory has from the server's answer and not from what was
// expected while it was being stored.
func TestForeseenPositions(t *testing.T) {
	l := testLink(t)
	var stores [2]*Store[Message]
	for i := range stores {
		s, err := Open(t.Context(), l.wire.nc, plain(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stores[i] = s
	}
	for i := range 20 {
		seqs, calls := []uint64{}, 0
		s, streams := stores[i/3%2], []string{fmt.Sprint("s.", i/3%2), fmt.Sprint("t.", i/3%2)}
		at, err := s.Update(t.Context(), streams, func(h [][]Message) ([]Message, error) {
			seqs, calls = seqs[:0], calls+1
			out := make([]Message, 2)
			id := uuid.NewString()
			for k := range out {
				out[k] = Message{Stream: streams[k], ID: id, Events: []Entry{{Type: "E", Data: []byte("1")}}}
				for _, m := range h[k] {
					seqs = append(seqs, m.Seq)
				}
			}
			return out, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := uint64(2*i + 2); at != want || calls != 1 { // nobody else writes these streams
			t.Fatalf("stored at %d, want %d, after %d decisions", at, want, calls)
		}
		want := []uint64{}
		for k := range uint64(2) {
			for before := range i {
				if before/3%2 == i/3%2 {
					want = append(want, uint64(2*before+1)+k)
				}
			}
		}
		if !slices.Equal(seqs, want) {
			t.Fatalf("decided on positions %v, want %v", seqs, want)
		}
	}
}
