package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

type initCommand struct {
	Replicas int `help:"With --nats: how many servers keep a copy of the log, 1, 3 or 5." default:"3" enum:"1,3,5" env:"NRM_REPLICAS"`
}

// Run creates the log. It is the only place in the program that does.
func (cmd initCommand) Run(ctx context.Context, s *settings, scr *screen) error {
	at := s.places()
	if at.elsewhere.named() {
		if err := createElsewhere(ctx, at, cmd.Replicas, s.logger(scr.errs)); err != nil {
			return err
		}
		fmt.Fprintf(scr.out, `Created an empty log on %s, %d copies, sealed with the keys in %s.
Next: nrm account add USER ROLE ORGANISATION, then nrm serve, on each node with --nats and the same key file.
`, at.elsewhere.URLs, cmd.Replicas, at.keys)
		return nil
	}
	if err := create(ctx, at, s.logger(scr.errs)); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "Created an empty log in %s, sealed with the keys in %s.\nNext: nrm account add USER ROLE ORGANISATION, then nrm serve.\n", at.data, at.keys)
	return nil
}

// create makes an empty log under the keys in the key file. The canary comes
// first: from then on no other key file is let near the folder.
func create(ctx context.Context, at places, logger *slog.Logger) error {
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(at.data, 0o700); err != nil {
		return err
	}
	if err := vacant(at); err != nil {
		return err
	}
	err = ring.Check(at.data)
	if errors.Is(err, keyfile.ErrNoCanary) {
		if hasLog(at.data) {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		err = ring.Mark(at.data)
	}
	if err != nil {
		return err
	}
	key, old := ring.Storage()
	server, err := eventstore.Start(ctx, at.data, eventstore.StartOptions{Key: key, OldKey: old, Logger: logger})
	if err != nil {
		return err
	}
	there, err := eventstore.Exists(ctx, server.Conn())
	if err == nil && there {
		err = fmt.Errorf("%w in %s; nothing was changed", eventstore.ErrExists, at.data)
	}
	if err == nil {
		// The keys come first: an init that was interrupted can be given again.
		if err = vault.Init(ctx, server.Conn(), 1); err == nil || errors.Is(err, vault.ErrExists) {
			err = eventstore.Init(ctx, server.Conn())
		}
	}
	return errors.Join(err, server.Close())
}

// vacant refuses a folder that holds anything but what an interrupted init
// leaves: what remains of a register whose log is not there, because a disk is
// not mounted, must not be taken for a new one.
func vacant(at places) error {
	entries, err := os.ReadDir(at.data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains([]string{"LOCK", "canary.json", "jetstream", "lost+found"}, e.Name()) {
			return fmt.Errorf("%s is not empty: it holds %s. If this is a register whose log is missing, bring the log back (is its disk mounted?); nothing was changed", at.data, e.Name())
		}
	}
	if kept, err := os.ReadDir(at.checkpoints); err == nil && len(kept) > 0 {
		return fmt.Errorf("%s holds checkpoints of a register: name another folder with --checkpoints; nothing was changed", at.checkpoints)
	}
	return nil
}
