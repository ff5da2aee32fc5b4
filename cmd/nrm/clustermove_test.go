package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
)

// movedTo are three servers that dial a register as its followers, and let
// one follower of their own in.
type movedTo struct {
	arguments []string // how nrm reaches them
	leaf      string   // where their follower comes in
}

func startNATS(t *testing.T, from, ca, nkey, cert, certKey, follower string) movedTo {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes seconds to elect its leaders")
	}
	admin, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := admin.Seed()
	public, _ := admin.PublicKey()
	adminFile := filepath.Join(t.TempDir(), "admin.nk")
	linkSeed, err := os.ReadFile(nkey)
	if err != nil {
		t.Fatal(err)
	}
	if err = os.WriteFile(adminFile, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(cert, certKey)
	if err != nil {
		t.Fatal(err)
	}
	port := func() int {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().(*net.TCPAddr).Port
	}
	var ports, leafs []int
	var routes []*url.URL
	for range 3 {
		ports, leafs = append(ports, port()), append(leafs, port())
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", ports[len(ports)-1])})
	}
	var nodes []*server.Server
	var urls []string
	for i := range 3 {
		ns, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, JetStreamDomain: eventstore.DomainCluster,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]}, Routes: routes,
			Nkeys: []*server.NkeyUser{{Nkey: public}, eventstore.LeafUser(eventstore.DomainCluster, follower)},
			LeafNode: server.LeafNodeOpts{
				Host: "127.0.0.1", Port: leafs[i], NoAdvertise: true, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}, TLSTimeout: 5,
				Remotes: []*server.RemoteLeafOpts{{
					URLs: []*url.URL{{Scheme: "tls", Host: from}}, TLS: true, TLSConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS13}, TLSTimeout: 5,
					Nkey:        strings.TrimSpace(string(linkSeed)),
					DenyImports: []string{"nrm.>", "nrmkeys.>", "nrmboard.>", "$JS.cluster.API.>"}, DenyExports: []string{"nrm.>", "nrmkeys.>", "nrmboard.>"},
				}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
		nodes = append(nodes, ns)
		urls = append(urls, ns.ClientURL())
	}
	leads := func(ns *server.Server) bool { return ns.JetStreamIsLeader() && len(ns.JetStreamClusterPeers()) == 3 }
	for end := time.Now().Add(30 * time.Second); !slices.ContainsFunc(nodes, leads); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no leader is elected")
		}
	}
	return movedTo{
		arguments: []string{"--nats", strings.Join(urls, ","), "--nats-nkey", adminFile, "--trust-nats-sync"},
		leaf:      fmt.Sprint("tls://127.0.0.1:", leafs[1]),
	}
}

// TestMoveToServersAndBack moves a register from its own folder to NATS servers,
// has it served there, and moves it to another machine. Every decision keeps its
// place, and everybody's data can be read.
func TestMoveToServersAndBack(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	at := newRegister(t)
	refs := people(t, at, 4)
	there := newSecond(t, ctx) // its link is the servers' link
	back := newSecond(t, ctx)
	nkey := there.follow[len(there.follow)-1]
	cert, certKey := serverCertificate(t)
	servers := startNATS(t, there.letIn[1], there.letIn[3], nkey, cert, certKey, back.letIn[len(back.letIn)-1])
	elsewhere := func(args ...string) []string { return append(args, servers.arguments...) }

	first := serveProcess(t, ctx, at, there.letIn...)
	node := filepath.Join(t.TempDir(), "node")
	follower := background(t, ctx, elsewhere("follow", "--nkey", nkey, "--data", node)...)
	follower.says("The NATS servers copy the register")
	promote := elsewhere("promote", "--nkey", nkey, "--data", node, "--keys", at.keys)
	code, said := told(t, ctx, promote...)
	for end := time.Now().Add(30 * time.Second); code == 1 && strings.Contains(said, "does not answer") && time.Now().Before(end); {
		code, said = told(t, ctx, promote...) // the servers' link is being made again
	}
	if code != 1 || !strings.Contains(said, "may be in use") {
		t.Fatalf("promoted beside a register that serves: %d %s", code, said)
	}
	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	_ = first.cmd.Wait()
	handover := background(t, ctx, append([]string{"handover", "--data", at.data}, there.letIn...)...)
	follower.says("have all of it")
	follower.stop()
	if code, said := told(t, ctx, promote...); code != 0 || !strings.Contains(said, "on the NATS servers now") {
		t.Fatalf("%d %s", code, said)
	}
	handover.stop()

	// A node serves it, and then nobody does.
	served := serveProcess(t, ctx, places{data: node}, elsewhere("--keys", at.keys)...)
	_ = served.cmd.Process.Signal(syscall.SIGTERM)
	_ = served.cmd.Wait()
	key := back.letIn[len(back.letIn)-1]
	if code, said := told(t, ctx, elsewhere("handover", "--offer", "--leaf-nkey", key)...); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	back.follow[1] = servers.leaf
	back.follow[5] = cert
	home := background(t, ctx, append(back.follow, "--domain", "cluster")...)
	home.says("the register answers")
	closing := background(t, ctx, elsewhere("handover", "--leaf-nkey", key)...)
	home.says("this copy has all of it")
	closing.says("has everything")
	home.stop()
	if code, said := told(t, ctx, back.promote(at.keys)...); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	closing.stop()
	if code, said := told(t, ctx, elsewhere("serve", "--data", node, "--keys", at.keys, "--listen", "127.0.0.1:0")...); code != 1 || !strings.Contains(said, "handed over") {
		t.Fatalf("served servers that were handed over: %d %s", code, said)
	}
	moved := places{data: back.at.data, keys: at.keys, checkpoints: back.at.checkpoints}
	was, is := positions(t, ctx, at), positions(t, ctx, moved)
	if len(is) < len(was) || !slices.Equal(is[:len(was)], was) {
		t.Errorf("the log began with %d decisions and begins with others, of %d", len(was), len(is))
	}
	named(t, ctx, moved, refs)
	verified(t, moved)
}
