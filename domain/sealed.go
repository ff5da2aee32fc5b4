package domain

import (
	"errors"
	"fmt"
)

// ErrErased is the answer of a [Box] whose person was erased: its data are gone
// for ever, as two people decided.
var ErrErased = errors.New("erased")

// ErrUnreadable is the answer of a [Box] whose keys are damaged or lost, though
// nobody erased the person. Unless the keys come back from a backup its data
// are gone as well. Any other error of a box may pass.
var ErrUnreadable = errors.New("unreadable: the keys are damaged or lost")

// A Box holds the data of a personal event so that nobody can read them
// without the person's key.
type Box interface {
	// Open gives the data. It may ask the store of keys, so it can fail like
	// every question to a server; ErrErased means that nobody can open it.
	Open() ([]byte, error)
	// Stored is the box as it may be kept outside the log, still closed.
	Stored() []byte
}

// A Slot is where a box stands in the log. A box opens only in the place that
// it was sealed for.
type Slot struct {
	Stream   Stream
	Decision string // its id
	N        int    // place in the decision, from 0
	Type     string // event type
}

// Sealed is a personal event as the log and the views keep it: that it happened
// is known, what it says is not. Rules see no more of it than that.
type Sealed struct {
	Type string
	Box  Box
}

// EventType is the type of the event inside.
func (s Sealed) EventType() string { return s.Type }

// Open reads the event inside. Who may read it is decided before: see
// [MayRead]. What comes out is for the answer to one reader, never for a log
// line, an error or a file.
func (s Sealed) Open() (AnyEvent, error) {
	data, err := s.Box.Open()
	if err != nil {
		return nil, fmt.Errorf("domain: open %s: %w", s.Type, err)
	}
	spec, ok := EventSpecOf(s.Type)
	if !ok || !spec.Personal {
		return nil, fmt.Errorf("domain: %q is not a personal event", s.Type)
	}
	e, err := spec.decode(data)
	if err != nil {
		// The reason could quote what was inside.
		return nil, fmt.Errorf("domain: what was sealed as %s is not one", s.Type)
	}
	return e, nil
}

// Opened gives a personal event whether it is sealed or not, and any other as
// it is.
func Opened(e AnyEvent) (AnyEvent, error) {
	if s, ok := e.(Sealed); ok {
		return s.Open()
	}
	return e, nil
}

func (s Sealed) apply(c *Case, at Times) { c.learn(s.Type, at) }

// learn notes that something personal was recorded, and when it happened.
func (c *Case) learn(typ string, at Times) {
	if c.Personal == nil {
		c.Personal = map[string]When{}
	}
	c.Personal[typ] = at.Happened
}
