package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestLeaves(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{Batch: 7})
	const n = 30
	var want []eventstore.Leaf
	for i := range n {
		add(t, s, fmt.Sprint("s.", i%3), fmt.Sprint(i))
	}
	for _, d := range everything(t, s) {
		want = append(want, eventstore.Leaf{Seq: d.Msg.Seq, Stream: d.Msg.Stream, Hash: d.Msg.Hash})
	}
	if got := string(want[4].Record()); got != "s.1 "+want[4].Hash+"\n" {
		t.Fatalf("record %q", got)
	}
	for _, c := range [][2]uint64{{0, n}, {0, 1}, {7, 20}, {n, n}, {9, 3}} {
		var got []eventstore.Leaf
		if err := s.Leaves(t.Context(), c[0], c[1], func(run []eventstore.Leaf) error { got = append(got, run...); return nil }); err != nil {
			t.Fatal(err)
		}
		if wanted := want[c[0]:max(c[0], c[1])]; !slices.Equal(got, wanted) {
			t.Fatalf("%v: got %v, want %v", c, got, wanted)
		}
	}
	if err := s.Leaves(t.Context(), 0, n+1, func([]eventstore.Leaf) error { return nil }); err == nil {
		t.Fatal("leaves beyond the end")
	}

	// Live, and past what cannot be decoded.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	live, ended := make(chan eventstore.Leaf, 2*n), make(chan error, 1)
	go func() {
		ended <- s.FollowLeaves(ctx, n-1, func(run []eventstore.Leaf) error {
			for _, l := range run {
				live <- l
			}
			return nil
		})
	}()
	if _, err := srv.Conn().Request("nrm.bad", []byte("not json"), time.Second); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"s.2", "bad"} {
		if got := <-live; got.Stream != want {
			t.Fatalf("%+v instead of %s", got, want)
		}
	}
	cancel()
	wantErr(t, <-ended, context.Canceled)
}

// Verify shows each leaf once, before it reads the message, and ends where
// that is not what was expected.
func TestVerifyLeaves(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{Batch: 4})
	for i := range 10 {
		add(t, s, fmt.Sprint("s", i%2), "x")
	}
	if _, err := srv.Conn().Request("nrm.bad", []byte("not json"), time.Second); err != nil {
		t.Fatal(err)
	}
	forged := errors.New("forged")
	for _, stop := range []uint64{1, 6, 9, 10, 11, 0} {
		var leaves []eventstore.Leaf
		var decisions []note
		err := s.Verify(t.Context(), 11, func(l eventstore.Leaf) error {
			leaves = append(leaves, l)
			if l.Seq == stop {
				return forged
			}
			return nil
		}, func(run []note) error { decisions = append(decisions, run...); return nil })
		want, seen := forged, int(stop)
		if stop == 0 {
			want, seen = eventstore.ErrDamaged, 11 // which cannot be read
		}
		wantErr(t, err, want)
		if len(leaves) != seen || len(decisions) != seen-1 {
			t.Fatalf("stopped at %d: %d leaves, %d decisions", stop, len(leaves), len(decisions))
		}
		for i, d := range decisions {
			if l := leaves[i]; l.Seq != d.Msg.Seq || l.Hash != d.Msg.Hash || l.Stream != d.Stream {
				t.Fatalf("leaf %+v is not of %+v", l, d.Msg)
			}
		}
	}
}
