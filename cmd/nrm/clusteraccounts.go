package main

import (
	"context"
	"errors"
	"io"

	"nrm/api/accounts"
	"nrm/eventstore/board"
)

const accountsKey = "accounts" // on the board: the list of accounts

// sharedAccounts keeps the list of accounts where all nodes find it.
type sharedAccounts struct{ board *board.Board }

func (s sharedAccounts) Load(ctx context.Context) (data []byte, revision uint64, err error) {
	v, err := s.board.Get(ctx, accountsKey)
	return v.Data, v.Revision, err
}

func (s sharedAccounts) Save(ctx context.Context, data []byte, revision uint64) (saved bool, err error) {
	_, err = s.board.Put(ctx, accountsKey, data, revision, 0)
	if errors.Is(err, board.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// accounts opens the accounts of the register: those in the data folder, or those
// that all nodes share.
func (n *node) accounts(ctx context.Context) (*accounts.Store, error) {
	if n.cluster != nil {
		return accounts.OpenShared(ctx, sharedAccounts{n.cluster.board})
	}
	return accounts.Open(accountsFile(n.at.data))
}

// accounts opens the accounts for who changes them beside a running server. It
// needs neither the key file nor, if the log is elsewhere, a data folder.
func (s *settings) accounts(ctx context.Context, scr *screen) (*accounts.Store, io.Closer, error) {
	if !s.named() {
		all, err := accounts.Open(accountsFile(s.folder()))
		return all, io.NopCloser(nil), err
	}
	c, err := meet(ctx, s.natsServers, s.logger(scr.errs))
	if err != nil {
		return nil, nil, err
	}
	all, err := accounts.OpenShared(ctx, sharedAccounts{c.board})
	if err != nil {
		return nil, nil, errors.Join(err, c.close())
	}
	return all, closing(c.close), nil
}

type closing func() error

func (c closing) Close() error { return c() }
