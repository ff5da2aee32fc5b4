package witness

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func TestKeeperProves(t *testing.T) {
	s := newStore(t)
	write(t, s, 40)
	d := newDesk(t, s)
	k := d.keeper(t)
	run(t, k)
	write(t, s, 63)
	if err := k.WaitFor(t.Context(), 63); err != nil {
		t.Fatal(err)
	}
	log := leaves(t, s)
	for seq := uint64(1); seq <= 63; seq++ {
		i := must(k.Prove(t.Context(), seq))(t)
		if err := i.Check(newKey(t, origin).vkey, d.key.vkey); err != nil {
			t.Fatalf("position %d: %v", seq, err)
		}
		if i.Leaf != tlog.RecordHash(log[seq-1].Record()) {
			t.Fatalf("position %d: the leaf is another message's", seq)
		}
		wantErr(t, i.Check(newKey(t, origin).vkey), ErrForged)
		for name, forge := range map[string]func(*Inclusion){
			"position": func(i *Inclusion) { i.Position = i.Position%63 + 1 },
			"beyond":   func(i *Inclusion) { i.Position = 64 },
			"none":     func(i *Inclusion) { i.Position = 0 },
			"leaf":     func(i *Inclusion) { i.Leaf[3]++ },
			"proof":    func(i *Inclusion) { i.Proof = i.Proof[1:] },
			"root":     func(i *Inclusion) { i.Checkpoint.Root[3]++ },
			"size":     func(i *Inclusion) { i.Checkpoint.Size++ },
		} {
			forged := i
			forge(&forged)
			if err := forged.Check(d.key.vkey); !errors.Is(err, ErrForged) {
				t.Fatalf("position %d, forged %s: %v", seq, name, err)
			}
		}
	}
	wantErr(t, second(k.Prove(t.Context(), 64)), ErrBeyond)
	wantErr(t, second(k.Prove(t.Context(), 0)), ErrBeyond)
}

func TestKeeperShowsConsistency(t *testing.T) {
	s := newStore(t)
	write(t, s, 60)
	d := newDesk(t, s)
	k := d.keeper(t)
	last := must(k.Checkpoint(t.Context()))(t)
	tree, checkpoints := witnessed(t, s, d.key)
	for range 50 {
		older := 1 + rand.Int64N(60)
		c := must(k.Consistency(t.Context(), older, 60))(t)
		old := d.key.sign(t, older, must(tree.Root(older))(t), noon)
		if err := c.Check(old, last); err != nil {
			t.Fatalf("%d to 60: %v", older, err)
		}
		wantErr(t, c.Check(d.key.sign(t, older, root(1), noon), last), ErrForged)
		c.OldRoot = root(1) // and now the proof says so too
		wantErr(t, c.Check(old, last), ErrForged)
		wantErr(t, c.Check(d.key.sign(t, older, root(1), noon), last), ErrForged)
	}
	c := must(k.Consistency(t.Context(), 20, 40))(t)
	if err := c.Check(checkpoints[1], checkpoints[3]); err != nil {
		t.Error(err)
	}
	wantErr(t, c.Check(checkpoints[0], checkpoints[3]), ErrForged)
	for _, bad := range [][2]int64{{0, 10}, {20, 10}, {10, 61}, {-1, 5}} {
		wantErr(t, second(k.Consistency(t.Context(), bad[0], bad[1])), ErrBeyond)
	}
}

// TestKeeperGoesOn restarts it, after a clean end and after crashes.
func TestKeeperGoesOn(t *testing.T) {
	s := &counting{Source: newStore(t)}
	write(t, s.Source.(*store), 25)
	d := newDesk(t, s)
	k := d.keeper(t)
	first := must(k.Checkpoint(t.Context()))(t)
	for i, damage := range []func(){
		func() {},
		func() { _ = os.Remove(d.treePath()) },
		func() { _ = os.Truncate(d.treePath(), 0) },
		func() { _ = os.Truncate(d.treePath(), length(20)-7) },
		func() {
			_ = os.WriteFile(d.treePath()+".new", []byte("left behind by a crash........................."), 0o600)
		},
	} {
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		damage()
		through := 30 + i
		write(t, s.Source.(*store), through)
		k = d.keeper(t)
		c := must(k.Checkpoint(t.Context()))(t)
		if c.Size != int64(through) || c.Root != must(rootOf(t, s, c.Size), nil)(t) {
			t.Fatalf("crash %d: %+v", i, c)
		}
		if err := must(k.Consistency(t.Context(), first.Size, c.Size))(t).Check(first, c); err != nil {
			t.Fatalf("crash %d: %v", i, err)
		}
	}
	if text := d.logged.String(); text != "" {
		t.Errorf("that was worth a word: %s", text)
	}
}

func rootOf(t testing.TB, s Source, size int64) tlog.Hash {
	t.Helper()
	var e edge
	for _, l := range leaves(t, s)[:size] {
		e.add(nil, tlog.RecordHash(l.Record()))
	}
	return e.root()
}

// TestKeeperReadsOnlyWhatIsNew is about a start with a long log.
func TestKeeperReadsOnlyWhatIsNew(t *testing.T) {
	const size = 5000
	s := &counting{Source: &memory{size: size}}
	d := newDesk(t, s)
	k := d.keeper(t)
	if s.read != size {
		t.Errorf("the first time it read %d messages", s.read)
	}
	must(k.Checkpoint(t.Context()))(t)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	s.read = 0
	s.Source.(*memory).size = size + 20
	k = d.keeper(t)
	if s.read != overlap+20 {
		t.Errorf("the second time it read %d messages, not %d", s.read, overlap+20)
	}
	if k.tree.Size() != size+20 {
		t.Errorf("the tree has %d leaves", k.tree.Size())
	}
}

