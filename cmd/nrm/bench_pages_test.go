package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/api"
	"nrm/api/accounts"
	"nrm/cmd/nrm/internal/country"
	"nrm/domain"
	"nrm/projections"
)

const benchCases = 100_000

// BenchmarkPages measures a case's page and a queue's page, as a case officer
// gets them, in a register of 100,000 synthetic cases. x-healthz is the median
// against that of the barest answer of the same server in the same run.
func BenchmarkPages(b *testing.B) {
	cases := benchCases
	if testing.Short() {
		cases = 2000
	}
	site := newBenchSite(b, cases)
	for _, page := range []struct{ name, path string }{
		{"case", ""}, {"queue", "/?queue=open"}, {"overdue", "/overdue"},
	} {
		b.Run(page.name, func(b *testing.B) {
			var took, bare []time.Duration
			for i := range b.N {
				path := page.path
				if path == "" {
					path = "/cases/" + site.refs[(i*7919)%len(site.refs)]
				}
				took = append(took, site.get(b, path))
				bare = append(bare, site.get(b, "/healthz"))
			}
			slices.Sort(took)
			slices.Sort(bare)
			b.ReportMetric(float64(len(site.refs)), "cases")
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*95/100].Seconds()*1000, "p95-ms")
			b.ReportMetric(took[len(took)/2].Seconds()/bare[len(bare)/2].Seconds(), "x-healthz")
		})
	}
}

type benchSite struct {
	handler http.Handler
	cookie  string
	refs    []string
}

// newBenchSite lets the domain decide a synthetic country in memory and
// projects it.
func newBenchSite(b *testing.B, cases int) *benchSite {
	b.Helper()
	now := time.Now()
	var file bytes.Buffer
	if err := country.WriteMany(&file, country.Options{Seed: 1, Now: now}, cases); err != nil {
		b.Fatal(err)
	}
	log := decided(b, &file, now)
	site := &benchSite{}
	for _, d := range log.all {
		if d.Events[0].EventType() == "DetectionRecorded" {
			site.refs = append(site.refs, d.Stream.ID)
		}
	}
	dir := b.TempDir()
	views, err := projections.Open(b.Context(), dir, log, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = views.Close() })
	people, err := accounts.Open(filepath.Join(dir, "accounts.json"))
	if err != nil {
		b.Fatal(err)
	}
	password, _, err := people.Create("officer", domain.CaseOfficer, "spu")
	if err != nil {
		b.Fatal(err)
	}
	server := &api.Server{Log: log, Views: views, Accounts: people, Now: time.Now, Logger: quiet()}
	if site.handler, err = server.Handler(); err != nil {
		b.Fatal(err)
	}
	site.signIn(b, password)
	return site
}

func (s *benchSite) signIn(b *testing.B, password string) {
	b.Helper()
	form := url.Values{"user": {"officer"}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		s.cookie += c.Name + "=" + c.Value + "; "
	}
	if w.Code != http.StatusSeeOther || s.cookie == "" {
		b.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
}

func (s *benchSite) get(b *testing.B, path string) time.Duration {
	b.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Cookie", s.cookie)
	w := httptest.NewRecorder()
	start := time.Now()
	s.handler.ServeHTTP(w, r)
	took := time.Since(start)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return took
}
