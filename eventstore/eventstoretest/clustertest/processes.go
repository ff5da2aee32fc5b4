package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// asServer is set for a copy of the test binary that is to be a server.
const asServer = "CLUSTERTEST_NATS_CONFIG"

// Main turns the process into a NATS server if Processes has started it. It is to
// be called first of all in TestMain of a package that uses Processes.
func Main() {
	file := os.Getenv(asServer)
	if file == "" {
		return
	}
	options, err := server.ProcessConfigFile(file)
	if err == nil {
		var ns *server.Server
		if ns, err = server.NewServer(options); err == nil {
			ns.ConfigureLogger()
			ns.Start()  // ends with SIGTERM
			go func() { // and with the test
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(1)
			}()
			ns.WaitForShutdown()
			os.Exit(0)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Processes are three servers in processes of their own, which can be stopped
// and paused. Clients are let in without a key, into an account that may ask
// whether the servers sync.
type Processes struct {
	URLs string // of all three, comma separated

	t     testing.TB
	nodes [3]*process
}

type process struct {
	config, log, url string
	cmd              *exec.Cmd
	stdin            io.Closer
}

// Names are those of the servers, in order.
var Names = []string{"n0", "n1", "n2"}

// StartProcesses starts the servers and waits until they have elected a leader.
// They end with the test. With -short the test is skipped.
func StartProcesses(t testing.TB) *Processes {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes seconds to elect its leaders")
	}
	p := &Processes{t: t}
	ports := freePorts(t, 6)
	var routes, urls []string
	for i := range p.nodes {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[3+i]))
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
	}
	p.URLs = strings.Join(urls, ",")
	for i := range p.nodes {
		dir := t.TempDir()
		n := &process{config: filepath.Join(dir, "nats.conf"), log: filepath.Join(dir, "log"), url: urls[i]}
		config := fmt.Sprintf(`server_name: %s
listen: "127.0.0.1:%d"
log_file: %q
jetstream {store_dir: %q, sync_interval: always}
cluster {name: test, listen: "127.0.0.1:%d", routes: [%s]}
system_account: SYS
no_auth_user: nrm
accounts {
  SYS: {users: [{user: sys, password: sys}], exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", response_type: stream}]}
  NRM: {users: [{user: nrm, password: nrm}], jetstream: enabled, imports: [{service: {account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ"}}]}
}
`, Names[i], ports[i], n.log, filepath.Join(dir, "store"), ports[3+i], strings.Join(routes, ", "))
		if err := os.WriteFile(n.config, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		p.nodes[i] = n
		p.Start(i)
	}
	t.Cleanup(func() {
		for i, n := range p.nodes {
			p.Kill(i)
			if t.Failed() {
				b, _ := os.ReadFile(n.log)
				t.Logf("%s, the end of its log:\n%s", Names[i], b[max(0, len(b)-3000):])
			}
		}
	})
	p.Await("a leader of all servers", func() bool { return p.metaLeader() != "" })
	return p
}

// Start starts a server that is not running, on the folder that it had.
func (p *Processes) Start(i int) {
	p.t.Helper()
	n := p.nodes[i]
	n.cmd = exec.CommandContext(context.Background(), os.Args[0]) //nolint:gosec // G204: a copy of this test; it ends with it
	n.cmd.Env = []string{asServer + "=" + n.config, "HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
	n.cmd.Stderr = os.Stderr
	stdin, err := n.cmd.StdinPipe()
	if err == nil {
		n.stdin, err = stdin, n.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// Stop has a server end as it should, and waits for it.
func (p *Processes) Stop(i int) { p.end(i, syscall.SIGTERM) }

// Kill ends a server at once.
func (p *Processes) Kill(i int) { p.end(i, syscall.SIGKILL) }

func (p *Processes) end(i int, how syscall.Signal) {
	n := p.nodes[i]
	if n == nil || n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Signal(how)
	_ = n.cmd.Wait()
	_ = n.stdin.Close()
	n.cmd = nil
}

// Pause stops a server in the middle of whatever it does.
func (p *Processes) Pause(i int) { p.signal(i, syscall.SIGSTOP) }

// Resume lets a paused server go on as if nothing had happened.
func (p *Processes) Resume(i int) { p.signal(i, syscall.SIGCONT) }

func (p *Processes) signal(i int, s syscall.Signal) {
	p.t.Helper()
	if err := p.nodes[i].cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Leader gives the server that leads a stream of the account, -1 if none does.
func (p *Processes) Leader(stream string) int {
	var info struct {
		Cluster struct {
			Leader string `json:"leader"`
		} `json:"cluster"`
	}
	p.ask("nrm", "$JS.API.STREAM.INFO."+stream, &info)
	for i, name := range Names {
		if name == info.Cluster.Leader {
			return i
		}
	}
	return -1
}

// StepDown has another server lead a stream.
func (p *Processes) StepDown(stream string) {
	p.ask("nrm", "$JS.API.STREAM.LEADER.STEPDOWN."+stream, nil)
}

// MetaStepDown has another server decide where streams are.
func (p *Processes) MetaStepDown() { p.ask("sys", "$JS.API.META.LEADER.STEPDOWN", nil) }

func (p *Processes) metaLeader() string {
	var said struct {
		Data struct {
			Meta struct {
				Leader string `json:"leader"`
				Size   int    `json:"cluster_size"`
			} `json:"meta_cluster"`
		} `json:"data"`
	}
	p.ask("sys", "$SYS.REQ.SERVER.PING.JSZ", &said)
	if said.Data.Meta.Size != len(p.nodes) {
		return ""
	}
	return said.Data.Meta.Leader
}

// ask asks as a user, and reads the first answer. Nothing is read if nobody
// answers.
func (p *Processes) ask(user, subject string, answer any) {
	p.t.Helper()
	nc, err := nats.Connect(p.URLs, nats.UserInfo(user, user), nats.Timeout(time.Second), nats.DontRandomize())
	if err != nil {
		return
	}
	defer nc.Close()
	m, err := nc.Request(subject, nil, 2*time.Second)
	if err == nil && answer != nil {
		_ = json.Unmarshal(m.Data, answer)
	}
}

// Await waits for a state, 30 seconds at the most.
func (p *Processes) Await(what string, there func() bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not within 30 seconds", what)
		}
	}
}

// Whole tells whether every server has everything of the streams.
func (p *Processes) Whole(streams ...string) bool {
	for _, stream := range streams {
		var info struct {
			Cluster struct {
				Leader   string `json:"leader"`
				Replicas []struct {
					Current bool `json:"current"`
				} `json:"replicas"`
			} `json:"cluster"`
		}
		p.ask("nrm", "$JS.API.STREAM.INFO."+stream, &info)
		if info.Cluster.Leader == "" || len(info.Cluster.Replicas) != 2 {
			return false
		}
		for _, r := range info.Cluster.Replicas {
			if !r.Current {
				return false
			}
		}
	}
	return true
}

func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer free.Close() //nolint:errcheck // until all are known
		ports = append(ports, free.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
