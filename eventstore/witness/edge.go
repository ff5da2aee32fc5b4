package witness

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// An edge is what must be known of a tree to let it grow: its size and the
// roots of the complete subtrees of which it is made, one for each bit of the
// size. Copies are independent. The zero value is the empty tree.
type edge struct {
	size  int64
	roots [63]tlog.Hash // by the bit's number
}

// add adds a leaf and appends to stored the hashes that tlog stores for it: of
// the leaf itself and of each subtree that it completes.
func (e *edge) add(stored []tlog.Hash, leaf tlog.Hash) []tlog.Hash {
	h, level := leaf, 0
	stored = append(stored, h)
	for ; e.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(e.roots[level], h)
		stored = append(stored, h)
	}
	e.roots[level] = h
	e.size++
	return stored
}

// root gives the hash of the whole tree, which must have a leaf.
func (e *edge) root() tlog.Hash {
	level := bits.TrailingZeros64(uint64(e.size))
	h := e.roots[level]
	for level++; e.size>>level > 0; level++ {
		if e.size>>level&1 == 1 {
			h = tlog.NodeHash(e.roots[level], h)
		}
	}
	return h
}

// edgeIndexes tells where the roots of the edge of a tree of that size are
// stored, from the highest bit to the lowest.
func edgeIndexes(size int64) (indexes []int64) {
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, size>>level-1))
		}
	}
	return indexes
}

func edgeOf(size int64, roots []tlog.Hash) (e edge) {
	e.size = size
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			e.roots[level], roots = roots[0], roots[1:]
		}
	}
	return e
}
