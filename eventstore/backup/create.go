package backup

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"

	"nrm/eventstore"
)

// Options say how a backup is made.
type Options struct {
	Recipients []age.Recipient // at least one: whoever holds an identity of theirs can restore
	// Scratch is where the backup is restored on trial, in a folder that is
	// removed afterwards; empty is beside the file. It needs room for the log.
	Scratch string
	// Progress, which may be nil, hears how far each stage has come.
	Progress func(stage string, done, total uint64)
	Logger   *slog.Logger // nil discards
}

// A Result says what is in a file that was made.
type Result struct {
	Manifest
	Findings
	Size int64 // of the file, in bytes
}

const attempts = 5

// Create makes the file at path, encrypted for the recipients, of what produce
// writes, as Write does. Then it reads the file back from the disk, restores
// what is in it into a server of its own and checks all of it; for that, and
// for nothing else, the file is also encrypted for an identity that exists only
// in memory. Only then does the file get its name: whatever happens before, a
// full disk or the end of the process, there is nothing under it.
//
// It fails with ErrExists if there is something, of any kind.
func Create(ctx context.Context, path string, produce func(context.Context, io.Writer) error, opts Options) (r Result, err error) {
	if opts.Progress == nil {
		opts.Progress = func(string, uint64, uint64) {}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if r, err = create(ctx, path, produce, opts); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	return r, nil
}

func create(ctx context.Context, path string, produce func(context.Context, io.Writer) error, opts Options) (r Result, err error) {
	if len(opts.Recipients) == 0 {
		return r, errors.New("nobody is named who can open it")
	}
	if err := vacant(path); err != nil {
		return r, err
	}
	part, err := openPart(path + ".part")
	if err != nil {
		return r, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
		err = errors.Join(err, part.Close())
	}()
	c := &creation{Options: opts, file: part, produce: produce, scratch: path + ".check"}
	if opts.Scratch != "" {
		c.scratch = filepath.Join(opts.Scratch, filepath.Base(path)+".check")
	}
	if c.own, err = age.GenerateX25519Identity(); err != nil {
		return r, err
	}
	for attempt := 1; ; attempt++ {
		if r, err = c.attempt(ctx); err == nil {
			return r, publish(part.Name(), path)
		}
		switch {
		case !errors.Is(err, errAgain):
			return r, err
		case attempt == attempts:
			return r, fmt.Errorf("%w: %w", ErrBusy, err)
		}
		opts.Logger.Info("the backup is begun anew", "reason", err)
	}
}

// vacant refuses a name that is taken, be it by a link or a pipe.
func vacant(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%w: %s; a backup never replaces anything", ErrExists, path)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	return nil
}

// openPart takes the file that is written first. One that a killed process has
// left is used again; one that another process writes is ErrBusy.
func openPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%w: %s, which is not a file", ErrExists, path)
	default:
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
			err = fmt.Errorf("%w: another backup writes %s", ErrBusy, path)
		}
	}
	if err == nil { // whoever had it may have finished, and given it its name
		if now, gone := os.Lstat(path); gone != nil || !os.SameFile(info, now) {
			err = fmt.Errorf("%w: another backup has just written %s", ErrBusy, path)
		}
	}
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// publish gives the finished file its name, which must still be free.
func publish(part, path string) error {
	err := unix.Renameat2(unix.AT_FDCWD, part, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not every file system can
		if err = vacant(path); err == nil {
			err = os.Rename(part, path)
		}
	}
	if errors.Is(err, unix.EEXIST) {
		err = fmt.Errorf("%w: %s", ErrExists, path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// A creation is a file that is being made.
type creation struct {
	Options
	file    *os.File
	produce func(context.Context, io.Writer) error
	scratch string
	own     *age.X25519Identity
}

func (c *creation) attempt(ctx context.Context) (r Result, err error) {
	if err := c.file.Truncate(0); err != nil {
		return r, err
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	if _, err := c.fill(ctx); err != nil {
		return r, err
	}
	if err := c.file.Sync(); err != nil {
		return r, err
	}
	info, err := c.file.Stat()
	if err != nil {
		return r, err
	}
	r.Size = info.Size()
	r.Manifest, r.Findings, err = c.verify(ctx)
	return r, err
}

// fill encrypts what is produced, and looks at it on the way.
func (c *creation) fill(ctx context.Context) (m Manifest, err error) {
	buffered := bufio.NewWriterSize(c.file, 1<<20)
	sealed, err := age.Encrypt(buffered, append([]age.Recipient{c.own.Recipient()}, c.Recipients...)...)
	if err != nil {
		return m, err
	}
	out := &sink{w: sealed}
	asked := ctx
	ctx, cancel := context.WithCancel(ctx)
	from, to := io.Pipe()
	produced := make(chan error, 1)
	go func() {
		err := c.produce(ctx, to)
		_ = to.CloseWithError(err)
		produced <- err
	}()
	defer func() {
		cancel()
		_ = from.CloseWithError(errGivenUp)
		failed := <-produced
		switch {
		case out.err != nil:
			err = out.err
		case asked.Err() != nil:
			err = asked.Err()
		case failed != nil && !errors.Is(failed, errGivenUp) && (err == nil || errors.Is(err, ErrDamaged)):
			err = failed // why the archive ends early
		}
	}()
	in := &counter{ctx: ctx, r: io.TeeReader(from, out)}
	m, err = unpack(in, unpacker{
		header: func(h Header) error {
			in.tell = func(done uint64) { c.Progress("writing", min(done, h.Bytes), h.Bytes+1) }
			return nil
		},
		part: func(string, io.Reader) error { return nil },
	})
	if err != nil {
		return m, err
	}
	c.Progress("writing", m.Bytes+1, m.Bytes+1)
	return m, errors.Join(sealed.Close(), buffered.Flush())
}

var errGivenUp = errors.New("nobody reads any more")

// sink remembers why it could not be written to.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}

// verify restores the file on trial.
func (c *creation) verify(ctx context.Context) (m Manifest, f Findings, err error) {
	// Not what the system still has of it in memory.
	if err := unix.Fadvise(int(c.file.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		c.Logger.Debug("the backup is read from memory", "error", err)
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return m, f, err
	}
	if err := os.RemoveAll(c.scratch); err != nil { // of a process that was killed
		return m, f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.scratch)) }()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // ends the program rather than fail
	server, err := eventstore.Start(ctx, c.scratch, eventstore.StartOptions{Key: hex.EncodeToString(key), Unsynced: true, Logger: c.Logger})
	if err != nil {
		return m, f, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	content, err := load(ctx, c.file, []age.Identity{c.own}, Target{
		Begin: func(Header) (*nats.Conn, error) { return server.Conn(), nil },
		// Who signed is the register's word here: it was asked a moment ago.
		Progress: func(done, total uint64) { c.Progress("reading back", done, total) },
	})
	if err == nil {
		f, err = check(ctx, server.Conn(), content, nil, func(done, total uint64) { c.Progress("checking", done, total) })
	}
	if err != nil {
		return m, f, fmt.Errorf("the file was written, but does not stand the test (in %s): %w", c.scratch, err)
	}
	return content.Manifest, f, nil
}
