package board

import (
	"context"
	"errors"
)

// An Entry is one value of a board, for who need not know of the others.
type Entry struct {
	board *Board
	key   string
}

// Entry gives the value under a key.
func (b *Board) Entry(key string) Entry { return Entry{b, key} }

// Load reads the value, with revision 0 if there is none.
func (e Entry) Load(ctx context.Context) (data []byte, revision uint64, err error) {
	v, err := e.board.Get(ctx, e.key)
	return v.Data, v.Revision, err
}

// Save replaces the value of that revision, for ever. It reports false, and
// changes nothing, if there is a later one.
func (e Entry) Save(ctx context.Context, data []byte, revision uint64) (bool, error) {
	_, err := e.board.Put(ctx, e.key, data, revision, 0)
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
