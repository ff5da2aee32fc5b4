package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/keyfile"
)

// rotateAll is a change of the KEK from beginning to end.
func rotateAll(t testing.TB, p *place, v *Vault, data string) Report {
	t.Helper()
	must(t, v.ring.BeginKEK())
	must(t, v.ring.Mark(data))
	r, err := v.Rotate(t.Context(), nil)
	must(t, err)
	must(t, v.ring.EndKEK())
	must(t, v.ring.Mark(data))
	return r
}

func TestRotate(t *testing.T) {
	p := newPlace(t)
	v, data := full(p.openWith(t, p.ring, Options{CacheOwners: 1})), t.TempDir()
	all := fill(t, v, 7)
	all = append(all, seal(t, v, "P00001/medical"))
	gone := seal(t, v, "X/identity")
	_, err := v.Erase(t.Context(), "X")
	must(t, err)
	old, oldSeq := wrapped(t, v, "P00000")
	var done, total int
	must(t, p.ring.BeginKEK())
	r, err := v.Rotate(t.Context(), func(d, n int) { done, total = d, n })
	must(t, err)
	must(t, p.ring.EndKEK())
	kek, _ := p.ring.KEK()
	if r.Owners != 7 || r.Keys != 8 || r.Rewrapped != 7 || r.Erased != 1 || r.KEK != kek || r.Took <= 0 || done != 8 || total != 8 {
		t.Errorf("report %+v, progress %d of %d", r, done, total)
	}
	s, err := v.Status(t.Context())
	must(t, err)
	if s.Rows[kek] != 7 || len(s.Rows) != 1 || s.Erased != 1 || s.Pending != 0 || s.Unreadable != 0 {
		t.Errorf("status %+v", s)
	}
	if _, err := v.stream.GetMsg(t.Context(), oldSeq); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("the old row is there: %v", err)
	}
	b := []byte(base64.StdEncoding.EncodeToString(old.Keys["identity"]))
	if bytes.Contains(p.files(t), b) {
		t.Error("what the old KEK has wrapped is in the files")
	}
	for range 3 {
		for _, s := range all {
			must(t, s.open(v))
		}
		want(t, gone.open(v), ErrErased)
		p.restart(t)
		v = p.open(t)
		if r := rotateAll(t, p, v, data); r.Rewrapped != 7 || r.Erased != 1 {
			t.Errorf("report %+v", r)
		}
	}
	// Nothing to do is no reason to write.
	before, err := v.info(t.Context())
	must(t, err)
	if r, err := v.Rotate(t.Context(), nil); err != nil || r.Rewrapped != 0 || r.Owners != 7 {
		t.Errorf("%+v %v", r, err)
	}
	if after, _ := v.info(t.Context()); after.LastSeq != before.LastSeq {
		t.Error("something was written")
	}
}

// A rotation may end after each of its steps, the key file's and the vault's.
func TestCrashInRotate(t *testing.T) {
	const owners = 13 // two batches
	for _, crash := range []struct {
		step string
		n    int
	}{{"begun", 1}, {"marked", 1}, {"blank", 1}, {"batch", 1}, {"batch", 2}, {"rewrapped", 1}, {"purged", 1}, {"rotated", 1}, {"ended", 1}} {
		t.Run(fmt.Sprint(crash.step, crash.n), func(t *testing.T) {
			t.Parallel()
			p, data := newPlace(t), t.TempDir()
			must(t, p.ring.Mark(data))
			v := p.open(t)
			some := seal(t, v, "A/identity")
			fillFast(t, v, owners-2)
			gone := seal(t, v, "X/identity")
			_, err := v.Erase(t.Context(), "X")
			must(t, err)
			oldKEK, _ := p.ring.KEK()

			crashAt(v, crash.step, crash.n)
			run := func(v *Vault) error {
				for _, s := range []struct {
					name string
					do   func() error
				}{
					{"begun", v.ring.BeginKEK},
					{"marked", func() error { return v.ring.Mark(data) }},
					{"rotated", func() error { _, err := v.Rotate(t.Context(), nil); return err }},
					{"ended", v.ring.EndKEK},
					{"", func() error { return v.ring.Mark(data) }},
				} {
					if err := errors.Join(s.do(), v.step(s.name)); err != nil {
						return err
					}
				}
				return nil
			}
			want(t, run(v), errCrash)

			p.restart(t)
			must(t, p.ring.Check(data))
			v = p.open(t)
			must(t, some.open(v))
			want(t, gone.open(v), ErrErased)
			late := seal(t, v, "B/identity")
			if p.ring.Retiring() {
				must(t, run(v))
			} else {
				must(t, p.ring.Mark(data))
			}

			p.restart(t)
			must(t, p.ring.Check(data))
			v = p.open(t)
			if _, kept := p.ring.OldKEK(oldKEK); kept {
				t.Error("the old KEK is kept")
			}
			s, err := v.Status(t.Context())
			must(t, err)
			kek, _ := p.ring.KEK()
			if s.Owners != owners || s.Rows[kek] != owners || s.Erased != 1 || s.Pending != 0 || p.ring.Generation() != 2 {
				t.Errorf("status %+v, generation %d", s, p.ring.Generation())
			}
			must(t, some.open(v))
			must(t, late.open(v))
			want(t, gone.open(v), ErrErased)
			openAll(t, v)
			everyMessageUnder(t, v, kek)
		})
	}
}

