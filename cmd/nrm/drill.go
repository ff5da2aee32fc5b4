package main

import (
	"context"
	"errors"
	"log/slog"

	"nrm/eventstore/witness"
)

// lookOnly serves a register only to be looked at: to see whether a restore is good,
// without it going on as a second register beside the first. The log and the keys
// are opened to look only, which is what everything else rests on. Beyond that
// nobody is there who would write: no clock, no eraser, nobody who finishes a
// change of keys, and the witness never signs.
func (cmd serveCommand) lookOnly(ctx context.Context, s *settings, scr *screen, logger *slog.Logger) error {
	switch {
	case s.named():
		return errors.New("--drill is for a folder that a backup was restored into, not for the NATS servers that a register is on")
	case cmd.LeafListen != "":
		return errors.New("nobody may follow a drill: leave --leaf-listen away")
	}
	logger.Warn("this is a drill: everything can be looked at, nothing is recorded and no checkpoint is signed")
	cmd.drill = true
	open := func(ctx context.Context) (*node, error) {
		n, err := lookAt(ctx, s.places(), logger)
		if n != nil {
			n.drill = true
		}
		return n, err
	}
	return serve(ctx, cmd.listening, scr, logger, open, func(address string) {
		logger.Info("serving", "address", address, "drill", true)
	})
}

// mute has a witness never sign.
func mute(c *witness.Config) { c.Active = func() bool { return false } }
