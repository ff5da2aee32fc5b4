package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
)

// ErrDiverged says that the copy is not, or not any more, one of this register:
// it holds something that the register does not.
var ErrDiverged = errors.New("this is not a copy of that register")

// errOrigin says that it is the register that lacks something: then a copy may be
// all that is left of it.
var errOrigin = errors.New("the register itself is not whole, so the copy is kept as it is")

// local asks about the streams of nc itself.
func local(nc *nats.Conn) *Origin { return NewOrigin(nc, "", "") }

// A Distance is how far a copy is from its register.
type Distance struct {
	Position uint64 // last of the copy of the log
	Origin   uint64 // last of the log
	Complete bool   // the copy has everything that the register has now
}

// Compare holds the copy that nc reaches against the register. It fails with
// ErrDiverged if what the copy ends with is not in the register, with
// eventstore.ErrDamaged if the copy misses what the register has, and with ErrUnreachable
// if the register does not answer.
func Compare(ctx context.Context, nc *nats.Conn, origin *Origin) (Distance, error) {
	d := Distance{Complete: true}
	for _, s := range streams() {
		have, there, err := compare(ctx, local(nc), origin, s.Name)
		if err != nil {
			return d, err
		}
		if isLog(s.Name) {
			d.Position, d.Origin = have, there
		}
		// What the register has deleted since never comes, so its last position
		// says nothing.
		next, err := origin.after(ctx, s.Name, have)
		if err != nil {
			return d, err
		}
		d.Complete = d.Complete && next == nil
	}
	return d, nil
}

func compare(ctx context.Context, copied, origin *Origin, stream string) (have, there uint64, err error) {
	here, err := copied.details(ctx, stream)
	if isAbsent(err) {
		err = nil // not begun yet
	}
	if err != nil {
		return 0, 0, err
	}
	over, err := origin.Info(ctx, stream)
	if err != nil {
		return 0, 0, err
	}
	have, there = here.State.LastSeq, over.State.LastSeq
	if have > there {
		return have, there, fmt.Errorf("mirror: %w: the copy of %s reaches position %d, the register only %d: either it is another one, or it was put back to an older state", ErrDiverged, stream, have, there)
	}
	last, err := origin.hold(ctx, copied, stream, have)
	if err == nil {
		err = origin.lacks(ctx, stream, here.State)
	}
	if err == nil && isLog(stream) {
		err = contiguous(here.State)
	}
	if err == nil && isLog(stream) && have > 0 && last != same {
		err = fmt.Errorf("mirror: %w: position %d cannot be read", eventstore.ErrDamaged, have)
		if last == notThere {
			err = fmt.Errorf("mirror: %w: position %d of the log cannot be read there", errOrigin, have)
		}
	}
	return have, there, err
}

// What a position is on the two sides.
type likeness int

const (
	notHere  likeness = iota // the copy has no message there
	notThere                 // the register has none any more
	same
)

// hold holds the message of a copy at a position against the register's. It
// fails with ErrDiverged if there are two different ones.
func (o *Origin) hold(ctx context.Context, copied *Origin, stream string, seq uint64) (likeness, error) {
	if seq == 0 {
		return notHere, nil
	}
	ours, err := copied.at(ctx, stream, seq)
	if err != nil || ours == nil {
		return notHere, err
	}
	theirs, err := o.at(ctx, stream, seq)
	if err != nil || theirs == nil {
		return notThere, err
	}
	if ours.Subject != theirs.Subject || !ours.Time.Equal(theirs.Time) || !bytes.Equal(ours.Data, theirs.Data) {
		return same, fmt.Errorf("mirror: %w: position %d of %s is not the same message on both sides", ErrDiverged, seq, stream)
	}
	return same, nil
}

// isAbsent tells whether an error says that there is no such stream.
func isAbsent(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamNotFound
}

// End tells how far the copy of the log that nc reaches goes, and when its last
// decision was stored.
func End(ctx context.Context, nc *nats.Conn) (position uint64, at time.Time, err error) {
	name := eventstore.Settings(1).Name
	i, err := local(nc).Info(ctx, name)
	if err != nil || i.State.LastSeq == 0 {
		return 0, at, err
	}
	m, err := local(nc).at(ctx, name, i.State.LastSeq)
	if err == nil && m == nil {
		err = fmt.Errorf("mirror: %w: position %d cannot be read", eventstore.ErrDamaged, i.State.LastSeq)
	}
	if err != nil {
		return 0, at, err
	}
	return m.Seq, m.Time, nil
}
