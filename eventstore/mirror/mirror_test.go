package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/mirror"
	"nrm/eventstore/role"
	"nrm/eventstore/vault"
)

// TestMove follows a register under load, with the link cut, the follower and
// the register restarted, and moves it to the copy: everything is there, with
// the same positions, times and hashes, and the next position follows.
func TestMove(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	began := time.Now()
	step := func(what string) { t.Logf("%.1f s: %s", time.Since(began).Seconds(), what) }
	dir := t.TempDir()
	for n := range 300 {
		r.note(t, fmt.Sprint("case.", n%7), fmt.Sprint("before ", n))
	}
	c := follow(t, dir, r.options())
	c.reaches(t, 300)
	step("caught up")

	stop, stopped := make(chan struct{}), make(chan uint64, 1)
	go func() {
		var last uint64
		defer func() { stopped <- last }()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				last = r.note(t, fmt.Sprint("case.", n%5), fmt.Sprint("under load ", n))
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	for range 2 {
		r.relay.set(true)
		eventually(t, "the cut is noticed", func() bool { _, linked := c.Status(); return !linked })
		r.relay.set(false)
		eventually(t, "the link is up again", func() bool { _, linked := c.Status(); return linked })
		step("linked again after a cut")
	}
	must(t, c.stopped())
	c = follow(t, dir, r.options())
	eventually(t, "the follower goes on", func() bool { _, linked := c.Status(); return linked })
	step("follower restarted")
	close(stop)
	last := <-stopped
	r.stop(t)
	r.start(t, false)
	last = max(last, r.note(t, "case.1", "after the restart"))
	c.reaches(t, last)
	step("caught up after the register's restart")

	r.close()
	final, err := mirror.HandOver(t.Context(), r.server.Conn())
	must(t, err)
	if final != last {
		t.Fatalf("the register ends at %d, the last decision is %d", final, last)
	}
	eventually(t, "the copy is complete", func() bool { s, _ := c.Status(); return s.Complete })
	step("complete")
	wantLog, wantKeys := all(t, r.server.Conn(), "NRM"), all(t, r.server.Conn(), "NRMKEYS")
	must(t, c.stopped())
	if s, err := mirror.Read(dir); err != nil || !s.Complete || s.Position != final {
		t.Fatalf("the copy says %+v, %v", s, err)
	}

	srv := promoted(t, dir)
	log, err := eventstore.Open(t.Context(), srv.Conn(), notes(), eventstore.Options{HighWater: filepath.Join(dir, "highwater.json")})
	must(t, err)
	defer log.Close()
	if got := all(t, srv.Conn(), "NRM"); !slices.Equal(got, wantLog) {
		t.Fatalf("the copy of the log holds %d messages, the log %d, or others", len(got), len(wantLog))
	}
	if got := all(t, srv.Conn(), "NRMKEYS"); !slices.Equal(got, wantKeys) {
		t.Fatal("the copy of the keys is not the same")
	}
	must(t, log.Verify(t.Context(), final, func(eventstore.Leaf) error { return nil }, func([]note) error { return nil }))
	next := &register{log: log}
	if got := next.note(t, "case.1", "first of the new machine"); got != final+1 {
		t.Fatalf("the next position is %d, not %d", got, final+1)
	}
}

// stopped ends a follower that was to run until now.
func (c *copying) stopped() error {
	if err := c.stop(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// promoted promotes the copy in dir and gives its server.
func promoted(t testing.TB, dir string) *eventstore.Server {
	t.Helper()
	srv, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, srv.Close()) })
	_, err = eventstore.Open(t.Context(), srv.Conn(), notes(), eventstore.Options{})
	want(t, err, role.ErrCopy)
	for range 2 { // doing it again changes nothing
		must(t, mirror.Promote(t.Context(), srv.Conn()))
	}
	must(t, mirror.Finish(dir))
	return srv
}

