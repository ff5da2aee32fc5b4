package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

var errEnough = errors.New("that was all")

// follow collects what Follow hands over, and fails the test on any gap.
func follow(t *testing.T, s *eventstore.Store[note], after uint64) (got func(n int) []note, stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	notes := make(chan note, 10_000)
	ended := make(chan error, 1)
	go func() {
		next := after + 1
		ended <- s.Follow(ctx, after, func(run []note) error {
			for _, n := range run {
				if n.Msg.Seq != next {
					return fmt.Errorf("position %d after %d", n.Msg.Seq, next-1)
				}
				next++
				notes <- n
			}
			return nil
		})
	}()
	return func(n int) (all []note) {
		t.Helper()
		for range n {
			select {
			case n := <-notes:
				all = append(all, n)
			case err := <-ended:
				t.Fatal(err)
			case <-time.After(15 * time.Second):
				t.Fatalf("nothing after %d", len(all))
			}
		}
		return all
	}, func() error { cancel(); return <-ended }
}

func TestFollow(t *testing.T) {
	s := eventstoretest.Open(t, eventstoretest.Server(t), notes(), eventstore.Options{Batch: 7})
	const n = 50
	for i := range n {
		add(t, s, fmt.Sprint("s", i%5), fmt.Sprint(i))
	}
	for _, after := range []uint64{0, 1, 6, 7, 8, n - 1, n} {
		got, stop := follow(t, s, after)
		if want := n - int(after); want > 0 {
			if first := got(want)[0]; first.Texts[0] != fmt.Sprint(after) {
				t.Fatalf("after %d came %v", after, first.Texts)
			}
		}
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}

	// Live: each at once.
	got, stop := follow(t, s, n)
	for range 5 {
		add(t, s, "live", "x")
		started := time.Now()
		got(1)
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("came after %v", took)
		}
	}
	_ = stop()

	// Runs are long when much waits, and no longer than allowed.
	longest := 0
	if err := s.Replay(t.Context(), 0, n, func(run []note) error {
		longest = max(longest, len(run))
		time.Sleep(time.Millisecond)
		return nil
	}); err != nil || longest > 7 || longest < 2 {
		t.Fatalf("longest run is %d, %v", longest, err)
	}

	full := errors.New("full")
	err := s.Follow(t.Context(), 0, func([]note) error { return full })
	wantErr(t, err, full)
	err = s.Follow(t.Context(), 1000, func([]note) error { return nil })
	wantErr(t, err, eventstore.ErrDamaged)
}

func TestReplay(t *testing.T) {
	s := eventstoretest.New(t, notes())
	for i := range 20 {
		add(t, s, "a", fmt.Sprint(i))
	}
	for _, c := range [][2]uint64{{0, 20}, {0, 1}, {5, 6}, {5, 20}, {20, 20}, {7, 3}} {
		next := c[0] + 1
		if err := s.Replay(t.Context(), c[0], c[1], func(run []note) error {
			for _, n := range run {
				if n.Msg.Seq != next {
					t.Fatalf("%v: %d instead of %d", c, n.Msg.Seq, next)
				}
				next++
			}
			return nil
		}); err != nil || next != max(c[0], c[1])+1 {
			t.Fatalf("%v: ended before %d, %v", c, next, err)
		}
	}
	if err := s.Replay(t.Context(), 0, 21, func([]note) error { return nil }); err == nil {
		t.Fatal("replayed beyond the end")
	}
}

// The consumer is taken away again and again.
func TestFollowLosesItsConsumer(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{Timeout: 500 * time.Millisecond, Batch: 5})
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	got, stop := follow(t, s, 0)
	for range 3 {
		for range 20 {
			add(t, s, "a", "x")
		}
		stream, err := js.Stream(t.Context(), "NRM")
		if err != nil {
			t.Fatal(err)
		}
		names := stream.ConsumerNames(t.Context())
		for name := range names.Name() {
			if err := stream.DeleteConsumer(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		add(t, s, "a", "y")
		got(21)
	}
	_ = stop()
}

// relay connects to whichever server runs now.
type relay struct {
	atomic.Pointer[eventstore.Server]
}

func (r *relay) InProcessConn() (net.Conn, error) { return r.Load().InProcessConn() }

// The server restarts under a reader and a writer.
func TestFollowAcrossRestart(t *testing.T) {
	dir := t.TempDir()
	var r relay
	r.Store(eventstoretest.Restart(t, dir, true))
	nc, err := nats.Connect("", nats.InProcessServer(&r), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, stop := follow(t, s, 0)
	for range 10 {
		add(t, s, "a", "x")
	}
	got(5)
	if err := r.Load().Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	r.Store(eventstoretest.Restart(t, dir, false))
	for range 10 {
		add(t, s, "a", "y")
	}
	got(15)
	_ = stop()
	everything(t, s)
}
