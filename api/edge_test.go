package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// failing are views that cannot answer: Cases panics, Queues fails, Overdue
// takes too long.
type failing struct{ Views }

const secret = "Aygün Qasımova"

func (failing) Cases(context.Context, domain.Actor, time.Time, projections.Filter) ([]projections.CaseRow, int, error) {
	panic(secret)
}

func (failing) Queues(context.Context, domain.Actor, time.Time) ([]projections.Queue, error) {
	return nil, errors.New(secret)
}

func (failing) Overdue(context.Context, domain.Actor, time.Time, int, int) ([]projections.Due, int, error) {
	return nil, 0, fmt.Errorf("reading: %w", context.DeadlineExceeded)
}

// TestFaultsTellNothing: of a fault people and programs get an id, and the log
// has the rest under it.
func TestFaultsTellNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Views = failing{s.server.Views}
	for path, want := range map[string]int{
		root + "/cases": 500, root + "/queues": 500, root + "/overdue": 503, "/cases": 500, "/overdue": 503,
	} {
		w := s.send("head", "GET", path, "")
		body := w.Body.String()
		id := w.Header().Get("X-Request-Id")
		if w.Code != want || strings.Contains(body, secret) || strings.Contains(body, "panic") || strings.Contains(body, "goroutine") || id == "" || !strings.Contains(body, id) {
			t.Errorf("%s: %d, id %q: %.600s", path, w.Code, id, body)
		}
		if want == 503 && w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
		if !strings.Contains(s.logged.String(), `"msg":"fault","request":"`+id+`"`) {
			t.Errorf("%s: the log has nothing under %s", path, id)
		}
	}
	if w := s.send("head", "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("after a panic: %d", w.Code)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Views = failing{s.server.Views}
	for _, path := range []string{"/", "/sign-in", "/cases", "/search", "/erasures", "/nowhere", root + "/search", root + "/erasures", root + "/checkpoints", root + "/checkpoints/latest", root + "/codes/stage", root + "/cases", root + "/nowhere", "/openapi.json", "/healthz", "/assets/nothing.css"} {
		for _, who := range []string{"", "head"} {
			h := s.send(who, "GET", path, "").Header()
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "no-referrer",
				"Cache-Control":           "no-store",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s as %q: %s is %q", path, who, name, got)
				}
			}
		}
	}
}

// TestLogTellsNothingPersonal: one line for each request, with the route's pattern and
// nothing that was sent.
func TestLogTellsNothingPersonal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	s.send("head", "GET", root+"/cases/"+ref, "")
	s.send("head", "GET", root+"/cases?search="+ref[:4], "")
	s.send("head", "POST", root+"/cases/"+ref+"/close-case?who=Ayg%C3%BCn", `{"data":{"reason":"Aygün"}}`)
	s.send("", "GET", "/cases/"+ref+"?token=Ayg%C3%BCn", "")
	s.send("", "GET", "/Ayg%C3%BCn", "", "Authorization", "Bearer nrm_secret")
	s.send("", "POST", "/sign-in", "user=Ayg%C3%BCn&password=sesame", "Content-Type", "application/x-www-form-urlencoded")
	text := s.logged.String()
	for _, bad := range []string{ref, ref[:4] + `"`, "Ayg", "sesame", "nrm_", staff().tokens["head"], "?"} {
		if strings.Contains(text, bad) {
			t.Errorf("the log has %q:\n%s", bad, text)
		}
	}
	var requests int
	for line := range strings.Lines(text) {
		var l map[string]any
		s.must(json.Unmarshal([]byte(line), &l))
		if l["msg"] != "request" {
			t.Errorf("%s", line)
			continue
		}
		requests++
		for _, key := range []string{"request", "method", "route", "status", "ms", "role"} {
			if l[key] == nil {
				t.Errorf("no %s in %s", key, line)
			}
		}
	}
	if requests != 7 {
		t.Errorf("%d lines for 7 requests", requests)
	}
	if !strings.Contains(text, `"route":"/api/v1/cases/:case","status":200`) || !strings.Contains(text, `"role":"head"`) {
		t.Errorf("the log lacks what it should have:\n%s", text)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, `{"status":"ready"}`},
		{errors.New("log: disk full at /var/lib/nrm"), `{"status":"not_ready","parts":["log"]}`},
		{errors.Join(fmt.Errorf("views: %w", errors.New(secret)), errors.New("log: gone")), `{"status":"not_ready","parts":["log","views"]}`},
		{errors.New(secret + ": no part"), `{"status":"not_ready","parts":["unknown"]}`},
	} {
		s.server.Ready = func(context.Context) error { return c.err }
		w := s.send("", "GET", "/readyz", "")
		if got := strings.TrimSpace(w.Body.String()); got != c.want || (w.Code == 200) != (c.err == nil) {
			t.Errorf("%v: %d %s", c.err, w.Code, got)
		}
	}
}

