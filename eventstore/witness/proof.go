package witness

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// An Inclusion shows that a message is part of the log that a checkpoint
// vouches for.
type Inclusion struct {
	Position   uint64           // of the message in the log
	Leaf       tlog.Hash        // tlog.RecordHash of its eventstore.Leaf's Record
	Proof      tlog.RecordProof // the hashes from the leaf to the root
	Checkpoint Checkpoint
}

// Check tells whether the proof holds and one of the keys has signed the
// checkpoint; it fails with ErrForged if not. That Leaf is the hash of the
// message in question is for the caller to see.
func (i Inclusion) Check(vkeys ...string) error {
	c, err := Parse(i.Checkpoint.Raw, vkeys...)
	if err != nil {
		return err
	}
	if !c.same(i.Checkpoint) {
		return fmt.Errorf("witness: %w: the checkpoint's text says something else", ErrForged)
	}
	if i.Position < 1 || i.Position > uint64(c.Size) {
		return fmt.Errorf("witness: %w: %v does not cover position %d", ErrForged, c, i.Position)
	}
	if err := tlog.CheckRecord(i.Proof, c.Size, c.Root, int64(i.Position-1), i.Leaf); err != nil {
		return fmt.Errorf("witness: %w: position %d: %w", ErrForged, i.Position, err)
	}
	return nil
}

// Prove shows that the message at a position is in the log, by the latest
// checkpoint; if that does not go so far, one is signed. A keeper that is not
// active waits some seconds for one, and then fails with ErrStandby. It fails
// with ErrBeyond if the tree does not go so far, see WaitFor, and with ErrTree
// if the tree turns out to be damaged, which Run mends.
func (k *Keeper) Prove(ctx context.Context, seq uint64) (Inclusion, error) {
	if size := k.tree.Size(); seq < 1 || seq > uint64(size) {
		return Inclusion{}, fmt.Errorf("witness: prove: position %d is %w: it has %d", seq, ErrBeyond, size)
	}
	c := k.Latest()
	if uint64(c.Size) < seq {
		var err error
		if c, err = k.covering(ctx, seq); err != nil {
			return Inclusion{}, err
		}
	}
	i := Inclusion{Position: seq, Checkpoint: c}
	var err error
	if i.Leaf, err = k.tree.Leaf(int64(seq - 1)); err == nil {
		i.Proof, err = k.tree.ProveRecord(c.Size, int64(seq-1))
	}
	if err == nil {
		err = tlog.CheckRecord(i.Proof, c.Size, c.Root, int64(seq-1), i.Leaf)
	}
	if err != nil {
		return Inclusion{}, fmt.Errorf("witness: prove position %d: %w", seq, k.damaged(err))
	}
	return i, nil
}

// A Consistency shows that the log at one size is the beginning of the log at
// a later size.
type Consistency struct {
	Older, Newer     int64 // sizes
	OldRoot, NewRoot tlog.Hash
	Proof            tlog.TreeProof
}

// Check tells whether the proof holds between two checkpoints, as Parse has
// returned them; it fails with ErrForged if not.
func (c Consistency) Check(older, newer Checkpoint) error {
	if older.Origin != newer.Origin || older.Size != c.Older || older.Root != c.OldRoot || newer.Size != c.Newer || newer.Root != c.NewRoot {
		return fmt.Errorf("witness: %w: the proof is not about these checkpoints", ErrForged)
	}
	if err := tlog.CheckTree(c.Proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("witness: %w: position %d to %d: %w", ErrForged, c.Older, c.Newer, err)
	}
	return nil
}

// Consistency shows that the log at the older size, at least 1, is the
// beginning of the log at the newer one. It fails with ErrBeyond if the tree
// does not go so far, and with ErrTree as Prove does.
func (k *Keeper) Consistency(_ context.Context, older, newer int64) (Consistency, error) {
	if size := k.tree.Size(); older < 1 || older > newer || newer > size {
		return Consistency{}, fmt.Errorf("witness: consistency of %d and %d: %w: it has %d", older, newer, ErrBeyond, size)
	}
	c := Consistency{Older: older, Newer: newer}
	var err error
	if c.OldRoot, err = k.tree.Root(older); err == nil {
		if c.NewRoot, err = k.tree.Root(newer); err == nil {
			c.Proof, err = k.tree.ProveTree(newer, older)
		}
	}
	if err == nil {
		err = tlog.CheckTree(c.Proof, newer, c.NewRoot, older, c.OldRoot)
	}
	for size, root := range map[int64]tlog.Hash{older: c.OldRoot, newer: c.NewRoot} {
		// A checkpoint that cannot be read is somebody else's trouble.
		if signed, found, _ := k.cfg.Folder.At(size); err == nil && found && signed.Root != root {
			err = fmt.Errorf("it has no longer the root of %v", signed)
		}
	}
	if err != nil {
		return Consistency{}, fmt.Errorf("witness: consistency of %d and %d: %w", older, newer, k.damaged(err))
	}
	return c, nil
}
