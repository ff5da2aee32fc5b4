package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	v.forgetFolded()
	moving, stop := context.WithCancel(ctx)
	moved := make(chan struct{})
	go func() { defer close(moved); v.moving(moving) }()
	defer func() { stop(); <-moved }()
	err := v.follow(ctx, log)
	v.forget()
	why := errEnded
	switch {
	case err == nil:
		why = fmt.Errorf("projections: the log ended after position %d", v.Position())
		err = why
	case ctx.Err() == nil || !errors.Is(err, ctx.Err()):
		why = fmt.Errorf("projections: stopped after position %d: %w", v.Position(), err)
		err = why
	}
	v.change(func() { v.running, v.stopped = false, why })
	return err
}

func (v *Views) follow(ctx context.Context, log Log) error {
	apply := func(decisions []domain.Decision) error { return v.apply(ctx, decisions) }
	if log, ok := log.(Early); ok {
		return log.FollowEarly(ctx, v.Position(), func(d *domain.Decision) {
			if d == nil {
				v.forget()
			} else {
				v.begin(ctx, *d)
			}
		}, apply)
	}
	return log.Follow(ctx, v.Position(), apply)
}

// apply adds a run of decisions and the new position in one transaction, which may
// have been begun already. Those that are included already are left out.
func (v *Views) apply(ctx context.Context, decisions []domain.Decision) error {
	position := v.Position()
	for len(decisions) > 0 && decisions[0].Seq <= position {
		decisions = decisions[1:]
	}
	if len(decisions) == 0 {
		return nil
	}
	if done, err := v.finish(ctx, decisions); done || err != nil {
		return err
	}
	learnt, err := v.words(ctx, decisions)
	if err != nil {
		return err
	}
	if err := v.makeRoom(ctx); err != nil {
		return err
	}
	err = transact(ctx, v.db, v.writer, func(ctx context.Context, w *writer) error { return v.add(ctx, w, position, decisions, learnt) })
	if err != nil {
		return err
	}
	v.reached(decisions[len(decisions)-1])
	return nil
}

// add writes decisions and all that follows from them.
func (v *Views) add(ctx context.Context, w *writer, after uint64, decisions []domain.Decision, learnt map[domain.Ref]*words) error {
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
	var rows sheet // of all cases, so that the same statement writes several
	for _, s := range streams {
		if err := v.refresh(ctx, w, &rows, s, added[s], learnt[s.Ref()]); err != nil {
			return fmt.Errorf("%s, up to position %d: %w", s, added[s][len(added[s])-1].Seq, err)
		}
	}
	if err := w.write(ctx, &rows); err != nil {
		return err
	}
	last := decisions[len(decisions)-1]
	return w.exec(ctx, w.reached, int64(last.Seq), last.ID)
}

// refresh makes the rows that follow from decisions added to a stream.
func (v *Views) refresh(ctx context.Context, w *writer, rows *sheet, s domain.Stream, added []domain.Decision, learnt *words) error {
	switch s.Kind {
	case domain.CaseKind:
		return v.refreshCase(ctx, w, rows, s, added, learnt)
	case domain.FacilityKind:
		return v.refreshFacility(ctx, w, s, added)
	case domain.AccessKind:
		return w.writeAccesses(ctx, added)
	}
	return nil
}

// recent keeps the cases in memory that were last worked on: to fold one from
// its facts again takes longer than all else about a decision.
type recent struct{ young, old map[domain.Ref]*folded }

// generation is how many cases are young at most, some kilobytes each.
const generation = 5000

func (r *recent) get(ref domain.Ref) (*folded, bool) {
	c, ok := r.young[ref]
	if !ok {
		c, ok = r.old[ref]
	}
	return c, ok
}

func (r *recent) keep(c *folded) {
	if _, young := r.young[c.ref]; young {
		r.young[c.ref] = c
		return
	}
	if r.young == nil || len(r.young) >= generation {
		r.young, r.old = map[domain.Ref]*folded{}, r.young
	}
	r.young[c.ref] = c
}

func (v *Views) refreshCase(ctx context.Context, w *writer, rows *sheet, s domain.Stream, added []domain.Decision, learnt *words) error {
	c, held := v.cases.get(s.Ref())
	if !held {
		var err error
		if c, _, err = caseBefore(ctx, w, s, added[0].Seq); err != nil {
			return err
		}
	}
	was, fresh := c.rows(), c.seq == 0
	if slices.ContainsFunc(added, domain.Decision.Corrects) {
		again, history, err := caseBefore(ctx, w, s, added[len(added)-1].Seq+1)
		if err != nil {
			return err
		}
		if err := w.writeRevisions(ctx, s, history); err != nil {
			return err
		}
		c = again
	} else {
		for _, d := range added {
			if err := c.add(d); err != nil {
				return err
			}
		}
	}
	v.cases.keep(c)
	if err := v.refreshPerson(ctx, w, c, fresh, added, learnt); err != nil {
		return err
	}
	return w.refreshCase(ctx, rows, c, was)
}

// refreshFacility keeps every facility: they are few, and their histories as
// long as those of all who lived there.
func (v *Views) refreshFacility(ctx context.Context, w *writer, s domain.Stream, added []domain.Decision) error {
	f, held := v.facilities[s.Ref()]
	if !held {
		f = new(domain.Facility)
		err := eachBefore(ctx, w, s, added[0].Seq, func(d domain.Decision) error { return domain.Apply(f, d) })
		if err != nil {
			return err
		}
		v.facilities[s.Ref()] = f
	}
	for _, d := range added {
		if err := domain.Apply(f, d); err != nil {
			return err
		}
	}
	return w.writeFacility(ctx, s.Ref(), f)
}

// caseBefore folds a case from its facts before a position.
func caseBefore(ctx context.Context, w *writer, s domain.Stream, seq uint64) (*folded, []domain.Decision, error) {
	var history []domain.Decision
	err := eachBefore(ctx, w, s, seq, func(d domain.Decision) error { history = append(history, d); return nil })
	if err != nil {
		return nil, nil, err
	}
	c, err := foldedOf(s.Ref(), history)
	return c, history, err
}

const selectBefore = selectRows + ` WHERE kind = ? AND stream = ? AND seq < ? ORDER BY seq, n`

// eachBefore calls f with a stream's decisions before a position, as the facts
// tell them.
func eachBefore(ctx context.Context, q queryer, s domain.Stream, seq uint64, f func(domain.Decision) error) error {
	rows, err := collect(ctx, q, scanRow, selectBefore, string(s.Kind), s.ID, int64(seq))
	if err != nil {
		return err
	}
	deeds, err := deedsOf(nil, rows)
	if err != nil {
		return err
	}
	for _, d := range deeds {
		if err := f(d.Decision); err != nil {
			return err
		}
	}
	return nil
}
