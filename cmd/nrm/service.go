package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"nrm/api"
	"nrm/api/accounts"
	"nrm/eventstore"
	"nrm/eventstore/board"
	"nrm/projections"
)

// A service is a register that is being served: the log and all that follows
// from it.
type service struct {
	node   *node
	views  *projections.Views
	proofs proofs
	people *accounts.Store
	signs  *signing
	logger *slog.Logger
	duties duties
	closed atomic.Pointer[error] // why nothing can be recorded any more, if the log was closed
	meter  api.Meter             // nil: nobody counts
	opened []func() error        // how to close what is open, in the order of opening

	backingUp sync.Mutex
}

// progress hears which part is being started and how far that has come.
type progress func(part string, done, total uint64)

// openService opens one after the other. What it returns is to be closed also if
// it fails.
func openService(ctx context.Context, open func(context.Context) (*node, error), scr *screen, tell progress) (r *service, err error) {
	r = &service{}
	tell("log", 0, 0)
	if r.node, err = open(ctx); err != nil {
		return r, err
	}
	r.opened = append(r.opened, r.node.close)
	r.logger, r.node.tell = r.node.logger, tell

	tell("views", 0, 0)
	if r.views, err = r.node.views(ctx, scr); err != nil {
		return r, err
	}
	r.opened = append(r.opened, r.views.Close)
	if people, err := r.views.Unreadable(ctx); err != nil {
		return r, err
	} else if people > 0 {
		r.logger.Error("the keys of people are damaged, and what is sealed of them cannot be read: restore the keys from a backup, or have it erased", "people", people)
	}

	tell("witness", 0, 0)
	r.signs = newSigning(r.node)
	if r.proofs, err = r.node.witness(ctx, scr, r.signs); err != nil {
		return r, err
	}
	r.opened = append(r.opened, r.proofs.Close)

	if r.people, err = r.node.accounts(ctx); err != nil {
		return r, err
	}
	r.people.Logger = r.logger
	return r, nil
}

// close closes in reverse order, when no part runs any more.
func (r *service) close() (err error) {
	for len(r.opened) > 0 {
		last := len(r.opened) - 1
		err = errors.Join(err, r.opened[last]())
		r.opened = r.opened[:last]
	}
	return err
}

// followers are the parts that read the log. They must have caught up before
// anybody is answered.
func (r *service) followers() []part {
	return []part{
		{"views", func(ctx context.Context) error { return r.views.Keep(ctx, r.node.log, r.logger) }},
		{"witness", r.duties.signer.while(r.proofs.Run)},
	}
}

// workers are the parts that do what is due. In a drill nothing is.
func (r *service) workers() []part {
	if r.node.drill {
		return []part{{"keys", func(ctx context.Context) error { return r.node.watchKeys(ctx, time.Minute) }}}
	}
	eraser := &eraser{node: r.node, views: r.views}
	return append(r.shared(), []part{
		{"eraser", func(ctx context.Context) error { return eraser.watch(ctx, time.Second) }},
		{"keys", func(ctx context.Context) error { return r.node.watchKeys(ctx, time.Minute) }},
		{"admin", r.admin},
		{"time", func(ctx context.Context) error { return watchTime(ctx, 10*time.Second, time.Now, r.logger) }},
		{"clock", func(ctx context.Context) error {
			return r.node.duty(ctx, "clock", r.duties.clock.while(func(ctx context.Context) error {
				return watch(ctx, r.node.log, r.views, 30*time.Second, r.logger, r.duties.clock.done)
			}))
		}},
	}...)
}

// caughtUp waits until the views include what the log holds now.
func (r *service) caughtUp(ctx context.Context, tell progress) error {
	last, err := r.node.log.Last(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for r.views.Position() < last {
		tell("views", r.views.Position(), last)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// app answers requests.
func (r *service) app(at listening) *api.Server {
	s := &api.Server{
		Log: r.node.log, Views: r.views, Accounts: r.people, Witness: r.proofs,
		Now: time.Now, Logger: r.logger,
		Ready: r.ready, Away: r.away, Meter: r.meter, Drill: r.node.drill,
		SecureOnly: at.TLS, TrustedProxies: at.Proxy,
	}
	if r.node.cluster != nil {
		s.Sessions = board.SessionsOf(r.node.cluster.board)
	}
	return s
}

// away reports whether it is worth asking again. It lets the views know of what
// they answered, so that damage is noticed where it shows first.
func (r *service) away(err error) bool {
	return eventstore.Away(err) || awayElsewhere(err) || r.views.Suspect(err)
}
