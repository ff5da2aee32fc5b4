package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nrm/eventstore/board"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

const (
	// On the board:
	canaryKey     = "canary"     // the marks of the keys that the register depends on
	checkpointKey = "checkpoint" // the latest, signed

	// term is how long a node that does not answer keeps its duties.
	term = 6 * time.Second
)

// fits holds the key file against the canary of the register. Another node may
// have changed keys, and this one's copy of the file may not have followed.
func (c *cluster) fits(ctx context.Context, ring *keyfile.Ring) error {
	_, err := c.canary(ctx, ring)
	return err
}

func (c *cluster) canary(ctx context.Context, ring *keyfile.Ring) (board.Value, error) {
	kept, err := c.board.Get(ctx, canaryKey)
	if err != nil {
		return kept, err
	}
	if kept.Revision == 0 {
		return kept, fmt.Errorf("%w: the NATS servers do not say which key file the register belongs to", keyfile.ErrNoCanary)
	}
	err = ring.Fits(kept.Data)
	if errors.Is(err, keyfile.ErrOutdated) {
		err = fmt.Errorf("%w; another node has changed the keys: copy its key file here", err)
	}
	return kept, err
}

// awayElsewhere tells errors that pass when the servers answer again, or when the
// key file that another node has changed is brought here.
func awayElsewhere(err error) bool {
	return errors.Is(err, board.ErrUnavailable) || errors.Is(err, keyfile.ErrOutdated) || errors.Is(err, vault.ErrNoKEK)
}

// mark lets the canary know which keys there are, unless the register depends on
// others.
func (c *cluster) mark(ctx context.Context, ring *keyfile.Ring) error {
	for {
		kept, err := c.canary(ctx, ring)
		if err != nil {
			return err
		}
		fresh, err := ring.Canary()
		if err != nil || bytes.Equal(fresh, kept.Data) {
			return err
		}
		_, err = c.board.Put(ctx, canaryKey, fresh, kept.Revision, 0)
		if !errors.Is(err, board.ErrConflict) {
			return err
		}
	}
}

// alone does work that one node at a time may do, and waits for its turn.
func (c *cluster) alone(ctx context.Context, duty string, work func(context.Context) error) error {
	return c.board.Hold(ctx, duty, c.node, term, work)
}

// keysDuty is the turn to erase people and to change keys.
const keysDuty = "keys"

// belongs holds the key file against the data, wherever that is.
func belongs(ctx context.Context, ring *keyfile.Ring, at places, logger *slog.Logger) error {
	if !at.elsewhere.named() {
		return ring.Check(at.data)
	}
	c, err := meet(ctx, at.elsewhere, logger)
	if err != nil {
		return err
	}
	return errors.Join(c.fits(ctx, ring), c.close())
}

// rotateElsewhere changes the key-encryption key of a register that is being
// served by its nodes, and needs no data folder. The key that the NATS servers
// encrypt their files with is theirs.
func rotateElsewhere(ctx context.Context, at places, logger *slog.Logger, scr *screen) (err error) {
	n := &node{at: at, logger: logger}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.meet(ctx); err != nil {
		return err
	}
	if err := n.openVault(ctx, false); err != nil {
		return err
	}
	var report vault.Report
	bar := newBar(scr.errs)
	err = n.alone(ctx, keysDuty, func(ctx context.Context) (err error) {
		report, err = n.rewrap(ctx, func(done, total int) { bar.show("wrapping keys anew", done, total) })
		return err
	})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, `The keys of %d people (%d keys) are wrapped by the new key %s, in %s; %d people are erased.
The views of each node will be built anew under a new search key when it starts next.
The key file %s is now of generation %d. Unless all nodes share it, copy it to each of them now:
until then they make no new keys, do not open what is sealed, and are not ready. Destroy every older copy.
`, report.Owners, report.Keys, report.KEK, report.Took.Round(time.Millisecond), report.Erased, at.keys, n.ring.Generation())
	return nil
}
