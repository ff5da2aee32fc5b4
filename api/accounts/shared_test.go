package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nrm/api/accounts"
	"nrm/domain"
	"nrm/eventstore/board"
	"nrm/eventstore/eventstoretest"
)

// A line leads to the board and can be cut, or lose an answer.
type line struct {
	board     *board.Board
	cut, lost atomic.Bool
	loads     atomic.Int32
	meanwhile func() // before the next change is made
	loading   func() // before the next answer
}

var errCut = errors.New("cut off")

func (l *line) Load(ctx context.Context) ([]byte, uint64, error) {
	l.loads.Add(1)
	if f := l.loading; f != nil {
		l.loading = nil
		f()
	}
	if l.cut.Load() {
		return nil, 0, errCut
	}
	v, err := l.board.Get(ctx, "accounts")
	return v.Data, v.Revision, err
}

func (l *line) Save(ctx context.Context, data []byte, revision uint64) (bool, error) {
	if l.cut.Load() {
		return false, errCut
	}
	if f := l.meanwhile; f != nil {
		l.meanwhile = nil
		f()
	}
	_, err := l.board.Put(ctx, "accounts", data, revision, 0)
	switch {
	case l.lost.Load():
		return false, errCut
	case errors.Is(err, board.ErrConflict):
		return false, nil
	}
	return err == nil, err
}

// lines gives as many ways to one list.
func lines(t *testing.T, n int) []*line {
	t.Helper()
	nc := eventstoretest.Server(t).Conn()
	if err := board.Init(t.Context(), nc, 1); err != nil {
		t.Fatal(err)
	}
	var all []*line
	for range n {
		b, err := board.Open(t.Context(), nc, board.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &line{board: b})
	}
	return all
}