// fillFast makes three keys for each of n owners in batches.
func fillFast(t testing.TB, v *Vault, n int) {
	t.Helper()
	fillWith(t, v, n, "identity", "medical", "testimony")
}

func fillWith(t testing.TB, v *Vault, n int, compartments ...string) {
	t.Helper()
	id, with, err := v.kek()
	must(t, err)
	var batch []write
	for i := range n {
		owner := fmt.Sprintf("F%07d", i)
		plain := map[string][]byte{}
		for _, c := range compartments {
			plain[c] = newKey()
		}
		r := row{Owner: owner}.wrap(id, with, plain)
		body, err := json.Marshal(r)
		must(t, err)
		batch = append(batch, write{owner: owner, body: body})
		if len(batch) == maxBatch || i == n-1 {
			_, err := v.publishAll(t.Context(), batch)
			must(t, err)
			batch = batch[:0]
		}
	}
}

func scanAll(t testing.TB, v *Vault, f func(owner string, seq uint64, body []byte) error) error {
	t.Helper()
	state, err := v.info(t.Context())
	must(t, err)
	return v.scan(t.Context(), state.FirstSeq, state.LastSeq, f)
}

// openAll unwraps every row.
func openAll(t testing.TB, v *Vault) {
	t.Helper()
	must(t, scanAll(t, v, func(owner string, _ uint64, body []byte) error {
		r, err := parseRow(owner, body)
		if err == nil {
			_, err = v.unwrap(r)
		}
		return err
	}))
}

// everyMessageUnder looks at all that the stream holds, superseded or not.
func everyMessageUnder(t testing.TB, v *Vault, kek string) {
	t.Helper()
	must(t, scanAll(t, v, func(owner string, seq uint64, body []byte) error {
		if r, err := parseRow(owner, body); err != nil || r.KEK != kek {
			t.Errorf("position %d is %.100s: %v", seq, body, err)
		}
		return nil
	}))
}

// A copy of the key stream and a copy of the key file open nothing unless both
// are from the same side of a change.
func TestOldAndNewDoNotFit(t *testing.T) {
	p, data := newPlace(t), t.TempDir()
	must(t, p.ring.Mark(data))
	v := p.open(t)
	all := fill(t, v, 5)
	p.stop()
	oldStream, oldFile := t.TempDir(), filepath.Join(t.TempDir(), "nrm.key")
	must(t, os.CopyFS(oldStream, os.DirFS(p.dir)))
	oldMark := t.TempDir()
	must(t, os.CopyFS(oldMark, os.DirFS(data)))
	b, err := os.ReadFile(p.ring.Path())
	must(t, err)
	must(t, os.WriteFile(oldFile, b, 0o600))

	p.restart(t)
	rotateAll(t, p, p.open(t), data)
	p.restart(t)
	oldRing, err := keyfile.Read(oldFile)
	must(t, err)
	want(t, oldRing.Check(data), keyfile.ErrOutdated)
	want(t, p.ring.Check(oldMark), keyfile.ErrRetired)
	opens := func(v *Vault) (n int) {
		must(t, scanAll(t, v, func(owner string, seq uint64, body []byte) error {
			r, err := parseRow(owner, body)
			must(t, err)
			if _, err := v.unwrap(r); err == nil {
				n++
			} else {
				want(t, err, ErrNoKEK, r.KEK)
			}
			return nil
		}))
		return n
	}
	newVault := p.open(t)
	newKEK, _ := p.ring.KEK()
	if n := opens(newVault); n != 5 {
		t.Errorf("%d of 5 rows open", n)
	}
	crossed := p.openWith(t, oldRing, Options{})
	if n := opens(crossed); n != 0 {
		t.Errorf("the old key file opens %d rows of the new stream", n)
	}
	want(t, all[0].open(crossed), ErrNoKEK, newKEK)

	nc, _ := start(t, oldStream, "")
	for ring, n := range map[*keyfile.Ring]int{p.ring: 0, oldRing: 5} {
		v, err := Open(t.Context(), nc, ring, Options{})
		must(t, err)
		if got := opens(v); got != n {
			t.Errorf("%d rows of the old stream open with %s, want %d", got, ring, n)
		}
	}
}

