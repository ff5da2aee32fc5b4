package accounts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Shared is where the nodes of one register keep the list of accounts together.
type Shared interface {
	// Load reads the list and its revision, which is 0 if there is none yet. What
	// was saved before it is asked is in it.
	Load(ctx context.Context) (data []byte, revision uint64, err error)
	// Save replaces the list of that revision. It reports false, and changes
	// nothing, if there is a later one.
	Save(ctx context.Context, data []byte, revision uint64) (saved bool, err error)
}

const (
	// believed is for how long a list that was read is taken for the latest. An
	// account that is disabled is out everywhere after that time.
	believed = 500 * time.Millisecond
	// asking and changing bound a question and a change.
	asking, changing = 3 * time.Second, 15 * time.Second
)

var errShared = errors.New("the accounts cannot be asked for")

// OpenShared opens accounts that several nodes share. What another node changes
// holds here within half a second. While Shared cannot be asked, Current, SignIn
// and Token fail: nobody is let in who may have been disabled meanwhile. It
// refuses a list that cannot be read.
func OpenShared(ctx context.Context, shared Shared) (*Store, error) {
	s, err := newStore()
	if err != nil {
		return nil, err
	}
	s.shared = shared
	if err := s.Current(ctx); err != nil {
		return nil, err
	}
	return s, s.readable()
}

// Current fails when it cannot be found out now who may sign in. When it
// succeeds, Actor and Stamp answer what held at most half a second ago. Accounts
// in a file are always current. It asks no more often than it must.
func (s *Store) Current(ctx context.Context) error {
	if s.shared == nil {
		return nil
	}
	if known, err := s.answer(); known {
		return err
	}
	if err := s.ask(ctx); err != nil {
		return err
	}
	defer s.asked()
	if known, err := s.answer(); known { // of who was before
		return err
	}
	// Others wait for the same answer: that this one has gone is no matter.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asking)
	defer cancel()
	_, _, err := s.load(ctx)
	return err
}

// answer is the last answer of shared, if that is recent.
func (s *Store) answer() (known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.answered.IsZero() && time.Since(s.answered) < believed, s.away
}

// ask waits for the turn to ask shared, which asked ends.
func (s *Store) ask(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("accounts: %w: %w", errShared, ctx.Err())
	}
}

func (s *Store) asked() { <-s.turn }

// load asks for the list, in its turn. A list that cannot be read leaves the
// accounts as they were, which Healthy tells.
func (s *Store) load(ctx context.Context) (all map[string]account, revision uint64, err error) {
	start := time.Now()
	b, revision, away := s.shared.Load(ctx)
	if away != nil {
		away = fmt.Errorf("accounts: %w: %w", errShared, away)
		start = time.Now()
	}
	var list []account
	if away == nil && revision > 0 {
		list, err = parse("the shared list", b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered, s.away = start, away
	if away != nil {
		return nil, 0, away
	}
	if s.judge(err); err == nil {
		s.know(list)
	}
	return maps.Clone(s.byUser), revision, nil
}

// changeShared does it again if somebody else was faster.
func (s *Store) changeShared(f func(map[string]account) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), changing)
	defer cancel()
	if err := s.ask(ctx); err != nil {
		return err
	}
	defer s.asked()
	for {
		all, revision, err := s.load(ctx)
		if err != nil {
			return err
		}
		if err := s.readable(); err != nil {
			return err
		}
		if err := f(all); err != nil {
			return err
		}
		b, err := text(all)
		if err != nil {
			return err
		}
		saved, err := s.shared.Save(ctx, b, revision)
		if err != nil {
			return fmt.Errorf("accounts: change: %w", err)
		}
		if saved {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.know(slices.Collect(maps.Values(all)))
			return nil
		}
	}
}

func (s *Store) readable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// CopyTo copies all accounts, with their passwords and tokens, to where there
// are none yet: from a file to several nodes, or back. It answers ErrExists if
// there are some.
func (s *Store) CopyTo(ctx context.Context, to *Store) error {
	if err := s.Current(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	err := s.refresh()
	mine := maps.Clone(s.byUser)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return to.change(func(all map[string]account) error {
		if len(all) > 0 {
			return ErrExists
		}
		maps.Copy(all, mine)
		return nil
	})
}
