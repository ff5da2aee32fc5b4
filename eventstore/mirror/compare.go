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
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamNotFound {
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
	if isLog(stream) {
		err = contiguous(here.State)
	} else {
		err = origin.lacks(ctx, stream, here.State)
	}
	if err != nil {
		return have, there, err
	}
	if have == 0 {
		return have, there, nil
	}
	ours, err := copied.at(ctx, stream, have)
	if err != nil {
		return have, there, err
	}
	theirs, err := origin.at(ctx, stream, have)
	if err != nil {
		return have, there, err
	}
	switch gone := ours == nil || theirs == nil; {
	case gone && isLog(stream):
		return have, there, fmt.Errorf("mirror: %w: position %d cannot be read", eventstore.ErrDamaged, have)
	case gone: // deleted, as keys may be
	case ours.Subject != theirs.Subject || !ours.Time.Equal(theirs.Time) || !bytes.Equal(ours.Data, theirs.Data):
		return have, there, fmt.Errorf("mirror: %w: position %d of %s is not the same message on both sides", ErrDiverged, have, stream)
	}
	return have, there, nil
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
