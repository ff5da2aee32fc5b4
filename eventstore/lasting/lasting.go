// Package lasting writes small files that must survive a crash at any moment.
package lasting

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace puts b into the file at path, which only its owner may read. After a
// crash it is the old or the new one, whole; when Replace returns it is the new
// one, on disk. What fails leaves the old one.
func Replace(path string, b []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return Folder(dir)
}

// Folder makes what a folder lists survive a power failure.
func Folder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
