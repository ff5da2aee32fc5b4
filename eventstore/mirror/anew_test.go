package mirror_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/mirror"
	"nrm/eventstore/role"
	"nrm/eventstore/vault"
)

// peopled is a register with the keys of some people, and a decision.
func peopled(t *testing.T) *register {
	r := newRegister(t)
	for n := range 6 {
		_, err := r.vault.Seal(t.Context(), fmt.Sprintf("AA%04dAA/identity", n), nil, []byte("secret"))
		must(t, err)
	}
	_, err := r.vault.Erase(t.Context(), "AA0001AA") // so the register has gaps of its own
	must(t, err)
	r.note(t, "case.1", "one")
	return r
}

// followed is a copy that has everything, and was stopped.
func followed(t *testing.T, r *register) (dir string) {
	dir = t.TempDir()
	c := follow(t, dir, r.options())
	eventually(t, "the copy has the keys", func() bool {
		s, linked := c.Status()
		return linked && s.Position == 1 && slices.Equal(all(t, c.Conn(), "NRMKEYS"), all(t, r.server.Conn(), "NRMKEYS"))
	})
	eventually(t, "the register knows", func() bool {
		position, complete, err := mirror.Progress(t.Context(), r.server.Conn(), r.key)
		return err == nil && position == 1 && complete
	})
	must(t, c.stopped())
	return dir
}

// passOver takes a row of the keys, as a server does that takes it for deleted.
func passOver(t testing.TB, nc *nats.Conn, seq uint64) {
	t.Helper()
	m, err := nc.Request("$JS.API.STREAM.MSG.DELETE.NRMKEYS", fmt.Appendf(nil, `{"seq":%d}`, seq), 5*time.Second)
	must(t, err)
	var answer struct {
		Success bool `json:"success"`
	}
	must(t, json.Unmarshal(m.Data, &answer))
	if !answer.Success {
		t.Fatalf("%s", m.Data)
	}
}

// opened starts a server on a copy that nobody follows into.
func opened(t testing.TB, dir string, f func(nc *nats.Conn)) {
	t.Helper()
	srv, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{})
	must(t, err)
	f(srv.Conn())
	must(t, srv.Close())
}

// whole waits until the copy is the register again, and says so.
func (c *copying) whole(t testing.TB, r *register, dir string) {
	t.Helper()
	eventually(t, "the copy has everything again", func() bool {
		select {
		case err := <-c.ended:
			c.ended <- err
			t.Fatalf("the follower ended: %v", err)
		default:
		}
		s, linked := c.Status()
		return linked && s.Anew == nil && s.Behind == 0
	})
	for _, stream := range []string{"NRM", "NRMKEYS"} {
		if got, want := all(t, c.Conn(), stream), all(t, r.server.Conn(), stream); !slices.Equal(got, want) {
			t.Fatalf("the copy of %s holds %q, not %q", stream, got, want)
		}
	}
	if s, err := mirror.Read(dir); err != nil || s.Anew != nil || s.Refused != "" {
		t.Fatalf("the folder says %+v, %v", s, err)
	}
}

// TestFollowerBeginsAnew takes from a follower's copy what the register still
// has, while nobody follows and while somebody does: the copy is made anew.
func TestFollowerBeginsAnew(t *testing.T) {
	t.Parallel()
	r := peopled(t)
	dir := followed(t, r)
	opened(t, dir, func(nc *nats.Conn) { passOver(t, nc, 1) })
	opts := r.options()
	logger, said := spoken()
	opts.Storage.Logger = logger
	c := follow(t, dir, opts)
	tells := func(times int) {
		t.Helper()
		eventually(t, "it says so", func() bool {
			return strings.Count(said(), "thrown away and made anew") == times && strings.Count(said(), "whole again") == times
		})
	}
	tells(1)
	c.whole(t, r, dir)

	passOver(t, c.Conn(), 4)
	tells(2)
	c.whole(t, r, dir)
	last := r.note(t, "case.1", "two")
	c.reaches(t, last)
	c.whole(t, r, dir)
	if n := strings.Count(said(), "thrown away"); n != 2 {
		t.Errorf("thrown away %d times", n)
	}
	if text := said(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "position 4 of NRMKEYS") {
		t.Error(text)
	}
}

