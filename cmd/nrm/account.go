package main

import (
	"context"
	"fmt"
	"path/filepath"

	"nrm/api/accounts"
	"nrm/domain"
)

type accountCommand struct {
	Add accountAdd `cmd:"" help:"Add an account. Its password and token are shown once."`
}

type accountAdd struct {
	User         string `arg:"" help:"Name to sign in with. It stands in the log for ever: use a function, not a person's name."`
	Role         string `arg:"" help:"Role, for example duty_officer; see docs/accounts.md."`
	Organisation string `arg:"" help:"Organisation, for example spu."`
}

// Run adds an account. A running server knows it at once.
func (cmd accountAdd) Run(_ context.Context, s *settings, scr *screen) error {
	all, err := accounts.Open(accountsFile(s.folder()))
	if err != nil {
		return err
	}
	password, token, err := all.Create(cmd.User, domain.Role(cmd.Role), cmd.Organisation)
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "user      %s\npassword  %s\ntoken     %s\n", cmd.User, password, token)
	return nil
}

func accountsFile(dir string) string { return filepath.Join(dir, "accounts.json") }
