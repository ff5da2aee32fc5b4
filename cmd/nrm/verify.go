package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
	"nrm/projections"
)

type verifyCommand struct {
	Checkpoint []string `help:"A signed checkpoint that was kept elsewhere, to hold the log against. May be given several times." type:"existingfile"`
	Key        []string `help:"Verifier key that those checkpoints are signed with (this register's). May be given several times." placeholder:"VKEY"`
}

// Run replays the whole log and holds it against everything that is known of
// it: each stream's chain, the Merkle tree, every checkpoint, the seals of what
// is sealed, the invariants of the domain; and it compares the views with views
// built from nothing. It names the first bad place and what it means.
func (cmd verifyCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	n, err := lookAt(ctx, s.places(), s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	checkpoints, bad, err := cmd.checkpoints(ctx, n)
	if err != nil {
		return err
	}
	found, err := verifyLog(ctx, n, checkpoints, scr)
	if err != nil {
		return errors.Join(err, bad)
	}
	if err := errors.Join(verifyViews(ctx, n, scr), bad); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, `The log is whole: %d decisions, %d events, %d of them sealed (%d erased).
%d checkpoints agree with it, the last at position %d. The views agree with it.
`, found.audit.Decisions, found.audit.Events, found.sealed, found.erased, len(checkpoints), lastOf(checkpoints))
	if len(checkpoints) == 0 && found.audit.Decisions > 0 {
		fmt.Fprintf(scr.out, "BUT NOTHING VOUCHES FOR THE PAST: there is no checkpoint in %s, and none was handed over with --checkpoint.\n", n.at.checkpoints)
	}
	status, err := n.vault.Status(ctx)
	if err == nil && status.Pending > 0 {
		fmt.Fprintf(scr.out, "%d erasures are not final: the key-encryption key was not changed since. A running server does it, or nrm key rotate.\n", status.Pending)
	}
	return err
}

// checkpoints gives the register's own and those handed over, all of them
// signed, and says which are not: the log is held against the others first.
func (cmd verifyCommand) checkpoints(ctx context.Context, n *node) (all []witness.Checkpoint, bad, err error) {
	own := n.ring.VerifierKey()
	folder, err := witness.OpenFolder(n.at.checkpoints, own)
	if err != nil {
		return nil, nil, err
	}
	for c, err := range folder.All(ctx) {
		if err != nil {
			bad = errors.Join(bad, err)
			continue
		}
		c.Raw = nil // there may be very many
		all = append(all, c)
	}
	if n.cluster != nil {
		c, err := n.cluster.checkpoint(ctx, own)
		if err != nil {
			bad = errors.Join(bad, err)
		} else if c.Size > 0 && lastOf(all) < c.Size {
			all = append(all, c)
		}
	}
	keys := cmd.Key
	if len(keys) == 0 {
		keys = []string{own}
	}
	for _, file := range cmd.Checkpoint {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, bad, err
		}
		c, err := witness.Parse(raw, keys...)
		if err != nil {
			return nil, bad, fmt.Errorf("checkpoint %s: %w", file, err)
		}
		if c.Origin != n.ring.Origin() {
			return nil, bad, fmt.Errorf("checkpoint %s is of another register: %s, not %s", file, c.Origin, n.ring.Origin())
		}
		all = append(all, c)
	}
	return all, bad, nil
}

func lastOf(checkpoints []witness.Checkpoint) (size int64) {
	for _, c := range checkpoints {
		size = max(size, c.Size)
	}
	return size
}

// findings are what verifyLog saw of a log that is whole.
type findings struct {
	audit          *domain.Audit
	sealed, erased int
	closed, opened map[domain.Stream]uint64 // a position whose box has no key any more, or still opens

	forgive bool             // what a copy lacks whose register is lost
	lost    int              // boxes whose key had not come over
	half    *domain.Decision // the last decision, if only some of its streams had come over
}

func newFindings() *findings {
	return &findings{audit: domain.NewAudit(), closed: map[domain.Stream]uint64{}, opened: map[domain.Stream]uint64{}}
}

