package witness

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
)

// catchUp makes the tree that of the log, and both agree with the latest
// checkpoint. Nobody else uses the keeper yet.
func (k *Keeper) catchUp(ctx context.Context, progress func(done, total uint64)) error {
	last, err := k.cfg.Source.Last(ctx)
	if err != nil {
		return err
	}
	latest := k.latest
	switch {
	case latest.Size > int64(last):
		return k.accuse(ctx, last)
	case latest.Size == 0:
		if last > 0 && !k.cfg.Fresh {
			k.cfg.Logger.Warn("there are no checkpoints: nothing vouches for what is in the log so far",
				"folder", k.cfg.Folder.Path(), "last", last)
		}
		err = k.rebuild(ctx, nil, progress)
	default:
		if err = k.agree(ctx, latest, last, progress); errors.Is(err, ErrTree) {
			err = k.rebuild(ctx, err, progress)
		}
	}
	if err != nil {
		return err
	}
	if err := k.extend(ctx, last, progress); err != nil {
		return err
	}
	if k.tree.Size() > k.latest.Size {
		k.since = k.cfg.Now()
	}
	return nil
}

// agree checks that the tree has the root of the checkpoint, and that what the
// log says around there is what the tree has. Nobody vouches for what the tree
// has beyond, where a crash may have left anything: that is cut off. It fails
// with ErrTree if a tree made anew must decide.
func (k *Keeper) agree(ctx context.Context, c Checkpoint, last uint64, progress func(done, total uint64)) error {
	if err := k.extend(ctx, uint64(c.Size), progress); err != nil {
		return err
	}
	root, err := k.tree.Root(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("%w: it has not the root of %v", ErrTree, c)
	}
	size := k.tree.Size()
	position := max(0, c.Size-overlap)
	err = k.cfg.Source.Leaves(ctx, uint64(position), min(uint64(size), last), func(run []eventstore.Leaf) error {
		for _, l := range run {
			have, err := k.tree.Leaf(position)
			if err != nil {
				return err
			}
			position++
			switch same := have == tlog.RecordHash(l.Record()); {
			case same:
			case position <= c.Size:
				return fmt.Errorf("%w: position %d of the log is not its leaf", ErrTree, position)
			case have != tlog.Hash{}:
				k.cfg.Logger.Warn("the log does not say what the tree remembers, and no checkpoint reaches that far; after a crash the tree may be wrong",
					"position", position)
				return errDone
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDone) {
		return err
	}
	if size > int64(last) {
		k.cfg.Logger.Warn("the log ends before the tree does, and no checkpoint reaches that far; after a crash the tree may be wrong",
			"last", last, "tree", size)
	}
	return k.tree.Cut(c.Size)
}

var errDone = errors.New("enough is known")

// extend reads from the log what the tree does not have yet.
func (k *Keeper) extend(ctx context.Context, through uint64, progress func(done, total uint64)) error {
	size := uint64(k.tree.Size())
	if size >= through {
		return nil
	}
	return k.cfg.Source.Leaves(ctx, size, through, func(run []eventstore.Leaf) error {
		if err := appendLeaves(k.tree, run); err != nil {
			return err
		}
		progress(run[len(run)-1].Seq, through)
		return nil
	})
}

func appendLeaves(t *Tree, run []eventstore.Leaf) error {
	records, err := recordsAfter(t.Size(), run)
	if err != nil {
		return err
	}
	return t.Append(records)
}

// recordsAfter gives the records of messages that must come at the positions
// after size.
func recordsAfter(size int64, run []eventstore.Leaf) ([][]byte, error) {
	next := uint64(size) + 1
	records := make([][]byte, len(run))
	for i, l := range run {
		if l.Seq != next+uint64(i) {
			return nil, fmt.Errorf("witness: position %d came where %d should", l.Seq, next+uint64(i))
		}
		records[i] = l.Record()
	}
	return records, nil
}

// rebuild makes the tree anew from the whole log, which must agree with the
// latest checkpoint, and logs why and what was different in the old one. Until the new tree is complete the old one
// stays, since it may be the only one to know what the log once said.
func (k *Keeper) rebuild(ctx context.Context, why error, progress func(done, total uint64)) error {
	path := k.cfg.TreePath + ".new"
	fresh, err := OpenTree(path)
	if err != nil {
		return err
	}
	replaced := false
	defer func() {
		if !replaced {
			_ = fresh.Close()
			_ = os.Remove(path)
		}
	}()
	if err := fresh.Reset(); err != nil { // an earlier one that was not completed
		return err
	}
	last, err := k.cfg.Source.Last(ctx)
	if err != nil {
		return err
	}
	var vouching []Checkpoint
	for _, c := range []Checkpoint{k.Latest(), k.other} {
		if c.Size > 0 {
			vouching = append(vouching, c)
		}
	}
	judge := NewJudge(k.tree, vouching)
	err = k.cfg.Source.Leaves(ctx, 0, last, func(run []eventstore.Leaf) error {
		if err := appendLeaves(fresh, run); err != nil {
			return err
		}
		for _, l := range run {
			if err := judge.Add(l); err != nil {
				return err
			}
		}
		progress(run[len(run)-1].Seq, last)
		return nil
	})
	if err == nil {
		err = judge.Finish()
	}
	if judge.contradicted {
		return k.accuse(ctx, last)
	}
	if err != nil && !judge.undecided(err) {
		return err
	}
	if err := k.tree.become(fresh); err != nil {
		return err
	}
	replaced = true
	if why != nil || err != nil {
		k.cfg.Logger.Warn("the tree's file was made anew from the log", "file", k.cfg.TreePath, "messages", last, "reason", why, "found", err)
	}
	return nil
}

// accuse reads the log, which the latest checkpoint contradicts, to find among
// all checkpoints the last that still agrees.
func (k *Keeper) accuse(ctx context.Context, last uint64) error {
	all := []Checkpoint{k.Latest()}
	if k.other.Size > 0 {
		all = append(all, k.other)
	}
	for c, err := range k.cfg.Folder.All(ctx) {
		if err != nil {
			k.cfg.Logger.Warn("a checkpoint is left out of the inquiry", "error", err)
			continue
		}
		c.Raw = nil // there may be very many
		all = append(all, c)
	}
	judge := NewJudge(k.tree, all)
	err := k.cfg.Source.Leaves(ctx, 0, last, func(run []eventstore.Leaf) error {
		for _, l := range run {
			if err := judge.Add(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || judge.contradicted {
		return judge.Finish()
	}
	return err
}
