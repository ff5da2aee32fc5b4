package witness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nrm/eventstore"
)

const (
	standbyPause    = time.Second     // until Config.Active is asked again
	standbyPatience = 5 * time.Second // to wait for another's checkpoint
)

func (k *Keeper) active() bool { return k.cfg.Active == nil || k.cfg.Active() }

// Accept takes a checkpoint that another node has signed. It waits until the
// tree goes so far, which needs Run, or until ctx ends. If the checkpoint is
// later than the latest one here it is put into the folder and becomes the
// latest; others are only compared. It fails with ErrForged or ErrUnreadable as
// Parse does.
//
// If the checkpoint does not agree with the tree, the whole log is read to find
// out which of them is wrong, and nothing is signed meanwhile. It fails with
// ErrRewritten if the log is not what was signed, and so does Healthy from then
// on: there are two histories, and this keeper signs nothing any more. If only
// the tree's file is damaged it is made anew.
func (k *Keeper) Accept(ctx context.Context, raw []byte) error {
	c, err := Parse(raw, k.cfg.VKey)
	if err != nil {
		return err
	}
	if err := k.accept(ctx, c); err != nil {
		return fmt.Errorf("witness: accept %v: %w", c, err)
	}
	return nil
}

func (k *Keeper) accept(ctx context.Context, c Checkpoint) error {
	if k.Latest().same(c) {
		return nil
	}
	if err := k.WaitFor(ctx, uint64(c.Size)); err != nil {
		return err
	}
	if err := k.compare(ctx, c); err != nil {
		return err
	}
	k.signing.Lock()
	defer k.signing.Unlock()
	if c.Size <= k.Latest().Size {
		return nil
	}
	err := k.tree.Sync()
	if err == nil {
		err = k.cfg.Folder.Add(c)
	}
	k.report(notKept, err)
	if err != nil {
		return err
	}
	k.change(func() {
		k.latest, k.retry, k.since = c, time.Time{}, time.Time{}
		if k.tree.Size() > c.Size {
			k.since = k.cfg.Now() // or a little before
		}
	})
	poke(k.news)
	return nil
}

// compare holds a checkpoint against the tree and, if they do not agree, against
// the log.
func (k *Keeper) compare(ctx context.Context, c Checkpoint) error {
	if err := k.contradicted(); err != nil {
		return err
	}
	root, err := k.tree.Root(c.Size)
	if err == nil && root == c.Root {
		k.report(notSame, nil) // an inquiry that was not finished
		return nil
	}
	k.report(notSame, fmt.Errorf("%v: the log is being read to find out why", c))
	if latest := k.Latest(); latest.Size > 0 && latest.Size <= c.Size {
		err = k.inquire(ctx, c, latest)
	} else {
		err = k.inquire(ctx, c)
	}
	switch {
	case errors.Is(err, ErrRewritten):
		k.mu.Lock()
		k.verdict = err
		k.mu.Unlock()
		k.report(notSame, err)
		return err
	case err != nil:
		return err // and nothing is signed until somebody knows
	}
	_ = k.damaged(fmt.Errorf("it has not the root of %v", c))
	k.report(notSame, nil)
	return nil
}

// inquire reads the log as far as the first of the checkpoints goes. It fails with
// ErrRewritten if one of them is not what the log says.
func (k *Keeper) inquire(ctx context.Context, checkpoints ...Checkpoint) error {
	judge := NewJudge(k.tree, checkpoints)
	return k.cfg.Source.Leaves(ctx, 0, uint64(checkpoints[0].Size), func(run []eventstore.Leaf) error {
		for _, l := range run {
			if err := judge.Add(l); err != nil {
				return err
			}
		}
		return nil
	})
}

// contradicted is what compare has found, for ever.
func (k *Keeper) contradicted() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.verdict
}

// mayNotSign tells why nothing may be signed at all.
func (k *Keeper) mayNotSign() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.trouble[notSound], k.trouble[notSame])
}

// covering gives a checkpoint that covers a position of the tree.
func (k *Keeper) covering(ctx context.Context, seq uint64) (Checkpoint, error) {
	end := time.After(standbyPatience)
	for {
		k.mu.Lock()
		latest, wake := k.latest, k.wake
		k.mu.Unlock()
		if uint64(latest.Size) >= seq {
			return latest, nil
		}
		c, err := k.Checkpoint(ctx)
		if !errors.Is(err, ErrStandby) {
			return c, err
		}
		select {
		case <-wake:
		case <-time.After(standbyPause): // it may have become active
		case <-ctx.Done():
			return Checkpoint{}, fmt.Errorf("%w: %w", err, ctx.Err())
		case <-end:
			return Checkpoint{}, err
		}
	}
}

// learn makes the checkpoint that others know of the latest, if it is. Nothing
// is compared with the log yet.
func (k *Keeper) learn(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	c, err := Parse(raw, k.cfg.VKey)
	switch {
	case err != nil:
		return err
	case c.Size > k.latest.Size:
		k.latest, k.other = c, k.latest
	default:
		k.other = c
	}
	return nil
}

// confirm holds the tree, which agrees with the latest checkpoint, against the
// other one too, and puts into the folder what it does not have.
func (k *Keeper) confirm(ctx context.Context, progress func(done, total uint64)) error {
	if k.other.Size > 0 {
		root, err := k.tree.Root(k.other.Size)
		if err == nil && root != k.other.Root {
			err = fmt.Errorf("%w: it has not the root of %v", ErrTree, k.other)
		}
		if err != nil { // then the log decides
			if err := k.rebuild(ctx, err, progress); err != nil {
				return err
			}
		}
	}
	if len(k.cfg.Latest) == 0 {
		return nil
	}
	if _, found, err := k.cfg.Folder.At(k.latest.Size); found || err != nil {
		return err
	}
	if err := k.tree.Sync(); err != nil {
		return err
	}
	return k.cfg.Folder.Add(k.latest)
}
