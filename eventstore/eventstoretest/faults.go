package eventstoretest

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"nrm/eventstore"
)

// Faults is the trouble a connection made by Faulty can be in. Its zero state
// is none.
type Faults struct {
	srv *eventstore.Server

	mu      sync.Mutex
	change  chan struct{} // closed at every change
	hold    [2]bool       // requests, answers
	current *faultyConn
}

const (
	requests = iota
	answers
)

// Faulty connects to srv over a line that f can disturb.
func Faulty(t testing.TB, srv *eventstore.Server) (nc *nats.Conn, f *Faults) {
	t.Helper()
	f = &Faults{srv: srv, change: make(chan struct{})}
	nc, err := nats.Connect("", nats.InProcessServer(f),
		nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ReconnectBufSize(-1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Heal(); nc.Close() })
	return nc, f
}

// HoldRequests keeps back what the client sends from now on: a write will not
// reach the log.
func (f *Faults) HoldRequests() { f.set(func() { f.hold[requests] = true }) }

// HoldAnswers keeps back what the server sends from now on: a write will be
// stored and the client not told. After ten seconds the server gives up on the
// connection.
func (f *Faults) HoldAnswers() { f.set(func() { f.hold[answers] = true }) }

// Heal lets everything through that was kept back, late.
func (f *Faults) Heal() { f.set(func() { f.hold = [2]bool{} }) }

// Cut breaks the connection, so that what was kept back is lost, and lets the
// client connect anew to a line without trouble.
func (f *Faults) Cut() {
	var cut *faultyConn // not the one that the client may have by then
	f.set(func() {
		f.hold = [2]bool{}
		cut = f.current
		cut.broken = true
	})
	_ = cut.Close()
}

func (f *Faults) set(how func()) {
	f.mu.Lock()
	how()
	c := f.current
	close(f.change)
	f.change = make(chan struct{})
	f.mu.Unlock()
	_, _ = c.Write(nil) // what was kept back
}

// InProcessConn lets a nats client connect.
func (f *Faults) InProcessConn() (net.Conn, error) {
	c, err := f.srv.InProcessConn()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current = &faultyConn{Conn: c, faults: f}
	return f.current, nil
}

type faultyConn struct {
	net.Conn
	faults *Faults
	broken bool // guarded by faults.mu

	writing sync.Mutex
	kept    []byte // requests held, guarded by writing
}

func (c *faultyConn) state(direction int) (broken, held bool, change <-chan struct{}) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	return c.broken, c.faults.hold[direction], c.faults.change
}

func (c *faultyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for {
		switch broken, held, change := c.state(answers); {
		case broken:
			return 0, net.ErrClosed
		case !held:
			return n, err
		default:
			<-change
		}
	}
}

func (c *faultyConn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	switch broken, held, _ := c.state(requests); {
	case broken:
		return 0, net.ErrClosed
	case held:
		c.kept = append(c.kept, b...)
		return len(b), nil
	}
	if len(c.kept) > 0 {
		if _, err := c.Conn.Write(c.kept); err != nil {
			return 0, err
		}
		c.kept = nil
	}
	if len(b) == 0 {
		return 0, nil
	}
	return c.Conn.Write(b)
}
