package projections

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// Early is what a log has that tells beforehand what will probably come next.
type Early interface {
	// FollowEarly is Follow that also calls early with a decision that is on its
	// way into the log. If it gets there soon, f is called with the very same value
	// next; if it does not, early is called with nil or with another one, or f with
	// others. All calls come one after the other.
	FollowEarly(ctx context.Context, after uint64, early func(*domain.Decision), f func([]domain.Decision) error) error
}

// begun is work on a decision that is not known to be in the log. It is in a
// transaction, so nobody sees it, and it is committed for that very decision or
// not at all.
type begun struct {
	of domain.Decision
	tx *sql.Tx
}

// begin works on a decision while the log stores it. It may fail in silence:
// whatever keeps it from being done now shows when the decision has come.
func (v *Views) begin(ctx context.Context, d domain.Decision) {
	v.forget()
	position := v.Position()
	if d.Seq <= position || len(d.Events) == 0 {
		return
	}
	run := []domain.Decision{d}
	learnt, err := v.words(ctx, run)
	if err != nil || v.makeRoom(ctx) != nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := v.db.BeginTx(ctx, nil)
	if err != nil {
		return
	}
	v.begun = &begun{d, tx}
	if err := v.add(ctx, v.writer.within(tx), position, run, learnt); err != nil {
		v.forget()
	}
}

// forget undoes what was begun, if anything was.
func (v *Views) forget() {
	if v.begun == nil {
		return
	}
	_ = v.begun.tx.Rollback() // what is not committed is not there
	v.begun = nil
	v.forgetFolded() // the decision is in what was folded
}

// finish adds the rest of a run to what was begun, if that is what the run begins
// with, and makes all of it visible. It reports whether it was.
func (v *Views) finish(ctx context.Context, run []domain.Decision) (done bool, err error) {
	if v.begun == nil {
		return false, nil
	}
	if !identical(v.begun.of, run[0]) || slices.ContainsFunc(run[1:], voidsWords) { // what stands is read from what is committed
		v.forget()
		return false, nil
	}
	if err := v.addRest(ctx, run[1:]); err != nil {
		v.forget()
		return false, err
	}
	tx := v.begun.tx
	v.begun = nil
	if err := tx.Commit(); err != nil {
		v.forgetFolded()
		return false, err
	}
	v.reached(run[len(run)-1])
	return true, nil
}

func (v *Views) addRest(ctx context.Context, rest []domain.Decision) error {
	if len(rest) == 0 {
		return nil
	}
	learnt, err := wordsOf(ctx, rest)
	if err != nil {
		return err
	}
	return v.add(context.WithoutCancel(ctx), v.writer.within(v.begun.tx), v.begun.of.Seq, rest, learnt)
}

// identical reports whether two decisions are one and the same value: one that
// only looks alike may have been decided anew meanwhile.
func identical(a, b domain.Decision) bool {
	return a.Seq == b.Seq && a.ID == b.ID && a.Stream == b.Stream && len(a.Events) > 0 && len(a.Events) == len(b.Events) && &a.Events[0] == &b.Events[0]
}

// reached lets everybody see the views as of a decision.
func (v *Views) reached(last domain.Decision) {
	v.change(func() { v.position, v.applied = last.Seq, time.Now() })
	v.mover.wrote.Add(1)
}

// forgetFolded has cases and facilities folded anew from what is in the tables.
func (v *Views) forgetFolded() {
	v.cases, v.facilities = recent{}, map[domain.Ref]*domain.Facility{}
}
