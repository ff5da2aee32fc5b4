package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// composition is docker-compose.yml, as far as the tests look at it.
type composition struct {
	Services map[string]*composed
	Networks map[string]any
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
}

type composed struct {
	Image       string
	Build       struct{ Context, Target string }
	User        string
	Profiles    []string
	Restart     string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	CapAdd      []string `yaml:"cap_add"`
	SecurityOpt []string `yaml:"security_opt"`
	Privileged  bool
	Entrypoint  []string
	Command     []string
	Environment map[string]string
	Volumes     []string
	Secrets     []struct{ Source, Target string }
	Ports       []string
	Networks    yaml.Node
	NetworkMode string   `yaml:"network_mode"`
	DependsOn   []string `yaml:"depends_on"`
	MemLimit    string   `yaml:"mem_limit"`
	CPUs        float64  `yaml:"cpus"`
	PidsLimit   int      `yaml:"pids_limit"`
	StopGrace   string   `yaml:"stop_grace_period"`
	StopSignal  string   `yaml:"stop_signal"`
	Healthcheck struct {
		Test    []string
		Disable bool
	}
}

// networks are the names of the networks of a service.
func (s *composed) networks() (names []string) {
	switch s.Networks.Kind {
	case yaml.SequenceNode:
		_ = s.Networks.Decode(&names)
	case yaml.MappingNode:
		for i := 0; i < len(s.Networks.Content); i += 2 {
			names = append(names, s.Networks.Content[i].Value)
		}
	}
	return names
}

func inRepository(path ...string) string {
	return filepath.Join(append([]string{"..", ".."}, path...)...)
}

func readComposition(t *testing.T, file string) composition {
	t.Helper()
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, file)), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// A rig runs the services of docker-compose.yml as processes: each with its
// files, secrets and volumes under a folder of its own, with the environment and
// the command that the compose file and the Dockerfile give it. Only addresses
// and paths differ.
type rig struct {
	composition
	dir   string
	ports map[string]string // "service:port" to an address of this machine; nil in namespaces
	spaces

	natsServer string
	mu         sync.Mutex
	running    map[string]*launched
}

type launched struct {
	cmd  *exec.Cmd
	done chan struct{}
	out  *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var natsServer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nrm-nats-server-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nats-server")
	out, err := exec.Command("go", "build", "-o", path, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// newRig makes secrets with deploy/prepare and lays out every service.
func newRig(t *testing.T) *rig {
	t.Helper()
	server, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		composition: readComposition(t, inRepository("docker-compose.yml")),
		dir:         t.TempDir(), ports: map[string]string{}, natsServer: server, running: map[string]*launched{},
	}
	t.Cleanup(func() {
		for name := range r.Services {
			r.kill(name)
		}
	})
	out, err := exec.Command("go", "run", "nrm/deploy/prepare", "-out", filepath.Join(r.dir, "deploy", "secrets")).CombinedOutput()
	if err != nil {
		t.Fatalf("prepare: %v\n%s", err, out)
	}
	return r
}

// addresses are those that a service listens on or asks, in settings and in
// configuration files.
var addresses = regexp.MustCompile(`\b(0\.0\.0\.0|127\.0\.0\.1|nats-[123]|nrm-[12]|proxy|first):([0-9]{4,5})\b`)

// translate puts the addresses of this machine into a text of a service.
func (r *rig) translate(name, text string) string {
	if r.ports == nil {
		return text
	}
	return addresses.ReplaceAllStringFunc(text, func(found string) string {
		host, port, _ := net.SplitHostPort(found)
		if host == "0.0.0.0" || host == "127.0.0.1" {
			host = name
		}
		return r.address(host + ":" + port)
	})
}

// address is where this machine has what a service listens on.
func (r *rig) address(of string) string {
	if r.ports == nil {
		return of
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ports[of] == "" {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		defer l.Close()
		r.ports[of] = l.Addr().String()
	}
	return r.ports[of]
}

// A mount is a path in a container and where this machine has it.
type mount struct{ inside, outside string }

// layOut puts the files of a service where its containers would see them.
func (r *rig) layOut(t *testing.T, name string) (mounts []mount) {
	t.Helper()
	s := r.Services[name]
	root := filepath.Join(r.dir, "containers", name)
	put := func(from, inside string) {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, inside)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(r.translate(name, string(b))), 0o600)); err != nil {
			t.Fatal(err)
		}
		mounts = append(mounts, mount{inside, to})
	}
	for _, v := range s.Volumes {
		from, inside, _ := strings.Cut(v, ":")
		inside, _, _ = strings.Cut(inside, ":")
		if strings.HasPrefix(from, "./") {
			put(inRepository(from), inside)
			continue
		}
		volume := filepath.Join(r.dir, "volumes", from)
		if err := os.MkdirAll(volume, 0o700); err != nil {
			t.Fatal(err)
		}
		mounts = append(mounts, mount{inside, volume})
	}
	for _, secret := range s.Secrets {
		put(filepath.Join(r.dir, r.composition.Secrets[secret.Source].File), secret.Target)
	}
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	mounts = append(mounts, mount{"/tmp", filepath.Join(root, "tmp")})
	slices.SortFunc(mounts, func(a, b mount) int { return len(b.inside) - len(a.inside) })
	return mounts
}

