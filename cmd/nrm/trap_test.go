package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nrm/domain"
	"nrm/eventstore/keyfile"
	"nrm/projections"
)

// TestViewsAloneEraseNobody has somebody write into the views that a person is to
// be erased. The log knows nothing of it, so nothing is destroyed.
func TestViewsAloneEraseNobody(t *testing.T) {
	at := newRegister(t)
	refs := people(t, at, 2)
	r := openRegister(t, at)
	r.caughtUp()
	before := r.node.ring.Generation()
	e := &eraser{node: r.node, views: lying{r.views, refs}}
	if n, err := e.run(t.Context()); err == nil || n != 0 || !strings.Contains(err.Error(), "nothing was destroyed") {
		t.Errorf("%d erased, %v", n, err)
	}
	if after := r.node.ring.Generation(); after != before {
		t.Errorf("the key was changed for nobody: generation %d, then %d", before, after)
	}
	for _, ref := range refs {
		if page, err := r.views.Case(t.Context(), anOfficer, now(), ref); err != nil || page.Person.Identity == nil {
			t.Errorf("a name is gone: %v", err)
		}
	}
	r.close()
	verified(t, at)
}

// lying are views that somebody has written into.
type lying struct {
	*projections.Views
	refs []domain.Ref
}

func (l lying) Unfinished(context.Context) ([]domain.Ref, error) { return l.refs, nil }

// TestStorageKeyCutShort stops a change of the storage key before the canary
// knows of it, and after. Every start finishes it.
func TestStorageKeyCutShort(t *testing.T) {
	for name, marked := range map[string]bool{"before the canary": false, "after the canary": true} {
		t.Run(name, func(t *testing.T) {
			at := newRegister(t)
			people(t, at, 2)
			ring, err := keyfile.Read(at.keys)
			if err != nil {
				t.Fatal(err)
			}
			if err := ring.BeginStorage(); err != nil {
				t.Fatal(err)
			}
			if marked {
				if err := ring.Mark(at.data); err != nil {
					t.Fatal(err)
				}
			}
			r := openRegister(t, at)
			r.caughtUp()
			searched(t, r.views, "Sınaqova 1", 2)
			r.close()
			if changing(t, at) {
				t.Error("the change is not finished")
			}
			verified(t, at)
		})
	}
}

// TestLookingAtACopy verifies a copy while a change of keys is under way. The
// original keeps the keys that it needs.
func TestLookingAtACopy(t *testing.T) {
	for name, begin := range map[string]func(*keyfile.Ring) error{"key-encryption key": (*keyfile.Ring).BeginKEK, "storage key": (*keyfile.Ring).BeginStorage} {
		t.Run(name, func(t *testing.T) {
			at := newRegister(t)
			people(t, at, 2)
			ring, err := keyfile.Read(at.keys)
			if err := errors.Join(err, begin(ring), ring.Mark(at.data)); err != nil {
				t.Fatal(err)
			}
			copied := at
			copied.data = filepath.Join(t.TempDir(), "copy")
			copyFolder(t, copied.data, at.data)
			verified(t, copied)
			if out, code := nrm(t, copied, "rebuild"); code != 0 {
				t.Fatal(out)
			}
			if !changing(t, at) {
				t.Fatal("looking at a copy has finished the change")
			}
			verified(t, at)
			r := openRegister(t, at) // this finishes it
			r.close()
			if changing(t, at) {
				t.Error("the change is not finished")
			}
			verified(t, at)
		})
	}
}

// TestInitTouchesNoRemains: what is left of a register whose log is away is not
// taken for an empty folder.
func TestInitTouchesNoRemains(t *testing.T) {
	at := newRegister(t)
	people(t, at, 2)
	away := filepath.Join(t.TempDir(), "jetstream")
	for name, part := range map[string]string{
		"the whole log": "jetstream", "the stream of keys": filepath.Join("jetstream", "$G", "streams", "NRMKEYS"),
		"the stream of decisions": filepath.Join("jetstream", "$G", "streams", "NRM"),
	} {
		if err := os.Rename(filepath.Join(at.data, part), away); err != nil {
			t.Fatal(err)
		}
		before := fingerprint(t, at.data)
		out, code := nrm(t, at, "init")
		if code != 1 || !strings.Contains(out, "nothing was changed") || fingerprint(t, at.data) != before {
			t.Errorf("%s: exit %d, %s", name, code, out)
		}
		if err := errors.Join(os.RemoveAll(filepath.Join(at.data, part)), os.Rename(away, filepath.Join(at.data, part))); err != nil {
			t.Fatal(err)
		}
	}
	if out, code := nrm(t, at, "key", "init"); code != 1 || !strings.Contains(out, "already") {
		t.Errorf("a second key file: exit %d, %s", code, out)
	}
	verified(t, at)
}

// TestCanaryLost is the way out when the canary is gone or damaged.
func TestCanaryLost(t *testing.T) {
	at := newRegister(t)
	people(t, at, 2)
	canary := filepath.Join(at.data, "canary.json")
	foreign := newRegister(t)
	for _, damage := range []func() error{
		func() error { return os.Remove(canary) },
		func() error { return os.WriteFile(canary, []byte("{"), 0o600) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := openNode(t.Context(), at, quiet()); err == nil {
			t.Fatal("it starts without a canary")
		}
		wrong := places{data: at.data, keys: foreign.keys, checkpoints: at.checkpoints}
		if out, code := nrm(t, wrong, "key", "adopt"); code != 1 {
			t.Errorf("a foreign key file is adopted: %s", out)
		}
		if out, code := nrm(t, at, "key", "adopt"); code != 0 {
			t.Errorf("exit %d: %s", code, out)
		}
		verified(t, at)
	}
}
