package domain

import (
	"context"
	"time"
)

// An AnyEvent is a fact of any kind of stream. Events are stored for ever: add
// optional fields, never rename, reuse or remove a type or a field.
type AnyEvent interface {
	EventType() string // the stored name
}

// An Event is a fact about a stream whose state is S. Only this package defines
// events: apply is the fact's effect on what later rules need to know.
type Event[S any] interface {
	AnyEvent
	apply(*S, Times)
}

// Asked is any command: something that somebody asks to have recorded.
type Asked interface {
	givers() []Role // who may give it
}

// A Command asks for a decision about a stream whose state is S. decide is a
// pure function. It answers no events when it is already so: asking twice
// records once.
type Command[S any] interface {
	Asked
	decide(*S, Request) ([]Event[S], error)
}

// A Request says who asks, when it happened and what time it is now.
type Request struct {
	ID       string    // the decision's id, a UUID: a decision with the same id is recorded once
	By       Actor     // who asks
	Happened When      // when it took place, as the asker says
	Now      time.Time // the register's clock, UTC
	Cause    string    // what led to it, when it was not a person: a deadline's id, an import
	Claimed  time.Time // only in an import: when the earlier register recorded it; otherwise zero

	about Ref // the case, while a decision over several streams is judged
}

// known is when the fact became known: see [Decision.Known].
func (r Request) known() time.Time {
	if r.Claimed.IsZero() {
		return r.Now
	}
	return r.Claimed
}

// Times are the two times of every fact. Deadlines run on Happened; whether the
// register was told in time is Recorded minus Happened.
type Times struct {
	Happened When
	Recorded time.Time // when it became known: see [Decision.Known]
}

// A Decision is what one command recorded: its events stand together in the
// log, in one message, and share one position.
type Decision struct {
	Seq      uint64 // position in the log; 0 until stored; increases, may skip
	Stream   Stream
	ID       string
	By       Actor
	Happened When
	Recorded time.Time // when this register stored it, UTC
	Claimed  time.Time // see [Request.Claimed]; zero unless imported
	Cause    string
	Events   []AnyEvent
}

// Imported reports whether the decision came from an import file rather than
// from a person at this register.
func (d Decision) Imported() bool { return !d.Claimed.IsZero() }

// Known is when the fact was known to the mechanism: the claimed time of an
// imported decision, otherwise the time it was stored. Questions "as known on a
// day" are answered by it.
func (d Decision) Known() time.Time {
	if d.Imported() {
		return d.Claimed
	}
	return d.Recorded
}

// Times gives the decision's two times.
func (d Decision) Times() Times { return Times{Happened: d.Happened, Recorded: d.Known()} }

// Log keeps the history of every stream.
//
// Update passes decide the latest history of each of the streams and stores the
// decisions it returns, one for each stream in the same order (one without
// events stores nothing): all or none, and only if nobody wrote to any of the
// streams in between; otherwise it calls decide again. When it returns, the
// decisions are on disk. It answers the log position that includes them, or the
// last position of the streams if nothing was stored.
type Log interface {
	Update(ctx context.Context, streams []string, decide func(histories [][]Decision) ([]Decision, error)) (uint64, error)
}

// Fold replays a history into the state that rules look at, as it stands: see
// [Standing]. It fails on an event that does not belong to the stream, which means
// a damaged log.
func Fold[S any](history []Decision) (*S, error) {
	s := new(S)
	for _, d := range Standing(history) {
		if err := Evolve(s, d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Apply adds one decision to a state made by [Fold]. It answers [ErrFoldAgain],
// and leaves the state as it is, if the decision corrects an earlier one.
func Apply[S any](s *S, d Decision) error {
	if d.Corrects() {
		return ErrFoldAgain
	}
	return Evolve(s, d)
}

// Evolve adds one decision of a history that [Standing] gave.
func Evolve[S any](s *S, d Decision) error {
	for _, e := range d.Events {
		own, ok := e.(Event[S])
		if !ok {
			return &foreignEventError{d.Stream, e.EventType(), d.Seq}
		}
		own.apply(s, d.Times())
	}
	if w, ok := any(s).(interface{ after(Decision) }); ok {
		w.after(d)
	}
	return nil
}
