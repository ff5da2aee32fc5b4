package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"nrm/eventstore"
)

// A Source is the log, as eventstore.Store has it.
type Source interface {
	Last(ctx context.Context) (uint64, error)
	Leaves(ctx context.Context, after, through uint64, f func([]eventstore.Leaf) error) error
	FollowLeaves(ctx context.Context, after uint64, f func([]eventstore.Leaf) error) error
}

// Config says what a Keeper works on. Of the fields, those up to VKey must be set.
type Config struct {
	TreePath string // file of the tree; it can be lost without harm
	Folder   *Folder
	Source   Source
	Signer   note.Signer
	Origin   string // the signer's name
	VKey     string // what others check its signatures with

	Every  int           // sign as soon as so many messages are not covered, 0 for 1000
	Within time.Duration // and this long after the first of them came, 0 for a minute
	Fresh  bool          // it is known that there are no checkpoints yet
	Now    func() time.Time
	Logger *slog.Logger // nil discards

	// Active tells whether this keeper is to sign, if several follow one log, and
	// may answer otherwise at any time. One that is not active keeps the tree, and
	// gets checkpoints by Accept. Nil means always. It is asked often.
	Active func() bool
	// Latest is the text of the latest checkpoint that others know of, if there
	// is one. The log must agree with it as with those in the folder, so that a
	// node with an empty folder has something that vouches for the log.
	Latest []byte
	// Signed, unless nil, is called with each checkpoint that was signed here,
	// when it is in the folder. The next is not signed before it returns.
	Signed func(Checkpoint)

	after func(time.Duration) <-chan time.Time // time.After, if not in a test
}

// A Keeper keeps the tree up to date with the log and signs checkpoints. It
// only reads the log, so it never holds up a writer. It is safe for concurrent
// use.
type Keeper struct {
	cfg  Config
	tree *Tree

	signing sync.Mutex    // held while a checkpoint is made or accepted
	other   Checkpoint    // an older one that was to be believed at the start, Size 0 if none
	news    chan struct{} // a checkpoint may have become due
	mend    chan struct{} // the tree must be made anew

	mu      sync.Mutex
	latest  Checkpoint
	since   time.Time     // when the first message came that latest does not cover
	retry   time.Time     // after a failure: not before
	wake    chan struct{} // closed when the tree grows or Run ends
	stopped error         // why Run has ended
	verdict error         // two histories were signed
	trouble [troubles]error
}

// overlap is how many of the messages before the latest checkpoint are read
// again at each start.
const overlap = 1000

// Open brings the tree up to date with the log and checks both against the
// folder's latest checkpoint. Of the messages before the checkpoint only the
// last thousand are read again: the tree, which must have the signed root,
// stands for the rest, and a Judge reads everything. If the tree does not have
// that root it is made anew from the log, once.
//
// It fails with ErrRewritten if the log is not what was signed; the text says
// since when. Without any checkpoint the log is believed, and that is logged as
// a warning unless Config.Fresh is set or the log is empty.
//
// Progress, which may be nil, hears how many messages are in the tree.
func Open(ctx context.Context, cfg Config, progress func(done, total uint64)) (_ *Keeper, err error) {
	if cfg.Every <= 0 {
		cfg.Every = 1000
	}
	if cfg.Within <= 0 {
		cfg.Within = time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.after == nil {
		cfg.after = time.After
	}
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("witness: open: %w", err)
	}
	k := &Keeper{
		cfg: cfg, wake: make(chan struct{}),
		news: make(chan struct{}, 1), mend: make(chan struct{}, 1),
	}
	if k.latest, _, err = cfg.Folder.Latest(); err != nil {
		if errors.Is(err, ErrUnreadable) || errors.Is(err, ErrForged) {
			err = fmt.Errorf("%w; take the file from a copy of the folder; if there is none, move it away, "+
				"and what is before it vouches for the log", err)
		}
		return nil, fmt.Errorf("witness: open: %w", err)
	}
	if err := k.learn(cfg.Latest); err != nil {
		return nil, fmt.Errorf("witness: open: the latest checkpoint of others: %w", err)
	}
	if k.tree, err = OpenTree(cfg.TreePath); err != nil {
		return nil, err
	}
	if err := k.start(ctx, progress); err != nil {
		_ = k.tree.Close()
		return nil, fmt.Errorf("witness: open: %w", err)
	}
	return k, nil
}

// start brings the tree up to date, and then the folder.
func (k *Keeper) start(ctx context.Context, progress func(done, total uint64)) error {
	if err := k.catchUp(ctx, progress); err != nil {
		return err
	}
	return k.confirm(ctx, progress)
}

// check finds out now whether what will be signed can be read again.
func (c *Config) check() error {
	if c.Folder == nil || c.Source == nil || c.Signer == nil || c.TreePath == "" {
		return errors.New("the configuration is not complete")
	}
	v, err := note.NewVerifier(c.VKey)
	if err != nil {
		return fmt.Errorf("verifier key: %w", err)
	}
	if v.Name() != c.Origin || c.Signer.Name() != c.Origin || v.KeyHash() != c.Signer.KeyHash() || c.Folder.vkey != c.VKey {
		return fmt.Errorf("the keys to sign with and to check with are not both those of %s", c.Origin)
	}
	return nil
}

// Close closes the tree. Run must have ended.
func (k *Keeper) Close() error { return k.tree.Close() }

// Latest gives the latest checkpoint, with Size 0 if there is none.
func (k *Keeper) Latest() Checkpoint {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.latest
}

// WaitFor returns once the message at position seq is in the tree. It fails
// when ctx ends or when Run has.
func (k *Keeper) WaitFor(ctx context.Context, seq uint64) error {
	for {
		k.mu.Lock()
		stopped, wake := k.stopped, k.wake
		k.mu.Unlock()
		size := uint64(k.tree.Size())
		switch {
		case size >= seq:
			return nil
		case stopped != nil:
			return fmt.Errorf("witness: waiting for position %d, at %d: %w", seq, size, stopped)
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("witness: waiting for position %d, at %d: %w", seq, size, ctx.Err())
		}
	}
}

// Kinds of trouble, each of which lasts until it is over.
const (
	notKept  = iota // a checkpoint could not be written
	notGrown        // a leaf could not be written
	notSound        // the tree is damaged
	notSame         // another node has signed something else
	notUp           // Run has failed
	troubles
)

var troubleNames = [troubles]string{
	"a checkpoint cannot be kept", "the tree cannot grow", "the tree is damaged",
	"a checkpoint of another node does not agree with the log here", "no more checkpoints",
}

// Healthy tells why checkpoints fall behind the log or proofs cannot be given,
// if there is a reason. The log itself is not in danger.
func (k *Keeper) Healthy() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.trouble[:]...)
}

// report takes note of trouble, or with nil of its end. It logs changes only:
// the same failure again says nothing new, even if it names another file.
func (k *Keeper) report(kind int, err error) {
	k.mu.Lock()
	before := k.trouble[kind]
	k.trouble[kind] = nil
	if err != nil {
		k.trouble[kind] = fmt.Errorf("witness: %s: %w", troubleNames[kind], err)
	}
	k.mu.Unlock()
	switch {
	case err == nil && before != nil:
		k.cfg.Logger.Info("no longer: " + troubleNames[kind])
	case err != nil && (before == nil || cause(before) != cause(err)):
		k.cfg.Logger.Error(troubleNames[kind], "error", err)
	}
}

// cause is the innermost error's text.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// change changes what waiters look at.
func (k *Keeper) change(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	close(k.wake)
	k.wake = make(chan struct{})
}
