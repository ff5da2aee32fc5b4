package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"nrm/domain"
)

// browse sends a request as a browser: with cookies, without a token.
func (s *site) browse(cookie *http.Cookie, method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	headers = append(headers, "Content-Type", "application/x-www-form-urlencoded")
	if cookie != nil {
		headers = append(headers, "Cookie", cookie.Name+"="+cookie.Value)
	}
	return s.send("", method, path, form.Encode(), headers...)
}

// signedIn signs somebody of the staff in and gives the cookie.
func (s *site) signedIn(who string) *http.Cookie {
	s.t.Helper()
	w := s.browse(nil, "POST", "/sign-in", url.Values{"user": {who}, "password": {staff().passwords[who]}})
	if c := sessionCookie(w); c != nil && w.Code == http.StatusSeeOther {
		return c
	}
	s.t.Fatalf("sign in as %s: %d %.300s", who, w.Code, w.Body)
	return nil
}

func sessionCookie(w *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "nrm_session") {
			return c
		}
	}
	return nil
}

func (s *site) sees(cookie *http.Cookie) bool {
	return s.browse(cookie, "GET", root+"/cases", nil).Code == http.StatusOK
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.signedIn("head")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.Domain != "" || !c.Expires.IsZero() || len(c.Value) < 40 {
		t.Errorf("cookie %+v", c)
	}
	if !s.sees(c) {
		t.Error("signed in and not let in")
	}
	if w := s.browse(c, "GET", root+"/cases", nil, "Authorization", "Bearer nrm_wrong"); w.Code != http.StatusUnauthorized {
		t.Errorf("fell back from a bad token to the cookie: %d", w.Code)
	}
	if w := s.browse(c, "POST", "/sign-out", nil, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden || !s.sees(c) {
		t.Errorf("another site signed somebody out: %d", w.Code)
	}
	if w := s.browse(nil, "GET", "/assets/app.css", nil); sessionCookie(w) != nil {
		t.Error("an asset sets a cookie")
	}
	if w := s.browse(nil, "GET", "/sign-in", nil); sessionCookie(w) != nil {
		t.Error("who only looks gets a session")
	}

	again := s.browse(c, "POST", "/sign-in", url.Values{"user": {"fund"}, "password": {staff().passwords["fund"]}})
	renewed := sessionCookie(again)
	if renewed == nil || renewed.Value == c.Value || s.sees(c) || !s.sees(renewed) {
		t.Errorf("the session's id was not renewed at sign-in: %v", renewed)
	}
	s.browse(renewed, "POST", "/sign-out", nil)
	if s.sees(renewed) {
		t.Error("signed out and still let in")
	}
}

func TestSessionEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.signedIn("head")
	b, err := os.ReadFile(s.accountsFile())
	s.must(err)
	s.must(os.WriteFile(s.accountsFile(), []byte(strings.Replace(string(b), `"user": "head",`, `"user": "head", "disabled": true,`, 1)), 0o600))
	if s.sees(c) {
		t.Error("a disabled account's session goes on")
	}
	if w := s.send("head", "GET", root+"/cases", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a disabled account's token goes on: %d", w.Code)
	}
}

// TestSessionEndsWithThePassword: whoever got in with the old one is out.
func TestSessionEndsWithThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old, other := s.signedIn("head"), s.signedIn("fund")
	password, _, err := s.people.Reset("head")
	s.must(err)
	if s.sees(old) || !s.sees(other) {
		t.Error("the session of the old password goes on, or another's ended")
	}
	w := s.browse(nil, "POST", "/sign-in", url.Values{"user": {"head"}, "password": {password}})
	if c := sessionCookie(w); c == nil || !s.sees(c) {
		t.Errorf("the new password: %d", w.Code)
	}
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.SecureOnly = true
	var err error
	s.Handler, err = s.server.Handler()
	s.must(err)
	c := s.signedIn("head")
	if !c.Secure || c.Name != "__Host-nrm_session" {
		t.Errorf("cookie %+v", c)
	}
	if h := s.send("", "GET", "/healthz", "").Header().Get("Strict-Transport-Security"); h == "" {
		t.Error("no Strict-Transport-Security")
	}
}

