package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"nrm/eventstore/board"
	"nrm/eventstore/witness"
)

// duty does work for the whole register whenever it is this node's turn, until ctx
// ends. Where there is only one node it always is.
func (n *node) duty(ctx context.Context, name string, work func(context.Context) error) error {
	return n.alone(ctx, name, func(ctx context.Context) error {
		if n.cluster != nil {
			n.logger.Info("this node has a duty now", "duty", name)
			defer n.logger.Info("this node has a duty no more", "duty", name)
		}
		return work(ctx)
	})
}

// signing has one node at a time sign checkpoints, and every node keep those
// that any of them has signed.
type signing struct {
	node   *node
	shared *board.Board  // nil: there is only one node
	active atomic.Bool   // this node signs
	signed chan struct{} // there is a checkpoint to be shared
	latest atomic.Pointer[witness.Checkpoint]
}

func newSigning(n *node) *signing {
	s := &signing{node: n, signed: make(chan struct{}, 1)}
	if n.cluster != nil {
		s.shared = n.cluster.board
	}
	return s
}

// configure makes a keeper one of several.
func (s *signing) configure(ctx context.Context, c *witness.Config) error {
	if s.shared == nil {
		return nil
	}
	kept, err := s.shared.Get(ctx, checkpointKey)
	if err != nil {
		return err
	}
	c.Latest, c.Active, c.Signed = kept.Data, s.active.Load, s.note
	return nil
}

func (s *signing) note(c witness.Checkpoint) {
	s.latest.Store(&c)
	select {
	case s.signed <- struct{}{}:
	default:
	}
}

// run takes part in signing, beside the keeper's own Run.
func (s *signing) run(ctx context.Context, k *witness.Keeper) error {
	if s.shared == nil {
		return nil
	}
	return s.node.duty(ctx, "signer", func(ctx context.Context) error {
		// What the one before has signed last comes first. Who cannot agree with it
		// must not go on from it.
		for {
			err := s.accept(ctx, k)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.node.logger.Error("the latest checkpoint cannot be taken over, so none is signed", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Second):
			}
		}
		s.active.Store(true)
		defer s.active.Store(false)
		for {
			select {
			case <-ctx.Done():
				s.last(ctx, k)
				return ctx.Err()
			case <-s.signed:
			}
			for err := s.share(ctx); err != nil && ctx.Err() == nil; err = s.share(ctx) {
				s.node.logger.Warn("a checkpoint cannot be shared yet", "error", err)
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
		}
	})
}

// last signs and shares what this node leaves to the others, unless it has lost
// its turn.
func (s *signing) last(turn context.Context, k *witness.Keeper) {
	if !errors.Is(context.Cause(turn), context.Canceled) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(turn), term/2)
	defer cancel()
	_, err := k.Checkpoint(ctx)
	if errors.Is(err, witness.ErrBeyond) { // the log is empty
		return
	}
	if err == nil && s.latest.Load() != nil {
		err = s.share(ctx)
	}
	if err != nil {
		s.node.logger.Warn("the last checkpoint of this node is not shared", "error", err)
	}
}

// follow keeps what others have signed.
func (s *signing) follow(ctx context.Context, k *witness.Keeper) error {
	if s.shared == nil {
		return nil
	}
	return s.shared.Watch(ctx, checkpointKey, func(v board.Value) error {
		if v.Revision == 0 {
			return nil
		}
		if err := s.take(ctx, k, v.Data); err != nil && ctx.Err() == nil {
			s.node.logger.Error("a checkpoint of another node cannot be kept", "error", err)
		}
		return nil
	})
}

func (s *signing) accept(ctx context.Context, k *witness.Keeper) error {
	v, err := s.shared.Get(ctx, checkpointKey)
	if err != nil || v.Revision == 0 {
		return err
	}
	return s.take(ctx, k, v.Data)
}

// take waits a while for the log to come as far as the checkpoint goes.
func (s *signing) take(ctx context.Context, k *witness.Keeper, raw []byte) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return k.Accept(ctx, raw)
}

// share puts the latest checkpoint on the board, unless a later one is there.
func (s *signing) share(ctx context.Context) error {
	c := s.latest.Load()
	there, err := s.shared.Get(ctx, checkpointKey)
	if err != nil {
		return err
	}
	other, err := sharedCheckpoint(there, s.node.ring.VerifierKey())
	if err != nil || other.Size >= c.Size {
		return err
	}
	_, err = s.shared.Put(ctx, checkpointKey, c.Raw, there.Revision, 0)
	if errors.Is(err, board.ErrConflict) {
		return s.share(ctx)
	}
	return err
}

// checkpoint gives the latest one that the nodes share, with Size 0 if there is
// none, as before there is a board.
func (c *cluster) checkpoint(ctx context.Context, key string) (witness.Checkpoint, error) {
	if c.board == nil {
		return witness.Checkpoint{}, nil
	}
	v, err := c.board.Get(ctx, checkpointKey)
	if err != nil {
		return witness.Checkpoint{}, err
	}
	return sharedCheckpoint(v, key)
}

func sharedCheckpoint(v board.Value, key string) (c witness.Checkpoint, err error) {
	if v.Revision == 0 {
		return c, nil
	}
	if c, err = witness.Parse(v.Data, key); err != nil {
		err = fmt.Errorf("what the nodes share as the latest checkpoint is none: %w", err)
	}
	return c, err
}

// A scrubber removes from this node's views what remains in their files of those
// whom any node has erased.
type scrubber struct {
	node   *node
	views  forgetful
	erased chan struct{}
}

func newScrubber(n *node, views forgetful) *scrubber {
	return &scrubber{n, views, make(chan struct{}, 1)}
}

// watch forgets keys as soon as they are destroyed anywhere.
func (s *scrubber) watch(ctx context.Context) error {
	return s.node.vault.Watch(ctx, func(string) {
		select {
		case s.erased <- struct{}{}:
		default:
		}
	})
}

// run scrubs the views after erasures by others. The views have forgotten the
// person when they include the order to erase, which is in the log before any
// key is destroyed.
func (s *scrubber) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.erased:
		}
		for pause := time.Second; ; pause = min(2*pause, time.Minute) {
			err := s.scrub(ctx)
			if err == nil {
				break
			}
			s.node.logger.Warn("what remains of the erased in the files of the views is not removed yet", "error", err, "next", pause.String())
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
	}
}

func (s *scrubber) scrub(ctx context.Context) error {
	last, err := s.node.log.Last(ctx)
	if err != nil {
		return err
	}
	if err := s.views.WaitFor(ctx, last); err != nil {
		return err
	}
	return s.views.Scrub(ctx)
}

// shared are the parts of a node that is one of several.
func (r *service) shared() []part {
	n := r.node
	if n.cluster == nil {
		return nil
	}
	s := newScrubber(n, r.views)
	return []part{
		{"role", r.watchRole},
		{"erasures", s.watch},
		{"scrubber", s.run},
		{"signer", func(ctx context.Context) error { return r.signs.run(ctx, r.proofs.Keeper) }},
		{"checkpoints", func(ctx context.Context) error { return r.signs.follow(ctx, r.proofs.Keeper) }},
	}
}
