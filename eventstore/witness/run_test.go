package witness

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nrm/eventstore"
)

const moment = 50 * time.Millisecond // in which nothing must happen

func TestCadence(t *testing.T) {
	usual := newDesk(t, newStore(t))
	usual.every = 0
	if k := usual.keeper(t); k.cfg.Every != 1000 || k.cfg.Within != time.Minute {
		t.Errorf("unless told otherwise it signs every %d messages or %v", k.cfg.Every, k.cfg.Within)
	}

	s := newStore(t)
	d := newDesk(t, s)
	k := d.keeper(t)
	stop := run(t, k)
	grown := func(through int) {
		t.Helper()
		write(t, s, through)
		if err := k.WaitFor(t.Context(), uint64(through)); err != nil {
			t.Fatal(err)
		}
	}
	signed := func(size int64) {
		t.Helper()
		eventually(t, "a checkpoint", func() bool { return k.Latest().Size == size })
	}
	silent := func(size int64) {
		t.Helper()
		time.Sleep(moment)
		if got := k.Latest().Size; got != size {
			t.Fatalf("it signed %d, too early", got)
		}
	}

	d.clock.advance(time.Hour)
	silent(0) // no checkpoint without news

	grown(9)
	silent(0)
	grown(10) // as many as it may leave unsigned
	signed(10)

	grown(13)
	d.clock.advance(59 * time.Second)
	silent(10)
	grown(14) // the minute is that of the first
	d.clock.advance(time.Second)
	signed(14)

	d.clock.advance(time.Hour)
	silent(14)
	grown(15) // after a quiet hour the minute begins now
	silent(14)
	d.clock.advance(-time.Hour) // the clock is set back
	silent(14)
	d.clock.advance(time.Hour + time.Minute)
	signed(15)

	grown(17)
	stopped(t, stop)
	if got := k.Latest().Size; got != 17 {
		t.Errorf("at the end it had signed %d of 17", got)
	}
	list, errs := all(t, d.folder(t))
	if got := sizes(list); len(got) != 4 || errs != nil {
		t.Errorf("checkpoints of %v, %v", got, errs)
	}
	stopped(t, run(t, k)) // nothing new: nothing more
	if got := sizes(must(d.folder(t).List(9, 0))(t)); len(got) != 4 {
		t.Errorf("checkpoints of %v", got)
	}
	if d.logged.String() != "" || k.Healthy() != nil {
		t.Errorf("trouble: %v, logged %s", k.Healthy(), d.logged)
	}
}

// TestUnsignedAtStart signs what came while nobody followed.
func TestUnsignedAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		through int
		wait    time.Duration
	}{"many": {12, 0}, "few": {3, time.Minute}} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			write(t, s, c.through)
			d := newDesk(t, s)
			k := d.keeper(t)
			run(t, k)
			if c.wait > 0 {
				time.Sleep(moment)
				if k.Latest().Size != 0 {
					t.Fatal("signed too early")
				}
				d.clock.advance(c.wait)
			}
			eventually(t, "a checkpoint", func() bool { return k.Latest().Size == int64(c.through) })
		})
	}
}

