package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/api/accounts"
	"nrm/domain"
)

func open(t *testing.T, path string) *accounts.Store {
	t.Helper()
	s, err := accounts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s *accounts.Store, user string, role domain.Role, organisation string) (password, token string) {
	t.Helper()
	password, token, err := s.Create(user, role, organisation)
	if err != nil {
		t.Fatal(err)
	}
	return password, token
}

func TestSignIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	s := open(t, path)
	password, token := create(t, s, "duty.1", domain.DutyOfficer, "spu")
	want := domain.Actor{User: "duty.1", Role: domain.DutyOfficer, Organisation: "spu"}

	for name, store := range map[string]*accounts.Store{"same": s, "opened again": open(t, path)} {
		if got, err := store.SignIn(t.Context(), " Duty.1", password); err != nil || got != want {
			t.Errorf("%s: sign in: %v, %v", name, got, err)
		}
		if got, err := store.Token(t.Context(), token); err != nil || got != want {
			t.Errorf("%s: token: %v, %v", name, got, err)
		}
		if got, ok := store.Actor("duty.1"); !ok || got != want {
			t.Errorf("%s: actor: %v, %v", name, got, ok)
		}
	}
	for name, try := range map[string][2]string{
		"wrong password": {"duty.1", password + "x"},
		"no password":    {"duty.1", ""},
		"long password":  {"duty.1", password + strings.Repeat(" ", 1<<20)},
		"token":          {"duty.1", token},
		"unknown":        {"duty.2", password},
		"nobody":         {"", password},
	} {
		refused(t, name, func() (domain.Actor, error) { return s.SignIn(t.Context(), try[0], try[1]) })
	}
	for name, try := range map[string]string{"no token": "", "password": password, "longer": token + "A"} {
		refused(t, name, func() (domain.Actor, error) { return s.Token(t.Context(), try) })
	}
}

func refused(t *testing.T, name string, f func() (domain.Actor, error)) {
	t.Helper()
	by, err := f()
	if r, ok := domain.AsRefusal(err); !ok || r.Code != "wrong_credentials" || by != (domain.Actor{}) {
		t.Errorf("%s: %v, %v", name, by, err)
	}
}

func TestSecretsAreNotInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	password, token := create(t, open(t, path), "fund", domain.FundOfficer, "fund")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), password) || strings.Contains(string(b), strings.TrimPrefix(token, "nrm_")) {
		t.Errorf("a secret stands in %s", b)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestCreateRefuses(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "accounts.json"))
	create(t, s, "taken", domain.Migration, "sms")
	if _, _, err := s.Create("taken", domain.Head, "spu"); !errors.Is(err, accounts.ErrExists) {
		t.Errorf("taken: %v", err)
	}
	for _, name := range []string{"", "a", "Duty", "duty officer", "register", "import", "../x", "-x", strings.Repeat("a", 41)} {
		if _, _, err := s.Create(name, domain.Head, "spu"); !errors.Is(err, accounts.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for code, try := range map[string][2]string{
		"unknown_role":             {"god", "spu"},
		"unknown_organisation":     {"head", "nowhere"},
		"role_not_of_organisation": {"head", "sms"},
	} {
		_, _, err := s.Create("new", domain.Role(try[0]), try[1])
		if r, ok := domain.AsRefusal(err); !ok || r.Code != code {
			t.Errorf("%v: %v", try, err)
		}
	}
	if _, _, err := s.Create("clock", domain.Clock, "register"); err == nil {
		t.Error("an account can be the clock")
	}
}

// TestFollowsTheFile: what an editor or another process writes holds at once,
// and what cannot be read changes nothing.
func TestFollowsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	running, other := open(t, path), open(t, path)
	password, token := create(t, other, "lawyer", domain.LegalAid, "legal-aid-a")
	if _, err := running.SignIn(t.Context(), "lawyer", password); err != nil {
		t.Fatalf("an account made by another process: %v", err)
	}

	rewrite(t, path, `"user": "lawyer",`, `"user": "lawyer", "nonsense": 1,`)
	if _, err := running.Token(t.Context(), token); err != nil {
		t.Errorf("a file that cannot be read locks everybody out: %v", err)
	}
	if running.Healthy() == nil {
		t.Error("healthy with a file that cannot be read")
	}
	if _, _, err := running.Create("more", domain.Head, "spu"); err == nil {
		t.Error("a file that could not be read was overwritten")
	}

	rewrite(t, path, `"nonsense": 1,`, `"disabled": true,`)
	refused(t, "disabled", func() (domain.Actor, error) { return running.SignIn(t.Context(), "lawyer", password) })
	refused(t, "disabled token", func() (domain.Actor, error) { return running.Token(t.Context(), token) })
	if _, ok := running.Actor("lawyer"); ok {
		t.Error("a session outlives the account")
	}
	if err := running.Healthy(); err != nil {
		t.Errorf("mended: %v", err)
	}
}

