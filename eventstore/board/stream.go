package board

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
	streamName = "NRMBOARD"
	prefix     = "nrmboard." // of every subject; the key follows
)

// settings are those of a stream that keeps the last message of each subject,
// and only the last, for as long as the message itself says.
func settings(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
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
		Replicas:          replicas,
		Duplicates:        2 * time.Minute,
		AllowMsgTTL:       true,
		AllowDirect:       false, // only the leader answers: a follower may not know the latest yet
	}
}

// Init creates the board, empty, with 1, 3 or 5 replicas (0 is 1). It fails with
// ErrExists if there is one, and is the only place that ever creates it.
func Init(ctx context.Context, nc *nats.Conn, replicas int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := initStream(ctx, nc, max(replicas, 1)); err != nil {
		return fmt.Errorf("board: init: %w", err)
	}
	return nil
}

func initStream(ctx context.Context, nc *nats.Conn, replicas int) error {
	want := settings(replicas)
	if err := checkSettings(want); err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	// Creating a stream that exists with these settings would succeed.
	switch _, err := js.Stream(ctx, streamName); {
	case err == nil:
		return ErrExists
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return err
	}
	_, err = js.CreateStream(ctx, want)
	return err
}

// checkSettings refuses a stream that could lose values, keep more than the last
// one, or answer late.
func checkSettings(got jetstream.StreamConfig) error {
	want := settings(1)
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
		{"AllowDirect", got.AllowDirect, want.AllowDirect},
		{"MirrorDirect", got.MirrorDirect, false},
		{"AllowRollup", got.AllowRollup, false},
		{"AllowMsgTTL", got.AllowMsgTTL, true},
		{"SubjectDeleteMarkerTTL", got.SubjectDeleteMarkerTTL, want.SubjectDeleteMarkerTTL},
		{"AllowMsgCounter", got.AllowMsgCounter, false},
		{"AllowMsgSchedules", got.AllowMsgSchedules, false},
		{"PersistMode", got.PersistMode, want.PersistMode},
		{"NoAck", got.NoAck, false},
		{"Sealed", got.Sealed, false},
		{"Mirror", got.Mirror != nil, false},
		{"Sources", len(got.Sources) > 0, false},
		{"SubjectTransform", got.SubjectTransform != nil, false},
		{"RePublish", got.RePublish != nil, false},
	} {
		if c.got != c.want {
			return fmt.Errorf("%w: %s is %v, must be %v", ErrUnsafe, c.name, c.got, c.want)
		}
	}
	if !slices.Contains([]int{1, 3, 5}, got.Replicas) {
		return fmt.Errorf("%w: Replicas is %d, must be 1, 3 or 5", ErrUnsafe, got.Replicas)
	}
	return nil
}
