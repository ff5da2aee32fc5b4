package mirror

import (
	"context"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
)

// errPassedOver says that a copy lacks what its register has, and will for ever:
// a copy goes on from where it ends. Only a new one has everything.
var errPassedOver = fmt.Errorf("%w: the copy has passed over something", eventstore.ErrDamaged)

// A gap is a run of positions at which a stream holds no message, both ends
// included.
type gap struct{ from, to uint64 }

// gaps are those between position 1 and the last, in their order. The state
// must have been asked for with all that is deleted.
func gaps(s jetstream.StreamState) (all []gap) {
	if s.FirstSeq > 1 {
		all = append(all, gap{1, s.FirstSeq - 1})
	}
	for _, seq := range s.Deleted {
		if n := len(all); n > 0 && all[n-1].to+1 == seq {
			all[n-1].to = seq
		} else {
			all = append(all, gap{seq, seq})
		}
	}
	return all
}

// lacks fails with errPassedOver if the copy of a stream has a gap where
// the register has a message. Servers make such gaps: a consumer that delivers
// again may be ahead of whom it delivers to, who then takes what lies between for
// deleted (nats-server 2.15.2, setupMirrorConsumer: the answer to a reset tells
// what was delivered since).
func (o *Origin) lacks(ctx context.Context, stream string, copied jetstream.StreamState) error {
	for _, g := range gaps(copied) {
		if o.isKnown(stream, g) {
			continue
		}
		m, err := o.after(ctx, stream, g.from-1)
		if err != nil {
			return err
		}
		if m != nil && m.Seq <= g.to {
			return fmt.Errorf("mirror: %w: it has no position %d of %s, which the register has", errPassedOver, m.Seq, stream)
		}
		o.know(stream, g)
	}
	return nil
}

// What is deleted stays so, hence a gap has to be asked for once.
func (o *Origin) isKnown(stream string, g gap) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.deleted[stream], func(k gap) bool { return k.from <= g.from && g.to <= k.to })
}

func (o *Origin) know(stream string, g gap) {
	o.mu.Lock()
	defer o.mu.Unlock()
	inside := func(k gap) bool { return g.from <= k.from && k.to <= g.to }
	o.deleted[stream] = append(slices.DeleteFunc(o.deleted[stream], inside), g)
}
