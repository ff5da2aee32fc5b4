package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore/keyfile"
)

// A running is nrm in a process of its own, and what it says.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan error

	mu   sync.Mutex
	text strings.Builder
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// background starts nrm. It is killed with the test.
func background(t *testing.T, ctx context.Context, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: program(ctx, args...), ended: make(chan error, 1)}
	r.cmd.Stdout, r.cmd.Stderr = r, r
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	t.Cleanup(r.kill)
	return r
}

func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
	r.ended <- nil
}

// stop asks it to end and waits until it has.
func (r *running) stop() {
	r.t.Helper()
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	err := <-r.ended
	r.ended <- nil
	if err != nil {
		r.t.Fatalf("%v: %s", err, r.said())
	}
}

// says waits for words.
func (r *running) says(words string) string {
	r.t.Helper()
	expected := regexp.MustCompile(words)
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if found := expected.FindString(r.said()); found != "" {
			return found
		}
		if time.Now().After(end) {
			r.t.Fatalf("never said %q: %s", words, r.said())
		}
	}
}

// told runs nrm to its end and gives its exit code and what it said.
func told(t *testing.T, ctx context.Context, args ...string) (int, string) {
	t.Helper()
	out, err := program(ctx, args...).CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if failed != nil {
		return failed.ExitCode(), string(out)
	}
	return 0, string(out)
}

// serverCertificate makes a certificate for this machine and its key.
func serverCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// A second is a second machine that follows a register, as its operator set it
// up: with a key file of its own.
type second struct {
	at     places
	letIn  []string // arguments of the first machine's serve and handover
	follow []string // arguments of nrm follow
}

func newSecond(t *testing.T, ctx context.Context) second {
	t.Helper()
	cert, key := serverCertificate(t)
	free, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	s := second{at: beside(filepath.Join(t.TempDir(), "copy"))}
	if _, err := keyfile.Create(s.at.keys); err != nil {
		t.Fatal(err)
	}
	nkey := filepath.Join(t.TempDir(), "nkey")
	s.follow = []string{"follow", "tls://" + address, "--data", s.at.data, "--ca", cert, "--nkey", nkey}
	// The first time it prints whom the register is to let in; nobody answers yet.
	first := background(t, ctx, s.follow...)
	public := strings.TrimSuffix(first.says("U[A-Z0-9]{55}:"), ":")
	first.says("Copying")
	first.stop()
	s.letIn = []string{"--leaf-listen", address, "--leaf-cert", cert, "--leaf-key", key, "--leaf-nkey", public}
	return s
}

// promote are the arguments of nrm promote, with the register's key file.
func (s second) promote(keys string, more ...string) []string {
	return append([]string{"promote", "--data", s.at.data, "--keys", keys, "--copy-keys", s.at.keys}, more...)
}

