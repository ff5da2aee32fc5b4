package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"nrm/eventstore"
	"nrm/eventstore/board"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

// createElsewhere makes an empty log on NATS servers, of which so many keep a
// copy, and the folder of this node. The canary comes before the log: from then
// on no other key file is let near it. What was interrupted can be given again.
func createElsewhere(ctx context.Context, at places, replicas int, logger *slog.Logger) (err error) {
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	if err := keyfile.Outside(at.keys, at.data); err != nil {
		return err
	}
	if kept, err := os.ReadDir(at.checkpoints); err == nil && len(kept) > 0 {
		return fmt.Errorf("%s holds checkpoints of a register: name another folder with --checkpoints; nothing was changed", at.checkpoints)
	}
	remote, err := at.elsewhere.connect(ctx, logger)
	if err != nil {
		return err
	}
	c := &cluster{node: at.elsewhere.node(), remote: remote, logger: logger}
	defer func() { err = errors.Join(mayNot(remote, err), c.close()) }()
	nc := remote.Conn()
	there, err := eventstore.Exists(ctx, nc)
	if err != nil {
		return err
	}
	if there {
		return fmt.Errorf("%w on the NATS servers: further nodes need no init, only nrm serve with --nats and a copy of the key file; nothing was changed", eventstore.ErrExists)
	}
	if err := board.Init(ctx, nc, replicas); err != nil && !errors.Is(err, board.ErrExists) {
		return err
	}
	if c.board, err = board.Open(ctx, nc, board.Options{Logger: logger}); err != nil {
		return err
	}
	if err := c.claim(ctx, ring); err != nil {
		return err
	}
	if err := vault.Init(ctx, nc, replicas); err != nil && !errors.Is(err, vault.ErrExists) {
		return err
	}
	if err := c.unused(ctx, ring); err != nil {
		return err
	}
	if err := c.join(at.data, ring.Register()); err != nil {
		return err
	}
	return eventstore.InitCopies(ctx, nc, replicas)
}

// claim puts up the first canary. One that is there already must be that of the
// same key file.
func (c *cluster) claim(ctx context.Context, ring *keyfile.Ring) error {
	kept, err := c.board.Get(ctx, canaryKey)
	if err != nil {
		return err
	}
	if kept.Revision > 0 {
		return ring.Fits(kept.Data)
	}
	b, err := ring.Canary()
	if err != nil {
		return err
	}
	_, err = c.board.Put(ctx, canaryKey, b, 0, 0)
	return err
}

// unused refuses servers that hold what remains of a register whose log is not
// there: it must not be taken for a new one.
func (c *cluster) unused(ctx context.Context, ring *keyfile.Ring) error {
	const wayOut = "bring its log back; nothing was changed"
	signed, err := c.board.Get(ctx, checkpointKey)
	if err != nil {
		return err
	}
	if signed.Revision > 0 {
		return fmt.Errorf("the NATS servers hold a checkpoint of a register, but not its log: %s", wayOut)
	}
	v, err := vault.Open(ctx, c.remote.Conn(), ring, vault.Options{Logger: c.logger})
	if err != nil {
		return err
	}
	defer v.Close()
	status, err := v.Status(ctx)
	if err == nil && status.Owners+status.Erased+status.Unreadable > 0 {
		err = fmt.Errorf("the NATS servers hold keys of %d people of a register, but not its log: %s", status.Owners+status.Erased+status.Unreadable, wayOut)
	}
	return err
}
