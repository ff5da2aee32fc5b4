package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"nrm/eventstore/keyfile"
)

type keyCommand struct {
	Init   keyInit   `cmd:"" help:"Make the key file of a new register."`
	Rotate keyRotate `cmd:"" help:"Replace every key that is not a person's own. The server must not be running."`
	Status keyStatus `cmd:"" help:"Say which keys there are and whether they belong to the data. Shows no secret."`
}

type keyInit struct{}

// Run makes the key file. It never overwrites one.
func (keyInit) Run(s *settings, scr *screen) error {
	at := s.places()
	if err := keyfile.Outside(at.keys, at.data); err != nil {
		return err
	}
	ring, err := keyfile.Create(at.keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(scr.out, `Made the key file %s.
Whoever has it and the data can read everything; without it nobody ever can.
Keep a copy where no backup of the data goes.
Give this verifier key to those who are to hold your checkpoints:
%s
`, at.keys, ring.VerifierKey())
	return nil
}

type keyRotate struct{}

// Run replaces the key-encryption key, the storage key and the key of the
// search index, and says what it did. Interrupted at any point, the next start
// of anything goes on.
func (keyRotate) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	at := s.places()
	logger := s.logger(scr.errs)
	// Opening finishes what was interrupted before, and proves that the keys fit.
	n, err := openNode(ctx, at, logger)
	if err != nil {
		return err
	}
	bar := newBar(scr.errs)
	report, err := n.rewrap(ctx, func(done, total int) { bar.show("wrapping keys anew", done, total) })
	bar.end()
	if err == nil {
		err = errors.Join(n.ring.BeginStorage(), n.ring.Mark(at.data))
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

type keyStatus struct{}

// Run reads the key file and, if there is a data folder, holds it against it.
func (keyStatus) Run(s *settings, scr *screen) error {
	at := s.places()
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	fits := "yes"
	switch err := ring.Check(at.data); {
	case errors.Is(err, keyfile.ErrNoCanary):
		fits = "there is no register in " + at.data
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
		{"change under way", map[bool]string{true: "yes: start anything that opens the data, and it is finished", false: "no"}[ring.Changing()]},
		{"belongs to the data", fits},
		{"verifier key", ring.VerifierKey()},
	} {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	return t.Flush()
}
