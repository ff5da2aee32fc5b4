package vault

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// A rotation that cannot succeed writes nothing, however often it is tried. When
// those who are in its way have been erased it succeeds.
func TestRotateThatCannotSucceed(t *testing.T) {
	forge := func(t *testing.T, v *Vault, owner string, change func(*row)) {
		r, _ := wrapped(t, v, owner)
		change(&r)
		body, err := json.Marshal(r)
		must(t, err)
		put(t, v, owner, body)
	}
	forged := func(r *row) { r.Keys["identity"][20] ^= 1 }
	unknown := func(r *row) { r.KEK = "kek-of-nobody" }
	for name, c := range map[string]struct {
		harm map[string]func(*row)
		want []error
		text []string
	}{
		"forged":         {map[string]func(*row){"P00003": forged}, []error{ErrForged}, []string{"1 person ", "(P00003)"}},
		"no KEK":         {map[string]func(*row){"P00003": unknown}, []error{ErrNoKEK}, []string{"kek-of-nobody", "(P00003)"}},
		"another's":      {map[string]func(*row){"P00003": func(r *row) { r.Owner = "P00002" }}, []error{ErrForged}, []string{"(P00003)"}},
		"in every place": {map[string]func(*row){"P00000": forged, "P00002": unknown, "P00004": forged}, []error{ErrForged, ErrNoKEK}, []string{"3 persons", "(P00000, P00004)", "(P00002)"}},
	} {
		for _, before := range []string{"a rotation", "the rest of one"} {
			t.Run(name+" before "+before, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t)
				v := p.open(t)
				all := fill(t, v, 5)
				must(t, p.ring.BeginKEK())
				if before != "a rotation" {
					v.maxBatch = 2
					crashAt(v, "batch", 1)
					_, err := v.Rotate(t.Context(), nil)
					want(t, err, errCrash)
					v.step = func(string) error { return nil }
				}
				for owner, change := range c.harm {
					forge(t, v, owner, change)
				}
				state, err := v.info(t.Context())
				must(t, err)
				for range 3 {
					_, err = v.Rotate(t.Context(), nil)
					for _, target := range c.want {
						want(t, err, target, append(c.text, "backup", "erased")...)
					}
					if now, err := v.info(t.Context()); err != nil || now.LastSeq != state.LastSeq || now.Bytes != state.Bytes {
						t.Fatalf("the stream grew: %+v, before %+v, %v", now, state, err)
					}
				}
				for owner := range c.harm {
					_, err := v.Erase(t.Context(), owner)
					must(t, err)
				}
				r, err := v.Rotate(t.Context(), nil)
				must(t, err)
				must(t, p.ring.EndKEK())
				if r.Erased != len(c.harm) || r.Owners != 5-len(c.harm) {
					t.Errorf("report %+v", r)
				}
				v = p.open(t)
				for i, s := range all {
					if _, bad := c.harm[fmt.Sprintf("P%05d", i)]; bad {
						want(t, s.open(v), ErrErased)
					} else {
						must(t, s.open(v))
					}
				}
				kek, _ := p.ring.KEK()
				everyMessageUnder(t, v, kek)
			})
		}
	}
}

// So does one with rows that the server cannot read, and a row of another kind.
func TestRotateNamesAllReasons(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	fill(t, v, 20)
	p.stop()
	damage(t, p.dir, `"owner":"P00019"`)
	p.nc, p.stop = start(t, p.dir, "")
	v = p.openWith(t, p.ring, Options{Timeout: time.Second})
	for i := range 12 {
		put(t, v, fmt.Sprintf("P%05d", i), []byte("nonsense"))
	}
	must(t, p.ring.BeginKEK())
	before, err := v.info(t.Context())
	must(t, err)
	_, err = v.Rotate(t.Context(), nil)
	want(t, err, ErrDamaged, "13 persons", "(P00019)")
	want(t, err, ErrForged, "P00000, P00001, ", "P00009 and 2 more)")
	if after, err := v.info(t.Context()); err != nil || after.LastSeq != before.LastSeq {
		t.Errorf("something was written: %v", err)
	}
	if strings.Contains(err.Error(), "nonsense") {
		t.Error("the error quotes a row")
	}
}

// A row that stands in nobody's way: it is under the current KEK, and nothing
// is to be stored anew.
func TestForgedUnderTheCurrentKEK(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	fill(t, v, 3)
	r, _ := wrapped(t, v, "P00001")
	rotateAll(t, p, v, t.TempDir())
	r.KEK, _ = p.ring.KEK()
	body, err := json.Marshal(r)
	must(t, err)
	put(t, v, "P00001", body)
	_, err = v.Rotate(t.Context(), nil)
	must(t, err)
	must(t, p.ring.BeginKEK())
	_, err = v.Rotate(t.Context(), nil)
	want(t, err, ErrForged, "P00001")
}