// TestPosition: who has seen a position is never shown less, and does not wait
// for ever.
func TestPosition(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opened()
	if w := s.send("head", "GET", root+"/cases", "", positionHeader, "1"); w.Code != 200 || w.Header().Get(positionHeader) != "1" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	start := time.Now()
	w := s.send("head", "GET", root+"/cases", "", positionHeader, "2")
	if took := time.Since(start); w.Code != 503 || w.Header().Get("Retry-After") == "" || took < viewsWait || took > 2*viewsWait {
		t.Errorf("%d after %v: %s", w.Code, took, w.Body)
	}
	if w := s.send("", "GET", "/healthz", "", positionHeader, "2"); w.Code != 200 {
		t.Errorf("somebody who has not signed in was kept waiting: %d", w.Code)
	}
}

// blind are views that have stopped reading the log.
type blind struct{ Views }

func (blind) WaitFor(context.Context, uint64) error { return errors.New("stopped") }

// TestRecordedIsRecorded: what is on disk is not called a failure because the
// views do not show it yet.
func TestRecordedIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Views = blind{s.server.Views}
	s.opened()
	if s.last() != 1 || !strings.Contains(s.logged.String(), "views behind") {
		t.Errorf("%d decisions\n%s", s.last(), s.logged)
	}
	if w := s.send("head", "GET", root+"/cases", "", positionHeader, "1"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestLongBody: also one that does not say how long it is.
func TestLongBody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for size, want := range map[int]int{maxBody: 422, maxBody + 1: 413} {
		body := strings.NewReader(`{"data":{"source":"` + strings.Repeat("x", size-len(`{"data":{"source":""}}`)) + `"}}`)
		r := httptest.NewRequest("POST", root+"/cases", io.MultiReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("Authorization", "Bearer "+staff().tokens["referrer"])
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if r.ContentLength != -1 || w.Code != want {
			t.Errorf("%d bytes: %d %s", size, w.Code, w.Body)
		}
	}
	if s.last() != 0 {
		t.Error("something was recorded")
	}
}

// TestMoments: a time that nobody knows is not told as one.
func TestMoments(t *testing.T) {
	t.Parallel()
	for w, want := range map[domain.When]string{
		{}:                                      `null`,
		{At: today, Precision: domain.Unknown}:  `{"precision":"unknown"}`,
		{At: today, Precision: domain.Minute}:   `{"at":"2024-03-20T08:00:00Z","precision":"minute"}`,
		domain.OnThe(domain.NewDay(2024, 3, 1)): `{"at":"2024-03-01","precision":"day"}`,
	} {
		if got, err := json.Marshal(moment(w)); err != nil || string(got) != want {
			t.Errorf("%v: %s, %v", w, got, err)
		}
	}
}

// TestTrustedProxies: only a proxy's word on an address is taken.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for proxies, want := range map[string]string{"": "192.0.2.1", "10.0.0.0/8": "192.0.2.1", "192.0.2.0/24, 10.0.0.0/8": "203.0.113.9"} {
		s := &Server{TrustedProxies: proxies}
		find, err := s.addresses()
		if err != nil {
			t.Fatal(err)
		}
		r, _ := http.NewRequest("GET", "/", nil)
		r.RemoteAddr = "192.0.2.1:1234"
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if got := find(r); got != want {
			t.Errorf("behind %q: %s, want %s", proxies, got, want)
		}
	}
	if _, err := (&Server{TrustedProxies: "everybody"}).addresses(); err == nil {
		t.Error("a proxy without a network")
	}
}

