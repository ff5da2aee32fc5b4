package eventstore

import (
	"context"
	"fmt"
	"strings"
)

// A Leaf is what is known of a message without reading it: enough to tell
// whether it was changed or moved.
type Leaf struct {
	Seq    uint64 // position in the log
	Stream string
	Hash   string // hex SHA-256 of the message's body
}

// Record is the leaf as text, for a Merkle tree over the log: the stream, a
// space, the hash, a line feed. The position is the leaf's place in the tree.
func (l Leaf) Record() []byte { return []byte(l.Stream + " " + l.Hash + "\n") }

// Leaves calls f with the leaves of the messages after position after up to
// position through, in runs as Replay does. It reads no message, so it goes on
// where Replay stops at one that cannot be decoded.
func (s *Store[D]) Leaves(ctx context.Context, after, through uint64, f func([]Leaf) error) error {
	return newFeed(s, after, through, leaf, f).replay(ctx)
}

// FollowLeaves is to Leaves what Follow is to Replay.
func (s *Store[D]) FollowLeaves(ctx context.Context, after uint64, f func([]Leaf) error) error {
	return newFeed(s, after, 0, leaf, f).follow(ctx)
}

func leaf(r received) (Leaf, error) {
	stream, ok := strings.CutPrefix(r.subject, prefix)
	if !ok || stream == "" {
		return Leaf{}, fmt.Errorf("%w: position %d is on subject %q", ErrDamaged, r.seq, r.subject)
	}
	return Leaf{Seq: r.seq, Stream: stream, Hash: hashOf(r.body)}, nil
}
