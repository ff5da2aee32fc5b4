package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Settings are those that Init creates the key stream with, in so many copies;
// Open refuses one with others. Name is the name of the stream.
func Settings(replicas int) jetstream.StreamConfig { return wants.Copies(max(replicas, 1)) }

// A Holding is what one row of the key stream says of an owner, without any key
// being opened.
type Holding struct {
	Seq          uint64
	KEK          string   // wraps the keys
	Compartments []string // there is a key for each
	Erased       bool
}

// Inspect reads the whole key stream without a key file and calls f with every
// row, in order: of several rows of an owner the last one counts. A row that
// makes no sense has no compartments. It fails with ErrMissing and ErrUnsafe as
// Open does.
func Inspect(ctx context.Context, nc *nats.Conn, f func(owner string, h Holding) error) error {
	if err := inspect(ctx, nc, f); err != nil {
		return fmt.Errorf("vault: inspect: %w", err)
	}
	return nil
}

func inspect(ctx context.Context, nc *nats.Conn, f func(string, Holding) error) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	// A consumer of which the cluster had not told everybody yet is made anew.
	l := link{nc: nc, js: js, timeout: 20 * time.Second, patience: 5 * time.Second}
	lookup, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	l.stream, err = js.Stream(lookup, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return ErrMissing
	}
	if err != nil {
		return err
	}
	if err := wants.Check(l.stream.CachedInfo().Config); err != nil {
		return err
	}
	state, err := l.info(ctx)
	if err != nil || state.Msgs == 0 {
		return err
	}
	return l.scan(ctx, state.FirstSeq, state.LastSeq, func(owner string, seq uint64, body []byte) error {
		if owner == "" {
			return nil
		}
		h := Holding{Seq: seq}
		if r, err := parseRow(owner, body); err == nil {
			h.KEK, h.Erased = r.KEK, r.Erased
			for c := range r.Keys {
				h.Compartments = append(h.Compartments, c)
			}
		}
		return f(owner, h)
	})
}
