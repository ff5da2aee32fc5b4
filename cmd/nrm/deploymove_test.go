package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
)

// TestMoveToShippedServersAndBack moves a register to the servers of
// docker-compose.yml and home again, as docs/operations.md says: with
// deploy/nats.conf as it is, the keys that deploy/prepare makes, and no more
// rights than these give. On the way the copy loses something once.
func TestMoveToShippedServersAndBack(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers take seconds to elect their leaders")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	r := newRig(t)
	secrets := filepath.Join(r.dir, "deploy", "secrets")
	as := func(user string, args ...string) []string {
		var urls []string
		for _, n := range natsNodes {
			urls = append(urls, "tls://"+r.address(n+":4222"))
		}
		return append(args, "--nats", strings.Join(urls, ","), "--nats-ca", filepath.Join(secrets, "ca.crt"), "--nats-nkey", filepath.Join(secrets, user+".nk"))
	}
	at := newRegister(t)
	refs := people(t, at, 4)
	r.startNATS(t)

	// The servers are told whom to copy, and the first machine whom to let in.
	said := r.prepare(t, "-move", "first:7422")
	link := regexp.MustCompile(`\bU[A-Z2-7]{55}\b`).FindString(said)
	r.restartNATS(t)
	letIn := []string{"--leaf-listen", r.address("first:7422"), "--leaf-cert", filepath.Join(secrets, "move", "leaf.crt"), "--leaf-key", filepath.Join(secrets, "move", "leaf.key"), "--leaf-nkey", link}
	first := serveProcess(t, ctx, at, letIn...)
	public := filepath.Join(secrets, "move", "link.pub")
	node := filepath.Join(t.TempDir(), "node")
	follower := background(t, ctx, as("admin", "follow", "--nkey", public, "--data", node)...)
	follower.says("The NATS servers copy the register")
	promote := as("admin", "promote", "--nkey", public, "--data", node, "--keys", at.keys)
	eventually(t, 30*time.Second, "promoting is refused beside a register that serves", func() error { // each server makes the link for itself
		code, said := told(t, ctx, promote...)
		if code != 1 {
			t.Fatalf("promoted beside a register that serves: %d %s", code, said)
		}
		if !strings.Contains(said, "may be in use") {
			return errors.New(said)
		}
		return nil
	})

	// A copy that has missed something is begun anew.
	r.loseKey(t, ctx)
	follower.says("They begin anew")

	first.end(t)
	handover := background(t, ctx, append([]string{"handover", "--data", at.data}, letIn...)...)
	follower.says("have all of it")
	follower.stop()
	copyFolder(t, node+".checkpoints", at.checkpoints)
	if code, said := told(t, ctx, promote...); code != 0 || !strings.Contains(said, "on the NATS servers now") || strings.Contains(said, " 0 checkpoints agree") {
		t.Fatalf("%d %s", code, said)
	}
	handover.stop()
	r.prepare(t, "-moved")
	r.restartNATS(t)
	r.nothingDeletes(t)

	// A node serves it, with the rights of a node.
	code, said := told(t, ctx, as("app", "account", "add", "duty", "duty_officer", "spu")...)
	if code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	served := serveProcess(t, ctx, places{data: node}, as("app", "--keys", at.keys)...)
	w := &walk{t: t, r: r, client: http.DefaultClient, token: tokenIn(t, said)}
	asked := w.askUntil(ctx, served.url)
	served.end(t)

	// Home again, to another machine.
	mirror := regexp.MustCompile(`MIRROR_NKEY: (U\w+)`).FindStringSubmatch(read(t, filepath.Join(secrets, "users.conf")))[1]
	if code, said := told(t, ctx, as("admin", "handover", "--offer", "--leaf-nkey", mirror)...); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	home := beside(filepath.Join(t.TempDir(), "home"))
	if _, err := keyfile.Create(home.keys); err != nil {
		t.Fatal(err)
	}
	coming := background(t, ctx, "follow", "tls://"+r.address("nats-1:7422"), "tls://"+r.address("nats-2:7422"),
		"--data", home.data, "--domain", "cluster", "--nkey", filepath.Join(secrets, "mirror.nk"), "--ca", filepath.Join(secrets, "ca.crt"))
	coming.says("the register answers")
	closing := background(t, ctx, as("admin", "handover", "--leaf-nkey", mirror)...)
	coming.says("this copy has all of it")
	closing.says("has everything")
	coming.stop()
	copyFolder(t, home.checkpoints, node+".checkpoints")
	if code, said := told(t, ctx, "promote", "--data", home.data, "--keys", at.keys, "--copy-keys", home.keys); code != 0 || strings.Contains(said, " 0 checkpoints agree") {
		t.Fatalf("%d %s", code, said)
	}
	closing.stop()
	if code, said := told(t, ctx, as("app", "serve", "--data", node, "--keys", at.keys, "--listen", "127.0.0.1:0")...); code != 1 || !strings.Contains(said, "handed over") {
		t.Fatalf("served servers that were handed over: %d %s", code, said)
	}

	// Nothing has changed on the way: places, hashes, names, and what was answered.
	moved := places{data: home.data, keys: at.keys, checkpoints: home.checkpoints}
	was, is := positions(t, ctx, at), positions(t, ctx, moved)
	if len(is) <= len(was) || !slices.Equal(is[:len(was)], was) {
		t.Errorf("the log began with %d decisions and begins with others, of %d", len(was), len(is))
	}
	named(t, ctx, moved, refs)
	if code, said = told(t, ctx, "account", "add", "duty", "duty_officer", "spu", "--data", moved.data, "--keys", moved.keys); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	served = serveProcess(t, ctx, moved, "--keys", moved.keys)
	w.token = tokenIn(t, said)
	if again := w.askUntil(ctx, served.url); again != asked {
		t.Errorf("the servers answered %+v, and the machine at home answers %+v", asked, again)
	}
	served.end(t)
	verified(t, moved)
}

