package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

// A Target is what a backup is loaded into.
type Target struct {
	// Begin is called first. It looks whether the backup can be used and gives a
	// connection to a server that has neither stream.
	Begin    func(Header) (*nats.Conn, error)
	Replicas int // of the streams; 0 is 1
	// VKey is the register's own, from the key file: the manifest must be signed
	// with it. Empty believes the key that the backup names.
	VKey string
	// Progress, which may be nil, hears how many of about how many bytes are done.
	Progress func(done, total uint64)
}

// Content is what a backup holds besides the two streams.
type Content struct {
	Manifest
	Accounts    []byte // nil if there was no such file
	Checkpoints []witness.Checkpoint
}

// Load reads the backup at path into the target's server: the log and the key
// stream, with the settings that this version of the program wants. If it fails
// it removes what it has made; if not, Check has still to be asked.
//
// It fails with ErrNotBackup, ErrIdentity, ErrDamaged and ErrForged. An error of
// Begin is returned as it is.
func Load(ctx context.Context, path string, identities []age.Identity, t Target) (Content, error) {
	f, err := openFile(path)
	if err != nil {
		return Content{}, fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	c, err := load(ctx, f, identities, t)
	if err != nil {
		return c, fmt.Errorf("backup: %s: %w", path, err)
	}
	return c, nil
}

// openFile opens a file for reading, and nothing else: opening a pipe would wait
// for ever.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: it is not a file", path, ErrNotBackup)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func load(ctx context.Context, file io.Reader, identities []age.Identity, t Target) (c Content, err error) {
	plain, err := age.Decrypt(file, identities...)
	var nobody *age.NoIdentityMatchError
	switch {
	case errors.As(err, &nobody):
		return c, fmt.Errorf("%w: none of the identities given opens it", ErrIdentity)
	case errors.As(err, new(*fs.PathError)):
		return c, err
	case err != nil: // what it says may quote the file, which may be an identity
		return c, fmt.Errorf("%w: it is not an age file, or its beginning is damaged", ErrNotBackup)
	}
	if t.Progress == nil {
		t.Progress = func(uint64, uint64) {}
	}
	var nc *nats.Conn
	vkey := t.VKey
	count := &counter{ctx: ctx, r: plain}
	u := unpacker{vkey: t.VKey}
	u.header = func(h Header) (err error) {
		count.tell = func(done uint64) { t.Progress(min(done, h.Bytes), h.Bytes+1) }
		vkey = cmp.Or(vkey, h.Verifier)
		nc, err = t.Begin(h)
		return err
	}
	var made []string
	defer func() {
		if err != nil { // half a stream is worse than none
			err = errors.Join(err, remove(nc, made))
		}
	}()
	stream := func(config jetstream.StreamConfig, r io.Reader) error {
		begun, err := restore(ctx, nc, config, r)
		if begun {
			made = append(made, config.Name)
		}
		return err
	}
	u.part = func(name string, r io.Reader) error {
		switch name {
		case logPart:
			return stream(eventstore.Settings(t.Replicas), r)
		case keysPart:
			return stream(vault.Settings(t.Replicas), r)
		case accountsPart:
			c.Accounts, err = readText(name, r)
			return err
		default:
			c.Checkpoints, err = readCheckpoints(r, vkey)
			return err
		}
	}
	if c.Manifest, err = unpack(count, u); err != nil {
		return c, err
	}
	t.Progress(c.Bytes+1, c.Bytes+1)
	return c, nil
}

// remove removes streams that were made a moment ago.
func remove(nc *nats.Conn, streams []string) error {
	if len(streams) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	for _, name := range streams {
		if err == nil {
			err = js.DeleteStream(ctx, name)
		}
		if errors.Is(err, jetstream.ErrStreamNotFound) { // the server has done it
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("what was restored of %v must be removed: %w", streams, err)
	}
	return nil
}

// counter counts what is read, until ctx ends.
type counter struct {
	ctx  context.Context
	r    io.Reader
	n    uint64
	tell func(uint64)
}

func (c *counter) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	if c.n += uint64(n); c.tell != nil {
		c.tell(c.n)
	}
	return n, err
}

func readText(name string, r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err == nil && len(b) > maxText {
		err = fmt.Errorf("%w: %s is too large", ErrDamaged, name)
	}
	return b, err
}

// readCheckpoints reads those that the register has signed.
func readCheckpoints(r io.Reader, vkey string) (all []witness.Checkpoint, err error) {
	b, err := readText(checksPart, r)
	if err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(strings.NewReader(string(b))); ; {
		var raw string
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%w: its checkpoints cannot be read: %w", ErrDamaged, err)
		}
		c, err := witness.Parse([]byte(raw), vkey)
		if err != nil {
			return nil, fmt.Errorf("%w: one of its checkpoints: %w", ErrForged, err)
		}
		all = append(all, c)
	}
}
