package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nrm/eventstore/lasting"
)

// A server that cannot recover a stream removes all its files, and then says
// that there is none. So before a server starts, two things are done: what is
// known to make it fail, and holds nothing, is taken out of its way; and every
// file gets a second name, in dir/jetstream.guard, by which a stream that the
// server has thrown away is put back.

const guardFolder = "jetstream.guard"

// clearHalfMade removes blocks that a crash has left half made. The server
// creates a block's file first, empty, and then the file of its key: killed in
// between, it takes the block for one without encryption at the next start, and
// the whole stream for damaged.
func clearHalfMade(jetstream string) error {
	streams, err := streamFolders(jetstream)
	if err != nil {
		return err
	}
	for _, dir := range streams {
		if _, err := os.Stat(filepath.Join(dir, "meta.key")); errors.Is(err, fs.ErrNotExist) {
			continue // not encrypted: there an empty block does no harm
		}
		blocks, err := filepath.Glob(filepath.Join(dir, "msgs", "*.blk"))
		if err != nil {
			return err
		}
		for _, block := range blocks {
			info, err := os.Stat(block)
			if err != nil {
				return err
			}
			key := strings.TrimSuffix(block, ".blk") + ".key"
			if _, err := os.Stat(key); info.Size() > 0 || err == nil {
				continue
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := os.Remove(block); err != nil {
				return err
			}
		}
	}
	return nil
}

// setGuard gives every file in dir/jetstream its second name.
func setGuard(dir string) error {
	from, to := filepath.Join(dir, "jetstream"), filepath.Join(dir, guardFolder)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		return os.Link(path, filepath.Join(to, rel)) //nolint:gosec // G122: the folder is locked for this process and closed to others
	})
	if errors.Is(err, fs.ErrNotExist) { // nothing there yet
		return nil
	}
	if err != nil {
		return errors.Join(fmt.Errorf("give the files a second name: %w", err), os.RemoveAll(to))
	}
	return nil
}

// liftGuard puts back the streams that are gone and then forgets the second
// names. It names what it has put back. The server must have stopped, or
// have started as it should.
func liftGuard(dir string) (restored []string, err error) {
	guard := filepath.Join(dir, guardFolder)
	kept, err := streamFolders(guard)
	if err != nil {
		return nil, err
	}
	for _, stream := range kept {
		name := filepath.Base(stream)
		at := filepath.Join(streamsIn(filepath.Join(dir, "jetstream")), name)
		if _, err := os.Stat(filepath.Join(at, "meta.inf")); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := putBack(at, stream); err != nil {
			return restored, err
		}
		restored = append(restored, name)
	}
	return restored, os.RemoveAll(guard)
}

// putBack gives a stream its place again. A server that has stopped may still be
// removing what it has thrown away, and with it empty folders above.
func putBack(at, stream string) (err error) {
	for range 100 {
		if err = errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.RemoveAll(at)); err == nil {
			err = os.Rename(stream, at)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	return lasting.Folder(filepath.Dir(at))
}
