package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

// TestStartedAnew stops the storage of a running server, as a forbidden write to
// disk does. The server is started anew in place, looked at before anybody else
// reaches it, and those who write and follow go on over the same connection.
func TestStartedAnew(t *testing.T) {
	srv, s := serving(t)
	ctx, stop := context.WithCancel(t.Context())
	followed, ended := make(chan string, 10), make(chan error, 1)
	go func() {
		ended <- s.Follow(ctx, 0, func(run []Message) error {
			for _, m := range run {
				followed <- m.ID
			}
			return nil
		})
	}()
	hear := func(id string) {
		t.Helper()
		select {
		case got := <-followed:
			if got != id {
				t.Errorf("followed %s, want %s", got, id)
			}
		case <-time.After(10 * time.Second):
			t.Error("the follower hears nothing")
		}
	}
	looked := make(chan bool, 10)
	srv.OnRevival(func(ctx context.Context, nc *nats.Conn) error {
		looked <- true
		return s.Recheck(ctx, nc)
	})
	first := insist(t, s, time.Second)
	hear(first)
	for range 2 {
		old := srv.current()
		old.ShutdownJetStream()
		until(t, "down", func() bool { return srv.Down() != nil || srv.current() != old })
		id := insist(t, s, 15*time.Second)
		hear(id)
		if srv.current() == old || len(looked) == 0 || srv.Down() != nil || srv.Healthy() != nil {
			t.Errorf("another server: %t, looked at %d times, %v, %v", srv.current() != old, len(looked), srv.Down(), srv.Healthy())
		}
		<-looked
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("following ended with %v", err)
	}
	if history, _, err := s.Load(t.Context(), "a"); err != nil || len(history) != 3 || history[0].ID != first {
		t.Errorf("%d decisions, %v", len(history), err)
	}
}

// TestNotStartedAnewShorter: a log that comes back without something that was
// acknowledged is not gone on with. When it is whole again, it is.
func TestNotStartedAnewShorter(t *testing.T) {
	srv, s := serving(t)
	srv.OnRevival(s.Recheck)
	insist(t, s, time.Second)
	s.mark.note(99, "a", []byte("{}"))
	srv.current().ShutdownJetStream()
	until(t, "refused", func() bool { err := srv.Down(); return err != nil && strings.Contains(err.Error(), "shorter") })
	if err := srv.Healthy(); !errors.Is(err, ErrDamaged) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("healthy: %v", err)
	}
	if _, err := srv.InProcessConn(); err == nil {
		t.Error("it can be reached")
	}
	begin := time.Now()
	if _, err := s.Update(t.Context(), []string{"a"}, adds("a")); !errors.Is(err, ErrUnavailable) || time.Since(begin) > time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
	s.mark.mu.Lock()
	s.mark.highest = reached{}
	s.mark.mu.Unlock()
	insist(t, s, 20*time.Second)
}

// TestPausesGrow: a server that freezes again and again is not started in a hot
// loop.
func TestPausesGrow(t *testing.T) {
	srv, s := serving(t)
	tries := make(chan time.Time, 100)
	srv.OnRevival(func(context.Context, *nats.Conn) error { tries <- time.Now(); return errors.New("not yet") })
	srv.current().ShutdownJetStream()
	time.Sleep(4 * time.Second)
	srv.OnRevival(nil)
	if n := len(tries); n < 2 || n > 4 {
		t.Errorf("%d attempts in four seconds", n)
	}
	insist(t, s, 20*time.Second)
}

// TestClosedWhileDown: a server that cannot be started anew can be closed, and
// the folder is free.
func TestClosedWhileDown(t *testing.T) {
	dir := t.TempDir()
	srv, err := Start(t.Context(), dir, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	srv.OnRevival(func(context.Context, *nats.Conn) error { return errors.New("not yet") })
	srv.current().ShutdownJetStream()
	until(t, "down", func() bool { return srv.current() == nil && srv.Down() != nil })
	begin := time.Now()
	if err := srv.Close(); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
	again, err := Start(t.Context(), dir, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// serving gives a store of bare messages on a server, both closed by the test.
func serving(t *testing.T) (*Server, *Store[Message]) {
	t.Helper()
	dir := t.TempDir()
	srv, err := Start(t.Context(), dir, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	bare := Codec[Message]{
		Encode: func(m Message) (Message, error) { return m, nil },
		Decode: func(m Message) (Message, error) { return m, nil },
	}
	s, err := Open(t.Context(), srv.Conn(), bare, Options{
		HighWater: filepath.Join(dir, "highwater.json"), Down: srv.Down, Timeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return srv, s
}

// insist stores a decision, asking again for as long as that is worth it.
func insist(t *testing.T, s *Store[Message], patience time.Duration) (id string) {
	t.Helper()
	decide := adds("a")
	ds, _ := decide(nil)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_, err := s.Update(t.Context(), []string{"a"}, decide)
		if err == nil {
			return ds[0].ID
		}
		if !Away(err) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func adds(stream string) func([][]Message) ([]Message, error) {
	m := Message{Stream: stream, ID: uuid.NewString(), Events: []Entry{{Type: "Noted", Data: json.RawMessage(`"x"`)}}}
	return func([][]Message) ([]Message, error) { return []Message{m}, nil }
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s in time", what)
		}
	}
}
