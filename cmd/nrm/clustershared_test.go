package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore/vault"
)

// TestClusterShared has two nodes answer as one: what one was told the other
// knows at once, from the accounts to the keys that are destroyed.
func TestClusterShared(t *testing.T) {
	c := newCluster(t)
	tokens := map[string]string{
		"duty": c.account("duty", domain.DutyOfficer, "spu"), "head": c.account("head", domain.Head, "spu"),
		"dpo": c.account("dpo", domain.DataProtection, "data-protection"),
	}
	password := c.password("officer", domain.CaseOfficer, "spu")
	a, b := c.serve(c.at("a")), c.serve(c.at("b"))
	refer := func(m *member, key string) (string, string) {
		t.Helper()
		status, header, body := m.do(http.MethodPost, "/api/v1/cases", tokens["duty"], key, referral)
		if status != http.StatusCreated {
			t.Fatalf("%s: %d %s", m.at.elsewhere.Node, status, body)
		}
		_, rest, _ := strings.Cut(body, `"case":"`)
		ref, _, _ := strings.Cut(rest, `"`)
		return ref, header.Get("Nrm-Position")
	}

	t.Run("what one has stored the other shows", func(t *testing.T) {
		for n := range 20 {
			ref, position := refer(a, "")
			status, _, body := b.do(http.MethodGet, "/api/v1/cases/"+ref, tokens["head"], "", "", "Nrm-Position", position)
			if status != http.StatusOK || !strings.Contains(body, "Sınaqova") || position == "" {
				t.Fatalf("case %d at position %q: %d %s", n, position, status, body)
			}
		}
	})

	t.Run("asked again elsewhere", func(t *testing.T) {
		first, _ := refer(a, "the-same-key")
		if again, _ := refer(b, "the-same-key"); again != first {
			t.Errorf("first %s, then %s", first, again)
		}
		// All that servers and nodes keep in memory only is gone.
		for i := range 3 {
			c.Stop(i)
		}
		for i := range 3 {
			c.Start(i)
		}
		c.Await("every server has everything", func() bool { return c.Whole("NRM", "NRMKEYS", "NRMBOARD") })
		a.end()
		a.start()
		b.untilReady(c)
		for _, m := range []*member{a, b} {
			if again, _ := refer(m, "the-same-key"); again != first {
				t.Errorf("first %s, after a restart %s", first, again)
			}
		}
	})

	t.Run("sessions and accounts", func(t *testing.T) {
		cookie := a.signIn("officer", password)
		if status := b.with(cookie); status != http.StatusOK {
			t.Errorf("signed in at one, the other says %d", status)
		}
		c.nrm("account", "disable", "officer")
		began := time.Now()
		for _, m := range []*member{a, b} {
			c.Await("the account is out", func() bool { return m.with(cookie) == http.StatusUnauthorized })
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("a disabled account was let in for %v", took)
		}
	})

	ref, position := refer(b, "")
	t.Run("erased by one, forgotten by all", func(t *testing.T) {
		for _, m := range []*member{a, b} { // so that both have the keys in memory
			if status, _, body := m.do(http.MethodGet, "/api/v1/cases/"+ref, tokens["head"], "", "", "Nrm-Position", position); status != http.StatusOK || !strings.Contains(body, "Sınaqova") {
				t.Fatalf("%d %s", status, body)
			}
		}
		for _, ask := range [][3]string{{"request-erasure", "dpo", `{"data":{"reason":"person_asked"}}`}, {"approve-erasure", "head", `{"data":{}}`}} {
			if status, _, body := a.do(http.MethodPost, "/api/v1/cases/"+ref+"/"+ask[0], tokens[ask[1]], "", ask[2]); status != http.StatusOK {
				t.Fatalf("%s: %d %s", ask[0], status, body)
			}
		}
		for _, m := range []*member{a, b} {
			c.Await("the erasure is complete", func() bool {
				_, _, body := m.do(http.MethodGet, "/api/v1/cases/"+ref+"/timeline", tokens["head"], "", "")
				return strings.Contains(body, "ErasureCompleted")
			})
			status, _, body := m.do(http.MethodPost, "/api/v1/cases/"+ref+"/add-note", tokens["head"], "", `{"data":{"text":"x"}}`)
			if status != http.StatusConflict || !strings.Contains(body, `"erased"`) {
				t.Errorf("a note on the erased: %d %s\n%s", status, body, m.text())
			}
		}
		n, err := openNode(t.Context(), c.at("looker"), quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		status, err := n.vault.Status(t.Context())
		if err != nil || status.Erased != 1 || status.Pending != 0 {
			t.Errorf("%+v, %v", status, err)
		}
		if generation := n.ring.Generation(); generation != 2 {
			t.Errorf("the key file is of generation %d: the keys were changed more than once", generation)
		}
	})
	a.end()
	b.end()
	for _, m := range []*member{a, b} {
		out := c.nrm("verify", "--data", m.at.data, "--checkpoints", m.at.checkpoints)
		if !strings.Contains(out, "erased)") || !strings.Contains(out, "The views agree with it.") || strings.Contains(out, "BUT") {
			t.Error(out)
		}
	}
	if out := c.nrm("rebuild", "--data", a.at.data); !strings.Contains(out, "built anew") {
		t.Error(out)
	}
}

// TestClusterKeyCopies: a node with its own copy of the key file says so when
// another has changed the keys, does no harm, and goes on when the file comes.
func TestClusterKeyCopies(t *testing.T) {
	c := newCluster(t)
	duty := c.account("duty", domain.DutyOfficer, "spu")
	at := c.at("a")
	at.keys = at.data + ".key"
	bring := func() {
		t.Helper()
		b, err := os.ReadFile(c.keys)
		if err == nil {
			err = os.WriteFile(at.keys+".new", b, 0o600)
		}
		if err == nil {
			err = os.Rename(at.keys+".new", at.keys)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bring()
	a := c.serve(at)
	time.Sleep(600 * time.Millisecond)
	if status, _, body := a.do(http.MethodPost, "/api/v1/cases", duty, "", referral); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if out := c.nrm("key", "rotate"); !strings.Contains(out, "generation 2") {
		t.Error(out)
	}
	if ok, body := a.ready(); ok || !strings.Contains(body, `"keys"`) {
		t.Errorf("ready with an outdated key file: %s", body)
	}
	c.Await("the log says what to do", func() bool {
		return strings.Contains(a.text(), "another node has changed the keys: copy its key file here")
	})
	if status, header, body := a.do(http.MethodPost, "/api/v1/cases", duty, "made-late", referral); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("a new person under an outdated key: %d %s", status, body)
	}
	stale := c.at("stale")
	stale.keys = at.keys
	if out, err := c.try("serve", "--data", stale.data, "--keys", stale.keys); err == nil || !strings.Contains(out, "copy its key file here") {
		t.Errorf("started with an outdated key file: %v %s", err, out)
	}
	if out, err := c.try("key", "rotate", "--keys", at.keys); err == nil || !strings.Contains(out, "copy its key file here") {
		t.Errorf("an outdated key file was changed: %v %s", err, out)
	}
	bring()
	a.untilReady(c)
	if status, _, body := a.do(http.MethodPost, "/api/v1/cases", duty, "made-late", referral); status != http.StatusCreated {
		t.Errorf("%d %s", status, body)
	}
	n, err := openNode(t.Context(), c.at("looker"), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	var status vault.Status
	if status, err = n.vault.Status(t.Context()); err != nil || status.Owners != 2 || len(status.Rows) != 1 {
		t.Errorf("%+v, %v", status, err)
	}
	a.end()
	if out := c.nrm("verify", "--data", at.data, "--checkpoints", at.checkpoints); !strings.Contains(out, "The views agree with it.") {
		t.Error(out)
	}
}

// password makes an account and gives its password.
func (c *testCluster) password(user string, role domain.Role, organisation string) string {
	c.t.Helper()
	_, rest, _ := strings.Cut(c.nrm("account", "add", user, string(role), organisation), "password  ")
	password, _, _ := strings.Cut(rest, "\n")
	return password
}

// signIn gives the cookie of a session.
func (m *member) signIn(user, password string) *http.Cookie {
	m.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(m.url+"/sign-in", url.Values{"user": {user}, "password": {password}})
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "nrm_session") {
			return c
		}
	}
	m.t.Fatalf("sign in as %s: %s", user, res.Status)
	return nil
}

// with asks for the cases as the browser with that cookie.
func (m *member) with(cookie *http.Cookie) int {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+"/api/v1/cases", nil)
	if err != nil {
		m.t.Fatal(err)
	}
	req.AddCookie(cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
