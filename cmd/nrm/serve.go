package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"nrm/api"
	"nrm/api/accounts"
	"nrm/eventstore"
	"nrm/projections"
)

type serveCommand struct {
	listening `embed:""`
}

// Run serves until it is asked to stop.
func (cmd serveCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	logger := s.logger(scr.errs)
	n, err := openNode(ctx, s.places(), logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	return n.serve(ctx, cmd.listening, scr, logger, func(address string) {
		logger.Info("serving", "address", address)
	})
}

// serve starts every part and returns when ctx ends or any part fails. A part
// that fails stops the others: a server whose views have stopped must not go on
// answering questions. Parts stop in order: first no new requests, then the
// clock and the views, then (in close) the log.
func (n *node) serve(ctx context.Context, at listening, scr *screen, logger *slog.Logger, ready func(address string)) (err error) {
	views, err := n.views(ctx, scr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, views.Close()) }()
	if people, err := views.Unreadable(ctx); err != nil {
		return err
	} else if people > 0 {
		logger.Error("the keys of people are damaged, and what is sealed of them cannot be read: restore the keys from a backup, or have it erased", "people", people)
	}
	witness, err := n.witness(ctx, scr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, witness.Close()) }()
	people, err := accounts.Open(accountsFile(n.at.data))
	if err != nil {
		return err
	}
	people.Logger = logger
	app := &api.Server{
		Log: n.log, Views: views, Accounts: people, Now: time.Now, Logger: logger,
		Ready: func(ctx context.Context) error {
			return errors.Join(n.ready(ctx, views), n.keysThere(), witness.Healthy(), people.Healthy())
		},
		Witness:    witness,
		Away:       away,
		SecureOnly: at.TLS, TrustedProxies: at.Proxy,
	}
	handler, err := app.Handler()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at.Listen)
	if err != nil {
		return fmt.Errorf("%w: choose another address with --listen", err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	parts, ctx := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // views, clock and witness outlive the last request
	parts.Go(func() error { return stopped(views.Run(running, n.log)) })
	parts.Go(func() error { return stopped(witness.Run(running)) })
	parts.Go(func() error { return stopped((&eraser{node: n, views: views}).watch(running, time.Second)) })
	parts.Go(func() error { return n.watchKeys(running, time.Minute) })
	parts.Go(func() error { return stopped(watch(running, n.log, views, 30*time.Second, logger)) })
	parts.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	parts.Go(func() error {
		defer stop()
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(grace)
	})
	if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() && !at.TLS {
		logger.Warn("serving beyond this machine without TLS: passwords can be read on the way; put a proxy with TLS in front and set --behind-tls and --proxy")
	}
	if at.TLS && at.Proxy == "" {
		logger.Warn("behind TLS without --proxy: every client looks like the proxy, and one who guesses passwords slows down all")
	}
	ready(listener.Addr().String())
	return parts.Wait()
}

// ready tells why questions should not be asked yet, or no more.
func (n *node) ready(ctx context.Context, views *projections.Views) error {
	if err := errors.Join(n.server.Healthy(), n.log.Healthy()); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if err := views.Err(); err != nil {
		return fmt.Errorf("views: %w", err)
	}
	last, err := n.log.Last(ctx)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if behind := int64(last) - int64(views.Position()); behind > 1000 {
		return fmt.Errorf("views: %d positions behind", behind)
	}
	return nil
}

// keysThere tells when the key file is gone or damaged while the keys are still
// in memory, and it can be put back.
func (n *node) keysThere() error {
	if err := n.ring.Reload(); err != nil {
		return fmt.Errorf("put the key file back before this process ends: %w", err)
	}
	return nil
}

// watchKeys says so in the log, about once every tick, for whoever has no probe.
func (n *node) watchKeys(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := n.keysThere(); err != nil {
				n.logger.Error("the key file cannot be read", "error", err)
			}
		}
	}
}

// away reports whether it is worth asking again.
func away(err error) bool {
	return errors.Is(err, eventstore.ErrBusy) || errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// stopped tells the end that was asked for from every other.
func stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
