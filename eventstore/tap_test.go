package eventstore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// The server sends a follower nothing for a while. What its own store writes
// comes all the same, until somebody else has written: from there on the follower
// waits, and leaves nothing out.
func TestOwnDecisionsComeStraight(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{Timeout: 10 * time.Second})
	other := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	got, stop := follow(t, s, 0)
	add(t, s, "a", "first")
	got(1)
	pause := func(until time.Time) {
		t.Helper()
		stream, err := js.Stream(t.Context(), "NRM")
		if err != nil {
			t.Fatal(err)
		}
		names := stream.ConsumerNames(t.Context())
		for name := range names.Name() {
			if _, err := js.PauseConsumer(t.Context(), "NRM", name, until); err != nil {
				t.Fatal(err)
			}
		}
	}
	pause(time.Now().Add(time.Minute))
	for i := range 20 {
		add(t, s, "a", fmt.Sprint(i))
	}
	if all := got(20); all[19].Texts[0] != "19" {
		t.Fatalf("the last is %v", all[19].Texts)
	}
	stream, err := js.Stream(t.Context(), "NRM")
	if err != nil {
		t.Fatal(err)
	}
	infos := stream.ListConsumers(t.Context())
	for info := range infos.Info() {
		if info.Delivered.Stream > 1 {
			t.Errorf("the server has sent position %d: shows nothing", info.Delivered.Stream)
		}
	}

	n := newNote("a", "both")
	m := newNote("b", "both")
	m.ID = n.ID
	if _, err := s.Update(t.Context(), []string{"a", "b"}, always(n, m)); err != nil {
		t.Fatal(err)
	}
	if all := got(2); all[0].Stream != "a" || all[1].Stream != "b" {
		t.Fatalf("came as %s and %s", all[0].Stream, all[1].Stream)
	}

	add(t, other, "c", "of somebody else")
	for range 5 {
		add(t, s, "a", "after")
	}
	// Those of our own wait for the other's, which the server does not send.
	time.Sleep(100 * time.Millisecond)
	pause(time.Time{})
	all := got(6)
	if all[0].Texts[0] != "of somebody else" || all[5].Texts[0] != "after" {
		t.Fatalf("came as %v", texts(all))
	}
	_ = stop()
}

// Two stores write to one log at once, and each has followers, quick and slow:
// everybody gets everything in the order of the log, once.
func TestFollowersOfTwoWriters(t *testing.T) {
	srv := eventstoretest.Server(t)
	const writers, each = 6, 60
	var stores []*eventstore.Store[note]
	for range 2 {
		stores = append(stores, eventstoretest.Open(t, srv, notes(), eventstore.Options{Batch: 9}))
	}
	type reader struct {
		ids  []string
		err  error
		done chan struct{}
	}
	var readers []*reader
	for _, s := range stores {
		for _, slow := range []time.Duration{0, 3 * time.Millisecond} {
			r := &reader{done: make(chan struct{})}
			readers = append(readers, r)
			go func() {
				defer close(r.done)
				r.err = s.Follow(t.Context(), 0, func(run []note) error {
					time.Sleep(slow)
					for _, n := range run {
						if want := uint64(len(r.ids) + 1); n.Msg.Seq != want {
							return fmt.Errorf("position %d instead of %d", n.Msg.Seq, want)
						}
						r.ids = append(r.ids, n.ID)
					}
					if len(r.ids) == writers*each {
						return errEnough
					}
					return nil
				})
			}()
		}
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				add(t, stores[w%2], fmt.Sprint("s", (w+i)%5), "x")
			}
		})
	}
	wg.Wait()
	var want []string
	for _, n := range everything(t, stores[0]) {
		want = append(want, n.ID)
	}
	for i, r := range readers {
		select {
		case <-r.done:
		case <-time.After(20 * time.Second):
			t.Fatalf("follower %d does not come to the end", i)
		}
		wantErr(t, r.err, errEnough)
		if !slices.Equal(r.ids, want) {
			t.Errorf("follower %d was given something else than the log holds", i)
		}
	}
}
