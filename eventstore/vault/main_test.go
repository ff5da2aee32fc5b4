package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"nrm/eventstore/keyfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err, target error, text ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
	for _, s := range text {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

// start runs a server in dir, until the test ends or stop is called.
func start(t testing.TB, dir, key string) (nc *nats.Conn, stop func()) {
	t.Helper()
	ns, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: dir, SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true,
		JetStreamKey: key, JetStreamCipher: server.AES, JetStreamMaxMemory: 64 << 20,
	})
	must(t, err)
	ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("no server")
	}
	nc = connect(t, ns)
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			nc.Close()
			ns.Shutdown()
			ns.WaitForShutdown()
		}
	}
	t.Cleanup(stop)
	return nc, stop
}

func connect(t testing.TB, ns *server.Server) *nats.Conn {
	t.Helper()
	closed := make(chan struct{})
	nc, err := nats.Connect("", nats.InProcessServer(ns), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	must(t, err)
	t.Cleanup(func() { nc.Close(); <-closed })
	return nc
}

// A place is a register: a data folder, a key file and a running server.
type place struct {
	dir  string // of the server
	ring *keyfile.Ring
	nc   *nats.Conn
	stop func()
	key  string // of the server's own encryption
}

func newPlace(t testing.TB) *place {
	t.Helper()
	return newPlaceWith(t, "")
}

func newPlaceWith(t testing.TB, key string) *place {
	t.Helper()
	p := &place{dir: t.TempDir(), key: key}
	ring, err := keyfile.Create(filepath.Join(t.TempDir(), "nrm.key"))
	must(t, err)
	p.ring = ring
	p.nc, p.stop = start(t, p.dir, key)
	must(t, Init(t.Context(), p.nc, 1))
	return p
}

// restart ends the server and starts it again, with the key file as it is now.
func (p *place) restart(t testing.TB) {
	t.Helper()
	p.stop()
	p.nc, p.stop = start(t, p.dir, p.key)
	p.ring = p.process(t)
}

// process gives the ring as another process would read it.
func (p *place) process(t testing.TB) *keyfile.Ring {
	t.Helper()
	ring, err := keyfile.Read(p.ring.Path())
	must(t, err)
	return ring
}

func (p *place) open(t testing.TB) *Vault {
	t.Helper()
	return p.openWith(t, p.ring, Options{})
}

func (p *place) openWith(t testing.TB, ring *keyfile.Ring, opts Options) *Vault {
	t.Helper()
	v, err := Open(t.Context(), p.nc, ring, opts)
	must(t, err)
	t.Cleanup(v.Close)
	v.maxBatch, v.blankBytes = 10, 1000
	return v
}

// full gives v the sizes that it has outside of tests.
func full(v *Vault) *Vault {
	v.maxBatch, v.blankBytes = maxBatch, blankBytes
	return v
}

// files gives every file of the key stream in one piece.
func (p *place) files(t testing.TB) []byte {
	t.Helper()
	var all []byte
	must(t, filepath.WalkDir(filepath.Join(p.dir, "jetstream"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	}))
	if len(all) == 0 {
		t.Fatal("no files")
	}
	return all
}

// A sealed is a text that must stay readable, or must not.
type sealed struct {
	key string
	box []byte
}

func seal(t testing.TB, v *Vault, key string) sealed {
	t.Helper()
	box, err := v.Seal(t.Context(), key, []byte("ad of "+key), []byte("text of "+key))
	must(t, err)
	return sealed{key, box}
}

func (s sealed) open(v *Vault) error {
	plain, err := v.Unseal(context.Background(), s.key, []byte("ad of "+s.key), s.box)
	if err == nil && string(plain) != "text of "+s.key {
		return fmt.Errorf("%s is sealed %q", s.key, plain)
	}
	return err
}

// fill seals something for n owners.
func fill(t testing.TB, v *Vault, n int) (all []sealed) {
	t.Helper()
	for i := range n {
		all = append(all, seal(t, v, fmt.Sprintf("P%05d/identity", i)))
	}
	return all
}

// wrapped gives an owner's last row.
func wrapped(t testing.TB, v *Vault, owner string) (row, uint64) {
	t.Helper()
	r, seq, err := v.read(t.Context(), owner)
	must(t, err)
	if seq == 0 {
		t.Fatalf("%s has no row", owner)
	}
	return r, seq
}

func put(t testing.TB, v *Vault, owner string, body []byte) {
	t.Helper()
	_, err := v.js.Publish(t.Context(), prefix+owner, body)
	must(t, err)
}

// plainKey gives an owner's data key in clear.
func plainKey(t testing.TB, v *Vault, owner, compartment string) []byte {
	t.Helper()
	r, _ := wrapped(t, v, owner)
	plain, err := v.unwrap(r)
	must(t, err)
	return bytes.Clone(plain[compartment])
}

var errCrash = errors.New("crash")

// crashAt ends v's work after the n-th step of this name.
func crashAt(v *Vault, name string, n int) {
	v.step = func(step string) error {
		if step == name {
			if n--; n == 0 {
				return errCrash
			}
		}
		return nil
	}
}