// TestSecondMachine follows a register that people write to, on a second machine
// that is killed meanwhile, and moves the register there: everything that was
// answered is in it, asking again answers the same, and the first machine does
// not serve any more.
func TestSecondMachine(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	second := newSecond(t, ctx)
	first := serveProcess(t, ctx, at, second.letIn...)
	writing, enough := context.WithCancel(ctx)
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() { crowd.client(writing, first.url, i) })
	}
	follower := background(t, ctx, second.follow...)
	follower.says("the register answers")
	time.Sleep(300 * time.Millisecond)
	follower.kill()
	if code, said := told(t, ctx, "verify", "--data", second.at.data); code != 1 || !strings.Contains(said, "nrm promote") {
		t.Fatalf("verify of a copy: %d %s", code, said)
	}
	follower = background(t, ctx, second.follow...)
	follower.says("the register answers")
	if code, said := told(t, ctx, second.promote(at.keys)...); code != 1 || !strings.Contains(said, "in use") {
		t.Fatalf("promoted a copy that is followed into: %d %s", code, said)
	}
	follower.stop()
	for _, lost := range [][]string{nil, {"--lost"}} {
		if code, said := told(t, ctx, second.promote(at.keys, lost...)...); code != 1 || !strings.Contains(said, "answers and may be in use") {
			t.Fatalf("promoted beside a register that serves: %d %s", code, said)
		}
	}
	follower = background(t, ctx, second.follow...)
	enough()
	clients.Wait()
	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	if err := first.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	handover := background(t, ctx, append([]string{"handover", "--data", at.data}, second.letIn...)...)
	handover.says("has everything")
	follower.says("this copy has all of it")
	follower.stop()
	if code, said := told(t, ctx, "serve", "--data", second.at.data, "--keys", at.keys, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(said, "nrm promote") {
		t.Fatalf("served a copy: %d %s", code, said)
	}
	if code, said := told(t, ctx, second.promote(second.at.keys)...); code != 1 {
		t.Fatalf("promoted with a key file that opens no person's keys: %d %s", code, said)
	}
	if code, said := told(t, ctx, second.promote(at.keys)...); code != 0 || !strings.Contains(said, "This is the register now") || !strings.Contains(said, "no accounts") {
		t.Fatalf("%d %s", code, said)
	}
	handover.stop()
	if code, said := told(t, ctx, "serve", "--data", at.data, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(said, "handed over") {
		t.Fatalf("served a register that was handed over: %d %s", code, said)
	}
	if code, said := told(t, ctx, "verify", "--data", at.data); code != 0 {
		t.Fatalf("verify of the register that was handed over: %d %s", code, said)
	}

	moved := places{data: second.at.data, keys: at.keys, checkpoints: second.at.checkpoints}
	people, err := os.ReadFile(accountsFile(at.data))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(accountsFile(moved.data), people, 0o600); err != nil {
		t.Fatal(err)
	}
	before := crowd.compare(t, ctx, moved, 0)
	served := serveProcess(t, ctx, moved, "--keys", moved.keys)
	crowd.askAgain(t, ctx, served.url)
	_ = served.cmd.Process.Signal(syscall.SIGTERM)
	_ = served.cmd.Wait()
	if code, said := told(t, ctx, "verify", "--data", moved.data, "--keys", moved.keys); code != 0 {
		t.Fatalf("verify of the register that was moved: %d %s", code, said)
	}
	if decisions, want := crowd.compare(t, ctx, moved, 1), crowd.decisions(); decisions != want {
		t.Errorf("what was asked for makes %d decisions, the log has %d", want, decisions)
	}
	t.Logf("%d decisions moved", before)
	if before < 50 {
		t.Error("too few to show anything")
	}
}

// TestLost loses the first machine for good, while the copy is behind: nothing
// is promoted before the operator says so, and what is missing is named.
func TestLost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at := newRegister(t)
	refs := people(t, at, 3)
	second := newSecond(t, ctx)
	r := openRegister(t, at)
	gone := secretive(t, r.node)
	r.caughtUp()
	r.close()
	first := serveProcess(t, ctx, at, second.letIn...)
	follower := background(t, ctx, second.follow...)
	follower.says(`"the register answers"`)
	follower.says(`up to position \d+: 0 behind`)
	follower.stop()
	// Somebody is erased, which changes the key-encryption key, and the copy has
	// everybody's keys as they were before as well as after.
	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	_ = first.cmd.Wait()
	r = openRegister(t, at)
	erase(t, r, gone)
	r.close()
	if code, said := told(t, ctx, "key", "rotate", "--data", at.data); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	first = serveProcess(t, ctx, at, second.letIn...)
	follower = background(t, ctx, second.follow...)
	follower.says(`"the register answers"`)
	follower.says(`up to position \d+: 0 behind`)
	time.Sleep(3 * time.Second)
	follower.stop()
	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	_ = first.cmd.Wait()
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	copied, err := n.log.Last(ctx)
	if err == nil {
		_, err = domain.Execute(ctx, n.log, domain.Request{By: anOfficer, Now: now()}, domain.CaseStream(refs[0]), domain.RequestErasure{Reason: "person_asked"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := n.witnessed(ctx, unseen(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := n.close(); err != nil {
		t.Fatal(err)
	}

	if code, said := told(t, ctx, second.promote(at.keys)...); code != 1 || !strings.Contains(said, "--lost") || !strings.Contains(said, fmt.Sprintf("had position %d and lacked 0", copied)) {
		t.Fatalf("%d %s", code, said)
	}
	checkpoints := "--checkpoints=" + at.checkpoints
	if code, said := told(t, ctx, second.promote(at.keys, "--lost", checkpoints)...); code != 0 || !strings.Contains(said, fmt.Sprintf("lacks at least 1 decisions, from position %d on", copied+1)) {
		t.Fatalf("%d %s", code, said)
	}
	moved := places{data: second.at.data, keys: at.keys, checkpoints: second.at.checkpoints}
	r = openRegister(t, moved)
	r.caughtUp()
	wantErased(t, r.node, gone)
	if last, err := r.node.log.Last(ctx); err != nil || last != copied {
		t.Errorf("the register ends at %d, %v; the copy had %d", last, err, copied)
	}
	for _, ref := range refs {
		if page, err := r.views.Case(ctx, anOfficer, now(), ref); err != nil || page.Person.Identity == nil {
			t.Errorf("somebody lost their name: %v", err)
		}
	}
	r.close()
	verified(t, moved)
}
