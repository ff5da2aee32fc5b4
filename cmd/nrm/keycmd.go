package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

type keyCommand struct {
	Init   keyInit   `cmd:"" help:"Make the key file of a new register."`
	Rotate keyRotate `cmd:"" help:"Replace every key that is not a person's own. The server must not be running, unless the log is elsewhere (--nats)."`
	Adopt  keyAdopt  `cmd:"" help:"Write the canary of a data folder anew, after proving that the key file opens it. The server must not be running."`
	Status keyStatus `cmd:"" help:"Say which keys there are and whether they belong to the data. Shows no secret."`
}

type keyInit struct {
	Follower bool `help:"The file is for a second machine that follows a register (nrm follow), and not for a register of its own."`
}

// Run makes the key file. It never overwrites one.
func (cmd keyInit) Run(s *settings, scr *screen) error {
	at := s.places()
	if err := keyfile.Outside(at.keys, at.data); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(at.data, "canary.json")); err == nil || hasLog(at.data) {
		return fmt.Errorf("%s holds a register, which has a key file already: a new one opens nothing in it. Bring the key file back, or a copy of it, and name it with --keys", at.data)
	}
	ring, err := keyfile.Create(at.keys)
	if err != nil {
		return err
	}
	if cmd.Follower {
		fmt.Fprintf(scr.out, `Made the key file %s. It encrypts the files of the copy on this machine, and nothing else:
what is sealed in the copy opens only with the key file of the register that it follows, which nrm promote asks for.
Without this file the copy must be made anew. Next: nrm follow.
`, at.keys)
		return nil
	}
	fmt.Fprintf(scr.out, `Made the key file %s.
Whoever has it and the data can read everything; without it nobody ever can.
Keep a copy where no backup of the data goes.
Give this verifier key to those who are to hold your checkpoints:
%s
This is for a register of its own. For a second machine that only follows one: nrm key init --follower.
`, at.keys, ring.VerifierKey())
	return nil
}

type keyRotate struct{}

// Run replaces the key-encryption key, the storage key and the key of the
// search index, and says what it did. Interrupted at any point, the next serve,
// import or rotate goes on.
func (keyRotate) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	at := s.places()
	logger := s.logger(scr.errs)
	if at.elsewhere.named() {
		return rotateElsewhere(ctx, at, logger, scr)
	}
	// Opening finishes what was interrupted before, and proves that the keys fit.
	n, err := openNode(ctx, at, logger)
	if err != nil {
		return err
	}
	bar := newBar(scr.errs)
	report, err := n.rewrap(ctx, func(done, total int) { bar.show("wrapping keys anew", done, total) })
	bar.end()
	for _, step := range []func(context.Context) error{local(n.ring.BeginStorage), n.mark} {
		if err == nil {
			err = step(ctx)
		}
	}
	if err = errors.Join(err, n.close()); err != nil {
		return err
	}
	// The next start encrypts the files anew and then forgets the old key.
	if n, err = openNode(ctx, at, logger); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, `The keys of %d people (%d keys) are wrapped by the new key %s, in %s; %d people are erased.
The log is encrypted with a new storage key. The views will be built anew under a new search key.
The key file is now of generation %d. Destroy every older copy of it: with an older backup it opens what was erased since.
`, report.Owners, report.Keys, report.KEK, report.Took.Round(time.Millisecond), report.Erased, n.ring.Generation())
	return n.close()
}

type keyAdopt struct{}

// Run is the way out when canary.json is lost or damaged: it opens the data with
// the key file, and only if everything opens does it vouch for the pair.
func (keyAdopt) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	at := s.places()
	if at.elsewhere.named() {
		return errors.New("there is no canary in the folder of a node: that of a register on NATS servers is kept there. Leave --nats away, or see docs/operations.md")
	}
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	if !hasLog(at.data) {
		return fmt.Errorf("there is no log in %s", at.data)
	}
	n := &node{at: at, logger: s.logger(scr.errs), ring: ring}
	defer func() { err = errors.Join(err, n.close()) }()
	key, old := ring.Storage()
	server, err := eventstore.Start(ctx, at.data, eventstore.StartOptions{Key: key, OldKey: old, Logger: n.logger})
	if err != nil {
		return err
	}
	n.server = server
	if n.vault, err = vault.Open(ctx, n.server.Conn(), ring, vault.Options{Logger: n.logger}); err != nil {
		return err
	}
	status, err := n.vault.Status(ctx)
	if err != nil {
		return err
	}
	for kek := range status.Rows {
		if _, ok := ring.OldKEK(kek); !ok {
			return fmt.Errorf("%s does not hold the key %s, which keys of people in %s need", at.keys, kek, at.data)
		}
	}
	if err := os.Remove(filepath.Join(at.data, "canary.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := ring.Mark(at.data); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "%s opens %s: the keys of %d people. The canary is written anew.\n", at.keys, at.data, status.Owners)
	return nil
}

type keyStatus struct{}

// Run reads the key file and, if there is a data folder, holds it against it.
func (keyStatus) Run(ctx context.Context, s *settings, scr *screen) error {
	at := s.places()
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	fits := "yes"
	check := belongs(ctx, ring, at, s.logger(scr.errs))
	switch err := check; {
	case errors.Is(err, keyfile.ErrNoCanary) && !at.elsewhere.named() && !hasLog(at.data):
		fits, check = "there is no register in "+at.data, nil
	case err != nil:
		fits = "NO: " + err.Error()
	}
	id, _ := ring.KEK()
	rotated := "never"
	if !ring.Rotated().IsZero() {
		rotated = ring.Rotated().UTC().Format(time.RFC3339)
	}
	t := tabwriter.NewWriter(scr.out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"key file", at.keys},
		{"register", ring.Register()},
		{"generation", fmt.Sprint(ring.Generation())},
		{"made", ring.Created().UTC().Format(time.RFC3339)},
		{"changed", rotated},
		{"key-encryption key", id},
		{"change under way", map[bool]string{true: "yes: the next nrm serve or nrm key rotate finishes it", false: "no"}[ring.Changing()]},
		{"belongs to the data", fits},
		{"verifier key", ring.VerifierKey()},
	} {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return check
}
