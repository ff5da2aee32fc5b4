package eventstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrKey says that the files of the server are encrypted with another key than
// the one given, or with none. Nothing was changed.
var ErrKey = errors.New("the storage key does not fit")

// account is the server's only account; keys are derived for it.
const account = "$G"

func streamsIn(jetstream string) string { return filepath.Join(jetstream, account, "streams") }

// A sealedKey is a file that holds, encrypted with the storage key, the key of
// the files beside it. The server makes one for each block of messages, one
// for each stream's description and one for each stored consumer.
type sealedKey struct {
	path    string
	context string // that its key is derived for
}

// opens tells whether the file can be opened with a storage key. It is written
// from what nats-server does, because the server itself cannot be asked: it
// deletes a block whose key it cannot open.
func (k sealedKey) opens(b []byte, key string) bool {
	if key == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(account + k.context))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return false
	}
	aead, err := cipher.NewGCMWithNonceSize(block, block.BlockSize())
	if err != nil || len(b) < aead.NonceSize() {
		return false
	}
	_, err = aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
	return err == nil
}

// checkKeys compares the files in a jetstream folder with the keys before any
// server sees them. It fails with ErrKey if they belong to other keys, and with
// ErrDamaged if some of them fit and others do not: the server would delete
// the blocks of the latter. It tells whether the old key is needed.
func checkKeys(jetstream, key, old string) (needsOld bool, err error) {
	all, plain, err := sealedKeys(jetstream)
	switch {
	case err != nil:
		return false, err
	case key == "" && len(all) > 0:
		return false, fmt.Errorf("%w: %s is encrypted, and no key was given", ErrKey, jetstream)
	case key == "":
		return false, nil
	case plain != "":
		return false, fmt.Errorf("%w: %s is stored without encryption, and is not encrypted by the way", ErrKey, plain)
	}
	var fit, foreign []string
	for _, k := range all {
		b, err := os.ReadFile(k.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false, fmt.Errorf("%w: the key file %s is missing; restore the folder from a backup", ErrDamaged, k.path)
		case err != nil:
			return false, err
		case k.opens(b, key):
			fit = append(fit, k.path)
		case k.opens(b, old):
			fit, needsOld = append(fit, k.path), true
		default:
			foreign = append(foreign, k.path)
		}
	}
	switch {
	case len(foreign) == 0:
		return needsOld, nil
	case len(fit) == 0:
		return false, fmt.Errorf("%w: none of the %d key files in %s can be opened with it", ErrKey, len(foreign), jetstream)
	}
	return false, fmt.Errorf("%w: the key file %s cannot be opened, though others can; restore the folder from a backup", ErrDamaged, foreign[0])
}

// sealedKeys lists the key files that there must be in a jetstream folder, and
// names a stream that is stored in plain text if there is one.
func sealedKeys(jetstream string) (all []sealedKey, plain string, err error) {
	streams, err := streamFolders(jetstream)
	if err != nil {
		return nil, "", err
	}
	for _, dir := range streams {
		name := filepath.Base(dir)
		meta := filepath.Join(dir, "meta.key")
		if _, err := os.Stat(meta); errors.Is(err, fs.ErrNotExist) {
			plain = dir
			continue
		} else if err != nil {
			return nil, "", err
		}
		all = append(all, sealedKey{meta, name})
		blocks, err := filepath.Glob(filepath.Join(dir, "msgs", "*.blk"))
		if err != nil {
			return nil, "", err
		}
		for _, path := range blocks {
			// A crash leaves an empty block that has no key yet.
			if info, err := os.Stat(path); err == nil && info.Size() == 0 {
				continue
			}
			path = strings.TrimSuffix(path, ".blk")
			all = append(all, sealedKey{path + ".key", name + ":" + filepath.Base(path)})
		}
		consumers, err := filepath.Glob(filepath.Join(dir, "obs", "*", "meta.key"))
		if err != nil {
			return nil, "", err
		}
		for _, path := range consumers {
			all = append(all, sealedKey{path, name + "." + filepath.Base(filepath.Dir(path))})
		}
	}
	return all, plain, nil
}

// streamFolders lists the folders of the streams that a server has created.
func streamFolders(jetstream string) (dirs []string, err error) {
	entries, err := os.ReadDir(streamsIn(jetstream))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") { // those are being deleted
			dirs = append(dirs, filepath.Join(streamsIn(jetstream), e.Name()))
		}
	}
	return dirs, nil
}
