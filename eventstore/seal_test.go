package eventstore_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// A sealer encrypts with one key, whatever name is asked for.
type sealer struct {
	cipher.AEAD
	fails func(ctx context.Context, key string) error // may be nil

	mu    sync.Mutex
	boxes [][]byte
}

func newSealer(t testing.TB) *sealer {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return &sealer{AEAD: aead}
}

func (s *sealer) Seal(ctx context.Context, key string, ad, plain []byte) ([]byte, error) {
	if s.fails != nil {
		if err := s.fails(ctx, key); err != nil {
			return nil, err
		}
	}
	box := s.AEAD.Seal(nil, nil, plain, ad)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boxes = append(s.boxes, box)
	return box, nil
}

// secretly is a codec of notes that seals texts with the word "secret", and
// does not open them.
func secretly() eventstore.Codec[note] {
	plain := notes()
	return eventstore.Codec[note]{
		Encode: func(n note) (eventstore.Message, error) {
			m, err := plain.Encode(n)
			for i, text := range n.Texts {
				if strings.Contains(text, "secret") {
					m.Events[i].Key = "somebody/identity"
				}
			}
			return m, err
		},
		Decode: func(m eventstore.Message) (note, error) {
			in := m
			in.Events = nil
			for _, e := range m.Events {
				if e.Key == "" {
					in.Events = append(in.Events, e)
				}
			}
			n, err := plain.Decode(in)
			n.Msg = m
			return n, err
		},
	}
}