// TestFolderTrouble takes the folder away while the keeper runs.
func TestFolderTrouble(t *testing.T) {
	s := newStore(t)
	write(t, s, 10)
	d := newDesk(t, s)
	k := d.keeper(t)
	stop := run(t, k)
	eventually(t, "a checkpoint", func() bool { return k.Latest().Size == 10 })
	away := d.path() + ".away"
	if err := os.Rename(d.path(), away); err != nil {
		t.Fatal(err)
	}
	write(t, s, 20)
	eventually(t, "trouble", func() bool { return k.Healthy() != nil })
	for range 5 { // again and again, with something else to sign each time
		last := must(s.Last(t.Context()))(t)
		write(t, s, int(last)+1) // writers do not notice
		if err := k.WaitFor(t.Context(), last+1); err != nil {
			t.Fatal(err)
		}
		d.clock.advance(retryEvery)
		time.Sleep(10 * time.Millisecond)
	}
	if err := k.Healthy(); !errors.Is(err, os.ErrNotExist) || k.Latest().Size != 10 {
		t.Errorf("healthy: %v, latest: %v", err, k.Latest())
	}
	if d.logged.count("a checkpoint cannot be kept") != 1 {
		t.Errorf("logged: %s", d.logged)
	}
	// Another reason is worth another line.
	if err := os.WriteFile(d.path(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.clock.advance(retryEvery)
	eventually(t, "another line", func() bool { return d.logged.count("a checkpoint cannot be kept") == 2 })
	wantErr(t, second(k.Checkpoint(t.Context())), unix.ENOTDIR)
	if _, err := k.Prove(t.Context(), 10); err != nil {
		t.Errorf("the last checkpoint still proves: %v", err)
	}
	if err := errors.Join(os.Remove(d.path()), os.Rename(away, d.path())); err != nil {
		t.Fatal(err)
	}
	d.clock.advance(retryEvery)
	eventually(t, "a checkpoint", func() bool { return k.Latest().Size == 25 && k.Healthy() == nil })
	if d.logged.count("no longer: a checkpoint") != 1 || d.logged.count("\n") != 3 {
		t.Errorf("logged: %s", d.logged)
	}
	stopped(t, stop)
}

// TestTreeTrouble lets the tree's disk refuse for a while.
func TestTreeTrouble(t *testing.T) {
	s := newStore(t)
	d := newDesk(t, s)
	k := d.keeper(t)
	run(t, k)
	write(t, s, 3)
	if err := k.WaitFor(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	exchange := func(f *os.File) *os.File {
		k.tree.mu.Lock()
		defer k.tree.mu.Unlock()
		old := k.tree.f
		k.tree.f = f
		return old
	}
	readOnly := must(os.Open(d.treePath()))(t)
	defer readOnly.Close()
	good := exchange(readOnly)
	write(t, s, 5)
	eventually(t, "trouble", func() bool { return k.Healthy() != nil })
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	wantErr(t, k.WaitFor(ctx, 5), context.DeadlineExceeded)
	exchange(good)
	d.clock.advance(retryEvery)
	if err := k.WaitFor(t.Context(), 5); err != nil || k.Healthy() != nil {
		t.Errorf("%v, %v", err, k.Healthy())
	}
	if c := must(k.Checkpoint(t.Context()))(t); c.Root != rootOf(t, s, 5) {
		t.Errorf("it signed %+v", c)
	}
}

// TestRunMendsTheTree damages the file of a tree that is in use.
func TestRunMendsTheTree(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(string) error
		notice func(t *testing.T, k *Keeper) error
	}{
		"a leaf, when a proof is asked for": {flip(length(4) + 5), func(t *testing.T, k *Keeper) error { return second(k.Prove(t.Context(), 5)) }},
		"the root, at consistency":          {flip(length(16) - 5), func(t *testing.T, k *Keeper) error { return second(k.Consistency(t.Context(), 16, 20)) }},
		"the root, when it is signed":       {flip(length(16) - 5), func(t *testing.T, k *Keeper) error { return second(k.Checkpoint(t.Context())) }},
		"cut":                               {func(path string) error { return os.Truncate(path, 50) }, func(t *testing.T, k *Keeper) error { return second(k.Prove(t.Context(), 20)) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			write(t, s, 20)
			d := newDesk(t, s)
			k := d.keeper(t)
			first := must(k.Checkpoint(t.Context()))(t)
			stop := run(t, k)
			write(t, s, 23)
			if err := k.WaitFor(t.Context(), 23); err != nil {
				t.Fatal(err)
			}
			if err := c.damage(d.treePath()); err != nil {
				t.Fatal(err)
			}
			wantErr(t, c.notice(t, k), ErrTree)
			eventually(t, "the tree is made anew", func() bool { return k.Healthy() == nil })
			write(t, s, 26)
			if err := k.WaitFor(t.Context(), 26); err != nil {
				t.Fatal(err)
			}
			d.clock.advance(time.Minute)
			eventually(t, "a checkpoint", func() bool { return k.Latest().Size == 26 })
			if err := must(k.Consistency(t.Context(), first.Size, 26))(t).Check(first, k.Latest()); err != nil {
				t.Error(err)
			}
			for seq := uint64(1); seq <= 26; seq++ {
				must(k.Prove(t.Context(), seq))(t)
			}
			stopped(t, stop)
			if d.logged.count("was made anew from the log") != 1 {
				t.Errorf("logged: %s", d.logged)
			}
		})
	}
}

// TestDamagedTreeSignsNothing finds, while making the tree anew, that the log
// is not what was signed.
func TestDamagedTreeSignsNothing(t *testing.T) {
	s, forged := newStore(t), newStore(t)
	write(t, s, 20)
	write(t, forged, 23, 7)
	for name, c := range map[string]struct {
		at     int64
		notice func(k *Keeper) error
	}{
		"the root": {length(16) - 5, func(k *Keeper) error { return second(k.Checkpoint(t.Context())) }},
		"a leaf":   {length(4) + 5, func(k *Keeper) error { return second(k.Prove(t.Context(), 5)) }},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, s)
			k := d.keeper(t)
			must(k.Checkpoint(t.Context()))(t)
			k.cfg.Source = forged // the log is exchanged under a running server
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- k.Run(ctx) }()
			if err := errors.Join(k.WaitFor(t.Context(), 23), flip(c.at)(d.treePath())); err != nil {
				t.Fatal(err)
			}
			wantErr(t, c.notice(k), ErrTree)
			wantErr(t, <-ended, ErrRewritten, "positions 1 to 20", "first changed one is")
			wantErr(t, k.Healthy(), ErrRewritten)
			wantErr(t, second(k.Checkpoint(t.Context())), ErrTree)
			wantErr(t, k.WaitFor(t.Context(), 99), ErrRewritten)
			if got := k.Latest().Size; got != 20 {
				t.Errorf("it went on to sign %d", got)
			}
			if got := sizes(must(d.folder(t).List(9, 0))(t)); len(got) != 1 {
				t.Errorf("checkpoints of %v", got)
			}
		})
	}
}

