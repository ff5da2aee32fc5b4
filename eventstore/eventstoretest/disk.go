package eventstoretest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// SmallDisk gives a folder on a disk of its own with so many bytes. Mounting one
// needs root: without, the test is skipped and says so, or fails where
// NRM_MOUNT is "required".
func SmallDisk(t testing.TB, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		const why = "a small disk cannot be mounted (%v): what happens when a disk is full was NOT tested; run as root"
		if os.Getenv("NRM_MOUNT") == "required" {
			t.Fatalf(why, err)
		}
		t.Skipf(why, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Fill leaves no byte of a disk free, and gives a function that makes room
// again, which also the end of the test does.
func Fill(t testing.TB, disk string) (release func()) {
	t.Helper()
	f, err := os.CreateTemp(disk, "filler-*")
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = errors.Join(f.Close(), os.Remove(filepath.Join(disk, filepath.Base(f.Name())))) })
	t.Cleanup(release)
	for _, chunk := range []int{1 << 20, 4096} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return release
}
