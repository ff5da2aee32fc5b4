package main

import (
	"context"
	"fmt"
	"time"

	"nrm/domain"
)

// An eraser does what an approved erasure orders. Every step can be repeated,
// and what is still to do is read from the log, so that it goes on after a
// crash at any point.
type eraser struct {
	node     *node
	views    forgetful
	scrubbed string                  // whose rows the views' files no longer hold
	after    func(step string) error // for tests: called when a step is done
}

// forgetful is what an eraser needs of the views.
type forgetful interface {
	Unfinished(ctx context.Context) ([]domain.Ref, error)
	Scrub(ctx context.Context) error
	WaitFor(ctx context.Context, seq uint64) error
}

// watch erases what is approved, about once every tick, until ctx ends. What
// fails is tried again after longer and longer, since every attempt writes.
func (e *eraser) watch(ctx context.Context, every time.Duration) error {
	const longest = 10 * time.Minute
	for pause := every; ; {
		n, err := e.inTurn(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			pause = min(2*pause, longest)
			e.node.logger.Error("an approved erasure is not finished", "error", err, "next", pause.String())
		case err == nil:
			pause = every
		}
		if n > 0 {
			e.node.logger.Warn("people were erased: copy the key file and make a new backup now; older ones open nothing that is sealed",
				"count", n, "generation", e.node.ring.Generation())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// inTurn is run where several nodes have an eraser: one at a time, and again only
// for what the others have not done. It also finishes a change of keys that was
// interrupted on a node that may not come back.
func (e *eraser) inTurn(ctx context.Context) (erased int, err error) {
	people, err := e.views.Unfinished(ctx)
	halfway := e.node.cluster != nil && e.node.ring.Retiring()
	if err != nil || len(people) == 0 && !halfway {
		return 0, err
	}
	err = e.node.alone(ctx, keysDuty, func(ctx context.Context) (err error) {
		if err := e.prepare(ctx); err != nil {
			return err
		}
		if erased, err = e.run(ctx); err != nil || !e.node.ring.Retiring() {
			return err
		}
		_, err = e.node.rewrap(ctx, nil)
		return err
	})
	return erased, err
}

// prepare makes sure, before anything is destroyed, that it could be finished here
// and was not by another node.
func (e *eraser) prepare(ctx context.Context) error {
	if e.node.cluster == nil {
		return nil
	}
	if err := e.node.confirm(ctx); err != nil {
		return err
	}
	last, err := e.node.log.Last(ctx)
	if err != nil {
		return err
	}
	return e.views.WaitFor(ctx, last)
}

// run destroys the keys of everybody whose erasure is approved, removes what
// was left in the views' files, replaces the key-encryption key, so that a copy
// of the old keys opens nothing any more, and records that it is done.
func (e *eraser) run(ctx context.Context) (erased int, err error) {
	people, err := e.views.Unfinished(ctx)
	if err != nil || len(people) == 0 {
		return 0, err
	}
	for _, ref := range people {
		if err := e.confirm(ctx, ref); err != nil {
			return 0, err
		}
	}
	keys := make([]int, len(people))
	for i, ref := range people {
		if keys[i], err = e.node.vault.Erase(ctx, string(ref)); err != nil {
			return 0, fmt.Errorf("destroy the keys of case %s: %w", ref, err)
		}
		if err := e.done("keys"); err != nil {
			return 0, err
		}
	}
	if whose := fmt.Sprint(people); e.scrubbed != whose {
		if err := e.views.Scrub(ctx); err != nil {
			return 0, err
		}
		e.scrubbed = whose
	}
	if err := e.done("views"); err != nil {
		return 0, err
	}
	if _, err := e.node.rewrap(ctx, nil); err != nil {
		return 0, err
	}
	if err := e.done("rotation"); err != nil {
		return 0, err
	}
	for i, ref := range people {
		req := domain.Request{By: domain.ClockActor(), Now: time.Now(), Cause: "erasure"}
		out, err := domain.Execute(ctx, e.node.log, req, domain.CaseStream(ref), domain.CompleteErasure{Keys: keys[i]})
		if err != nil {
			return erased, fmt.Errorf("record that case %s is erased: %w", ref, err)
		}
		if err := e.views.WaitFor(ctx, out.Position); err != nil {
			return erased, err
		}
		erased++
	}
	return erased, nil
}

// confirm asks the log itself whether the person's erasure was decided: the views
// only say where to look, and what follows cannot be undone.
func (e *eraser) confirm(ctx context.Context, ref domain.Ref) error {
	history, _, err := e.node.log.Load(ctx, domain.CaseStream(ref).String())
	if err != nil {
		return err
	}
	c, err := domain.Fold[domain.Case](history)
	if err != nil {
		return err
	}
	if !c.Erased() {
		return fmt.Errorf("the views say that the person of case %s is to be erased, and the log does not: nothing was destroyed; stop, keep a copy, and run nrm rebuild", ref)
	}
	return nil
}

func (e *eraser) done(step string) error {
	if e.after == nil {
		return nil
	}
	return e.after(step)
}
