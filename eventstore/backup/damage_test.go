package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"

	"nrm/eventstore/backup"
	"nrm/eventstore/keyfile"
)

// entries takes a backup apart, encrypted as it is.
func entries(t *testing.T, path string, id age.Identity) (all []entry) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	plain, err := age.Decrypt(f, id)
	must(t, err)
	tr := tar.NewReader(plain)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		must(t, err)
		b, err := io.ReadAll(tr)
		must(t, err)
		all = append(all, entry{h.Name, b})
	}
}

type entry struct {
	name string
	body []byte
}

// put makes a file of entries, encrypted for the identity: what somebody can do
// who knows nothing but the recipient.
func put(t *testing.T, id *age.X25519Identity, all []entry) string {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	must(t, err)
	tw := tar.NewWriter(w)
	for _, e := range all {
		must(t, tw.WriteHeader(&tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.body)), Format: tar.FormatPAX}))
		_, err := tw.Write(e.body)
		must(t, err)
	}
	must(t, errors.Join(tw.Close(), w.Close()))
	path := filepath.Join(t.TempDir(), "made.age")
	must(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

// TestDamagedFiles damages the file in every way that a disk, a copy or a person
// can: each is found, and named for what it is.
func TestDamagedFiles(t *testing.T) {
	r := newRegister(t)
	must(t, os.WriteFile(filepath.Join(r.dir, "accounts.json"), []byte(`{}`), 0o600))
	r.bare(t, 3000, 1024) // several pieces
	id := newIdentity(t)
	path := filepath.Join(t.TempDir(), "b.age")
	r.backup(t, path, id.Recipient())
	whole, err := os.ReadFile(path)
	must(t, err)
	good := entries(t, path, id)
	if len(good) < 8 || good[2].name != "log/00000001" {
		t.Fatalf("there are only %d entries: the test shows little", len(good))
	}
	as := func(b []byte) string {
		path := filepath.Join(t.TempDir(), "made.age")
		must(t, os.WriteFile(path, b, 0o600))
		return path
	}
	flip := func(at int) string {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		return as(b)
	}
	change := func(f func([]entry) []entry) string {
		copied := make([]entry, len(good))
		for i, e := range good {
			copied[i] = entry{e.name, bytes.Clone(e.body)}
		}
		return put(t, id, f(copied))
	}
	last := len(good) - 1
	for name, c := range map[string]struct {
		path string
		want error
		text string
	}{
		"empty":                    {as(nil), backup.ErrNotBackup, "not an age file"},
		"no age file":              {as([]byte(strings.Repeat("something else\n", 100))), backup.ErrNotBackup, "not an age file"},
		"another age file":         {put(t, id, []entry{{"letter.txt", []byte("hello")}}), backup.ErrNotBackup, ""},
		"cut in the age header":    {as(whole[:50]), backup.ErrNotBackup, ""},
		"cut at the start":         {as(whole[:1000]), nil, "damaged"},
		"cut in the middle":        {as(whole[:len(whole)/2]), backup.ErrDamaged, ""},
		"cut by a byte":            {as(whole[:len(whole)-1]), backup.ErrDamaged, ""},
		"longer":                   {as(append(bytes.Clone(whole), 0)), backup.ErrDamaged, ""},
		"a bit at the start":       {flip(len(whole) / 100), nil, "damaged"},
		"a bit in the middle":      {flip(len(whole) / 2), backup.ErrDamaged, ""},
		"a bit at the end":         {flip(len(whole) - 5), backup.ErrDamaged, ""},
		"chunks exchanged":         {as(exchange(whole)), backup.ErrDamaged, ""},
		"pieces exchanged":         {change(func(e []entry) []entry { e[1], e[2] = e[2], e[1]; return e }), backup.ErrDamaged, "in the place of"},
		"pieces renamed":           {change(func(e []entry) []entry { e[1].body, e[2].body = e[2].body, e[1].body; return e }), nil, ""},
		"a piece missing":          {change(func(e []entry) []entry { return append(e[:2], e[3:]...) }), nil, ""},
		"the keys missing":         {change(func(e []entry) []entry { return without(e, "keys/") }), backup.ErrDamaged, "not where it belongs"},
		"the accounts missing":     {change(func(e []entry) []entry { return without(e, "accounts/") }), backup.ErrDamaged, "its parts are"},
		"the accounts changed":     {change(func(e []entry) []entry { find(e, "accounts/").body = []byte(`{"a":1}`); return e }), backup.ErrDamaged, "its parts are"},
		"a part more":              {change(func(e []entry) []entry { return append(e[:1:1], append([]entry{{"more/00000000", nil}}, e[1:]...)...) }), backup.ErrDamaged, "more/00000000"},
		"no manifest":              {change(func(e []entry) []entry { return e[:last-1] }), backup.ErrDamaged, "ends before manifest.json"},
		"no signature":             {change(func(e []entry) []entry { return e[:last] }), backup.ErrDamaged, "ends before signature.txt"},
		"another manifest":         {change(func(e []entry) []entry { edit(e, "manifest.json", `"position": 3`, `"position": 4`); return e }), backup.ErrForged, ""},
		"more after the end":       {change(func(e []entry) []entry { return append(e, entry{"log/00000000", nil}) }), backup.ErrDamaged, "comes after its end"},
		"a later version":          {change(func(e []entry) []entry { edit(e, "backup.json", "nrm backup 1", "nrm backup 2"); return e }), backup.ErrNotBackup, "nrm backup 2"},
		"another beginning":        {change(func(e []entry) []entry { edit(e, "backup.json", `"generation": 1`, `"generation": 2`); return e }), backup.ErrDamaged, "beginning"},
		"the beginning is no JSON": {change(func(e []entry) []entry { e[0].body = []byte("x"); return e }), backup.ErrNotBackup, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := loaded(t, c.path, id, r.ring.VerifierKey())
			if err == nil {
				t.Fatal("it was taken for a good one")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %v and %q", err, c.want, c.text)
			}
		})
	}
	_, _, err = loaded(t, change(func(e []entry) []entry { return e }), id, r.ring.VerifierKey())
	must(t, err) // it is not the taking apart that was refused
	_, _, err = loaded(t, path, newIdentity(t), r.ring.VerifierKey())
	want(t, err, backup.ErrIdentity)
	other, err := keyfile.Create(filepath.Join(t.TempDir(), "other.key"))
	must(t, err)
	_, _, err = loaded(t, path, id, other.VerifierKey())
	want(t, err, backup.ErrForged)
}

