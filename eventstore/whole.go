package eventstore

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// What is needed to bring a whole log from one place to another.

// Settings are those that Init creates the log with, in so many copies; Open
// refuses a log with others. Name is the name of the stream.
func Settings(replicas int) jetstream.StreamConfig {
	return wants.Copies(max(replicas, 1))
}

// Lock takes a data folder for this process, as Start does, without a server.
// It fails with ErrLocked if another has it. Closing the result gives it up.
func Lock(dir string) (io.Closer, error) {
	f, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("eventstore: lock %s: %w", dir, err)
	}
	return f, nil
}

// Sync brings every file and folder below dir to disk, after a server that was
// started Unsynced has ended.
func Sync(dir string) error {
	if err := syncTree(dir); err != nil {
		return fmt.Errorf("eventstore: sync %s: %w", dir, err)
	}
	return nil
}

// LeafOf is the leaf of a message that was read past the store. Its position is
// not known.
func LeafOf(subject string, body []byte) Leaf {
	return Leaf{Stream: strings.TrimPrefix(subject, prefix), Hash: hashOf(body)}
}

// DecisionOf is the id of the decision that a stored message is, or is part of;
// empty if it cannot be read.
func DecisionOf(b []byte) string {
	var in struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(b, &in) // then it is empty
	return in.ID
}
