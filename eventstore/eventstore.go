// Package eventstore keeps ordered histories in a NATS JetStream stream. It
// does not know what an event means.
//
// What is decided together is one message on one subject, so it is stored
// together or not at all. Each message carries the hash of the one before it
// on the same subject, and the store checks that chain whenever it reads a
// history. Every write says which message it was decided on; a write that came
// second is decided again.
//
// An event can be sealed under a named key before it is stored. The store asks
// a Sealer to do so and does not open what was sealed.
package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Entry is one event as stored: in clear, with its Data, or sealed, with the
// name of its Key and what the Sealer made of the data.
//
// An Entry that Encode gives with a Key has its Data sealed before it is
// stored. Decode gets it with Key and Sealed and without Data.
type Entry struct {
	Type   string          `json:"type"`
	Data   json.RawMessage `json:"data,omitempty"`
	Key    string          `json:"key,omitempty"`
	Sealed []byte          `json:"sealed,omitempty"`
}

// Message is one decision: what happened together, stored together, on one
// stream.
type Message struct {
	Stream string            // "case.KW5219EZ": tokens of letters, digits, _ and -, separated by dots
	ID     string            // the decision's id, a UUID; a decision over several streams has the same id on each
	Meta   map[string]string // who, when, why; opaque to the store
	Events []Entry

	// Set by the store when read; ignored when written.
	Seq  uint64 // position in the log; later messages have higher ones
	Prev string // hex SHA-256 of the body of the stream's previous message, "" for the first
	Hash string // hex SHA-256 of this message's body
	// Stored is when the server stored it. Of a message that this store itself has
	// just written, what Update passes on and Follow hands over may have a time
	// between sending and the server's answer instead; everywhere else it is exact.
	Stored time.Time
}

// Codec turns a decision into a message and back. D is the caller's type. Both
// functions are called from several goroutines at once.
type Codec[D any] struct {
	// Encode gives the Stream, ID, Meta and Events of a decision. A decision
	// without events is nothing to store. It never gives Sealed.
	Encode func(D) (Message, error)
	// Decode must give equal answers for equal messages. What it returns is
	// kept in memory and handed out many times: nobody may change it.
	Decode func(Message) (D, error)
}

// Options tune a store. The zero value is right for a server in this process.
type Options struct {
	// CacheBytes bounds the histories kept in memory, estimated from the size
	// of their messages; 0 means 64 MiB. Histories in use are never dropped.
	CacheBytes int64
	// Batch is the longest run Follow and Replay hand over; 0 means 500.
	Batch int
	// Timeout bounds every question to the server; 0 means 5 seconds. A write
	// whose outcome is unknown is pursued for three times as long, and nobody
	// waits longer than it for a place in the queue.
	Timeout time.Duration
	// Sole says that nobody but this store writes the log, as with a server in
	// this process that has no socket. What memory holds of a stream is then what
	// the log has, and is not asked for again, except after the connection was
	// lost or while the outcome of a write is not known. The last decisions of a
	// history that Load gives then have Stored as those of Update have it.
	Sole bool
	// HighWater names a file, outside the server's own folder, that remembers
	// how far the log went. Open refuses a log that does not reach that far
	// or says something else there. Empty means that nothing is remembered.
	HighWater string
	// Down tells why the server can store nothing now, as [Server.Down] does: an
	// update then fails with that error at once, instead of waiting for an answer
	// that does not come. Nil means that nobody knows.
	Down func() error
	// LookOnly opens a log as well that is not to be written: a copy, or one
	// that was handed over (see role). Nothing is written by this store then, even
	// to a log that could be: see ErrLookOnly.
	LookOnly bool
	// Sealer seals the entries that have a Key; nil refuses them.
	Sealer Sealer
	// Logger hears of trouble that has no caller to be returned to; nil
	// discards it.
	Logger *slog.Logger
}

