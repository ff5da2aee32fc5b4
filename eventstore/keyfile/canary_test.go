package keyfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"nrm/eventstore/keyfile"
)

// keep gives a copy of the key file as it is now, read by another process.
func keep(t *testing.T, r *keyfile.Ring) (load func() *keyfile.Ring) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.key")
	must(t, os.WriteFile(path, content(t, r.Path()), 0o600))
	return func() *keyfile.Ring { return read(t, path) }
}

func marked(t *testing.T) (*keyfile.Ring, string) {
	t.Helper()
	r, dir := create(t), t.TempDir()
	want(t, r.Check(dir), keyfile.ErrNoCanary, "canary.json")
	must(t, r.Mark(dir))
	must(t, r.Check(dir))
	return r, dir
}

// A change of keys may end after any of its steps, or be repeated from any of
// them: the file always fits the data, and only as old a copy as has all keys.
func TestCrashBetweenSteps(t *testing.T) {
	type steps []struct {
		name string
		do   func(r *keyfile.Ring, dir string) error
		old  error // of the key file from before the change, from then on
	}
	mark := func(r *keyfile.Ring, dir string) error { return r.Mark(dir) }
	nothing := func(*keyfile.Ring, string) error { return nil }
	for name, steps := range map[string]steps{
		"kek": {
			{"before", nothing, nil},
			{"BeginKEK", func(r *keyfile.Ring, _ string) error { return r.BeginKEK() }, nil},
			{"Mark", mark, keyfile.ErrOutdated},
			{"wrap anew", nothing, keyfile.ErrOutdated},
			{"EndKEK", func(r *keyfile.Ring, _ string) error { return r.EndKEK() }, keyfile.ErrOutdated},
			{"Mark", mark, keyfile.ErrOutdated},
		},
		"storage": {
			{"before", nothing, nil},
			{"BeginStorage", func(r *keyfile.Ring, _ string) error { return r.BeginStorage() }, nil},
			{"Mark", mark, keyfile.ErrOutdated},
			{"start once", nothing, keyfile.ErrOutdated},
			{"EndStorage", func(r *keyfile.Ring, _ string) error { return r.EndStorage() }, keyfile.ErrOutdated},
			{"Mark", mark, keyfile.ErrOutdated},
		},
	} {
		for crash := range steps {
			t.Run(name+" crash after "+steps[crash].name, func(t *testing.T) {
				r, dir := marked(t)
				before := keep(t, r)
				for _, s := range steps[:crash+1] {
					must(t, s.do(r, dir))
				}
				r = read(t, r.Path()) // the process starts again
				must(t, r.Check(dir))
				if err := before().Check(dir); steps[crash].old == nil {
					must(t, err)
				} else {
					want(t, err, steps[crash].old, "latest copy")
					want(t, before().Mark(dir), steps[crash].old)
				}
				kek, _ := r.KEK()
				storage, _ := r.Storage()
				for _, s := range steps {
					must(t, s.do(r, dir))
					must(t, r.Check(dir))
					must(t, read(t, r.Path()).Check(dir))
				}
				if _, old := r.Storage(); r.Retiring() || old != "" {
					t.Error("the change was not finished")
				}
				begun := crash > 0 && crash < 4 // else the steps are a change of their own
				now, _ := r.KEK()
				key, _ := r.Storage()
				if begun && (now != kek || key != storage) {
					t.Error("carrying on began another change")
				}
				if err := before().Check(dir); err == nil {
					t.Error("the key file from before is still taken")
				}
			})
		}
	}
}

func TestCopyFromTheMiddleIsGood(t *testing.T) {
	r, dir := marked(t)
	must(t, r.BeginKEK())
	middle := keep(t, r)
	must(t, r.Mark(dir))
	must(t, r.EndKEK())
	must(t, r.Mark(dir))
	must(t, middle().Check(dir)) // has the new key as well
}

func TestBothChangesAtOnce(t *testing.T) {
	r, dir := marked(t)
	must(t, r.BeginKEK())
	must(t, r.BeginStorage())
	must(t, r.Mark(dir))
	must(t, r.EndStorage())
	must(t, read(t, r.Path()).Check(dir))
	must(t, r.Mark(dir))
	must(t, r.EndKEK())
	must(t, read(t, r.Path()).Check(dir))
}

