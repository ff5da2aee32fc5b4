package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

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
		return cmd.wayOut(err)
	}
	showSecrets(scr, cmd.User, password, token)
	return nil
}

// wayOut adds to the refusal of a role or an organisation what there is instead.
func (cmd accountAdd) wayOut(err error) error {
	r, _ := domain.AsRefusal(err)
	switch {
	case r == nil:
		return err
	case r.Code == "unknown_role":
		var roles []string
		for _, role := range domain.Roles() {
			roles = append(roles, string(role))
		}
		return fmt.Errorf("%w: there is no role %q; give one of %s", err, cmd.Role, strings.Join(roles, ", "))
	case r.Field != "organisation":
		return err
	}
	var seats []string
	for _, o := range domain.Codes("organisation") {
		if _, err := domain.ParseActor(cmd.User, cmd.Role, o.Code); err == nil {
			seats = append(seats, o.Code)
		}
	}
	return fmt.Errorf("%w: %q is no organisation that can have the role %s; give one of %s. Who is missing is added to domain/organisations.json, in a new version of the program",
		err, cmd.Organisation, cmd.Role, strings.Join(seats, ", "))
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
