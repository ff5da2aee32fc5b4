package vault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestErasedIsNotLost(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	a, b := seal(t, v, "A/identity"), seal(t, v, "B/identity")
	seal(t, v, "A/medical")
	_, seqB := wrapped(t, v, "B")
	erased := func(owner string) bool {
		got, err := v.Erased(t.Context(), owner)
		must(t, err)
		return got
	}
	if erased("A") || erased("nobody") {
		t.Error("erased too early")
	}
	for range 2 {
		n, err := v.Erase(t.Context(), "A")
		must(t, err)
		if n != 2 || !erased("A") {
			t.Errorf("%d keys erased", n)
		}
	}
	if n, err := v.Erase(t.Context(), "nobody"); n != 0 || err != nil || !erased("nobody") {
		t.Error(n, err)
	}
	must(t, v.stream.SecureDeleteMsg(t.Context(), seqB)) // damage
	for range 2 {
		v = p.open(t)
		want(t, a.open(v), ErrErased)
		want(t, a.open(v), ErrErased) // now from memory
		want(t, b.open(v), ErrLost)
		for _, key := range []string{"A/identity", "A/new", "nobody/identity"} {
			_, err := v.Seal(t.Context(), key, nil, nil)
			want(t, err, ErrErased)
		}
		p.restart(t)
	}
	s, err := p.open(t).Status(t.Context())
	must(t, err)
	if s.Erased != 2 || s.Owners != 0 || s.Pending != 1 {
		t.Errorf("status %+v", s)
	}
}

func TestForget(t *testing.T) {
	p := newPlace(t)
	v, other := p.open(t), p.openWith(t, p.process(t), Options{})
	s := seal(t, v, "A/identity")
	must(t, s.open(other))
	_, err := v.Erase(t.Context(), "A")
	must(t, err)
	want(t, s.open(v), ErrErased)
	must(t, s.open(other)) // nobody has told it
	if got, err := other.Erased(t.Context(), "A"); !got || err != nil {
		t.Error(got, err)
	}
	other.Forget("A")
	want(t, s.open(other), ErrErased)
}

// What was read before an erasure must not come back into memory after it.
func TestForgetOvertakesRead(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	s := seal(t, v, "A/identity")
	epoch := v.cache.now()
	k, err := v.load(t.Context(), "A")
	must(t, err)
	_, err = v.Erase(t.Context(), "A")
	must(t, err)
	v.cache.put("A", k, epoch)
	want(t, s.open(v), ErrErased)
}

func TestErasedBytesAreGone(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	fill(t, v, 5)
	s := seal(t, v, "A/identity")
	first, seq1 := wrapped(t, v, "A")
	seal(t, v, "A/medical")
	second, seq2 := wrapped(t, v, "A")
	seal(t, v, "B/identity")
	clear1, clear2 := plainKey(t, v, "A", "identity"), plainKey(t, v, "A", "medical")
	stored := func(key []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(key)) }
	bytesOf := [][]byte{stored(first.Keys["identity"]), stored(second.Keys["identity"]), stored(second.Keys["medical"])}
	for _, b := range bytesOf {
		if !bytes.Contains(p.files(t), b) {
			t.Fatal("the search finds nothing before the erasure")
		}
	}
	n, err := v.Erase(t.Context(), "A")
	must(t, err)
	if n != 2 {
		t.Errorf("%d keys", n)
	}
	for _, seq := range []uint64{seq1, seq2} {
		if _, err := v.stream.GetMsg(t.Context(), seq); !errors.Is(err, jetstream.ErrMsgNotFound) {
			t.Errorf("position %d: %v", seq, err)
		}
	}
	check := func() {
		files := p.files(t)
		for i, b := range bytesOf {
			if bytes.Contains(files, b) {
				t.Errorf("wrapped key %d is in the files", i)
			}
		}
		for _, key := range [][]byte{clear1, clear2} {
			if bytes.Contains(files, key) || bytes.Contains(files, stored(key)) {
				t.Error("a key in clear is in the files")
			}
		}
	}
	check()
	p.stop()
	check()
	p.restart(t)
	want(t, s.open(p.open(t)), ErrErased)
}

func TestCrashInErase(t *testing.T) {
	t.Parallel()
	for _, step := range []struct {
		name string
		n    int
	}{{"buried", 1}, {"deleted", 1}, {"deleted", 2}} {
		for _, finish := range []string{"Open", "Erase"} {
			t.Run(fmt.Sprintf("%s after %s %d", finish, step.name, step.n), func(t *testing.T) {
				p := newPlace(t)
				v := p.open(t)
				s, b := seal(t, v, "A/identity"), seal(t, v, "B/identity")
				seal(t, v, "A/medical")
				seal(t, v, "A/location")
				crashAt(v, step.name, step.n)
				_, err := v.Erase(t.Context(), "A")
				want(t, err, errCrash)
				want(t, s.open(v), ErrErased)
				if finish == "Erase" {
					v.step = func(string) error { return nil }
					n, err := v.Erase(t.Context(), "A")
					must(t, err)
					if n != 3 {
						t.Errorf("%d keys", n)
					}
				} else {
					p.restart(t)
					v = p.open(t)
				}
				m, err := v.next(t.Context(), "A", 1)
				must(t, err)
				if r, err := parseRow("A", m.Data); err != nil || !r.Erased {
					t.Errorf("before the tombstone lies %s", m.Data)
				}
				want(t, s.open(v), ErrErased)
				must(t, b.open(v))
				if n, err := v.Erase(t.Context(), "A"); n != 3 || err != nil {
					t.Error(n, err)
				}
			})
		}
	}
}
