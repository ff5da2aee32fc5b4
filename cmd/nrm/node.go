package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
	"nrm/projections"
)

type store = eventstore.Store[domain.Decision]

// places are where a register keeps what. The keys and the checkpoints vouch
// for the data, so they lie outside the data folder and belong on other media.
type places struct {
	data        string // the log, the views and the accounts
	keys        string // the key file
	checkpoints string // folder of signed checkpoints

	elsewhere natsServers // where the log is, if not in the data folder
}

// beside gives the places that are used when only the data folder is named.
func beside(data string) places {
	data = strings.TrimRight(data, string(filepath.Separator))
	return places{data: data, keys: data + ".key", checkpoints: data + ".checkpoints"}
}

// tree is the file of the Merkle tree.
func (at places) tree() string { return filepath.Join(at.data, "tree") }

// A logServer is what keeps the log: in this process, or elsewhere.
type logServer interface {
	Conn() *nats.Conn
	Healthy() error
	Down() error
	Close() error
}

// A node is the data folder in use by this process. Only one process can have
// it.
type node struct {
	at     places
	logger *slog.Logger
	tell   progress // hears of long work at the start; nil: nobody does
	ring   *keyfile.Ring
	server logServer
	vault  *vault.Vault
	log    *store

	letIn *eventstore.LeafListen // followers; nil if there are none

	drill bool // only to be looked at: see serveCommand.lookOnly

	cluster *cluster // nil if the log is in the data folder: then there is but one node
}

// openNode takes the data folder and opens its log. Before any server starts it
// holds the key file against the data folder: with other keys nothing is opened
// and nothing is touched. It finishes a change of keys that was interrupted. It
// creates nothing: see initCommand.
func openNode(ctx context.Context, at places, logger *slog.Logger) (*node, error) {
	return openAs(ctx, at, logger, true, nil)
}

// lookAt is openNode for those who only look, perhaps at a copy of the folder: it
// leaves an interrupted change of keys as it is, because to finish it would take
// the keys away that the folder itself still needs.
func lookAt(ctx context.Context, at places, logger *slog.Logger) (*node, error) {
	return openAs(ctx, at, logger, false, nil)
}

func openAs(ctx context.Context, at places, logger *slog.Logger, finish bool, letIn *eventstore.LeafListen) (*node, error) {
	if at.elsewhere.named() {
		return openMember(ctx, at, logger, finish)
	}
	if of, err := memberOf(at.data); err == nil && of != "" {
		return nil, fmt.Errorf("%s is the folder of a node whose log is on NATS servers: name them with --nats", at.data)
	}
	if err := noCopy(at.data); err != nil {
		return nil, err
	}
	if interrupted(at.data) {
		return nil, fmt.Errorf("a restore into %s was not completed: give nrm restore again", at.data)
	}
	if !hasLog(at.data) {
		return nil, fmt.Errorf("there is no log in %s: create one with nrm init, or name the folder with --data", at.data)
	}
	ring, err := openRing(at)
	if err != nil {
		return nil, err
	}
	if err := ring.Check(at.data); err != nil {
		return nil, err
	}
	n := &node{at: at, logger: logger, ring: ring, letIn: letIn}
	if err := n.open(ctx, finish); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// hasLog reports whether there is a log in the folder; for a moment of a change
// of the storage key it has another name.
func hasLog(dir string) bool {
	for _, name := range []string{"jetstream", "jetstream.old"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			return true
		}
	}
	return false
}

// openRing reads the key file.
func openRing(at places) (*keyfile.Ring, error) {
	ring, err := keyfile.Read(at.keys)
	if errors.Is(err, keyfile.ErrLost) {
		return nil, fmt.Errorf("%w: name it with --keys; for a new register make one with nrm key init", err)
	}
	return ring, err
}

func (n *node) open(ctx context.Context, finish bool) (err error) {
	key, old := n.ring.Storage()
	server, err := eventstore.Start(ctx, n.at.data, eventstore.StartOptions{Key: key, OldKey: old, Listen: n.letIn, Logger: n.logger})
	if errors.Is(err, eventstore.ErrLocked) {
		return fmt.Errorf("%w: a running nrm has the folder %s; stop it first", err, n.at.data)
	}
	if err != nil {
		return err
	}
	n.server = server
	if err := sweep(n.at.data); err != nil {
		return err
	}
	if old != "" && finish { // nothing is encrypted with it any more
		n.logger.Info("the log is encrypted with a new storage key")
		// The change may have been cut short before the canary knew of the new key,
		// and it must before the old one goes. Only now is the folder ours alone.
		for _, step := range []func(context.Context) error{n.mark, local(n.ring.EndStorage), n.mark} {
			if err := step(ctx); err != nil {
				return err
			}
		}
	}
	if err := n.openVault(ctx, !finish); err != nil {
		return err
	}
	if n.ring.Retiring() && finish {
		// While both keys are in the key file everything opens: whoever needs the
		// register is not turned away because a rotation cannot be finished.
		report, err := n.rewrap(ctx, nil)
		if err != nil {
			n.logger.Error("a change of the key-encryption key was interrupted and cannot be finished", "error", err)
		} else {
			n.logger.Info("a change of the key-encryption key was interrupted and is finished now",
				"people", report.Owners, "keys", report.Keys, "key", report.KEK, "generation", n.ring.Generation())
		}
	}
	return n.openLog(ctx, !finish)
}

