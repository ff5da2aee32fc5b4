package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"nrm/eventstore/mirror"
)

type handoverCommand struct {
	letting  `embed:""`
	Offer    bool `help:"With --nats: only let the followers named with --leaf-nkey copy the register, which stays open."`
	TakeBack bool `help:"Open the register again instead, if no copy of it has taken over. Needs --copy-not-promoted."`

	CopyNotPromoted bool `help:"With --take-back: no copy of this register was promoted, and none will be; I have looked. If that is wrong there are two registers from now on: each lacks what the other records, who is erased in one can be read in the other, and nothing can join them again."`
}

// errTwoRegisters asks for the word of somebody who knows: nothing here can.
var errTwoRegisters = errors.New(`to take a register back is safe only as long as no copy of it has taken over. If one was promoted, or is promoted later, there are two registers:
each lacks what the other records, who is erased in one can be read in the other, and nothing can ever join them again.
Look at every copy first: where nrm promote has succeeded, that is the register now. If none was promoted and none will be, give --copy-not-promoted as well. Nothing was changed`)

// Run closes the register, so that nothing is appended by whomever, and lets
// followers in until it is stopped.
func (cmd handoverCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	if cmd.TakeBack && !cmd.CopyNotPromoted {
		return errTwoRegisters
	}
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

// remindEvery is how often whoever waits is told for whom.
const remindEvery = 10 * time.Second

// handOver closes the register and tells how far the followers are until it is
// asked to stop.
func handOver(ctx context.Context, nc *nats.Conn, followers []string, scr *screen) error {
	last, err := mirror.HandOver(ctx, nc)
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "The register is closed, and ends at position %d. It goes on in the copy that is promoted; nrm handover --take-back opens it again.\n", last)
	fmt.Fprintf(scr.out, "Waiting until everything is with %s.\n", strings.Join(followers, ", "))
	bar := newBar(scr.errs)
	told, reminded := map[string]bool{}, time.Now()
	for {
		remind := time.Since(reminded) >= remindEvery
		if remind {
			reminded = time.Now()
		}
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
				if remind {
					fmt.Fprintf(scr.out, "Still waiting for follower %s, which has confirmed %d of %d decisions. Is nrm follow running there?\n", key, min(position, last), last)
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
