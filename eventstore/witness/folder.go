package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"nrm/eventstore/lasting"
)

// A Folder keeps checkpoints of one log, each in a file of its own, named by
// the day and the size, as in 2026-03-14/000000012345.txt, and the latest once
// more in latest.txt. Files are only ever added, so that anything that copies
// new files may carry them to a place that the log's keeper cannot reach.
//
// A Folder knows the files that were there when it was opened and those it
// has added itself. It is safe for concurrent use.
type Folder struct {
	path, vkey string

	mu    sync.Mutex
	found bool      // the folder was there, so it must be there
	files []dayFile // by size
}

type dayFile struct {
	size int64
	day  string
}

const (
	latestName = "latest.txt"
	newName    = ".checkpoint.new" // a file being written
)

var (
	dayName  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	fileName = regexp.MustCompile(`^(\d{12})\.txt$`)
)

// OpenFolder lists the checkpoints in a folder. A folder that does not exist
// has none; the first Add makes it. Files with other names are left alone.
func OpenFolder(path, vkey string) (*Folder, error) {
	f := &Folder{path: path, vkey: vkey}
	days, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("witness: checkpoints: %w", err)
	}
	f.found = true
	for _, day := range days {
		if !day.IsDir() || !dayName.MatchString(day.Name()) {
			continue
		}
		files, err := os.ReadDir(filepath.Join(path, day.Name()))
		if err != nil {
			return nil, fmt.Errorf("witness: checkpoints: %w", err)
		}
		for _, file := range files {
			if m := fileName.FindStringSubmatch(file.Name()); m != nil {
				size, _ := strconv.ParseInt(m[1], 10, 64) // twelve digits
				f.files = append(f.files, dayFile{size, day.Name()})
			}
		}
	}
	slices.SortFunc(f.files, func(a, b dayFile) int {
		return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.day, b.day))
	})
	return f, nil
}

// Path is the folder's place.
func (f *Folder) Path() string { return f.path }

func (f *Folder) file(d dayFile) string {
	return filepath.Join(f.path, d.day, fmt.Sprintf("%012d.txt", d.size))
}

// read reads one of the files. A text that is signed but not what the file's
// name says is not accepted either.
func (f *Folder) read(d dayFile) (Checkpoint, error) {
	c, err := readCheckpoint(f.file(d), f.vkey)
	if err == nil && c.Size != d.size {
		err = fmt.Errorf("witness: checkpoint file %s: %w: it is of position %d, not %d", f.file(d), ErrUnreadable, c.Size, d.size)
	}
	return c, err
}

func readCheckpoint(path, vkey string) (Checkpoint, error) {
	c, err := func() (c Checkpoint, err error) {
		info, err := os.Lstat(path)
		if err != nil {
			return c, err
		}
		if !info.Mode().IsRegular() { // opening a pipe would wait for ever
			return c, fmt.Errorf("%w: it is not a file", ErrUnreadable)
		}
		in, err := os.Open(path)
		if err != nil {
			return c, err
		}
		defer in.Close()
		raw, err := io.ReadAll(io.LimitReader(in, maxCheckpoint+1))
		if err != nil {
			return c, err
		}
		return Parse(raw, vkey)
	}()
	if err != nil {
		return Checkpoint{}, fmt.Errorf("witness: checkpoint file %s: %w", path, err)
	}
	return c, nil
}

// Latest gives the checkpoint with the highest size; false if there is none.
// It fails if that file, or latest.txt, is damaged, and names it, and with
// ErrRewritten if the two contradict each other.
func (f *Folder) Latest() (Checkpoint, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last()
}

func (f *Folder) last() (c Checkpoint, found bool, err error) {
	if n := len(f.files); n > 0 {
		if c, err = f.read(f.files[n-1]); err != nil {
			return c, false, err
		}
		found = true
	}
	named, err := readCheckpoint(filepath.Join(f.path, latestName), f.vkey)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, found, nil
	case err != nil:
		return Checkpoint{}, false, err
	case !found || named.Size > c.Size:
		return named, true, nil // somebody has removed its other file
	case named.Size == c.Size && !named.same(c):
		return Checkpoint{}, false, fmt.Errorf("witness: %w: in %s both %s and %s are signed for position %d, and contradict each other",
			ErrRewritten, f.path, latestName, f.file(f.files[len(f.files)-1]), c.Size)
	}
	return c, true, nil
}

