package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"gopkg.in/yaml.v3"
)

// The compose files are not run by any test: there is no container engine here.
// So whatever one thing says of another is checked instead, and the services are
// run as processes (TestComposeAsProcesses).

// TestComposition holds the compose files against each other, the repository,
// the Dockerfile and the settings of the program.
func TestComposition(t *testing.T) {
	for _, file := range []string{"docker-compose.yml", filepath.Join("deploy", "single.yml")} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := inRepository(file)
			onlyKnown(t, path)
			c := readComposition(t, path)
			for name, s := range c.Services {
				for _, wrong := range c.judge(t, filepath.Dir(path), name, s) {
					t.Errorf("%s: %s", name, wrong)
				}
			}
			c.nothingUnused(t)
			if secret := regexp.MustCompile(`(?i)(pass(word)?|secret|token|seed|key)\s*[:=]\s*["']?[A-Za-z0-9+/]{12,}["']?\s*$`); secret.MatchString(read(t, path)) {
				t.Errorf("%s looks as if it held a secret: %s", file, secret.FindString(read(t, path)))
			}
		})
	}
}

// onlyKnown refuses keys that nobody checks.
func onlyKnown(t *testing.T, path string) {
	t.Helper()
	var file struct {
		Services map[string]map[string]any
	}
	if err := yaml.Unmarshal([]byte(read(t, path)), &file); err != nil {
		t.Fatal(err)
	}
	known := []string{"image", "build", "user", "profiles", "restart", "read_only", "cap_drop", "cap_add", "security_opt", "entrypoint",
		"command", "environment", "volumes", "secrets", "ports", "networks", "network_mode", "depends_on", "mem_limit", "cpus", "pids_limit",
		"stop_grace_period", "stop_signal", "healthcheck", "tmpfs", "logging", "ulimits"}
	for name, s := range file.Services {
		for key := range s {
			if !slices.Contains(known, key) {
				t.Errorf("%s: nothing checks %q", name, key)
			}
		}
	}
}

