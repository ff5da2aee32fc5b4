package mirror_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/mirror"
	"nrm/eventstore/role"
	"nrm/eventstore/vault"
)

// seedOf reads the follower's seed.
func seedOf(t testing.TB, p pass) string {
	t.Helper()
	b, err := os.ReadFile(p.nkey)
	must(t, err)
	return string(b)
}

func dialOf(t testing.TB, r *register, p pass) eventstore.LeafDial {
	t.Helper()
	config := &tls.Config{RootCAs: nil, InsecureSkipVerify: true}
	return eventstore.LeafDial{URLs: []*url.URL{{Scheme: "tls", Host: r.address}}, TLS: config, Seed: seedOf(t, p)}
}

// TestWhoIsLetIn tries to come in with another NKey, with another authority,
// and without TLS.
func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	logger, _ := spoken()
	up := func(d eventstore.LeafDial) error {
		line, err := eventstore.DialLine(d, logger)
		must(t, err)
		defer line.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		return line.Up(ctx)
	}
	must(t, up(dialOf(t, r, r.pass)))
	if err := up(dialOf(t, r, newPass(t))); err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
		t.Errorf("another NKey: %v", err)
	}
	wary := dialOf(t, r, r.pass)
	wary.TLS = nil // the authorities of this machine
	if err := up(wary); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("another authority: %v", err)
	}
	plain := dialOf(t, r, r.pass)
	plain.URLs[0].Scheme = "nats"
	if _, err := eventstore.DialLine(plain, logger); err == nil || !strings.Contains(err.Error(), "TLS only") {
		t.Errorf("without TLS: %v", err)
	}
	// A server that does not even try TLS, and one without any key.
	for what, remote := range map[string]*server.RemoteLeafOpts{
		"without TLS": {URLs: []*url.URL{{Scheme: "nats", Host: r.address}}, Nkey: seedOf(t, r.pass)},
		"without a key": {URLs: []*url.URL{{Scheme: "tls", Host: r.address}}, TLS: true,
			TLSConfig: &tls.Config{InsecureSkipVerify: true}},
	} {
		ns, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, LeafNode: server.LeafNodeOpts{Remotes: []*server.RemoteLeafOpts{remote}}})
		must(t, err)
		ns.Start()
		time.Sleep(time.Second)
		if ns.NumLeafNodes() > 0 {
			t.Errorf("a link %s is up", what)
		}
		ns.Shutdown()
		ns.WaitForShutdown()
	}
	// Nor is there anything on that port for a client.
	conn, err := nats.Connect("nats://"+r.address, nats.Timeout(2*time.Second), nats.Secure(&tls.Config{InsecureSkipVerify: true}))
	if err == nil {
		conn.Close()
		t.Error("a client was let in")
	}
	if r.server.LeafAddress() != r.address {
		t.Errorf("it listens on %s", r.server.LeafAddress())
	}
	if _, err := eventstore.Start(t.Context(), t.TempDir(), eventstore.StartOptions{Listen: &eventstore.LeafListen{Address: "127.0.0.1:0", Keys: []string{r.key}}}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("it listens without a certificate: %v", err)
	}
}

// TestFollowerMayOnlyCopy asks, with the follower's own key, for everything that
// would change the register or send what it holds elsewhere.
func TestFollowerMayOnlyCopy(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	r.note(t, "case.1", "one")
	logger, _ := spoken()
	line, err := eventstore.DialLine(dialOf(t, r, r.pass), logger)
	must(t, err)
	defer line.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	must(t, line.Up(ctx))
	origin := mirror.NewOrigin(line.Conn(), eventstore.DomainLog, r.key)
	before, err := origin.Info(t.Context(), "NRM")
	must(t, err)
	inbox := eventstore.CopySubject(r.key, "inbox.x")
	answers, err := line.Conn().SubscribeSync(inbox)
	must(t, err)
	for _, subject := range []string{
		"nrm.case.1", "nrm.case.2", "nrmkeys.AA1111AA", "nrmboard.checkpoint",
		"$JS.nrm.API.STREAM.DELETE.NRM", "$JS.nrm.API.STREAM.PURGE.NRMKEYS", "$JS.nrm.API.STREAM.UPDATE.NRM", "$JS.nrm.API.STREAM.CREATE.X",
		"$JS.nrm.API.STREAM.MSG.DELETE.NRMKEYS", "$JS.nrm.API.STREAM.RESTORE.NRM", "$JS.nrm.API.STREAM.SNAPSHOT.NRM",
		"$JS.nrm.API.CONSUMER.CREATE.NRM", "$JS.nrm.API.CONSUMER.CREATE.NRMKEYS.x", "$JS.nrm.API.CONSUMER.DELETE.NRM." + eventstore.CopyConsumer(r.key),
		"$JS.nrm.API.INFO", "$JS.nrm.API.STREAM.INFO.NRMBOARD", "$JS.API.STREAM.DELETE.NRM", "$JS.API.STREAM.INFO.NRM",
	} {
		must(t, line.Conn().PublishRequest(subject, inbox, []byte("{}")))
		m, err := answers.NextMsg(150 * time.Millisecond)
		if err == nil {
			t.Errorf("%s was answered: %s", subject, m.Data)
		} else if !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("%s: %v", subject, err)
		}
	}
	// What is said within the register does not reach a follower who listens.
	heard, err := line.Conn().SubscribeSync(">")
	must(t, err)
	must(t, line.Conn().Flush())
	r.note(t, "case.1", "two")
	for {
		m, err := heard.NextMsg(500 * time.Millisecond)
		if err != nil {
			break
		}
		if strings.HasPrefix(m.Subject, "nrm.") || strings.HasPrefix(m.Subject, "_INBOX") || strings.HasPrefix(m.Subject, "$JS.ACK") {
			t.Errorf("heard %s", m.Subject)
		}
	}
	after, err := origin.Info(t.Context(), "NRM")
	must(t, err)
	if before.State.LastSeq != 1 || after.State.LastSeq != 2 || after.State.Consumers != before.State.Consumers {
		t.Errorf("the register was %+v and is %+v", before.State, after.State)
	}
}

