package api

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"nrm/domain"
)

var updateRoutes = flag.Bool("update", false, "rewrite testdata/routes.golden")

// TestRoutesAndRoles walks every route as everybody and as nobody, and prints
// who gets in. Whether they then see or may do anything there is for domain.
func TestRoutesAndRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	routes := s.Handler.(headAsGet).Routes()
	slices.SortFunc(routes, func(a, b *echo.Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%-78s %-34s %s\n", "route", "policy", "who gets in")
	for _, r := range routes {
		p, ok := s.server.policies[r.Method+" "+r.Path]
		if !ok {
			t.Errorf("%s %s has no policy", r.Method, r.Path)
			continue
		}
		var in []string
		if s.entered(r, "") {
			in = append(in, "nobody")
		}
		for _, role := range domain.Roles() {
			got := s.entered(r, string(role))
			want := p.may == nil || p.may(domain.Actor{User: string(role), Role: role})
			if got && !want {
				t.Errorf("%s %s as %s: got in, the policy says no", r.Method, r.Path, role)
			}
			if got {
				in = append(in, string(role))
			}
		}
		who := strings.Join(in, " ")
		switch {
		case len(in) == len(domain.Roles())+1:
			who = "anyone"
		case len(in) == len(domain.Roles()) && !slices.Contains(in, "nobody"):
			who = "every role"
		}
		fmt.Fprintf(&b, "%-78s %-34s %s\n", r.Method+" "+r.Path, p.name, who)
	}
	golden(t, "routes.golden", b.String())
}

// entered sends a request that says nothing and reports whether it got past
// the door: anything but "sign in" and "not with your role".
func (s *site) entered(r *echo.Route, who string) bool {
	s.t.Helper()
	path := strings.NewReplacer(
		":case", "AA0000AA", ":facility", "AA0000AA", ":ref", "AA0000AA", ":number", "4.1.9", ":list", "stage",
		":year", "2024", ":command", "close-case", ":lang", "en", ":id", "1", "*", "app.css",
	).Replace(r.Path)
	if strings.Contains(path, ":") {
		s.t.Fatalf("%s: the test does not know what to put there", r.Path)
	}
	w := s.send(who, r.Method, path, "", "Content-Type", "application/x-www-form-urlencoded")
	if w.Code >= http.StatusInternalServerError {
		s.t.Errorf("%s %s as %q: %d %.300s\n%s", r.Method, r.Path, who, w.Code, w.Body, s.logged)
	}
	if r.Method+" "+r.Path == "POST /sign-in" {
		return true // 401 is its answer to whoever it let in
	}
	toSignIn := w.Code == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/sign-in?")
	return w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && !toSignIn
}

// TestNoRouteWithoutPolicy: such a server does not even start.
func TestNoRouteWithoutPolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.Handler.(headAsGet).Echo
	e.GET("/api/v1/forgotten", func(c echo.Context) error { return c.String(http.StatusOK, "secrets") })
	if err := s.server.covered(e); err == nil || !strings.Contains(err.Error(), "/api/v1/forgotten") {
		t.Errorf("a route without a policy: %v", err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateRoutes {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; run go test ./api -update and read the difference\n%s", path, got)
	}
}
