package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

type promoteCommand struct {
	Lost       bool   `help:"The register is lost and will never run again. Everything that this copy does not have is lost with it."`
	Unfinished bool   `help:"With --lost: also a copy that was being made anew when the register was lost. Nothing brings back what it had before and does not have yet."`
	CopyKeys   string `help:"Key file that this folder was followed with, if it is not that of the register (--keys)." type:"path"`

	NKey   string `name:"nkey" help:"With --nats: file with the NKey that the NATS servers follow with, or with its public part." env:"NRM_FOLLOW_NKEY" type:"path"`
	Domain string `help:"With --nats: what the register runs on that is copied." default:"nrm" enum:"nrm,cluster"`

	Checkpoint []string `help:"A signed checkpoint that was kept elsewhere, to hold the copy against. May be given several times." type:"existingfile"`
	Key        []string `help:"Verifier key that those checkpoints are signed with (this register's). May be given several times." placeholder:"VKEY"`
}

// reachFor is how long the register is given to answer before it counts as
// unreachable.
const reachFor = 6 * time.Second

// Run makes a register of a copy: the last step of a move, or the way on after
// the first machine was lost. Nothing is changed before all of the copy has been
// checked. Interrupted at any point, it can be given again.
func (cmd promoteCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	at, logger := s.places(), s.logger(scr.errs)
	if at.elsewhere.named() {
		return cmd.promoteElsewhere(ctx, at, scr, s)
	}
	state, err := mirror.Read(at.data)
	if err != nil {
		return err
	}
	if state.Refused != "" {
		return fmt.Errorf("%w: %s", mirror.ErrDiverged, state.Refused)
	}
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	n := &node{at: at, logger: logger, ring: ring}
	storage, err := cmd.storage(n)
	if err != nil {
		return err
	}
	origin, hangUp, err := cmd.release(ctx, state, n)
	if err != nil {
		return err
	}
	defer hangUp()
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.openCopy(ctx, storage); err != nil {
		if state.Anew != nil {
			err = fmt.Errorf("the copy is being made anew, run nrm follow until it has everything: %w", err)
		}
		return err
	}
	if origin != nil {
		switch d, err := mirror.Compare(ctx, n.server.Conn(), origin); {
		case err != nil:
			return err
		case !d.Complete:
			return fmt.Errorf("the copy ends at position %d and the register at %d: run nrm follow until it has everything", d.Position, d.Origin)
		}
	}
	if err := cmd.check(ctx, n, scr); err != nil {
		return err
	}
	last, stored, err := mirror.End(ctx, n.server.Conn())
	if err != nil {
		return err
	}
	if err := n.takeOver(ctx, storage); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, "This is the register now. It %s; the next decision gets position %d.\n", upTo(last, stored), last+1)
	if _, err := os.Stat(accountsFile(at.data)); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(scr.out, "There are no accounts here: put accounts.json of the first machine into %s, or make new ones with nrm account add.\n", at.data)
	}
	fmt.Fprintln(scr.out, "Never start the first machine's register again. Next: nrm serve.")
	return nil
}

// storage gives the storage key that the copy was written with, and proves that
// it was: the folder knows one of the two key files.
func (cmd promoteCommand) storage(n *node) (key string, err error) {
	key, _ = n.ring.Storage()
	err = n.ring.Check(n.at.data)
	if err == nil || cmd.CopyKeys == "" {
		if errors.Is(err, keyfile.ErrForeign) {
			err = fmt.Errorf("%w; if this folder was followed with a key file of its own, name that with --copy-keys", err)
		}
		return key, err
	}
	own, err := keyfile.Read(cmd.CopyKeys)
	if err != nil {
		return "", err
	}
	if err := own.Check(n.at.data); err != nil && !errors.Is(err, keyfile.ErrNoCanary) {
		return "", err
	}
	key, _ = own.Storage()
	return key, nil
}

