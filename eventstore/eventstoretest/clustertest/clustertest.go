// Package clustertest runs three real servers that keep three copies. It is a
// package of its own, and knows only the server, so that tests inside the
// packages that others build on can use it.
package clustertest

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Start starts the servers n0, n1 and n2 and waits until they have elected a
// leader that knows all of them. They stop with the test; one may be stopped
// before. With -short the test is skipped: an election takes seconds.
func Start(t testing.TB) []*server.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes seconds to elect its leaders")
	}
	var ports []int
	var routes []*url.URL
	var listeners []net.Listener
	for range 3 {
		free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, free.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: free.Addr().String()})
		listeners = append(listeners, free)
	}
	for _, l := range listeners {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var nodes []*server.Server
	for i, port := range ports {
		ns, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		})
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
		nodes = append(nodes, ns)
	}
	leads := func(ns *server.Server) bool {
		return ns.JetStreamIsLeader() && len(ns.JetStreamClusterPeers()) == len(nodes)
	}
	for end := time.Now().Add(20 * time.Second); !slices.ContainsFunc(nodes, leads); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no leader is elected")
		}
	}
	return nodes
}