// Two processes, and one of them does not know at first.
func TestWorkGoesOnWhileRotating(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	v, other := p.open(t), p.openWith(t, p.process(t), Options{CacheOwners: 5})
	v.maxBatch = maxBatch
	all := fill(t, v, 30)
	fillFast(t, v, 600)
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	erased := map[string]bool{}
	var next atomic.Int64
	var wg sync.WaitGroup
	for i, v := range []*Vault{v, other, other} {
		wg.Go(func() {
			for ctx.Err() == nil {
				time.Sleep(2 * time.Millisecond)
				n := next.Add(1)
				key := fmt.Sprintf("N%d/identity", n)
				box, err := v.Seal(t.Context(), key, []byte("ad of "+key), []byte("text of "+key))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				all = append(all, sealed{key, box})
				s := all[n%30]
				mu.Unlock()
				if err := s.open(v); err != nil {
					t.Error(s.key, err)
				}
				if n%12 == int64(i) {
					victim := fmt.Sprintf("F%07d", n)
					if n%8 < 4 || n >= 600 {
						victim = fmt.Sprintf("N%d", n)
					}
					if _, err := v.Erase(t.Context(), victim); err != nil {
						t.Error(err)
					}
					mu.Lock()
					erased[victim] = true
					mu.Unlock()
				}
			}
		})
	}
	data := t.TempDir()
	for range 2 {
		rotateAll(t, p, v, data)
	}
	stop()
	wg.Wait()
	rotateAll(t, p, v, data)
	p.restart(t)
	v = p.open(t)
	kek, _ := p.ring.KEK()
	for _, s := range all {
		owner, _, _ := splitKey(s.key)
		if err := s.open(v); erased[owner] {
			want(t, err, ErrErased)
		} else {
			must(t, err)
		}
	}
	openAll(t, v)
	everyMessageUnder(t, v, kek)
	s, err := v.Status(t.Context())
	must(t, err)
	if s.Erased != len(erased) || s.Owners+s.Erased != 630+int(next.Load()) || s.Pending != 0 {
		t.Errorf("status %+v, %d erased, %d new", s, len(erased), next.Load())
	}
}

// A process that has only read for a while finds the new KEK by itself.
func TestOtherProcessLearnsOfRotation(t *testing.T) {
	p := newPlace(t)
	v, reader := p.open(t), p.openWith(t, p.process(t), Options{})
	s := seal(t, v, "A/identity")
	rotateAll(t, p, v, t.TempDir())
	must(t, s.open(reader))
}

// The KEK is changed, all of it, while a process is between storing a new row
// and answering: the one that wraps the row is destroyed by then.
func TestKEKChangedUnderNewKeys(t *testing.T) {
	p, data := newPlace(t), t.TempDir()
	v, other := p.openWith(t, p.process(t), Options{}), p.open(t)
	seal(t, other, "B/identity")
	times := 0
	v.step = func(step string) error {
		if times++; times == 1 {
			must(t, p.ring.BeginKEK())
			must(t, p.ring.EndKEK()) // worse than any right order: nobody wraps A anew
			must(t, p.ring.Mark(data))
		}
		return nil
	}
	s := seal(t, v, "A/identity")
	if times != 2 {
		t.Errorf("%d rows were stored", times)
	}
	must(t, s.open(p.openWith(t, p.process(t), Options{})))
}
