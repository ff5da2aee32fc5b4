package main

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"nrm/api"
	"nrm/eventstore"
	"nrm/eventstore/witness"
)

// proofs are the register's witness: the Merkle tree over the log and the signed
// checkpoints of it, as the pages and the API show them.
type proofs struct {
	*witness.Keeper
	folder *witness.Folder
	log    *store
	key    string
}

// witness brings the tree up to date and holds the log against the latest
// checkpoint: a log that is not what was signed is not served. Where there are
// several nodes, signs says which of them signs.
func (n *node) witness(ctx context.Context, scr *screen, signs *signing) (proofs, error) {
	p := proofs{log: n.log, key: n.ring.VerifierKey()}
	signer, err := n.ring.Signer()
	if err != nil {
		return p, err
	}
	if p.folder, err = witness.OpenFolder(n.at.checkpoints, p.key); err != nil {
		return p, err
	}
	bar := newBar(scr.errs)
	defer bar.end()
	config := witness.Config{
		TreePath: n.at.tree(), Folder: p.folder, Source: n.log,
		Signer: signer, Origin: n.ring.Origin(), VKey: p.key, Logger: n.logger,
	}
	if err := signs.configure(ctx, &config); err != nil {
		return p, err
	}
	if n.drill {
		mute(&config)
	}
	p.Keeper, err = witness.Open(ctx, config, func(done, total uint64) {
		bar.show("building the tree", int(done), int(total))
		n.told("witness", done, total)
	})
	return p, err
}

// witnessed does work while checkpoints of it are signed, the last one when it
// has ended.
func (n *node) witnessed(ctx context.Context, scr *screen, work func() error) (err error) {
	if n.cluster != nil {
		return work() // the nodes that serve sign
	}
	p, err := n.witness(ctx, scr, newSigning(n))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ran := make(chan error, 1)
	go func() { ran <- stopped(p.Run(running)) }()
	if err = work(); err == nil {
		var last uint64
		if last, err = n.log.Last(ctx); err == nil && last > 0 {
			err = p.WaitFor(ctx, last)
		}
	}
	stop()
	return errors.Join(err, <-ran, p.Close())
}

func (p proofs) Key() string { return p.key }

func (p proofs) Checkpoints(_ context.Context, before int64, limit int) ([]api.Checkpoint, error) {
	list, err := p.folder.List(limit, before)
	shown := make([]api.Checkpoint, len(list))
	for i, c := range list {
		shown[i] = checkpoint(c)
	}
	return shown, err
}

func (p proofs) Prove(ctx context.Context, position uint64) (api.Proof, error) {
	// The views may be ahead of the tree for a moment.
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if last, err := p.log.Last(ctx); err != nil || position > last {
		return api.Proof{}, errors.Join(err, api.ErrNoSuchPosition)
	}
	if err := p.WaitFor(soon, position); err != nil {
		return api.Proof{}, err
	}
	proof, err := p.Keeper.Prove(ctx, position)
	if errors.Is(err, witness.ErrBeyond) {
		return api.Proof{}, api.ErrNoSuchPosition
	}
	if err != nil {
		return api.Proof{}, err
	}
	record := ""
	err = p.log.Leaves(ctx, position-1, position, func(leaves []eventstore.Leaf) error {
		record = string(leaves[0].Record())
		return nil
	})
	return api.Proof{
		Position: proof.Position, Record: record, Leaf: text(proof.Leaf), Hashes: texts(proof.Proof), Checkpoint: checkpoint(proof.Checkpoint),
	}, err
}

func (p proofs) Consistency(ctx context.Context, older, newer int64) (api.Consistency, error) {
	proof, err := p.Keeper.Consistency(ctx, older, newer)
	if errors.Is(err, witness.ErrBeyond) {
		return api.Consistency{}, api.ErrNoSuchPosition
	}
	return api.Consistency{Older: older, Newer: newer, Hashes: texts(proof.Proof)}, err
}

func checkpoint(c witness.Checkpoint) api.Checkpoint {
	return api.Checkpoint{Size: c.Size, Root: text(c.Root), At: c.Time, Note: string(c.Raw)}
}

func text(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func texts(hashes []tlog.Hash) []string {
	all := make([]string, len(hashes))
	for i, h := range hashes {
		all[i] = text(h)
	}
	return all
}
