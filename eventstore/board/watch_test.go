package board

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"nrm/eventstore/eventstoretest"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	nc, faults := eventstoretest.Faulty(t, srv)
	watching, writing := open(t, nc, 500*time.Millisecond), open(t, srv.Conn(), 0)
	var mu sync.Mutex
	var seen []string
	sees := func(texts ...string) {
		t.Helper()
		eventually(t, "the watcher sees all", func() bool { mu.Lock(); defer mu.Unlock(); return slices.Equal(seen, texts) })
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- watching.Watch(ctx, "a", func(v Value) error {
			mu.Lock()
			defer mu.Unlock()
			text := string(v.Data)
			if v.Revision == 0 {
				text = "none"
			}
			seen = append(seen, text)
			return nil
		})
	}()
	sees("none")
	put(t, writing, "b", "not asked for")
	put(t, writing, "a", "one")
	sees("none", "one")
	revision := put(t, writing, "a", "two")
	sees("none", "one", "two")
	if err := writing.Delete(t.Context(), "a", revision); err != nil {
		t.Fatal(err)
	}
	sees("none", "one", "two", "none")
	faults.HoldAnswers()
	put(t, writing, "a", "three")
	time.Sleep(time.Second)
	faults.Cut()
	sees("none", "one", "two", "none", "three")
	stop()
	wantErr(t, <-ended, context.Canceled)

	enough := errors.New("enough")
	wantErr(t, watching.Watch(t.Context(), "a", func(Value) error { return enough }), enough)
}
