package eventstore

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/role"
)

// checkRole refuses a log that is not to be written. To look at it is no matter
// of its role.
func checkRole(got jetstream.StreamConfig, lookOnly bool) (jetstream.StreamConfig, error) {
	if lookOnly {
		return role.Writable(got, wants.Settings), nil
	}
	if err := role.Check(got); err != nil {
		return got, fmt.Errorf("the log is not to be written: %w", err)
	}
	return got, nil
}

// writable asks the server for the role that the log has now.
func (l *link) writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	s, err := l.js.Stream(ctx, streamName)
	if err != nil {
		return unavailable(err)
	}
	_, err = checkRole(s.CachedInfo().Config, false)
	return err
}
