package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/vault"
)

// natsConf is the configuration that is shipped, wherever a test goes.
var natsConf = func() string {
	path, err := filepath.Abs(filepath.Join("..", "nats.conf"))
	if err != nil {
		panic(err)
	}
	return path
}()

// configured reads deploy/nats.conf as the first server does, with these secrets.
func configured(t *testing.T, secrets string) *server.Options {
	t.Helper()
	at := t.TempDir()
	for to, from := range map[string]string{
		"nats.conf": natsConf, "secrets/users.conf": filepath.Join(secrets, "users.conf"), "secrets/move.conf": filepath.Join(secrets, "move.conf"),
		"secrets/ca.crt": filepath.Join(secrets, "ca.crt"), "secrets/node.crt": filepath.Join(secrets, "nats-1", "node.crt"),
		"secrets/node.key": filepath.Join(secrets, "nats-1", "node.key"), "secrets/storage.conf": filepath.Join(secrets, "nats-1", "storage.conf"),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(at, to)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, to), []byte(read(t, from)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"NATS_NAME": "nats-1", "NATS_STORE": at, "NATS_CLIENTS": "127.0.0.1:4222", "NATS_CLUSTER": "127.0.0.1:6222", "NATS_LEAFS": "127.0.0.1:7422",
		"NATS_MONITOR": "127.0.0.1:8222", "NATS_ROUTES": `["tls://nats-2:6222"]`, "NATS_MAX_STORE": "1GB",
	} {
		t.Setenv(name, value)
	}
	t.Chdir(at) // certificates are named from there
	opts, err := server.ProcessConfigFile("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

// userOf gives what nats.conf says of the user whose seed is in a file.
func userOf(t *testing.T, opts *server.Options, secrets, name string) *server.NkeyUser {
	t.Helper()
	for _, u := range opts.Nkeys {
		if u.Nkey == publicOf(t, read(t, filepath.Join(secrets, name+".nk"))) {
			return u
		}
	}
	t.Fatalf("nats.conf does not know %s", name)
	return nil
}

func publicOf(t *testing.T, seed string) string {
	t.Helper()
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(seed)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestMirrorMay: a machine that copies the log may do at the servers what it may
// do at a register on one machine, neither less nor more.
func TestMirrorMay(t *testing.T) {
	secrets := prepared(t)
	got := userOf(t, configured(t, secrets), secrets, "mirror")
	want := eventstore.LeafUser(eventstore.DomainCluster, got.Nkey)
	if !reflect.DeepEqual(got.AllowedConnectionTypes, want.AllowedConnectionTypes) {
		t.Errorf("it comes in by %v, must by %v", got.AllowedConnectionTypes, want.AllowedConnectionTypes)
	}
	for what, of := range map[string]struct{ got, want *server.SubjectPermission }{
		"publish":   {got.Permissions.Publish, want.Permissions.Publish},
		"subscribe": {got.Permissions.Subscribe, want.Permissions.Subscribe},
	} {
		if a, b := slices.Sorted(slices.Values(of.got.Allow)), slices.Sorted(slices.Values(of.want.Allow)); !slices.Equal(a, b) {
			t.Errorf("it may %s\n%v, must\n%v", what, a, b)
		}
		if len(of.got.Deny) != len(of.want.Deny) {
			t.Errorf("it may not %s %v, must %v", what, of.got.Deny, of.want.Deny)
		}
	}
	if got.Permissions.Response != nil {
		t.Error("it may answer whatever it is asked")
	}
}

// TestMove: while a register is moved there is a link to its machine, over which
// nothing is appended, and the admin may delete copies; before and after there
// is neither.
func TestMove(t *testing.T) {
	secrets := prepared(t)
	run := func(args ...string) error {
		return run(append([]string{"-out", secrets}, args...), io.Discard, io.Discard)
	}
	none := func() {
		t.Helper()
		opts := configured(t, secrets)
		if len(opts.LeafNode.Remotes) > 0 {
			t.Errorf("a link to %v", opts.LeafNode.Remotes[0].URLs)
		}
		if deny := userOf(t, opts, secrets, "admin").Permissions.Publish.Deny; !slices.Contains(deny, "$JS.API.STREAM.DELETE.*") {
			t.Errorf("the admin may not %v", deny)
		}
	}
	none()
	before := everything(t, secrets)
	for _, wrong := range []string{"first.example", ":7422", "first\":7422"} {
		if err := run("-move", wrong); err == nil {
			t.Errorf("-move %s is taken", wrong)
		}
	}
	if err := run("-move", "first.example:7422", "-renew"); err == nil {
		t.Error("two things at once are taken")
	}
	if !maps.Equal(before, everything(t, secrets)) {
		t.Fatal("what was refused has changed something")
	}

	if err := run("-move", "first.example:7422"); err != nil {
		t.Fatal(err)
	}
	opts := configured(t, secrets)
	if len(opts.LeafNode.Remotes) != 1 {
		t.Fatalf("%d links", len(opts.LeafNode.Remotes))
	}
	link := opts.LeafNode.Remotes[0]
	if u := link.URLs[0].String(); u != "tls://first.example:7422" || link.LocalAccount != "NRM" || link.TLSConfig == nil || link.TLSConfig.MinVersion != tls.VersionTLS13 {
		t.Errorf("%s, account %s, or not over TLS 1.3", u, link.LocalAccount)
	}
	if key := publicOf(t, link.Nkey); key+"\n" != read(t, filepath.Join(secrets, "move", "link.pub")) {
		t.Errorf("it comes as %s", key)
	}
	for _, subject := range slices.Concat(eventstore.Settings(1).Subjects, vault.Settings(1).Subjects, []string{"nrmboard.>"}) {
		crosses := func(denied []string) bool {
			return !slices.ContainsFunc(denied, func(d string) bool { return server.SubjectsCollide(d, subject) && strings.HasSuffix(d, ".>") })
		}
		if crosses(link.DenyImports) || crosses(link.DenyExports) {
			t.Errorf("%s crosses the link", subject)
		}
	}
	if !slices.Contains(link.DenyImports, "$JS."+eventstore.DomainCluster+".API.>") {
		t.Error("the first machine may ask the servers anything")
	}
	for _, stream := range []string{eventstore.Settings(1).Name, vault.Settings(1).Name, "NRMBOARD"} {
		deny := userOf(t, opts, secrets, "admin").Permissions.Publish.Deny
		may := !slices.ContainsFunc(deny, func(d string) bool { return server.SubjectsCollide(d, "$JS.API.STREAM.DELETE."+stream) })
		if may != (stream != "NRMBOARD") {
			t.Errorf("the admin may delete %s: %t", stream, may)
		}
	}

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(read(t, filepath.Join(secrets, "ca.crt"))))
	pair, err := tls.LoadX509KeyPair(filepath.Join(secrets, "move", "leaf.crt"), filepath.Join(secrets, "move", "leaf.key"))
	if err != nil {
		t.Fatal(err)
	}
	for use, good := range map[x509.ExtKeyUsage]bool{x509.ExtKeyUsageServerAuth: true, x509.ExtKeyUsageClientAuth: false} { // else the first machine could be a NATS server
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "first.example", KeyUsages: []x509.ExtKeyUsage{use}}); (err == nil) != good {
			t.Errorf("for use %d: %v", use, err)
		}
	}

	during := everything(t, secrets)
	if err := run("-move", "second.example:7422"); err == nil || !strings.Contains(err.Error(), "under way") || !maps.Equal(during, everything(t, secrets)) {
		t.Errorf("two moves at once: %v", err)
	}
	for again := range 3 {
		if again == 2 { // secrets from before there was such a file
			if err := os.Remove(filepath.Join(secrets, moveFile)); err != nil {
				t.Fatal(err)
			}
		}
		if err := run("-moved"); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(before, everything(t, secrets)) {
			t.Error("something is left of the move")
		}
	}
	none()
	if _, err := os.Stat(filepath.Join(secrets, "move")); !os.IsNotExist(err) {
		t.Errorf("the folder of the move is left: %v", err)
	}
}

// TestMoveNeedsTheAuthority: without it nothing is made.
func TestMoveNeedsTheAuthority(t *testing.T) {
	secrets := prepared(t)
	if err := os.Remove(filepath.Join(secrets, "ca", "ca.key")); err != nil {
		t.Fatal(err)
	}
	err := run([]string{"-out", secrets, "-move", "first.example:7422"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "bring it back") || read(t, filepath.Join(secrets, moveFile)) != noMove {
		t.Error(err)
	}
	if _, err := fs.Stat(os.DirFS(secrets), "move"); err == nil {
		t.Error("half of a move is left")
	}
}
