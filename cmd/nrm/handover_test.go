package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/board"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
)

// someFollower is the public NKey of a follower that never comes.
func someFollower(t *testing.T) string {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestHandoverSeesNodes: a register on NATS servers is not closed while nodes
// serve it, and whoever is needed is named. A node under which it is closed all
// the same says so on /readyz and ends. Taken back, it is served again.
func TestHandoverSeesNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	a, b := c.serve(c.at("node-a")), c.serve(c.at("node-b"))
	follower := someFollower(t)
	if out, err := c.try("handover", "--leaf-nkey", follower); err == nil || !strings.Contains(out, "in use by node-a (since ") || !strings.Contains(out, ", node-b (since ") {
		t.Fatalf("handed over under two nodes: %v %s", err, out)
	}
	for _, m := range []*member{a, b} {
		if ready, said := m.ready(); !ready {
			t.Errorf("%s: %s", m.at.elsewhere.Node, said)
		}
	}
	a.end()
	if out, err := c.try("handover", "--leaf-nkey", follower); err == nil || strings.Contains(out, "node-a") || !strings.Contains(out, "in use by node-b (since ") {
		t.Fatalf("handed over under a node: %v %s", err, out)
	}

	// As if this node had not been seen: it was frozen, or is of an older version.
	nc, err := nats.Connect(c.URLs)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := mirror.HandOver(t.Context(), nc); err != nil {
		t.Fatal(err)
	}
	closed, red := time.Now(), false
	ended := make(chan error, 1)
	go func() { ended <- b.cmd.Wait() }()
	var ending error
	for over := false; !over; time.Sleep(50 * time.Millisecond) {
		if res, err := http.Get(b.url + "/readyz"); err == nil {
			red = red || res.StatusCode == http.StatusServiceUnavailable
			res.Body.Close()
		}
		select {
		case ending = <-ended:
			over = true
		default:
		}
		if time.Since(closed) > 30*time.Second {
			t.Fatalf("it goes on:\n%s", b.text())
		}
	}
	var exit *exec.ExitError
	if !red || !errors.As(ending, &exit) || exit.ExitCode() != 1 || !strings.Contains(b.text(), "the log was closed while this node served it") {
		t.Errorf("red: %t, ended with %v:\n%s", red, ending, b.text())
	}
	t.Logf("it ended %v after the log was closed", time.Since(closed).Round(100*time.Millisecond))

	if out, err := c.try("handover"); err == nil || !strings.Contains(out, "no follower is named") {
		t.Errorf("handed over to nobody: %v %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	waiting := background(t, ctx, "handover", "--leaf-nkey", follower, "--nats", c.URLs)
	waiting.says("Waiting until everything is with " + follower)
	// Those that were let in before need not be named again.
	again := background(t, ctx, "handover", "--nats", c.URLs)
	again.says("Waiting until everything is with " + follower)
	again.stop()
	waiting.stop()
	if out, err := c.try("handover", "--take-back"); err == nil || !strings.Contains(out, "two registers") {
		t.Errorf("taken back without a question: %v %s", err, out)
	}
	if out := c.nrm("handover", "--take-back", "--copy-not-promoted"); !strings.Contains(out, "open again") {
		t.Error(out)
	}
	a.start()
	a.untilReady(c)
	a.end()
}

// TestTakeBack: who takes a register back says that no copy has taken over. While
// it is handed over it says for whom it waits.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at := newRegister(t)
	people(t, at, 2)
	second := newSecond(t, ctx)
	closing := background(t, ctx, append([]string{"handover", "--data", at.data}, second.letIn...)...)
	follower := second.letIn[len(second.letIn)-1]
	closing.says("Waiting until everything is with " + follower)
	closing.says("Still waiting for follower " + follower + ", which has confirmed 0 of 2 decisions")
	closing.stop()
	for _, args := range [][]string{{"handover", "--take-back"}, {"serve", "--listen", "127.0.0.1:0"}} {
		if code, said := told(t, ctx, append(args, "--data", at.data)...); code != 1 || !strings.Contains(said, "two registers") {
			t.Fatalf("%v: %d %s", args, code, said)
		}
	}
	if out, code := nrm(t, at, "handover", "--take-back", "--copy-not-promoted"); code != 0 || !strings.Contains(out, "open again") {
		t.Fatalf("%d %s", code, out)
	}
	people(t, at, 1)
	verified(t, at)
}

// TestTakeBackNotAllowed: the key of the nodes may not change streams. Whoever
// tries with it is told which key may.
func TestTakeBackNotAllowed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	users := map[string]*server.NkeyUser{"admin": {}, "app": {Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{"$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.DELETE.>", "$JS.API.CONSUMER.DURABLE.>", "$JS.API.CONSUMER.CREATE.>"}},
	}}}
	files, dir := map[string]string{}, t.TempDir()
	options := &server.Options{ServerName: "one", Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true}
	for name, user := range users {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		seed, _ := pair.Seed()
		user.Nkey, _ = pair.PublicKey()
		files[name] = filepath.Join(dir, name+".nk")
		if err := os.WriteFile(files[name], seed, 0o600); err != nil {
			t.Fatal(err)
		}
		options.Nkeys = append(options.Nkeys, user)
	}
	ns, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	seed, err := nats.NkeyOptionFromSeed(files["admin"])
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(ns.ClientURL(), seed)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := errors.Join(eventstore.Init(ctx, nc), vault.Init(ctx, nc, 1), board.Init(ctx, nc, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.HandOver(ctx, nc); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"handover", "--take-back", "--copy-not-promoted"}, {"handover", "--leaf-nkey", someFollower(t)}} {
		args = append(args, "--nats", ns.ClientURL(), "--trust-nats-sync", "--nats-nkey")
		if code, said := told(t, ctx, append(args, files["app"])...); code != 1 || !strings.Contains(said, "do not let this key do that") || !strings.Contains(said, "admin.nk") {
			t.Errorf("%v: %d %s", args, code, said)
		}
	}
	if code, said := told(t, ctx, "handover", "--take-back", "--copy-not-promoted", "--nats", ns.ClientURL(), "--trust-nats-sync", "--nats-nkey", files["admin"]); code != 0 {
		t.Errorf("%d %s", code, said)
	}
}
