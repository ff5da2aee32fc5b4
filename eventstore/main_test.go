package eventstore_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"nrm/eventstore"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("EVENTSTORE_TEST_START"); dir != "" { // see TestLockedByAnotherProcess
		_, err := eventstore.Start(context.Background(), dir, eventstore.StartOptions{})
		fmt.Println(err)
		if !errors.Is(err, eventstore.ErrLocked) {
			os.Exit(1)
		}
		return
	}
	if eventstore.BenchChild() {
		return
	}
	// The server leaves one of these behind for each batch that it has no room to
	// begin: see TestLogDiskFull.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server.(*msgBlock).flushLoop"))
}

// A note is the decision of these tests.
type note struct {
	Stream string
	ID     string
	Texts  []string
	Msg    eventstore.Message
}

func notes() eventstore.Codec[note] {
	return eventstore.Codec[note]{
		Encode: func(n note) (eventstore.Message, error) {
			m := eventstore.Message{Stream: n.Stream, ID: n.ID, Meta: map[string]string{"by": "test"}}
			for _, text := range n.Texts {
				data, err := json.Marshal(text)
				if err != nil {
					return m, err
				}
				m.Events = append(m.Events, eventstore.Entry{Type: "Noted", Data: data})
			}
			return m, nil
		},
		Decode: func(m eventstore.Message) (note, error) {
			n := note{Stream: m.Stream, ID: m.ID, Msg: m}
			for _, e := range m.Events {
				var text string
				if err := json.Unmarshal(e.Data, &text); err != nil {
					return n, err
				}
				n.Texts = append(n.Texts, text)
			}
			return n, nil
		},
	}
}

func newNote(stream string, texts ...string) note {
	return note{Stream: stream, ID: uuid.Must(uuid.NewV7()).String(), Texts: texts}
}

// add stores one note whatever the history.
func add(t testing.TB, s *eventstore.Store[note], stream string, texts ...string) (note, uint64) {
	t.Helper()
	n := newNote(stream, texts...)
	seq, err := s.Update(t.Context(), []string{stream}, always(n))
	if err != nil {
		t.Fatal(err)
	}
	return n, seq
}

func always(ns ...note) func([][]note) ([]note, error) {
	return func([][]note) ([]note, error) { return ns, nil }
}

func load(t testing.TB, s *eventstore.Store[note], stream string) []note {
	t.Helper()
	history, last, err := s.Load(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	if len(history) > 0 && history[len(history)-1].Msg.Seq != last {
		t.Fatalf("%s ends at %d, Load says %d", stream, history[len(history)-1].Msg.Seq, last)
	}
	return history
}

func texts(history []note) (all []string) {
	for _, n := range history {
		all = append(all, n.Texts...)
	}
	return all
}

// everything reads the whole log and checks what must hold of every log: no
// position is missing, every stream's chain is whole, no decision is on a
// stream twice.
func everything(t testing.TB, s *eventstore.Store[note]) []note {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	last, before := uint64(0), uint64(1)
	for last != before { // what nobody waits for any more may still be on its way
		time.Sleep(50 * time.Millisecond)
		before = last
		var err error
		if last, err = s.Last(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var all []note
	if err := s.Replay(ctx, 0, last, func(run []note) error { all = append(all, run...); return nil }); err != nil {
		t.Fatal(err)
	}
	if uint64(len(all)) != last {
		t.Fatalf("the log ends at %d but holds %d decisions", last, len(all))
	}
	hash := map[string]string{}
	seen := map[string]bool{}
	for i, n := range all {
		m := n.Msg
		if m.Seq != uint64(i+1) || m.Prev != hash[m.Stream] || m.Hash == "" || m.Stored.IsZero() {
			t.Fatalf("message %d of the log is %+v, previous hash %s", i, m, hash[m.Stream])
		}
		hash[m.Stream] = m.Hash
		if key := m.ID + "/" + m.Stream; seen[key] {
			t.Fatalf("decision %s is stored twice", key)
		} else {
			seen[key] = true
		}
	}
	for stream := range hash {
		h := load(t, s, stream)
		for _, n := range all {
			if n.Msg.Stream == stream {
				if len(h) == 0 || h[0].Msg.Hash != n.Msg.Hash || h[0].Msg.Seq != n.Msg.Seq || !h[0].Msg.Stored.Equal(n.Msg.Stored) {
					t.Fatalf("Load of %s differs from the log at position %d", stream, n.Msg.Seq)
				}
				h = h[1:]
			}
		}
		if len(h) > 0 {
			t.Fatalf("Load of %s has %d more than the log", stream, len(h))
		}
	}
	return all
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func equal[T cmp.Ordered](t testing.TB, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
