package witness

import (
	"errors"
	"os"
	"testing"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestKeeperFindsRewrittenHistory(t *testing.T) {
	s := newStore(t)
	d := newDesk(t, s)
	for _, size := range []int{10, 20, 30, 40} {
		write(t, s, size)
		k := d.keeper(t)
		must(k.Checkpoint(t.Context()))(t)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	tree := must(os.ReadFile(d.treePath()))(t)
	forged := newStore(t)
	write(t, forged, 45, 27)
	tail := newStore(t)
	write(t, tail, 45, 43)
	short := newStore(t)
	write(t, short, 35)
	for name, c := range map[string]struct {
		log  Source
		tree []byte
		says []string
	}{
		"with the tree":       {forged, tree, []string{"positions 21 to 30", "first changed one is 27", "at position 20 agrees"}},
		"without the tree":    {forged, nil, []string{"positions 21 to 30", "at position 20 agrees"}},
		"an older copy":       {short, tree, []string{"ends at position 35", "at position 40 was signed", "at position 30 agrees"}},
		"an older copy alone": {short, nil, []string{"ends at position 35", "at position 40 was signed"}},
		"nothing left":        {newStore(t), tree, []string{"ends at position 0"}},
		"the truth":           {s, tree, nil},
		"other news":          {tail, tree, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d.source = c.log
			if err := errors.Join(os.RemoveAll(d.treePath()), os.WriteFile(d.treePath(), c.tree, 0o600)); err != nil {
				t.Fatal(err)
			}
			k, err := d.open(t)
			if c.says == nil {
				if err != nil {
					t.Fatal(err)
				}
				_ = k.Close()
				return
			}
			wantErr(t, err, ErrRewritten, c.says...)
			if got := must(os.ReadFile(d.treePath()))(t); len(got) < len(c.tree) || string(got[:len(c.tree)]) != string(c.tree) {
				t.Error("the old tree, which is evidence, is gone")
			}
		})
	}
}

// TestOlderCopyOfTheStore puts a real backup of the server's folder into the
// place of the log.
func TestOlderCopyOfTheStore(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	srv := eventstoretest.Restart(t, dir, true)
	s := eventstoretest.Open(t, srv, codec(), eventstore.Options{})
	d := newDesk(t, s)
	write(t, s, 12)
	k := d.keeper(t)
	must(k.Checkpoint(t.Context()))(t)
	s.Close()
	if err := errors.Join(srv.Close(), os.CopyFS(backup, os.DirFS(dir))); err != nil {
		t.Fatal(err)
	}
	srv = eventstoretest.Restart(t, dir, false)
	s = eventstoretest.Open(t, srv, codec(), eventstore.Options{})
	write(t, s, 19)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	d.source = s
	k = d.keeper(t)
	must(k.Checkpoint(t.Context()))(t)
	s.Close()
	if err := errors.Join(k.Close(), srv.Close()); err != nil {
		t.Fatal(err)
	}

	old := eventstoretest.Open(t, eventstoretest.Restart(t, backup, false), codec(), eventstore.Options{})
	d.source = old
	_, err := d.open(t)
	wantErr(t, err, ErrRewritten, "ends at position 12", "at position 19 was signed", "at position 12 agrees")
	// Also after it has grown beyond the checkpoint again.
	write(t, old, 25, 15)
	_, err = d.open(t)
	wantErr(t, err, ErrRewritten, "positions 13 to 19", "first changed one is 15")
}

func TestNothingVouchesForThePast(t *testing.T) {
	s := newStore(t)
	d := newDesk(t, s)
	d.fresh = false
	if err := d.keeper(t).Close(); err != nil || d.logged.String() != "" {
		t.Fatalf("an empty log: %v, %s", err, d.logged)
	}
	write(t, s, 5)
	k := d.keeper(t)
	if d.logged.count("nothing vouches") != 1 {
		t.Errorf("logged: %s", d.logged)
	}
	must(k.Checkpoint(t.Context()))(t)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.keeper(t).Close(); err != nil || d.logged.count("\n") != 1 {
		t.Errorf("the next time: %v, %s", err, d.logged)
	}
	// The folder is lost, and the log has been rewritten: the tree still tells.
	if err := os.RemoveAll(d.path()); err != nil {
		t.Fatal(err)
	}
	forged := newStore(t)
	write(t, forged, 5, 3)
	d.source = forged
	if d.keeper(t); d.logged.count("nothing vouches") != 2 || d.logged.count("position 3 is not the message") != 1 {
		t.Errorf("logged: %s", d.logged)
	}
}
