package main

import (
	"errors"
	"fmt"
	"os"

	"filippo.io/age"
)

type identityCommand struct {
	File string `arg:"" help:"File to write. Nothing may be there." type:"path"`
}

// Run makes an age identity, as age-keygen does, where that is not at hand.
func (cmd identityCommand) Run(scr *screen) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(cmd.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", id.Recipient(), id)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(cmd.File))
	}
	fmt.Fprintf(scr.out, `Made the identity %s. Whoever has it opens backups: keep it, in two copies, apart from the register and from the backups.
Make backups for this recipient:
%s
`, cmd.File, id.Recipient())
	return nil
}
