package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
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

// BenchmarkPages measures a case's page and the page of every queue that is not
// empty, as a case officer gets them, in a register of 100,000 synthetic cases. x-healthz is the median
// against that of the barest answer of the same server in the same run.
func BenchmarkPages(b *testing.B) {
	cases := benchCases
	if testing.Short() {
		cases = 2000
	}
	site := newBenchSite(b, cases)
	pages := []struct{ name, path string }{{"case", ""}, {"overdue", "/overdue"}}
	for _, q := range site.queues {
		if q.Count > 0 {
			pages = append(pages, struct{ name, path string }{fmt.Sprintf("queue=%s(%d)", q.ID, q.Count), "/?queue=" + q.ID})
		}
	}
	for _, page := range pages {
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
	queues  []projections.Queue
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
	log := decided(b, unfinished(&file), now)
	site := &benchSite{}
	for _, d := range log.all {
		if d.Events[0].EventType() == "DetectionRecorded" {
			site.refs = append(site.refs, d.Stream.ID)
		}
	}
	dir := b.TempDir()
	views, err := projections.Open(b.Context(), dir, log, log.keys, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = views.Close() })
	people, err := accounts.Open(filepath.Join(dir, "accounts.json"))
	if err != nil {
		b.Fatal(err)
	}
	by := domain.Actor{User: "officer", Role: domain.CaseOfficer, Organisation: "spu"}
	if site.queues, err = views.Queues(b.Context(), by, now); err != nil {
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

// unfinished cuts the story of every fourth case short, after one line or a few:
// so that queues have something in them.
func unfinished(file io.Reader) io.Reader {
	var kept bytes.Buffer
	cases, told, last := 0, 0, ""
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		_, stream, _ := strings.Cut(lines.Text(), `"stream":"`)
		if stream, _, _ = strings.Cut(stream, `"`); stream != last {
			cases, told, last = cases+1, 0, stream
		}
		told++
		if strings.HasPrefix(stream, "case/") && cases%4 == 0 && told > 1+cases/4%6 {
			continue
		}
		kept.Write(lines.Bytes())
		kept.WriteByte('\n')
	}
	return &kept
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
