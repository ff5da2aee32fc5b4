package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore/eventstoretest/clustertest"
	"nrm/eventstore/keyfile"
)

// A testCluster is three NATS servers and a register on them.
type testCluster struct {
	*clustertest.Processes
	t    *testing.T
	keys string
}

func newCluster(t *testing.T) *testCluster {
	t.Helper()
	c := &testCluster{Processes: clustertest.StartProcesses(t), t: t, keys: filepath.Join(t.TempDir(), "nrm.key")}
	if _, err := keyfile.Create(c.keys); err != nil {
		t.Fatal(err)
	}
	c.nrm("init", "--data", filepath.Join(t.TempDir(), "first"))
	return c
}

// at gives the places of a node with the key file that all share.
func (c *testCluster) at(name string) places {
	dir := filepath.Join(c.t.TempDir(), name)
	at := beside(dir)
	at.keys, at.elsewhere = c.keys, natsServers{URLs: c.URLs, Node: name}
	return at
}

// nrm runs a command to its end, which must be a good one.
func (c *testCluster) nrm(args ...string) string {
	c.t.Helper()
	out, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("nrm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (c *testCluster) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Minute)
	defer cancel()
	args = append(args, "--nats", c.URLs)
	if !strings.Contains(strings.Join(args, " "), "--keys") {
		args = append(args, "--keys", c.keys)
	}
	out, err := program(ctx, args...).CombinedOutput()
	return string(out), err
}

// account makes an account and gives its token.
func (c *testCluster) account(user string, role domain.Role, organisation string) string {
	c.t.Helper()
	out := c.nrm("account", "add", user, string(role), organisation)
	_, rest, _ := strings.Cut(out, "token     ")
	token, _, _ := strings.Cut(rest, "\n")
	return token
}

// A member is a node of nrm in a process of its own.
type member struct {
	*clusterProcess
	at places
	t  *testing.T
}

type clusterProcess struct {
	cmd interface {
		Wait() error
	}
	kill, term, pause, resume func() error

	url   string
	mu    sync.Mutex
	lines []logLine
}

type logLine struct {
	Time             time.Time
	Msg, Duty, Error string
	Level, Address   string
	raw              string
}

// serve starts a node and waits until it serves.
func (c *testCluster) serve(at places) *member {
	c.t.Helper()
	m := &member{at: at, t: c.t}
	m.start()
	return m
}

func (m *member) start() {
	m.t.Helper()
	p := &clusterProcess{}
	cmd := program(context.Background(), "serve", "--data", m.at.data, "--keys", m.at.keys, "--checkpoints", m.at.checkpoints,
		"--nats", m.at.elsewhere.URLs, "--node", m.at.elsewhere.Node, "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	p.cmd = cmd
	p.kill = cmd.Process.Kill
	p.term = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	p.pause = func() error { return cmd.Process.Signal(syscall.SIGSTOP) }
	p.resume = func() error { return cmd.Process.Signal(syscall.SIGCONT) }
	m.t.Cleanup(func() { _ = p.kill() })
	serving := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			l := logLine{raw: lines.Text()}
			_ = json.Unmarshal(lines.Bytes(), &l)
			p.mu.Lock()
			p.lines = append(p.lines, l)
			p.mu.Unlock()
			if l.Msg == "serving" {
				serving <- "http://" + l.Address
			}
		}
		close(serving)
	}()
	select {
	case url, ok := <-serving:
		if !ok {
			m.t.Fatalf("%s does not start:\n%s", m.at.elsewhere.Node, p.text())
		}
		p.url = url
	case <-time.After(time.Minute):
		m.t.Fatalf("%s does not start within a minute:\n%s", m.at.elsewhere.Node, p.text())
	}
	if m.clusterProcess != nil {
		p.lines = append(m.log(), p.lines...)
	}
	m.clusterProcess = p
}

func (p *clusterProcess) log() []logLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]logLine(nil), p.lines...)
}

func (p *clusterProcess) text() string {
	var b strings.Builder
	for _, l := range p.log() {
		if l.Msg != "request" {
			b.WriteString(l.raw + "\n")
		}
	}
	return b.String()
}

// end stops the node as an operator does.
func (m *member) end() {
	m.t.Helper()
	if err := m.term(); err != nil {
		m.t.Fatal(err)
	}
	if err := m.cmd.Wait(); err != nil {
		m.t.Errorf("%s ended with %v:\n%s", m.at.elsewhere.Node, err, m.text())
	}
}

// ready asks whether the node is, and if not which parts are not.
func (m *member) ready() (bool, string) {
	res, err := http.Get(m.url + "/readyz")
	if err != nil {
		return false, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode == http.StatusOK, string(b)
}

func (m *member) untilReady(c *testCluster) {
	m.t.Helper()
	c.Await(m.at.elsewhere.Node+" is ready", func() bool { ok, _ := m.ready(); return ok })
}

// do asks and gives the status, the header and the body.
func (m *member) do(method, path, token, key, body string, header ...string) (int, http.Header, string) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(b)
}

const referral = `{"data": {"source": "police", "circumstances": ["raid"], "status": "presumed", "age": "adult", "sex": "female",
 "citizenship": "az", "district": "AZ-BA", "immediate_danger": false, "basis": "consent",
 "family_name": "Sınaqova", "given_name": "Nümunə", "document_kind": "passport", "document_number": "X0000001"}}`

// TestClusterStarts: an empty folder is all that a further node needs, and what
// would be a mistake is refused in plain words.
func TestClusterStarts(t *testing.T) {
	c := newCluster(t)
	a := c.at("a")
	if out, err := c.try("init", "--data", a.data); err == nil || !strings.Contains(out, "nothing was changed") {
		t.Errorf("init again: %v %s", err, out)
	}
	other := filepath.Join(t.TempDir(), "other.key")
	if _, err := keyfile.Create(other); err != nil {
		t.Fatal(err)
	}
	if out, err := c.try("serve", "--data", a.data, "--keys", other); err == nil || !strings.Contains(out, "is that of register") {
		t.Errorf("another key file: %v %s", err, out)
	}
	if _, err := os.Stat(a.data); err == nil {
		t.Error("a node that was refused has made its folder")
	}
	own := newRegister(t)
	if out, err := c.try("serve", "--data", own.data); err == nil || !strings.Contains(out, "holds a log of its own") {
		t.Errorf("the folder of another register: %v %s", err, out)
	}
	n, err := openNode(t.Context(), a, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := c.try("verify", "--data", a.data); err == nil || !strings.Contains(out, "stop it first") {
		t.Errorf("two on one folder: %v %s", err, out)
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := program(ctx, "serve", "--data", a.data, "--keys", c.keys).CombinedOutput(); err == nil || !strings.Contains(string(out), "name them with --nats") {
		t.Errorf("without --nats: %v %s", err, out)
	}
	if out := c.nrm("key", "status"); !strings.Contains(out, "belongs to the data  yes") {
		t.Error(out)
	}
	if out := c.nrm("verify", "--data", a.data, "--checkpoints", a.checkpoints); !strings.Contains(out, "The log is whole: 0 decisions") {
		t.Error(out)
	}
}
