package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What new hashes cost: two passes over 19 MiB, one lane, as OWASP advises.
const (
	passes  = 2
	memory  = 19 * 1024 // KiB
	lanes   = 1
	saltLen = 16
	keyLen  = 32
)

// longest is how much of a password is looked at, in bytes; more is wrong.
const longest = 1024

var errPHC = errors.New("the password is not an Argon2id hash that this program takes")

// phc is a hash in the form "$argon2id$v=19$m=19456,t=2,p=1$salt$key".
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// hash makes the PHC string of a password.
func hash(password string) (string, error) {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, passes, memory, lanes, keyLen)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64(salt), b64(key)), nil
}

// matches reports whether the password is the one that was hashed.
func matches(encoded, password string) (bool, error) {
	h, err := parsePHC(encoded)
	if err != nil {
		return false, err
	}
	looked := password[:min(len(password), longest)]
	key := argon2.IDKey([]byte(looked), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1 && looked == password, nil
}

// parsePHC reads a hash. It takes other costs than those of new hashes, but
// none that could stop the server.
func parsePHC(encoded string) (phc, error) {
	var h phc
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errPHC
	}
	n, err := fmt.Sscanf(parts[3]+"\n", "m=%d,t=%d,p=%d\n", &h.memory, &h.passes, &h.lanes)
	if err != nil || n != 3 || h.memory < 8 || h.memory > 256*1024 || h.passes < 1 || h.passes > 10 || h.lanes < 1 || h.lanes > 8 {
		return h, errPHC
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return h, errPHC
	}
	h.salt, h.key = salt, key
	return h, nil
}
