// Package board keeps small values that all nodes of a register share: who has
// which duty, which sessions there are, the latest checkpoint. Each value is the
// last message of a subject of one stream, so that it is as durable as the log,
// and changes only for who knows what it was before.
package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrExists is returned by Init if there is a board already.
	ErrExists = errors.New("the board exists already")
	// ErrMissing is returned by Open if there is none.
	ErrMissing = errors.New("there is no board")
	// ErrUnsafe is returned if the stream has settings with which values could
	// be lost or read late.
	ErrUnsafe = errors.New("the board's settings are not safe")
	// ErrConflict says that the value is not, or no longer, of the revision that
	// was expected. Nothing was changed.
	ErrConflict = errors.New("somebody else has changed the value")
	// ErrUnavailable says that the servers did not answer in time. After a Put or
	// a Delete the change may have been made, or may still be.
	ErrUnavailable = errors.New("the board is not available")
	// ErrKey is returned for a key that no value can have.
	ErrKey = errors.New("a key has 1 to 100 letters, digits, hyphens or underscores")
)

// Options tune a Board. The zero value is good.
type Options struct {
	// Timeout bounds one question or change with all its attempts, 0 for five
	// seconds. A cluster may need as long, or longer, to elect another leader.
	Timeout time.Duration
	Logger  *slog.Logger // nil discards
}

// A Board is safe for concurrent use. It has nothing to be closed.
type Board struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	opts   Options
}

// A Value is what stands under a key.
type Value struct {
	Data     []byte
	Revision uint64 // grows with every change of any value; 0: there is none
}

// Open opens the board, with ErrMissing if there is none, and with ErrUnsafe if
// it is not as Init makes it. The connection should reconnect by itself and not
// keep back what cannot be sent (nats.ReconnectBufSize(-1)).
func Open(ctx context.Context, nc *nats.Conn, opts Options) (*Board, error) {
	if opts.Timeout <= 0 {
		opts.Timeout = 5 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Board{opts: opts}
	if err := b.open(ctx, nc); err != nil {
		return nil, fmt.Errorf("board: open: %w", err)
	}
	return b, nil
}

func (b *Board) open(ctx context.Context, nc *nats.Conn) (err error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	if b.js, err = jetstream.New(nc); err != nil {
		return err
	}
	b.stream, err = b.js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return ErrMissing
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return wants.Check(b.stream.CachedInfo().Config)
}

var keyName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

func checkKey(key string) error {
	if !keyName.MatchString(key) {
		return fmt.Errorf("%w, not %.120q", ErrKey, key)
	}
	return nil
}
