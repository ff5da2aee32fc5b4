// Package vault seals personal data under keys that can be destroyed.
//
// Every person, the owner, has one random key for each compartment of their
// data, named owner/compartment, as in "KW5219EZ/identity". The keys are kept,
// wrapped by the key-encryption key (KEK) of the key file, in a JetStream
// stream of their own, one message per owner. To erase a person is to destroy
// those keys: what was sealed under them stays where it is and cannot be read
// by anybody any more.
//
// How far an erasure reaches: Erase takes the keys out of the stream at once.
// A server without encryption of its own overwrites them in its files; a server
// with encryption (JetStreamKey) only marks them as deleted, so that their
// bytes, wrapped and encrypted, stay in its files until it happens to rewrite
// them. Backups have them in any case. None of these opens without the KEK, and
// so Rotate followed by keyfile's EndKEK, which destroys the KEK, is what makes
// every erasure before it final, wherever a copy of the keys may lie; copies of
// the key file from before must be destroyed as well. Status counts the erasures
// for which this is still to be done.
package vault

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/singleflight"

	"nrm/eventstore/keyfile"
)

var (
	// ErrExists is returned by Init if there is a key stream already.
	ErrExists = errors.New("the key stream exists already")
	// ErrMissing is returned by Open if there is no key stream.
	ErrMissing = errors.New("there is no key stream")
	// ErrUnsafe is returned by Open if the key stream has settings under which
	// keys could get lost or could not be destroyed.
	ErrUnsafe = errors.New("unsafe settings of the key stream")
	// ErrDamaged is returned if the server has an owner's row and cannot read
	// it: by Rotate and Status, which name such owners, and by Seal.
	ErrDamaged = errors.New("the key stream is damaged")
	// ErrErased is returned if the owner's keys were destroyed on purpose. It
	// is permanent.
	ErrErased = errors.New("the keys were destroyed: the person was erased")
	// ErrLost is returned by Unseal if the key is not there and nobody has
	// erased it: the key stream has been damaged, or an older one was put in
	// its place.
	ErrLost = errors.New("the key is lost: it is not in the key stream and was not erased")
	// ErrForged is returned if a sealed text or a wrapped key is not what was
	// stored there: it was changed, or put in another place.
	ErrForged = errors.New("authentication failed: this is not what was stored here")
	// ErrNoKEK is returned if keys are wrapped by a key-encryption key that is
	// not in the key file. The text has its id.
	ErrNoKEK = errors.New("the key-encryption key is not in the key file")
	// ErrLookOnly is returned by whatever would change a vault that was opened to
	// look only. Nothing was changed.
	ErrLookOnly = errors.New("the keys were opened to be looked at, and nothing is changed")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("closed")
)

// Options of a vault; the zero value is good.
type Options struct {
	// CacheOwners is how many owners' keys are kept in memory, unwrapped;
	// 20,000 if zero.
	CacheOwners int
	// Timeout bounds each exchange with the server; 5 s if zero.
	Timeout time.Duration
	// Compartments get a key together with the first one that an owner needs,
	// which saves a write for each later.
	Compartments []string
	// LookOnly opens a stream as well that is not to be written: a copy, or one
	// that was handed over (see role). Nothing in it is changed, even if it could
	// be: erasures that a crash has interrupted stay as they are, and sealing under
	// a new key, Erase and Rotate fail with ErrLookOnly.
	LookOnly bool
	// Confirm, if given, says whether the key file is still the one that all who
	// use this vault share. It is asked before new keys are wrapped and again when
	// they are stored; if it fails nothing is sealed under them. Where each
	// process has a copy of the file of its own, reading it again does not tell.
	Confirm func(context.Context) error
	Logger  *slog.Logger
}

// A Vault seals and unseals. It is safe for concurrent use, also together with
// vaults of other processes on the same stream.
type Vault struct {
	link
	ring    *keyfile.Ring
	opts    Options
	log     *slog.Logger
	cache   *cache
	loads   singleflight.Group // of owners' keys, see once
	rotates sync.Mutex         // one Rotate at a time

	// Whoever wraps new keys holds gate for reading, from choosing the KEK
	// until the row is stored. Rotate takes it once after the KEK has changed:
	// from then on nothing is under way that is wrapped by the one before.
	gate sync.RWMutex

	// Smaller in tests.
	maxBatch   int // messages
	blankBytes int

	step func(string) error // in tests: called between steps; an error ends the work there
}

// Open opens the vault with the keys of ring, which must have been held against
// the data folder (Ring.Check). It fails with ErrMissing if Init never ran and
// with ErrUnsafe if the stream could lose keys. Erasures that a crash has
// interrupted are finished before it returns. The connection stays the caller's.
func Open(ctx context.Context, nc *nats.Conn, ring *keyfile.Ring, opts Options) (*Vault, error) {
	v, err := open(ctx, nc, ring, opts)
	if err != nil {
		return nil, fmt.Errorf("vault: open: %w", err)
	}
	return v, nil
}

