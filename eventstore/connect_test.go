package eventstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
)

// TestConnect: what stands in the way is said in words that name the way out.
func TestConnect(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	full := k.config("sync_interval: always", k.tls(""), "jetstream: enabled", "", true)
	url := k.serve(t, full)
	good := eventstore.ConnectOptions{URLs: url, Name: "a", NKey: k.file("user.nk"), CA: k.file("ca.pem"), Patience: time.Second}
	r, err := eventstore.Connect(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Cluster(); c.Size != 1 || len(c.Servers) != 1 || !c.Servers[0].Syncs || r.Healthy() != nil {
		t.Errorf("%+v, %v", c, r.Healthy())
	}
	if _, tls := r.Conn().TLSConnectionState(); tls != nil {
		t.Errorf("no TLS: %v", tls)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	with := func(change func(*eventstore.ConnectOptions)) eventstore.ConnectOptions {
		o := good
		change(&o)
		return o
	}
	at := func(config string) eventstore.ConnectOptions {
		return with(func(o *eventstore.ConnectOptions) { o.URLs = k.serve(t, config) })
	}
	free := k.freePort(t)
	for name, c := range map[string]struct {
		opts  eventstore.ConnectOptions
		kind  error
		words string
	}{
		"nobody there":        {with(func(o *eventstore.ConnectOptions) { o.URLs = free }), eventstore.ErrConnect, "nobody answers at " + free},
		"no address":          {with(func(o *eventstore.ConnectOptions) { o.URLs = "http://x:1" }), eventstore.ErrConnect, "use tls://"},
		"password":            {with(func(o *eventstore.ConnectOptions) { o.URLs = "nats://a:b@127.0.0.1:1" }), eventstore.ErrConnect, "holds a password"},
		"beyond without key":  {with(func(o *eventstore.ConnectOptions) { o.URLs, o.NKey = "nats-1.invalid:4222", "" }), eventstore.ErrConnect, "no key is named"},
		"wrong authority":     {with(func(o *eventstore.ConnectOptions) { o.CA = k.file("other-ca.pem") }), eventstore.ErrConnect, "name the right one with --nats-ca"},
		"another name":        {at(k.config("sync_interval: always", k.tls("elsewhere"), "jetstream: enabled", "", true)), eventstore.ErrConnect, "for another name"},
		"no TLS":              {at(k.config("sync_interval: always", "", "jetstream: enabled", "", true)), eventstore.ErrConnect, "do not offer TLS"},
		"TLS asked for":       {with(func(o *eventstore.ConnectOptions) { o.CA = "" }), eventstore.ErrConnect, "--nats-ca"},
		"wrong key":           {with(func(o *eventstore.ConnectOptions) { o.NKey = k.file("stranger.nk") }), eventstore.ErrConnect, "do not know the key"},
		"no key file":         {with(func(o *eventstore.ConnectOptions) { o.NKey = k.file("none.nk") }), eventstore.ErrConnect, "none.nk"},
		"no key":              {with(func(o *eventstore.ConnectOptions) { o.NKey = "" }), eventstore.ErrConnect, "do not know the key"},
		"no JetStream":        {at(k.config("", k.tls(""), "", "", true)), eventstore.ErrConnect, "JetStream is not enabled"},
		"not for the account": {at(k.config("sync_interval: always", k.tls(""), "", "", true)), eventstore.ErrConnect, "not enabled for the account"},
		"no right":            {at(k.config("sync_interval: always", k.tls(""), "jetstream: enabled", `publish: {deny: "$JS.API.>"}`, true)), eventstore.ErrConnect, "does not have the right"},
		"syncs seldom":        {at(k.config("sync_interval: 2m", k.tls(""), "jetstream: enabled", "", true)), eventstore.ErrUnsafe, "sync_interval: always"},
		"does not tell":       {at(k.config("sync_interval: always", k.tls(""), "jetstream: enabled", "", false)), eventstore.ErrUnsafe, "--trust-nats-sync"},
		"may not ask":         {at(k.config("sync_interval: always", k.tls(""), "jetstream: enabled", `publish: {deny: "$SYS.>"}`, true)), eventstore.ErrUnsafe, "--trust-nats-sync"},
		"small messages":      {at("max_payload: 100000\n" + full), eventstore.ErrUnsafe, "max_payload"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := eventstore.Connect(t.Context(), c.opts)
			if err == nil {
				_ = r.Close()
			}
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want %q", err, c.words)
			}
		})
	}
	t.Run("taken on trust", func(t *testing.T) {
		o := at(k.config("sync_interval: always", k.tls(""), "jetstream: enabled", "", false))
		o.TrustSync = true
		r, err := eventstore.Connect(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	})
}

// testKeys are a folder of an authority, a server's certificate and NKeys.
type testKeys struct {
	dir          string
	user, system string // public keys
	ca           *x509.Certificate
	signer       *ecdsa.PrivateKey
}

func newKeys(t *testing.T) *testKeys {
	t.Helper()
	k := &testKeys{dir: t.TempDir()}
	k.user, k.system = k.nkey(t, "user.nk"), k.nkey(t, "system.nk")
	k.nkey(t, "stranger.nk")
	k.authority(t, "other-ca.pem")
	k.authority(t, "ca.pem")
	for _, host := range []string{"127.0.0.1", "elsewhere"} {
		k.certificate(t, host)
	}
	return k
}

func (k *testKeys) file(name string) string { return filepath.Join(k.dir, name) }

func (k *testKeys) write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(k.file(name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (k *testKeys) nkey(t *testing.T, name string) string {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	k.write(t, name, seed)
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func (k *testKeys) authority(t *testing.T, name string) {
	t.Helper()
	var err error
	if k.signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	k.ca = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, k.ca, k.ca, k.signer.Public(), k.signer)
	if err != nil {
		t.Fatal(err)
	}
	k.write(t, name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func (k *testKeys) certificate(t *testing.T, host string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, k.ca, key.Public(), k.signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	k.write(t, host+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	k.write(t, host+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// tls is the part of a configuration with the certificate for a host.
func (k *testKeys) tls(host string) string {
	if host == "" {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("tls {cert_file: %q, key_file: %q}", k.file(host+".pem"), k.file(host+".key"))
}

// config is that of one server: how JetStream syncs (empty: there is none), TLS,
// and the register's account: what it has, what it may, and whether it may ask
// how the servers are set up.
func (k *testKeys) config(sync, tls, has, may string, ask bool) string {
	store := ""
	if sync != "" {
		store = fmt.Sprintf("jetstream {store_dir: %q, %s}", "DIR", sync)
	}
	exports, imports := "", ""
	if ask {
		exports = `exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", response_type: stream}]`
		imports = `imports: [{service: {account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ"}}]`
	}
	if may != "" {
		may = ", permissions: {" + may + "}"
	}
	return fmt.Sprintf(`server_name: one
listen: "127.0.0.1:-1"
%s
%s
system_account: SYS
accounts {
  SYS: {users: [{nkey: %s}], %s}
  NRM: {users: [{nkey: %s%s}], %s
    %s}
}
`, store, tls, k.system, exports, k.user, may, has, imports)
}

// serve starts a server and gives its address.
func (k *testKeys) serve(t *testing.T, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(config, "DIR", t.TempDir())), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatalf("%v in\n%s", err, config)
	}
	options.NoSigs, options.NoLog = true, true
	ns, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return "nats://" + ns.Addr().String()
}

func (k *testKeys) freePort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "nats://" + l.Addr().String()
}
