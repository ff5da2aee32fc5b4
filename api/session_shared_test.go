package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A shelf is a SessionStore that can be away.
type shelf struct {
	sessionStore

	mu      sync.Mutex
	away    map[string]bool // by method
	commits int
	keys    map[string]bool
}

func (m *shelf) call(method, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string]bool{}
	}
	m.keys[key] = true
	if method == "commit" {
		m.commits++
	}
	if m.away[method] {
		return errors.New(secret)
	}
	return nil
}

func (m *shelf) set(methods ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = map[string]bool{}
	for _, method := range methods {
		m.away[method] = true
	}
}

func (m *shelf) Find(_ context.Context, key string) ([]byte, bool, error) {
	if err := m.call("find", key); err != nil {
		return nil, false, err
	}
	return m.sessionStore.Find(key)
}

func (m *shelf) Commit(_ context.Context, key string, data []byte, until time.Time) error {
	if err := m.call("commit", key); err != nil {
		return err
	}
	return m.sessionStore.Commit(key, data, until)
}

func (m *shelf) Delete(_ context.Context, key string) error {
	if err := m.call("delete", key); err != nil {
		return err
	}
	return m.sessionStore.Delete(key)
}

// sharing gives two nodes with one shelf.
func sharing(t *testing.T) (a, b *site, m *shelf) {
	t.Helper()
	a, m = newSite(t), &shelf{}
	a.server.Sessions = m
	var err error
	a.Handler, err = a.server.Handler()
	a.must(err)
	other := *a
	server := *a.server
	other.server = &server
	other.Handler, err = server.Handler()
	a.must(err)
	return a, &other, m
}

func TestSessionsAreShared(t *testing.T) {
	t.Parallel()
	a, b, m := sharing(t)
	c := a.signedIn("head")
	if !a.sees(c) || !b.sees(c) {
		t.Fatal("signed in at one node and not let in at another")
	}
	before := m.commits
	b.browse(c, "POST", "/sign-out", nil)
	if a.sees(c) || b.sees(c) {
		t.Error("signed out at one node and let in at another")
	}
	if m.commits != before {
		t.Errorf("kept %d times after it had ended", m.commits-before)
	}
	b.browse(nil, "POST", "/sign-out", nil)
	a.sees(&http.Cookie{Name: c.Name, Value: "../../etc/passwd"})
	for key := range m.keys {
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(key) || key == c.Value {
			t.Errorf("the store was told %q", key)
		}
	}
	if sessionKey("") == "" || m.keys[sessionKey("")] {
		t.Error("the store was asked about nobody's session")
	}
}

// TestSessionsAway: who is signed in stays so, and is asked to come again.
func TestSessionsAway(t *testing.T) {
	t.Parallel()
	a, b, m := sharing(t)
	c := a.signedIn("head")
	credentials := url.Values{"user": {"fund"}, "password": {staff().passwords["fund"]}}
	for name, step := range map[string]struct {
		away         []string
		method, path string
		form         url.Values
		cookie       *http.Cookie
	}{
		"a page":                {[]string{"find"}, "GET", root + "/cases", nil, c},
		"a page at its end":     {[]string{"commit"}, "GET", root + "/cases", nil, c},
		"all":                   {[]string{"find", "commit", "delete"}, "GET", "/", nil, c},
		"sign in":               {[]string{"commit"}, "POST", "/sign-in", credentials, nil},
		"sign in again":         {[]string{"delete"}, "POST", "/sign-in", credentials, c},
		"sign out":              {[]string{"delete"}, "POST", "/sign-out", nil, c},
		"what is no page":       {[]string{"find"}, "GET", "/api/v1/cases", nil, c},
		"what nobody has built": {[]string{"commit"}, "GET", "/nothing/there", nil, c},
	} {
		m.set(step.away...)
		w := b.browse(step.cookie, step.method, step.path, step.form)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: %d %v %.300s", name, w.Code, w.Header(), w.Body)
		}
		if got := sessionCookie(w); got != nil && (got.MaxAge < 0 || got.Value == "") {
			t.Errorf("%s: the cookie is taken away: %v", name, got)
		}
		m.set()
		if !a.sees(c) || !b.sees(c) {
			t.Fatalf("%s: and then signed out", name)
		}
	}
	if w := b.browse(nil, "GET", "/sign-in", nil); w.Code != http.StatusOK {
		t.Errorf("the page to sign in: %d", w.Code)
	}
	m.set("find", "commit", "delete")
	if w := b.send("head", "GET", "/api/v1/cases", ""); w.Code != http.StatusOK {
		t.Errorf("a program with a token: %d", w.Code)
	}
	if w := b.browse(nil, "GET", "/healthz", nil); w.Code != http.StatusOK {
		t.Errorf("a probe: %d", w.Code)
	}
}

// TestAccountsAway: nobody is let in on what may be out of date.
func TestAccountsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.signedIn("head")
	s.server.Accounts = outdated{s.server.Accounts}
	for name, code := range map[string]int{
		"a session":  s.browse(c, "GET", root+"/cases", nil).Code,
		"a token":    s.send("head", "GET", root+"/cases", "").Code,
		"a password": s.browse(nil, "POST", "/sign-in", url.Values{"user": {"head"}, "password": {staff().passwords["head"]}}).Code,
	} {
		if code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", name, code)
		}
	}
	if w := s.browse(nil, "GET", root+"/cases", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("nobody: %d", w.Code)
	}
	s.server.Accounts = s.people
	if !s.sees(c) {
		t.Error("signed out")
	}
}

type outdated struct{ Accounts }

func (outdated) Current(context.Context) error { return errors.New(secret) }

func TestSessionCodec(t *testing.T) {
	t.Parallel()
	var codec sessionCodec
	deadline := time.Date(2026, 3, 14, 12, 0, 0, 123456789, time.FixedZone("Baku", 4*60*60))
	values := map[string]any{sessionUser: "head", sessionStamp: "x", noticeKey: "register-referral 7"}
	first, err := codec.Encode(deadline, values)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := codec.Encode(deadline.UTC(), values); err != nil || string(again) != string(first) {
			t.Fatalf("%s, then %s, %v", first, again, err)
		}
	}
	at, read, err := codec.Decode(first)
	if err != nil || !at.Equal(deadline) || len(read) != 3 || read[noticeKey] != values[noticeKey] {
		t.Errorf("%v, %v, %v", at, read, err)
	}
	if _, read, err := codec.Decode([]byte(`{}`)); err != nil || read == nil {
		t.Errorf("%v, %v", read, err)
	}
	if _, _, err := codec.Decode([]byte("x")); err == nil {
		t.Error("it reads anything")
	}
}