// release makes sure that the register will not be written any more. It gives
// the register if it answers, and how to hang up.
func (cmd promoteCommand) release(ctx context.Context, state mirror.State, n *node) (_ *mirror.Origin, hangUp func(), err error) {
	soon, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	origin, line, err := state.Reach(soon, n.logger)
	switch {
	case errors.Is(err, mirror.ErrUnreachable) && state.Anew != nil && (!cmd.Lost || !cmd.Unfinished):
		return nil, nil, fmt.Errorf("%w: this copy passed over something and has been made anew since %s, and is not yet what it was (%s). If the register can be started, run nrm follow here until the copy is whole. If it is lost for good, restore the latest backup (nrm restore) and compare; --lost --unfinished makes a register of what is here",
			err, state.Anew.Since.Format(time.RFC3339), had(state.Anew))
	case errors.Is(err, mirror.ErrUnreachable) && state.Complete && !cmd.Lost:
		return nil, nil, fmt.Errorf("%w: this copy had all of it when it was handed over, but it may have been taken back since. Run nrm handover there; if it will never run again, give --lost", err)
	case errors.Is(err, mirror.ErrUnreachable) && cmd.Lost:
		n.logger.Warn("the register does not answer", "complete", state.Complete, "error", err)
		return nil, func() {}, nil
	case errors.Is(err, mirror.ErrUnreachable):
		seen := "never answered"
		if !state.Seen.IsZero() {
			seen = "last answered " + state.Seen.Format(time.RFC3339)
		}
		return nil, nil, fmt.Errorf("%w: it %s, when this copy had position %d and lacked %d. Whether it still runs cannot be known from here. If it is lost for good, give --lost; if it can be started, run nrm handover there and nrm follow here first",
			err, seen, state.Position, state.Behind)
	case err != nil:
		return nil, nil, err
	}
	over, err := origin.HandedOver(soon)
	if err == nil && !over {
		err = fmt.Errorf("the register at %s answers and may be in use: two of one would both be wrong. Stop nrm serve there and run nrm handover, with nrm follow running here", state.From)
	}
	if err != nil {
		line.Close()
		return nil, nil, err
	}
	return origin, line.Close, nil
}

// had tells what a copy reached before it was thrown away.
func had(r *mirror.Renewal) string {
	var all []string
	for _, stream := range slices.Sorted(maps.Keys(r.Had)) {
		all = append(all, fmt.Sprintf("%s to position %d", stream, r.Had[stream]))
	}
	return strings.Join(all, ", ")
}

// openCopy starts the server on the copy, with the storage key that it has, and
// opens what is there to look at.
func (n *node) openCopy(ctx context.Context, storage string) (err error) {
	err = n.start(ctx, eventstore.StartOptions{Key: storage, Logger: n.logger})
	if errors.Is(err, eventstore.ErrKey) { // a promotion that was interrupted got as far as that
		key, _ := n.ring.Storage()
		err = n.start(ctx, eventstore.StartOptions{Key: key, Logger: n.logger})
	}
	if errors.Is(err, eventstore.ErrLocked) {
		return fmt.Errorf("%w: stop nrm follow first", err)
	}
	if err != nil {
		return err
	}
	if n.vault, err = vault.Open(ctx, n.server.Conn(), n.ring, vault.Options{Compartments: sealedCompartments(), LookOnly: true, Logger: n.logger}); err != nil {
		return err
	}
	n.log, err = eventstore.Open(ctx, n.server.Conn(), codec(n.vault), eventstore.Options{LookOnly: true, Logger: n.logger, Sealer: n.vault})
	return err
}

// start starts the server on the folder. Where it fails there is none to close.
func (n *node) start(ctx context.Context, opts eventstore.StartOptions) error {
	server, err := eventstore.Start(ctx, n.at.data, opts)
	if err == nil {
		n.server = server
	}
	return err
}

