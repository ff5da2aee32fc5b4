package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"nrm/domain"
)

// Witness is what the handlers need of whoever keeps the log's Merkle tree and
// signs its checkpoints. What it tells names nobody: positions and hashes.
type Witness interface {
	// Checkpoints lists signed checkpoints, the newest first: those of a size
	// below before, or, if that is 0, from the newest. Of those limit that
	// cannot be read it gives an error, together with the others.
	Checkpoints(ctx context.Context, before int64, limit int) ([]Checkpoint, error)
	// Prove proves that the decision at a position stands in the log. It
	// answers [ErrNoSuchPosition] where there is none.
	Prove(ctx context.Context, position uint64) (Proof, error)
	// Consistency proves that the log of the older size is the beginning of
	// that of the newer. It answers [ErrNoSuchPosition] for sizes that the log
	// has not reached.
	Consistency(ctx context.Context, older, newer int64) (Consistency, error)
	// Key is the note verifier key that checks the signatures.
	Key() string
}

// ErrNoSuchPosition says that the log does not reach so far.
var ErrNoSuchPosition = errors.New("the log has no such position")

// A Checkpoint is a signed statement of what the log holds.
type Checkpoint struct {
	Size int64     // decisions it covers
	Root string    // of the Merkle tree over them, base64
	At   time.Time // when it was signed
	Note string    // the signed text
}

// A Proof shows that a decision stands in the log that a checkpoint covers.
type Proof struct {
	Position   uint64
	Record     string   // its stream and the SHA-256 of what is stored, one line with its end
	Leaf       string   // the hash of its record by RFC 6962: SHA-256 of 0x00 and the record, base64
	Hashes     []string // from the leaf up to the root, base64
	Checkpoint Checkpoint
}

// A Consistency shows that nothing before the older size was changed since.
type Consistency struct {
	Older, Newer int64
	Hashes       []string // base64
}

// witness is the register's witness. It refuses "not_found" where there is none.
func (s *Server) witness() (Witness, error) {
	if s.Witness == nil {
		return nil, refuse(http.StatusNotFound, "not_found", "")
	}
	return s.Witness, nil
}

// mostCheckpoints are listed at once at most.
const mostCheckpoints = 200

// checkpoints lists checkpoints as [Witness] does. Those that cannot be read,
// because their files are damaged, are logged and do not hide the others: then
// the list is incomplete. It fails if there are no others.
func (s *Server) checkpoints(ctx context.Context, w Witness, before int64, limit int) (list []Checkpoint, incomplete bool, err error) {
	list, err = w.Checkpoints(ctx, before, limit)
	if err != nil && len(list) == 0 { // further back there may be some
		list, err = w.Checkpoints(ctx, before, mostCheckpoints)
		list = list[:min(len(list), limit)]
	}
	if err == nil || len(list) == 0 || ctx.Err() != nil {
		return list, false, err
	}
	s.Logger.LogAttrs(ctx, slog.LevelWarn, "checkpoints cannot be read", slog.String("request", requestIn(ctx)), slog.Any("error", err))
	return list, true, nil
}

// prove gives the proof of the decision at a position, as it stands in an
// address. A position that is none, one that is not there and one that the
// asker may not know of are refused alike.
func (s *Server) prove(ctx context.Context, by domain.Actor, id string) (Proof, error) {
	none := &domain.Refusal{Kind: domain.NotFound, Code: "no_such_event"}
	w, err := s.witness()
	if err != nil {
		return Proof{}, err
	}
	position, err := strconv.ParseUint(id, 10, 63)
	if err != nil || position == 0 || strconv.FormatUint(position, 10) != id {
		return Proof{}, none
	}
	if err := s.Views.Provable(ctx, by, s.Now(), position); err != nil {
		return Proof{}, err
	}
	p, err := w.Prove(ctx, position)
	if errors.Is(err, ErrNoSuchPosition) {
		return Proof{}, none
	}
	return p, err
}