var (
	// ErrExists is returned by Init when the log is already there.
	ErrExists = errors.New("the log exists already")
	// ErrMissing is returned by Open when Init has not created the log.
	ErrMissing = errors.New("there is no log here; create it first")
	// ErrUnsafe is returned by Open for a log whose settings could lose
	// history. The text names the setting.
	ErrUnsafe = errors.New("unsafe setting")
	// ErrDamaged says that history is not what it was: the chain of a stream
	// is broken, a position is missing, or the log got shorter. The text names
	// the position. Nothing should be written before a person has looked.
	ErrDamaged = errors.New("the log is damaged")
	// ErrName says that a stream's name is not allowed. Nothing was sent.
	ErrName = errors.New("bad stream name")
	// ErrTooLarge says that a decision does not fit into one message of 1 MiB.
	// Nothing was sent.
	ErrTooLarge = errors.New("decision too large")
	// ErrBusy says that too many others wait to write. Nothing was sent.
	ErrBusy = errors.New("too busy")
	// ErrUnavailable says that the server did not answer in time. A decision
	// that ends so may or may not be stored: ask again with the same id, and
	// what was stored is found in the history.
	ErrUnavailable = errors.New("the log does not answer")
	// ErrLookOnly says that the store was opened to look only. Nothing was sent.
	ErrLookOnly = errors.New("the log was opened to be looked at, and nothing is recorded")
	// ErrClosed says that the store was closed. Nothing was sent.
	ErrClosed = errors.New("the store is closed")
)

// A Store reads and writes the log. It is safe for concurrent use, also by
// several processes on one log.
type Store[D any] struct {
	codec  Codec[D]
	opts   Options
	link   *link
	cache  *cache[D]
	writes *committer
	mark   *highWater // nil if nothing is remembered
	taps   taps[D]

	mu     sync.Mutex
	closed bool
	ops    sync.WaitGroup // updates under way; Add under mu, while open
}

// Open opens the log that Init created. It never creates anything. It refuses
// a log whose settings could lose history (ErrUnsafe), that has already lost
// some or does not reach the high-water mark (ErrDamaged). The caller keeps nc
// and closes it after the store.
func Open[D any](ctx context.Context, nc *nats.Conn, codec Codec[D], opts Options) (*Store[D], error) {
	if opts.CacheBytes <= 0 {
		opts.CacheBytes = 64 << 20
	}
	if opts.Batch <= 0 {
		opts.Batch = 500
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 5 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	link, err := dial(ctx, nc, opts.Timeout, opts.LookOnly)
	if err != nil {
		return nil, fmt.Errorf("eventstore: open: %w", err)
	}
	mark, err := openHighWater(ctx, link, opts.HighWater, opts.Logger)
	if err != nil {
		link.close()
		return nil, fmt.Errorf("eventstore: open: %w", err)
	}
	s := &Store[D]{
		codec: codec, opts: opts, link: link, mark: mark,
		cache:  newCache[D](opts.CacheBytes),
		writes: newCommitter(link, mark),
	}
	if opts.Down != nil {
		s.writes.down = opts.Down
	}
	go s.writes.run()
	return s, nil
}

// Last returns the last position of the log, 0 if it is empty.
func (s *Store[D]) Last(ctx context.Context) (uint64, error) {
	last, err := s.link.last(ctx)
	if err != nil {
		return 0, fmt.Errorf("eventstore: last position: %w", err)
	}
	return last, nil
}

// Recheck holds the log that nc leads to against everything that was confirmed
// to be stored, for [Server.OnRevival]: it fails with ErrDamaged if the log got
// shorter or is another one. It checks the settings too.
func (s *Store[D]) Recheck(ctx context.Context, nc *nats.Conn) error {
	l, err := dial(ctx, nc, s.opts.Timeout, s.opts.LookOnly)
	if err != nil {
		return fmt.Errorf("eventstore: %w", err)
	}
	defer l.close()
	if err := s.mark.check(ctx, l); err != nil {
		return fmt.Errorf("eventstore: %w", err)
	}
	return nil
}

// Healthy tells why the store should not be relied on, if there is a reason:
// it is closed, or the high-water mark cannot be kept.
func (s *Store[D]) Healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("eventstore: %w", ErrClosed)
	}
	return s.mark.healthy()
}

// Writable fails with role.ErrHandedOver if the log was closed while it was open
// here: nothing can be stored in it any more. Other errors say that this could
// not be found out.
func (s *Store[D]) Writable(ctx context.Context) error {
	if err := s.link.writable(ctx); err != nil {
		return fmt.Errorf("eventstore: %w", err)
	}
	return nil
}

// Close ends the store. Updates that have not been sent end with ErrClosed;
// those that have are given their answer. The high-water mark is written.
// Follow and Replay end with their own contexts.
func (s *Store[D]) Close() {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return
	}
	s.writes.refuse()
	s.ops.Wait()
	s.writes.stop()
	s.mark.close()
	s.link.close()
}

// enter keeps Close waiting until the matching s.ops.Done. Nobody gets in while
// it is known that nothing can be stored.
func (s *Store[D]) enter() error {
	if s.opts.LookOnly {
		return ErrLookOnly
	}
	if err := s.writes.down(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.ops.Add(1)
	return nil
}
