package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"nrm/eventstore/backup"
)

// A running server answers other subcommands on a socket in its data folder:
// nobody else may open the log while it has it. It speaks HTTP.
//
//	POST /backup   answers a backup, in clear, as backup.Write writes it

const (
	socketName = "nrm.sock"
	maxSocket  = 100 // bytes of a path: the system admits little more
)

// admin answers on the socket until ctx ends. Without a socket the register goes
// on serving; the log says so.
func (r *service) admin(ctx context.Context) error {
	listener, err := listenAdmin(ctx, r.node.at.data, r.logger)
	if err != nil {
		r.logger.Error("nrm backup cannot reach this server: the socket in the data folder cannot be opened", "error", err)
		<-ctx.Done()
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", r.sendBackup)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(r.logger.Handler(), slog.LevelWarn),
	}
	var ended sync.WaitGroup
	ended.Go(func() {
		<-ctx.Done()
		// What is under way is cut short: a backup can be made again.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close()
		}
	})
	err = server.Serve(listener)
	if ctx.Err() == nil {
		r.logger.Error("the socket in the data folder is closed", "error", err)
		<-ctx.Done()
	}
	ended.Wait()
	return nil
}

// sendBackup streams a backup. One at a time: each reads the whole log.
func (r *service) sendBackup(w http.ResponseWriter, req *http.Request) {
	if !r.backingUp.TryLock() {
		http.Error(w, "another backup is being made", http.StatusConflict)
		return
	}
	defer r.backingUp.Unlock()
	started := time.Now()
	r.logger.Info("a backup is begun")
	w.Header().Set("Content-Type", "application/x-tar")
	err := backup.Write(req.Context(), &patient{w, http.NewResponseController(w)}, r.node.source(r.proofs))
	if err != nil {
		r.logger.Error("a backup failed", "error", err)
		return
	}
	r.logger.Info("a backup was handed over", "took", time.Since(started).Round(time.Millisecond).String())
}

// patient waits a minute for whoever reads, each time, and no longer: a reader
// that has stopped must not keep the server busy for ever.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}

// listenAdmin opens the socket, for the user of this process alone. The caller
// has the folder's lock, so a socket that is there was left by a process that
// was killed.
func listenAdmin(ctx context.Context, dir string, logger *slog.Logger) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%s is in the place of the socket: remove it", path)
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	name, done, err := shortName(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	// The mode of the socket itself is that of the file to be, from the first
	// moment: what a umask would do, for this file alone.
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), 0o600) })
		return errors.Join(err, failed)
	}}
	l, err := config.Listen(ctx, "unix", name)
	if err != nil {
		return nil, err
	}
	own := &ownUser{UnixListener: l.(*net.UnixListener), path: path, logger: logger}
	own.SetUnlinkOnClose(false) // the name may be good no more by then
	return own, nil
}

// shortName gives a name for the socket in dir that is short enough for the
// system, and is good until done is called.
func shortName(dir string) (name string, done func(), err error) {
	path := filepath.Join(dir, socketName)
	if len(path) <= maxSocket {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return "/proc/self/fd/" + strconv.Itoa(int(d.Fd())) + "/" + socketName, func() { _ = d.Close() }, nil
}

// ownUser accepts connections of the user of this process.
type ownUser struct {
	*net.UnixListener
	path   string
	logger *slog.Logger
}

func (l *ownUser) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		uid, err := peer(c)
		if err == nil && uid == os.Geteuid() {
			return c, nil
		}
		l.logger.Warn("somebody else was turned away from the socket in the data folder", "uid", uid, "error", err)
		_ = c.Close()
	}
}

func (l *ownUser) Close() error {
	return errors.Join(l.UnixListener.Close(), os.Remove(l.path))
}

// peer is the user of the process at the other end.
func peer(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	var cred *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || failed != nil {
		return -1, errors.Join(err, failed)
	}
	return int(cred.Uid), nil
}

// adminClient speaks with the server that has the folder. There is none if the
// error is errNotServed.
func adminClient(ctx context.Context, dir string) (*http.Client, error) {
	dial := func(ctx context.Context) (net.Conn, error) {
		name, done, err := shortName(dir)
		if err != nil {
			return nil, err
		}
		defer done()
		return new(net.Dialer).DialContext(ctx, "unix", name)
	}
	c, err := dial(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ECONNREFUSED):
		return nil, errNotServed
	case err != nil:
		return nil, fmt.Errorf("the running server cannot be reached: %w", err)
	}
	_ = c.Close()
	return &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableKeepAlives: true,
	}}, nil
}

var errNotServed = errors.New("no server has this folder")
