package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

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

// writeBody makes the body of a message that follows the one with hash prev. It
// also gives the events as they will be read back, with Data that is part of the
// body. The form is that of encoding/json without escapes for HTML.
func writeBody(m Message, prev string) (b []byte, events []Entry, err error) {
	size := len(m.ID) + len(prev) + 64
	for k, v := range m.Meta {
		size += len(k) + len(v) + 8
	}
	for _, e := range m.Events {
		size += len(e.Type) + len(e.Data) + len(e.Key) + base64.StdEncoding.EncodedLen(len(e.Sealed)) + 48
	}
	b = appendText(append(make([]byte, 0, size), `{"id":`...), m.ID)
	b = append(b, `,"meta":{`...)
	keys := make([]string, 0, 8)
	for k := range m.Meta {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(appendText(b, k), ':'), m.Meta[k])
	}
	b = appendText(append(b, `},"prev":`...), prev)
	b = append(b, `,"events":[`...)
	events = slices.Clone(m.Events)
	from := make([][2]int, len(events)) // where each Data is in b, which may still move
	for i, e := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"type":`...), e.Type)
		if len(e.Data) > 0 {
			b = append(b, `,"data":`...)
			compact := bytes.NewBuffer(b)
			if err := json.Compact(compact, e.Data); err != nil {
				return nil, nil, fmt.Errorf("data of event %d (%.40s): %w", i, e.Type, err)
			}
			from[i] = [2]int{len(b), compact.Len()}
			b = compact.Bytes()
		}
		if e.Key != "" {
			b = appendText(append(b, `,"key":`...), e.Key)
		}
		if len(e.Sealed) > 0 {
			b = base64.StdEncoding.AppendEncode(append(b, `,"sealed":"`...), e.Sealed)
			b = append(b, '"')
		}
		b = append(b, '}')
	}
	b = append(b, "]}"...)
	for i, at := range from {
		events[i].Data = nil
		if at[1] > at[0] {
			events[i].Data = b[at[0]:at[1]:at[1]]
		}
	}
	return b, events, nil
}

// appendText appends a string as JSON.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendUnusual(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendUnusual(b []byte, s string) []byte {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string into memory: it cannot fail
	return buf.Bytes()[:buf.Len()-1]
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
	in, plain := readPlain(r.body)
	if !plain {
		in = body{}
		if err := json.Unmarshal(r.body, &in); err != nil {
			return Message{}, fmt.Errorf("%w: position %d cannot be read: %w", ErrDamaged, r.seq, err)
		}
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

// readBack is what readBody makes of the message m with body b, but for its
// position and time. The events are those of writeBody.
func readBack(m Message, b []byte, events []Entry) (Message, error) {
	if !plainText(m, events) { // and is stored differently
		return readBody(received{subject: prefix + m.Stream, body: b})
	}
	m.Meta = maps.Clone(m.Meta)
	if m.Meta == nil {
		m.Meta = map[string]string{}
	}
	m.Events, m.Hash = events, hashOf(b)
	return m, nil
}

func plainText(m Message, events []Entry) bool {
	for k, v := range m.Meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return false
		}
	}
	return !slices.ContainsFunc(events, func(e Entry) bool { return !utf8.ValidString(e.Type) || !utf8.ValidString(e.Key) })
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
