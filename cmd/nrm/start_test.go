package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/domain"
)

// TestAnsweredFromTheFirstMoment holds the opening of the log up: everybody is
// answered meanwhile, and served as soon as it is open.
func TestAnsweredFromTheFirstMoment(t *testing.T) {
	at := newRegister(t)
	people(t, at, 3)
	s := startServing(t, at)
	if code, body := s.get("/healthz"); code != 200 || !strings.Contains(body, "alive") {
		t.Errorf("healthz: %d %s", code, body)
	}
	if code, body := s.get("/readyz"); code != 503 || !strings.Contains(body, `"starting"`) || !strings.Contains(body, `["log"]`) {
		t.Errorf("readyz: %d %s", code, body)
	}
	if code, body := s.get("/api/v1/cases"); code != 503 || !strings.Contains(body, `"starting"`) {
		t.Errorf("API: %d %s", code, body)
	}
	if code, _ := s.get("/sign-in"); code != 503 {
		t.Errorf("page: %d", code)
	}
	close(s.mayOpen)
	s.until("ready", func() bool { code, _ := s.get("/readyz"); return code == 200 })
	if code, _ := s.get("/sign-in"); code != 200 {
		t.Errorf("page: %d", code)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestStoppedWhileStarting: whoever stops a register that is being opened does
// not wait for it.
func TestStoppedWhileStarting(t *testing.T) {
	s := startServing(t, newRegister(t))
	if code, _ := s.get("/healthz"); code != 200 {
		t.Errorf("healthz: %d", code)
	}
	begin := time.Now()
	if err := s.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

// TestOpeningFails: a register that cannot be opened ends the program, with the
// reason.
func TestOpeningFails(t *testing.T) {
	at := newRegister(t)
	if err := os.Remove(at.keys); err != nil {
		t.Fatal(err)
	}
	s := startServing(t, at)
	close(s.mayOpen)
	if err := s.wait(); err == nil || !strings.Contains(err.Error(), "--keys") {
		t.Errorf("ended with %v", err)
	}
}

// TestProgressOfStarting: while the views and the tree are made anew, whoever
// asks learns how far that has come.
func TestProgressOfStarting(t *testing.T) {
	at := newRegister(t)
	people(t, at, 20)
	for _, path := range []string{filepath.Join(at.data, "views.db"), at.tree()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	heard := map[string]uint64{}
	order := ""
	open := func(ctx context.Context) (*node, error) { return openNode(ctx, at, quiet()) }
	r, err := openService(t.Context(), open, unseen(), func(part string, done, total uint64) {
		if heard[part] == 0 && done == 0 {
			order += part + " "
		}
		if done > total {
			t.Errorf("%s: %d of %d", part, done, total)
		}
		heard[part] = max(heard[part], total)
	})
	if err := errors.Join(err, r.close()); err != nil {
		t.Fatal(err)
	}
	if heard["views"] < 20 || heard["witness"] < 20 || !strings.HasPrefix(order, "log views ") {
		t.Errorf("heard %v, in order %s", heard, order)
	}
}

// TestNobodyIsAnsweredTooEarly: as long as the views lack what the log holds,
// the register is not handed over.
func TestNobodyIsAnsweredTooEarly(t *testing.T) {
	at := newRegister(t)
	r, err := openService(t.Context(), func(ctx context.Context) (*node, error) { return openNode(ctx, at, quiet()) }, unseen(), func(string, uint64, uint64) {})
	if err != nil {
		t.Fatal(errors.Join(err, r.close()))
	}
	by := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	_, err = domain.Execute(t.Context(), r.node.log, domain.Request{By: by, Now: time.Now()}, domain.ActionStream("4.1.9"),
		domain.HoldMeeting{Body: domain.Codes("body")[0].Code, Present: 5, Members: 9})
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := r.caughtUp(soon, func(string, uint64, uint64) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("views that lack a decision have caught up: %v", err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- stopped(r.followers()[0].run(running)) }()
	later, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.caughtUp(later, func(string, uint64, uint64) {}); err != nil {
		t.Error(err)
	}
	stop()
	if err := errors.Join(<-ended, r.close()); err != nil {
		t.Error(err)
	}
}

// A serving is a register served by this process.
type serving struct {
	t       *testing.T
	at      places
	url     string
	logged  *said
	mayOpen chan struct{} // close it to let the log be opened
	stop    context.CancelFunc
	ended   chan error
}

func startServing(t *testing.T, at places) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{t: t, at: at, logged: &said{}, mayOpen: make(chan struct{}), stop: stop, ended: make(chan error, 1)}
	logger := slog.New(slog.NewJSONHandler(s.logged, nil))
	open := func(ctx context.Context) (*node, error) {
		select {
		case <-s.mayOpen:
			return openNode(ctx, at, logger)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	go func() {
		s.ended <- serve(ctx, listening{Listen: "127.0.0.1:0"}, unseen(), logger, open, func(string) {})
	}()
	t.Cleanup(func() { _ = s.end() })
	s.until("listening", func() bool { s.url = s.logged.address(); return s.url != "" })
	return s
}

// end stops serving and gives the error it ended with.
func (s *serving) end() error {
	s.t.Helper()
	s.stop()
	return s.wait()
}

// wait waits for the error that serving ends with.
func (s *serving) wait() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- nil
		return err
	case <-time.After(30 * time.Second):
		s.t.Fatal("serving does not end")
		return nil
	}
}

func (s *serving) get(path string) (code int, body string) {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode == 503 && res.Header.Get("Retry-After") == "" {
		s.t.Errorf("%s: 503 without Retry-After", path)
	}
	return res.StatusCode, string(b)
}

func (s *serving) until(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not %s in time\n%s", what, s.logged)
		}
	}
}

// said is what a server logs.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// address is where the server said that it listens, empty until it did.
func (s *said) address() string {
	_, rest, found := strings.Cut(s.String(), `"msg":"listening","address":"`)
	if !found {
		return ""
	}
	address, _, _ := strings.Cut(rest, `"`)
	return "http://" + address
}
