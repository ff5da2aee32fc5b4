package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImports keeps the arrows of docs/ARCHITECTURE.md true. Each package may
// reach only what is listed, directly or through others; the standard library
// is free.
func TestImports(t *testing.T) {
	for _, rule := range []struct {
		pkg     string
		reaches []string // import paths, or their beginnings when they end in "/"
		because string
	}{
		{"nrm/domain", []string{"nrm/domain", "github.com/google/uuid"},
			"the rules do no I/O and can be read without knowing any library"},
		{"nrm/eventstore", []string{"nrm/eventstore", "github.com/nats-io/", "github.com/google/uuid", "github.com/klauspost/compress/", "github.com/minio/highwayhash", "github.com/google/go-tpm/", "github.com/antithesishq/antithesis-sdk-go/", "golang.org/x/"},
			"the log knows no event: it must be possible to reason about durability alone"},
		{"nrm/projections", []string{"nrm/projections", "nrm/domain", "github.com/google/uuid", "modernc.org/", "github.com/xrash/smetrics", "github.com/dustin/go-humanize", "github.com/mattn/go-isatty", "github.com/ncruces/go-strftime", "github.com/remyoudompheng/bigfft", "golang.org/x/"},
			"views are made of facts and know neither the log's server nor HTTP"},
	} {
		if far := unlisted(dependencies(t, rule.pkg), rule.reaches); len(far) > 0 {
			t.Errorf("%s must not depend on %s: %s", rule.pkg, strings.Join(far, ", "), rule.because)
		}
	}
	for _, dep := range dependencies(t, "nrm/api") {
		if dep == "nrm/eventstore" || strings.HasPrefix(dep, "github.com/nats-io/") || strings.HasPrefix(dep, "nrm/cmd/") {
			t.Errorf("nrm/api must not depend on %s: pages and API see the log only as domain.Log", dep)
		}
	}
	// nrm/eventstore/bench holds what ours is measured against, and no other package of ours uses it.
	for pkg, owners := range map[string][]string{
		"github.com/labstack/echo/v4":     {"nrm/api"},
		"modernc.org/sqlite":              {"nrm/projections", "nrm/eventstore/bench"},
		"github.com/jackc/pgx/v5":         {"nrm/eventstore/bench"},
		"github.com/jackc/pgx/v5/pgconn":  {"nrm/eventstore/bench"},
		"github.com/jackc/pgx/v5/pgxpool": {"nrm/eventstore/bench"},
		"nrm/eventstore/bench":            {},
	} {
		for _, user := range users(t, pkg) {
			if !slices.ContainsFunc(owners, func(owner string) bool { return user == owner || strings.HasPrefix(user, owner+"/") }) {
				t.Errorf("%s imports %s: only %s may, so that it can be exchanged in one place", user, pkg, strings.Join(owners, " and "))
			}
		}
	}
}

// TestTopLevelIsShort keeps the folders that everybody has to know few.
func TestTopLevelIsShort(t *testing.T) {
	allowed := []string{"api", "cmd", "deploy", "docs", "domain", "eventstore", "projections", "tools"}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) && !ignored(t, e.Name()) {
			t.Errorf("a new folder at the top level: %s", e.Name())
		}
	}
}

func ignored(t *testing.T, name string) bool {
	t.Helper()
	return exec.Command("git", "-C", filepath.Join("..", ".."), "check-ignore", "-q", name+"/").Run() == nil
}

// dependencies lists everything outside the standard library that pkg reaches.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	deps := strings.Fields(string(out))
	if len(deps) == 0 {
		t.Fatalf("%s does not even depend on itself: the test is blind", pkg)
	}
	return deps
}

func unlisted(deps, reaches []string) (far []string) {
	for _, d := range deps {
		if !slices.ContainsFunc(reaches, func(r string) bool {
			return d == strings.TrimSuffix(r, "/") || strings.HasPrefix(d, strings.TrimSuffix(r, "/")+"/")
		}) {
			far = append(far, d)
		}
	}
	return far
}

// users lists our packages that import pkg themselves.
func users(t *testing.T, pkg string) (found []string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "nrm/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); slices.Contains(words[1:], pkg) {
			found = append(found, words[0])
		}
	}
	return found
}
