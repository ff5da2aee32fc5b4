package domain

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal it is. The edge turns it into a status.
type Kind int

const (
	Invalid   Kind = iota + 1 // the request says something that cannot be
	Forbidden                 // this asker may not
	Conflict                  // nobody may, as things stand
	NotFound                  // there is no such thing, or the asker may not know of it
)

// A Refusal is an answer the asker can act on. Code is stable and is the key of
// its translation. Every other error is a fault: logged, and never shown.
type Refusal struct {
	Kind  Kind
	Code  string
	Field string // the field at fault, if one is: its JSON name
}

func (r *Refusal) Error() string {
	if r.Field != "" {
		return fmt.Sprintf("refused: %s (%s)", r.Code, r.Field)
	}
	return "refused: " + r.Code
}

// AsRefusal finds the refusal in an error.
func AsRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	return r, errors.As(err, &r)
}

func invalid(code, field string) error { return &Refusal{Kind: Invalid, Code: code, Field: field} }
func conflict(code string) error       { return &Refusal{Kind: Conflict, Code: code} }

// foreignEventError means that a stream holds an event of another kind of
// stream: the log is damaged or was written by a newer program.
type foreignEventError struct {
	stream Stream
	typ    string
	seq    uint64
}

func (e *foreignEventError) Error() string {
	return fmt.Sprintf("domain: %s does not belong on %s (position %d)", e.typ, e.stream, e.seq)
}