// check holds all of the copy against everything that is known of it.
func (cmd promoteCommand) check(ctx context.Context, n *node, scr *screen) error {
	status, err := n.vault.Status(ctx)
	if err != nil {
		return err
	}
	for kek, people := range status.Rows {
		if _, ok := n.ring.OldKEK(kek); !ok {
			return fmt.Errorf("the keys of %d people are wrapped by the key %s, which %s, of generation %d, does not hold: bring the key file of the time when this copy last had everything", people, kek, n.at.keys, n.ring.Generation())
		}
	}
	checkpoints, bad, err := verifyCommand{Checkpoint: cmd.Checkpoint, Key: cmd.Key}.checkpoints(ctx, n)
	if err != nil || bad != nil {
		return errors.Join(err, bad)
	}
	last, err := n.log.Last(ctx)
	if err != nil {
		return err
	}
	if reached := lastOf(checkpoints); reached > int64(last) {
		text := fmt.Sprintf("a checkpoint says that the register had reached position %d: the copy lacks at least %d decisions, from position %d on", reached, reached-int64(last), last+1)
		if !cmd.Lost {
			return errors.New(text)
		}
		fmt.Fprintf(scr.out, "LOST: %s.\nnrm serve refuses a log that is shorter than its checkpoints: keep those after position %d elsewhere, as evidence, and out of %s.\n", text, last, n.at.checkpoints)
		var held []witness.Checkpoint
		for _, c := range checkpoints {
			if c.Size <= int64(last) {
				held = append(held, c)
			}
		}
		checkpoints = held
	}
	found := newFindings()
	found.forgive = cmd.Lost // the last keys may not have come over any more
	if _, err := found.verify(ctx, n, checkpoints, scr); err != nil {
		return err
	}
	if d := found.half; d != nil {
		fmt.Fprintf(scr.out, "LOST: the last decision, %s on %s, was about a case and a facility, and only half of it had come over. It stays so until somebody records the departure of that person, and then what is true; nrm verify says so until then.\n",
			d.Events[0].EventType(), d.Stream)
	}
	if found.lost > 0 {
		fmt.Fprintf(scr.out, "LOST: the keys of %d sealed events had not come over; what they say cannot be read any more.\n", found.lost)
	}
	fmt.Fprintf(scr.out, "The copy is whole: %d decisions, %d events, %d of them sealed (%d erased). %d checkpoints agree with it, the last at position %d.\n",
		found.audit.Decisions, found.audit.Events, found.sealed, found.erased, len(checkpoints), lastOf(checkpoints))
	return nil
}

// takeOver encrypts the folder with the register's storage key, makes the streams
// writable, finishes erasures as the register would (a copy is not told what was
// deleted), remembers how far the log goes, and only then opens the folder to
// every other command.
func (n *node) takeOver(ctx context.Context, storage string) (err error) {
	err = n.close()
	n.log, n.vault, n.server = nil, nil, nil
	if err != nil {
		return err
	}
	key, old := n.ring.Storage()
	if storage == key {
		storage = old
	}
	if err := n.start(ctx, eventstore.StartOptions{Key: key, OldKey: storage, Logger: n.logger}); err != nil {
		return err
	}
	if err := n.adopt(); err != nil {
		return err
	}
	if err := mirror.Promote(ctx, n.server.Conn()); err != nil {
		return err
	}
	if n.vault, err = vault.Open(ctx, n.server.Conn(), n.ring, vault.Options{Compartments: sealedCompartments(), Logger: n.logger}); err != nil {
		return err
	}
	if n.log, err = eventstore.Open(ctx, n.server.Conn(), codec(n.vault), eventstore.Options{
		HighWater: filepath.Join(n.at.data, "highwater.json"), Logger: n.logger, Sealer: n.vault,
	}); err != nil {
		return err
	}
	return mirror.Finish(n.at.data)
}

// adopt marks the folder with the register's key file, now that its storage key
// opens it.
func (n *node) adopt() error {
	if n.ring.Check(n.at.data) == nil {
		return nil
	}
	if err := os.Remove(filepath.Join(n.at.data, "canary.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return n.ring.Mark(n.at.data)
}
