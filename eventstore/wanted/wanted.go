// Package wanted says what a stream of the register must be like: it makes the
// stream, once, and holds one that is there against what it was made with.
package wanted

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Stream is wanted with these settings.
type Stream struct {
	Settings jetstream.StreamConfig // with one replica
	Free     []string               // names of settings that may be others, because nothing depends on them
	Unsafe   error                  // of which Check's errors are
	Exists   error                  // that Init fails with if the stream is there
}

// Copies are the settings with so many replicas.
func (s Stream) Copies(replicas int) jetstream.StreamConfig {
	c := s.Settings
	c.Subjects = slices.Clone(c.Subjects)
	c.Replicas = replicas
	return c
}

// initTimeout bounds all of Init.
const initTimeout = 10 * time.Second

// Init creates the stream, empty, with 1, 3 or 5 replicas. It never changes or
// replaces one: it fails with Exists if there is one, whatever its settings.
func (s Stream) Init(ctx context.Context, nc *nats.Conn, replicas int) error {
	want := s.Copies(replicas)
	if err := s.Check(want); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	// Creating a stream that exists with these settings would succeed.
	switch _, err := js.Stream(ctx, want.Name); {
	case err == nil:
		return s.Exists
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return err
	}
	_, err = js.CreateStream(ctx, want)
	return err
}

// Check fails with Unsafe, and names the setting, if a stream has other settings
// than are wanted, or a number of replicas other than 1, 3 and 5: one machine,
// or a cluster that can outvote a lost member.
func (s Stream) Check(got jetstream.StreamConfig) error {
	for _, c := range compared {
		if slices.Contains(s.Free, c.name) {
			continue
		}
		if is, must := c.of(got), c.of(s.Settings); is != must {
			return fmt.Errorf("%w: %s is %v, must be %v", s.Unsafe, c.name, is, must)
		}
	}
	if !slices.Contains([]int{1, 3, 5}, got.Replicas) {
		return fmt.Errorf("%w: Replicas is %d, must be 1, 3 or 5", s.Unsafe, got.Replicas)
	}
	return nil
}

// compared are all settings on which it depends what a stream keeps, for how
// long, who can change it, and who answers for it. Of what refers to another
// stream it matters only that it is there.
var compared = []struct {
	name string
	of   func(c jetstream.StreamConfig) any
}{
	{"Subjects", func(c jetstream.StreamConfig) any { return fmt.Sprint(c.Subjects) }},
	{"Storage", func(c jetstream.StreamConfig) any { return c.Storage }},
	{"Retention", func(c jetstream.StreamConfig) any { return c.Retention }},
	{"Discard", func(c jetstream.StreamConfig) any { return c.Discard }},
	{"DiscardNewPerSubject", func(c jetstream.StreamConfig) any { return c.DiscardNewPerSubject }},
	{"MaxAge", func(c jetstream.StreamConfig) any { return c.MaxAge }},
	{"MaxMsgs", func(c jetstream.StreamConfig) any { return c.MaxMsgs }},
	{"MaxBytes", func(c jetstream.StreamConfig) any { return c.MaxBytes }},
	{"MaxMsgsPerSubject", func(c jetstream.StreamConfig) any { return c.MaxMsgsPerSubject }},
	{"MaxMsgSize", func(c jetstream.StreamConfig) any { return c.MaxMsgSize }},
	{"Duplicates", func(c jetstream.StreamConfig) any { return c.Duplicates }},
	{"DenyDelete", func(c jetstream.StreamConfig) any { return c.DenyDelete }},
	{"DenyPurge", func(c jetstream.StreamConfig) any { return c.DenyPurge }},
	{"AllowDirect", func(c jetstream.StreamConfig) any { return c.AllowDirect }},
	{"MirrorDirect", func(c jetstream.StreamConfig) any { return c.MirrorDirect }},
	{"AllowAtomicPublish", func(c jetstream.StreamConfig) any { return c.AllowAtomicPublish }},
	{"AllowRollup", func(c jetstream.StreamConfig) any { return c.AllowRollup }},
	{"AllowMsgTTL", func(c jetstream.StreamConfig) any { return c.AllowMsgTTL }},
	{"SubjectDeleteMarkerTTL", func(c jetstream.StreamConfig) any { return c.SubjectDeleteMarkerTTL }},
	{"AllowMsgCounter", func(c jetstream.StreamConfig) any { return c.AllowMsgCounter }},
	{"AllowMsgSchedules", func(c jetstream.StreamConfig) any { return c.AllowMsgSchedules }},
	{"AllowBatchPublish", func(c jetstream.StreamConfig) any { return c.AllowBatchPublish }},
	{"PersistMode", func(c jetstream.StreamConfig) any { return c.PersistMode }},
	{"Compression", func(c jetstream.StreamConfig) any { return c.Compression }},
	{"NoAck", func(c jetstream.StreamConfig) any { return c.NoAck }},
	{"Sealed", func(c jetstream.StreamConfig) any { return c.Sealed }},
	{"Mirror", func(c jetstream.StreamConfig) any { return c.Mirror != nil }},
	{"Sources", func(c jetstream.StreamConfig) any { return len(c.Sources) > 0 }},
	{"SubjectTransform", func(c jetstream.StreamConfig) any { return c.SubjectTransform != nil }},
	{"RePublish", func(c jetstream.StreamConfig) any { return c.RePublish != nil }},
}
