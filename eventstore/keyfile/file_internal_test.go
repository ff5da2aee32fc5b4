package keyfile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Whoever has opened a file when somebody else replaces it, and overwrites what
// it held, reads the new one.
func TestReadWhileReplacing(t *testing.T) {
	ring, err := Create(filepath.Join(t.TempDir(), "nrm.key"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Read(ring.Path())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := ring.Mark(dir); err != nil {
		t.Fatal(err)
	}
	defer func() { opened = func() {} }()
	meanwhile := func(f func() error) {
		opened = func() {
			opened = func() {}
			if err := f(); err != nil {
				t.Error(err)
			}
		}
	}
	meanwhile(ring.BeginKEK)
	if err := other.Reload(); err != nil || other.Generation() != 2 {
		t.Errorf("generation %d, %v", other.Generation(), err)
	}
	meanwhile(func() error { return ring.Mark(dir) })
	if err := other.Check(dir); err != nil {
		t.Error(err)
	}
}

// A pipe in the key file's place is refused at once.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.key")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { _, err := Read(path); done <- err }()
	select {
	case err := <-done:
		if !errors.Is(err, ErrUnreadable) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("reading a pipe never ends")
	}
}
