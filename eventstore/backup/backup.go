// Package backup copies a whole register into one encrypted file, and back.
//
// A backup is a tar archive inside an age file, so that, with the identity it
// was encrypted for, it can also be read without this program:
//
//	backup.json    a Header: what this is and which keys open what is sealed in it
//	log/…          a JetStream snapshot of the log, in pieces
//	keys/…         a JetStream snapshot of the key stream, taken after the log's
//	accounts/…     the file of accounts, if there is one
//	checkpoints/…  the latest signed checkpoints, one JSON string a line
//	manifest.json  a Manifest: what all that must be
//	signature.txt  the manifest's hash, signed with the key that signs checkpoints
//
// The key file is not in it: whoever has the backup and the identity reads the
// coded facts, and needs the key file for everything that is sealed. Nothing is
// ever written to disk in clear.
package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrExists is returned by Create if there is anything under that name.
	ErrExists = errors.New("there is something under that name already")
	// ErrBusy is returned by Create if another backup to the same file is under
	// way, or, after some attempts, if keys were destroyed during each.
	ErrBusy = errors.New("try again later")
	// ErrNotBackup says that a file is not a backup that this version reads.
	ErrNotBackup = errors.New("not a backup that can be read")
	// ErrIdentity says that none of the identities opens the file.
	ErrIdentity = errors.New("the file was encrypted for others")
	// ErrDamaged says that a backup is not what was written: it is cut off,
	// changed, or put together from pieces.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrForged says that a backup is whole but was not made by the register
	// whose key is given.
	ErrForged = errors.New("the backup was not made by this register")
	// ErrDiffers says that what was restored is not what the manifest says.
	ErrDiffers = errors.New("what was restored is not what was there")
)

const (
	format = "nrm backup 1"

	headerName    = "backup.json"
	logPart       = "log"
	keysPart      = "keys"
	accountsPart  = "accounts"
	checksPart    = "checkpoints"
	manifestName  = "manifest.json"
	signatureName = "signature.txt"
	failureName   = "failure.json" // instead of the last two

	maxText    = 16 << 20 // bytes of what is read as a whole
	signedText = "nrm backup manifest\n"
)

// A Header says what a backup is. It comes first, so that a restore can refuse
// before it has done anything.
type Header struct {
	Format     string    `json:"format"`
	Made       time.Time `json:"made"`       // when it was begun, UTC
	Register   string    `json:"register"`   // the UUID in the key file
	Verifier   string    `json:"verifier"`   // the key that Signature is checked with; believe only the key file's own
	Generation int       `json:"generation"` // of the key file
	KEK        string    `json:"kek"`        // the key-encryption key in use
	Bytes      uint64    `json:"bytes"`      // about so many will follow
}

// A Manifest says what the parts must be once they are restored.
type Manifest struct {
	Header
	Position uint64    `json:"position"` // the log's last, 0 if it is empty
	Stream   string    `json:"stream"`   // of the message there
	Hash     string    `json:"hash"`     // hex SHA-256 of its body
	Stored   time.Time `json:"stored"`   // when it was stored, UTC
	Root     tlog.Hash `json:"root"`     // of the register's own tree over the log
	Keys     uint64    `json:"keys"`     // messages of the key stream
	KeysFrom uint64    `json:"keysFrom"` // its last position when the log's snapshot was begun
	Parts    []Part    `json:"parts"`    // in order
}

// A Part is one of the parts of a backup.
type Part struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// failure ends a backup that could not be completed.
type failure struct {
	Text  string `json:"text"`
	Again bool   `json:"again"` // it was bad luck
}

// errAgain says that keys were destroyed, or a decision over two streams was
// stored, just while the snapshots were taken.
var errAgain = errors.New("the register changed in a way that a backup must not straddle")

func sumOf(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return hex.EncodeToString(sum[:])
}

// sign vouches for a manifest.
func sign(manifest []byte, signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: signedText + sumOf(manifest) + "\n"}, signer)
}

// signed tells whether the holder of the key has signed the manifest.
func signed(manifest, signature []byte, vkey string) error {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("%w: verifier key: %w", ErrForged, err)
	}
	n, err := note.Open(signature, note.VerifierList(v))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForged, err)
	}
	if n.Text != signedText+sumOf(manifest)+"\n" {
		return fmt.Errorf("%w: its signature is that of another backup", ErrForged)
	}
	return nil
}

// decode reads one of the backup's own JSON texts.
func decode(name string, b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %s cannot be read: %w", ErrDamaged, name, err)
	}
	return nil
}
