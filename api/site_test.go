package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/api/accounts"
	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
	"nrm/projections"
)

// A site is a whole server in a test: log on disk, views, accounts, routes.
type site struct {
	t      testing.TB
	dir    string
	log    *eventstore.Store[domain.Decision]
	views  *projections.Views
	people *accounts.Store
	server *Server
	http.Handler
	logged *lines
	vault  *vault // outlives restarts, as a key file does
	stop   func()
	unseen bool // see unwatched
}

// today is the day of the tests.
var today = time.Date(2024, 3, 20, 8, 0, 0, 0, time.UTC)

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), logged: &lines{}, vault: newVault()}
	if err := os.WriteFile(s.accountsFile(), staff().file, 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(true)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *site) accountsFile() string { return filepath.Join(s.dir, "accounts.json") }

// restart stops everything and starts again on the same folder.
func (s *site) restart() {
	s.t.Helper()
	s.stop()
	s.start(false)
}

func (s *site) start(init bool) {
	s.t.Helper()
	server := eventstoretest.Restart(s.t, filepath.Join(s.dir, "log"), init)
	log, err := eventstore.Open(s.t.Context(), server.Conn(), s.vault.codec(), eventstore.Options{Sealer: s.vault})
	s.must(err)
	views, err := projections.Open(s.t.Context(), s.dir, log, s.vault, nil)
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- views.Run(ctx, log) }()
	people, err := accounts.Open(s.accountsFile())
	s.must(err)
	s.stop = func() {
		s.t.Helper()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			s.t.Errorf("views: %v", err)
		}
		s.must(views.Close())
		log.Close()
		s.must(server.Close())
	}
	s.log, s.views, s.people = log, views, people
	s.server = &Server{
		Log: log, Views: views, Accounts: people, Now: func() time.Time { return today },
		Logger: slog.New(slog.NewJSONHandler(s.logged, nil)), Witness: notary{log: log},
	}
	s.Handler, err = s.server.Handler()
	s.must(err)
	if s.unseen {
		s.unwatched()
	}
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// unwatched has nobody's looks recorded, for tests that count what is in the log.
func (s *site) unwatched() *site {
	s.unseen, s.server.Views, s.server.looks = true, s.server.unshown, nil
	return s
}

// last is the last position of the log.
func (s *site) last() uint64 {
	s.t.Helper()
	last, err := s.log.Last(context.Background())
	s.must(err)
	return last
}

// send sends a request as one of the staff; as nobody if who is empty.
func (s *site) send(who, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	u, err := url.ParseRequestURI(target) // as a server does: nothing is resolved
	s.must(err)
	r.URL, r.RequestURI = u, target
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+staff().token(s.t, who))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// asked gives a command and expects it to be accepted.
func (s *site) asked(who, path, body string) given {
	s.t.Helper()
	w := s.send(who, http.MethodPost, root+path, body)
	if w.Code != http.StatusOK && w.Code != http.StatusCreated {
		s.t.Fatalf("%s %s: %d %s", who, path, w.Code, w.Body)
	}
	var g given
	s.must(json.Unmarshal(w.Body.Bytes(), &g))
	return g
}

const referral = `{"happened":"2024-03-01T21:40:00+04:00","data":{"source":"police","circumstances":["sought_help"],` +
	`"status":"presumed","age":"adult","sex":"female","citizenship":"az","district":"AZ-GA","basis":"consent"}}`

// opened registers a referral and gives its reference.
func (s *site) opened() string { s.t.Helper(); return s.asked("referrer", "/cases", referral).Case }

// employees are accounts for the tests, made once: hashes take their time.
type employees struct {
	file      []byte
	tokens    map[string]string
	passwords map[string]string
}

// The account of a role is named after it; a second organisation of the role
// follows a dot.
var staff = sync.OnceValue(func() employees {
	dir, err := os.MkdirTemp("", "staff")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "accounts.json")
	people, err := accounts.Open(path)
	if err != nil {
		panic(err)
	}
	all := employees{tokens: map[string]string{}, passwords: map[string]string{}}
	for _, a := range []domain.Actor{
		{User: "referrer", Role: domain.Referrer, Organisation: "police-gence"},
		{User: "referrer.border", Role: domain.Referrer, Organisation: "border-service"},
		{User: "duty_officer", Role: domain.DutyOfficer, Organisation: "spu"},
		{User: "case_officer", Role: domain.CaseOfficer, Organisation: "spu"},
		{User: "head", Role: domain.Head, Organisation: "spu"},
		{User: "shelter", Role: domain.Shelter, Organisation: "shelter-baki"},
		{User: "shelter.gence", Role: domain.Shelter, Organisation: "shelter-gence"},
		{User: "assistance_centre", Role: domain.AssistanceCentre, Organisation: "centre-baki"},
		{User: "child_protection", Role: domain.ChildProtection, Organisation: "scfwca"},
		{User: "migration", Role: domain.Migration, Organisation: "sms"},
		{User: "consulate", Role: domain.Consulate, Organisation: "consulate-istanbul"},
		{User: "fund", Role: domain.FundOfficer, Organisation: "fund"},
		{User: "legal_aid", Role: domain.LegalAid, Organisation: "legal-aid-a"},
		{User: "prosecution", Role: domain.Prosecution, Organisation: "prosecutor-general"},
		{User: "hotline_operator", Role: domain.HotlineOperator, Organisation: "hotline-152"},
		{User: "return_partner", Role: domain.ReturnPartner, Organisation: "iom"},
		{User: "health_care", Role: domain.HealthCare, Organisation: "health-agency"},
		{User: "education", Role: domain.Education, Organisation: "education-ministry"},
		{User: "employment", Role: domain.Employment, Organisation: "employment-agency"},
		{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"},
		{User: "data_protection", Role: domain.DataProtection, Organisation: "data-protection"},
	} {
		if all.passwords[a.User], all.tokens[a.User], err = people.Create(a.User, a.Role, a.Organisation); err != nil {
			panic(fmt.Sprint(a.User, err))
		}
	}
	if all.file, err = os.ReadFile(path); err != nil {
		panic(err)
	}
	return all
})

func (e employees) token(t testing.TB, who string) string {
	t.Helper()
	token, ok := e.tokens[who]
	if !ok {
		t.Fatalf("nobody is called %q", who)
	}
	return token
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
