package board

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Sessions keeps sessions of browsers on the board, where every node finds
// them. Keys are digests, so that nobody can sign in with what stands here. It
// is safe for concurrent use.
type Sessions struct {
	board *Board

	mu   sync.Mutex
	seen map[string]session // what was last read or written here, by key
}

type session struct {
	data     []byte
	until    time.Time
	revision uint64
}

const (
	headerUntil = "Nrm-Until"
	// A session that would last only so much longer is not written again: a
	// browser at work would else write with each of its requests.
	slack    = time.Minute
	maxSeen  = 4096
	sessions = "session-" // begins the key
)

// SessionsOf gives the sessions on a board.
func SessionsOf(b *Board) *Sessions { return &Sessions{board: b} }

// Find reads a session, false if there is none or it has ended.
func (s *Sessions) Find(ctx context.Context, key string) (data []byte, found bool, err error) {
	have, ended, err := s.read(ctx, key)
	if err != nil || ended || have.revision == 0 {
		return nil, false, err
	}
	return have.data, true, nil
}

// Commit keeps a session until the given time, which is held to the minute. One
// that has ended stays so.
func (s *Sessions) Commit(ctx context.Context, key string, data []byte, until time.Time) error {
	if err := checkKey(sessions + key); err != nil {
		return fmt.Errorf("board: session: %w", err)
	}
	have := s.remembered(key)
	for {
		lasts := time.Until(until)
		if lasts <= 0 || bytes.Equal(have.data, data) && have.revision != 0 && until.Sub(have.until).Abs() < slack {
			return nil
		}
		m := &nats.Msg{Data: data, Header: nats.Header{headerUntil: {until.UTC().Format(time.RFC3339)}}}
		revision, err := s.board.put(ctx, sessions+key, m, have.revision, lasts)
		if err == nil {
			s.remember(key, session{data, until, revision})
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("board: keep a session: %w", err)
		}
		var ended bool
		if have, ended, err = s.read(ctx, key); err != nil || ended {
			return err
		}
	}
}

// Delete ends a session for good: a request that is still under way elsewhere
// cannot bring it back.
func (s *Sessions) Delete(ctx context.Context, key string) error {
	for {
		have, ended, err := s.read(ctx, key)
		if err != nil || ended {
			return err
		}
		if _, err = s.board.mark(ctx, sessions+key, have.revision); err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("board: end a session: %w", err)
		}
	}
}

// read asks for a session and remembers it. Revision 0 means that there is none;
// of one that has ended there may be a mark.
func (s *Sessions) read(ctx context.Context, key string) (have session, ended bool, err error) {
	if err := checkKey(sessions + key); err != nil {
		return have, false, fmt.Errorf("board: session: %w", err)
	}
	m, err := s.board.last(ctx, sessions+key)
	if err != nil {
		return have, false, fmt.Errorf("board: read a session: %w", err)
	}
	if m != nil && !isMark(m) {
		have = session{m.Data, untilOf(m), m.Sequence}
	}
	s.remember(key, have)
	return have, isMark(m), nil
}

func untilOf(m *jetstream.RawStreamMsg) time.Time {
	until, err := time.Parse(time.RFC3339, m.Header.Get(headerUntil))
	if err != nil {
		return time.Time{} // it will be written again
	}
	return until
}

func (s *Sessions) remembered(key string) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[key]
}

func (s *Sessions) remember(key string, have session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have.revision == 0 {
		delete(s.seen, key)
		return
	}
	if s.seen == nil || len(s.seen) >= maxSeen {
		s.seen = map[string]session{}
	}
	s.seen[key] = have
}
