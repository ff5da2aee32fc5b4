package accounts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nrm/domain"
)

// version tells one state of the file from another without reading it.
type version struct {
	info fs.FileInfo // nil: there is no file
}

func (v version) same(o version) bool {
	if v.info == nil || o.info == nil {
		return v.info == o.info
	}
	return os.SameFile(v.info, o.info) && v.info.Mode() == o.info.Mode() &&
		v.info.ModTime().Equal(o.info.ModTime()) && v.info.Size() == o.info.Size()
}

// refresh reads the file if it has changed, or could not be used before. A file
// that cannot be taken leaves the accounts as they were; mu must be held.
func (s *Store) refresh() error {
	if s.shared == nil {
		s.judge(s.read())
	}
	return s.broken
}

// judge takes note of whether the accounts could be read.
func (s *Store) judge(err error) {
	before := s.broken
	s.broken = err
	switch {
	case s.Logger == nil:
	case s.broken != nil && (before == nil || before.Error() != s.broken.Error()):
		s.Logger.Error("accounts cannot be read and stay as they were", "error", s.broken)
	case s.broken == nil && before != nil:
		s.Logger.Info("accounts can be read again")
	}
}

func (s *Store) read() error {
	info, err := os.Stat(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("accounts: %w", err)
	}
	now := version{info}
	if s.byUser != nil && s.broken == nil && now.same(s.seen) {
		return nil
	}
	all, err := load(s.path, info)
	if err != nil {
		return err
	}
	s.seen = now
	s.know(all)
	return nil
}

// know replaces all that is known.
func (s *Store) know(all []account) {
	s.byUser, s.byHash = map[string]account{}, map[string]string{}
	for _, a := range all {
		s.byUser[a.User] = a
		s.byHash[a.Token] = a.User
	}
}

func load(path string, info fs.FileInfo) ([]account, error) {
	if info == nil {
		return nil, nil
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("accounts: %s can be read by others (mode %04o): chmod 0600 it", path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return parse(path, b)
}

// parse reads a list of accounts that is kept at a place, and refuses it if
// anything in it is not as it must be.
func parse(place string, b []byte) ([]account, error) {
	var all []account
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil || d.More() {
		return nil, fmt.Errorf("accounts: %s is not a list of accounts", place) // err may quote what stands there
	}
	users, tokens := map[string]bool{}, map[string]bool{}
	for i, a := range all {
		if !userName.MatchString(a.User) {
			return nil, fmt.Errorf("accounts: %s: entry %d: %w", place, i+1, ErrName)
		}
		if _, err := domain.ParseActor(a.User, string(a.Role), a.Organisation); err != nil {
			return nil, fmt.Errorf("accounts: %s: %s: %w", place, a.User, err)
		}
		if _, err := parsePHC(a.Password); err != nil {
			return nil, fmt.Errorf("accounts: %s: %s: %w", place, a.User, err)
		}
		if users[a.User] || a.Token != "" && tokens[a.Token] {
			return nil, fmt.Errorf("accounts: %s: %s is there twice", place, a.User)
		}
		users[a.User], tokens[a.Token] = true, true
	}
	return all, nil
}

// change writes the accounts anew with what f does to them.
func (s *Store) change(f func(map[string]account) error) error {
	if s.shared != nil {
		return s.changeShared(f)
	}
	return s.changeFile(f)
}

// changeFile keeps other processes from doing the same at the same time by a
// lock beside the file.
func (s *Store) changeFile(f func(map[string]account) error) error {
	lock, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	defer func() { _ = lock.Close() }() // lets go of the lock
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("accounts: lock: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return err
	}
	changed := maps.Clone(s.byUser)
	if err := f(changed); err != nil {
		return err
	}
	b, err := text(changed)
	if err != nil {
		return err
	}
	if err := replace(s.path, b); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return s.refresh()
}

// text writes down accounts as parse reads them.
func text(accounts map[string]account) ([]byte, error) {
	all := slices.Collect(maps.Values(accounts))
	slices.SortFunc(all, func(a, b account) int { return strings.Compare(a.User, b.User) })
	b, err := json.MarshalIndent(all, "", "  ") //nolint:gosec // the password in it is a hash
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return append(b, '\n'), nil
}

// replace puts a new file in the place of the old one: after a crash there is
// either the one or the other, whole.
func replace(path string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".accounts-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
