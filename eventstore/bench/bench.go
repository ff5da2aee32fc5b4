// Package bench has event stores of other kinds to measure ours against: a plain
// table of events in SQLite and in PostgreSQL, each with the durability that its
// users expect, and no other purpose.
package bench

import (
	"context"
	"errors"
)

// A Log stores events durably: when Append returns without an error the event is
// on disk. It is safe for concurrent use.
type Log interface {
	// Append stores an event as number version of its stream, from 1, or fails
	// with ErrConflict if there is one with that number or with that id.
	Append(ctx context.Context, stream string, version int64, id string, body []byte) error
	Close() error
}

// ErrConflict says that somebody else was first.
var ErrConflict = errors.New("conflict")