// TestKeeperMendsTheTree changes the tree's file while it is closed.
func TestKeeperMendsTheTree(t *testing.T) {
	s, later := newStore(t), newStore(t) // the same log, five messages on
	write(t, s, 50)
	write(t, later, 55)
	for name, damage := range map[string]func(path string) error{
		"a bit at the root's side": flip(length(32) - 5), // the inner hash over the first 32
		"a bit in a leaf near":     flip(length(30) + 5),
		"zeros": func(path string) error {
			return errors.Join(os.Truncate(path, length(10)), os.Truncate(path, length(50)))
		},
		"another file": func(path string) error { return os.WriteFile(path, make([]byte, 3200), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, s)
			k := d.keeper(t)
			before := must(k.Checkpoint(t.Context()))(t)
			if err := errors.Join(k.Close(), damage(d.treePath())); err != nil {
				t.Fatal(err)
			}
			d.source = later
			k = d.keeper(t)
			if d.logged.count("was made anew from the log") != 1 || d.logged.count(d.treePath()) == 0 {
				t.Errorf("logged: %s", d.logged)
			}
			if k.Latest().Size != before.Size {
				t.Errorf("the latest checkpoint is %v", k.Latest())
			}
			c := must(k.Checkpoint(t.Context()))(t)
			if c.Size != 55 || c.Root != rootOf(t, later, 55) {
				t.Errorf("it signed %+v", c)
			}
			if _, err := os.Stat(d.treePath() + ".new"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something is left: %v", err)
			}
			_, err := OpenTree(d.treePath()) // the new file is locked as the old one was
			wantErr(t, err, ErrLocked)
		})
	}
}

// TestUncheckedTail finds a crash's zeros after the last checkpoint, of which a
// next start makes no fuss.
func TestUncheckedTail(t *testing.T) {
	s := newStore(t)
	write(t, s, 20)
	d := newDesk(t, s)
	k := d.keeper(t)
	must(k.Checkpoint(t.Context()))(t)
	write(t, s, 28)
	if err := errors.Join(k.extend(t.Context(), 28, func(uint64, uint64) {}), zeros(k.tree, 23), k.Close()); err != nil {
		t.Fatal(err)
	}
	k = d.keeper(t)
	if c := must(k.Checkpoint(t.Context()))(t); c.Size != 28 || c.Root != rootOf(t, s, 28) {
		t.Errorf("it signed %+v", c)
	}
	if text := d.logged.String(); text != "" {
		t.Errorf("logged: %s", text)
	}
}

func TestOpenNamesADamagedCheckpoint(t *testing.T) {
	s := newStore(t)
	write(t, s, 5)
	d := newDesk(t, s)
	k := d.keeper(t)
	must(k.Checkpoint(t.Context()))(t)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.path(), "2026-03-14", "000000000005.txt")
	if err := os.Truncate(path, 50); err != nil {
		t.Fatal(err)
	}
	_, err := d.open(t)
	wantErr(t, err, ErrUnreadable, path, "move it away")
	// Another register's folder.
	d.key = newKey(t, origin)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = d.open(t)
	wantErr(t, err, ErrForged, latestName)
}

func TestOpenChecksItsKeys(t *testing.T) {
	d := newDesk(t, newStore(t))
	good := Config{TreePath: d.treePath(), Folder: d.folder(t), Source: d.source, Signer: d.key, Origin: origin, VKey: d.key.vkey}
	for name, spoil := range map[string]func(*Config){
		"signer": func(c *Config) { c.Signer = newKey(t, origin) },
		"origin": func(c *Config) { c.Origin = "nrm/other" },
		"vkey":   func(c *Config) { c.VKey = newKey(t, origin).vkey },
		"none":   func(c *Config) { c.VKey = "" },
		"source": func(c *Config) { c.Source = nil },
		"folder": func(c *Config) {
			c.Folder = must(OpenFolder(d.path(), newKey(t, origin).vkey))(t)
		},
	} {
		c := good
		spoil(&c)
		if _, err := Open(t.Context(), c, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	k := must(Open(t.Context(), good, nil))(t)
	defer k.Close()
	if k.cfg.Every != 1000 || k.cfg.Within != time.Minute {
		t.Errorf("signs every %d messages, within %v", k.cfg.Every, k.cfg.Within)
	}
	_, err := k.Checkpoint(t.Context())
	wantErr(t, err, ErrBeyond) // there is nothing to sign
}

func TestTwoKeepers(t *testing.T) {
	d := newDesk(t, newStore(t))
	d.keeper(t)
	_, err := d.open(t)
	wantErr(t, err, ErrLocked, d.treePath())
}

func TestOpenReportsProgress(t *testing.T) {
	d := newDesk(t, &memory{size: 1200})
	var last string
	k := must(Open(t.Context(), Config{
		TreePath: d.treePath(), Folder: d.folder(t), Source: d.source, Signer: d.key, Origin: origin, VKey: d.key.vkey,
	}, func(done, total uint64) { last = fmt.Sprint(done, " of ", total) }))(t)
	defer k.Close()
	if last != "1200 of 1200" {
		t.Errorf("in the end it said %q", last)
	}
}
