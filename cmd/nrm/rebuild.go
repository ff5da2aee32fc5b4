package main

import (
	"context"
	"errors"
	"fmt"

	"nrm/projections"
)

type rebuildCommand struct{}

// Run builds the views anew beside the old ones and then takes their place.
func (rebuildCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	n, err := lookAt(ctx, s.places(), s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	bar := newBar(scr.errs)
	err = projections.Rebuild(ctx, n.at.data, n.log, n.keys(), func(done, total uint64) { bar.show("building views", int(done), int(total)) })
	bar.end()
	if err != nil {
		return err
	}
	last, err := n.log.Last(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "The views are built anew up to position %d.\n", last)
	return nil
}
