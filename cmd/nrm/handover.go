package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nrm/eventstore/mirror"
)

type handoverCommand struct {
	letting  `embed:""`
	TakeBack bool `help:"Open the register again instead. Only if no copy of it was promoted, and none will be: otherwise there are two registers."`
}

// Run closes the register, so that nothing is appended by whomever, and lets
// followers in until it is stopped.
func (cmd handoverCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
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
		if err := mirror.TakeBack(ctx, n.server.Conn()); err != nil {
			return err
		}
		fmt.Fprintln(scr.out, "The register is open again. If a copy of it is promoted now, there are two registers.")
		return nil
	}
	if n.ring.Changing() {
		return errors.New("a change of keys is under way: let nrm serve finish it first")
	}
	last, err := mirror.HandOver(ctx, n.server.Conn())
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "The register is closed, and ends at position %d. It goes on in the copy that is promoted; nrm handover --take-back opens it again.\n", last)
	return n.seeOff(ctx, last, scr)
}

// seeOff tells how far the followers are until it is asked to stop.
func (n *node) seeOff(ctx context.Context, last uint64, scr *screen) error {
	bar := newBar(scr.errs)
	told := map[string]bool{}
	for {
		for _, key := range n.letIn.Keys {
			position, complete, err := mirror.Progress(ctx, n.server.Conn(), key)
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
