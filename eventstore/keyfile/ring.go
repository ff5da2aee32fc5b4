package keyfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
)

const keySize = 32 // bytes: AES-256

// Create makes the key file of a new register, with mode 0600, and the folder
// it is to lie in. It is on disk when Create returns. It fails with ErrExists
// if there is anything under that name: nothing is ever overwritten.
func Create(path string) (*Ring, error) {
	r, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("keyfile: create: %w", err)
	}
	return r, nil
}

func create(path string) (*Ring, error) {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return nil, fmt.Errorf("%w: %s", ErrExists, path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	dir, err := resolve(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	held, err := generate()
	if err != nil {
		return nil, err
	}
	b, err := pack(keyFormat, hint, held)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	r := &Ring{path: path, real: filepath.Join(dir, filepath.Base(path)), held: held}
	if err := place(r.real, b); err != nil {
		return nil, err
	}
	return r, syncFolder(filepath.Dir(dir)) // dir may be new
}

func generate() (secrets, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return secrets{}, err
	}
	s := secrets{
		Register:   id.String(),
		Generation: 1,
		Created:    now(),
		KEK:        newSecret("kek", 1),
		Storage:    newSecret("storage", 1),
		Search:     random(keySize),
	}
	s.Signer, s.Verifier, err = note.GenerateKey(rand.Reader, origin(s.Register))
	return s, err
}

func newSecret(use string, generation int) secret {
	return secret{fmt.Sprintf("%s-%d-%s", use, generation, hex.EncodeToString(random(4))), random(keySize)}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // ends the program rather than fail
	return b
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// check refuses content that would fail later, when it is too late.
func (s secrets) check() error {
	if _, err := uuid.Parse(s.Register); err != nil || s.Generation < 1 {
		return errors.New("it does not say which register it is for")
	}
	all := append([]secret{s.KEK, s.Storage}, s.Retiring...)
	if s.OldStorage != nil {
		all = append(all, *s.OldStorage)
	}
	for _, k := range all {
		if k.ID == "" || len(k.Key) != keySize {
			return fmt.Errorf("key %q is missing in it or incomplete", k.ID)
		}
	}
	if len(s.Search) != keySize {
		return errors.New("the key of the search index is missing in it")
	}
	signer, err := note.NewSigner(s.Signer)
	if err != nil || signer.Name() != origin(s.Register) {
		return errors.New("the key that signs checkpoints is missing in it")
	}
	if v, err := note.NewVerifier(s.Verifier); err != nil || v.Name() != signer.Name() || v.KeyHash() != signer.KeyHash() {
		return errors.New("its two halves of the key that signs checkpoints do not belong together")
	}
	return nil
}

// Read reads a key file. It fails with ErrLost if there is none and with
// ErrUnreadable if it is damaged, is something else, or if others than its
// owner have access to it. It changes nothing.
func Read(path string) (*Ring, error) {
	r := &Ring{path: path}
	var err error
	if r.real, err = filepath.EvalSymlinks(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("keyfile: %w", lost(path))
		}
		return nil, fmt.Errorf("keyfile: %w: key file %w", ErrUnreadable, err)
	}
	if r.real, err = filepath.Abs(r.real); err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	if r.held, err = readSecrets(r.real); err != nil {
		return nil, fmt.Errorf("keyfile: %w", err)
	}
	return r, nil
}

// Reload reads the file again, for another process may have changed keys. If
// it fails the ring stays as it is: with ErrLost or ErrUnreadable as Read does,
// with ErrForeign or ErrOutdated if another file was put in its place.
func (r *Ring) Reload() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	held, err := r.reread()
	if err != nil {
		return fmt.Errorf("keyfile: reload: %w", err)
	}
	r.held = held
	return nil
}

// reread reads the file and compares it with what is held. The caller holds mu.
func (r *Ring) reread() (secrets, error) {
	held, err := readSecrets(r.real)
	switch {
	case err != nil:
		return held, err
	case held.Register != r.held.Register:
		return held, fmt.Errorf("%w: %s was replaced by the key file of register %s; put back that of %s",
			ErrForeign, r.path, held.Register, r.held.Register)
	case held.Generation < r.held.Generation:
		return held, fmt.Errorf("%w: %s was replaced by an older copy, generation %d; put back that of generation %d",
			ErrOutdated, r.path, held.Generation, r.held.Generation)
	}
	return held, nil
}

// Retiring tells whether a change of the key-encryption key is under way.
func (r *Ring) Retiring() bool { return len(r.now().Retiring) > 0 }

// Changing tells whether any change of keys is under way, of the key-encryption
// key or of the storage key: it was begun and not ended.
func (r *Ring) Changing() bool {
	held := r.now()
	return len(held.Retiring) > 0 || held.OldStorage != nil
}

// BeginKEK makes a new key-encryption key the current one; the one before is
// kept for reading until EndKEK. It does nothing while one is being retired.
func (r *Ring) BeginKEK() error {
	return r.change("begin to change the key-encryption key", func(s *secrets) bool {
		if len(s.Retiring) > 0 {
			return false
		}
		s.Generation++
		s.Rotated = now()
		s.Retiring = []secret{s.KEK}
		s.KEK = newSecret("kek", s.Generation)
		return true
	})
}

// EndKEK destroys the keys that were being retired. Nothing that is still
// wrapped by one of them can be opened ever again. The key of the search index is
// replaced with them: an index made under it, in today's views until they are
// made anew or in a copy of them, answers no question of whoever has the new file.
func (r *Ring) EndKEK() error {
	return r.change("end the change of the key-encryption key", func(s *secrets) bool {
		if len(s.Retiring) == 0 {
			return false
		}
		s.Retiring = nil
		s.Search = random(keySize)
		return true
	})
}

// BeginStorage makes a new key for JetStream's own encryption, keeps the one
// before until EndStorage, and replaces the key of the search index, which must
// be built anew. It does nothing while such a change is under way.
func (r *Ring) BeginStorage() error {
	return r.change("begin to change the storage key", func(s *secrets) bool {
		if s.OldStorage != nil {
			return false
		}
		s.Generation++
		s.Rotated = now()
		old := s.Storage
		s.OldStorage = &old
		s.Storage = newSecret("storage", s.Generation)
		s.Search = random(keySize)
		return true
	})
}

// EndStorage destroys the storage key that was kept. A server must have been
// started with both before, and have recovered everything: what it has not
// encrypted anew by then is lost.
func (r *Ring) EndStorage() error {
	return r.change("end the change of the storage key", func(s *secrets) bool {
		had := s.OldStorage != nil
		s.OldStorage = nil
		return had
	})
}

// change applies f to what the file holds now, whoever wrote it, and replaces
// the file if f says so. The change is on disk before the ring shows it.
func (r *Ring) change(what string, f func(*secrets) bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.changeLocked(f); err != nil {
		return fmt.Errorf("keyfile: %s: %w", what, err)
	}
	return nil
}

func (r *Ring) changeLocked(f func(*secrets) bool) error {
	lock, err := lockFolder(filepath.Dir(r.real))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return lost(r.path)
		}
		return err
	}
	defer lock.Close()
	held, err := r.reread()
	if err != nil {
		return err
	}
	if !f(&held) {
		r.held = held
		return wipe(r.real + ".new") // of an earlier attempt
	}
	b, err := pack(keyFormat, hint, held)
	if err != nil {
		return err
	}
	defer clear(b)
	if err := replace(r.real, b); err != nil {
		return err
	}
	r.held = held
	return nil
}
