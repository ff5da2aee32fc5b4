package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/vault"
)

// TestDrill serves a restored backup as the restore drill does: people look at
// everything, in a copy in which a duty is overdue, an erasure is approved and
// decisions are not covered by a checkpoint. Nothing of that is done, and nothing
// is recorded, signed or changed.
func TestDrill(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at, o := newRegister(t), newOpener(t)
	refs := people(t, at, 3)
	r := openRegister(t, at)
	erased := secretive(t, r.node)
	r.caughtUp()
	r.approve(erased)
	long := now().AddDate(0, -2, 0)
	if _, err := domain.Open(ctx, r.node.log, domain.Request{By: anOfficer, Now: long}, domain.RegisterReferral{
		Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female", Citizenship: "az", District: "AZ-BA", Basis: "consent",
	}); err != nil {
		t.Fatal(err)
	}
	r.caughtUp()
	if due, err := r.views.ToMark(ctx, now(), 10); err != nil || len(due) == 0 {
		t.Fatalf("nothing is overdue: %v", err)
	}
	r.close()
	password, token, err := createAccount(at)
	if err != nil {
		t.Fatal(err)
	}
	to := restored(t, at, backedUp(t, at, o), o)
	if err := os.RemoveAll(to.checkpoints); err != nil { // no checkpoint covers anything now
		t.Fatal(err)
	}
	address := freeAddress(t)
	before := contents(t, to)
	last := lastPosition(t, ctx, to)

	s := serveProcess(t, ctx, to, "--keys", to.keys, "--checkpoints", to.checkpoints, "--drill", "--metrics", address)
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if status, said := ask("GET", "/readyz", ""); status != 200 || !strings.Contains(said, `"drill":true`) {
		t.Errorf("readyz: %d %s", status, said)
	}
	if status, said := ask("GET", "/api/v1/cases/"+string(refs[0]), ""); status != 200 {
		t.Errorf("a case: %d %s", status, said)
	}
	if status, said := ask("POST", "/api/v1/cases", referral); status != 409 || !strings.Contains(said, `"code":"drill"`) {
		t.Errorf("a command: %d %s", status, said)
	}
	inBrowser(t, s.url, password, "/", "/cases", "/cases/"+string(refs[0]), "/nowhere")

	found, _ := scrape(t, ctx, address)
	for name, want := range map[string]float64{"nrm_drill": 1, "nrm_ready": 1, "nrm_erasures_pending": 1} {
		if value, ok := sum(found[name], nil); !ok || value != want {
			t.Errorf("%s is %v", name, value)
		}
	}
	if held, _ := sum(found["nrm_duty_held"], nil); held != 0 {
		t.Errorf("%v duties are done in a drill", held)
	}
	time.Sleep(2 * time.Second) // the clock, the eraser and the signer would have begun by now
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	if after := lastPosition(t, ctx, to); after != last {
		t.Errorf("the log ended at %d and ends at %d", last, after)
	}
	for path, was := range contents(t, to) {
		if before[path] != was {
			t.Errorf("%s was changed or made", path)
		}
	}
}

// inBrowser signs in as a person does and sees on each page that it is a drill.
func inBrowser(t *testing.T, site, password string, pages ...string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	signedIn, err := client.PostForm(site+"/sign-in", url.Values{"user": {"duty"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	signedIn.Body.Close()
	for lang, words := range map[string]string{"az": "Bərpa məşqi", "en": "Restore drill", "ru": "Учебное восстановление"} {
		for _, page := range append(pages, "/sign-in") {
			res, err := client.Get(site + "/lang/" + lang + "?next=" + page)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if !strings.Contains(string(b), words) {
				t.Errorf("%s in %s does not say that it is a drill: %d %.200s", page, lang, res.StatusCode, b)
			}
		}
	}
}

// contents are the key file and the checkpoints of a register.
func contents(t *testing.T, at places) map[string]string {
	t.Helper()
	all := map[string]string{at.keys: string(mustRead(t, at.keys))}
	err := filepath.WalkDir(at.checkpoints, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			all[path] = string(mustRead(t, path))
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

func lastPosition(t *testing.T, ctx context.Context, at places) uint64 {
	t.Helper()
	n, err := lookAt(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	last, err := n.log.Last(ctx)
	if err := errors.Join(err, n.close()); err != nil {
		t.Fatal(err)
	}
	return last
}

// TestLookOnly: what was opened to be looked at is not written, even by a program
// that tries.
func TestLookOnly(t *testing.T) {
	at := newRegister(t)
	refs := people(t, at, 1)
	n, err := lookAt(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	_, err = domain.Execute(t.Context(), n.log, domain.Request{By: domain.ClockActor(), Now: time.Now()}, domain.CaseStream(refs[0]), domain.CompleteErasure{})
	if !errors.Is(err, eventstore.ErrLookOnly) {
		t.Errorf("a decision: %v", err)
	}
	if _, err := n.vault.Erase(t.Context(), string(refs[0])); !errors.Is(err, vault.ErrLookOnly) {
		t.Errorf("an erasure: %v", err)
	}
	if _, err := n.vault.Rotate(t.Context(), nil); !errors.Is(err, vault.ErrLookOnly) {
		t.Errorf("a rotation: %v", err)
	}
	if _, err := n.vault.Seal(t.Context(), "KW5219EZ/identity", nil, []byte("x")); !errors.Is(err, vault.ErrLookOnly) {
		t.Errorf("a new key: %v", err)
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	verified(t, at)
}

// TestDrillRefuses: a drill is not for what a register is served on.
func TestDrillRefuses(t *testing.T) {
	at := newRegister(t)
	for words, args := range map[string][]string{
		"not for the NATS servers": {"--nats", "nats://127.0.0.1:1"},
		"nobody may follow":        {"--leaf-listen", "127.0.0.1:0"},
	} {
		if out, code := nrm(t, at, append([]string{"serve", "--drill"}, args...)...); code != 1 || !strings.Contains(out, words) {
			t.Errorf("%v: %d %s", args, code, out)
		}
	}
}
