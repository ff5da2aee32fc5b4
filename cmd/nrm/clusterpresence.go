package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nrm/eventstore/board"
	"nrm/eventstore/role"
)

const (
	// attended is how long a node counts as being there that has ended without a
	// word, or cannot reach the NATS servers.
	attended = 15 * time.Second
	// closedEvery is how often a node asks whether the log was closed, and
	// closedFor how long it says so on /readyz before it stops.
	closedEvery = 2 * time.Second
	closedFor   = 3 * time.Second
)

// attend puts this node on the list of those that work on the register.
func (c *cluster) attend(ctx context.Context) (err error) {
	c.leave, err = c.board.Attend(ctx, c.node, attended)
	return err
}

// nobodyThere fails if a node works on the register, and names all that do.
func nobodyThere(ctx context.Context, b *board.Board) error {
	all, err := b.Presence(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	var names []string
	for _, p := range all {
		names = append(names, fmt.Sprintf("%s (since %s)", p.Node, p.Since.UTC().Format(time.RFC3339)))
	}
	return fmt.Errorf("the register is in use by %s: stop nrm serve there first, so that nobody is working in it. Who was killed is counted for %d seconds more. Nothing was changed",
		strings.Join(names, ", "), int(attended.Seconds()))
}

// watchRole ends a node under which the log was closed, as by nrm handover while
// this node was not seen. For a moment it is still there and not ready, so that
// whoever watches it sees why.
func (r *service) watchRole(ctx context.Context) error {
	ticker := time.NewTicker(closedEvery)
	defer ticker.Stop()
	for {
		err := r.node.log.Writable(ctx)
		if errors.Is(err, role.ErrHandedOver) || errors.Is(err, role.ErrCopy) {
			r.closed.Store(&err)
			r.logger.Error("the log was closed while this node served it: it stops", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(closedFor):
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