// TestLogBegunAnew follows into a folder whose log lacks its beginning.
func TestLogBegunAnew(t *testing.T) {
	t.Parallel()
	r := peopled(t)
	other := followed(t, r)
	state, err := os.ReadFile(filepath.Join(other, "copy.json"))
	must(t, err)
	dir, dial := t.TempDir(), dialOf(t, r, r.pass)
	srv, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{Dial: &dial})
	must(t, err)
	for _, config := range []jetstream.StreamConfig{eventstore.Settings(1), vault.Settings(1)} { // as Begin does, but for one step
		body, err := role.Copy(config, eventstore.DomainLog, eventstore.CopyConsumer(r.key), eventstore.CopySubject(r.key, "deliver."+config.Name))
		must(t, err)
		_, err = srv.Conn().Request("$JS.API.STREAM.CREATE."+config.Name, body, 5*time.Second)
		must(t, err)
	}
	eventually(t, "the copy has something", func() bool {
		r.note(t, "case.1", "later")
		position, _, err := mirror.End(t.Context(), srv.Conn())
		return err == nil && position > 1
	})
	if got := all(t, srv.Conn(), "NRM"); strings.HasPrefix(got[0], "1 ") {
		t.Fatalf("it has position 1: %q", got)
	}
	// What lacks something is nothing to make copies from.
	want(t, mirror.HasAllOfLog(t.Context(), srv.Conn()), mirror.ErrOrigin, "its log starts at position 2")
	must(t, mirror.HasAllOfLog(t.Context(), r.server.Conn()))
	opened(t, other, func(nc *nats.Conn) {
		passOver(t, nc, 4)
		want(t, mirror.Discard(t.Context(), nc, mirror.NewOrigin(srv.Conn(), "", "")), mirror.ErrOrigin, "position 1 of the log")
	})
	must(t, srv.Close())
	must(t, os.WriteFile(filepath.Join(dir, "copy.json"), state, 0o600))
	c := follow(t, dir, r.options())
	c.reaches(t, r.note(t, "case.1", "last"))
	c.whole(t, r, dir)
}

// TestNothingIsThrownAway keeps a copy that lacks something wherever it may be
// needed: the register does not answer, has lost something itself or is another
// one, or the copy is about to be a register.
func TestNothingIsThrownAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, r *register, nc *nats.Conn)
		want    error  // nil: any
		says    string // part of it
	}{
		"does not answer": {func(t *testing.T, r *register, _ *nats.Conn) { r.stop(t) }, mirror.ErrUnreachable, ""},
		"lost keys": {func(t *testing.T, r *register, _ *nats.Conn) {
			for _, row := range all(t, r.server.Conn(), "NRMKEYS") {
				var seq uint64
				if strings.Contains(row, "AA0005AA") || strings.Contains(row, "AA0002AA") {
					_, err := fmt.Sscan(row, &seq)
					must(t, err)
					passOver(t, r.server.Conn(), seq)
				}
			}
		}, nil, "the keys of 4 people, the copy those of 5"},
		"older": {func(t *testing.T, r *register, _ *nats.Conn) {
			key, _ := r.ring.Storage()
			older, err := eventstore.Start(t.Context(), r.dir+".older", eventstore.StartOptions{Key: key})
			must(t, err)
			t.Cleanup(func() { must(t, older.Close()) })
			r.stop(t)
			r.server, r.dir = older, r.dir+".older"
		}, mirror.ErrDiverged, "the register only"},
		"another": {func(t *testing.T, r *register, _ *nats.Conn) {
			other := peopled(t)
			for range 3 {
				other.note(t, "case.1", "of another register")
			}
			r.stop(t)
			r.server, r.log, r.vault, r.dir = other.server, other.log, other.vault, other.dir
			other.server = nil
		}, mirror.ErrDiverged, "of NRM is not the same message"},
		"half promoted": {func(t *testing.T, _ *register, nc *nats.Conn) {
			js, err := jetstream.New(nc)
			must(t, err)
			s, err := js.Stream(t.Context(), "NRM")
			must(t, err)
			_, err = js.UpdateStream(t.Context(), role.Writable(s.CachedInfo().Config, eventstore.Settings(1)))
			must(t, err)
		}, mirror.ErrRegister, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := peopled(t)
			r.stop(t)
			must(t, os.CopyFS(r.dir+".older", os.DirFS(r.dir)))
			r.start(t, false)
			key := r.note(t, "case.1", "two")
			dir := t.TempDir()
			f := follow(t, dir, r.options())
			f.reaches(t, key)
			f.whole(t, r, dir)
			must(t, f.stopped())
			opened(t, dir, func(nc *nats.Conn) {
				passOver(t, nc, 4)
				log, keys := all(t, nc, "NRM"), all(t, nc, "NRMKEYS")
				c.prepare(t, r, nc)
				origin := mirror.NewOrigin(silent(t).Conn(), eventstore.DomainLog, r.key)
				if r.server != nil {
					origin = mirror.NewOrigin(r.server.Conn(), "", "")
				}
				err := mirror.Discard(t.Context(), nc, origin)
				if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v; want %v, %q", err, c.want, c.says)
				}
				if !slices.Equal(all(t, nc, "NRM"), log) || !slices.Equal(all(t, nc, "NRMKEYS"), keys) {
					t.Error("something was thrown away")
				}
			})
		})
	}
}

