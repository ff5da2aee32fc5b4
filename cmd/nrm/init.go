package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"nrm/eventstore"
)

type initCommand struct{}

// Run creates the log. It is the only place in the program that does.
func (initCommand) Run(ctx context.Context, s *settings, scr *screen) error {
	if err := create(ctx, s.folder(), s.logger(scr.errs)); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "Created an empty log in %s.\nNext: nrm account add USER ROLE ORGANISATION, then nrm serve.\n", s.folder())
	return nil
}

func create(ctx context.Context, dir string, logger *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	server, err := eventstore.Start(ctx, dir, logger)
	if err != nil {
		return err
	}
	err = eventstore.Init(ctx, server.Conn())
	if errors.Is(err, eventstore.ErrExists) {
		err = fmt.Errorf("%w in %s; nothing was changed", err, dir)
	}
	return errors.Join(err, server.Close())
}