// A busy signer lets something happen while it signs.
type busy struct {
	key
	meanwhile func()
}

func (b busy) Sign(msg []byte) ([]byte, error) {
	b.meanwhile()
	return b.key.Sign(msg)
}

// TestWhenTheNextIsDue looks at moments that are hard to meet from outside.
func TestWhenTheNextIsDue(t *testing.T) {
	s := &memory{size: 5}
	d := newDesk(t, s)
	k := d.keeper(t)
	d.clock.advance(30 * time.Second)
	if wait, due := k.due(); wait != 30*time.Second || !due {
		t.Errorf("after half a minute: in %v, %v", wait, due)
	}
	k.cfg.Signer = busy{d.key, func() {
		if err := s.Leaves(t.Context(), 5, 6, func(run []eventstore.Leaf) error { return k.take(t.Context(), run) }); err != nil {
			t.Error(err)
		}
		d.clock.advance(time.Second)
	}}
	if c := must(k.Checkpoint(t.Context()))(t); c.Size != 5 || c.Root != rootOf(t, s, 5) {
		t.Errorf("it signed %+v", c)
	}
	if wait, due := k.due(); wait != 59*time.Second || !due {
		t.Errorf("of what came while it signed: in %v, %v", wait, due)
	}
	k.cfg.Signer = d.key
	must(k.Checkpoint(t.Context()))(t)
	k.grown() // by what was just signed
	if wait, due := k.due(); due {
		t.Errorf("nothing to sign: in %v", wait)
	}
	if err := s.Leaves(t.Context(), 6, 7, func(run []eventstore.Leaf) error { return k.take(t.Context(), run) }); err != nil {
		t.Fatal(err)
	}
	wantErr(t, k.damaged(errors.New("a test")), ErrTree)
	if wait, due := k.due(); due {
		t.Errorf("nothing may be signed: in %v", wait)
	}
}

// TestRunEnds tells those who wait.
func TestRunEnds(t *testing.T) {
	s := &memory{size: 5, fail: eventstore.ErrDamaged}
	d := newDesk(t, s)
	k := d.keeper(t)
	wantErr(t, k.Run(t.Context()), eventstore.ErrDamaged)
	wantErr(t, k.Healthy(), eventstore.ErrDamaged)
	wantErr(t, k.WaitFor(t.Context(), 99), eventstore.ErrDamaged)
	if got := k.Latest().Size; got != 7 { // what was read before is right
		t.Errorf("the latest checkpoint is of %d", got)
	}
	if _, err := os.Stat(filepath.Join(d.path(), latestName)); err != nil {
		t.Error(err)
	}
	s.fail = nil
	s.jump = true
	if err := k.Run(t.Context()); err == nil {
		t.Error("a position that is missing was not noticed")
	}
}
