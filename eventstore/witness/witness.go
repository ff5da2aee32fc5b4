// Package witness lets the history in a log be vouched for from outside. Every
// message of the log is a leaf of a Merkle tree; from time to time the root of
// the tree is signed and the signed text, a checkpoint, is put into a folder
// that others may copy. Whoever keeps a checkpoint can later tell whether the
// log still says, up to there, what it said then, and can be shown in a few
// hundred bytes that a message was part of it.
//
// The leaf with index i is the message at position i+1 of the log. Hashes are
// those of RFC 6962, checkpoints are texts as of C2SP tlog-checkpoint, so that
// other programs can check both.
//
// The tree is derived from the log and can be made anew at any time. The
// checkpoints cannot: they are all that speaks for the past.
package witness

import "errors"

var (
	// ErrRewritten says that the log is not, or not as far, what a checkpoint
	// says it was, or what the tree remembers. The text names the positions.
	// Nothing should be written before a person has looked.
	ErrRewritten = errors.New("history was rewritten")
	// ErrTree says that the tree's file is damaged. It is nothing that cannot
	// be mended: the tree is made anew from the log.
	ErrTree = errors.New("the tree's file is damaged")
	// ErrLocked is returned by OpenTree if another has the file open.
	ErrLocked = errors.New("in use")
	// ErrForged says that a checkpoint is not signed by any of the given keys,
	// or that what hangs on it is not what was signed.
	ErrForged = errors.New("not signed by a known key")
	// ErrUnreadable says that something is not a checkpoint, or a damaged one.
	ErrUnreadable = errors.New("not a checkpoint")
	// ErrStandby says that a checkpoint would have to be signed, which is for
	// another node to do. It is worth asking again.
	ErrStandby = errors.New("another node signs the checkpoints")
	// ErrBeyond says that the tree does not go as far as was asked.
	ErrBeyond = errors.New("not in the tree")
)
