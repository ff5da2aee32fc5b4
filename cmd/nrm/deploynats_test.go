package main

import (
	"bytes"
	"crypto/tls"
	"io/fs"
	"sync"

	"github.com/google/uuid"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"

	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var natsNodes = []string{"nats-1", "nats-2", "nats-3"}

// connect connects as one of the users that deploy/prepare makes.
func (r *rig) connect(t *testing.T, user string, nodes ...string) (*nats.Conn, error) {
	t.Helper()
	secrets := filepath.Join(r.dir, "deploy", "secrets")
	opts := []nats.Option{nats.RootCAs(filepath.Join(secrets, "ca.crt")), nats.Timeout(3 * time.Second),
		nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond), nats.SetCustomDialer(r.spaces), nats.SkipHostLookup()}
	if user != "" {
		key, err := nats.NkeyOptionFromSeed(filepath.Join(secrets, user+".nk"))
		if err != nil {
			t.Fatal(err)
		}
		opts = append(opts, key)
	}
	var urls []string
	for _, n := range nodes {
		urls = append(urls, "tls://"+r.address(n+":4222"))
	}
	nc, err := nats.Connect(strings.Join(urls, ","), opts...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

func (r *rig) mustConnect(t *testing.T, user string, nodes ...string) *nats.Conn {
	t.Helper()
	nc, err := r.connect(t, user, nodes...)
	if err != nil {
		t.Fatalf("connect as %s to %v: %v", user, nodes, err)
	}
	return nc
}

// startNATS starts the three servers and waits for their leader.
func (r *rig) startNATS(t *testing.T) {
	t.Helper()
	for _, name := range natsNodes {
		r.start(t, name)
	}
	eventually(t, 30*time.Second, "three NATS servers", func() error { return r.serversAgree(t, 3) })
}

// serversAgree asks, as a node of the register does, whether so many servers
// are there and sync always.
func (r *rig) serversAgree(t *testing.T, want int) error {
	nc, err := r.connect(t, "app", natsNodes...)
	if err != nil {
		return fmt.Errorf("%w; %q", err, r.said("nats-1"))
	}
	defer nc.Close()
	names, err := syncing(nc)
	if err == nil && len(names) != want {
		err = fmt.Errorf("answers of %v", names)
	}
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err = js.AccountInfo(ctx)
	}
	return err
}

// syncing names the servers that say that they sync always.
func syncing(nc *nats.Conn) (names []string, err error) {
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe()
	if err := nc.PublishRequest("$SYS.REQ.SERVER.PING.JSZ", inbox, nil); err != nil {
		return nil, err
	}
	for {
		m, err := sub.NextMsg(500 * time.Millisecond)
		if errors.Is(err, nats.ErrTimeout) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		var answer struct {
			Server struct{ Name string }
			Data   struct {
				Config struct {
					SyncAlways bool `json:"sync_always"`
				}
			}
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil {
			return nil, err
		}
		if !answer.Data.Config.SyncAlways {
			return nil, fmt.Errorf("%s does not sync always: %s", answer.Server.Name, m.Data)
		}
		names = append(names, answer.Server.Name)
	}
}

// TestNATSConfiguration starts the three servers from deploy/nats.conf with
// what docker-compose.yml sets, and holds what each user may do against what
// the file says.
func TestNATSConfiguration(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers take seconds to elect their leaders")
	}
	t.Parallel()
	r := newRig(t)
	r.startNATS(t)
	if nc, err := r.connect(t, "", natsNodes...); err == nil {
		t.Errorf("somebody without a key is let in, as %s", nc.ConnectedServerName())
	}
	if _, err := nats.Connect("nats://"+r.address("nats-1:4222"), nats.Timeout(2*time.Second)); err == nil {
		t.Error("somebody without TLS is let in")
	}
	if err := r.asRoute(); err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("a server without a certificate of the authority talks to the cluster: %v", err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	app, admin := r.mustConnect(t, "app", natsNodes...), r.mustConnect(t, "admin", natsNodes...)
	if err := vault.Init(ctx, app, 3); err == nil {
		t.Error("a node of the register may create streams")
	}
	if err := errors.Join(vault.Init(ctx, admin, 3), initLog(ctx, admin)); err != nil {
		t.Fatal(err)
	}

	t.Run("nodes can work", func(t *testing.T) {
		ring, err := keyfile.Create(filepath.Join(t.TempDir(), "nrm.key"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := vault.Open(ctx, app, ring, vault.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		for _, owner := range []string{"KW5219EZ", "BB0000BB"} {
			if _, err := v.Seal(ctx, owner+"/identity", nil, []byte(marker)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := v.Erase(ctx, "BB0000BB"); err != nil {
			t.Error(err)
		}
		if err := ring.BeginKEK(); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Rotate(ctx, nil); err != nil {
			t.Error(err)
		}
		log, err := eventstore.Open(ctx, app, plainCodec, eventstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		for i := range 3 {
			if _, err := log.Update(ctx, []string{"case.KW5219EZ"}, func([][]eventstore.Message) ([]eventstore.Message, error) {
				return []eventstore.Message{{Stream: "case.KW5219EZ", ID: uuid.NewString(),
					Events: []eventstore.Entry{{Type: "Tested", Data: fmt.Appendf(nil, `"%s %d"`, marker, i)}}}}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if found, _, err := log.Load(ctx, "case.KW5219EZ"); err != nil || len(found) != 3 {
			t.Errorf("%d decisions, %v", len(found), err)
		}
		read := 0
		if err := log.Replay(ctx, 0, 3, func(run []eventstore.Message) error { read += len(run); return nil }); err != nil || read != 3 {
			t.Errorf("%d decisions replayed, %v", read, err)
		}
	})

	t.Run("nobody can take history away", func(t *testing.T) {
		before := streamOf(t, ctx, admin)
		config, err := json.Marshal(before.Config)
		if err != nil {
			t.Fatal(err)
		}
		shorter := bytes.Replace(config, []byte(`"max_age":0`), []byte(`"max_age":1000000000`), 1)
		if bytes.Equal(config, shorter) {
			t.Fatal("max_age is not where it was expected")
		}
		everybody := map[string]*nats.Conn{"app": app, "admin": admin}
		var asked sync.WaitGroup
		for _, attempt := range []struct {
			subject string
			data    []byte
			who     []string
		}{
			{"$JS.API.STREAM.DELETE.NRM", nil, []string{"app", "admin"}},
			{"$JS.cluster.API.STREAM.DELETE.NRM", nil, []string{"app", "admin"}},
			{"$JS.API.STREAM.DELETE.NRMKEYS", nil, []string{"app", "admin"}},
			{"$JS.API.STREAM.PURGE.NRM", nil, []string{"app", "admin"}},
			{"$JS.API.STREAM.MSG.DELETE.NRM", []byte(`{"seq":1}`), []string{"app", "admin"}},
			{"$JS.API.STREAM.UPDATE.NRM", shorter, []string{"app"}},
			{"$JS.API.STREAM.RESTORE.NRMX", []byte(`{}`), []string{"app"}},
			{"$JS.API.STREAM.CREATE.OTHER", []byte(`{"name":"OTHER","subjects":["other"]}`), []string{"app"}},
			{"$JS.API.STREAM.PEER.REMOVE.NRM", []byte(`{"peer":"nats-1"}`), []string{"app"}},
			{"$SYS.REQ.SERVER.PING.CONNZ", nil, []string{"app", "admin"}},
			{"$JS.API.ACCOUNT.PURGE.NRM", nil, []string{"app"}},
		} {
			for _, who := range attempt.who {
				asked.Go(func() {
					if answer, err := everybody[who].Request(attempt.subject, attempt.data, time.Second); err == nil {
						t.Errorf("%s may ask %s and is answered %s", who, attempt.subject, answer.Data)
					}
				})
			}
		}
		asked.Wait()
		if after := streamOf(t, ctx, admin); after.State.Msgs != before.State.Msgs || after.Config.MaxAge != 0 {
			t.Errorf("%d messages have become %d", before.State.Msgs, after.State.Msgs)
		}
	})

	t.Run("nothing readable on disk", func(t *testing.T) {
		for _, name := range natsNodes {
			r.stop(t, name)
		}
		files := 0
		if err := filepath.WalkDir(filepath.Join(r.dir, "volumes"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			if strings.Contains(read(t, path), marker) {
				t.Errorf("%s can be read", path)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if files < 10 {
			t.Errorf("only %d files: the test is blind", files)
		}
	})
}

// asRoute talks to the cluster as another server would that has no certificate,
// and gives the answer.
func (r *rig) asRoute() error {
	conn, err := r.Dial("tcp", r.address("nats-1:6222"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	over := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if err := over.Handshake(); err != nil {
		return err
	}
	_, err = over.Read(make([]byte, 1))
	return err
}

const marker = "NUMUNESINAQOVA"

var plainCodec = eventstore.Codec[eventstore.Message]{
	Encode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
	Decode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
}

func streamOf(t *testing.T, ctx context.Context, nc *nats.Conn) *jetstream.StreamInfo {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, "NRM")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo()
}

// initLog creates the log with three copies.
func initLog(ctx context.Context, nc *nats.Conn) error { return eventstore.InitCopies(ctx, nc, 3) }
