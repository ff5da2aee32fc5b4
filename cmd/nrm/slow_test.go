package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSlowDisk lets a running register write to its disk only a few times a
// second, so that a sync takes some hundred milliseconds and those who come
// together wait for long. Everybody is answered or asked to come back, and every
// outcome is exact.
func TestSlowDisk(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	at := beside(filepath.Join(diskOfItsOwn(t), "nrm-data"))
	made(t, at)
	crowd := newCrowd(t, ctx, at)
	s := serveProcess(t, ctx, at)
	w := &writers{t: t, crowd: crowd, url: s.url}
	w.start(ctx, 64)
	w.until("answers", 60*time.Second, func() bool { return w.stored.Load() > 200 })
	seen := w.someCase()

	quick := slowDown(t, at.data, s.cmd.Process.Pid, 10)
	w.until("refusals", 60*time.Second, func() bool { return w.away.Load() > 10 })
	w.reads(s.url, seen, time.Second)
	before := w.stored.Load()
	time.Sleep(3 * time.Second)
	t.Logf("%.1f answers a second on the slow disk", float64(w.stored.Load()-before)/3)
	quick()
	before = w.stored.Load()
	w.until("answers on the quick disk again", 60*time.Second, func() bool { return w.stored.Load() > before+100 })
	w.until("green", 30*time.Second, func() bool { return red(t, s.url, nil) })
	w.stop()
	crowd.askAgain(t, ctx, s.url)
	terminated(t, s)
	if got, want := crowd.compare(t, ctx, at, 1), crowd.decisions(); got != want {
		t.Errorf("what was asked for makes %d decisions, the log has %d", want, got)
	}
	t.Logf("%d answers, %d times asked to come back", w.stored.Load(), w.away.Load())
}

// diskOfItsOwn is a folder on a file system in a file, so that only what the test
// writes is slow. Without the means the test says that it was not made.
func diskOfItsOwn(t *testing.T) string {
	t.Helper()
	image, dir := filepath.Join(t.TempDir(), "image"), t.TempDir()
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 128<<20)); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"mkfs.ext4", "-q", image}, {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no disk can be made (%s: %v, %s): how a slow disk is borne was NOT tested", command[0], err, out)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// slowDown lets a process write to the disk under a folder only so many times a
// second, until quick is called. That takes root and version 1 of the kernel's
// control groups: where they are not at hand the test says so.
func slowDown(t *testing.T, dir string, pid, writes int) (quick func()) {
	t.Helper()
	const groups = "/sys/fs/cgroup/blkio"
	group, err := os.MkdirTemp(groups, "nrm-test-")
	if err != nil {
		t.Skipf("no disk can be slowed down (%v): how a slow disk is borne was NOT tested", err)
	}
	t.Cleanup(func() { _ = os.Remove(group) }) // once the process has ended
	var info unix.Stat_t
	if err := unix.Stat(dir, &info); err != nil {
		t.Fatal(err)
	}
	put := func(file, text string) error { return os.WriteFile(filepath.Join(group, file), []byte(text), 0) }
	limit := func(n int) error {
		return put("blkio.throttle.write_iops_device", fmt.Sprintf("%d:%d %d", unix.Major(info.Dev), unix.Minor(info.Dev), n))
	}
	if err := limit(writes); err != nil {
		t.Skipf("the disk under %s cannot be slowed down (%v): how a slow disk is borne was NOT tested", dir, err)
	}
	if err := put("cgroup.procs", strconv.Itoa(pid)); err != nil {
		t.Skipf("the process cannot be slowed down (%v): how a slow disk is borne was NOT tested", err)
	}
	return func() {
		t.Helper()
		if err := limit(0); err != nil {
			t.Fatal(err)
		}
	}
}
