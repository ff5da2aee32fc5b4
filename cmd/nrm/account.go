package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"nrm/domain"
)

type accountCommand struct {
	Add     accountAdd     `cmd:"" help:"Add an account. Its password and token are shown once."`
	Disable accountDisable `cmd:"" help:"Let an account in no more. Its name stays taken."`
	Reset   accountReset   `cmd:"" help:"Give an account a new password and token, shown once, and end its sessions. A disabled account is let in again."`
}

type accountAdd struct {
	User         string `arg:"" help:"Name to sign in with. It stands in the log for ever: use a function, not a person's name."`
	Role         string `arg:"" help:"Role, for example duty_officer; see docs/accounts.md."`
	Organisation string `arg:"" help:"Organisation, for example spu."`
}

// Run adds an account. A running server knows it at once.
func (cmd accountAdd) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	all, open, err := s.accounts(ctx, scr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	password, token, err := all.Create(cmd.User, domain.Role(cmd.Role), cmd.Organisation)
	if err != nil {
		return err
	}
	showSecrets(scr, cmd.User, password, token)
	return nil
}

type accountDisable struct {
	User string `arg:"" help:"Name that it signs in with."`
}

// Run disables an account. A running server knows it at once.
func (cmd accountDisable) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	all, open, err := s.accounts(ctx, scr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	if err := all.Disable(cmd.User); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "%s is disabled\n", cmd.User)
	return nil
}

type accountReset struct {
	User string `arg:"" help:"Name that it signs in with."`
}

// Run replaces an account's password and token. A running server knows it at
// once.
func (cmd accountReset) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	all, open, err := s.accounts(ctx, scr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	password, token, err := all.Reset(cmd.User)
	if err != nil {
		return err
	}
	showSecrets(scr, cmd.User, password, token)
	return nil
}

// showSecrets is the only time that anybody sees them.
func showSecrets(scr *screen, user, password, token string) {
	fmt.Fprintf(scr.out, "user      %s\npassword  %s\ntoken     %s\n", user, password, token)
}

func accountsFile(dir string) string { return filepath.Join(dir, "accounts.json") }