// outside gives a setting or an argument of a service as it is on this machine.
func (r *rig) outside(name string, mounts []mount, value string) string {
	for _, m := range mounts {
		if value == m.inside || strings.HasPrefix(value, m.inside+"/") {
			return m.outside + value[len(m.inside):]
		}
	}
	value = r.translate(name, value)
	if r.ports != nil && strings.HasPrefix(value, "172.31.86.") { // the proxy, which is this machine then
		return "127.0.0.1/32"
	}
	return value
}

// command is what a service runs: its entrypoint and command, or those of its
// image.
func (r *rig) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	s := r.Services[name]
	mounts := r.layOut(t, name)
	argv := append(slices.Clone(s.Entrypoint), s.Command...)
	cwd := r.dir
	if s.Build.Target != "" {
		stage := readStages(t)[s.Build.Target]
		if len(s.Entrypoint) == 0 {
			argv = slices.Concat(stage.entrypoint, s.Command)
			if len(s.Command) == 0 {
				argv = slices.Concat(stage.entrypoint, stage.cmd)
			}
		}
		if stage.workdir != "" {
			cwd = filepath.Join(r.dir, "containers", name, stage.workdir)
		}
	}
	argv = append(argv, args...)
	for i := range argv {
		argv[i] = r.outside(name, mounts, argv[i])
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir}
	switch argv[0] {
	case "/nats-server":
		argv[0] = r.natsServer
	case "/nrm":
		argv[0] = os.Args[0]
		env = append(env, asProgram+"=1")
	case "nginx":
		if os.Getuid() == 0 { // so that workers are who the container's are: the one that starts them
			argv[len(argv)-1] += " user root;"
		}
	}
	for key, value := range s.Environment {
		env = append(env, key+"="+r.outside(name, mounts, value))
	}
	argv = r.within(name, argv)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = cwd, env
	return cmd
}

// start starts a service. It is killed with the test at the latest.
func (r *rig) start(t *testing.T, name string) {
	t.Helper()
	cmd := r.command(t, name)
	p := &launched{cmd: cmd, done: make(chan struct{}), out: new(lockedBuffer)}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(p.done) }()
	r.mu.Lock()
	r.running[name] = p
	r.mu.Unlock()
}

// once runs a service to its end.
func (r *rig) once(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := r.command(t, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer ended.Stop()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out.String())
	}
	return out.String()
}

var signals = map[string]syscall.Signal{"": syscall.SIGTERM, "SIGQUIT": syscall.SIGQUIT}

// stop stops a service as its container would be stopped, and fails if it takes
// longer than it would be given.
func (r *rig) stop(t *testing.T, name string) {
	t.Helper()
	p := r.taken(name)
	_ = p.cmd.Process.Signal(signals[r.Services[name].StopSignal])
	grace, err := time.ParseDuration(r.Services[name].StopGrace)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(grace):
		t.Errorf("%s has not stopped within %v:\n%s", name, grace, tail(p.out.String()))
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// kill ends a service at once.
func (r *rig) kill(name string) {
	if p := r.taken(name); p != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

func (r *rig) taken(name string) *launched {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.running[name]
	delete(r.running, name)
	return p
}

func (r *rig) said(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.running[name]; p != nil {
		return tail(p.out.String())
	}
	return "(not running)"
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

// eventually waits until f succeeds.
func eventually(t *testing.T, within time.Duration, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("%s: not within %v: %v", what, within, err)
}

// An imageStage is one image of the Dockerfile.
type imageStage struct {
	from, workdir, user string
	entrypoint, cmd     []string
	copies              []copied
	lines               []string
}

type copied struct {
	from  string // another stage, or "" for the repository
	paths []string
	to    string
}
