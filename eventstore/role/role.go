// Package role tells what a stream of the register is there for: to be written,
// to follow a stream elsewhere as its copy, or, once a copy has taken over, to
// be looked at only. What the stream is called and holds is the same in all
// three, and so are its positions.
package role

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrCopy says that a stream follows one elsewhere: nothing can be written
	// to it before it is promoted.
	ErrCopy = errors.New("it is a copy that follows a register elsewhere: nrm promote makes a register of it")
	// ErrHandedOver says that a stream was closed for good, because a copy of it
	// has taken over or is about to.
	ErrHandedOver = errors.New("it was handed over to a copy and goes on there: to write here as well would make two registers of one")
)

// closed stands before the subjects of a stream that was handed over, so that
// nothing that is published reaches it, whoever publishes.
const closed = "closed."

// Check fails with ErrCopy or ErrHandedOver if the stream is not to be written.
func Check(c jetstream.StreamConfig) error {
	switch {
	case c.Mirror != nil:
		return ErrCopy
	case HandedOver(c):
		return ErrHandedOver
	}
	return nil
}

// HandedOver tells whether the stream was closed.
func HandedOver(c jetstream.StreamConfig) bool {
	return len(c.Subjects) > 0 && strings.HasPrefix(c.Subjects[0], closed)
}

// Closed gives the settings of a stream that is handed over.
func Closed(c jetstream.StreamConfig) jetstream.StreamConfig {
	if HandedOver(c) {
		return c
	}
	c.Subjects = slices.Clone(c.Subjects)
	for i, s := range c.Subjects {
		c.Subjects[i] = closed + s
	}
	return c
}

// Writable gives the settings that a stream has once it is promoted, or taken
// back: want names those that a stream to be written has.
func Writable(c, want jetstream.StreamConfig) jetstream.StreamConfig {
	c.Mirror = nil
	c.Subjects = slices.Clone(want.Subjects)
	c.AllowAtomicPublish = want.AllowAtomicPublish
	c.Duplicates = want.Duplicates
	return c
}

// Copy gives the request that creates a copy of the stream whose settings are
// want, in a JetStream domain that the server reaches, by way of a consumer
// there. The client library does not know such consumers yet.
func Copy(want jetstream.StreamConfig, domain, consumer, deliver string) ([]byte, error) {
	want.Subjects, want.AllowAtomicPublish, want.Duplicates = nil, false, time.Duration(0)
	plain, err := json.Marshal(want)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, err
	}
	all["mirror"] = map[string]any{
		"name":     want.Name,
		"external": map[string]any{"api": "$JS." + domain + ".API", "deliver": ""},
		"consumer": map[string]any{"name": consumer, "deliver_subject": deliver},
	}
	return json.Marshal(all)
}