// TestHandedOver looks at a register that was handed over: nobody can write to
// it, it can be looked at, and taken back.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.note(t, "case.1", "one")
	for range 2 {
		last, err := mirror.HandOver(t.Context(), r.server.Conn())
		must(t, err)
		if last != 1 {
			t.Fatalf("handed over at %d", last)
		}
	}
	// One who has it open already cannot append either.
	n := note{"case.1", "0198c0de-0000-7000-8000-000000000001", "too late"}
	if _, err := r.log.Update(t.Context(), []string{"case.1"}, func([][]note) ([]note, error) { return []note{n}, nil }); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("appended to a register that was handed over: %v", err)
	}
	if _, err := r.vault.Seal(t.Context(), "AA1111AA/identity", nil, []byte("x")); err == nil {
		t.Fatal("a key was made in a register that was handed over")
	}
	r.close()
	_, err := eventstore.Open(t.Context(), r.server.Conn(), notes(), eventstore.Options{})
	want(t, err, role.ErrHandedOver)
	_, err = vault.Open(t.Context(), r.server.Conn(), r.ring, vault.Options{})
	want(t, err, role.ErrHandedOver)
	look, err := eventstore.Open(t.Context(), r.server.Conn(), notes(), eventstore.Options{LookOnly: true})
	must(t, err)
	history, _, err := look.Load(t.Context(), "case.1")
	must(t, err)
	if len(history) != 1 {
		t.Fatalf("it holds %v", history)
	}
	look.Close()
	must(t, mirror.TakeBack(t.Context(), r.server.Conn()))
	r.open(t)
	if got := r.note(t, "case.1", "two"); got != 2 {
		t.Fatalf("the next position is %d", got)
	}
}

// TestTwoFollowers lets two machines follow one register.
func TestTwoFollowers(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.stop(t)
	r.more = []pass{newPass(t)}
	r.start(t, false)
	a := follow(t, t.TempDir(), r.options())
	other := r.options()
	other.NKey = r.more[0].nkey
	b := follow(t, t.TempDir(), other)
	a.reaches(t, 0)
	b.reaches(t, 0)
	for n := range 3 {
		last := r.note(t, "case.1", fmt.Sprint(n))
		a.reaches(t, last)
		b.reaches(t, last)
	}
	a.stays(t)
	b.stays(t)
}

// stays expects that the link is not broken for a while.
func (c *copying) stays(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, linked := c.Status(); !linked {
			t.Fatal("the link was broken")
		}
	}
}

// TestErasedInTheCopy erases somebody whose keys a copy has already, and changes
// the key-encryption key twice. What the register deletes, a copy is not told;
// when it becomes a register it deletes it itself.
func TestErasedInTheCopy(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	dir := t.TempDir()
	boxes := map[string][]byte{}
	for _, owner := range []string{"AA1111AA", "BB2222BB"} {
		box, err := r.vault.Seal(t.Context(), owner+"/identity", nil, []byte("secret"))
		must(t, err)
		boxes[owner] = box
	}
	r.note(t, "case.1", "one")
	c := follow(t, dir, r.options())
	c.reaches(t, 1)
	_, err := r.vault.Erase(t.Context(), "AA1111AA")
	must(t, err)
	for range 2 {
		must(t, r.ring.BeginKEK())
		_, err := r.vault.Rotate(t.Context(), nil)
		must(t, err)
		must(t, r.ring.EndKEK())
	}
	r.close()
	_, err = mirror.HandOver(t.Context(), r.server.Conn())
	must(t, err)
	eventually(t, "the copy is complete", func() bool { s, _ := c.Status(); return s.Complete })
	rows := len(all(t, r.server.Conn(), "NRMKEYS"))
	must(t, c.stopped())

	srv := promoted(t, dir)
	if copied := all(t, srv.Conn(), "NRMKEYS"); len(copied) <= rows {
		t.Fatalf("the copy has %d rows and the register %d: the test shows nothing", len(copied), rows)
	}
	v, err := vault.Open(t.Context(), srv.Conn(), r.ring, vault.Options{})
	must(t, err)
	defer v.Close()
	status, err := v.Status(t.Context())
	if err != nil || status.Owners != 1 || status.Erased != 1 || status.Pending != 0 || status.Unreadable != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := v.Unseal(t.Context(), "AA1111AA/identity", nil, boxes["AA1111AA"]); !errors.Is(err, vault.ErrErased) {
		t.Errorf("of somebody erased: %v", err)
	}
	if plain, err := v.Unseal(t.Context(), "BB2222BB/identity", nil, boxes["BB2222BB"]); err != nil || string(plain) != "secret" {
		t.Errorf("of somebody else: %q, %v", plain, err)
	}
	left := 0
	for _, row := range all(t, srv.Conn(), "NRMKEYS") {
		if strings.Contains(row, "AA1111AA") {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d rows are left of somebody erased, not the one that says so", left)
	}
	must(t, r.ring.BeginKEK())
	_, err = v.Rotate(t.Context(), nil)
	must(t, err)
	must(t, r.ring.EndKEK())
	if left := all(t, srv.Conn(), "NRMKEYS"); len(left) != 2 {
		t.Errorf("after the next change of keys %d rows are left", len(left))
	}
}
