package mirror_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
)

// A cluster is three servers that dial a register, as its followers, and let
// followers of their own in.
type cluster struct {
	pass  // of those followers
	nodes []*server.Server
	leafs []string // addresses for followers
	own   nkeys.KeyPair
	timid nkeys.KeyPair // of who may do the same, but delete no stream
}

func newCluster(t *testing.T, from *register) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes seconds to elect its leaders")
	}
	c := &cluster{pass: newPass(t)}
	var err error
	c.own, err = nkeys.CreateUser()
	must(t, err)
	ownKey, err := c.own.PublicKey()
	must(t, err)
	c.timid, err = nkeys.CreateUser()
	must(t, err)
	timidKey, err := c.timid.PublicKey()
	must(t, err)
	noDelete := &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$JS.API.STREAM.DELETE.*"}}}
	var routes []*url.URL
	for range 3 {
		routes = append(routes, &url.URL{Scheme: "nats", Host: freeAddress(t)})
		c.leafs = append(c.leafs, freeAddress(t))
	}
	ca, err := os.ReadFile(from.ca)
	must(t, err)
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(ca)
	port := func(address string) int {
		var n int
		_, err := fmt.Sscanf(address, "127.0.0.1:%d", &n)
		must(t, err)
		return n
	}
	for i, route := range routes {
		ns, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, JetStreamDomain: eventstore.DomainCluster,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port(route.Host)}, Routes: routes,
			Nkeys: []*server.NkeyUser{{Nkey: ownKey}, {Nkey: timidKey, Permissions: noDelete}, eventstore.LeafUser(eventstore.DomainCluster, c.key)},
			LeafNode: server.LeafNodeOpts{
				Host: "127.0.0.1", Port: port(c.leafs[i]), NoAdvertise: true,
				TLSConfig: &tls.Config{Certificates: []tls.Certificate{c.cert}, MinVersion: tls.VersionTLS13}, TLSTimeout: 5,
				Remotes: []*server.RemoteLeafOpts{{
					URLs: []*url.URL{{Scheme: "tls", Host: from.relay.address()}}, TLS: true, TLSConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS13}, TLSTimeout: 5,
					Nkey:        seedOf(t, from.pass),
					DenyImports: []string{"nrm.>", "nrmkeys.>", "nrmboard.>", "$JS.cluster.API.>"}, DenyExports: []string{"nrm.>", "nrmkeys.>", "nrmboard.>"},
				}},
			},
		})
		must(t, err)
		ns.Start()
		t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
		c.nodes = append(c.nodes, ns)
	}
	leads := func(ns *server.Server) bool { return ns.JetStreamIsLeader() && len(ns.JetStreamClusterPeers()) == 3 }
	eventually(t, "a leader is elected", func() bool { return slices.ContainsFunc(c.nodes, leads) })
	return c
}

func (c *cluster) connect(t *testing.T) *nats.Conn {
	t.Helper()
	return c.connectAs(t, c.own)
}

