package keyfile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"nrm/eventstore/keyfile"
)

func create(t *testing.T) *keyfile.Ring {
	t.Helper()
	r, err := keyfile.Create(filepath.Join(t.TempDir(), "secrets", "nrm.key"))
	must(t, err)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err, target error, text ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
	for _, s := range text {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

func read(t testing.TB, path string) *keyfile.Ring {
	t.Helper()
	r, err := keyfile.Read(path)
	must(t, err)
	return r
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

func same(t testing.TB, a, b *keyfile.Ring) {
	t.Helper()
	show := func(r *keyfile.Ring) string {
		id, key := r.KEK()
		storage, old := r.Storage()
		return fmt.Sprintf("%s %d %s %x %s %s %x %s %t %v %v", r.Register(), r.Generation(), id, key, storage, old,
			r.Search(), r.VerifierKey(), r.Retiring(), r.Created(), r.Rotated())
	}
	if show(a) != show(b) {
		t.Fatalf("rings differ:\n%s\n%s", show(a), show(b))
	}
}

func TestCreateAndRead(t *testing.T) {
	r := create(t)
	again := read(t, r.Path())
	same(t, r, again)
	st, err := os.Stat(r.Path())
	must(t, err)
	if st.Mode() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	before := content(t, r.Path())
	_, err = keyfile.Create(r.Path())
	want(t, err, keyfile.ErrExists, r.Path())
	if !bytes.Equal(before, content(t, r.Path())) {
		t.Error("Create changed a file that was there")
	}
	if entries, _ := os.ReadDir(filepath.Dir(r.Path())); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}

	id, key := r.KEK()
	if len(key) != 32 || id == "" || len(r.Search()) != 32 || r.Generation() != 1 || r.Created().IsZero() || !r.Rotated().IsZero() || r.Changing() {
		t.Error("a fresh ring is not as it should be")
	}
	key[0]++
	if _, unchanged := r.KEK(); bytes.Equal(key, unchanged) {
		t.Error("KEK hands out its own memory")
	}
	signer, err := again.Signer()
	must(t, err)
	signed, err := note.Sign(&note.Note{Text: "tree\n"}, signer)
	must(t, err)
	verifier, err := note.NewVerifier(r.VerifierKey())
	must(t, err)
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
	if r.Origin() != "nrm/"+r.Register() || signer.Name() != r.Origin() {
		t.Errorf("origin %q, signer %q", r.Origin(), signer.Name())
	}
	other := create(t)
	if other.Register() == r.Register() || other.VerifierKey() == r.VerifierKey() {
		t.Error("two registers are the same")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(format, r); s != "key file "+r.Path() {
			t.Errorf("printed with %s the ring shows %q", format, s)
		}
	}
}

func TestUnusableFiles(t *testing.T) {
	flip := func(path string, t *testing.T) {
		b := content(t, path)
		i := bytes.Index(b, []byte(`"search": "`)) + 15
		b[i] ^= 1
		must(t, os.WriteFile(path, b, 0o600))
	}
	for _, c := range []struct {
		name string
		harm func(path string, t *testing.T)
		want error
		text string
	}{
		{"lost", func(p string, t *testing.T) { must(t, os.Remove(p)) }, keyfile.ErrLost, "nrm.key"},
		{"folder lost", func(p string, t *testing.T) { must(t, os.RemoveAll(filepath.Dir(p))) }, keyfile.ErrLost, "mounted"},
		{"group may read", func(p string, t *testing.T) { must(t, os.Chmod(p, 0o640)) }, keyfile.ErrUnreadable, "chmod 600"},
		{"others may write", func(p string, t *testing.T) { must(t, os.Chmod(p, 0o602)) }, keyfile.ErrUnreadable, "0602"},
		{"a bit flipped", flip, keyfile.ErrUnreadable, "damaged"},
		{"cut off", func(p string, t *testing.T) { must(t, os.Truncate(p, 300)) }, keyfile.ErrUnreadable, "cut off"},
		{"empty", func(p string, t *testing.T) { must(t, os.Truncate(p, 0)) }, keyfile.ErrUnreadable, "not a key file"},
		{"something else", func(p string, t *testing.T) { must(t, os.WriteFile(p, []byte("[shopping]"), 0o600)) }, keyfile.ErrUnreadable, "not a key file"},
		{"a later format", func(p string, t *testing.T) {
			must(t, os.WriteFile(p, bytes.Replace(content(t, p), []byte("nrm key file 1"), []byte("nrm key file 2"), 1), 0o600))
		}, keyfile.ErrUnreadable, "this version"},
		{"a folder", func(p string, t *testing.T) { must(t, os.Remove(p)); must(t, os.Mkdir(p, 0o700)) }, keyfile.ErrUnreadable, "not a file"},
		{"a key cut short", func(p string, t *testing.T) {
			edit(t, p, func(b map[string]any) { b["kek"].(map[string]any)["key"] = "AAAA" })
		}, keyfile.ErrUnreadable, "incomplete"},
		{"no search key", func(p string, t *testing.T) { edit(t, p, func(b map[string]any) { delete(b, "search") }) }, keyfile.ErrUnreadable, "search"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := create(t)
			c.harm(r.Path(), t)
			_, err := keyfile.Read(r.Path())
			want(t, err, c.want, c.text)
			// A running process keeps what it has, and writes nothing over it.
			before, _ := r.KEK()
			want(t, r.Reload(), c.want)
			want(t, r.BeginKEK(), c.want)
			if after, _ := r.KEK(); after != before || r.Retiring() {
				t.Error("the ring changed")
			}
		})
	}
}

// edit changes the body of a key file and makes its checksum fit.
func edit(t *testing.T, path string, f func(map[string]any)) {
	t.Helper()
	var e map[string]any
	must(t, json.Unmarshal(content(t, path), &e))
	f(e["body"].(map[string]any))
	body, err := json.Marshal(e["body"])
	must(t, err)
	sum := sha256.Sum256(body)
	e["body"], e["sha256"] = json.RawMessage(body), hex.EncodeToString(sum[:])
	b, err := json.Marshal(e)
	must(t, err)
	must(t, os.WriteFile(path, b, 0o600))
}

func TestKEKRotation(t *testing.T) {
	r := create(t)
	first, key1 := r.KEK()
	must(t, r.BeginKEK())
	second, key2 := r.KEK()
	if first == second || bytes.Equal(key1, key2) || !r.Retiring() || r.Generation() != 2 || r.Rotated().IsZero() {
		t.Fatal("BeginKEK did not change the key")
	}
	must(t, r.BeginKEK())
	if id, _ := r.KEK(); id != second || r.Generation() != 2 {
		t.Fatal("beginning twice changed the key twice")
	}
	same(t, r, read(t, r.Path()))
	for id, key := range map[string][]byte{first: key1, second: key2} {
		if got, ok := r.OldKEK(id); !ok || !bytes.Equal(got, key) {
			t.Errorf("%s is not kept", id)
		}
	}
	search := r.Search()
	must(t, r.EndKEK())
	ended := r.Search()
	must(t, r.EndKEK())
	if bytes.Equal(search, ended) || !bytes.Equal(ended, r.Search()) {
		t.Error("the search key changes once, with the key-encryption key")
	}
	same(t, r, read(t, r.Path()))
	if _, ok := r.OldKEK(first); ok || r.Retiring() {
		t.Error("the old key is kept")
	}
	if _, ok := r.OldKEK("kek-unknown"); ok {
		t.Error("an unknown key is there")
	}
}

func TestStorageRotation(t *testing.T) {
	r := create(t)
	first, none := r.Storage()
	search := r.Search()
	must(t, r.BeginStorage())
	second, old := r.Storage()
	if len(first) != 64 || none != "" || old != first || second == first || bytes.Equal(search, r.Search()) {
		t.Fatalf("storage %q %q, then %q %q", first, none, second, old)
	}
	search = r.Search()
	must(t, r.BeginStorage())
	if again, _ := r.Storage(); again != second || !bytes.Equal(search, r.Search()) {
		t.Fatal("beginning twice changed the key twice")
	}
	must(t, r.EndStorage())
	same(t, r, read(t, r.Path()))
	if key, old := r.Storage(); key != second || old != "" {
		t.Error("the old key is kept")
	}
}

func TestChanging(t *testing.T) {
	r := create(t)
	for i, step := range []struct {
		do       func() error
		changing bool
		retiring bool
	}{
		{r.BeginKEK, true, true},
		{r.BeginStorage, true, true},
		{r.EndKEK, true, false},
		{r.EndStorage, false, false},
		{r.BeginStorage, true, false},
		{r.EndStorage, false, false},
		{r.BeginKEK, true, true},
		{r.EndKEK, false, false},
	} {
		must(t, step.do())
		for _, ring := range []*keyfile.Ring{r, read(t, r.Path())} {
			if ring.Changing() != step.changing || ring.Retiring() != step.retiring || ring.Rotated().IsZero() {
				t.Errorf("after step %d: changing %t, retiring %t, rotated %v", i, ring.Changing(), ring.Retiring(), ring.Rotated())
			}
		}
	}
}

func TestTwoProcesses(t *testing.T) {
	r := create(t)
	other := read(t, r.Path())
	var wg sync.WaitGroup
	for range 4 {
		for _, ring := range []*keyfile.Ring{r, other} {
			wg.Go(func() {
				if err := ring.BeginKEK(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	must(t, r.Reload())
	must(t, other.Reload())
	same(t, r, other)
	if r.Generation() != 2 {
		t.Errorf("the key was changed %d times", r.Generation()-1)
	}
	must(t, other.EndKEK())
	must(t, r.Reload())
	same(t, r, other)
}

func TestReloadRefusesOtherFiles(t *testing.T) {
	r, foreign := create(t), create(t)
	older := content(t, r.Path())
	must(t, r.BeginKEK())
	must(t, os.WriteFile(r.Path(), older, 0o600))
	want(t, r.Reload(), keyfile.ErrOutdated, "generation 1", "generation 2")
	want(t, r.BeginKEK(), keyfile.ErrOutdated)
	must(t, os.WriteFile(r.Path(), content(t, foreign.Path()), 0o600))
	want(t, r.Reload(), keyfile.ErrForeign, foreign.Register())
	if r.Generation() != 2 || r.Register() == foreign.Register() {
		t.Error("the ring took over another file")
	}
}

func TestSymbolicLinkStays(t *testing.T) {
	r := create(t)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(r.Path(), link))
	linked := read(t, link)
	must(t, linked.BeginKEK())
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	same(t, linked, read(t, r.Path()))
}

// Crashes within a step leave these behind.
func TestLeftovers(t *testing.T) {
	t.Run("before the new file was in place", func(t *testing.T) {
		r := create(t)
		must(t, os.WriteFile(r.Path()+".new", content(t, r.Path()), 0o600))
		must(t, r.EndKEK()) // has nothing else to do
		if _, err := os.Stat(r.Path() + ".new"); err == nil {
			t.Error("secrets were left behind")
		}
		must(t, os.WriteFile(r.Path()+".new", []byte("half"), 0o600))
		must(t, r.BeginKEK())
		same(t, r, read(t, r.Path()))
	})
	t.Run("Create between its two names", func(t *testing.T) {
		r := create(t)
		must(t, os.Link(r.Path(), r.Path()+".new"))
		must(t, r.EndKEK())
		same(t, r, read(t, r.Path()))
	})
	t.Run("Create before the name", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "nrm.key")
		must(t, os.WriteFile(path+".new", []byte("half"), 0o600))
		_, err := keyfile.Read(path)
		want(t, err, keyfile.ErrLost)
		r, err := keyfile.Create(path)
		must(t, err)
		same(t, r, read(t, path))
	})
}

func TestOldFileIsOverwritten(t *testing.T) {
	r := create(t)
	must(t, os.Chmod(r.Path(), 0o400)) // protected by its owner
	old, err := os.Open(r.Path())
	must(t, err)
	defer old.Close()
	must(t, r.BeginKEK())
	b := make([]byte, 4096)
	n, _ := old.ReadAt(b, 0)
	if n == 0 || len(bytes.Trim(b[:n], "\x00")) > 0 {
		t.Error("the old file still has its content")
	}
	// A copy under a second name is somebody's business.
	must(t, os.Link(r.Path(), r.Path()+".copy"))
	before := content(t, r.Path())
	must(t, r.EndKEK())
	if !bytes.Equal(content(t, r.Path()+".copy"), before) {
		t.Error("a copy was overwritten")
	}
}
