package mirror

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrOrigin says that the register is not whole.
var ErrOrigin = errOrigin

// MostRenewals is how many copies are made anew in a row.
const MostRenewals = mostRenewals

// Conn reaches the copy while it is followed into.
func (f *Follower) Conn() *nats.Conn { return f.server.Conn() }

// Renew is told that the copy has passed over something.
func (f *Follower) Renew(ctx context.Context) error { return f.renew(ctx, errPassedOver) }

// Over tells whether a new copy is as far as the old one was.
func (r *Renewal) Over(ctx context.Context, copied, origin *nats.Conn) (bool, error) {
	return r.over(ctx, local(copied), local(origin))
}

// HasAllOfLog fails with ErrOrigin if the log that nc reaches is not whole.
func HasAllOfLog(ctx context.Context, nc *nats.Conn) error {
	return local(nc).hasAll(ctx, "NRM", jetstream.StreamState{})
}
