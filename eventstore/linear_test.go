package eventstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
	"nrm/eventstore/eventstoretest/history"
)

// Sixty-four clients of two stores, one of them over a line in trouble: publishes
// that failed and were stored, that failed and were not, that came late, answers
// that never came. Whatever they were told, each stream behaves as one list, and
// each decision stands in it once.
func TestLinearizableUnderFaults(t *testing.T) {
	underFaults(t, trial{shaky: 16, streams: 24, sound: 48, shared: 24, cache: 64 << 10, calm: 50 * time.Millisecond})
}

// The same with so many on the line in trouble, each mostly on a stream of its own,
// that their decisions travel in batches.
func TestLinearizableBatchesUnderFaults(t *testing.T) {
	stats := underFaults(t, trial{shaky: 300, streams: 600, sound: 4, shared: 4, calm: 700 * time.Millisecond})
	t.Logf("%+v", stats)
	if stats.Batches == 0 {
		t.Error("nothing went as a batch: this shows nothing")
	}
}

// A trial is how many clients there are on the line in trouble and on the sound
// one, how many streams the first write to, and how many of these the others.
type trial struct {
	shaky, streams int
	sound, shared  int
	cache          int64         // of the store on the line in trouble
	calm           time.Duration // between troubles, at least
}

// underFaults runs a trial and gives what the store on the line in trouble counted.
func underFaults(t *testing.T, tr trial) eventstore.Stats {
	t.Helper()
	lasts := 4 * time.Second
	if os.Getenv("NRM_TORTURE") != "" {
		lasts = 2 * time.Minute
	}
	srv := eventstoretest.Server(t)
	nc, f := eventstoretest.Faulty(t, srv)
	shaky, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 250 * time.Millisecond, CacheBytes: tr.cache})
	if err != nil {
		t.Fatal(err)
	}
	defer shaky.Close()
	sound := eventstoretest.Open(t, srv, notes(), eventstore.Options{})

	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var trouble, clients sync.WaitGroup
	trouble.Go(func() { disturb(ctx, f, tr.calm) })
	var crowd crowd
	longer := int(max(1, lasts/(4*time.Second)))
	for n := range tr.shaky + tr.sound {
		clients.Go(func() {
			if n < tr.shaky {
				crowd.client(ctx, n, shaky, tr.streams*longer)
			} else {
				crowd.client(ctx, n, sound, tr.shared*longer)
			}
		})
	}
	clients.Wait()
	trouble.Wait()
	f.Heal()
	end, err := newNote("end", "x"), eventstore.ErrUnavailable // behind everything that was kept back
	for tries := 0; err != nil && tries < 500; tries++ {
		time.Sleep(20 * time.Millisecond)
		_, err = shaky.Update(t.Context(), []string{end.Stream}, always(end))
	}
	if err != nil {
		t.Fatal(err)
	}
	crowd.check(t, sound)
	return shaky.Stats()
}

// disturb makes trouble of every kind, with pauses of calm and more, until ctx ends.
func disturb(ctx context.Context, f *eventstoretest.Faults, calm time.Duration) {
	for ctx.Err() == nil {
		hold := []func(){f.HoldRequests, f.HoldAnswers}[rand.IntN(2)]
		end := []func(){f.Cut, f.Heal}[rand.IntN(2)]
		wait(ctx, calm+rand.N(100*time.Millisecond))
		hold()
		wait(ctx, 10*time.Millisecond+rand.N(600*time.Millisecond))
		end()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// A crowd are clients that write to few streams, and what they were told.
type crowd struct{ history.Recorder }

func oneOf(streams int) string { return fmt.Sprintf("case.%d", rand.IntN(streams)) }

// client adds decisions, to one stream or two, and looks at streams, until ctx
// ends. What fails it asks for again, with the same id, or leaves.
func (c *crowd) client(ctx context.Context, number int, s *eventstore.Store[note], streams int) {
	for ctx.Err() == nil {
		switch rand.IntN(8) {
		case 0, 1:
			stream := oneOf(streams)
			call := c.Look(number, stream)
			if h, _, err := s.Load(ctx, stream); err == nil {
				call.Saw(entriesOf(h))
			}
		case 2:
			if x, y := oneOf(streams), oneOf(streams); x != y {
				c.add(ctx, number, s, x, y)
			}
		default:
			c.add(ctx, number, s, oneOf(streams))
		}
	}
}

func (c *crowd) add(ctx context.Context, number int, s *eventstore.Store[note], streams ...string) {
	id := uuid.NewString()
	for again := true; again && ctx.Err() == nil; again = rand.IntN(3) > 0 {
		calls := make([]*history.Call, len(streams))
		for i, stream := range streams {
			calls[i] = c.Add(number, stream, id)
		}
		before := make([][]string, len(streams))
		_, err := s.Update(ctx, streams, func(histories [][]note) ([]note, error) {
			decisions := make([]note, len(streams))
			for i, h := range histories {
				before[i] = nil
				for _, n := range h {
					before[i] = append(before[i], n.ID)
				}
				decisions[i] = note{Stream: streams[i], ID: id, Texts: []string{"x"}}
			}
			return decisions, nil
		})
		if err != nil {
			continue
		}
		for i, call := range calls {
			call.AddedTo(before[i], 0)
		}
		return
	}
}

// check reads everything and has the history judged.
func (c *crowd) check(t *testing.T, s *eventstore.Store[note]) {
	t.Helper()
	final := map[string][]history.Entry{}
	for _, n := range everything(t, s) {
		if n.Stream == "end" {
			continue
		}
		final[n.Stream] = append(final[n.Stream], history.Entry{ID: n.ID, Position: n.Msg.Seq})
	}
	asked, answered := c.Count()
	t.Logf("%d calls, %d answered, %d streams", asked, answered, len(final))
	if answered < 200 || answered == asked {
		t.Error("too little was answered, or nothing went wrong: this shows nothing")
	}
	c.Check(t, final, 2*time.Minute)
}

func entriesOf(h []note) []history.Entry {
	var all []history.Entry
	for _, n := range h {
		all = append(all, history.Entry{ID: n.ID, Position: n.Msg.Seq})
	}
	return all
}