func verifyLog(ctx context.Context, n *node, checkpoints []witness.Checkpoint, scr *screen) (*findings, error) {
	return newFindings().verify(ctx, n, checkpoints, scr)
}

func (f *findings) verify(ctx context.Context, n *node, checkpoints []witness.Checkpoint, scr *screen) (_ *findings, err error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	tree, err := witness.OpenTree(n.at.tree())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	judge := witness.NewJudge(tree, checkpoints)
	bar := newBar(scr.errs)
	err = n.log.Verify(ctx, last, judge.Add, func(ds []domain.Decision) error {
		for _, d := range ds {
			if err := f.add(d); err != nil {
				return err
			}
		}
		bar.show("checking the log", int(ds[len(ds)-1].Seq), int(last))
		return nil
	})
	bar.end()
	if err != nil {
		return nil, fmt.Errorf("the log is not as it should be: %w%s", err, meaning(err))
	}
	if err := judge.Finish(); err != nil {
		return nil, fmt.Errorf("the log is not as it should be: %w%s", err, meaning(err))
	}
	faults := f.audit.Finish()
	if len(faults) > 0 && f.forgive {
		if f.half, err = halfOfLast(ctx, n, last); err != nil {
			return nil, err
		}
		if f.half != nil {
			faults = nil
		}
	}
	if faults = append(faults, f.seals()...); len(faults) > 0 {
		return nil, fmt.Errorf("the log contradicts itself in %d places: %w", len(faults), errors.Join(faults...))
	}
	return f, nil
}

// halfOfLast gives the last decision if the log contradicts itself with it and does
// not without: a copy ends within it.
func halfOfLast(ctx context.Context, n *node, last uint64) (*domain.Decision, error) {
	var half domain.Decision
	if err := n.log.Replay(ctx, last-1, last, func(ds []domain.Decision) error { half = ds[0]; return nil }); err != nil {
		return nil, err
	}
	audit := domain.NewAudit()
	err := n.log.Replay(ctx, 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if d.ID != half.ID {
				if err := audit.Add(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil || len(audit.Finish()) > 0 {
		return nil, err
	}
	return &half, nil
}

// add holds a decision against the domain and opens what is sealed in it, to
// see that it can be opened.
func (f *findings) add(d domain.Decision) error {
	for _, e := range d.Events {
		s, ok := e.(domain.Sealed)
		if !ok {
			continue
		}
		f.sealed++
		switch _, err := s.Open(); {
		case errors.Is(err, domain.ErrErased):
			f.erased++
			f.closed[d.Stream] = d.Seq
		case f.forgive && errors.Is(err, vault.ErrLost):
			f.lost++
		case err != nil:
			return fmt.Errorf("position %d: %w", d.Seq, err)
		default:
			f.opened[d.Stream] = d.Seq
		}
	}
	return f.audit.Add(d)
}

// seals holds the keys that are there and those that are not against what was
// decided about erasure.
func (f *findings) seals() (faults []error) {
	for s, seq := range f.closed {
		if f.audit.ErasureOf(s).Approved.IsZero() {
			faults = append(faults, fmt.Errorf("position %d on %s: its keys were destroyed, though nobody approved an erasure", seq, s))
		}
	}
	for s, seq := range f.opened {
		if !f.audit.ErasureOf(s).Completed.IsZero() {
			faults = append(faults, fmt.Errorf("position %d on %s can still be opened, though the person was erased", seq, s))
		}
	}
	return faults
}

// meaning says in plain words what an error of the log means.
func meaning(err error) string {
	switch {
	case errors.Is(err, vault.ErrForged):
		return "\nWhat was sealed there was changed, or moved there from another place: restore the log or the keys from a backup, and keep this copy for inquiry."
	case errors.Is(err, vault.ErrLost):
		return "\nThe keys that open it are gone, and nobody erased the person: restore the keys from a backup before anything is written."
	case errors.Is(err, eventstore.ErrDamaged):
		return "\nThe disk is damaged or somebody changed the files: what is before the position named is sound. Write nothing, restore the log from a backup, and keep this copy for inquiry."
	}
	return ""
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
	dir, err := os.MkdirTemp(n.at.data, "verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fresh, err := n.viewsIn(ctx, dir, scr)
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
