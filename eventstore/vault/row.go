package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const keySize = 32 // bytes: AES-256

// A row is the body of a message of the key stream: what there is of an owner.
// Its last message counts.
type row struct {
	Owner string            `json:"owner"`
	KEK   string            `json:"kek"`            // wraps Keys; of an erased owner: current when the row was written
	Keys  map[string][]byte `json:"keys,omitempty"` // wrapped, by compartment

	Erased    bool      `json:"erased,omitempty"`
	At        time.Time `json:"at,omitzero"`         // of the erasure
	Destroyed int       `json:"destroyed,omitempty"` // keys
	Under     string    `json:"under,omitempty"`     // the KEK that wrapped them last
}

// parseRow reads a row that lies where this owner's is. Errors do not quote it.
func parseRow(owner string, b []byte) (row, error) {
	var r row
	if err := json.Unmarshal(b, &r); err != nil {
		return row{}, fmt.Errorf("%w: the owner's row cannot be read", ErrForged)
	}
	if r.Owner != owner {
		return row{}, fmt.Errorf("%w: in the owner's place is another row", ErrForged)
	}
	return r, nil
}

// wrap gives r with these keys, each wrapped on its own.
func (r row) wrap(kek string, with cipher.AEAD, plain map[string][]byte) row {
	r.KEK, r.Keys = kek, make(map[string][]byte, len(plain))
	for compartment, key := range plain {
		r.Keys[compartment] = encrypt(with, key, wrapAD(r.Owner, compartment, kek))
	}
	return r
}

// unwrap opens all keys of the row. The caller clears them.
func (r row) unwrap(with cipher.AEAD) (map[string][]byte, error) {
	plain := make(map[string][]byte, len(r.Keys))
	for compartment, box := range r.Keys {
		key, err := with.Open(nil, nil, box, wrapAD(r.Owner, compartment, r.KEK))
		if err != nil || len(key) != keySize {
			wipe(plain)
			return nil, fmt.Errorf("%w: the wrapped key of compartment %q", ErrForged, compartment)
		}
		plain[compartment] = key
	}
	return plain, nil
}

// wrapAD ties a wrapped key to its place, so that it opens in no other.
func wrapAD(owner, compartment, kek string) []byte {
	return []byte("nrm key\x00" + owner + "\x00" + compartment + "\x00" + kek)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// encrypt gives nonce, ciphertext and tag.
func encrypt(with cipher.AEAD, plain, ad []byte) []byte {
	return with.Seal(nil, nil, plain, ad) //nolint:gosec // G407: newAEAD's makes a random nonce and takes none
}

func newKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // ends the program rather than fail
	return key
}

// wipe clears keys that are in use no more, as far as Go allows.
func wipe(plain map[string][]byte) {
	for _, key := range plain {
		clear(key)
	}
}

// keysOf makes plain keys ready for use.
func keysOf(plain map[string][]byte) (*keys, error) {
	k := &keys{aeads: make(map[string]cipher.AEAD, len(plain))}
	for compartment, key := range plain {
		aead, err := newAEAD(key)
		if err != nil {
			return nil, err
		}
		k.aeads[compartment] = aead
	}
	return k, nil
}

var errName = errors.New("a name must be 1 to 64 letters, digits, - or _")

// splitKey takes a key's name apart. Both parts are checked: the owner becomes
// part of a subject, where other signs have a meaning.
func splitKey(key string) (owner, compartment string, err error) {
	owner, compartment, ok := strings.Cut(key, "/")
	if !ok || !validToken(owner) || !validToken(compartment) {
		return "", "", fmt.Errorf("not owner/compartment: %w", errName)
	}
	return owner, compartment, nil
}

func validToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 64
}
