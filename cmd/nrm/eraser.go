package main

import (
	"context"
	"fmt"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// An eraser does what an approved erasure orders. Every step can be repeated,
// and what is still to do is read from the log, so that it goes on after a
// crash at any point.
type eraser struct {
	node     *node
	views    *projections.Views
	scrubbed string                  // whose rows the views' files no longer hold
	after    func(step string) error // for tests: called when a step is done
}

// watch erases what is approved, about once every tick, until ctx ends. What
// fails is tried again after longer and longer, since every attempt writes.
func (e *eraser) watch(ctx context.Context, every time.Duration) error {
	const longest = 10 * time.Minute
	for pause := every; ; {
		n, err := e.run(ctx)
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

// run destroys the keys of everybody whose erasure is approved, removes what
// was left in the views' files, replaces the key-encryption key, so that a copy
// of the old keys opens nothing any more, and records that it is done.
func (e *eraser) run(ctx context.Context) (erased int, err error) {
	people, err := e.views.Unfinished(ctx)
	if err != nil || len(people) == 0 {
		return 0, err
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

func (e *eraser) done(step string) error {
	if e.after == nil {
		return nil
	}
	return e.after(step)
}
