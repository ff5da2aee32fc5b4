package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/keyfile"
)

func TestSealAndUnseal(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	var all []sealed
	for _, key := range []string{"KW5219EZ/identity", "KW5219EZ/medical", "AB1/identity"} {
		all = append(all, seal(t, v, key), seal(t, v, key))
	}
	for _, s := range all {
		must(t, s.open(v))
		if bytes.Contains(s.box, []byte("text")) {
			t.Error("the box shows the text")
		}
	}
	if bytes.Equal(all[0].box, all[1].box) {
		t.Error("sealing twice gives the same box")
	}
	s, err := v.Status(t.Context())
	must(t, err)
	if kek, _ := p.ring.KEK(); s.Owners != 2 || s.Keys != 3 || s.Rows[kek] != 2 || s.Erased != 0 {
		t.Errorf("status %+v", s)
	}
	p.restart(t)
	v = p.open(t)
	for _, s := range all {
		must(t, s.open(v))
	}
	if got := seal(t, v, "KW5219EZ/identity"); got.open(v) != nil {
		t.Error("keys were made anew after a restart")
	}
	for i, s := range all {
		if err := s.open(v); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestUnsealRefuses(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	a, b := seal(t, v, "A/identity"), seal(t, v, "B/identity")
	medical := seal(t, v, "A/medical")
	unseal := func(key, ad string, box []byte) error {
		_, err := v.Unseal(t.Context(), key, []byte(ad), box)
		return err
	}
	must(t, unseal("A/identity", "ad of A/identity", a.box))
	want(t, unseal("A/identity", "other", a.box), ErrForged, "A/identity")
	want(t, unseal("B/identity", "ad of A/identity", a.box), ErrForged)
	want(t, unseal("A/medical", "ad of A/identity", a.box), ErrForged)
	want(t, unseal("A/identity", "ad of A/identity", b.box), ErrForged)
	want(t, unseal("A/identity", "ad of A/identity", medical.box), ErrForged)
	for i := range a.box {
		bad := bytes.Clone(a.box)
		bad[i] ^= 0x10
		want(t, unseal("A/identity", "ad of A/identity", bad), ErrForged)
	}
	for _, short := range [][]byte{nil, {}, a.box[:10], a.box[:27]} {
		want(t, unseal("A/identity", "ad of A/identity", short), ErrForged)
	}
	want(t, unseal("A/location", "", a.box), ErrLost)
	want(t, unseal("C/identity", "", a.box), ErrLost)

	for _, name := range []string{"", "A", "/", "A/", "/identity", "A/b/c", "A.B/identity", "*/identity", ">/identity", "A B/identity",
		"~blank/identity", strings.Repeat("x", 65) + "/identity", "A/Ünten"} {
		_, err := v.Seal(t.Context(), name, nil, nil)
		want(t, err, errName)
		want(t, unseal(name, "", nil), errName)
		if owner, _, _ := strings.Cut(name, "/"); !validToken(owner) {
			_, err := v.Erase(t.Context(), owner)
			want(t, err, errName)
			_, err = v.Erased(t.Context(), owner)
			want(t, err, errName)
		}
	}
}

func TestForgedRows(t *testing.T) {
	t.Parallel()
	edit := func(f func(r, other row) row) func(*testing.T, *Vault) []byte {
		return func(t *testing.T, v *Vault) []byte {
			r, _ := wrapped(t, v, "A")
			other, _ := wrapped(t, v, "B")
			b, err := json.Marshal(f(r, other))
			must(t, err)
			return b
		}
	}
	for name, body := range map[string]func(*testing.T, *Vault) []byte{
		"row of another person": edit(func(_, b row) row { return b }),
		"renamed":               edit(func(_, b row) row { b.Owner = "A"; return b }),
		"key of another person": edit(func(a, b row) row { a.Keys["identity"] = b.Keys["identity"]; return a }),
		"compartments swapped": edit(func(a, _ row) row {
			a.Keys["identity"], a.Keys["medical"] = a.Keys["medical"], a.Keys["identity"]
			return a
		}),
		"one compartment swapped":  edit(func(a, _ row) row { a.Keys["identity"] = a.Keys["medical"]; return a }),
		"bit flipped":              edit(func(a, _ row) row { a.Keys["identity"][20] ^= 1; return a }),
		"cut off":                  edit(func(a, _ row) row { a.Keys["identity"] = a.Keys["identity"][:20]; return a }),
		"another person's erasure": edit(func(_, _ row) row { return row{Owner: "C", Erased: true} }),
		"not a row":                func(*testing.T, *Vault) []byte { return []byte("{") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			v := p.open(t)
			s := seal(t, v, "A/identity")
			seal(t, v, "A/medical")
			b := seal(t, v, "B/identity")
			put(t, v, "A", body(t, v))
			v = p.open(t)
			want(t, s.open(v), ErrForged)
			_, err := v.Seal(t.Context(), s.key, nil, nil)
			want(t, err, ErrForged)

			// Such an owner holds up the end of a rotation, until erased.
			must(t, p.ring.BeginKEK())
			_, err = v.Rotate(t.Context(), nil)
			want(t, err, ErrForged, "(A)", "1 person ")
			must(t, b.open(v))
			_, err = v.Erase(t.Context(), "A")
			must(t, err)
			_, err = v.Rotate(t.Context(), nil)
			must(t, err)
			want(t, s.open(v), ErrErased)
		})
	}
}

func TestTwoVaultsMakeKeysAtOnce(t *testing.T) {
	p := newPlace(t)
	vaults := []*Vault{p.open(t), p.openWith(t, p.process(t), Options{})}
	var mu sync.Mutex
	var all []sealed
	var wg sync.WaitGroup
	for owner := range 20 {
		for i := range 4 {
			wg.Go(func() {
				key := fmt.Sprintf("P%d/c%d", owner, i/2)
				box, err := vaults[i%2].Seal(t.Context(), key, []byte("ad of "+key), []byte("text of "+key))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				all = append(all, sealed{key, box})
				mu.Unlock()
			})
		}
	}
	wg.Wait()
	for _, v := range append(vaults, p.open(t)) {
		for _, s := range all {
			must(t, s.open(v))
		}
	}
}

func TestCompartmentsTogether(t *testing.T) {
	p := newPlace(t)
	v := p.openWith(t, p.ring, Options{Compartments: []string{"identity", "medical"}})
	seal(t, v, "A/identity")
	_, seq := wrapped(t, v, "A")
	seal(t, v, "A/medical")
	if r, again := wrapped(t, v, "A"); again != seq || len(r.Keys) != 2 {
		t.Errorf("written again at %d after %d", again, seq)
	}
	seal(t, v, "A/later")
	if r, _ := wrapped(t, v, "A"); len(r.Keys) != 3 {
		t.Errorf("%d keys", len(r.Keys))
	}
	_, err := Open(t.Context(), p.nc, p.ring, Options{Compartments: []string{"a.b"}})
	want(t, err, errName)
}

func TestSmallCache(t *testing.T) {
	p := newPlace(t)
	v := p.openWith(t, p.ring, Options{CacheOwners: 3})
	all := fill(t, v, 10)
	for range 2 {
		for _, s := range all {
			must(t, s.open(v))
		}
	}
	if n := len(v.cache.byName); n != 3 || v.cache.recent.Len() != 3 {
		t.Errorf("%d owners in memory", n)
	}
}

// No key is made that only memory could open.
func TestNoKeysWithoutKeyFile(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	s := seal(t, v, "A/identity")
	away := p.ring.Path() + ".away"
	must(t, os.Rename(p.ring.Path(), away))
	_, err := v.Seal(t.Context(), "B/identity", nil, nil)
	want(t, err, keyfile.ErrLost, p.ring.Path())
	must(t, s.open(v)) // what is known goes on
	seal(t, v, "A/identity")
	must(t, os.Rename(away, p.ring.Path()))
	seal(t, v, "B/identity")
}

func TestInitAndOpen(t *testing.T) {
	nc, _ := start(t, t.TempDir(), "")
	ring, err := keyfile.Create(filepath.Join(t.TempDir(), "nrm.key"))
	must(t, err)
	_, err = Open(t.Context(), nc, ring, Options{})
	want(t, err, ErrMissing)
	want(t, Init(t.Context(), nc, 2), ErrUnsafe)
	must(t, Init(t.Context(), nc, 0))
	want(t, Init(t.Context(), nc, 1), ErrExists)
	v, err := Open(t.Context(), nc, ring, Options{})
	must(t, err)
	if _, err := v.Rotate(t.Context(), nil); err != nil {
		t.Errorf("empty: %v", err)
	}
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"MaxAge":            func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"MaxMsgs":           func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"MaxMsgsPerSubject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"AllowDirect":       func(c *jetstream.StreamConfig) { c.AllowDirect = true },
		"Discard":           func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
	} {
		cfg := wants.Copies(1)
		change(&cfg)
		_, err := v.js.UpdateStream(t.Context(), cfg)
		must(t, err)
		_, err = Open(t.Context(), nc, ring, Options{})
		want(t, err, ErrUnsafe, name)
	}
	v.Close()
	_, err = v.Seal(t.Context(), "A/identity", nil, nil)
	want(t, err, ErrClosed)
	_, err = v.Erase(t.Context(), "A")
	want(t, err, ErrClosed)
}