func TestSealedEvents(t *testing.T) {
	srv, seals := eventstoretest.Server(t), newSealer(t)
	s := eventstoretest.Open(t, srv, secretly(), eventstore.Options{Sealer: seals})
	n, _ := add(t, s, "a.b", "open", "a secret", "secret, too")
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "NRM")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"id":%q,"meta":{"by":"test"},"prev":"","events":[{"type":"Noted","data":"open"},`, n.ID) +
		`{"type":"Noted","key":"somebody/identity","sealed":"`
	if !strings.HasPrefix(string(stored.Data), want) || bytes.Contains(stored.Data, []byte("secret")) {
		t.Fatalf("stored as %s", stored.Data)
	}
	fresh := eventstoretest.Open(t, srv, secretly(), eventstore.Options{})
	for name, history := range map[string][]note{
		"just written": load(t, s, "a.b"), "loaded": load(t, fresh, "a.b"), "replayed": everything(t, fresh),
	} {
		if len(history) != 1 || len(history[0].Msg.Events) != 3 {
			t.Fatalf("%s: %+v", name, history)
		}
		m := history[0].Msg
		for i, want := range []string{`"open"`, `"a secret"`, `"secret, too"`} {
			e := m.Events[i]
			if e.Key == "" {
				if string(e.Data) != want || e.Sealed != nil {
					t.Errorf("%s: event %d is %+v", name, i, e)
				}
				continue
			}
			for place := range m.Events {
				got, err := seals.Open(nil, nil, e.Sealed, eventstore.AD(m.Stream, m.ID, e.Type, place, e.Key))
				if right := place == i; (err == nil) != right || right && string(got) != want {
					t.Errorf("%s: event %d opened in place %d: %q, %v", name, i, place, got, err)
				}
			}
			if e.Data != nil {
				t.Errorf("%s: event %d has data %s", name, i, e.Data)
			}
		}
	}
}

// What is decided again after a conflict is sealed again.
func TestSealedAnewAfterConflict(t *testing.T) {
	srv, seals := eventstoretest.Server(t), newSealer(t)
	ours := eventstoretest.Open(t, srv, secretly(), eventstore.Options{Sealer: seals})
	other := eventstoretest.Open(t, srv, secretly(), eventstore.Options{})
	n, called := newNote("a", "secret"), 0
	if _, err := ours.Update(t.Context(), []string{"a"}, func([][]note) ([]note, error) {
		if called++; called == 1 {
			add(t, other, "a", "was first")
		}
		return []note{n}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if called != 2 || len(seals.boxes) != 2 || bytes.Equal(seals.boxes[0], seals.boxes[1]) {
		t.Fatalf("decided %d times, %d boxes", called, len(seals.boxes))
	}
	if h := load(t, other, "a"); !bytes.Equal(h[1].Msg.Events[0].Sealed, seals.boxes[1]) {
		t.Fatal("not the last box is stored")
	}
	// It is stored now. To give it again needs no key, which may be gone.
	seals.fails = func(context.Context, string) error { return errors.New("erased") }
	if _, err := ours.Update(t.Context(), []string{"a"}, always(n)); err != nil {
		t.Fatal(err)
	}
}

func TestSealingFails(t *testing.T) {
	srv, seals := eventstoretest.Server(t), newSealer(t)
	s := eventstoretest.Open(t, srv, secretly(), eventstore.Options{Sealer: seals})
	add(t, s, "a", "x")
	erased := errors.New("erased")
	seals.fails = func(ctx context.Context, key string) error {
		if key != "somebody/identity" {
			t.Errorf("sealed with %s", key)
		}
		return erased
	}
	_, err := s.Update(t.Context(), []string{"b", "a"}, func(h [][]note) ([]note, error) {
		x, y := newNote("b", "open"), newNote("a", "open", "secret")
		y.ID = x.ID
		return []note{x, y}, nil
	})
	wantErr(t, err, erased)

	// Sealing takes for ever: the context ends it, and frees the stream.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	seals.fails = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	_, err = s.Update(ctx, []string{"a"}, always(newNote("a", "secret")))
	wantErr(t, err, context.DeadlineExceeded)
	seals.fails = nil

	keyless := eventstoretest.Open(t, srv, secretly(), eventstore.Options{})
	if _, err := keyless.Update(t.Context(), []string{"a"}, always(newNote("a", "secret"))); err == nil || !strings.Contains(err.Error(), "nothing to seal with") {
		t.Errorf("sealed with nothing: %v", err)
	}
	for name, entry := range map[string]eventstore.Entry{
		"sealed by somebody else": {Type: "E", Key: "k", Sealed: []byte("x"), Data: []byte("1")},
		"sealed without a key":    {Type: "E", Sealed: []byte("x")},
		"no data":                 {Type: "E", Key: "k"},
		"bad data":                {Type: "E", Key: "k", Data: []byte("{")},
	} {
		codec := notes()
		codec.Encode = func(n note) (eventstore.Message, error) {
			return eventstore.Message{Stream: n.Stream, ID: n.ID, Events: []eventstore.Entry{entry}}, nil
		}
		s := eventstoretest.Open(t, srv, codec, eventstore.Options{Sealer: seals})
		if _, err := s.Update(t.Context(), []string{"a"}, always(newNote("a", "x"))); err == nil {
			t.Errorf("%s was stored", name)
		}
	}

	// It fits before it is sealed and not after.
	_, err = s.Update(t.Context(), []string{"a"}, always(newNote("a", "secret"+strings.Repeat("x", 800<<10))))
	wantErr(t, err, eventstore.ErrTooLarge)
	add(t, s, "a", "open"+strings.Repeat("x", 800<<10))
	if last, err := s.Last(t.Context()); err != nil || last != 2 {
		t.Fatalf("the log ends at %d, %v", last, err)
	}
}

func TestAD(t *testing.T) {
	id := "01890a5d-ac96-774b-bcce-b302099a8057"
	got := eventstore.AD("case.KW5219EZ", id, "IdentityRecorded", 2, "KW5219EZ/identity")
	const want = "nrm1,13:case.KW5219EZ,36:01890a5d-ac96-774b-bcce-b302099a8057,16:IdentityRecorded,1:2,17:KW5219EZ/identity,"
	if string(got) != want { // is what every stored event was sealed with
		t.Fatalf("got %s", got)
	}
	seen := map[string]string{}
	for _, a := range []struct {
		stream, id, typ string
		n               int
		key             string
	}{
		{"a", "b", "c", 1, "d"}, {"ab", "", "c", 1, "d"}, {"a", "bc", "", 1, "d"}, {"a", "b", "c1", 1, "d"}, {"a", "b", "c", 11, "d"},
		{"a", "b", "c", 1, "1d"}, {"a", "b", "c", 1, ""}, {"a", "b1:c", "", 1, "d"}, {"a1:b", "", "c", 1, "d"},
	} {
		ad, name := string(eventstore.AD(a.stream, a.id, a.typ, a.n, a.key)), fmt.Sprintf("%+v", a)
		if other, ok := seen[ad]; ok {
			t.Errorf("%s and %s have the same additional data", name, other)
		}
		seen[ad] = name
	}
}

// Bodies that no store writes.
func TestNeitherSealedNorInClear(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, secretly(), eventstore.Options{})
	for i, event := range []string{
		`{"type":"E","data":1,"key":"k","sealed":"eA=="}`, `{"type":"E","data":null,"key":"k","sealed":"eA=="}`,
		`{"type":"E","data":1,"sealed":"eA=="}`, `{"type":"E","sealed":"eA=="}`, `{"type":"E","key":"k"}`,
	} {
		stream := fmt.Sprint("s", i)
		body, err := json.Marshal(map[string]any{"id": newNote("", "").ID, "events": []json.RawMessage{[]byte(event)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := srv.Conn().Request("nrm."+stream, body, time.Second); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Load(t.Context(), stream); !errors.Is(err, eventstore.ErrDamaged) {
			t.Errorf("%s: %v", event, err)
		}
	}
}
