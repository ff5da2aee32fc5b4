package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/lasting"
)

// A server that is given an old key encrypts everything anew when it starts:
// it replaces the key of a block first and then writes the block over itself,
// without syncing it. A crash in between would leave a block that no key opens.
// So that is done to a copy, in dir/rekey, and what is there stays as it is
// until the copy is complete, proved and on disk. There must be room for both.

// rekey changes the encryption of dir/jetstream from key old to key. The caller
// holds the lock. Wherever it is interrupted, the next Start goes on from files
// that are whole, with key, old or both.
func rekey(ctx context.Context, dir string, opts StartOptions) (err error) {
	current, work := filepath.Join(dir, "jetstream"), filepath.Join(dir, "rekey")
	copied := filepath.Join(work, "jetstream")
	defer func() {
		if err != nil {
			_ = os.RemoveAll(work)
			err = fmt.Errorf("change of the storage key: %w", err)
		}
	}()
	if err := copyTree(copied, current); err != nil {
		return err
	}
	// The server leaves the keys of stored consumers as they are. There are none
	// but those of followers, which are made anew with every start.
	streams, err := streamFolders(copied)
	if err != nil {
		return err
	}
	for _, dir := range streams {
		if err := os.RemoveAll(filepath.Join(dir, "obs")); err != nil {
			return err
		}
	}
	// First with the old key alone: a crash may have left half a group of
	// messages, which the server completes, but not while it changes keys.
	if _, err := checkKeys(copied, opts.OldKey, ""); err != nil {
		return err
	}
	before, err := visit(ctx, work, StartOptions{Key: opts.OldKey, Logger: opts.Logger})
	if err != nil {
		return err
	}
	opts.Logger.Info("changing the storage key", "folder", current)
	// What the server finds missing on the way is made by the change itself.
	opts.Logger = slog.New(slog.DiscardHandler)
	after, err := visit(ctx, work, opts)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("%w: it held %s and would hold %s", ErrDamaged, before, after)
	}
	switch needsOld, err := checkKeys(copied, opts.Key, opts.OldKey); {
	case err != nil:
		return err
	case needsOld:
		return errors.New("files remain under the old key")
	}
	if err := syncTree(copied); err != nil {
		return err
	}
	if err := os.Rename(current, current+".old"); err != nil {
		return err
	}
	if err := os.Rename(copied, current); err != nil {
		return errors.Join(err, os.Rename(current+".old", current))
	}
	if err := lasting.Folder(dir); err != nil {
		return err
	}
	return tidy(dir)
}

// tidy removes what a change of keys has left behind, and undoes one that was
// interrupted.
func tidy(dir string) error {
	current := filepath.Join(dir, "jetstream")
	if _, err := os.Stat(current); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(current+".old", current); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	} else if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(filepath.Join(dir, "rekey")), os.RemoveAll(current+".old"))
}

// visit runs a server for as long as it takes to see what it has.
func visit(ctx context.Context, dir string, opts StartOptions) (found string, err error) {
	opts.Listen, opts.Dial = nil, nil // a copy in the making is nobody's business
	ns, err := run(ctx, dir, opts, func(ctx context.Context, nc *nats.Conn) (err error) {
		found, err = summary(ctx, nc)
		return err
	})
	stop(ns)
	return found, err
}

// summary says how far each stream goes.
func summary(ctx context.Context, nc *nats.Conn) (string, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return "", err
	}
	var all []string
	streams := js.ListStreams(ctx)
	for info := range streams.Info() {
		all = append(all, fmt.Sprintf("%d messages of %s up to %d", info.State.Msgs, info.Config.Name, info.State.LastSeq))
	}
	slices.Sort(all)
	return strings.Join(all, ", "), streams.Err()
}

func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), info.Mode().Perm())
		}
		return copyFile(filepath.Join(to, rel), path, info.Mode().Perm())
	})
}

func copyFile(to, from string, perm fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// syncTree brings every file and folder to disk.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return lasting.Folder(path)
	})
}