func (c *cluster) connectAs(t *testing.T, user nkeys.KeyPair) *nats.Conn {
	t.Helper()
	key, err := user.PublicKey()
	must(t, err)
	closed := make(chan struct{})
	nc, err := nats.Connect("", nats.InProcessServer(c.nodes[0]), nats.Nkey(key, user.Sign), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	must(t, err)
	t.Cleanup(func() { nc.Close(); <-closed })
	return nc
}

// TestClusterAndBack moves a register from one machine to a cluster and from
// there to another machine. Nothing changes on the way: positions, times and
// bodies are what they were.
func TestClusterAndBack(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	c := newCluster(t, r)
	for n := range 60 {
		r.note(t, fmt.Sprint("case.", n%7), fmt.Sprint("embedded ", n))
	}
	for n := range 5 {
		_, err := r.vault.Seal(t.Context(), fmt.Sprintf("AA%04dAA/identity", n), nil, []byte("secret"))
		must(t, err)
	}

	nc := c.connect(t)
	origin := mirror.NewOrigin(nc, eventstore.DomainLog, r.key)
	eventually(t, "the cluster copies", func() bool { return mirror.Begin(t.Context(), nc, origin, 3) == nil })
	r.note(t, "case.1", "while it copies")
	r.close()
	final, err := mirror.HandOver(t.Context(), r.server.Conn())
	must(t, err)
	eventually(t, "the cluster has everything", func() bool {
		if d, err := mirror.Compare(t.Context(), nc, origin); !errors.Is(err, eventstore.ErrDamaged) {
			return err == nil && d.Complete
		}
		must(t, mirror.Discard(t.Context(), nc, origin)) // as nrm follow does
		must(t, mirror.Begin(t.Context(), nc, origin, 3))
		return false
	})
	embedded, keys := all(t, r.server.Conn(), "NRM"), all(t, r.server.Conn(), "NRMKEYS")
	must(t, mirror.Promote(t.Context(), nc))
	log, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{})
	must(t, err)
	if got := all(t, nc, "NRM"); !slices.Equal(got, embedded) || len(got) != int(final) {
		t.Fatalf("the cluster holds %d messages, the register held %d, or others", len(got), len(embedded))
	}
	if got := all(t, nc, "NRMKEYS"); !slices.Equal(got, keys) {
		t.Fatal("the cluster holds other keys")
	}
	in := &register{log: log}
	for n := range 20 {
		if got, want := in.note(t, fmt.Sprint("case.", n%7), fmt.Sprint("in the cluster ", n)), final+uint64(n)+1; got != want {
			t.Fatalf("position %d came, not %d", got, want)
		}
	}
	if got := all(t, r.server.Conn(), "NRM"); !slices.Equal(got, embedded) {
		t.Fatal("what is written to the cluster reaches the machine that it came from")
	}
	r.stop(t)

	must(t, mirror.Offer(t.Context(), nc, c.key))
	dir := t.TempDir()
	f := follow(t, dir, mirror.Options{From: []string{"tls://" + c.leafs[1], "tls://" + c.leafs[2]}, Domain: eventstore.DomainCluster, CA: c.ca, NKey: c.nkey})
	f.reaches(t, final+20)
	log.Close()
	last, err := mirror.HandOver(t.Context(), nc)
	must(t, err)
	eventually(t, "the machine has everything", func() bool { s, _ := f.Status(); return s.Complete })
	eventually(t, "the cluster says that its follower has everything", func() bool { // when that has confirmed it
		position, complete, err := mirror.Progress(t.Context(), nc, c.key)
		return err == nil && complete && position == last
	})
	want := all(t, nc, "NRM")
	must(t, f.stopped())
	srv := promoted(t, dir)
	if got := all(t, srv.Conn(), "NRM"); !slices.Equal(got, want) {
		t.Fatalf("back on one machine there are %d messages, the cluster held %d, or others", len(got), len(want))
	}
	if got := all(t, srv.Conn(), "NRMKEYS"); !slices.Equal(got, keys) {
		t.Fatal("back on one machine there are other keys")
	}
	back, err := eventstore.Open(t.Context(), srv.Conn(), notes(), eventstore.Options{})
	must(t, err)
	defer back.Close()
	must(t, back.Verify(t.Context(), last, func(eventstore.Leaf) error { return nil }, func([]note) error { return nil }))
	if got := (&register{log: back}).note(t, "case.1", "home again"); got != last+1 {
		t.Fatalf("the next position is %d, not %d", got, last+1)
	}
	v, err := vault.Open(t.Context(), srv.Conn(), r.ring, vault.Options{})
	must(t, err)
	defer v.Close()
	if s, err := v.Status(t.Context()); err != nil || s.Owners != 5 {
		t.Errorf("%+v, %v", s, err)
	}
}
