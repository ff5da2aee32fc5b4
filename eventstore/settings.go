package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/wanted"
)

const (
	streamName = "NRM"
	prefix     = "nrm." // of every subject
)

// wants is a log that keeps everything for ever. How it is packed on disk and who
// else hears of it is up to the operator.
var wants = wanted.Stream{
	Settings: jetstream.StreamConfig{
		Name:               streamName,
		Subjects:           []string{prefix + ">"},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew, // at a limit the server refuses; it never drops
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxMsgSize:         -1,
		MaxConsumers:       -1,
		Replicas:           1,
		Duplicates:         2 * time.Minute,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	},
	Free:   []string{"MirrorDirect", "Compression", "RePublish"},
	Unsafe: ErrUnsafe, Exists: ErrExists,
}

// Exists tells whether there is a log.
func Exists(ctx context.Context, nc *nats.Conn) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.Stream(ctx, streamName)
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("eventstore: exists: %w", err)
	}
	return true, nil
}

// Init creates the log, empty, on one server. It fails with ErrExists if there
// is one: it never changes or replaces anything.
func Init(ctx context.Context, nc *nats.Conn) error { return InitCopies(ctx, nc, 1) }

// InitCopies is Init for a log of which 1, 3 or 5 servers of a cluster keep a
// copy each.
func InitCopies(ctx context.Context, nc *nats.Conn, replicas int) error {
	if err := wants.Init(ctx, nc, replicas); err != nil {
		return fmt.Errorf("eventstore: init: %w", err)
	}
	return nil
}

// checkSettings refuses a log that has lost history or could lose it.
func checkSettings(info *jetstream.StreamInfo) error {
	if err := wants.Check(info.Config); err != nil {
		return err
	}
	st := info.State
	if st.LastSeq > 0 && (st.FirstSeq != 1 || st.Msgs != st.LastSeq) {
		missing := uint64(1)
		if st.FirstSeq == 1 && len(st.Deleted) > 0 {
			missing = slices.Min(st.Deleted)
		}
		return fmt.Errorf("%w: position %d is missing: it ends at position %d and starts at %d, but holds %d messages; restore it from a backup",
			ErrDamaged, missing, st.LastSeq, st.FirstSeq, st.Msgs)
	}
	return nil
}
