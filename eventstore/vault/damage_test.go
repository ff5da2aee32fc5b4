package vault

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nrm/eventstore/keyfile"
)

// Rows that a process with an outdated ring stores between those that count.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	v, outdated := p.open(t), p.openWith(t, p.process(t), Options{})
	fill(t, v, 5)
	late, _ := wrapped(t, outdated, "P00003")
	must(t, p.ring.BeginKEK())
	crashAt(v, "rewrapped", 1)
	_, err := v.Rotate(t.Context(), nil)
	want(t, err, errCrash)
	v.step = func(string) error { return nil }
	body, err := json.Marshal(late)
	must(t, err)
	put(t, v, "P00003", body)
	put(t, v, "P00004", body) // and something bad, until it is erased
	_, err = v.Rotate(t.Context(), nil)
	want(t, err, ErrForged, "P00004")
	_, err = v.Erase(t.Context(), "P00004")
	must(t, err)
	r, err := v.Rotate(t.Context(), nil)
	must(t, err)
	must(t, p.ring.EndKEK())
	if r.Owners != 4 || r.Erased != 1 {
		t.Errorf("report %+v", r)
	}
	kek, _ := p.ring.KEK()
	everyMessageUnder(t, v, kek)
	openAll(t, v)
}

// An outdated process stores such a row in the middle of a rotation, when all
// have been wrapped anew: it is wrapped again, and must not be left behind.
func TestSweepWhileRotating(t *testing.T) {
	p := newPlace(t)
	v := p.open(t)
	all := fill(t, v, 5)
	late, _ := wrapped(t, v, "P00003")
	body, err := json.Marshal(late)
	must(t, err)
	must(t, p.ring.BeginKEK())
	times := 0
	v.step = func(step string) error {
		if step == "rewrapped" {
			if times++; times == 1 {
				put(t, v, "P00003", body)
			}
		}
		return nil
	}
	_, err = v.Rotate(t.Context(), nil)
	must(t, err)
	must(t, p.ring.EndKEK())
	if times != 2 {
		t.Errorf("%d passes", times)
	}
	kek, _ := p.ring.KEK()
	everyMessageUnder(t, v, kek)
	v = p.open(t)
	for _, s := range all {
		must(t, s.open(v))
	}
}

// Whoever is erased while everybody is counted is neither damaged nor missed.
func TestErasedWhileCounting(t *testing.T) {
	p := newPlace(t)
	v, other := p.open(t), p.open(t)
	fill(t, v, 5)
	n := 0
	v.step = func(step string) error {
		if step == "look" { // every time, so that looking again is no way out
			_, err := other.Erase(t.Context(), []string{"P00001", "P00002", "P00003", "P00004"}[n])
			n++
			return err
		}
		return nil
	}
	s, err := v.Status(t.Context())
	must(t, err)
	if n != 1 || s.Erased != 1 || s.Owners != 4 {
		t.Errorf("looked %d times: %+v", n, s)
	}
}

// The server loses a row without saying so. Rotate must not remove anything
// then, and Status must tell.
func TestSilentDamage(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	v := p.open(t)
	all := fill(t, v, 5)
	p.stop()
	damage(t, p.dir, `"owner":"P00002"`)
	damage(t, p.dir, `"owner":"P00004"`) // the last of all
	p.nc, p.stop = start(t, p.dir, "")
	v = p.openWith(t, p.ring, Options{Timeout: time.Second})
	want(t, all[2].open(v), ErrLost)
	must(t, p.ring.BeginKEK())
	_, err := v.Rotate(t.Context(), nil)
	want(t, err, ErrDamaged, "2 persons", "P00002, P00004")
	s, err := v.Status(t.Context())
	want(t, err, ErrDamaged, "P00002")
	if kek, _ := p.ring.KEK(); s.Owners != 3 || s.Rows[kek] != 0 {
		t.Errorf("status %+v", s)
	}
	// It makes no other keys in their place.
	_, err = v.Seal(t.Context(), "P00002/identity", nil, nil)
	want(t, err, ErrDamaged)
	for _, owner := range []string{"P00002", "P00004"} {
		_, err = v.Erase(t.Context(), owner)
		must(t, err)
	}
	_, err = v.Rotate(t.Context(), nil)
	must(t, err)
	want(t, all[2].open(v), ErrErased)
	must(t, all[3].open(v))
}

// damage flips a bit in the files where text is.
func damage(t testing.TB, dir, text string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream/*/streams", streamName, "msgs/*.blk"))
	must(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		must(t, err)
		if i := bytes.Index(b, []byte(text)); i >= 0 {
			b[i+3] ^= 1
			must(t, os.WriteFile(f, b, 0o600))
			n++
		}
	}
	if n == 0 {
		t.Fatal("nothing to damage")
	}
	return n
}

// A server with encryption does not overwrite what is deleted. Its files lose
// it with the next rotation.
func TestEncryptedServer(t *testing.T) {
	ring, err := keyfile.Create(filepath.Join(t.TempDir(), "storage.key"))
	must(t, err)
	storage, _ := ring.Storage()
	p, data := newPlaceWith(t, storage), t.TempDir()
	v := full(p.open(t))
	all := fill(t, v, 3)
	before := p.blocks(t)
	_, err = v.Erase(t.Context(), "P00000")
	must(t, err)
	if s, err := v.Status(t.Context()); err != nil || s.Pending != 1 {
		t.Errorf("status %+v %v", s, err)
	}
	must(t, p.ring.BeginKEK())
	early := seal(t, v, "EARLY/identity") // under the new KEK, in the old file
	rotateAll(t, p, v, data)
	must(t, early.open(p.open(t)))
	for _, f := range before {
		if _, err := os.Stat(f); err == nil {
			t.Errorf("%s from before the rotation is still there", f)
		}
	}
	p.restart(t)
	v = p.open(t)
	want(t, all[0].open(v), ErrErased)
	must(t, all[1].open(v))
	if s, err := v.Status(t.Context()); err != nil || s.Pending != 0 {
		t.Errorf("status %+v %v", s, err)
	}
}

func (p *place) blocks(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "jetstream/*/streams", streamName, "msgs/*.blk"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no files")
	}
	return files
}
