package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/nats-io/nats.go"

	"nrm/eventstore"
	"nrm/eventstore/backup"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/witness"
)

type restoreCommand struct {
	File     string `arg:"" help:"Backup to restore." type:"path"`
	Identity string `help:"File with the age identity (AGE-SECRET-KEY-…) of one of those the backup was made for." env:"NRM_BACKUP_IDENTITY" type:"existingfile" required:""`
}

// restoring is the folder, in the data folder, that is filled first. While it is
// there and the log is not, nothing opens the data folder but another restore.
const restoring = "restore.part"

// madeOf are the files of a data folder that a restore makes, the log last: with
// it the folder is a register.
var madeOf = []string{"canary.json", "highwater.json", "tree", "accounts.json", "jetstream"}

// Run fills an empty data folder from a backup. Until everything was read and
// checked the folder has no log: killed at any point, nrm serve refuses it, and
// nrm restore begins anew.
func (cmd restoreCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	at, logger := s.places(), s.logger(scr.errs)
	identities, err := cmd.identities()
	if err != nil {
		return err
	}
	if err := keyfile.Outside(at.keys, at.data); err != nil {
		return err
	}
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	folder, err := witness.OpenFolder(at.checkpoints, ring.VerifierKey())
	if err != nil {
		return err
	}
	latest, _, err := folder.Latest()
	if err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	bar := newBar(scr.errs)
	r := &restoration{at: at, ring: ring, logger: logger, folder: folder, latest: latest, scr: scr,
		show: func(stage string) func(done, total uint64) {
			return func(done, total uint64) { bar.show(stage, int(done), int(total)) }
		}}
	defer func() { err = errors.Join(err, r.close()) }()
	content, found, err := r.load(ctx, cmd.File, identities)
	bar.end()
	if err != nil {
		return err
	}
	if err := r.verify(ctx, content); err != nil {
		return err
	}
	if err := r.complete(); err != nil {
		return err
	}
	r.report(content, found)
	return nil
}

func (cmd restoreCommand) identities() ([]age.Identity, error) {
	f, err := os.Open(cmd.Identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// Its errors are not passed on: they may quote a secret.
	identities, err := age.ParseIdentities(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s is not a file of age identities, as nrm identity or age-keygen makes it", cmd.Identity)
	}
	return identities, nil
}

// A restoration is a data folder that is being filled.
type restoration struct {
	at     places
	ring   *keyfile.Ring
	folder *witness.Folder
	latest witness.Checkpoint // in it, of Size 0 if there is none
	logger *slog.Logger
	scr    *screen
	show   func(stage string) func(done, total uint64)

	lock   io.Closer
	server *eventstore.Server
	done   bool
}

func (r *restoration) part() string { return filepath.Join(r.at.data, restoring) }

// load reads the backup into a server of its own and checks what it has got.
func (r *restoration) load(ctx context.Context, file string, identities []age.Identity) (c backup.Content, f backup.Findings, err error) {
	c, err = backup.Load(ctx, file, identities, backup.Target{
		VKey: r.ring.VerifierKey(), Progress: r.show("reading the backup"),
		Begin: func(h backup.Header) (*nats.Conn, error) { return r.begin(ctx, h) },
	})
	if err != nil {
		return c, f, fmt.Errorf("%w; nothing was restored", err)
	}
	if int64(c.Position) < r.latest.Size {
		return c, f, fmt.Errorf(`the backup %s, but %s is signed: what was recorded after position %d is not in this backup.
Look for a newer backup. If there is none, what is missing is lost: name an empty folder with --checkpoints, and keep %s as evidence of what was there; checkpoints that others hold will contradict the register from position %d on. Nothing was restored`,
			upTo(c.Position, c.Stored), r.latest, c.Position, r.at.checkpoints, c.Position+1)
	}
	kept, err := r.kept(ctx)
	if err != nil {
		return c, f, err
	}
	if f, err = backup.Check(ctx, r.server.Conn(), c, kept, r.show("checking the log")); err != nil {
		return c, f, fmt.Errorf("%w; nothing was restored", err)
	}
	for kek, people := range f.KEKs {
		if _, ok := r.ring.OldKEK(kek); !ok {
			return c, f, fmt.Errorf("the keys of %d people in the backup: %w", people, r.outdated(kek, c.Header))
		}
	}
	return c, f, nil
}

// kept are the checkpoints in the folder.
func (r *restoration) kept(ctx context.Context) (all []witness.Checkpoint, err error) {
	for c, err := range r.folder.All(ctx) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(r.scr.errs, "WARNING: a checkpoint is left out: %v\n", err)
			continue
		}
		all = append(all, c)
	}
	return all, nil
}

