package witness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"
)

func root(n int64) tlog.Hash { return tlog.RecordHash(fmt.Appendf(nil, "root %d", n)) }

// filled gives a folder with checkpoints of these sizes, one a day.
func filled(t testing.TB, sizes ...int64) (*Folder, key) {
	t.Helper()
	k := newKey(t, origin)
	f := must(OpenFolder(filepath.Join(t.TempDir(), "checkpoints"), k.vkey))(t)
	for i, size := range sizes {
		if err := f.Add(k.sign(t, size, root(size), noon.AddDate(0, 0, i))); err != nil {
			t.Fatal(err)
		}
	}
	return f, k
}

func sizes(list []Checkpoint) (all []int64) {
	for _, c := range list {
		all = append(all, c.Size)
	}
	return all
}

// all lists a folder, errors apart.
func all(t testing.TB, f *Folder) (list []Checkpoint, errs []error) {
	for c, err := range f.All(t.Context()) {
		if err != nil {
			errs = append(errs, err)
		} else {
			list = append(list, c)
		}
	}
	return list, errs
}

func TestFolder(t *testing.T) {
	f, k := filled(t, 3, 8, 1000000, 1000001)
	path := filepath.Join(f.Path(), "2026-03-16", "000001000000.txt")
	raw := must(os.ReadFile(path))(t)
	if c := must(Parse(raw, k.vkey))(t); c.Size != 1000000 {
		t.Errorf("%s is of %d", path, c.Size)
	}
	for name, f := range map[string]*Folder{"as filled": f, "opened again": must(OpenFolder(f.Path(), k.vkey))(t)} {
		t.Run(name, func(t *testing.T) {
			list, errs := all(t, f)
			if !slices.Equal(sizes(list), []int64{3, 8, 1000000, 1000001}) || errs != nil {
				t.Errorf("all: %v, %v", sizes(list), errs)
			}
			if list := must(f.List(2, 0))(t); !slices.Equal(sizes(list), []int64{1000001, 1000000}) {
				t.Errorf("the newest: %v", sizes(list))
			}
			if list := must(f.List(9, 1000000))(t); !slices.Equal(sizes(list), []int64{8, 3}) {
				t.Errorf("before: %v", sizes(list))
			}
			if c, found, err := f.At(8); c.Root != root(8) || !found || err != nil {
				t.Errorf("at 8: %+v, %v, %v", c, found, err)
			}
			if _, found, err := f.At(9); found || err != nil {
				t.Errorf("at 9: %v, %v", found, err)
			}
			if c, found, err := f.Latest(); c.Size != 1000001 || !found || err != nil {
				t.Errorf("latest: %v, %v, %v", c, found, err)
			}
		})
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	f, _ := filled(t)
	if _, found, err := f.Latest(); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if list, errs := all(t, f); list != nil || errs != nil {
		t.Errorf("%v, %v", list, errs)
	}
	if _, err := os.Stat(f.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading has made it: %v", err)
	}
}

func TestFolderOverwritesNothing(t *testing.T) {
	f, k := filled(t, 3, 8)
	path := filepath.Join(f.Path(), "2026-03-14", "000000000003.txt")
	before := must(os.ReadFile(path))(t)
	if err := f.Add(k.sign(t, 3, root(3), noon.Add(time.Hour))); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	wantErr(t, f.Add(k.sign(t, 3, root(4), noon)), ErrRewritten)
	wantErr(t, f.Add(newKey(t, origin).sign(t, 9, root(9), noon)), ErrForged)
	lying := k.sign(t, 9, root(9), noon)
	lying.Size = 10
	wantErr(t, f.Add(lying), ErrForged)
	if string(must(os.ReadFile(path))(t)) != string(before) {
		t.Error("the file has changed")
	}
	// An older one does not become the latest.
	if err := f.Add(k.sign(t, 5, root(5), noon)); err != nil {
		t.Fatal(err)
	}
	if c := must(readCheckpoint(filepath.Join(f.Path(), latestName), k.vkey))(t); c.Size != 8 {
		t.Errorf("latest: %v", c)
	}
	// One that another process has put there meanwhile.
	elsewhere := must(OpenFolder(f.Path(), k.vkey))(t)
	if err := elsewhere.Add(k.sign(t, 20, root(20), noon)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, f.Add(k.sign(t, 20, root(21), noon)), ErrRewritten)
}

func TestDamagedCheckpointFile(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"cut":      func(path string) error { return os.Truncate(path, 70) },
		"empty":    func(path string) error { return os.Truncate(path, 0) },
		"huge":     func(path string) error { return os.Truncate(path, 1<<40) },
		"a pipe":   func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600)) },
		"a folder": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"a link":   func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)) },
		"a bit":    flip(30),
		"a renamed": func(path string) error {
			return os.Rename(filepath.Join(path, "../../2026-03-14/000000000003.txt"), path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, k := filled(t, 3, 8, 9)
			path := filepath.Join(f.Path(), "2026-03-15", "000000000008.txt")
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			_, _, err := f.At(8)
			if !errors.Is(err, ErrUnreadable) && !errors.Is(err, ErrForged) || !strings.Contains(err.Error(), path) {
				t.Errorf("at: %v", err)
			}
			f = must(OpenFolder(f.Path(), k.vkey))(t)
			list, errs := all(t, f)
			if !slices.Contains(sizes(list), 9) || len(errs) == 0 {
				t.Errorf("all: %v, %v", sizes(list), errs)
			}
			if list, err := f.List(9, 0); !slices.Contains(sizes(list), 9) || err == nil {
				t.Errorf("list: %v, %v", sizes(list), err)
			}
			if c, _, err := f.Latest(); c.Size != 9 || err != nil {
				t.Errorf("latest: %v, %v", c, err)
			}
			if err := damage(filepath.Join(f.Path(), latestName)); name == "a renamed" {
				return
			} else if err != nil {
				t.Fatal(err)
			}
			if _, _, err := f.Latest(); err == nil || !strings.Contains(err.Error(), latestName) {
				t.Errorf("latest: %v", err)
			}
		})
	}
}

