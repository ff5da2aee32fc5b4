// Package keyfile keeps the secrets of a register in one file outside its data
// folder: the key that wraps all data keys, the key of JetStream's own
// encryption, the key of the search index and the key that signs checkpoints.
// Whoever has the data folder without this file reads nothing, and neither
// does whoever has lost it.
//
// Keys are changed in two steps, between which the file holds both the old and
// the new one. The order of a change of the key-encryption key is
//
//	BeginKEK, Mark, wrap everything anew, EndKEK, Mark
//
// and that of the storage key
//
//	BeginStorage, Mark, start the server once with both, EndStorage, Mark
//
// A process may end between any two of them, or in the middle of one: Check
// still succeeds, and the change is carried on by going through the steps
// again from the first.
package keyfile

import (
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

var (
	// ErrExists is returned by Create if there is anything under that name.
	ErrExists = errors.New("there is a key file already")
	// ErrLost is returned if there is no key file. The text says where it was
	// looked for.
	ErrLost = errors.New("the key file is not there")
	// ErrUnreadable is returned if a file is there and cannot be used: it is
	// damaged, is something else, or others can read it. The text says which.
	ErrUnreadable = errors.New("cannot be used")
	// ErrMisplaced is returned if the key file lies inside the data folder,
	// where every copy of the data would carry its key.
	ErrMisplaced = errors.New("the key file lies inside the data folder")
	// ErrNoCanary is returned by Check if the data folder does not say which
	// key file it belongs to.
	ErrNoCanary = errors.New("the data folder names no key file")
	// ErrForeign is returned if the key file is that of another register.
	ErrForeign = errors.New("the key file is that of another register")
	// ErrOutdated is returned if the key file is an older copy, from before a
	// change of keys.
	ErrOutdated = errors.New("the key file is outdated")
	// ErrRetired is returned by Check if the data folder is the older one: it
	// needs keys that have been destroyed since.
	ErrRetired = errors.New("the data folder is older than the key file")
	// ErrWrong is returned by Check if the key file names the right keys and
	// holds other secrets, or was changed on its own from a common ancestor.
	ErrWrong = errors.New("the key file holds other secrets")
)

// A Ring is the content of a key file in memory. It is safe for concurrent
// use. Slices that it hands out are copies.
type Ring struct {
	path string // as given
	real string // without symbolic links: what is replaced

	mu   sync.RWMutex
	held secrets // replaced as a whole; what it points to never changes
}

// secrets is what the file holds. Fields may be added; format says when an
// older program must not touch the file.
type secrets struct {
	Register   string    `json:"register"`
	Generation int       `json:"generation"`
	Created    time.Time `json:"created"`
	Rotated    time.Time `json:"rotated,omitzero"`
	KEK        secret    `json:"kek"`
	Retiring   []secret  `json:"retiring,omitempty"`
	Storage    secret    `json:"storage"`
	OldStorage *secret   `json:"oldStorage,omitempty"`
	Search     []byte    `json:"search"`
	Signer     string    `json:"signer"`
	Verifier   string    `json:"verifier"`
}

// A secret is 32 random bytes. Its id is no secret: it is stored beside what
// the key has sealed.
type secret struct {
	ID  string `json:"id"`
	Key []byte `json:"key"`
}

// String names the file only, so that a ring that gets into a log tells nothing.
func (r *Ring) String() string { return "key file " + r.path }

// GoString is as String.
func (r *Ring) GoString() string { return r.String() }

func (r *Ring) now() secrets {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.held
}

// Path is where the file is, as it was given to Create or Read.
func (r *Ring) Path() string { return r.path }

// Register is the UUID that Create gave the register. It never changes.
func (r *Ring) Register() string { return r.now().Register }

// Generation is 1 for a new file and grows with every BeginKEK and
// BeginStorage.
func (r *Ring) Generation() int { return r.now().Generation }

// Created is when the file was made, to the second.
func (r *Ring) Created() time.Time { return r.now().Created }

// Rotated is when a change of keys last began, to the second, or the zero time
// if none ever did.
func (r *Ring) Rotated() time.Time { return r.now().Rotated }

// KEK is the key-encryption key that data keys are to be wrapped with.
func (r *Ring) KEK() (id string, key []byte) {
	k := r.now().KEK
	return k.ID, slices.Clone(k.Key)
}

// OldKEK is the key-encryption key of that id, be it the current one or one
// that is being retired.
func (r *Ring) OldKEK(id string) ([]byte, bool) {
	held := r.now()
	for _, k := range append([]secret{held.KEK}, held.Retiring...) {
		if k.ID == id {
			return slices.Clone(k.Key), true
		}
	}
	return nil, false
}

// Storage gives the key of JetStream's own encryption as the server takes it,
// and the one before while a change is under way.
func (r *Ring) Storage() (key, old string) {
	held := r.now()
	if held.OldStorage != nil {
		old = hex.EncodeToString(held.OldStorage.Key)
	}
	return hex.EncodeToString(held.Storage.Key), old
}

// Search is the 32-byte key of the search index. It changes when the storage key
// does and when a key-encryption key is destroyed: the index must then be built
// anew.
func (r *Ring) Search() []byte { return slices.Clone(r.now().Search) }

// Signer signs checkpoints in the name of Origin, with Ed25519.
func (r *Ring) Signer() (note.Signer, error) { return note.NewSigner(r.now().Signer) }

// Origin is the name under which checkpoints are signed.
func (r *Ring) Origin() string { return origin(r.now().Register) }

// VerifierKey is what others check those signatures with. It is no secret and
// is meant to be handed out.
func (r *Ring) VerifierKey() string { return r.now().Verifier }

func origin(register string) string { return "nrm/" + register }
