package mirror_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
)

func TestMain(m *testing.M) {
	// A copy that is closed while it asks for messages leaves one behind that
	// waits for the answer, which ends by itself.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server.(*stream).setupMirrorConsumer.func3"))
}

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

// eventually waits until f is true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

// A note is the decision of these tests.
type note struct{ Stream, ID, Text string }

func notes() eventstore.Codec[note] {
	return eventstore.Codec[note]{
		Encode: func(n note) (eventstore.Message, error) {
			data, err := json.Marshal(n.Text)
			return eventstore.Message{Stream: n.Stream, ID: n.ID, Events: []eventstore.Entry{{Type: "Noted", Data: data}}}, err
		},
		Decode: func(m eventstore.Message) (note, error) {
			n := note{Stream: m.Stream, ID: m.ID}
			return n, json.Unmarshal(m.Events[0].Data, &n.Text)
		},
	}
}

// A pass is what the two sides of a link need to know each other.
type pass struct {
	ca, nkey string // files
	key      string // public
	cert     tls.Certificate
}

func newPass(t testing.TB) pass {
	t.Helper()
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	p := pass{ca: filepath.Join(dir, "ca.crt"), nkey: filepath.Join(dir, "nkey"), cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}}
	must(t, os.WriteFile(p.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	pair, err := nkeys.CreateUser()
	must(t, err)
	seed, err := pair.Seed()
	must(t, err)
	must(t, os.WriteFile(p.nkey, seed, 0o600))
	p.key, err = pair.PublicKey()
	must(t, err)
	return p
}

// A register is a log and keys in a folder, that lets a follower in.
type register struct {
	pass           // of the follower
	more    []pass // of further ones
	dir     string
	ring    *keyfile.Ring
	address string // where it listens
	relay   *relay // what followers dial
	server  *eventstore.Server
	log     *eventstore.Store[note]
	vault   *vault.Vault
}

func newRegister(t testing.TB) *register {
	t.Helper()
	ring, err := keyfile.Create(filepath.Join(t.TempDir(), "key"))
	must(t, err)
	r := &register{pass: newPass(t), dir: t.TempDir(), ring: ring, address: freeAddress(t)}
	r.relay = newRelay(t, r.address)
	r.start(t, true)
	return r
}

func (r *register) start(t testing.TB, init bool) {
	t.Helper()
	key, _ := r.ring.Storage()
	keys := []string{r.key}
	for _, p := range r.more {
		keys = append(keys, p.key)
	}
	var err error
	r.server, err = eventstore.Start(t.Context(), r.dir, eventstore.StartOptions{Key: key, Listen: &eventstore.LeafListen{
		Address: r.address, TLS: &tls.Config{Certificates: []tls.Certificate{r.cert}, MinVersion: tls.VersionTLS13}, Keys: keys,
	}})
	must(t, err)
	if init {
		must(t, vault.Init(t.Context(), r.server.Conn(), 1))
		must(t, eventstore.Init(t.Context(), r.server.Conn()))
	}
	r.open(t)
	t.Cleanup(func() { r.stop(t) })
}

func (r *register) open(t testing.TB) {
	t.Helper()
	var err error
	r.vault, err = vault.Open(t.Context(), r.server.Conn(), r.ring, vault.Options{Compartments: []string{"identity"}})
	must(t, err)
	r.log, err = eventstore.Open(t.Context(), r.server.Conn(), notes(), eventstore.Options{Sealer: r.vault, HighWater: filepath.Join(r.dir, "highwater.json")})
	must(t, err)
	for _, p := range append(r.more, r.pass) {
		must(t, mirror.Offer(t.Context(), r.server.Conn(), p.key))
	}
}

func (r *register) stop(t testing.TB) {
	t.Helper()
	if r.server == nil {
		return
	}
	r.close()
	must(t, r.server.Close())
	r.server = nil
}

func (r *register) close() {
	if r.log != nil {
		r.log.Close()
		r.vault.Close()
		r.log = nil
	}
}

// note stores one decision.
func (r *register) note(t testing.TB, stream, text string) uint64 {
	t.Helper()
	n := note{stream, uuid.Must(uuid.NewV7()).String(), text}
	seq, err := r.log.Update(t.Context(), []string{stream}, func([][]note) ([]note, error) { return []note{n}, nil })
	must(t, err)
	return seq
}

// options are those of a follower of this register.
func (r *register) options() mirror.Options {
	return mirror.Options{From: []string{"tls://" + r.relay.address()}, Domain: eventstore.DomainLog, CA: r.ca, NKey: r.nkey}
}

// A copying is a follower that runs.
type copying struct {
	*mirror.Follower
	ended chan error // what Run returned
	stop  func() error
}

func follow(t testing.TB, dir string, opts mirror.Options) *copying {
	t.Helper()
	f, err := mirror.Follow(t.Context(), dir, opts)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, nil) }()
	c := &copying{Follower: f, ended: ended}
	var once sync.Once
	c.stop = func() (err error) {
		once.Do(func() {
			cancel()
			err = errors.Join(<-ended, f.Close())
		})
		return err
	}
	t.Cleanup(func() { _ = c.stop() })
	return c
}

// reaches waits until the copy has a position and has been compared since.
func (c *copying) reaches(t testing.TB, position uint64) {
	t.Helper()
	eventually(t, fmt.Sprint("the copy reaches position ", position), func() bool {
		s, linked := c.Status()
		return linked && s.Position >= position && s.Behind == 0
	})
}

// all gives everything that a stream holds, with positions and times.
func all(t testing.TB, nc *nats.Conn, stream string) []string {
	t.Helper()
	js, err := jetstream.New(nc)
	must(t, err)
	s, err := js.Stream(t.Context(), stream)
	must(t, err)
	var lines []string
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		must(t, err)
		lines = append(lines, fmt.Sprintf("%d %s %s %s %s", m.Sequence, m.Subject, m.Time.Format(time.RFC3339Nano), m.Header.Get("Nats-Msg-Id"), m.Data))
	}
	return lines
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// A relay passes connections on to an address, and can be cut.
type relay struct {
	to       string
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	conns    map[net.Conn]bool
	wg       sync.WaitGroup
}

func newRelay(t testing.TB, to string) *relay {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	r := &relay{to: to, listener: l, conns: map[net.Conn]bool{}}
	r.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.pass(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		r.set(true)
		r.wg.Wait()
	})
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

// set cuts the connections that there are and all later ones, or lets them
// through again.
func (r *relay) set(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
	for c := range r.conns {
		_ = c.Close()
	}
}

func (r *relay) pass(a net.Conn) {
	defer a.Close()
	r.mu.Lock()
	to, cut := r.to, r.cut
	r.mu.Unlock()
	if cut {
		return
	}
	b, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer b.Close()
	r.mu.Lock()
	if r.cut {
		r.mu.Unlock()
		return
	}
	r.conns[a], r.conns[b] = true, true
	r.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_, _ = way[0].Close(), way[1].Close()
		})
	}
	both.Wait()
	r.mu.Lock()
	delete(r.conns, a)
	delete(r.conns, b)
	r.mu.Unlock()
}

// spoken is a logger to read from.
func spoken() (*slog.Logger, func() string) {
	var b syncBuffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})), b.String
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