// TestCutOffCopyIsKept cuts the line of a follower whose copy has passed over
// something: it is kept, also by restarts, until the register answers.
func TestCutOffCopyIsKept(t *testing.T) {
	t.Parallel()
	r := peopled(t)
	dir := followed(t, r)
	var kept []string
	opened(t, dir, func(nc *nats.Conn) {
		passOver(t, nc, 1)
		kept = all(t, nc, "NRMKEYS")
	})
	r.relay.set(true)
	for range 2 {
		c := follow(t, dir, r.options())
		if err := c.Renew(t.Context()); err == nil {
			t.Error("it was made anew although nobody answers")
		}
		time.Sleep(1500 * time.Millisecond)
		if got := all(t, c.Conn(), "NRMKEYS"); !slices.Equal(got, kept) {
			t.Fatalf("the copy holds %q, not %q", got, kept)
		}
		if s, _ := c.Status(); s.Anew != nil {
			t.Fatalf("%+v", s)
		}
		must(t, c.stopped())
	}
	r.relay.set(false)
	c := follow(t, dir, r.options())
	c.reaches(t, 1)
	c.whole(t, r, dir)
}

// TestAnewIsBounded has a copy that was made anew again and again, and is not
// whole yet: the follower ends, and says why.
func TestAnewIsBounded(t *testing.T) {
	t.Parallel()
	for _, times := range []int{mirror.MostRenewals - 1, mirror.MostRenewals} {
		r := peopled(t)
		dir := followed(t, r)
		opened(t, dir, func(nc *nats.Conn) { passOver(t, nc, 1) })
		file := filepath.Join(dir, "copy.json")
		var state map[string]any
		b, err := os.ReadFile(file)
		must(t, err)
		must(t, json.Unmarshal(b, &state))
		state["anew"] = mirror.Renewal{Since: time.Now(), Times: times, Had: map[string]uint64{"NRMKEYS": 1}}
		b, err = json.Marshal(state)
		must(t, err)
		must(t, os.WriteFile(file, b, 0o600))
		c := follow(t, dir, r.options())
		if times < mirror.MostRenewals {
			c.reaches(t, 1)
			c.whole(t, r, dir)
			continue
		}
		select {
		case err := <-c.ended:
			c.ended <- err
			want(t, err, eventstore.ErrDamaged, "made anew 10 times", "position 1 of NRMKEYS")
		case <-time.After(30 * time.Second):
			t.Fatal("the follower goes on")
		}
		if got := all(t, c.Conn(), "NRM"); len(got) != 1 {
			t.Errorf("the log holds %q", got)
		}
	}
}

// TestAnewIsOver when the copy is as far as it was, or has all that there is.
func TestAnewIsOver(t *testing.T) {
	t.Parallel()
	short, long := newRegister(t), newRegister(t)
	for range 2 {
		short.note(t, "case.1", "x")
	}
	for range 4 {
		long.note(t, "case.1", "x")
	}
	for had, want := range map[uint64]bool{1: true, 2: true, 3: false, 9: false} {
		r := &mirror.Renewal{Had: map[string]uint64{"NRM": had, "NRMKEYS": 0}}
		if over, err := r.Over(t.Context(), short.server.Conn(), long.server.Conn()); err != nil || over != want {
			t.Errorf("had %d: %t, %v", had, over, err)
		}
	}
	r := &mirror.Renewal{Had: map[string]uint64{"NRM": 9, "NRMKEYS": 9}} // and the end was deleted
	if over, err := r.Over(t.Context(), long.server.Conn(), long.server.Conn()); err != nil || !over {
		t.Errorf("all that there is: %t, %v", over, err)
	}
}

// silent is a server without a register.
func silent(t testing.TB) *eventstore.Server {
	t.Helper()
	srv, err := eventstore.Start(t.Context(), t.TempDir(), eventstore.StartOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, srv.Close()) })
	return srv
}