// TestNoCopyOf follows another register than before, and one that was put back
// to an older state: the follower ends before anything is mixed, and the folder
// says so to everybody.
func TestNoCopyOf(t *testing.T) {
	t.Parallel()
	for name, swap := range map[string]func(t *testing.T, r *register, c *copying){
		"another": func(t *testing.T, r *register, c *copying) {
			other := newRegister(t)
			other.pass, other.address = r.pass, freeAddress(t)
			other.stop(t)
			other.start(t, false)
			for range 8 {
				other.note(t, "case.1", "of another register")
			}
			r.relay.redirect(other.address)
		},
		"older": func(t *testing.T, r *register, c *copying) {
			r.stop(t)
			older := r.dir
			r.dir = t.TempDir()
			must(t, os.CopyFS(r.dir, os.DirFS(older+".older")))
			r.start(t, false)
			for range 8 {
				r.note(t, "case.2", "written again")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegister(t)
			r.note(t, "case.1", "one")
			r.stop(t)
			must(t, os.CopyFS(r.dir+".older", os.DirFS(r.dir)))
			r.start(t, false)
			r.note(t, "case.1", "two")
			dir := t.TempDir()
			c := follow(t, dir, r.options())
			c.reaches(t, 2)
			swap(t, r, c)
			select {
			case err := <-c.ended:
				c.ended <- err
				want(t, err, mirror.ErrDiverged)
			case <-time.After(30 * time.Second):
				t.Fatal("the follower goes on")
			}
			_ = c.stop()
			s, err := mirror.Read(dir)
			must(t, err)
			if s.Refused == "" || s.Complete {
				t.Errorf("the folder says %+v", s)
			}
			_, err = mirror.Follow(t.Context(), dir, r.options())
			want(t, err, mirror.ErrDiverged, "empty folder")
			srv, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{})
			must(t, err)
			defer srv.Close()
			if got := all(t, srv.Conn(), "NRM"); len(got) != 2 {
				t.Errorf("it was mixed with something else: %q", got)
			}
		})
	}
	t.Run("a register", func(t *testing.T) {
		r := newRegister(t)
		r.stop(t)
		_, err := mirror.Follow(t.Context(), r.dir, r.options())
		want(t, err, mirror.ErrRegister)
	})
}

func (r *relay) redirect(to string) {
	r.mu.Lock()
	r.to = to
	r.mu.Unlock()
	r.set(false)
}

// TestBeginAgain follows into a new folder with the NKey of a follower that had
// everything: the register remembers how far that was, and the new copy begins at
// the beginning all the same. Made without that, a copy lacks what comes before,
// and nobody promotes it.
func TestBeginAgain(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	for n := range 5 {
		r.note(t, "case.1", strings.Repeat("x", n+1))
	}
	c := follow(t, t.TempDir(), r.options())
	c.reaches(t, 5)
	knows := func() {
		t.Helper()
		eventually(t, "the register knows", func() bool {
			position, complete, err := mirror.Progress(t.Context(), r.server.Conn(), r.key)
			return err == nil && position == 5 && complete
		})
	}
	knows()
	must(t, c.stopped())
	c = follow(t, t.TempDir(), r.options())
	c.reaches(t, 5)
	knows()
	must(t, c.stopped())

	dial := dialOf(t, r, r.pass) // nobody asks the register before the link is up
	unguarded, err := eventstore.Start(t.Context(), t.TempDir(), eventstore.StartOptions{Dial: &dial})
	must(t, err)
	defer unguarded.Close()
	origin := mirror.NewOrigin(unguarded.Conn(), eventstore.DomainLog, r.key)
	eventually(t, "it can begin", func() bool { return mirror.Begin(t.Context(), unguarded.Conn(), origin, 1) == nil })
	eventually(t, "it is complete", func() bool {
		d, err := mirror.Compare(t.Context(), unguarded.Conn(), origin)
		return err == nil && d.Complete && d.Position == 5
	})
	knows()
	must(t, unguarded.Close())

	srv, err := eventstore.Start(t.Context(), t.TempDir(), eventstore.StartOptions{Dial: &dial})
	must(t, err)
	defer srv.Close()
	for _, config := range []jetstream.StreamConfig{eventstore.Settings(1), vault.Settings(1)} { // as Begin does, but for one step
		body, err := role.Copy(config, eventstore.DomainLog, eventstore.CopyConsumer(r.key), eventstore.CopySubject(r.key, "deliver."+config.Name))
		must(t, err)
		_, err = srv.Conn().Request("$JS.API.STREAM.CREATE."+config.Name, body, 5*time.Second)
		must(t, err)
	}
	eventually(t, "the copy has something", func() bool {
		last := r.note(t, "case.1", "later")
		position, _, err := mirror.End(t.Context(), srv.Conn())
		return err == nil && position > 5 && position <= last
	})
	want(t, mirror.Promote(t.Context(), srv.Conn()), eventstore.ErrDamaged, "some are missing")
	_, err = mirror.Compare(t.Context(), srv.Conn(), mirror.NewOrigin(r.server.Conn(), "", ""))
	want(t, err, eventstore.ErrDamaged)
}
