package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

// A Source is a register to be backed up. It may be in use.
type Source struct {
	Conn     *nats.Conn    // to the server that has both streams
	Ring     *keyfile.Ring // says which keys are needed, and signs; no key of it is copied
	Witness  Witness
	Folder   *witness.Folder                       // of checkpoints
	Accounts func(context.Context) ([]byte, error) // the list of accounts; nil, itself or its answer, if there is none
	Logger   *slog.Logger                          // nil discards
}

// A Witness knows the register's own tree over the log, as *witness.Keeper does.
type Witness interface {
	// Checkpoint signs what the tree holds: witness.ErrBeyond if that is nothing,
	// witness.ErrStandby if that is for another node to do.
	Checkpoint(ctx context.Context) (witness.Checkpoint, error)
	// Root is that of the tree with so many messages; it waits for them.
	Root(ctx context.Context, size int64) (tlog.Hash, error)
}

const maxCheckpoints = 1000 // the latest ones: each is a file to be synced at a restore

// Write writes a backup to w, in clear: w must encrypt, or be somebody of the
// same rights. Everything that was acknowledged before Write was called is in
// it. If Write fails it still tries to end what it has written with the reason,
// so that whoever reads it at the other end of a line knows.
func Write(ctx context.Context, w io.Writer, src Source) error {
	if src.Logger == nil {
		src.Logger = slog.New(slog.DiscardHandler)
	}
	p := newPacker(w, time.Now().UTC().Truncate(time.Second))
	err := write(ctx, p, src)
	if err != nil {
		_, _ = p.json(failureName, failure{err.Error(), errors.Is(err, errAgain)})
	}
	if err := errors.Join(err, p.tw.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

func write(ctx context.Context, p *packer, src Source) error {
	js, err := jetstream.New(src.Conn)
	if err != nil {
		return err
	}
	signer, err := src.Ring.Signer()
	if err != nil {
		return err
	}
	log, keys := eventstore.Settings(1).Name, vault.Settings(1).Name
	before, err := state(ctx, js, log)
	if err != nil {
		return err
	}
	keysBefore, err := state(ctx, js, keys)
	if err != nil {
		return err
	}
	if err := src.Ring.Reload(); err != nil {
		return err
	}
	m := Manifest{KeysFrom: keysBefore.LastSeq, Header: Header{
		Format: format, Made: p.at, Register: src.Ring.Register(), Verifier: src.Ring.VerifierKey(),
		Generation: src.Ring.Generation(), Bytes: before.Bytes + keysBefore.Bytes,
	}}
	m.KEK, _ = src.Ring.KEK()
	if _, err := p.json(headerName, m.Header); err != nil {
		return err
	}
	// A checkpoint of all that is there lets a later reader hold the copy
	// against what others have kept.
	if _, err := src.Witness.Checkpoint(ctx); err != nil && !errors.Is(err, witness.ErrBeyond) && !errors.Is(err, witness.ErrStandby) {
		return err
	}
	// The key that something is sealed with is stored before it: so the keys
	// come second.
	copied, err := p.stream(ctx, src.Conn, logPart, log)
	if err != nil {
		return err
	}
	if copied.LastSeq < before.LastSeq {
		return fmt.Errorf("the snapshot ends at position %d, but the log had reached %d: ask again, another server leads now", copied.LastSeq, before.LastSeq)
	}
	copiedKeys, err := p.stream(ctx, src.Conn, keysPart, keys)
	if err != nil {
		return err
	}
	m.Keys = copiedKeys.Msgs
	if err := unmoved(ctx, js, src.Ring, m, keys, keysBefore); err != nil {
		return err
	}
	if err := m.locate(ctx, js, src.Witness, log, copied.LastSeq); err != nil {
		return err
	}
	if err := p.files(ctx, src, uint64(m.Position)); err != nil {
		return err
	}
	m.Parts = p.parts
	return p.manifest(m, signer)
}

func state(ctx context.Context, js jetstream.JetStream, name string) (jetstream.StreamState, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := js.Stream(ctx, name)
	if err != nil {
		return jetstream.StreamState{}, fmt.Errorf("stream %s: %w", name, err)
	}
	return s.CachedInfo().State, nil
}

func (p *packer) stream(ctx context.Context, nc *nats.Conn, part, name string) (s jetstream.StreamState, err error) {
	err = p.part(part, func(w io.Writer) error {
		s, err = snapshot(ctx, nc, name, w)
		if err != nil {
			return fmt.Errorf("snapshot of %s: %w", name, err)
		}
		return nil
	})
	return s, err
}

// unmoved fails with errAgain if keys were deleted since the log's snapshot was
// begun: the copy may lack keys that were only being stored elsewhere, or lack
// the order for an erasure that it shows the effect of.
func unmoved(ctx context.Context, js jetstream.JetStream, ring *keyfile.Ring, m Manifest, keys string, before jetstream.StreamState) error {
	now, err := state(ctx, js, keys)
	if err != nil {
		return err
	}
	if deleted := (now.LastSeq - before.LastSeq) - (now.Msgs - before.Msgs); deleted != 0 {
		return fmt.Errorf("%w: keys were destroyed", errAgain)
	}
	if err := ring.Reload(); err != nil {
		return err
	}
	if kek, _ := ring.KEK(); kek != m.KEK || ring.Generation() != m.Generation {
		return fmt.Errorf("%w: the key file was changed", errAgain)
	}
	return nil
}

// locate says in the manifest where the copy of the log ends, and that the
// register's own tree has the same there.
func (m *Manifest) locate(ctx context.Context, js jetstream.JetStream, w Witness, name string, last uint64) error {
	if last == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	log, err := js.Stream(ctx, name)
	if err != nil {
		return err
	}
	msg, err := log.GetMsg(ctx, last)
	if errors.Is(err, jetstream.ErrMsgNotFound) { // a server that is behind has answered
		err = fmt.Errorf("%w: not everywhere yet", errAgain)
	}
	if err != nil {
		return fmt.Errorf("position %d: %w", last, err)
	}
	if err := whole(ctx, log, msg); err != nil {
		return err
	}
	leaf := eventstore.LeafOf(msg.Subject, msg.Data)
	m.Position, m.Stream, m.Hash, m.Stored = last, leaf.Stream, leaf.Hash, msg.Time.UTC()
	m.Root, err = w.Root(ctx, int64(last))
	return err
}

// whole fails with errAgain if a message is not the last one of its decision. A
// decision over several streams is one message on each, at consecutive
// positions, stored together; but a snapshot can be begun between them.
func whole(ctx context.Context, log jetstream.Stream, last *jetstream.RawStreamMsg) error {
	if last.Header.Get("Nats-Batch-Id") == "" || last.Header.Get("Nats-Batch-Commit") != "" {
		return nil
	}
	for {
		next, err := log.GetMsg(ctx, last.Sequence+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // being stored just now
			select {
			case <-time.After(10 * time.Millisecond):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		if eventstore.DecisionOf(next.Data) == eventstore.DecisionOf(last.Data) {
			return fmt.Errorf("%w: position %d is half of a decision", errAgain, last.Sequence)
		}
		return nil
	}
}

// files adds what is not in a stream. A checkpoint beyond the copy of the log
// would speak against it.
func (p *packer) files(ctx context.Context, src Source, last uint64) error {
	var accounts []byte
	if src.Accounts != nil {
		var err error
		if accounts, err = src.Accounts(ctx); err != nil {
			return err
		}
	}
	if accounts != nil {
		if err := p.part(accountsPart, func(w io.Writer) error { _, err := w.Write(accounts); return err }); err != nil {
			return err
		}
	}
	list, err := src.Folder.List(maxCheckpoints, int64(last)+1)
	if err != nil { // they are left out: that is for nrm verify
		src.Logger.Warn("damaged checkpoints are not in the backup", "error", err)
	}
	return p.part(checksPart, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, c := range list {
			if err := enc.Encode(string(c.Raw)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *packer) manifest(m Manifest, signer note.Signer) error {
	text, err := p.json(manifestName, m)
	if err != nil {
		return err
	}
	signature, err := sign(text, signer)
	if err != nil {
		return err
	}
	return p.file(signatureName, signature)
}
