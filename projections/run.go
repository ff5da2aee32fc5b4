package projections

import (
	"context"
	"errors"
	"fmt"

	"nrm/domain"
)

// errEnded says that Run was told to end.
var errEnded = errors.New("projections: the views no longer follow the log")

// Run follows the log from where the views are until ctx ends, whose error it
// returns, or until something cannot be applied. It never skips: what it cannot
// apply stops it, with the error, and a person must look.
func (v *Views) Run(ctx context.Context, log Log) error {
	busy := false
	v.change(func() {
		if busy = v.running; !busy {
			v.running, v.stopped = true, nil
		}
	})
	if busy {
		return errors.New("projections: already following the log")
	}
	v.facilities = map[domain.Ref]*domain.Facility{}
	err := log.Follow(ctx, v.Position(), func(decisions []domain.Decision) error { return v.apply(ctx, decisions) })
	why := fmt.Errorf("projections: stopped after position %d: %w", v.Position(), err)
	if ctx.Err() != nil || err == nil {
		why = errEnded
	}
	v.change(func() { v.running, v.stopped = false, why })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return why
}

// apply adds a run of decisions and the new position in one transaction. Those
// that are included already are left out.
func (v *Views) apply(ctx context.Context, decisions []domain.Decision) error {
	position := v.Position()
	for len(decisions) > 0 && decisions[0].Seq <= position {
		decisions = decisions[1:]
	}
	if len(decisions) == 0 {
		return nil
	}
	err := transact(ctx, v.db, v.writer, func(ctx context.Context, w *writer) error { return v.add(ctx, w, position, decisions) })
	if err != nil {
		return err
	}
	v.change(func() { v.position = decisions[len(decisions)-1].Seq })
	return nil
}

// add writes decisions and all that follows from them.
func (v *Views) add(ctx context.Context, w *writer, after uint64, decisions []domain.Decision) error {
	if err := w.recordAll(ctx, after, decisions); err != nil {
		return err
	}
	added := map[domain.Stream][]domain.Decision{}
	var streams []domain.Stream // in the order in which they were touched
	for _, d := range decisions {
		if _, again := added[d.Stream]; !again {
			streams = append(streams, d.Stream)
		}
		added[d.Stream] = append(added[d.Stream], settled(d))
	}
	for _, s := range streams {
		if err := v.refresh(ctx, w, s, added[s]); err != nil {
			return fmt.Errorf("%s, up to position %d: %w", s, added[s][len(added[s])-1].Seq, err)
		}
	}
	last := decisions[len(decisions)-1]
	_, err := w.reached.ExecContext(ctx, int64(last.Seq), last.ID)
	return err
}

// refresh makes the rows of a stream that follow from its facts.
func (v *Views) refresh(ctx context.Context, w *writer, s domain.Stream, added []domain.Decision) error {
	switch s.Kind {
	case domain.CaseKind:
		history, err := historyOf(ctx, w.tx, s)
		if err != nil {
			return err
		}
		c, err := foldedCase(s.Ref(), history)
		if err != nil {
			return err
		}
		return w.replaceCase(ctx, c)
	case domain.FacilityKind:
		// A facility's history is as long as that of all who lived there.
		f, ok := v.facilities[s.Ref()]
		if !ok {
			history, err := historyOf(ctx, w.tx, s)
			if err != nil {
				return err
			}
			if f, err = fold[domain.Facility](history); err != nil {
				return err
			}
			v.facilities[s.Ref()] = f
			added = nil
		}
		for _, d := range added {
			if err := domain.Apply(f, d); err != nil {
				return err
			}
		}
		return w.writeFacility(ctx, s.Ref(), f)
	}
	return nil
}
