package main

import (
	"context"
	"errors"
	"log/slog"

	"golang.org/x/sync/errgroup"
)

type serveCommand struct {
	listening `embed:""`
	letting   `embed:""`
	Drill     bool `help:"Only let people look, as at a backup that was restored on trial: nothing is recorded, no checkpoint is signed, and every page says so."`
}

// Run serves until it is asked to stop.
func (cmd serveCommand) Run(ctx context.Context, s *settings, scr *screen) error {
	logger := s.logger(scr.errs)
	if cmd.Drill {
		return cmd.lookOnly(ctx, s, scr, logger)
	}
	letIn, err := cmd.letIn()
	if err != nil {
		return err
	}
	open := func(ctx context.Context) (*node, error) { return openAs(ctx, s.places(), logger, true, letIn) }
	return serve(ctx, cmd.listening, scr, logger, open, func(address string) {
		logger.Info("serving", "address", address)
	})
}

// serve opens the door, then the register behind it, and returns when ctx ends
// or any part fails. Who comes while the register is being opened is asked to
// come back. A part that fails stops the others: a server whose views have
// stopped must not go on answering questions. Parts stop in order: first no new
// requests, then what runs beside them, then (in close) the views and the log.
func serve(ctx context.Context, at listening, scr *screen, logger *slog.Logger,
	open func(context.Context) (*node, error), ready func(address string)) (err error) {
	door, err := openDoor(ctx, at, logger)
	if err != nil {
		return err
	}
	counted, err := openMetrics(ctx, at.Metrics, logger)
	if err != nil {
		return errors.Join(err, door.listener.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // the parts outlive the last request
	defer stop()
	group.Go(door.serve)
	group.Go(func() error { return counted.serve(running) })
	group.Go(func() error {
		defer stop()
		<-ctx.Done()
		logger.Info("stopping", "why", context.Cause(ctx).Error())
		return door.close()
	})
	run := func(parts []part) {
		for _, p := range parts {
			group.Go(func() error { return stopped(p.run(running)) })
		}
	}
	r, err := openService(ctx, open, scr, door.progress)
	defer func() { err = errors.Join(err, r.close()) }()
	if err == nil {
		defer counted.watch(r)()
		run(r.followers())
		err = r.caughtUp(ctx, door.progress)
	}
	if err == nil {
		run(r.workers())
		err = door.hand(r.app(at))
	}
	if err == nil {
		ready(door.address())
	}
	opened := err
	group.Go(func() error { return opened })
	return group.Wait()
}

// A part runs beside the others for as long as the register serves. It ends
// with an error only when the register must not go on.
type part struct {
	name string
	run  func(context.Context) error
}

// stopped tells the end that was asked for from every other.
func stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
