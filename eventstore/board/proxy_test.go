package board

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A proxy leads a client to one of the servers that run, over a line that can be
// blocked: what is sent meanwhile arrives later.
type proxy struct {
	nodes   []*server.Server
	first   int
	blocked atomic.Bool
}

// dial connects through a proxy of its own, at first to the given server.
func dial(t *testing.T, nodes []*server.Server, first int) (*nats.Conn, *proxy) {
	t.Helper()
	p := &proxy{nodes: nodes, first: first}
	closed := make(chan struct{})
	nc, err := nats.Connect("nats://proxy", nats.SetCustomDialer(p),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1), nats.IgnoreDiscoveredServers(),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.blocked.Store(false); nc.Close(); <-closed })
	return nc, p
}

// Dial is called by the client.
func (p *proxy) Dial(string, string) (net.Conn, error) {
	var err error
	for i := range p.nodes {
		ns := p.nodes[(p.first+i)%len(p.nodes)]
		if !ns.Running() {
			continue
		}
		var c net.Conn
		if c, err = net.DialTimeout("tcp", ns.Addr().String(), time.Second); err == nil {
			return p.between(c), nil
		}
	}
	if err == nil {
		err = io.ErrClosedPipe
	}
	return nil, err
}

// between gives the client's end of a line to c.
func (p *proxy) between(c net.Conn) net.Conn {
	near, far := net.Pipe()
	var once sync.Once
	end := func() { once.Do(func() { _ = c.Close(); _ = far.Close() }) }
	carry := func(to, from net.Conn) {
		defer end()
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			for p.blocked.Load() {
				time.Sleep(5 * time.Millisecond)
			}
			if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
				return
			}
		}
	}
	go carry(c, far)
	go carry(far, c)
	return near
}
