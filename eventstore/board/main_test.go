package board

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"nrm/eventstore/eventstoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantErr(t testing.TB, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
}

// newBoard is a board on a server of its own.
func newBoard(t testing.TB) *Board {
	t.Helper()
	nc := eventstoretest.Server(t).Conn()
	if err := Init(t.Context(), nc, 1); err != nil {
		t.Fatal(err)
	}
	return open(t, nc, 0)
}

func open(t testing.TB, nc *nats.Conn, timeout time.Duration) *Board {
	t.Helper()
	return must(Open(t.Context(), nc, Options{Timeout: timeout}))(t)
}

// put replaces whatever there is.
func put(t testing.TB, b *Board, key, data string) uint64 {
	t.Helper()
	v := must(b.Get(t.Context(), key))(t)
	return must(b.Put(t.Context(), key, []byte(data), v.Revision, 0))(t)
}

func wantValue(t testing.TB, b *Board, key, data string, revision uint64) {
	t.Helper()
	v := must(b.Get(t.Context(), key))(t)
	if string(v.Data) != data || v.Revision != revision {
		t.Errorf("%s is %q of revision %d, want %q of %d", key, v.Data, v.Revision, data, revision)
	}
}

// eventually waits for something that must become true soon.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
