package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSocket: it is its owner's alone, from the first moment; what a killed
// server has left is replaced, and nothing else is.
func TestSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, socketName)
	open := func(dir string) net.Listener {
		t.Helper()
		l, err := listenAdmin(t.Context(), dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open(dir)
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if _, err := adminClient(t.Context(), dir); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := adminClient(t.Context(), dir); !errors.Is(err, errNotServed) {
		t.Errorf("nobody serves: %v", err)
	}
	// A killed server does not close.
	l = open(dir)
	if err := l.(*ownUser).UnixListener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	if _, err := adminClient(t.Context(), dir); !errors.Is(err, errNotServed) {
		t.Errorf("nobody serves: %v", err)
	}
	_ = open(dir).Close()
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenAdmin(t.Context(), dir, quiet()); err == nil {
		t.Error("a file was taken for a socket")
	}
	// A path that is too long for the system.
	long := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(long, 0o700); err != nil {
		t.Fatal(err)
	}
	l = open(long)
	if _, err := adminClient(t.Context(), long); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(long, socketName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestSocketTurnsOthersAway lets another user reach the socket, whom the modes of
// folder and socket would keep away.
func TestSocketTurnsOthersAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as somebody else")
	}
	dir, err := os.MkdirTemp("", "socket") // others can get there
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := listenAdmin(t.Context(), dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, mode := range map[string]os.FileMode{dir: 0o777, filepath.Join(dir, socketName): 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	connectAs := func(uid int) error {
		failed := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the other user
			if uid != 0 {
				if _, _, errno := syscall.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
					failed <- errno
					return
				}
			}
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err == nil {
				err = unix.Connect(fd, &unix.SockaddrUnix{Name: filepath.Join(dir, socketName)})
			}
			failed <- err
		}()
		return <-failed
	}
	if err := connectAs(65534); err != nil {
		t.Fatalf("the other user does not even get to it: %v", err)
	}
	select {
	case <-accepted:
		t.Error("another user was let in")
	case <-time.After(200 * time.Millisecond):
	}
	if err := connectAs(0); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-accepted:
		_ = c.Close()
	case <-time.After(5 * time.Second):
		t.Error("the user of the server was not let in")
	}
}

// TestReaderThatStops: a client that stops reading a backup holds the server up
// neither while it serves nor when it stops.
func TestReaderThatStops(t *testing.T) {
	at := newRegister(t)
	if _, _, err := createAccount(at); err != nil {
		t.Fatal(err)
	}
	// More than the buffers of a socket take.
	padded := append(mustRead(t, accountsFile(at.data)), bytes.Repeat([]byte("\n"), 32<<20)...)
	if err := os.WriteFile(accountsFile(at.data), padded, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServing(t, at)
	close(s.mayOpen)
	s.until("the socket", func() bool {
		_, err := adminClient(t.Context(), at.data)
		return err == nil
	})
	c, err := new(net.Dialer).DialContext(t.Context(), "unix", filepath.Join(at.data, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("POST /backup HTTP/1.1\r\nHost: nrm\r\nContent-Length: 0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	client, err := adminClient(t.Context(), at.data)
	if err != nil {
		t.Fatal(err)
	}
	if err := fetchBackup(t.Context(), client, io.Discard); err == nil || !strings.Contains(err.Error(), "another backup is being made") {
		t.Fatalf("it is not busy: %v", err)
	}
	started := time.Now()
	if err := s.end(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("the server took %v to stop", took)
	}
}
