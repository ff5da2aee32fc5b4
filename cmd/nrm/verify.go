package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"nrm/domain"
	"nrm/projections"
)

type verifyCommand struct{}

// Run replays and decodes the whole log, checks every stream's chain and the
// invariants of the domain, and compares the views with views built from
// nothing. It names the first bad place.
func (verifyCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	n, err := openNode(ctx, s.folder(), s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	audit, err := verifyLog(ctx, n, scr)
	if err != nil {
		return err
	}
	if err := verifyViews(ctx, n, scr); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "The log is whole: %d decisions, %d events. The views agree with it.\n", audit.Decisions, audit.Events)
	return nil
}

func verifyLog(ctx context.Context, n *node, scr *screen) (*domain.Audit, error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	bar, audit := newBar(scr.errs), domain.NewAudit()
	defer bar.end()
	err = n.log.Verify(ctx, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if err := audit.Add(d); err != nil {
				return err
			}
		}
		bar.show("checking the log", int(ds[len(ds)-1].Seq), int(last))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the log is not as it should be: %w", err)
	}
	if faults := audit.Finish(); len(faults) > 0 {
		return nil, fmt.Errorf("the log contradicts itself in %d places: %w", len(faults), errors.Join(faults...))
	}
	return audit, nil
}

// verifyViews lets the views catch up with the log and compares them, table by
// table, with views that are built from the log alone in a folder of their own.
func verifyViews(ctx context.Context, n *node, scr *screen) error {
	views, err := n.views(ctx, scr)
	if err != nil {
		return err
	}
	have, err := caughtUp(ctx, n, views)
	if err = errors.Join(err, views.Close()); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(n.dir, "verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fresh, err := (&node{dir: dir, log: n.log}).views(ctx, scr)
	if err != nil {
		return err
	}
	want, err := fresh.Digest(ctx)
	if err = errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if have[table] != want[table] {
			return fmt.Errorf("the view %q does not say what the log says: run nrm rebuild", table)
		}
	}
	return nil
}

func caughtUp(ctx context.Context, n *node, views *projections.Views) (map[string]string, error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- views.Run(running, n.log) }()
	err = views.WaitFor(ctx, last)
	stop()
	if ran := <-done; err == nil && !errors.Is(ran, context.Canceled) {
		err = ran
	}
	if err != nil {
		return nil, err
	}
	return views.Digest(ctx)
}