// exchange exchanges two of age's chunks of 64 KiB.
func exchange(b []byte) []byte {
	b = bytes.Clone(b)
	const chunk = 64<<10 + 16
	x, y := b[len(b)-3*chunk:len(b)-2*chunk], b[len(b)-2*chunk:len(b)-chunk]
	for i := range x {
		x[i], y[i] = y[i], x[i]
	}
	return b
}

func without(all []entry, prefix string) (left []entry) {
	for _, e := range all {
		if !strings.HasPrefix(e.name, prefix) {
			left = append(left, e)
		}
	}
	return left
}

func find(all []entry, prefix string) *entry {
	for i := range all {
		if strings.HasPrefix(all[i].name, prefix) {
			return &all[i]
		}
	}
	panic("no " + prefix)
}

func edit(all []entry, name, from, to string) {
	e := find(all, name)
	if !bytes.Contains(e.body, []byte(from)) {
		panic(name + " has no " + from)
	}
	e.body = bytes.Replace(e.body, []byte(from), []byte(to), 1)
}

// TestNamesThatAreTaken: a backup never replaces, follows or waits for anything.
func TestNamesThatAreTaken(t *testing.T) {
	r := newRegister(t)
	id := newIdentity(t)
	make := func(path string) error {
		_, err := backup.Create(t.Context(), path, r.produce, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
		return err
	}
	for name, take := range map[string]func(path string) error{
		"file":        func(p string) error { return os.WriteFile(p, []byte("precious"), 0o600) },
		"folder":      func(p string) error { return os.Mkdir(p, 0o700) },
		"pipe":        func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"link":        func(p string) error { return os.Symlink(p+".elsewhere", p) },
		"part link":   func(p string) error { return os.Symlink(p+".elsewhere", p+".part") },
		"part pipe":   func(p string) error { return syscall.Mkfifo(p+".part", 0o600) },
		"part folder": func(p string) error { return os.Mkdir(p+".part", 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "b.age")
			must(t, take(path))
			if err := make(path); err == nil {
				t.Error("a backup was made")
			}
			if _, err := os.Stat(path + ".elsewhere"); err == nil {
				t.Error("a link was followed")
			}
		})
	}
	// Two at once to one file.
	path := filepath.Join(t.TempDir(), "b.age")
	_, err := backup.Create(t.Context(), path, func(ctx context.Context, w io.Writer) error {
		want(t, make(path), backup.ErrBusy)
		return r.produce(ctx, w)
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	must(t, err)
	// One that comes while the other is being made keeps its name.
	path = filepath.Join(t.TempDir(), "b.age")
	_, err = backup.Create(t.Context(), path, func(ctx context.Context, w io.Writer) error {
		must(t, os.WriteFile(path, []byte("precious"), 0o600))
		return r.produce(ctx, w)
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	want(t, err, backup.ErrExists)
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	only(t, filepath.Dir(path), "b.age")
}

// TestDiskFull fills the disk at every stage: in the file, and in the trial.
// There is no backup then, and what was written is gone.
func TestDiskFull(t *testing.T) {
	r := newRegister(t)
	r.bare(t, 4000, 1024) // 4 MB, hardly compressed
	id := newIdentity(t)
	for _, c := range []struct{ mib, ok int }{{1, 0}, {3, 0}, {64, 1}} {
		dir := t.TempDir()
		if err := unix.Mount("none", dir, "tmpfs", 0, "size="+[]string{1: "1m", 3: "3m", 64: "64m"}[c.mib]); err != nil {
			t.Skipf("a small disk cannot be made here: %v", err)
		}
		defer func() { must(t, unix.Unmount(dir, 0)) }()
		path := filepath.Join(dir, "b.age")
		_, err := backup.Create(t.Context(), path, r.produce, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
		if c.ok == 1 {
			must(t, err)
			only(t, dir, "b.age")
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("with %d MiB: %v", c.mib, err)
		}
		only(t, dir)
	}
}

// TestGivenUp ends a backup in the middle by its context: nothing is left.
func TestGivenUp(t *testing.T) {
	r := newRegister(t)
	r.bare(t, 1000, 1024)
	id := newIdentity(t)
	for _, stage := range []string{"writing", "reading back", "checking"} {
		ctx, stop := context.WithCancel(t.Context())
		dir := t.TempDir()
		_, err := backup.Create(ctx, filepath.Join(dir, "b.age"), r.produce, backup.Options{
			Recipients: []age.Recipient{id.Recipient()},
			Progress: func(s string, _, _ uint64) {
				if s == stage {
					stop()
				}
			},
		})
		stop()
		want(t, err, context.Canceled)
		only(t, dir)
	}
}

// TestForged makes a backup with a history of its own that somebody signs with
// a key of theirs: it is refused, whatever it says of itself.
func TestForged(t *testing.T) {
	r, theirs := newRegister(t), newRegister(t)
	theirs.fill(t, 10)
	id := newIdentity(t)
	path := filepath.Join(t.TempDir(), "b.age")
	theirs.backup(t, path, id.Recipient())
	began := false
	_, err := backup.Load(t.Context(), path, []age.Identity{id}, backup.Target{
		VKey:  r.ring.VerifierKey(),
		Begin: func(h backup.Header) (*nats.Conn, error) { began = true; return nil, keyfile.ErrForeign },
	})
	want(t, err, keyfile.ErrForeign)
	if !began {
		t.Error("nobody was asked")
	}
	_, _, err = loaded(t, path, id, r.ring.VerifierKey())
	want(t, err, backup.ErrForged)
}