// TestEndedSessionStaysEnded: a request still under way when somebody signs out
// saves its session afterwards; that must not bring it back.
func TestEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	m := scs.New()
	m.Store, m.IdleTimeout = &sessionStore{}, sessionIdle
	ctx, err := m.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, sessionUser, "head")
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	underWay, err := m.Load(t.Context(), token)
	if err != nil || m.GetString(underWay, sessionUser) != "head" {
		t.Fatal("no session", err)
	}
	if err := m.Destroy(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Commit(underWay); err != nil {
		t.Fatal(err)
	}
	if after, err := m.Load(t.Context(), token); err != nil || m.GetString(after, sessionUser) != "" {
		t.Error("the session came back")
	}
}

func TestSessionStoreForgets(t *testing.T) {
	t.Parallel()
	var m sessionStore
	for i := range 2000 {
		if err := m.Commit(strings.Repeat("x", i), []byte("x"), time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.held) > 300 {
		t.Errorf("%d sessions that have expired are held", len(m.held))
	}
	if _, found, _ := m.Find("x"); found {
		t.Error("an expired session was found")
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	try := func(user, password string, headers ...string) int {
		return s.browse(nil, "POST", "/sign-in", url.Values{"user": {user}, "password": {password}}, headers...).Code
	}
	for i := range freeAttempts {
		if code := try("head", "wrong"); code != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %d", i, code)
		}
	}
	w := s.browse(nil, "POST", "/sign-in", url.Values{"user": {"head"}, "password": {staff().passwords["head"]}}, "X-Forwarded-For", "203.0.113.9")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || sessionCookie(w) != nil {
		t.Errorf("the right password in the waiting time, from an invented address: %d %v", w.Code, w.Header())
	}
	if code := try("fund", staff().passwords["fund"]); code != http.StatusTooManyRequests {
		t.Errorf("another account from the same address: %d", code)
	}
	if w := s.send("head", "GET", root+"/cases", ""); w.Code != http.StatusOK {
		t.Errorf("a program with a token is slowed down too: %d", w.Code)
	}
}

// TestFaultIsNoFailure: a password that could not be checked was not wrong.
func TestFaultIsNoFailure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Accounts = unreachable{s.server.Accounts}
	form := url.Values{"user": {"head"}, "password": {staff().passwords["head"]}}
	for range 2 * freeAttempts {
		if w := s.browse(nil, "POST", "/sign-in", form); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), secret) {
			t.Fatalf("%d %.300s", w.Code, w.Body)
		}
	}
	s.server.Accounts = s.people
	s.signedIn("head")
}

type unreachable struct{ Accounts }

func (unreachable) SignIn(context.Context, string, string) (domain.Actor, error) {
	return domain.Actor{}, errors.New(secret)
}

func TestBrake(t *testing.T) {
	t.Parallel()
	now := today
	b := brake{now: func() time.Time { return now }}
	var waits []time.Duration
	for len(waits) < 12 {
		if _, wait := b.attempt("account head", "address 1"); wait > 0 {
			waits = append(waits, wait)
			now = now.Add(wait)
		}
	}
	if waits[0] != firstWait || waits[1] != 2*firstWait || waits[11] != longestWait {
		t.Errorf("waits %v", waits)
	}
	if _, wait := b.attempt("account fund", "address 2"); wait > 0 {
		t.Errorf("somebody else waits %v", wait)
	}

	now = now.Add(brakeMemory + time.Minute)
	for i := range 3 * freeAttempts { // who gets it right never waits
		try, wait := b.attempt("account head", "address 1")
		if wait > 0 {
			t.Fatalf("attempt %d waits %v", i, wait)
		}
		try.succeeded()
	}

	for i := range freeAttempts { // one good account does not pay for guessing at another
		if try, wait := b.attempt("account guessed", "address 3"); wait == 0 && i%2 == 1 {
			_ = try
		}
		if try, wait := b.attempt("account own", "address 3"); wait == 0 {
			try.succeeded()
		}
	}
	if _, wait := b.attempt("account third", "address 3"); wait == 0 {
		t.Error("signing in with one's own account clears the address")
	}
}

