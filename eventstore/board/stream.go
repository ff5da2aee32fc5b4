package board

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/wanted"
)

const (
	streamName = "NRMBOARD"
	prefix     = "nrmboard." // of every subject; the key follows
)

// wants is a stream that keeps the last message of each subject, and only the
// last, for as long as the message itself says. Nothing here is history, so
// nobody needs to be kept from deleting.
var wants = wanted.Stream{
	Settings: jetstream.StreamConfig{
		Name:              streamName,
		Description:       "small values that the nodes of a register share",
		Subjects:          []string{prefix + "*"},
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew, // at a limit of the account the server refuses; it drops nobody's value
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: 1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Replicas:          1,
		Duplicates:        2 * time.Minute,
		AllowMsgTTL:       true,
		AllowDirect:       false, // only the leader answers: a follower may not know the latest yet
	},
	Free:   []string{"Duplicates", "DenyDelete", "DenyPurge", "AllowAtomicPublish", "AllowBatchPublish", "Compression"},
	Unsafe: ErrUnsafe, Exists: ErrExists,
}

// Init creates the board, empty, with 1, 3 or 5 replicas (0 is 1). It fails with
// ErrExists if there is one, and is the only place that ever creates it.
func Init(ctx context.Context, nc *nats.Conn, replicas int) error {
	if err := wants.Init(ctx, nc, max(replicas, 1)); err != nil {
		return fmt.Errorf("board: init: %w", err)
	}
	return nil
}