func TestCheckRefuses(t *testing.T) {
	t.Run("another register's file", func(t *testing.T) {
		r, dir := marked(t)
		foreign := create(t)
		want(t, foreign.Check(dir), keyfile.ErrForeign, r.Register(), foreign.Register())
		want(t, foreign.Mark(dir), keyfile.ErrForeign)
		must(t, r.Check(dir))
	})
	t.Run("data from before a change", func(t *testing.T) {
		r, dir := marked(t)
		backup := content(t, filepath.Join(dir, "canary.json"))
		must(t, r.BeginKEK())
		must(t, r.Mark(dir))
		must(t, r.EndKEK())
		must(t, r.Mark(dir))
		must(t, os.WriteFile(filepath.Join(dir, "canary.json"), backup, 0o600))
		want(t, r.Check(dir), keyfile.ErrRetired, "from the time of this data")
	})
	t.Run("the same names with other secrets", func(t *testing.T) {
		for _, use := range []string{"kek", "storage"} {
			r, dir := marked(t)
			edit(t, r.Path(), func(b map[string]any) {
				b[use].(map[string]any)["key"] = bytes.Repeat([]byte{7}, 32)
			})
			want(t, read(t, r.Path()).Check(dir), keyfile.ErrWrong, use)
		}
	})
	t.Run("a retiring key with another secret", func(t *testing.T) {
		r, dir := marked(t)
		must(t, r.BeginKEK())
		must(t, r.Mark(dir))
		edit(t, r.Path(), func(b map[string]any) {
			b["retiring"].([]any)[0].(map[string]any)["key"] = bytes.Repeat([]byte{7}, 32)
		})
		want(t, read(t, r.Path()).Check(dir), keyfile.ErrWrong)
	})
	t.Run("changed twice from one copy", func(t *testing.T) {
		r, dir := marked(t)
		twin := keep(t, r)()
		must(t, twin.BeginKEK())
		must(t, twin.EndKEK())
		must(t, r.BeginKEK())
		must(t, r.Mark(dir))
		want(t, twin.Check(dir), keyfile.ErrWrong, "twice")
	})
	t.Run("a damaged canary", func(t *testing.T) {
		r, dir := marked(t)
		path := filepath.Join(dir, "canary.json")
		b := content(t, path)
		b[bytes.Index(b, []byte(`"mac": "`))+12] ^= 1
		must(t, os.WriteFile(path, b, 0o600))
		want(t, r.Check(dir), keyfile.ErrUnreadable, "damaged", path)
		want(t, r.Mark(dir), keyfile.ErrUnreadable)
	})
	t.Run("a key file in the data folder", func(t *testing.T) {
		dir := t.TempDir()
		r, err := keyfile.Create(filepath.Join(dir, "deep", "nrm.key"))
		must(t, err)
		want(t, r.Check(dir), keyfile.ErrMisplaced, "move it")
		want(t, r.Mark(dir), keyfile.ErrMisplaced)
		link := filepath.Join(t.TempDir(), "link")
		must(t, os.Symlink(r.Path(), link))
		want(t, read(t, link).Check(dir), keyfile.ErrMisplaced)
	})
}

func TestOutside(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	must(t, os.Mkdir(data, 0o700))
	must(t, os.Symlink(data, filepath.Join(dir, "link")))
	for path, inside := range map[string]bool{
		"data/nrm.key":         true,
		"data/a/b/nrm.key":     true,
		"link/nrm.key":         true,
		"other/../data/x.key":  true,
		"nrm.key":              false,
		"database/nrm.key":     false,
		"data/../keys/nrm.key": false,
	} {
		err := keyfile.Outside(filepath.Join(dir, path), data)
		if inside {
			want(t, err, keyfile.ErrMisplaced)
		} else {
			must(t, err)
		}
	}
	must(t, keyfile.Outside(filepath.Join(dir, "k"), filepath.Join(dir, "not", "yet")))
}

func TestCanaryTellsNoSecret(t *testing.T) {
	r, dir := marked(t)
	_, kek := r.KEK()
	storage, _ := r.Storage()
	b := content(t, filepath.Join(dir, "canary.json"))
	if bytes.Contains(b, kek) || bytes.Contains(b, []byte(storage)) || bytes.Contains(b, []byte("PRIVATE")) {
		t.Error("the canary holds a secret")
	}
}