// TestBrakeForgetsWhatSucceeded: whoever gets it right pays for the failures of
// others at their address only as long as those make everybody wait.
func TestBrakeForgetsWhatSucceeded(t *testing.T) {
	t.Parallel()
	now := today
	b := brake{now: func() time.Time { return now }}
	for i := range 9 {
		_, wait := b.attempt(fmt.Sprint("account guess ", i), "address 1")
		if wait > 0 {
			now = now.Add(wait)
			b.attempt(fmt.Sprint("account guess ", i), "address 1")
		}
	}
	_, wait := b.attempt("account head", "address 1")
	if wait != firstWait<<(9-freeAttempts) {
		t.Fatalf("after 9 failures: %v", wait)
	}
	now = now.Add(wait)
	for _, who := range []string{"account head", "account fund", "account head"} {
		try, wait := b.attempt(who, "address 1")
		if wait > 0 {
			t.Fatalf("%s waits %v for others", who, wait)
		}
		now = now.Add(time.Second)
		try.succeeded()
	}
	if b.attempt("account guess", "address 1"); b.held["address 1"].until() != now.Add(firstWait<<(10-freeAttempts)) {
		t.Error("signing in made guessing faster")
	}
}

// TestBrakeForgivesOnlyItself: what fails while another try is under way stays.
func TestBrakeForgivesOnlyItself(t *testing.T) {
	t.Parallel()
	now := today
	b := brake{now: func() time.Time { return now }}
	mine, _ := b.attempt("account head", "address 1")
	for range freeAttempts - 1 {
		now = now.Add(time.Second)
		b.attempt("account other", "address 1")
	}
	mine.forgive()
	if b.held["account head"] != nil || len(b.held["address 1"].failed) != freeAttempts-1 || !b.held["address 1"].last().Equal(now) {
		t.Errorf("%+v", b.held)
	}
}

// TestAccountCannotBeLocked: whatever is tried on an account, from however many
// addresses, its owner waits half a minute at most.
func TestAccountCannotBeLocked(t *testing.T) {
	t.Parallel()
	now := today
	b := brake{now: func() time.Time { return now }}
	for i := range 1000 {
		if _, wait := b.attempt("account head", fmt.Sprint("address ", i)); wait > accountWait {
			t.Fatalf("attempt %d waits %v", i, wait)
		} else if wait > 0 {
			now = now.Add(wait)
		}
	}
	if accountWait > 30*time.Second {
		t.Error(accountWait)
	}
}

func TestBrakeCountsAttemptsUnderWay(t *testing.T) {
	t.Parallel()
	b := brake{now: time.Now}
	through := 0
	for range 100 { // none of them has been answered yet
		if _, wait := b.attempt("account head", "address 1"); wait == 0 {
			through++
		}
	}
	if through != freeAttempts {
		t.Errorf("%d attempts at once", through)
	}
}

func TestOneAskerOneNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64",
		"::ffff:192.0.2.7": "::ffff:192.0.2.7", "": "",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestBrakeMemoryIsBounded(t *testing.T) {
	t.Parallel()
	now := today
	b := brake{now: func() time.Time { return now }}
	for i := range maxBraked + maxBraked/10 {
		now = now.Add(time.Millisecond)
		b.attempt(fmt.Sprint("account ", i), fmt.Sprint("address ", i))
	}
	if len(b.held) > maxBraked+2 {
		t.Errorf("%d remembered", len(b.held))
	}
}