// prepare runs deploy/prepare on the rig's secrets.
func (r *rig) prepare(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"run", "nrm/deploy/prepare", "-out", filepath.Join(r.dir, "deploy", "secrets")}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("prepare %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// restartNATS restarts the servers one after the other, each when the one
// before is healthy.
func (r *rig) restartNATS(t *testing.T) {
	t.Helper()
	for _, name := range natsNodes {
		r.stop(t, name)
		r.start(t, name)
		eventually(t, 30*time.Second, name+" is healthy", func() error {
			res, err := http.Get("http://" + r.address(name+":8222") + "/healthz")
			if err != nil {
				return fmt.Errorf("%w: %s", err, r.said(name))
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %s", res.Status, r.said(name))
			}
			return r.serversAgree(t, 3)
		})
	}
}

// loseKey takes the last message from the servers' copy of the keys.
func (r *rig) loseKey(t *testing.T, ctx context.Context) {
	t.Helper()
	nc := r.mustConnect(t, "admin", natsNodes...)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "a key is taken from the copy", func() error {
		s, err := js.Stream(ctx, "NRMKEYS")
		if err != nil {
			return err
		}
		if s.CachedInfo().State.LastSeq < 3 {
			return fmt.Errorf("%+v", s.CachedInfo().State)
		}
		m, err := nc.Request("$JS.API.STREAM.MSG.DELETE.NRMKEYS", []byte(`{"seq":2}`), 2*time.Second)
		if err != nil {
			return err
		}
		var answer struct {
			Success bool `json:"success"`
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil || !answer.Success {
			return fmt.Errorf("%s, %w", m.Data, err)
		}
		return nil
	})
}

// nothingDeletes: once the move is over, the key that makes streams deletes none.
func (r *rig) nothingDeletes(t *testing.T) {
	t.Helper()
	nc := r.mustConnect(t, "admin", natsNodes...)
	for _, stream := range []string{"NRM", "NRMKEYS", "NRMBOARD"} {
		if answer, err := nc.Request("$JS.API.STREAM.DELETE."+stream, nil, time.Second); err == nil {
			t.Fatalf("%s may be deleted: %s", stream, answer.Data)
		}
	}
	for _, name := range natsNodes {
		if strings.Contains(read(t, filepath.Join(r.dir, "containers", name, "etc", "nats", "secrets", "move.conf")), "tls://") {
			t.Errorf("%s still has a link", name)
		}
	}
}

// end asks a process to end and waits for it.
func (p process) end(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// askUntil gives one command, always the same, until it is answered.
func (w *walk) askUntil(ctx context.Context, site string) (a answer) {
	w.t.Helper()
	eventually(w.t, 40*time.Second, "an answer", func() (err error) {
		a, err = w.post(ctx, site, "asked-while-it-was-moved")
		return err
	})
	return a
}

// tokenIn finds the token in what nrm account add says.
func tokenIn(t *testing.T, said string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^token +(\S+)$`).FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("no token in %q", said)
	}
	return m[1]
}

// positions are the places and hashes of everything in a log.
func positions(t *testing.T, ctx context.Context, at places) (all []string) {
	t.Helper()
	n, err := lookAt(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	last, err := n.log.Last(ctx)
	if err == nil {
		err = n.log.Leaves(ctx, 0, last, func(leaves []eventstore.Leaf) error {
			for _, l := range leaves {
				all = append(all, fmt.Sprintf("%d %s", l.Seq, l.Record()))
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// named expects everybody's name to be readable.
func named(t *testing.T, ctx context.Context, at places, refs []domain.Ref) {
	t.Helper()
	r := openRegister(t, at)
	r.caughtUp()
	for _, ref := range refs {
		if page, err := r.views.Case(ctx, anOfficer, now(), ref); err != nil || page.Person.Identity == nil {
			t.Errorf("somebody lost their name: %v", err)
		}
	}
	r.close()
}