func openShared(t *testing.T, l accounts.Shared) *accounts.Store {
	t.Helper()
	s, err := accounts.OpenShared(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSharedAccounts(t *testing.T) {
	l := lines(t, 2)
	a, b := openShared(t, l[0]), openShared(t, l[1])
	if err := b.Healthy(); err != nil {
		t.Fatal(err)
	}
	password, token := create(t, a, "duty", domain.DutyOfficer, "spu")
	if _, ok := a.Actor("duty"); !ok {
		t.Error("unknown where it was made")
	}
	within := func(what string, is func() bool) {
		t.Helper()
		start := time.Now()
		for !is() {
			if time.Since(start) > time.Second {
				t.Fatalf("not within a second: %s", what)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	current := func() { // as the server does before each question
		if err := b.Current(t.Context()); err != nil {
			t.Error(err)
		}
	}
	within("the other node knows the account", func() bool { current(); _, ok := b.Actor("duty"); return ok })
	if by, err := b.SignIn(t.Context(), "duty", password); err != nil || by.Role != domain.DutyOfficer {
		t.Errorf("sign in: %v, %v", by, err)
	}
	if by, err := b.Token(t.Context(), token); err != nil || by.Role != domain.DutyOfficer {
		t.Errorf("token: %v, %v", by, err)
	}
	stamp := b.Stamp("duty")
	_, token, err := a.Reset("duty")
	if err != nil {
		t.Fatal(err)
	}
	within("the password is replaced", func() bool { current(); return b.Stamp("duty") != stamp && b.Stamp("duty") == a.Stamp("duty") })
	if err := a.Disable("duty"); err != nil {
		t.Fatal(err)
	}
	within("the token is refused", func() bool { _, err := b.Token(t.Context(), token); return err != nil })
	refused(t, "disabled", func() (domain.Actor, error) { return b.Token(t.Context(), token) })
	if _, ok := b.Actor("duty"); ok {
		t.Error("the actor is still there")
	}
	if _, _, err := b.Create("duty", domain.DutyOfficer, "spu"); !errors.Is(err, accounts.ErrExists) {
		t.Errorf("made again: %v", err)
	}
	if err := b.Disable("nobody"); !errors.Is(err, accounts.ErrUnknown) {
		t.Errorf("disable nobody: %v", err)
	}
}

// TestSharedChangedTogether: nodes that know nothing of each other lose nothing.
func TestSharedChangedTogether(t *testing.T) {
	const n = 8
	var wg sync.WaitGroup
	all := lines(t, n)
	for i := range n {
		s := openShared(t, all[i])
		wg.Go(func() {
			if _, _, err := s.Create(fmt.Sprint("officer.", i), domain.CaseOfficer, "spu"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openShared(t, all[0])
	for i := range n {
		if _, ok := s.Actor(fmt.Sprint("officer.", i)); !ok {
			t.Errorf("officer.%d is lost", i)
		}
	}
}

// TestSharedChangedMeanwhile: who comes second does not undo the first.
func TestSharedChangedMeanwhile(t *testing.T) {
	l := lines(t, 2)
	a, b := openShared(t, l[0]), openShared(t, l[1])
	create(t, a, "head", domain.Head, "spu")
	l[1].meanwhile = func() {
		if err := a.Disable("head"); err != nil {
			t.Error(err)
		}
	}
	create(t, b, "duty", domain.DutyOfficer, "spu")
	l[1].meanwhile = func() { create(t, a, "fund", domain.CaseOfficer, "spu") }
	if _, _, err := b.Create("fund", domain.CaseOfficer, "spu"); !errors.Is(err, accounts.ErrExists) {
		t.Errorf("made twice: %v", err)
	}
	for _, s := range []*accounts.Store{b, openShared(t, l[0])} {
		_, head := s.Actor("head")
		_, duty := s.Actor("duty")
		if head || !duty {
			t.Errorf("head %t, duty %t", head, duty)
		}
	}
}

// TestSharedIsAskedSeldom: half a second is one question, however many want to
// know.
func TestSharedIsAskedSeldom(t *testing.T) {
	l := lines(t, 1)[0]
	s := openShared(t, l)
	_, token := create(t, s, "head", domain.Head, "spu")
	before := l.loads.Load()
	start := time.Now()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for time.Since(start) < 1200*time.Millisecond {
				if _, err := s.Token(t.Context(), token); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	wg.Wait()
	if n, took := l.loads.Load()-before, time.Since(start); n < 1 || int64(n) > took.Milliseconds()/500+1 {
		t.Errorf("%d questions in %v", n, took)
	}
}

// TestSharedCutOff: a node that cannot know lets nobody in, and tells so.
func TestSharedCutOff(t *testing.T) {
	l := lines(t, 1)[0]
	s := openShared(t, l)
	password, token := create(t, s, "head", domain.Head, "spu")
	l.cut.Store(true)
	time.Sleep(600 * time.Millisecond)
	_, byPassword := s.SignIn(t.Context(), "head", password)
	_, byToken := s.Token(t.Context(), token)
	for name, err := range map[string]error{
		"current": s.Current(t.Context()), "sign in": byPassword, "token": byToken, "healthy": s.Healthy(), "disable": s.Disable("head"),
	} {
		if !errors.Is(err, errCut) || !strings.HasPrefix(err.Error(), "accounts: ") {
			t.Errorf("%s: %v", name, err)
		}
		if _, isRefusal := domain.AsRefusal(err); isRefusal {
			t.Errorf("%s: refused: %v", name, err)
		}
	}
	if _, err := accounts.OpenShared(t.Context(), l); !errors.Is(err, errCut) {
		t.Errorf("opened: %v", err)
	}
	l.cut.Store(false)
	time.Sleep(600 * time.Millisecond)
	if _, err := s.Token(t.Context(), token); err != nil || s.Healthy() != nil {
		t.Errorf("afterwards: %v, %v", err, s.Healthy())
	}
	gone, cancel := context.WithCancel(t.Context())
	time.Sleep(600 * time.Millisecond)
	l.loading = cancel // the asker goes away, but others wait for the answer
	if err := errors.Join(s.Current(gone), s.Current(t.Context())); err != nil || gone.Err() == nil {
		t.Error(err)
	}
	l.lost.Store(true)
	if err := s.Disable("head"); !errors.Is(err, errCut) {
		t.Errorf("an answer that was lost: %v", err)
	}
	l.lost.Store(false)
	if err := s.Disable("head"); err != nil { // again, to be sure
		t.Error(err)
	}
}

// TestSharedIsBroken: what cannot be read changes nothing and is told once.
func TestSharedIsBroken(t *testing.T) {
	l := lines(t, 1)[0]
	s := openShared(t, l)
	var logged bytes.Buffer
	s.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	_, token := create(t, s, "head", domain.Head, "spu")
	good, revision, err := l.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	save := func(data string) {
		t.Helper()
		_, revision, err = l.Load(t.Context())
		if saved, failed := l.Save(t.Context(), []byte(data), revision); err != nil || failed != nil || !saved {
			t.Fatal(saved, err, failed)
		}
		time.Sleep(600 * time.Millisecond)
	}
	save(strings.Replace(string(good), "head", "Head!", 1))
	for range 3 {
		if _, err := s.Token(t.Context(), token); err != nil {
			t.Errorf("locked out: %v", err)
		}
		if err := s.Healthy(); err == nil || !strings.HasPrefix(err.Error(), "accounts: ") {
			t.Errorf("healthy: %v", err)
		}
		if err := s.Disable("head"); err == nil {
			t.Error("a broken list was replaced")
		}
	}
	if _, err := accounts.OpenShared(t.Context(), l); err == nil {
		t.Error("opened")
	}
	save(string(good))
	if err := s.Healthy(); err != nil || strings.Count(logged.String(), "\n") != 2 {
		t.Errorf("%v, logged %s", err, &logged)
	}
}

// TestCopy moves accounts from one machine to several, and back.
func TestCopy(t *testing.T) {
	alone := open(t, filepath.Join(t.TempDir(), "accounts.json"))
	password, token := create(t, alone, "head", domain.Head, "spu")
	create(t, alone, "duty", domain.DutyOfficer, "spu")
	if err := alone.Disable("duty"); err != nil {
		t.Fatal(err)
	}
	shared := openShared(t, lines(t, 1)[0])
	back := open(t, filepath.Join(t.TempDir(), "accounts.json"))
	for _, step := range [][2]*accounts.Store{{alone, shared}, {shared, back}} {
		from, to := step[0], step[1]
		if err := from.CopyTo(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if by, err := to.SignIn(t.Context(), "head", password); err != nil || by.Role != domain.Head {
			t.Errorf("%v, %v", by, err)
		}
		if by, err := to.Token(t.Context(), token); err != nil || by.Role != domain.Head {
			t.Errorf("%v, %v", by, err)
		}
		if _, ok := to.Actor("duty"); ok || to.Stamp("duty") == "" {
			t.Error("what was disabled is not")
		}
		if err := from.CopyTo(t.Context(), to); !errors.Is(err, accounts.ErrExists) {
			t.Errorf("copied over others: %v", err)
		}
	}
}
