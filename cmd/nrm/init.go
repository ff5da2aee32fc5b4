package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

type initCommand struct{}

// Run creates the log. It is the only place in the program that does.
func (initCommand) Run(ctx context.Context, s *settings, scr *screen) error {
	at := s.places()
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
	if !hasLog(at.data) {
		for _, rest := range []string{"highwater.json", "views.db", filepath.Base(at.tree())} {
			if _, err := os.Stat(filepath.Join(at.data, rest)); !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("%s has %s of a log that is not there: bring the log back (is its disk mounted?), or name an empty folder; nothing was changed", at.data, rest)
			}
		}
	}
	key, old := ring.Storage()
	server, err := eventstore.Start(ctx, at.data, eventstore.StartOptions{Key: key, OldKey: old, Logger: logger})
	if err != nil {
		return err
	}
	// The keys come first: an init that was interrupted can be given again.
	if err = vault.Init(ctx, server.Conn(), 1); err == nil || errors.Is(err, vault.ErrExists) {
		err = eventstore.Init(ctx, server.Conn())
	}
	if errors.Is(err, eventstore.ErrExists) {
		err = fmt.Errorf("%w in %s; nothing was changed", err, at.data)
	}
	return errors.Join(err, server.Close())
}
