package witness

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"

	"nrm/eventstore/lasting"
)

// A Tree is a Merkle tree in one file: the hashes that tlog stores, 32 bytes
// each, in tlog's order, so that a tree only ever grows at the end. It is safe
// for concurrent use, but not by two processes: the file is locked.
//
// Append does not wait for the disk. A file that a crash left behind is a
// tree, but what was appended since the last Sync may be missing or wrong.
type Tree struct {
	path string

	mu   sync.RWMutex
	f    *os.File
	edge edge
}

// OpenTree opens the tree in a file, and makes an empty one if there is none.
// An unfinished leaf at its end is cut off. It fails with ErrLocked if the file
// is open elsewhere.
func OpenTree(path string) (*Tree, error) {
	t, err := openTree(path)
	if err != nil {
		return nil, fmt.Errorf("witness: tree %s: %w", path, err)
	}
	return t, nil
}

func openTree(path string) (_ *Tree, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("lock: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	t := &Tree{path: path, f: f}
	return t, t.cut(leavesIn(info.Size()))
}

// leavesIn tells how many whole leaves there are in so many bytes.
func leavesIn(bytes int64) int64 {
	hashes := int(bytes / tlog.HashSize)
	return int64(sort.Search(hashes+1, func(n int) bool {
		return tlog.StoredHashCount(int64(n)) > int64(hashes)
	}) - 1)
}

// length is the length of the file of a tree.
func length(size int64) int64 { return tlog.StoredHashCount(size) * tlog.HashSize }

// Size is the number of leaves.
func (t *Tree) Size() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.edge.size
}

// head is the edge as it is now.
func (t *Tree) head() edge {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.edge
}

// Append adds a leaf for each record. All of them are added, or none.
func (t *Tree) Append(records [][]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.edge
	buf := make([]byte, 0, 2*tlog.HashSize*len(records)+63*tlog.HashSize)
	var stored []tlog.Hash
	for _, r := range records {
		stored = e.add(stored[:0], tlog.RecordHash(r))
		for _, h := range stored {
			buf = append(buf, h[:]...)
		}
	}
	if _, err := t.f.WriteAt(buf, length(t.edge.size)); err != nil {
		_ = t.f.Truncate(length(t.edge.size)) // else the next Append writes over it
		return fmt.Errorf("witness: append to the tree: %w", err)
	}
	t.edge = e
	return nil
}

// Sync waits until all leaves are on disk.
func (t *Tree) Sync() error {
	t.mu.RLock()
	f := t.f
	t.mu.RUnlock()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("witness: sync the tree: %w", err)
	}
	return nil
}

// Reset makes the tree empty.
func (t *Tree) Reset() error { return t.Cut(0) }

// Cut drops all leaves but the first size.
func (t *Tree) Cut(size int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.has(size); err != nil {
		return err
	}
	if err := t.cut(size); err != nil {
		return fmt.Errorf("witness: cut the tree to %d leaves: %w", size, err)
	}
	return nil
}

// cut makes the file that of a tree with so many leaves, which it must hold.
func (t *Tree) cut(size int64) error {
	roots, err := t.read(edgeIndexes(size))
	if err != nil {
		return err
	}
	if err := t.f.Truncate(length(size)); err != nil {
		return err
	}
	t.edge = edgeOf(size, roots)
	return nil
}

// become moves the file of other, which is closed with t from now on, into the
// place of t's own. Whoever crashes meanwhile has the one or the other.
func (t *Tree) become(other *Tree) error {
	if err := other.Sync(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := os.Rename(other.path, t.path); err != nil {
		return fmt.Errorf("witness: replace the tree: %w", err)
	}
	_ = t.f.Close() // nobody needs what is in it
	t.f, t.edge = other.f, other.edge
	if err := lasting.Folder(filepath.Dir(t.path)); err != nil {
		return fmt.Errorf("witness: replace the tree: %w", err)
	}
	return nil
}

// Close closes and unlocks the file.
func (t *Tree) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.f.Close(); err != nil {
		return fmt.Errorf("witness: close the tree: %w", err)
	}
	return nil
}

// Root gives the root that the tree had when it had so many leaves. It reads
// no more than log2(size) hashes.
func (t *Tree) Root(size int64) (tlog.Hash, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.has(size); err != nil {
		return tlog.Hash{}, err
	}
	return wrapped(tlog.TreeHash(size, tlog.HashReaderFunc(t.read)))
}

// Leaf gives the hash of one leaf, counted from 0.
func (t *Tree) Leaf(index int64) (tlog.Hash, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := cmp.Or(t.has(index), t.has(index+1)); err != nil {
		return tlog.Hash{}, err
	}
	h, err := t.read([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return wrapped(tlog.Hash{}, err)
	}
	return h[0], nil
}

// ProveRecord proves that the leaf with that index is in the tree of that size.
func (t *Tree) ProveRecord(size, index int64) (tlog.RecordProof, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.has(size); err != nil {
		return nil, err
	}
	return wrapped(tlog.ProveRecord(size, index, tlog.HashReaderFunc(t.read)))
}

// ProveTree proves that the tree of the older size, at least 1, is the
// beginning of that of the later.
func (t *Tree) ProveTree(size, older int64) (tlog.TreeProof, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.has(size); err != nil {
		return nil, err
	}
	return wrapped(tlog.ProveTree(size, older, tlog.HashReaderFunc(t.read)))
}

func (t *Tree) has(size int64) error {
	if size < 0 || size > t.edge.size {
		return fmt.Errorf("witness: leaf %d is %w: it has %d", size, ErrBeyond, t.edge.size)
	}
	return nil
}

// read is a tlog.HashReader; the caller holds mu.
func (t *Tree) read(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		_, err := t.f.ReadAt(hashes[i][:], index*tlog.HashSize)
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: it got shorter", ErrTree)
		}
		if err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

func wrapped[T any](v T, err error) (T, error) {
	if err != nil {
		return v, fmt.Errorf("witness: read the tree: %w", err)
	}
	return v, nil
}
