package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const maxName = 200 // bytes of a stream's name

// body is what is stored. The hash chain runs over these bytes as they are,
// so they may be written differently by a later version, never rewritten.
type body struct {
	ID     string            `json:"id"`
	Meta   map[string]string `json:"meta"`
	Prev   string            `json:"prev"`
	Events []Entry           `json:"events"`
}

// checkName lets only names through that mean one subject to NATS.
func checkName(stream string) error {
	if len(stream) == 0 || len(stream) > maxName {
		return fmt.Errorf("%w: %d bytes, must be 1 to %d", ErrName, len(stream), maxName)
	}
	start := true // of a token
	for i := range len(stream) {
		switch c := stream[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			start = false
		case c == '.' && !start:
			start = true
		default:
			return fmt.Errorf("%w: %q at byte %d", ErrName, stream, i)
		}
	}
	if start {
		return fmt.Errorf("%w: %q ends with a dot", ErrName, stream)
	}
	return nil
}

// checkID lets only the usual form of a UUID through: the id becomes part of a
// message header.
func checkID(id string) error {
	if len(id) != 36 || uuid.Validate(id) != nil {
		return fmt.Errorf("decision id %.40q is not a UUID", id)
	}
	return nil
}

// writeBody makes the body of a message that follows the one with hash prev.
func writeBody(m Message, prev string) ([]byte, error) {
	if m.Meta == nil {
		m.Meta = map[string]string{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body{m.ID, m.Meta, prev, m.Events}); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// received is a message as it came from the log.
type received struct {
	subject string
	seq     uint64
	stored  time.Time
	body    []byte
}

// readBody reads a stored message.
func readBody(r received) (Message, error) {
	l, err := leaf(r)
	if err != nil {
		return Message{}, err
	}
	var in body
	if err := json.Unmarshal(r.body, &in); err != nil {
		return Message{}, fmt.Errorf("%w: position %d cannot be read: %w", ErrDamaged, r.seq, err)
	}
	for i, e := range in.Events {
		if (e.Key != "") != (len(e.Sealed) > 0) || e.Key != "" && e.Data != nil {
			return Message{}, fmt.Errorf("%w: event %d at position %d is neither sealed nor in clear", ErrDamaged, i, r.seq)
		}
	}
	return Message{
		Stream: l.Stream, ID: in.ID, Meta: in.Meta, Events: in.Events,
		Seq: r.seq, Prev: in.Prev, Hash: l.Hash, Stored: r.stored,
	}, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
