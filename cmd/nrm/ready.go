package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// farBehind is how many positions the views may lack before the register is
// called not ready.
const farBehind = 1000

// ready tells why questions should not be asked now. Each error begins with the
// name of the part that it is about.
func (r *service) ready(ctx context.Context) error {
	return errors.Join(r.logReady(ctx), r.node.keysThere(ctx), about("witness", r.proofs.Healthy()), about("accounts", r.people.Healthy()))
}

// about names the part that an error is about, whatever the part itself says.
func about(part string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}

func (r *service) logReady(ctx context.Context) error {
	if why := r.closed.Load(); why != nil {
		return fmt.Errorf("log: %w", *why)
	}
	if err := errors.Join(r.node.server.Healthy(), r.node.log.Healthy()); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if err := r.views.Err(); err != nil {
		return fmt.Errorf("views: %w", err)
	}
	last, err := r.node.log.Last(ctx)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if behind := int64(last) - int64(r.views.Position()); behind > farBehind {
		return fmt.Errorf("views: %d positions behind", behind)
	}
	return nil
}

// keysThere tells when the key file is gone or damaged while the keys are still
// in memory, and it can be put back; or that it is outdated.
func (n *node) keysThere(ctx context.Context) error {
	if err := n.ring.Reload(); err != nil {
		return fmt.Errorf("keys: put the key file back before this process ends: %w", err)
	}
	if err := n.confirm(ctx); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

// watchKeys says so in the log, about once every tick, for whoever has no probe.
func (n *node) watchKeys(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := n.keysThere(ctx); err != nil && ctx.Err() == nil {
				n.logger.Error("the key file cannot be used", "error", err)
			}
		}
	}
}
