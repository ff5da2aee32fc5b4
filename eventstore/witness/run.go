package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"nrm/eventstore"
)

const retryEvery = 5 * time.Second

// Run follows the log and signs checkpoints until ctx ends, whose error it then
// returns, or the log cannot be read any further. A checkpoint is signed as
// soon as Config.Every messages are not covered by one, and Config.Within after
// the first of them came, whichever is first; when Run ends, a last one is. What
// cannot be written is tried again, see Healthy. It must not run twice at once.
func (k *Keeper) Run(ctx context.Context) error {
	k.change(func() { k.stopped = nil })
	k.report(notUp, nil)
	if k.unsound() != nil {
		poke(k.mend) // what the last Run did not get done
	}
	err := k.run(ctx)
	if ctx.Err() == nil {
		k.report(notUp, err)
	}
	k.keep()
	k.change(func() { k.stopped = err })
	return err
}

var errMend = errors.New("the tree must be made anew")

func (k *Keeper) run(ctx context.Context) error {
	for {
		following, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		var follower sync.WaitGroup
		follower.Go(func() {
			done <- k.cfg.Source.FollowLeaves(following, uint64(k.tree.Size()), func(run []eventstore.Leaf) error {
				return k.take(following, run)
			})
		})
		err := k.watch(done)
		stop()
		follower.Wait()
		if !errors.Is(err, errMend) {
			return err
		}
		if err := k.rebuild(ctx, k.unsound(), func(uint64, uint64) {}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		k.report(notSound, nil)
		k.grown()
	}
}

// watch signs checkpoints until following ends or the tree must be mended.
func (k *Keeper) watch(done <-chan error) error {
	for {
		var timer <-chan time.Time
		if wait, due := k.due(); due {
			if wait <= 0 {
				k.keep()
				continue
			}
			timer = k.cfg.after(wait)
		}
		select {
		case err := <-done:
			return err
		case <-k.mend:
			return errMend
		case <-k.news:
		case <-timer:
		}
	}
}

// due tells whether there is something to sign, and in what time.
func (k *Keeper) due() (time.Duration, bool) {
	active := k.active()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tree.Size() == k.latest.Size {
		k.since = time.Time{}
	}
	if k.since.IsZero() || k.trouble[notSound] != nil || k.trouble[notSame] != nil {
		return 0, false
	}
	now := k.cfg.Now()
	switch {
	case !active: // that may change at any time
		return standbyPause, true
	case !k.retry.IsZero():
		return min(k.retry.Sub(now), retryEvery), true
	case k.tree.Size()-k.latest.Size >= int64(k.cfg.Every):
		return 0, true
	}
	return min(k.since.Add(k.cfg.Within).Sub(now), k.cfg.Within), true // the clock may have been set back
}

// take lets the tree grow. It goes on trying until it can.
func (k *Keeper) take(ctx context.Context, run []eventstore.Leaf) error {
	records, err := recordsAfter(k.tree.Size(), run)
	if err != nil {
		return err
	}
	for {
		err := k.tree.Append(records)
		k.report(notGrown, err)
		if err == nil {
			break
		}
		select {
		case <-k.cfg.after(retryEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.grown()
	return nil
}

// grown tells everybody that the tree has new leaves.
func (k *Keeper) grown() {
	k.change(func() {
		if k.since.IsZero() || k.tree.Size()-k.latest.Size >= int64(k.cfg.Every) {
			poke(k.news)
		}
		if k.since.IsZero() {
			k.since = k.cfg.Now()
		}
	})
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // somebody has
	}
}

// keep signs what there is to sign, and takes note if that fails.
func (k *Keeper) keep() {
	if k.tree.Size() > k.Latest().Size {
		_, _ = k.sign() // has reported, unless it is for another node to do
	}
}

// Checkpoint signs what the tree holds now, unless the latest checkpoint covers
// all of it already; that one is returned. It is in the folder when Checkpoint
// returns. An empty tree is ErrBeyond. If there is something to sign, but this
// keeper is not active, it fails with ErrStandby.
func (k *Keeper) Checkpoint(ctx context.Context) (Checkpoint, error) {
	if err := ctx.Err(); err != nil {
		return Checkpoint{}, err
	}
	c, err := k.sign()
	if err != nil {
		return Checkpoint{}, fmt.Errorf("witness: checkpoint: %w", err)
	}
	return c, nil
}

func (k *Keeper) sign() (Checkpoint, error) {
	k.signing.Lock()
	defer k.signing.Unlock()
	if err := k.mayNotSign(); err != nil {
		return Checkpoint{}, err
	}
	active := k.active()
	k.mu.Lock()
	head, latest, since := k.tree.head(), k.latest, k.since
	if active {
		k.since = time.Time{} // of what comes from now on
	}
	k.mu.Unlock()
	switch {
	case head.size == 0:
		return Checkpoint{}, fmt.Errorf("position 1 is %w", ErrBeyond)
	case head.size == latest.Size:
		return latest, nil
	case !active:
		return Checkpoint{}, fmt.Errorf("no checkpoint covers position %d yet: %w", head.size, ErrStandby)
	}
	c, err := k.seal(head, latest)
	if !errors.Is(err, ErrTree) {
		k.report(notKept, err)
	}
	k.change(func() {
		k.retry = time.Time{}
		if err != nil {
			k.since, k.retry = cmp.Or(since, k.since, k.cfg.Now()), k.cfg.Now().Add(retryEvery)
			return
		}
		k.latest = c
	})
	if err != nil {
		return Checkpoint{}, err
	}
	if k.cfg.Signed != nil {
		k.cfg.Signed(c)
	}
	return c, nil
}

// seal makes a checkpoint that goes on from the latest one and puts it into the
// folder. What is signed comes from memory, and what memory started with had
// the root of a checkpoint or was read from the log: a damaged file cannot make
// it sign a second history.
func (k *Keeper) seal(head edge, latest Checkpoint) (Checkpoint, error) {
	// On disk first: no checkpoint goes further than a tree after a crash.
	if err := k.tree.Sync(); err != nil {
		return Checkpoint{}, err
	}
	if latest.Size > 0 {
		root, err := k.tree.Root(latest.Size)
		if err == nil && root != latest.Root {
			err = fmt.Errorf("it has no longer the root of %v", latest)
		}
		if err != nil {
			return Checkpoint{}, k.damaged(err)
		}
	}
	c, err := Sign(k.cfg.Signer, k.cfg.Origin, head.size, head.root(), k.cfg.Now())
	if err != nil {
		return Checkpoint{}, err
	}
	return c, k.cfg.Folder.Add(c)
}

// unsound is what damaged has found, until the tree has been made anew.
func (k *Keeper) unsound() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trouble[notSound]
}

// damaged has Run make the tree anew.
func (k *Keeper) damaged(err error) error {
	if !errors.Is(err, ErrTree) {
		err = fmt.Errorf("%w: %w", ErrTree, err)
	}
	err = fmt.Errorf("%w; it is being made anew from the log, ask again later", err)
	k.report(notSound, err)
	poke(k.mend)
	return err
}
