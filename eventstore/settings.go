package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName = "NRM"
	prefix     = "nrm." // of every subject
)

// settings are those of a log that keeps everything for ever, on so many servers.
func settings(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
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
		Replicas:           replicas,
		Duplicates:         2 * time.Minute,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
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
	want := settings(replicas)
	if err := checkReplicas(want); err != nil {
		return fmt.Errorf("eventstore: init: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("eventstore: init: %w", err)
	}
	// Creating a stream that exists with these settings would succeed.
	switch _, err := js.Stream(ctx, streamName); {
	case err == nil:
		return fmt.Errorf("eventstore: init: %w", ErrExists)
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("eventstore: init: %w", err)
	}
	if _, err := js.CreateStream(ctx, want); err != nil {
		return fmt.Errorf("eventstore: init: %w", err)
	}
	return nil
}

// checkSettings refuses a log that has lost history or could lose it.
func checkSettings(info *jetstream.StreamInfo) error {
	got, want := info.Config, settings(1)
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"Subjects", fmt.Sprint(got.Subjects), fmt.Sprint(want.Subjects)},
		{"Storage", got.Storage, want.Storage},
		{"Retention", got.Retention, want.Retention},
		{"Discard", got.Discard, want.Discard},
		{"DiscardNewPerSubject", got.DiscardNewPerSubject, false},
		{"MaxAge", got.MaxAge, want.MaxAge},
		{"MaxMsgs", got.MaxMsgs, want.MaxMsgs},
		{"MaxBytes", got.MaxBytes, want.MaxBytes},
		{"MaxMsgsPerSubject", got.MaxMsgsPerSubject, want.MaxMsgsPerSubject},
		{"MaxMsgSize", got.MaxMsgSize, want.MaxMsgSize},
		{"Duplicates", got.Duplicates, want.Duplicates},
		{"DenyDelete", got.DenyDelete, true},
		{"DenyPurge", got.DenyPurge, true},
		{"AllowDirect", got.AllowDirect, true},
		{"AllowAtomicPublish", got.AllowAtomicPublish, true},
		{"AllowRollup", got.AllowRollup, false},
		{"AllowMsgTTL", got.AllowMsgTTL, false},
		{"AllowMsgCounter", got.AllowMsgCounter, false},
		{"AllowMsgSchedules", got.AllowMsgSchedules, false},
		{"AllowBatchPublish", got.AllowBatchPublish, false},
		{"PersistMode", got.PersistMode, want.PersistMode},
		{"NoAck", got.NoAck, false},
		{"Sealed", got.Sealed, false},
		{"Mirror", got.Mirror != nil, false},
		{"Sources", len(got.Sources) > 0, false},
		{"SubjectTransform", got.SubjectTransform != nil, false},
	} {
		if c.got != c.want {
			return fmt.Errorf("%w: %s is %v, must be %v", ErrUnsafe, c.name, c.got, c.want)
		}
	}
	if err := checkReplicas(got); err != nil {
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

// checkReplicas asks for one copy on one machine, or for a cluster that can
// outvote a lost member.
func checkReplicas(c jetstream.StreamConfig) error {
	if !slices.Contains([]int{1, 3, 5}, c.Replicas) {
		return fmt.Errorf("%w: Replicas is %d, must be 1, 3 or 5", ErrUnsafe, c.Replicas)
	}
	return nil
}
