package witness

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Root gives the root of the tree with the log's first size messages, at least
// one. It waits until the tree goes so far, as WaitFor does.
func (k *Keeper) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	if size < 1 {
		return tlog.Hash{}, fmt.Errorf("witness: root of size %d: %w", size, ErrBeyond)
	}
	if err := k.WaitFor(ctx, uint64(size)); err != nil {
		return tlog.Hash{}, err
	}
	return k.tree.Root(size)
}
