package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func sole(t *testing.T, srv *eventstore.Server) (*eventstore.Store[note], *eventstoretest.Faults) {
	t.Helper()
	nc, f := eventstoretest.Faulty(t, srv)
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Sole: true, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, f
}

// eventually waits until a stream has n decisions for s.
func eventually(t *testing.T, s *eventstore.Store[note], stream string, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		h, _, err := s.Load(t.Context(), stream)
		if err == nil && len(h) == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%v, %v; want %d decisions", texts(h), err, n)
		}
	}
}

// The only writer need not ask the log what it has just written, nor to refuse.
func TestSoleWriterRemembers(t *testing.T) {
	s, f := sole(t, eventstoretest.Server(t))
	add(t, s, "a", "1")
	add(t, s, "a", "2")
	load(t, s, "empty")
	f.HoldRequests()
	equal(t, texts(load(t, s, "a")), []string{"1", "2"})
	if h := load(t, s, "empty"); len(h) != 0 {
		t.Fatalf("%v", h)
	}
	refusal := errors.New("no")
	if _, err := s.Update(t.Context(), []string{"a"}, func([][]note) ([]note, error) { return nil, refusal }); !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	_, _, err := s.Load(t.Context(), "unread")
	wantErr(t, err, eventstore.ErrUnavailable)
	f.Heal()
}

// As long as nobody knows whether a decision was stored, nobody is given a
// history without it.
func TestSoleWriterWithOpenOutcome(t *testing.T) {
	for name, mend := range map[string]func(*eventstoretest.Faults){"late": (*eventstoretest.Faults).Heal, "lost": (*eventstoretest.Faults).Cut} {
		t.Run(name, func(t *testing.T) {
			srv := eventstoretest.Server(t)
			s, f := sole(t, srv)
			add(t, s, "a", "1")
			load(t, s, "a")
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := s.Update(ctx, []string{"a"}, func([][]note) ([]note, error) { f.HoldAnswers(); return []note{newNote("a", "2")}, nil })
			wantErr(t, err, context.DeadlineExceeded)
			other := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
			equal(t, texts(load(t, other, "a")), []string{"1", "2"}) // it is in the log
			_, _, err = s.Load(t.Context(), "a")
			wantErr(t, err, eventstore.ErrUnavailable)
			mend(f)
			eventually(t, s, "a", 2)
			add(t, s, "a", "3")
			f.HoldRequests()
			equal(t, texts(load(t, s, "a")), []string{"1", "2", "3"})
			f.Heal()
		})
	}
}

// An outcome that was never learned is not forgotten: the write may still come.
func TestSoleWriterNeverTold(t *testing.T) {
	s, f := sole(t, eventstoretest.Server(t))
	add(t, s, "a", "1")
	n := newNote("a", "2")
	_, err := s.Update(t.Context(), []string{"a"}, func([][]note) ([]note, error) { f.HoldRequests(); return []note{n}, nil })
	wantErr(t, err, eventstore.ErrUnavailable)
	_, _, err = s.Load(t.Context(), "a")
	wantErr(t, err, eventstore.ErrUnavailable)
	f.Heal() // what was sent arrives now
	eventually(t, s, "a", 2)
}

// A server that was away may have come back with another log.
func TestSoleWriterAsksAfterReconnecting(t *testing.T) {
	srv := eventstoretest.Server(t)
	s, f := sole(t, srv)
	add(t, s, "a", "1")
	other := eventstoretest.Open(t, srv, notes(), eventstore.Options{}) // which there should not be
	add(t, other, "a", "2")
	equal(t, texts(load(t, s, "a")), []string{"1"})
	f.Cut()
	eventually(t, s, "a", 2)
}

// What somebody was told to be stored, or has seen in the log, is in every
// history loaded from then on.
func TestSoleWriterIsNeverStale(t *testing.T) {
	s := eventstoretest.Open(t, eventstoretest.Server(t), notes(), eventstore.Options{Sole: true, CacheBytes: 20_000})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	known := map[string]uint64{} // what everybody may know of each stream
	tell := func(stream string, seq uint64) {
		mu.Lock()
		defer mu.Unlock()
		known[stream] = max(known[stream], seq)
	}
	var follower, g errgroup.Group
	follower.Go(func() error {
		return s.Follow(ctx, 0, func(run []note) error {
			for _, n := range run {
				tell(n.Stream, n.Msg.Seq)
				if _, last, err := s.Load(ctx, n.Stream); err == nil && last < n.Msg.Seq {
					return fmt.Errorf("%s ends at %d, but %d was followed", n.Stream, last, n.Msg.Seq)
				}
			}
			return nil
		})
	})
	for w := range 24 {
		g.Go(func() error {
			for i := range 40 {
				stream := fmt.Sprint("s.", (w+i)%8)
				mu.Lock()
				atLeast := known[stream]
				mu.Unlock()
				if i%3 == 0 {
					h, last, err := s.Load(ctx, stream)
					if err != nil || last < atLeast || len(h) > 0 && h[len(h)-1].Msg.Seq != last {
						return fmt.Errorf("%s ends at %d, known is %d, %w", stream, last, atLeast, err)
					}
					continue
				}
				seq, err := s.Update(ctx, []string{stream}, func(h [][]note) ([]note, error) {
					if n := len(h[0]); n > 0 && h[0][n-1].Msg.Seq < atLeast || n == 0 && atLeast > 0 {
						return nil, errors.New("decided on the past")
					}
					return []note{newNote(stream, "x")}, nil
				})
				if err != nil {
					return err
				}
				tell(stream, seq)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := follower.Wait(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