func open(ctx context.Context, nc *nats.Conn, ring *keyfile.Ring, opts Options) (*Vault, error) {
	if opts.CacheOwners <= 0 {
		opts.CacheOwners = 20_000
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 5 * time.Second
	}
	if opts.Confirm == nil {
		opts.Confirm = func(context.Context) error { return nil }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	for _, c := range opts.Compartments {
		if !validToken(c) {
			return nil, fmt.Errorf("compartment %q: %w", c, errName)
		}
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	v := &Vault{
		link: link{nc: nc, js: js, timeout: opts.Timeout, patience: opts.Timeout},
		ring: ring, opts: opts, log: opts.Logger, cache: newCache(opts.CacheOwners),
		maxBatch: maxBatch, blankBytes: blankBytes,
		step: func(string) error { return nil },
	}
	lookup, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	v.stream, err = js.Stream(lookup, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	config, err := checkRole(v.stream.CachedInfo().Config, opts.LookOnly)
	if err == nil {
		err = wants.Check(config)
	}
	if config.Replicas > 1 {
		v.patience = opts.Timeout / 4
	}
	if err != nil || opts.LookOnly {
		return v, err
	}
	return v, v.finishErasures(ctx)
}

// Close drops all keys from memory and refuses everything from then on. What
// is under way ends as it would have.
func (v *Vault) Close() { v.cache.close() }

// Seal encrypts plain under the named key and binds it to ad, which Unseal must
// be given again. If the owner has no such key yet it is made, and is on disk
// before Seal returns: nothing is ever sealed under a key that could be lost.
// It fails with ErrErased if the owner was erased.
//
// After an erasure by another process Seal may still use a key from memory
// until Forget: what it seals then cannot be read later. Whoever seals must
// therefore know from elsewhere, at the moment of storing it, that no erasure has
// been ordered: the log does, where the order and the sealed fact stand on one
// stream.
func (v *Vault) Seal(ctx context.Context, key string, ad, plain []byte) ([]byte, error) {
	aead, err := v.sealer(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("vault: seal under %q: %w", key, err)
	}
	return encrypt(aead, plain, ad), nil
}

func (v *Vault) sealer(ctx context.Context, key string) (cipher.AEAD, error) {
	owner, compartment, err := splitKey(key)
	if err != nil {
		return nil, err
	}
	k, err := v.cache.get(owner)
	if err != nil {
		return nil, err
	}
	if k == nil || k.aeads[compartment] == nil && !k.erased {
		if k, err = v.once(ctx, key, owner, func(ctx context.Context) (*keys, error) {
			return v.ensure(ctx, owner, compartment)
		}); err != nil {
			return nil, err
		}
	}
	if k.erased {
		return nil, ErrErased
	}
	return k.aeads[compartment], nil
}

// Unseal decrypts what Seal made of key and ad. It fails with ErrErased if the
// owner was erased, ErrLost if the key is gone and nobody erased it, and
// ErrForged if the box, ad or the stored key is not the right one; also if the
// key had been lost and Seal has made another since.
func (v *Vault) Unseal(ctx context.Context, key string, ad, box []byte) ([]byte, error) {
	plain, err := v.unseal(ctx, key, ad, box)
	if err != nil {
		return nil, fmt.Errorf("vault: unseal under %q: %w", key, err)
	}
	return plain, nil
}

func (v *Vault) unseal(ctx context.Context, key string, ad, box []byte) ([]byte, error) {
	owner, compartment, err := splitKey(key)
	if err != nil {
		return nil, err
	}
	k, err := v.cache.get(owner)
	if err != nil {
		return nil, err
	}
	if k == nil || k.aeads[compartment] == nil && !k.erased { // another process may have added it
		if k, err = v.once(ctx, owner, owner, func(ctx context.Context) (*keys, error) {
			return v.load(ctx, owner)
		}); err != nil {
			return nil, err
		}
	}
	aead := k.aeads[compartment]
	switch {
	case k.erased:
		return nil, ErrErased
	case aead == nil:
		return nil, ErrLost
	}
	plain, err := aead.Open(nil, nil, box, ad)
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// Erased tells whether the owner was erased. It asks the stream unless memory
// says yes: an erasure is for ever, its absence is not.
func (v *Vault) Erased(ctx context.Context, owner string) (bool, error) {
	erased, err := v.erased(ctx, owner)
	if err != nil {
		return false, fmt.Errorf("vault: %q: %w", owner, err)
	}
	return erased, nil
}

func (v *Vault) erased(ctx context.Context, owner string) (bool, error) {
	if !validToken(owner) {
		return false, errName
	}
	k, err := v.cache.get(owner)
	if err != nil || k != nil && k.erased {
		return err == nil, err
	}
	r, _, err := v.read(ctx, owner)
	return r.Erased, err
}

// Forget drops an owner's keys from memory, because another process has erased
// the owner. Watch does so by itself.
func (v *Vault) Forget(owner string) { v.cache.drop(owner) }
