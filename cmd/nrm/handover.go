package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"nrm/eventstore/mirror"
)

type handoverCommand struct {
	letting  `embed:""`
	Offer    bool `help:"With --nats: only let the followers named with --leaf-nkey copy the register, which stays open."`
	TakeBack bool `help:"Open the register again instead. Only if no copy of it was promoted, and none will be: otherwise there are two registers."`
}

// Run closes the register, so that nothing is appended by whomever, and lets
// followers in until it is stopped.
func (cmd handoverCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	if s.named() {
		return cmd.handOverElsewhere(ctx, s, scr)
	}
	letIn, err := cmd.letIn()
	if err != nil {
		return err
	}
	if letIn == nil && !cmd.TakeBack {
		return errors.New("a copy must be able to come in while this runs: give --leaf-listen, --leaf-cert, --leaf-key and --leaf-nkey")
	}
	n, err := openAs(ctx, s.places(), s.logger(scr.errs), false, letIn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if cmd.TakeBack {
		return takeBack(ctx, n.server.Conn(), scr)
	}
	if n.ring.Changing() {
		return errors.New("a change of keys is under way: let nrm serve finish it first")
	}
	return handOver(ctx, n.server.Conn(), n.letIn.Keys, scr)
}

func takeBack(ctx context.Context, nc *nats.Conn, scr *screen) error {
	if err := mirror.TakeBack(ctx, nc); err != nil {
		return err
	}
	fmt.Fprintln(scr.out, "The register is open again. If a copy of it is promoted now, there are two registers.")
	return nil
}

// handOver closes the register and tells how far the followers are until it is
// asked to stop.
func handOver(ctx context.Context, nc *nats.Conn, followers []string, scr *screen) error {
	last, err := mirror.HandOver(ctx, nc)
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "The register is closed, and ends at position %d. It goes on in the copy that is promoted; nrm handover --take-back opens it again.\n", last)
	bar := newBar(scr.errs)
	told := map[string]bool{}
	for {
		for _, key := range followers {
			position, complete, err := mirror.Progress(ctx, nc, key)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				return err
			case complete && !told[key]:
				told[key] = true
				fmt.Fprintf(scr.out, "Follower %s has everything. Run nrm promote there; when it has succeeded, stop this.\n", key)
			case !complete:
				bar.show("handing over", int(position), int(last))
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
