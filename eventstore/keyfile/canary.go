package keyfile

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

const canaryFile = "canary.json"

// A canary lies in the data folder and tells whether a key file fits it,
// before any server has touched the data: nats-server takes data that it
// cannot decrypt for no data at all.
type canary struct {
	Register   string `json:"register"`
	Generation int    `json:"generation"`
	Keys       []mark `json:"keys"`
}

// A mark stands for one key that the data may depend on.
type mark struct {
	Use     string `json:"use"` // kek or storage
	ID      string `json:"id"`
	Current bool   `json:"current"` // false: being retired, and perhaps destroyed since
	MAC     []byte `json:"mac"`     // of a fixed text, under the key
}

func (s secrets) canary() canary {
	c := canary{Register: s.Register, Generation: s.Generation}
	add := func(use string, current bool, keys ...secret) {
		for _, k := range keys {
			c.Keys = append(c.Keys, mark{use, k.ID, current, mac(s.Register, use, k)})
		}
	}
	add("kek", true, s.KEK)
	add("kek", false, s.Retiring...)
	add("storage", true, s.Storage)
	if s.OldStorage != nil {
		add("storage", false, *s.OldStorage)
	}
	return c
}

func mac(register, use string, k secret) []byte {
	h := hmac.New(sha256.New, k.Key)
	h.Write([]byte("nrm canary\x00" + register + "\x00" + use + "\x00" + k.ID))
	return h.Sum(nil)
}

// Mark writes into dir which keys the data depends on from now on: the current
// ones, and those being retired while a change is under way. It is on disk when
// Mark returns. A data folder that Check refuses is not marked anew, unless it
// has no mark at all.
func (r *Ring) Mark(dir string) error {
	if err := r.mark(dir); err != nil {
		return fmt.Errorf("keyfile: mark %s: %w", dir, err)
	}
	return nil
}

func (r *Ring) mark(dir string) error {
	held := r.now()
	if err := r.fits(held, dir); err != nil && !errors.Is(err, ErrNoCanary) {
		return err
	}
	b, err := pack(canaryFormat, "", held.canary())
	if err != nil {
		return err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	return replace(filepath.Join(dir, canaryFile), b)
}

// Check tells whether the data in dir belongs to this key file. It is to be
// called before a server is started there. It fails with ErrMisplaced if the
// key file lies in dir, ErrNoCanary if dir has no mark, ErrForeign, ErrOutdated,
// ErrRetired or ErrWrong if it is marked with keys that are not in the file,
// and ErrUnreadable if the mark is damaged. Between the steps of a change of
// keys it succeeds.
func (r *Ring) Check(dir string) error {
	if err := r.fits(r.now(), dir); err != nil {
		return fmt.Errorf("keyfile: check %s: %w", dir, err)
	}
	return nil
}

// Canary is what Mark writes into a folder, for data that lies in no folder of
// this machine: it is to be kept beside that data, and be given to Fits.
func (r *Ring) Canary() ([]byte, error) {
	b, err := pack(canaryFormat, "", r.now().canary())
	if err != nil {
		return nil, fmt.Errorf("keyfile: canary: %w", err)
	}
	return b, nil
}

// Fits is Check for data that this canary is kept beside.
func (r *Ring) Fits(kept []byte) error {
	c, err := parseCanary(kept, "the mark that is kept with the data")
	if err == nil {
		err = r.opens(r.now(), c)
	}
	if err != nil {
		return fmt.Errorf("keyfile: %w", err)
	}
	return nil
}

func (r *Ring) fits(held secrets, dir string) error {
	if err := outside(r.path, r.real, dir); err != nil {
		return err
	}
	c, err := readCanary(filepath.Join(dir, canaryFile))
	if err != nil {
		return err
	}
	return r.opens(held, c)
}

// opens tells whether the keys of a key file are those that a canary stands for.
func (r *Ring) opens(held secrets, c canary) error {
	if c.Register != held.Register {
		return fmt.Errorf("%w: %s is that of register %s, the data is that of register %s; name the key file of the latter",
			ErrForeign, r.path, held.Register, c.Register)
	}
	have := map[string]mark{}
	for _, m := range held.canary().Keys {
		have[m.Use+m.ID] = m
	}
	for _, need := range c.Keys {
		got, ok := have[need.Use+need.ID]
		switch {
		case ok && !hmac.Equal(got.MAC, need.MAC):
			return fmt.Errorf("%w: key %s in %s is not the one that the data was written with; put back the right copy of the key file",
				ErrWrong, need.ID, r.path)
		case ok, !need.Current: // those being retired go when all is done
			continue
		case held.Generation < c.Generation:
			return fmt.Errorf("%w: %s is of generation %d, but keys have been changed since and the data needs key %s of generation %d; put back the latest copy of the key file",
				ErrOutdated, r.path, held.Generation, need.ID, c.Generation)
		case held.Generation > c.Generation:
			return fmt.Errorf("%w: it needs key %s of generation %d, which %s, of generation %d, holds no more; use the copy of the key file from the time of this data, or newer data",
				ErrRetired, need.ID, c.Generation, r.path, held.Generation)
		default:
			return fmt.Errorf("%w: %s and the data are both of generation %d, but the data needs key %s: keys were changed twice from one copy; put back the other key file",
				ErrWrong, r.path, c.Generation, need.ID)
		}
	}
	return nil
}

func readCanary(path string) (c canary, err error) {
	b, _, err := readWhole(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, fmt.Errorf("%w: there is no %s; if there is data beside it, put it back from a copy of the data folder", ErrNoCanary, path)
	case err != nil:
		return c, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return parseCanary(b, path)
}

func parseCanary(b []byte, where string) (c canary, err error) {
	if err := unpack(b, canaryFormat, "canary", &c); err != nil {
		return c, fmt.Errorf("%w: %s, which says what key file the data belongs to: %w", ErrUnreadable, where, err)
	}
	if c.Register == "" || len(c.Keys) == 0 {
		return c, fmt.Errorf("%w: %s names no keys", ErrUnreadable, where)
	}
	return c, nil
}

// Outside fails with ErrMisplaced if a key file at path would lie inside dir.
// Neither needs to exist.
func Outside(path, dir string) error {
	real, err := resolve(path)
	if err == nil {
		err = outside(path, real, dir)
	}
	if err != nil {
		return fmt.Errorf("keyfile: %w", err)
	}
	return nil
}

// outside looks at both names of the file: a link in the data folder to a file
// elsewhere is harmless, a link elsewhere to a file in the folder is not.
func outside(path, real, dir string) error {
	dir, err := resolve(dir)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, real)
	if err != nil {
		return err
	}
	if rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return fmt.Errorf("%w: %s is in %s, so that every copy of the data would carry its key; move it elsewhere", ErrMisplaced, path, dir)
	}
	return nil
}

// resolve makes path absolute and follows the symbolic links of the part of it
// that exists.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return "", err
		}
		path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
	}
}