// blanked counts the bytes of all blanks.
func blanked(t testing.TB, v *Vault) (bytes int) {
	t.Helper()
	must(t, scanAll(t, v, func(owner string, _ uint64, body []byte) error {
		if owner == "" {
			bytes += len(body)
		}
		return nil
	}))
	return bytes
}

// A rotation that is cut short again and again makes room once.
func TestResumedRotationReusesBlanks(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	all := fill(t, v, 8)
	must(t, p.ring.BeginKEK())
	_, err := v.blank(t.Context(), 300) // cut short at once
	must(t, err)
	for i := range 3 {
		v = p.open(t)
		v.maxBatch = 2
		crashAt(v, "batch", 1)
		_, err := v.Rotate(t.Context(), nil)
		want(t, err, errCrash)
		v.step = func(string) error { return nil }
		all = append(all, seal(t, v, fmt.Sprintf("NEW%d/identity", i)))
		if n := blanked(t, v); n != v.blankBytes {
			t.Fatalf("%d bytes of blanks after attempt %d, want %d", n, i, v.blankBytes)
		}
	}
	r, err := v.Rotate(t.Context(), nil)
	must(t, err)
	if r.Rewrapped != 2 || r.Owners != 11 || blanked(t, v) != 0 {
		t.Errorf("%+v, %d bytes of blanks", r, blanked(t, v))
	}
	must(t, p.ring.EndKEK())
	v = p.open(t)
	for _, s := range all {
		must(t, s.open(v))
	}
}

// Blanks serve only if nothing that an earlier KEK has wrapped comes after them,
// or may have come and been deleted.
func TestBlanksThatDoNotServe(t *testing.T) {
	for name, after := range map[string]func(t *testing.T, p *place, v *Vault, old []byte){
		"a row under another KEK": func(t *testing.T, _ *place, v *Vault, old []byte) { put(t, v, "P00001", old) },
		"one that was deleted": func(t *testing.T, _ *place, v *Vault, old []byte) {
			put(t, v, "P00001", old)
			_, err := v.Erase(t.Context(), "P00001")
			must(t, err)
		},
		"one that was the last": func(t *testing.T, _ *place, v *Vault, old []byte) {
			put(t, v, "P00001", old)
			state, err := v.info(t.Context())
			must(t, err)
			must(t, v.delete(t.Context(), state.LastSeq))
		},
		"another change of the KEK": func(t *testing.T, p *place, v *Vault, _ []byte) {
			_, err := v.Rotate(t.Context(), nil)
			must(t, err)
			_, err = v.blank(t.Context(), v.blankBytes)
			must(t, err)
			seal(t, v, "LATE/identity")
			must(t, p.ring.EndKEK())
			must(t, p.ring.BeginKEK())
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			v := p.open(t)
			fill(t, v, 3)
			r, _ := wrapped(t, v, "P00001")
			old, err := json.Marshal(r)
			must(t, err)
			must(t, p.ring.BeginKEK())
			crashAt(v, "batch", 1)
			_, err = v.Rotate(t.Context(), nil)
			want(t, err, errCrash)
			v.step = func(string) error { return nil }
			after(t, p, v, old)
			last, err := v.info(t.Context())
			must(t, err)
			seen := 0
			v.step = func(step string) error {
				if step == "blank" {
					seen++
				}
				return nil
			}
			_, err = v.Rotate(t.Context(), nil)
			must(t, err)
			if state, err := v.info(t.Context()); err != nil || seen != 1 || state.FirstSeq <= last.LastSeq {
				t.Errorf("%d times blanks were written, the stream begins at %d, %v", seen, state.FirstSeq, err)
			}
		})
	}
}

// A row that was stored under the new KEK before the blanks shares a file with
// rows under the old one. It has to leave also if a rotation is cut short when
// nothing else is left to do.
func TestResumedRotationLeavesNoFile(t *testing.T) {
	p := newPlaceWith(t, strings.Repeat("k", 32))
	v := full(p.open(t))
	fill(t, v, 3)
	must(t, p.ring.BeginKEK())
	early := seal(t, v, "EARLY/identity")
	before := p.blocks(t)
	v.maxBatch = 3
	crashAt(v, "batch", 1)
	_, err := v.Rotate(t.Context(), nil)
	want(t, err, errCrash)
	kek, _ := p.ring.KEK()
	if s, err := v.Status(t.Context()); err != nil || s.Rows[kek] != 4 {
		t.Fatalf("status %+v %v", s, err)
	}
	p.restart(t)
	v = full(p.open(t))
	_, err = v.Rotate(t.Context(), nil)
	must(t, err)
	for _, f := range before {
		if _, err := os.Stat(f); err == nil {
			t.Errorf("%s, in which the old KEK has wrapped keys, is still there", f)
		}
	}
	must(t, early.open(p.open(t)))
}