// judge tells what is wrong with a service.
func (c composition) judge(t *testing.T, dir, name string, s *composed) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	stages := readStages(t)

	// Who it is and what it may do.
	byHand := slices.Contains(s.Profiles, "setup")
	if !regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`).MatchString(s.User) && name != "prepare" {
		say("its user is %q, must be a number and not root", s.User)
	}
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
		say("it can do more than it needs")
	}
	if len(s.CapAdd) > 0 && name != "prepare" {
		say("it is given %v", s.CapAdd)
	}
	if s.MemLimit == "" || s.CPUs == 0 || s.PidsLimit == 0 {
		say("its memory, processors or processes have no bound")
	}
	if limit := s.Environment["GOMEMLIMIT"]; limit != "" && bytesOf(t, limit) > 0.85*bytesOf(t, s.MemLimit) {
		say("GOMEMLIMIT %s leaves no room below %s", limit, s.MemLimit)
	}
	if !byHand && (s.Restart != "unless-stopped" || s.StopGrace == "" || len(s.Healthcheck.Test) == 0) {
		say("it is not restarted, has no time to stop or is not asked how it is")
	}

	// What it is made of.
	switch {
	case s.Build.Target != "":
		stage := stages[s.Build.Target]
		if stage == nil {
			say("the Dockerfile has no stage %s", s.Build.Target)
			return wrong
		}
		if _, err := os.Stat(filepath.Join(dir, s.Build.Context, "Dockerfile")); err != nil {
			say("%v", err)
		}
		if len(s.Healthcheck.Test) > 1 && !stage.has(s.Healthcheck.Test[1]) {
			say("its image has no %s", s.Healthcheck.Test[1])
		}
	case !regexp.MustCompile(`^[a-z/]+:v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+)?$`).MatchString(s.Image):
		say("the image %q is not pinned", s.Image)
	}

	// What it is given.
	for _, v := range s.Volumes {
		from, target, _ := strings.Cut(v, ":")
		target, mode, _ := strings.Cut(target, ":")
		if strings.HasPrefix(from, ".") {
			if from == "./deploy/secrets" {
				continue
			}
			if _, err := os.Stat(filepath.Join(dir, from)); err != nil || mode != "ro" {
				say("%s is not there or can be written", v)
			}
			continue
		}
		if _, there := c.Volumes[from]; !there {
			say("there is no volume %s", from)
		}
		// A new volume gets the owner of the folder in the image.
		if s.Build.Target != "" && !stages[s.Build.Target].has(target) {
			say("its image has no folder %s, so the volume would belong to root", target)
		}
	}
	for _, secret := range s.Secrets {
		if c.Secrets[secret.Source].File == "" {
			say("there is no secret %s", secret.Source)
		}
		if !strings.HasPrefix(secret.Target, "/") {
			say("the secret %s has no place", secret.Source)
		}
	}
	if s.NetworkMode == "" && len(s.networks()) == 0 && len(c.Services) > 1 {
		say("it is on no network of its own")
	}
	for _, n := range s.networks() {
		if _, there := c.Networks[n]; !there {
			say("there is no network %s", n)
		}
	}
	for _, other := range s.DependsOn {
		if c.Services[other] == nil || len(c.Services[other].Profiles) > 0 {
			say("it waits for %s, which does not start with it", other)
		}
	}
	return append(wrong, c.judgeSettings(t, name, s)...)
}

// judgeSettings checks what a service is told about itself and others.
func (c composition) judgeSettings(t *testing.T, name string, s *composed) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	known := settingNames(t)
	for key, value := range s.Environment {
		switch {
		case strings.HasPrefix(key, "NRM_") && !slices.Contains(known, key):
			say("nrm has no setting %s", key)
		case strings.HasPrefix(key, "NATS_") && !strings.Contains(read(t, inRepository("deploy", "nats.conf")), "$"+key):
			say("deploy/nats.conf does not use %s", key)
		case strings.HasPrefix(value, "/") && !s.mounts(value):
			say("%s is %s, where nothing is mounted", key, value)
		}
		// Whom it talks to must exist, listen there, and share a network.
		for _, m := range regexp.MustCompile(`\b([a-z]+-[0-9]):([0-9]+)`).FindAllStringSubmatch(value, -1) {
			other := c.Services[m[1]]
			if other == nil || !other.listens(m[2]) || !slices.ContainsFunc(s.networks(), func(n string) bool { return slices.Contains(other.networks(), n) }) {
				say("%s names %s, where nobody listens", key, m[0])
			}
		}
	}
	if s.Build.Target == "nats" {
		for _, m := range regexp.MustCompile(`\$(NATS_[A-Z_]+)`).FindAllStringSubmatch(read(t, inRepository("deploy", "nats.conf")), -1) {
			if s.Environment[m[1]] == "" {
				say("%s is not set", m[1])
			}
		}
		if s.Environment["NATS_NAME"] != name {
			say("it is called %s", s.Environment["NATS_NAME"])
		}
		for other := range c.Services {
			if c.Services[other].Build.Target == "nats" && !strings.Contains(s.Environment["NATS_ROUTES"], "tls://"+other+":6222") {
				say("it has no route to %s", other)
			}
		}
		if !strings.HasPrefix(s.Environment["NATS_MONITOR"], "127.0.0.1:") {
			say("what it monitors can be seen from outside")
		}
		for _, secret := range s.Secrets { // each has its own certificate and key
			if file := c.Secrets[secret.Source].File; strings.Contains(file, "/nats-") && !strings.Contains(file, "/"+name+"/") {
				say("it is given %s of another", file)
			}
		}
	}
	for _, word := range append(slices.Clone(s.Healthcheck.Test), s.Ports...) {
		if m := regexp.MustCompile(`127\.0\.0\.1:([0-9]+)/`).FindStringSubmatch(word); m != nil && !s.listens(m[1]) && s.Image != "prom/prometheus:v2.53.4" {
			say("it is asked how it is at %s, where it does not listen", m[0])
		}
	}
	return wrong
}

// mounts reports whether something is mounted at a path or above it.
func (s *composed) mounts(path string) bool {
	within := func(target string) bool { return path == target || strings.HasPrefix(path, target+"/") }
	for _, v := range s.Volumes {
		if parts := strings.Split(v, ":"); within(parts[1]) {
			return true
		}
	}
	return slices.ContainsFunc(s.Secrets, func(x struct{ Source, Target string }) bool { return within(x.Target) })
}

// listens reports whether a service listens on a port, by its settings or, for
// the proxy, by its configuration.
func (s *composed) listens(port string) bool {
	for _, value := range s.Environment {
		if strings.HasSuffix(value, ":"+port) && !strings.Contains(value, "//") {
			return true
		}
	}
	b, _ := os.ReadFile(inRepository("deploy", "nginx.conf"))
	return len(s.Entrypoint) > 0 && s.Entrypoint[0] == "nginx" && strings.Contains(string(b), "listen 0.0.0.0:"+port+" ssl;")
}

// nothingUnused: what is named at the bottom is used above.
func (c composition) nothingUnused(t *testing.T) {
	t.Helper()
	used := map[string]bool{}
	for _, s := range c.Services {
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			used["volume "+from] = true
		}
		for _, secret := range s.Secrets {
			used["secret "+secret.Source] = true
		}
		for _, n := range s.networks() {
			used["network "+n] = true
		}
	}
	for kind, names := range map[string][]string{
		"volume ": slices.Collect(maps.Keys(c.Volumes)), "secret ": slices.Collect(maps.Keys(c.Secrets)), "network ": slices.Collect(maps.Keys(c.Networks)),
	} {
		for _, name := range names {
			if !used[kind+name] {
				t.Errorf("nobody uses the %s%s", kind, name)
			}
		}
	}
	for name, secret := range c.Secrets {
		if !strings.HasPrefix(secret.File, "./deploy/secrets/") {
			t.Errorf("the secret %s is in %s, which git does not ignore", name, secret.File)
		}
	}
}

// TestProxyKnowsTheNodes: the proxy passes requests to all nodes that there are,
// and the nodes believe it and nobody else.
func TestProxyKnowsTheNodes(t *testing.T) {
	c := readComposition(t, inRepository("docker-compose.yml"))
	conf := read(t, inRepository("deploy", "nginx.conf"))
	scraped := read(t, inRepository("deploy", "prometheus.yml"))
	var proxy struct {
		Services struct {
			Proxy struct {
				Networks map[string]struct {
					Address string `yaml:"ipv4_address"`
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, inRepository("docker-compose.yml"))), &proxy); err != nil {
		t.Fatal(err)
	}
	nodes := 0
	for name, s := range c.Services {
		if !strings.HasPrefix(name, "nrm-") {
			continue
		}
		nodes++
		if !strings.Contains(conf, "server "+name+":8642 ") || !s.listens("8642") {
			t.Errorf("the proxy does not know %s", name)
		}
		if !strings.Contains(scraped, `"`+name+`:9464"`) || !s.listens("9464") {
			t.Errorf("nobody asks %s for its metrics", name)
		}
		if s.Environment["NRM_PROXY"] != proxy.Services.Proxy.Networks["front"].Address+"/32" {
			t.Errorf("%s believes %s, the proxy is %s", name, s.Environment["NRM_PROXY"], proxy.Services.Proxy.Networks["front"].Address)
		}
		if s.Environment["NRM_NODE"] != name || s.Environment["NRM_BEHIND_TLS"] != "true" || len(s.Ports) > 0 {
			t.Errorf("%s has another name, does not know that it is behind TLS, or can be reached past the proxy", name)
		}
	}
	if nodes != 2 || strings.Count(conf, ":8642 ") != nodes {
		t.Errorf("%d nodes", nodes)
	}
	for _, must := range []string{"client_max_body_size 128k;", "client_body_buffer_size 128k;", "access_log off;"} {
		if !strings.Contains(conf, must) {
			t.Errorf("the proxy lacks %s", must)
		}
	}
	if strings.Contains(conf, "non_idempotent") && !strings.Contains(conf, "without non_idempotent") || regexp.MustCompile(`listen [^;]*;`).FindString(conf) != "listen 0.0.0.0:8443 ssl;" ||
		strings.Count(conf, "listen ") != 1 {
		t.Error("the proxy sends commands twice, or listens without TLS")
	}
}

// TestDockerfile holds the Dockerfile against the repository: line by line.
func TestDockerfile(t *testing.T) {
	mod, err := modfile.Parse("go.mod", []byte(read(t, inRepository("go.mod"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	version := map[string]string{}
	for _, r := range mod.Require {
		version[r.Mod.Path] = r.Mod.Version
	}
	ignored := strings.Fields(read(t, inRepository(".dockerignore")))
	for _, must := range []string{".git", "deploy/secrets", "*.key", "*.nk", "api/web/node_modules"} {
		if !slices.Contains(ignored, must) {
			t.Errorf(".dockerignore lacks %s", must)
		}
	}
	stages := readStages(t)
	for name, s := range stages {
		switch base, isStage := stages[s.from]; {
		case isStage && base == s:
			t.Errorf("%s is made of itself", name)
		case isStage, s.from == "scratch":
		case strings.HasPrefix(s.from, "golang:"):
			if want := strings.Join(strings.Split(mod.Go.Version, ".")[:2], "."); !strings.HasPrefix(s.from, "golang:"+want+"-") {
				t.Errorf("%s builds with %s, go.mod says %s", name, s.from, mod.Go.Version)
			}
		case !regexp.MustCompile(`^[a-z]+:[0-9]+-bookworm(-slim)?$`).MatchString(s.from):
			t.Errorf("%s is made of %s", name, s.from)
		}
		for _, c := range s.copies {
			if c.from != "" && stages[c.from] == nil {
				t.Errorf("%s copies from %s, which there is not", name, c.from)
			}
			for _, path := range c.paths {
				if c.from != "" {
					if !stages[c.from].makes(stages, path) {
						t.Errorf("%s copies %s, which %s does not make", name, path, c.from)
					}
				} else if _, err := os.Stat(inRepository(path)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for _, line := range s.lines {
			verb, rest, _ := strings.Cut(line, " ")
			if verb == "ADD" || strings.Contains(rest, "http://") && verb != "HEALTHCHECK" || strings.Contains(rest, "https://") || strings.Contains(rest, "curl ") || strings.Contains(rest, "wget ") {
				t.Errorf("%s fetches something that is not in the repository: %s", name, line)
			}
			if m := regexp.MustCompile(`go build .* (\S+)$`).FindStringSubmatch(rest); m != nil {
				if !strings.HasPrefix(rest, "CGO_ENABLED=0 ") || !strings.Contains(rest, " -trimpath ") {
					t.Errorf("%s builds what is not static: %s", name, line)
				}
				if path, ours := strings.CutPrefix(m[1], "./"); ours {
					if _, err := os.Stat(inRepository(path, "main.go")); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				} else if version[m[1]] == "" {
					t.Errorf("%s builds %s, which is not in go.mod", name, m[1])
				}
			}
			if verb == "ENV" {
				known := settingNames(t)
				for pair := range strings.FieldsSeq(rest) {
					if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "NRM_") && !slices.Contains(known, key) {
						t.Errorf("%s: nrm has no setting %s", name, key)
					}
				}
			}
		}
		if s.from == "scratch" && (!regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`).MatchString(s.user) || len(s.entrypoint) != 1 || !s.has(s.entrypoint[0])) {
			t.Errorf("%s runs as %q, or does not have what it starts", name, s.user)
		}
	}
	last := regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)$`).FindAllStringSubmatch(read(t, inRepository("Dockerfile")), -1)
	if last[len(last)-1][1] != "nrm" {
		t.Error("docker build without a target does not make the register")
	}
	c := readComposition(t, inRepository("docker-compose.yml"))
	if want := "nrm-nats:" + strings.TrimPrefix(version["github.com/nats-io/nats-server/v2"], "v"); c.Services["nats-1"].Image != want {
		t.Errorf("the image is called %s, go.mod says %s", c.Services["nats-1"].Image, want)
	}
}

// has reports whether an image has a path, because it was copied there.
func (s *imageStage) has(path string) bool {
	return slices.ContainsFunc(s.copies, func(c copied) bool { return c.to == path })
}

// makes reports whether a stage, or one that it is made of, makes a path.
func (s *imageStage) makes(stages map[string]*imageStage, path string) bool {
	for ; s != nil; s = stages[s.from] {
		for _, line := range s.lines {
			if !strings.HasPrefix(line, "RUN ") {
				continue
			}
			if words := strings.Fields(line); slices.Contains(words, path) {
				return true
			}
			// What npm builds lies below its working directory.
			if strings.HasPrefix(path, s.workdir+"/") && strings.Contains(line, "npm run build") {
				return true
			}
		}
	}
	return false
}

// settingNames are the environment variables that nrm knows.
func settingNames(t *testing.T) []string {
	t.Helper()
	return regexp.MustCompile(`NRM_[A-Z_]+`).FindAllString(helpText(t), -1)
}

func bytesOf(t *testing.T, s string) float64 {
	t.Helper()
	m := regexp.MustCompile(`^([0-9]+)(g|m|MiB|GiB)$`).FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("%q is no size", s)
	}
	var n float64
	if err := json.Unmarshal([]byte(m[1]), &n); err != nil {
		t.Fatal(err)
	}
	return n * map[string]float64{"g": 1 << 30, "GiB": 1 << 30, "m": 1 << 20, "MiB": 1 << 20}[m[2]]
}

// helpText is what nrm says about its settings.
func helpText(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"init", "--help"}} {
		if code := run(t.Context(), args, nil, &text, &text); code != 0 {
			t.Fatalf("nrm %v: %d", args, code)
		}
	}
	return text.String()
}
