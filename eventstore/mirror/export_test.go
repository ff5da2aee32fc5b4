package mirror

import (
	"context"

	"github.com/nats-io/nats.go"
)

// MostRenewals is how many copies are made anew in a row.
const MostRenewals = mostRenewals

// Conn reaches the copy while it is followed into.
func (f *Follower) Conn() *nats.Conn { return f.server.Conn() }

// Renew is told that the copy has passed over something.
func (f *Follower) Renew(ctx context.Context) error { return f.renew(ctx, errPassedOver) }
