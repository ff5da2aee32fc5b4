package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// passing are errors of a connection that has no server at the moment.
var passing = []error{
	ErrBusy, ErrUnavailable, context.DeadlineExceeded,
	nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting, nats.ErrReconnectBufExceeded, nats.ErrNoServers,
	nats.ErrStaleConnection, jetstream.ErrNoStreamResponse, jetstream.ErrNoHeartbeat,
}

// Away reports whether an error only says that the server did not answer in
// time, is too busy, or cannot be reached or store anything now: it is worth
// asking again.
func Away(err error) bool {
	for _, p := range passing {
		if errors.Is(err, p) {
			return true
		}
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code >= 500
}

// unavailable makes sure that an error says so if the server is away.
func unavailable(err error) error {
	if err == nil || !Away(err) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