// flip changes one bit of a file.
func flip(at int64) func(string) error {
	return func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[at] ^= 1
		return os.WriteFile(path, b, 0o600)
	}
}

func TestLatestOutlivesItsFile(t *testing.T) {
	f, k := filled(t, 3, 8)
	if err := os.Remove(filepath.Join(f.Path(), "2026-03-15", "000000000008.txt")); err != nil {
		t.Fatal(err)
	}
	f = must(OpenFolder(f.Path(), k.vkey))(t)
	if c, found, err := f.Latest(); c.Size != 8 || !found || err != nil {
		t.Errorf("latest: %v, %v, %v", c, found, err)
	}
	if list, errs := all(t, f); !slices.Equal(sizes(list), []int64{3, 8}) || errs != nil {
		t.Errorf("all: %v, %v", sizes(list), errs)
	}
}

func TestLatestContradicts(t *testing.T) {
	f, k := filled(t, 3, 8)
	if err := os.WriteFile(filepath.Join(f.Path(), latestName), k.sign(t, 8, root(9), noon).Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := f.Latest()
	wantErr(t, err, ErrRewritten, latestName, "000000000008.txt")
	if list, _ := all(t, f); !slices.Equal(sizes(list), []int64{3, 8, 8}) {
		t.Errorf("all: %v", sizes(list))
	}
}

// TestAddAfterACrash finds what a crash can leave: a half-written file that has
// no name yet, and a checkpoint that is not in latest.txt.
func TestAddAfterACrash(t *testing.T) {
	f, k := filled(t, 3)
	half := filepath.Join(f.Path(), newName)
	if err := os.WriteFile(half, []byte("nrm/"), 0o600); err != nil {
		t.Fatal(err)
	}
	day := filepath.Join(f.Path(), "2026-03-14")
	if err := os.WriteFile(filepath.Join(day, "000000000008.txt"), k.sign(t, 8, root(8), noon).Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	// The same Add again, in the same process.
	if err := f.Add(k.sign(t, 8, root(8), noon)); err != nil {
		t.Fatal(err)
	}
	if c := must(readCheckpoint(filepath.Join(f.Path(), latestName), k.vkey))(t); c.Size != 8 {
		t.Errorf("%s is of %d", latestName, c.Size)
	}
	if _, err := os.Lstat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-written file is still there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(day, "000000000011.txt"), k.sign(t, 11, root(11), noon).Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	f = must(OpenFolder(f.Path(), k.vkey))(t)
	if c, _, err := f.Latest(); c.Size != 11 || err != nil {
		t.Errorf("latest: %v, %v", c, err)
	}
}

// TestFolderGone does not put checkpoints where the folder's disk should be.
func TestFolderGone(t *testing.T) {
	for name, empty := range map[string]bool{"nothing": false, "a mount point": true} {
		t.Run(name, func(t *testing.T) {
			f, k := filled(t, 3)
			away := f.Path() + ".away"
			if err := os.Rename(f.Path(), away); err != nil {
				t.Fatal(err)
			}
			if empty {
				if err := os.Mkdir(f.Path(), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Add(k.sign(t, 8, root(8), noon)); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("it was put somewhere: %v", err)
			}
			if empty {
				if err := os.Remove(f.Path()); err != nil { // is still empty
					t.Fatal(err)
				}
			}
			if err := os.Rename(away, f.Path()); err != nil {
				t.Fatal(err)
			}
			if err := f.Add(k.sign(t, 8, root(8), noon)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestFolderLeavesOthersAlone(t *testing.T) {
	f, k := filled(t, 3)
	for _, name := range []string{"README", "2026-03-14/notes", "2026-03-14/3.txt", "2026-03-14/-00000000003.txt", "2026-03-15"} {
		if err := os.WriteFile(filepath.Join(f.Path(), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f = must(OpenFolder(f.Path(), k.vkey))(t)
	if list, errs := all(t, f); !slices.Equal(sizes(list), []int64{3}) || errs != nil {
		t.Errorf("%v, %v", sizes(list), errs)
	}
}
