package keyfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	keyFormat    = "nrm key file 1"
	canaryFormat = "nrm canary 1"
	hint         = "Keep a copy of this file in a safe place apart from the data. Without it the data cannot be read by anybody."

	maxFile = 1 << 20 // bytes: more is not one of ours
)

// An envelope is how both files look: the checksum tells damage from a file
// that is whole but not the right one.
type envelope struct {
	Format string          `json:"format"`
	Hint   string          `json:"hint,omitempty"`
	Body   json.RawMessage `json:"body"`
	SHA256 string          `json:"sha256"` // hex, of the body without white space
}

func pack(format, hint string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	b, err := json.MarshalIndent(envelope{format, hint, body, hex.EncodeToString(sum[:])}, "", "  ")
	return append(b, '\n'), err
}

// unpack fails with a reason in plain words. Syntax errors are not passed on:
// their text may quote a secret.
func unpack(b []byte, format, what string, v any) error {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		if bytes.Contains(b, []byte(format)) {
			return errors.New("it is damaged or was cut off: put back a copy")
		}
		return fmt.Errorf("it is not a %s, or its beginning is damaged", what)
	}
	if e.Format != format {
		return fmt.Errorf("it is not a %s that this version knows: its format is %.40q, not %q", what, e.Format, format)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, e.Body); err != nil {
		return errors.New("it is damaged: put back a copy")
	}
	if sum := sha256.Sum256(body.Bytes()); hex.EncodeToString(sum[:]) != e.SHA256 {
		return errors.New("it is damaged or was edited: its content does not match its checksum; put back a copy")
	}
	if err := json.Unmarshal(body.Bytes(), v); err != nil {
		return errors.New("it is whole but makes no sense to this version")
	}
	return nil
}

// readSecrets reads the key file at a path without symbolic links.
func readSecrets(path string) (held secrets, err error) {
	b, st, err := readWhole(path)
	defer clear(b)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return held, lost(path)
	case err != nil:
		return held, fmt.Errorf("%w: key file %w", ErrUnreadable, err)
	}
	unusable := func(why string) error { return fmt.Errorf("%w: key file %s: %s", ErrUnreadable, path, why) }
	switch {
	case !st.Mode().IsRegular():
		return held, unusable("it is not a file")
	case st.Mode().Perm()&0o077 != 0:
		return held, unusable(fmt.Sprintf("others than its owner have access to it (mode %04o): run chmod 600 on it, find out who has read it and, if anybody may have, change the keys", st.Mode().Perm()))
	case st.Size() > maxFile:
		return held, unusable("it is far too large to be a key file")
	}
	if err := unpack(b, keyFormat, "key file", &held); err != nil {
		return secrets{}, unusable(err.Error())
	}
	if err := held.check(); err != nil {
		return secrets{}, unusable(err.Error())
	}
	return held, nil
}

// readWhole reads a file that may be replaced at the same time: what has lost its
// name by then is being overwritten, and the file is read again. Of what is not
// a file, or is too large to be one of ours, it reads nothing.
func readWhole(path string) ([]byte, fs.FileInfo, error) {
	for {
		b, st, err := readOnce(path)
		if err != nil {
			return nil, nil, err
		}
		if st.Sys().(*syscall.Stat_t).Nlink > 0 {
			return b, st, nil
		}
		clear(b)
	}
}

var opened = func() {} // in tests: called between opening a file and reading it

// readOnce gives also how the file was after it was read.
func readOnce(path string) ([]byte, fs.FileInfo, error) {
	// A pipe would keep whoever opens it waiting for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	opened()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxFile {
		return nil, st, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err == nil {
		st, err = f.Stat()
	}
	return b, st, err
}

func lost(path string) error {
	also := ""
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		also = " (nor is its folder: perhaps a disk is not mounted)"
	}
	return fmt.Errorf("%w: looked for it at %s%s; put back a copy of it, nothing sealed can be read without", ErrLost, path, also)
}

// lockFolder lets one process at a time replace files in dir. Closing the
// result, also by the end of the process, releases it.
func lockFolder(dir string) (*os.File, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return d, nil
}

// replace puts b in the place of the file. After a crash it is the old or the
// new one, whole. What the old one held is overwritten, which a file system or
// a disk that writes elsewhere may defeat. The caller holds the folder's lock.
func replace(path string, b []byte) error {
	fresh, err := stage(path, b)
	if err != nil {
		return err
	}
	old, err := openToOverwrite(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, wipe(fresh))
	}
	if err := os.Rename(fresh, path); err != nil {
		if old != nil {
			_ = old.Close()
		}
		return errors.Join(err, wipe(fresh))
	}
	// Only once the new name is on disk: a crash before it brings the old file
	// back, which must not have been overwritten by then.
	err = syncFolder(filepath.Dir(path))
	if old == nil {
		return err
	}
	if err != nil {
		_ = old.Close()
		return err
	}
	return overwrite(old)
}

// place is replace for a file that must not exist.
func place(path string, b []byte) error {
	fresh, err := stage(path, b)
	if err != nil {
		return err
	}
	if err := os.Link(fresh, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return errors.Join(fmt.Errorf("%w: %s", ErrExists, path), wipe(fresh))
		}
		return errors.Join(err, wipe(fresh))
	}
	return errors.Join(os.Remove(fresh), syncFolder(filepath.Dir(path)))
}

// stage writes b beside path, on disk before it returns. A file that a crash
// left there may hold keys that nobody else has retired.
func stage(path string, b []byte) (fresh string, err error) {
	fresh = path + ".new"
	if err := wipe(fresh); err != nil {
		return "", err
	}
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, wipe(fresh))
	}
	return fresh, nil
}

// wipe overwrites and removes a file that may be there.
func wipe(path string) error {
	f, err := openToOverwrite(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		_ = f.Close()
		return err
	}
	return overwrite(f)
}

// openToOverwrite also opens what its owner has protected against writing.
func openToOverwrite(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if !errors.Is(err, fs.ErrPermission) {
		return f, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY, 0)
}

// overwrite writes zeros over a file that has no name any more, and closes it.
// One that still has a name is left alone: a crash of place leaves two names
// of one file, and a second name may be a copy that somebody relies on.
func overwrite(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Nlink > 0 {
		return errors.Join(err, f.Close())
	}
	_, err := f.WriteAt(make([]byte, min(max(st.Size, 0), maxFile)), 0)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes a rename survive a power failure.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
