package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
)

func prepared(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "secrets")
	if err := run(append([]string{"-out", dir}, args...), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everything in a folder, by name.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found[name] = read(t, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestNobodyElseCanRead: what is made can be read by its owner alone.
func TestNobodyElseCanRead(t *testing.T) {
	dir := prepared(t)
	n := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		n++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n < 20 {
		t.Errorf("only %d files and folders", n)
	}
}

// TestNeverReplaced: a second time changes nothing, and -renew certificates only.
func TestNeverReplaced(t *testing.T) {
	dir := prepared(t)
	before := everything(t, dir)
	if err := run([]string{"-out", dir}, io.Discard, io.Discard); err == nil {
		t.Error("it was made twice")
	}
	for name, content := range everything(t, dir) {
		if before[name] != content {
			t.Errorf("%s has changed", name)
		}
	}
	if err := run([]string{"-out", dir, "-renew"}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	after := everything(t, dir)
	if len(after) != len(before) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
	for name, content := range after {
		renewed := strings.HasSuffix(name, "node.crt") || strings.HasSuffix(name, "node.key") || strings.HasPrefix(name, "proxy.")
		if (before[name] != content) != renewed {
			t.Errorf("%s: changed is %t", name, before[name] != content)
		}
	}
	if err := os.Remove(filepath.Join(dir, "ca", "ca.key")); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-out", dir, "-renew"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "bring it back") {
		t.Errorf("without the authority: %v", err)
	}
}

// TestCertificates: each is for whom it says, and for nothing else.
func TestCertificates(t *testing.T) {
	dir := prepared(t, "-site", "register.example,192.0.2.1", "-days", "30")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(read(t, filepath.Join(dir, "ca.crt"))))
	leaf := func(name string) *x509.Certificate {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf
	}
	for _, c := range []struct {
		name, host string
		use        x509.ExtKeyUsage
		good       bool
	}{
		{"nats-1/node", "nats-1", x509.ExtKeyUsageServerAuth, true},
		{"nats-1/node", "nats-1", x509.ExtKeyUsageClientAuth, true},
		{"nats-1/node", "127.0.0.1", x509.ExtKeyUsageServerAuth, true},
		{"nats-1/node", "nats-2", x509.ExtKeyUsageServerAuth, false},
		{"proxy", "register.example", x509.ExtKeyUsageServerAuth, true},
		{"proxy", "192.0.2.1", x509.ExtKeyUsageServerAuth, true},
		{"proxy", "nats-1", x509.ExtKeyUsageServerAuth, false},
		{"proxy", "register.example", x509.ExtKeyUsageClientAuth, false}, // else the proxy could be a NATS server
	} {
		_, err := leaf(c.name).Verify(x509.VerifyOptions{Roots: roots, DNSName: c.host, KeyUsages: []x509.ExtKeyUsage{c.use}})
		if (err == nil) != c.good {
			t.Errorf("%s as %s for use %d: %v", c.name, c.host, c.use, err)
		}
	}
	if left := time.Until(leaf("proxy").NotAfter); left < 29*24*time.Hour || left > 31*24*time.Hour {
		t.Errorf("valid for %v", left)
	}
}

// TestRenewedForTheSameNames: what -renew makes is for whom the old certificates
// were, unless it is told others. A certificate of another authority is left.
func TestRenewedForTheSameNames(t *testing.T) {
	dir := prepared(t, "-nodes", "east,west", "-also", "192.0.2.7,outside.example", "-site", "192.0.2.1,register.example")
	leaf := func(name string) *x509.Certificate {
		t.Helper()
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf
	}
	renew := func(args ...string) {
		t.Helper()
		if err := run(append([]string{"-out", dir, "-renew"}, args...), io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	names := func(c *x509.Certificate) string {
		return fmt.Sprint(c.Subject.CommonName, c.DNSNames, c.IPAddresses, c.ExtKeyUsage)
	}
	all := []string{"east/node", "west/node", "proxy"}
	was := map[string]*x509.Certificate{}
	for _, name := range all {
		was[name] = leaf(name)
	}
	renew()
	for _, name := range all {
		if is := leaf(name); names(is) != names(was[name]) || is.SerialNumber.Cmp(was[name].SerialNumber) == 0 {
			t.Errorf("%s was for %s and is for %s", name, names(was[name]), names(is))
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*", "node.crt")); len(found) != 2 {
		t.Errorf("certificates of %v", found)
	}
	renew("-also", "new.example", "-site", "new.example")
	if err := errors.Join(leaf("east/node").VerifyHostname("new.example"), leaf("proxy").VerifyHostname("new.example")); err != nil {
		t.Error(err)
	}

	other := prepared(t)
	for _, file := range []string{"proxy.crt", "proxy.key"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(read(t, filepath.Join(other, file))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bought := leaf("proxy").SerialNumber
	before := leaf("west/node").SerialNumber
	renew()
	if leaf("proxy").SerialNumber.Cmp(bought) != 0 || leaf("west/node").SerialNumber.Cmp(before) == 0 {
		t.Error("the certificate of another authority was replaced, or nothing was")
	}
}

// TestKeys: seeds and public keys belong together, and no two are the same.
func TestKeys(t *testing.T) {
	dir, other := prepared(t), prepared(t)
	public := read(t, filepath.Join(dir, "users.conf"))
	for _, user := range users {
		pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(read(t, filepath.Join(dir, user+".nk")))))
		if err != nil {
			t.Fatal(err)
		}
		key, err := pair.PublicKey()
		if err != nil || !strings.Contains(public, strings.ToUpper(user)+"_NKEY: "+key+"\n") {
			t.Errorf("%s: %v", user, err)
		}
	}
	if strings.Contains(public, "\nSU") || strings.HasPrefix(public, "SU") {
		t.Error("a seed is among the public keys")
	}
	seen := map[string]string{}
	for _, from := range []string{dir, other} {
		for name, content := range everything(t, from) {
			if name == ".gitignore" || name == moveFile {
				continue // no secret; no key while nothing is moved
			}
			if seen[content] != "" {
				t.Errorf("%s is the same as %s", name, seen[content])
			}
			seen[content] = name
		}
	}
}

// TestWrongCalls are refused and leave nothing.
func TestWrongCalls(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	for _, args := range [][]string{{"-nodes", ""}, {"-days", "0"}, {"more"}, {"-renew"}} {
		if err := run(append([]string{"-out", dir}, args...), io.Discard, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder is left")
	}
}

// TestKeptOutOfRepositories: wherever the folder lies, a repository around it
// does not take in what is in it; nor if an older version made the folder and its
// certificates are renewed.
func TestKeptOutOfRepositories(t *testing.T) {
	dir := prepared(t)
	ignored := filepath.Join(dir, ".gitignore")
	if text := read(t, ignored); text != "*\n" {
		t.Errorf("made with %q", text)
	}
	if err := os.Remove(ignored); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-out", dir, "-renew"}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if text := read(t, ignored); text != "*\n" {
		t.Errorf("renewed with %q", text)
	}
}