// All yields the checkpoints from the lowest size to the highest. A file that
// is damaged is yielded as an error that names it, and the next one follows.
// It ends with an error when ctx does. Beyond the list, latest.txt is yielded if
// it says anything that the last file does not.
func (f *Folder) All(ctx context.Context) iter.Seq2[Checkpoint, error] {
	return func(yield func(Checkpoint, error) bool) {
		f.mu.Lock()
		files := slices.Clone(f.files)
		f.mu.Unlock()
		var last Checkpoint
		for _, d := range files {
			if ctx.Err() != nil {
				yield(Checkpoint{}, ctx.Err())
				return
			}
			c, err := f.read(d)
			if !yield(c, err) {
				return
			}
			if err == nil {
				last = c
			}
		}
		// Usually the last one again, but its other file may have been removed.
		c, err := readCheckpoint(filepath.Join(f.path, latestName), f.vkey)
		if !errors.Is(err, fs.ErrNotExist) && (err != nil || !c.same(last)) {
			yield(c, err)
		}
	}
}

// List gives up to limit checkpoints with a size below before, the highest
// first; 0 means from the latest on. Damaged ones are left out, named in the
// error, which therefore does not mean that there is no list.
func (f *Folder) List(limit int, before int64) ([]Checkpoint, error) {
	f.mu.Lock()
	files := slices.Clone(f.files)
	f.mu.Unlock()
	var list []Checkpoint
	var errs []error
	for _, d := range slices.Backward(files) {
		if before > 0 && d.size >= before {
			continue
		}
		if len(list)+len(errs) >= limit {
			break
		}
		if c, err := f.read(d); err != nil {
			errs = append(errs, err)
		} else {
			list = append(list, c)
		}
	}
	return list, errors.Join(errs...)
}

// At gives the checkpoint of that size; false if there is none.
func (f *Folder) At(size int64) (Checkpoint, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at(size)
}

func (f *Folder) at(size int64) (Checkpoint, bool, error) {
	i, found := f.search(size)
	if !found {
		return Checkpoint{}, false, nil
	}
	c, err := f.read(f.files[i])
	return c, err == nil, err
}

func (f *Folder) search(size int64) (int, bool) {
	return slices.BinarySearchFunc(f.files, size, func(d dayFile, size int64) int { return cmp.Compare(d.size, size) })
}

// Add puts a checkpoint into the folder, on disk when it returns. One that says
// the same as one that is there changes nothing; one that contradicts it is
// refused with ErrRewritten. The folder itself is made if it was not there when
// it was opened; one that has gone since, such as an unplugged disk, is an
// error. After an error the same may be added again.
func (f *Folder) Add(c Checkpoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.add(c); err != nil {
		return fmt.Errorf("witness: keep %v: %w", c, err)
	}
	return nil
}

func (f *Folder) add(c Checkpoint) error {
	read, err := Parse(c.Raw, f.vkey)
	if err != nil {
		return err
	}
	if !read.same(c) {
		return fmt.Errorf("%w: its text says something else", ErrForged)
	}
	if !f.found {
		if err := os.MkdirAll(f.path, 0o750); err != nil {
			return err
		}
		f.found = true
	}
	if n := len(f.files); n > 0 {
		// An empty mount point is a folder too.
		if _, err := os.Lstat(f.file(f.files[n-1])); err != nil {
			return fmt.Errorf("the folder is not what it was: %w", err)
		}
	}
	have, found, err := f.at(c.Size)
	if err != nil {
		return err
	}
	if found && !have.same(c) {
		return fmt.Errorf("%w: the checkpoint that is there says something else", ErrRewritten)
	}
	if !found {
		d := dayFile{c.Size, c.Time.UTC().Format(time.DateOnly)}
		if err := f.create(d, c); err != nil {
			return err
		}
		i, _ := f.search(c.Size)
		f.files = slices.Insert(f.files, i, d)
	}
	if f.files[len(f.files)-1].size > c.Size {
		return nil
	}
	return f.replace(filepath.Join(f.path, latestName), c.Raw)
}

// create writes the file of a checkpoint that is not listed.
func (f *Folder) create(d dayFile, c Checkpoint) error {
	path := f.file(d)
	switch err := os.Mkdir(filepath.Dir(path), 0o750); {
	case err == nil:
		if err := lasting.Folder(f.path); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	// It may be there nevertheless: by an Add that failed after this point, or
	// by another process.
	have, err := f.read(d)
	if err == nil && !have.same(c) {
		err = fmt.Errorf("%w: %s says something else", ErrRewritten, path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.replace(path, c.Raw)
}

// replace writes a file so that after a crash it is the old or the new one,
// whole.
func (f *Folder) replace(path string, raw []byte) (err error) {
	temp := filepath.Join(f.path, newName)
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640) // follows no link
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = out.Close()
			_ = os.Remove(temp)
		}
	}()
	if _, err = out.Write(raw); err != nil {
		return err
	}
	if err = out.Sync(); err != nil {
		return err
	}
	if err = out.Close(); err != nil {
		return err
	}
	if err = os.Rename(temp, path); err != nil {
		return err
	}
	return lasting.Folder(filepath.Dir(path))
}