// begin looks whether the key file belongs to the backup, and only then touches
// the folder.
func (r *restoration) begin(ctx context.Context, h backup.Header) (*nats.Conn, error) {
	if h.Register != r.ring.Register() {
		return nil, fmt.Errorf("%w: %s is that of register %s, the backup is of register %s", keyfile.ErrForeign, r.at.keys, r.ring.Register(), h.Register)
	}
	if _, ok := r.ring.OldKEK(h.KEK); !ok {
		return nil, r.outdated(h.KEK, h)
	}
	if err := os.MkdirAll(r.at.data, 0o700); err != nil {
		return nil, err
	}
	var err error
	r.lock, err = eventstore.Lock(r.at.data)
	if errors.Is(err, eventstore.ErrLocked) {
		return nil, fmt.Errorf("%w: a running nrm has %s, and a restore only fills an empty folder: name another one with --data", err, r.at.data)
	}
	if err != nil {
		return nil, err
	}
	if err := fillable(r.at.data); err != nil {
		return nil, err
	}
	for _, name := range append([]string{restoring}, madeOf...) { // of one that was killed
		if err := os.RemoveAll(filepath.Join(r.at.data, name)); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(r.part(), 0o700); err != nil {
		return nil, err
	}
	key, _ := r.ring.Storage()
	if r.server, err = eventstore.Start(ctx, r.part(), eventstore.StartOptions{Key: key, Unsynced: true, Logger: r.logger}); err != nil {
		return nil, err
	}
	return r.server.Conn(), nil
}

// outdated explains that the key file and the backup are of different times.
func (r *restoration) outdated(kek string, h backup.Header) error {
	if h.Generation > r.ring.Generation() {
		return fmt.Errorf("%w: the backup needs the key %s of generation %d, and %s is an older copy, of generation %d: bring the newer one",
			keyfile.ErrOutdated, kek, h.Generation, r.at.keys, r.ring.Generation())
	}
	return fmt.Errorf(`%w: the backup was made on %s under the key %s, of generation %d, and %s, of generation %d, holds it no more: keys were changed since, by nrm key rotate or because somebody was erased.
With this key file nothing that is sealed in the backup opens, of anybody. Use a backup made after that change. A copy of the key file from before would open it, and with it what was erased since: such copies should have been destroyed`,
		keyfile.ErrRetired, h.Made.Format(time.RFC3339), kek, h.Generation, r.at.keys, r.ring.Generation())
}

// fillable refuses a folder that holds anything but what a restore that was
// killed has left.
func fillable(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if hasLog(dir) {
		return fmt.Errorf("%s holds a register: a restore only fills an empty folder", dir)
	}
	allowed := []string{"LOCK", "lost+found"}
	if interrupted(dir) {
		allowed = append(append(allowed, restoring), madeOf...)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			return fmt.Errorf("%s is not empty: it holds %s; a restore only fills an empty folder", dir, e.Name())
		}
	}
	return nil
}

// interrupted tells whether a restore into the folder was not completed.
func interrupted(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, restoring))
	return err == nil && !hasLog(dir)
}

// verify opens what was loaded as nrm serve would, and holds it against
// everything that is known, as nrm verify does.
func (r *restoration) verify(ctx context.Context, c backup.Content) (err error) {
	err, r.server = r.server.Close(), nil
	if err != nil {
		return err
	}
	if c.Accounts != nil {
		if err := os.WriteFile(accountsFile(r.part()), c.Accounts, 0o600); err != nil {
			return err
		}
	}
	if err := errors.Join(r.ring.Mark(r.part()), eventstore.Sync(r.part())); err != nil {
		return err
	}
	at := r.at
	at.data = r.part()
	n, err := lookAt(ctx, at, r.logger)
	if err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	defer func() { err = errors.Join(err, n.close()) }()
	// Those of the folder were held against it already.
	if _, err := verifyLog(ctx, n, c.Checkpoints, r.scr); err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	for _, checkpoint := range c.Checkpoints { // the latest first
		if err := r.folder.Add(checkpoint); err != nil {
			return err
		}
	}
	p, err := n.witness(ctx, r.scr, newSigning(n))
	if err != nil {
		return err
	}
	return p.Close()
}

// complete makes the data folder a register.
func (r *restoration) complete() error {
	if err := eventstore.Sync(r.part()); err != nil {
		return err
	}
	for _, name := range madeOf {
		err := os.Rename(filepath.Join(r.part(), name), filepath.Join(r.at.data, name))
		if errors.Is(err, os.ErrNotExist) && (name == "accounts.json" || name == "highwater.json") {
			err = nil // nobody has an account, or nothing has happened
		}
		if err != nil {
			return err
		}
		if name == "accounts.json" { // all but the log is there, on disk, before the log is
			if err := syncFolder(r.at.data); err != nil {
				return err
			}
		}
	}
	r.done = true
	return syncFolder(r.at.data)
}

// close gives the folder up. What is not complete is removed.
func (r *restoration) close() (err error) {
	if r.server != nil {
		err = r.server.Close()
	}
	if r.lock == nil {
		return err
	}
	if !r.done && interrupted(r.at.data) {
		for _, name := range madeOf {
			err = errors.Join(err, os.RemoveAll(filepath.Join(r.at.data, name)))
		}
	}
	return errors.Join(err, os.RemoveAll(r.part()), r.lock.Close())
}

// upTo says how far a register goes whose last decision was stored then.
func upTo(position uint64, stored time.Time) string {
	if position == 0 {
		return "is empty"
	}
	return fmt.Sprintf("ends at position %d, stored %s", position, stored.UTC().Format(time.RFC3339))
}

func (r *restoration) report(c backup.Content, f backup.Findings) {
	fmt.Fprintf(r.scr.out, `Restored %s from the backup of %s. It %s; what was recorded later is not in it.
The chains, the tree, the checkpoints and the seals agree. The keys of %d people open; %d people are erased and stay so.
`, r.at.data, c.Made.Format("2006-01-02 15:04:05 MST"), upTo(c.Position, c.Stored), f.People, f.Erased)
	if r.latest.Size == 0 && len(c.Checkpoints) > 0 {
		fmt.Fprintf(r.scr.out, "There were no checkpoints in %s: only those in the backup vouch for it. Hold it against one that somebody else has kept: nrm verify --checkpoint FILE.\n", r.at.checkpoints)
	}
	if n := len(f.Missing); n > 0 {
		fmt.Fprintf(r.scr.errs, "WARNING: the keys of %d people had been lost before the backup was made.\n", n)
	}
	fmt.Fprintf(r.scr.out, "Next: nrm serve. The views are built anew at the first start.\n")
}

// syncFolder makes renames in a folder survive a power failure.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