// openMember opens a node of a register whose log is elsewhere. Before it reads or
// writes anything it holds the key file against the register's canary. A change
// of keys that was interrupted is finished by whichever node has that duty.
func openMember(ctx context.Context, at places, logger *slog.Logger, finish bool) (_ *node, err error) {
	if err := keyfile.Outside(at.keys, at.data); err != nil {
		return nil, err
	}
	n := &node{at: at, logger: logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if err := n.meet(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		local(func() error { return n.cluster.join(at.data, n.ring.Register()) }),
		local(func() error { return sweep(at.data) }),
		// Before the log is opened: whoever hands the register over looks at who is
		// there first, and closes the log then.
		func(ctx context.Context) error {
			if !finish {
				return nil
			}
			return n.cluster.attend(ctx)
		},
		func(ctx context.Context) error { return n.openVault(ctx, !finish) },
		func(ctx context.Context) error { return n.openLog(ctx, !finish) },
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// meet connects to the servers and to what all nodes share, and makes sure that
// the key file is that of the register.
func (n *node) meet(ctx context.Context) (err error) {
	if n.ring, err = openRing(n.at); err != nil {
		return err
	}
	if n.cluster, err = meet(ctx, n.at.elsewhere, n.logger); err != nil {
		return err
	}
	n.server = n.cluster.remote
	return n.cluster.fits(ctx, n.ring)
}

func (n *node) openVault(ctx context.Context, lookOnly bool) (err error) {
	n.vault, err = vault.Open(ctx, n.server.Conn(), n.ring, vault.Options{
		Compartments: sealedCompartments(), LookOnly: lookOnly, Confirm: n.confirm, Logger: n.logger,
	})
	return err
}

// confirm makes sure that the key file is the one that the register depends on.
func (n *node) confirm(ctx context.Context) error {
	if n.cluster == nil {
		return nil
	}
	if err := n.ring.Reload(); err != nil { // it may be a file that all nodes share
		return err
	}
	return n.cluster.fits(ctx, n.ring)
}

func (n *node) openLog(ctx context.Context, lookOnly bool) (err error) {
	n.log, err = eventstore.Open(ctx, n.server.Conn(), codec(n.vault), eventstore.Options{
		HighWater: filepath.Join(n.at.data, "highwater.json"), LookOnly: lookOnly, Logger: n.logger, Sealer: n.vault, Down: n.server.Down,
		Sole: n.cluster == nil, // the folder is locked, and the server lets nobody else write
	})
	if err != nil {
		return err
	}
	own, ok := n.server.(*eventstore.Server)
	if !ok {
		return nil
	}
	own.OnRevival(n.log.Recheck)
	return n.offer(ctx)
}

// sweep removes what a killed nrm verify or rebuild has left: views of a time
// that may be before an erasure.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "verify-*"))
	halfMade, failed := filepath.Glob(filepath.Join(dir, "views.db.new*"))
	err = errors.Join(err, failed)
	left = append(left, filepath.Join(dir, restoring)) // of a restore that was killed when all was done
	for _, path := range append(left, halfMade...) {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// rewrap gives the key-encryption key a successor and wraps every person's keys
// with it. The order is such that a crash at any point leaves a key file that
// opens everything, and the next start goes on.
func (n *node) rewrap(ctx context.Context, progress func(done, total int)) (vault.Report, error) {
	var report vault.Report
	rotate := func() (err error) {
		report, err = n.vault.Rotate(ctx, progress)
		return err
	}
	for _, step := range []func(context.Context) error{n.confirm, local(n.ring.BeginKEK), n.mark, local(rotate), local(n.ring.EndKEK), n.mark} {
		if err := step(ctx); err != nil {
			return report, err
		}
	}
	return report, nil
}

// local is a step that needs nobody else.
func local(step func() error) func(context.Context) error {
	return func(context.Context) error { return step() }
}

// mark lets the canary know which keys there are.
func (n *node) mark(ctx context.Context) error {
	if n.cluster != nil {
		return n.cluster.mark(ctx, n.ring)
	}
	return n.ring.Mark(n.at.data)
}

// alone does work that may be done by one node of the register at a time.
func (n *node) alone(ctx context.Context, duty string, work func(context.Context) error) error {
	if n.cluster != nil {
		return n.cluster.alone(ctx, duty, work)
	}
	return work(ctx)
}

func (n *node) keys() keys { return keys{n.vault, n.ring} }

func (n *node) close() error {
	if n.log != nil {
		n.log.Close()
	}
	if n.vault != nil {
		n.vault.Close()
	}
	if n.cluster != nil {
		return n.cluster.close()
	}
	if n.server != nil {
		return n.server.Close()
	}
	return nil
}

// views opens the views and builds them if need be, with a progress bar.
func (n *node) views(ctx context.Context, s *screen) (*projections.Views, error) {
	return n.viewsIn(ctx, n.at.data, s)
}

func (n *node) viewsIn(ctx context.Context, dir string, s *screen) (*projections.Views, error) {
	bar := newBar(s.errs)
	v, err := projections.Open(ctx, dir, n.log, n.keys(), func(done, total uint64) {
		bar.show("building views", int(done), int(total))
		n.told("views", done, total)
	})
	bar.end()
	return v, err
}

func (n *node) told(part string, done, total uint64) {
	if n.tell != nil {
		n.tell(part, done, total)
	}
}

func (s *settings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.Log)) // kong admits only levels
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
