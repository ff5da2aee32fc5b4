package board

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"nrm/eventstore/eventstoretest"
)

// wantSession expects a session's data, or none.
func wantSession(t testing.TB, s *Sessions, key, data string) {
	t.Helper()
	got, found, err := s.Find(t.Context(), key)
	if err != nil || found != (data != "") || string(got) != data {
		t.Errorf("session %s is %q, %t, %v; want %q", key, got, found, err, data)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	one, two := SessionsOf(b), SessionsOf(b)
	until := time.Now().Add(30 * time.Minute)
	keep := func(s *Sessions, data string, until time.Time) {
		t.Helper()
		if err := s.Commit(t.Context(), "x", []byte(data), until); err != nil {
			t.Fatal(err)
		}
	}
	revision := func() uint64 { return must(b.Get(t.Context(), "session-x"))(t).Revision }

	wantSession(t, one, "x", "")
	keep(one, "1", until)
	wantSession(t, one, "x", "1")
	wantSession(t, two, "x", "1")
	first := revision()
	for _, s := range []*Sessions{one, two, SessionsOf(b)} { // requests that change nothing
		keep(s, "1", until.Add(50*time.Second))
	}
	if revision() != first {
		t.Error("written though nothing had changed")
	}
	keep(two, "1", until.Add(70*time.Second))
	if revision() == first {
		t.Error("it does not last longer")
	}
	keep(one, "2", until) // which has not seen that
	wantSession(t, two, "x", "2")
	keep(two, "3", until)
	wantSession(t, one, "x", "3")

	keep(one, "4", time.Now().Add(-time.Second))
	wantSession(t, one, "x", "3")
	if err := two.Delete(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Sessions{one, two, SessionsOf(b)} {
		keep(s, "5", until) // of a request that was under way
		wantSession(t, s, "x", "")
	}
	if err := errors.Join(one.Delete(t.Context(), "x"), one.Delete(t.Context(), "never-was")); err != nil {
		t.Error(err)
	}
	keep(one, "6", until)
	wantSession(t, one, "x", "")
	wantErr(t, one.Commit(t.Context(), "a.b", nil, until), ErrKey)
	wantErr(t, one.Delete(t.Context(), "a.b"), ErrKey)
	_, _, err := one.Find(t.Context(), "a.b")
	wantErr(t, err, ErrKey)
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	s := SessionsOf(b)
	if err := s.Commit(t.Context(), "x", []byte("1"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	wantSession(t, s, "x", "1")
	eventually(t, "it goes", func() bool { _, found, err := s.Find(t.Context(), "x"); return !found && err == nil })
}

// TestSessionEndsAmidRequests: whatever else is under way, on however many
// nodes, an ended session stays ended.
func TestSessionEndsAmidRequests(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	for round := range 20 {
		key := fmt.Sprint("k", round)
		var wg sync.WaitGroup
		until := time.Now().Add(time.Hour)
		for n := range 6 {
			s := SessionsOf(b)
			wg.Go(func() {
				for i := range 5 {
					if err := s.Commit(t.Context(), key, fmt.Append(nil, n, i), until); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			if err := SessionsOf(b).Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		wantSession(t, SessionsOf(b), key, "")
	}
}

func TestSessionsAway(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	nc, faults := eventstoretest.Faulty(t, srv)
	s := SessionsOf(open(t, nc, 300*time.Millisecond))
	until := time.Now().Add(time.Hour)
	if err := s.Commit(t.Context(), "x", []byte("1"), until); err != nil {
		t.Fatal(err)
	}
	faults.HoldRequests()
	_, _, err := s.Find(t.Context(), "x")
	wantErr(t, err, ErrUnavailable)
	wantErr(t, s.Commit(t.Context(), "x", []byte("2"), until), ErrUnavailable)
	wantErr(t, s.Delete(t.Context(), "x"), ErrUnavailable)
	faults.Cut()
	eventually(t, "it answers again", func() bool { _, found, err := s.Find(t.Context(), "x"); return found && err == nil })
}

// TestSessionsRememberLittle: what is remembered only saves writes.
func TestSessionsRememberLittle(t *testing.T) {
	t.Parallel()
	s := SessionsOf(newBoard(t))
	for i := range maxSeen + 10 {
		s.remember(fmt.Sprint(i), session{revision: 1})
	}
	if len(s.seen) > maxSeen {
		t.Errorf("%d remembered", len(s.seen))
	}
}