func rewrite(t *testing.T, path, from, to string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("no %q in %s (%v)", from, b, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	create(t, open(t, path), "head", domain.Head, "spu")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(strings.Split(string(good), `"password": "`)[1], `"`)[0]
	for name, bad := range map[string]string{
		"unknown role":         strings.Replace(string(good), `"role": "head"`, `"role": "chief"`, 1),
		"foreign organisation": strings.Replace(string(good), `"spu"`, `"sms"`, 1),
		"unknown field":        strings.Replace(string(good), `"role"`, `"admin": true, "role"`, 1),
		"plain password":       strings.Replace(string(good), hash, "letmein", 1),
		"another kind of hash": strings.Replace(string(good), "argon2id", "argon2i", 1),
		"a hash that stops us": strings.Replace(string(good), "m=19456", "m=99999999", 1),
		"no list":              `{}`,
		"cut off":              string(good[:len(good)/2]),
		"empty":                "",
	} {
		if bad == string(good) {
			t.Fatalf("%s: nothing changed", name)
		}
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := accounts.Open(path)
		if err == nil {
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), hash[30:]) || strings.Contains(err.Error(), "letmein") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Open(path); err == nil {
		t.Error("opened a file that others may read")
	}
}

// TestCreateTogether: stores that know nothing of each other lose nothing.
func TestCreateTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	var wg sync.WaitGroup
	const n = 12
	for i := range n {
		s := open(t, path)
		wg.Go(func() {
			if _, _, err := s.Create(fmt.Sprintf("officer.%d", i), domain.CaseOfficer, "spu"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, path)
	for i := range n {
		if _, ok := s.Actor(fmt.Sprintf("officer.%d", i)); !ok {
			t.Errorf("officer.%d is lost", i)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".accounts-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSameWork: an account that does not exist takes as long as a wrong
// password, so that nobody learns which accounts there are.
func TestSameWork(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "accounts.json"))
	create(t, s, "head", domain.Head, "spu")
	fastest := func(user string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, _ = s.SignIn(t.Context(), user, "wrong")
			best = min(best, time.Since(start))
		}
		return best
	}
	known, unknown := fastest("head"), fastest("nobody")
	t.Logf("known %v, unknown %v", known, unknown)
	if unknown < known/2 || known < unknown/2 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestSignInWaitsItsTurn(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "accounts.json"))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { _, _ = s.SignIn(ctx, "nobody", "x") })
	}
	cancel()
	wg.Wait()
	refused(t, "afterwards", func() (domain.Actor, error) { return s.SignIn(t.Context(), "nobody", "x") })
}

// TestTellsABrokenFile: a file that cannot be used is told once, and so is that
// it can be used again; a changed mode alone is noticed.
func TestTellsABrokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	_, token := create(t, open(t, path), "head", domain.Head, "spu")
	s := open(t, path)
	var logged bytes.Buffer
	s.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	for name, breaks := range map[string][2]func(){
		"mode": {
			func() { chmod(t, path, 0o644) },
			func() { chmod(t, path, 0o600) },
		},
		"list": {
			func() { rewrite(t, path, `[`, `{`) },
			func() { rewrite(t, path, `{`, `[`) },
		},
		"role": {
			func() { rewrite(t, path, `"role": "head"`, `"role": "chief"`) },
			func() { rewrite(t, path, `"role": "chief"`, `"role": "head"`) },
		},
	} {
		logged.Reset()
		breaks[0]()
		for range 3 {
			if _, err := s.Token(t.Context(), token); err != nil {
				t.Errorf("%s: locked out: %v", name, err)
			}
		}
		if got := strings.Count(logged.String(), "level=ERROR"); got != 1 {
			t.Errorf("%s: told %d times: %s", name, got, &logged)
		}
		if err := s.Healthy(); err == nil || !strings.HasPrefix(err.Error(), "accounts: ") {
			t.Errorf("%s: healthy: %v", name, err)
		}
		breaks[1]()
		if err := s.Healthy(); err != nil {
			t.Errorf("%s: mended: %v", name, err)
		}
		if got := strings.Count(logged.String(), "\n"); got != 2 || !strings.Contains(logged.String(), "level=INFO") {
			t.Errorf("%s: mended: %s", name, &logged)
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestDisableAndReset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	running, other := open(t, path), open(t, path)
	password, token := create(t, other, "duty", domain.DutyOfficer, "spu")
	create(t, other, "head", domain.Head, "spu")
	want, _ := running.Actor("duty")
	stamp := running.Stamp("duty")

	if err := other.Disable("duty"); err != nil {
		t.Fatal(err)
	}
	refused(t, "disabled", func() (domain.Actor, error) { return running.SignIn(t.Context(), "duty", password) })
	refused(t, "disabled token", func() (domain.Actor, error) { return running.Token(t.Context(), token) })
	if _, _, err := other.Create("duty", domain.DutyOfficer, "spu"); !errors.Is(err, accounts.ErrExists) {
		t.Errorf("a disabled name was given again: %v", err)
	}

	newPassword, newToken, err := other.Reset("duty")
	if err != nil || newPassword == password || newToken == token {
		t.Fatalf("reset: %v", err)
	}
	refused(t, "old password", func() (domain.Actor, error) { return running.SignIn(t.Context(), "duty", password) })
	refused(t, "old token", func() (domain.Actor, error) { return running.Token(t.Context(), token) })
	if got, err := running.SignIn(t.Context(), "duty", newPassword); err != nil || got != want {
		t.Errorf("new password: %v, %v", got, err)
	}
	if got, err := running.Token(t.Context(), newToken); err != nil || got != want {
		t.Errorf("new token: %v, %v", got, err)
	}
	if now := running.Stamp("duty"); now == stamp || now == "" || running.Stamp("nobody") != "" {
		t.Errorf("stamps %q, %q", stamp, now)
	}
	if _, ok := running.Actor("head"); !ok {
		t.Error("another account went")
	}

	if err := other.Disable("nobody"); !errors.Is(err, accounts.ErrUnknown) {
		t.Errorf("disable nobody: %v", err)
	}
	if _, _, err := other.Reset("nobody"); !errors.Is(err, accounts.ErrUnknown) {
		t.Errorf("reset nobody: %v", err)
	}
}