// TestTimesAreOfRFC3339: the API takes a date or a date-time, and none of the
// marks of import files.
func TestTimesAreOfRFC3339(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.last()
	for _, bad := range []string{
		"2024-03-01?", "2024-03-01~", "2024-03-01T21:40:00Z?", "2024-03-01T21:40:00+04:00~", "2024-03-01T21:40", " 2024-03-01", "2024-03-01T1:40:00Z", "2024-03-01T21:40:00,5Z", "", "?",
	} {
		if p := s.problem("referrer", "POST", root+"/cases", strings.Replace(referral, "2024-03-01T21:40:00+04:00", bad, 1)); p.Status != 422 || p.Code != "unreadable" || p.Field != "happened" {
			t.Errorf("happened %q: %d %s %s", bad, p.Status, p.Code, p.Field)
		}
		told := strings.Replace(referral, `"source"`, `"told":"`+bad+`","source"`, 1)
		if p := s.problem("referrer", "POST", root+"/cases", told); p.Status != 422 || p.Code != "unreadable" || p.Field != "told" {
			t.Errorf("told %q: %d %s %s", bad, p.Status, p.Code, p.Field)
		}
		if bad == "" {
			continue // then it is not asked for
		}
		if p := s.problem("head", "GET", root+"/plan?known="+url.QueryEscape(bad), ""); p.Status != 422 || p.Field != "known" {
			t.Errorf("known %q: %d %s %s", bad, p.Status, p.Code, p.Field)
		}
	}
	if s.last() != before {
		t.Error("something was recorded")
	}
	for _, good := range []string{"2024-03-01", "2024-03-01T21:40:00Z", "2024-03-01T21:40:00.5+04:00"} {
		s.asked("referrer", "/cases", strings.Replace(referral, "2024-03-01T21:40:00+04:00", good, 1))
	}
}

// problem sends a request that is to be refused and gives the problem.
func (s *site) problem(who, method, target, body string) (p problem) {
	s.t.Helper()
	w := s.send(who, method, target, body)
	if w.Code < 400 {
		return problem{Status: w.Code}
	}
	s.must(json.Unmarshal(w.Body.Bytes(), &p))
	return p
}

// TestYearsThatCanBeJudged: programs are told that a year is none of the
// plan's; pages show one that is.
func TestYearsThatCanBeJudged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, _ := domain.CurrentPlan().Years()
	for _, path := range []string{"/plan", "/plan/4.1.9"} {
		for year, ok := range map[int]bool{first: true, today.Year(): true, 1999: false, first - 1: false, today.Year() + 1: false, 9999: false, 0: false} {
			p := s.problem("head", "GET", fmt.Sprintf("%s%s?year=%d", root, path, year), "")
			if ok && p.Status != 200 || !ok && (p.Status != 422 || p.Code != "bad_parameter" || p.Field != "year") {
				t.Errorf("%s in %d: %d %s %s", path, year, p.Status, p.Code, p.Field)
			}
		}
	}
	for year, ok := range map[int]bool{2000: true, today.Year(): true, 1999: false, today.Year() + 1: false} {
		p := s.problem("head", "GET", fmt.Sprintf("%s/years/%d", root, year), "")
		if ok && p.Status != 200 || !ok && (p.Status != 422 || p.Code != "bad_parameter" || p.Field != "year") {
			t.Errorf("years/%d: %d %s %s", year, p.Status, p.Code, p.Field)
		}
	}
	v := s.as(t, "head", "en")
	for _, year := range []string{"1999", "2031", "soon", "", "-1", "99999999999999999999"} {
		v.get("/plan/4.1.9?year=" + year).code(200).sees("Status in 2024").lacks("Status in " + year + " ")
		v.get("/plan?year=" + year).code(200)
	}
}

// TestHead: HEAD is answered as GET, without a body.
func TestHead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	for _, path := range []string{"/healthz", "/readyz", "/sign-in", "/policy", "/cases", "/openapi.json", "/nowhere", root + "/cases", root + "/plan/9.9.9", "/assets/nothing.css"} {
		ask := func(method string) (status int, typ, body string) {
			r, err := http.NewRequest(method, server.URL+path, nil)
			s.must(err)
			r.Header.Set("Authorization", "Bearer "+staff().tokens["head"])
			got, err := server.Client().Do(r)
			s.must(err)
			defer got.Body.Close()
			all, err := io.ReadAll(got.Body)
			s.must(err)
			return got.StatusCode, got.Header.Get("Content-Type"), string(all)
		}
		head, headType, none := ask("HEAD")
		get, getType, body := ask("GET")
		if head != get || headType != getType || none != "" || body == "" {
			t.Errorf("%s: HEAD %d %s %q, GET %d %s", path, head, headType, none, get, getType)
		}
	}
	if w := s.send("head", "HEAD", "/sign-out", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("HEAD where there is no GET: %d", w.Code)
	}
}
