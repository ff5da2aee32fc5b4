package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// The answer to a write is lost, or the write itself, or either comes late.
// Whatever happens: it is stored once, and the caller is told that it is.
func TestUnknownOutcome(t *testing.T) {
	faults := map[string]func(*eventstoretest.Faults){
		"not stored":           func(f *eventstoretest.Faults) { f.HoldRequests(); time.Sleep(50 * time.Millisecond); f.Cut() },
		"stored, answer lost":  func(f *eventstoretest.Faults) { f.HoldAnswers(); time.Sleep(50 * time.Millisecond); f.Cut() },
		"everything late":      func(f *eventstoretest.Faults) { f.HoldRequests(); time.Sleep(600 * time.Millisecond); f.Heal() },
		"answer late":          func(f *eventstoretest.Faults) { f.HoldAnswers(); time.Sleep(600 * time.Millisecond); f.Heal() },
		"answer late, and cut": func(f *eventstoretest.Faults) { f.HoldAnswers(); time.Sleep(600 * time.Millisecond); f.Cut() },
	}
	shapes := map[string]func() ([]string, []note){
		"one stream": func() ([]string, []note) { return []string{"a"}, []note{newNote("a", "x")} },
		"two streams": func() ([]string, []note) {
			n := []note{newNote("a", "x"), newNote("b", "x")}
			n[1].ID = n[0].ID
			return []string{"a", "b"}, n
		},
		"two streams, one written": func() ([]string, []note) { return []string{"a", "b"}, []note{newNote("a", "x"), {}} },
	}
	for fault, disturb := range faults {
		for shape, make := range shapes {
			t.Run(fault+"/"+shape, func(t *testing.T) {
				t.Parallel()
				srv := eventstoretest.Server(t)
				nc, f := eventstoretest.Faulty(t, srv)
				s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 250 * time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				add(t, s, "a", "first")

				streams, decisions := make()
				disturbed := false
				_, err = s.Update(t.Context(), streams, func(h [][]note) ([]note, error) {
					if slices.Contains(texts(h[0]), "x") {
						return nil, errors.New("asked again about what it has decided itself")
					}
					if !disturbed {
						disturbed = true
						go disturb(f)
						time.Sleep(10 * time.Millisecond)
					}
					return decisions, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, texts(load(t, s, "a")), []string{"first", "x"})

				add(t, s, "a", "after")
				whole := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
				equal(t, texts(load(t, whole, "a")), []string{"first", "x", "after"})
				all := everything(t, whole)
				stored := 0
				for _, n := range decisions {
					if len(n.Texts) > 0 {
						stored++
					}
				}
				if len(all) != 2+stored {
					t.Fatalf("%d messages, want %d", len(all), 2+stored)
				}
			})
		}
	}
}

// The one who asked leaves while the outcome is open; the next one must see it.
func TestContextEndsWhileSent(t *testing.T) {
	srv := eventstoretest.Server(t)
	nc, f := eventstoretest.Faulty(t, srv)
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	n := newNote("a", "x")
	started := time.Now()
	_, err = s.Update(ctx, []string{"a"}, func([][]note) ([]note, error) { f.HoldAnswers(); return []note{n}, nil })
	wantErr(t, err, context.DeadlineExceeded)
	if took := time.Since(started); took > 250*time.Millisecond {
		t.Errorf("returned after %v", took)
	}
	time.AfterFunc(150*time.Millisecond, f.Cut)
	var seen []string
	if _, err := s.Update(t.Context(), []string{"a"}, func(h [][]note) ([]note, error) {
		seen = texts(h[0])
		return []note{n}, nil // again, as a careful caller does
	}); err != nil {
		t.Fatal(err)
	}
	equal(t, seen, []string{"x"})
	if all := everything(t, s); len(all) != 1 {
		t.Fatalf("%d stored", len(all))
	}
}

// A server that has stopped answering gives errors, soon, and what it does
// with what it was sent once it comes back is found.
func TestFrozen(t *testing.T) {
	srv := eventstoretest.Server(t)
	nc, f := eventstoretest.Faulty(t, srv)
	const timeout = 200 * time.Millisecond
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add(t, s, "a", "first")
	load(t, s, "a")
	f.HoldRequests()
	n := newNote("a", "x")
	started := time.Now()
	_, err = s.Update(t.Context(), []string{"a"}, always(n))
	wantErr(t, err, eventstore.ErrUnavailable)
	_, _, err = s.Load(t.Context(), "a")
	wantErr(t, err, eventstore.ErrUnavailable)
	_, _, err = s.Load(t.Context(), "unread")
	wantErr(t, err, eventstore.ErrUnavailable)
	if _, err = s.Last(t.Context()); err == nil {
		t.Fatal("a frozen log has a last position")
	}
	if took := time.Since(started); took > 10*timeout {
		t.Fatalf("took %v", took)
	}
	f.Heal() // everything that was sent arrives now
	if _, err := s.Update(t.Context(), []string{"a"}, always(n)); err != nil {
		t.Fatal(err)
	}
	if all := everything(t, s); len(all) != 2 {
		t.Fatalf("%d stored", len(all))
	}
}

// More is asked than can be stored, with a server that stores nothing at all. Who
// does not find a place in the queue is told so, soon; nothing piles up; and what
// is asked afterwards is stored.
func TestOverload(t *testing.T) {
	srv := eventstoretest.Server(t)
	nc, f := eventstoretest.Faulty(t, srv)
	const timeout, clients, rounds = 200 * time.Millisecond, 2500, 2
	s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: timeout, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for c := range clients { // so that the streams need not be asked for when the server is gone
		eventually(t, s, fmt.Sprint("s.", c), 0)
	}
	text := strings.Repeat("x", 2000)
	var busy, unknown atomic.Int32
	f.HoldRequests()
	before := runtime.NumGoroutine()
	for range rounds {
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				stream := fmt.Sprint("s.", c)
				_, err := s.Update(t.Context(), []string{stream}, always(newNote(stream, text)))
				switch {
				case errors.Is(err, eventstore.ErrBusy):
					busy.Add(1)
				case errors.Is(err, eventstore.ErrUnavailable):
					unknown.Add(1)
				default:
					t.Errorf("ended with %v", err)
				}
			})
		}
		wg.Wait()
		for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+10; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d goroutines stay, there were %d", runtime.NumGoroutine(), before)
			}
		}
	}
	t.Logf("%d busy, %d unavailable", busy.Load(), unknown.Load())
	if busy.Load() == 0 || unknown.Load() == 0 {
		t.Error("the queue did not fill up, or nothing was sent")
	}
	f.Cut()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := s.Update(t.Context(), []string{"after"}, always(newNote("after", "x")))
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestServerGone(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{Timeout: 300 * time.Millisecond})
	followed := make(chan error, 1)
	go func() { followed <- s.Follow(t.Context(), 0, func([]note) error { return nil }) }()
	add(t, s, "a", "x")
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), []string{"a"}, always(newNote("a", "y"))); err == nil {
		t.Fatal("stored without a server")
	}
	if err := <-followed; err == nil {
		t.Fatal("followed to the end of the world")
	}
	if err := srv.Healthy(); err == nil {
		t.Fatal("a stopped server is healthy")
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
}
