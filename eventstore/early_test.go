package eventstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// A call is one of FollowEarly.
type call struct {
	early bool
	notes []note // none: what came early is given up
}

// followEarly collects what FollowEarly calls.
func followEarly(t *testing.T, s *eventstore.Store[note]) (next func() call) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	calls, ended := make(chan call, 1000), make(chan error, 1)
	go func() {
		ended <- s.FollowEarly(ctx, 0, func(n *note) {
			if n == nil {
				calls <- call{early: true}
			} else {
				calls <- call{true, []note{*n}}
			}
		}, func(run []note) error {
			calls <- call{false, run}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return func() call {
		t.Helper()
		select {
		case c := <-calls:
			return c
		case <-time.After(15 * time.Second):
			t.Fatal("nothing comes")
			return call{}
		}
	}
}

// What comes early is not known to be stored, and is given up if that stays so.
// When it is stored it comes as the very same value.
func TestEarly(t *testing.T) {
	nc, faults := eventstoretest.Faulty(t, eventstoretest.Server(t))
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	next := followEarly(t, s)
	add(t, s, "a", "first") // the store does not know yet where the log ends
	if c := next(); c.early || len(c.notes) != 1 {
		t.Fatalf("%+v", c)
	}

	same := func(a, b note) bool { return &a.Texts[0] == &b.Texts[0] }
	foreseen := 0
	for range 20 {
		n, seq := add(t, s, "a", "on time")
		c := next()
		if c.early {
			foreseen++
			told := c.notes[0]
			if c = next(); c.early || !same(told, c.notes[0]) {
				t.Fatalf("%+v, then %+v", told, c)
			}
		}
		if got := c.notes[0]; len(c.notes) != 1 || got.ID != n.ID || got.Msg.Seq != seq {
			t.Fatalf("position %d came as %+v", seq, c)
		}
		time.Sleep(10 * time.Millisecond) // so that nothing is on its way
	}
	if foreseen < 15 {
		t.Errorf("%d of 20 came early", foreseen)
	}

	faults.HoldAnswers()
	added := make(chan error, 1)
	late := newNote("a", "late")
	go func() {
		_, err := s.Update(t.Context(), []string{"a"}, always(late))
		added <- err
	}()
	if c := next(); !c.early || len(c.notes) != 1 || c.notes[0].ID != late.ID {
		t.Fatalf("%+v", c)
	}
	if c := next(); !c.early || len(c.notes) != 0 {
		t.Fatalf("not given up: %+v", c)
	}
	faults.Heal()
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	if c := next(); c.early || len(c.notes) != 1 || c.notes[0].ID != late.ID {
		t.Fatalf("%+v", c)
	}
}
