// Package accounts keeps who may sign in: a list of accounts, each with one role
// in one organisation, in a file or where several nodes share it. Passwords are kept as Argon2id hashes and tokens as
// SHA-256 digests; neither is ever logged or part of an error.
package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"nrm/domain"
)

// ErrExists is returned by Create for a name that is taken, and by CopyTo if
// there are accounts already.
var ErrExists = errors.New("the account exists already")

// ErrUnknown is returned by Disable and Reset for a name that nobody has.
var ErrUnknown = errors.New("there is no such account")

// ErrName is returned by Create for a name that no account can have.
var ErrName = errors.New("an account's name has 2 to 40 small letters, digits, dots, hyphens or underscores")

// account is one entry of the file.
type account struct {
	User         string      `json:"user"`
	Role         domain.Role `json:"role"`
	Organisation string      `json:"organisation"`
	Password     string      `json:"password"` // PHC string of Argon2id
	Token        string      `json:"token"`    // hex SHA-256
	Disabled     bool        `json:"disabled,omitempty"`
}

func (a account) actor() domain.Actor {
	return domain.Actor{User: a.User, Role: a.Role, Organisation: a.Organisation}
}

// A Store answers from the file of accounts and follows its changes: what
// another process or an editor writes holds from the next question on. Of
// accounts that are shared, see OpenShared. It is safe for concurrent use.
type Store struct {
	// Logger is told when the file can no longer be used, and when it can again.
	// Set it before the first question; nil tells nobody.
	Logger *slog.Logger

	path   string        // of the file; empty if shared is set
	shared Shared        // nil: there is a file
	turn   chan struct{} // holds one while shared is asked

	decoy string        // the hash that passwords of unknown accounts are held against
	turns chan struct{} // one for each hash computed at a time

	mu       sync.Mutex
	seen     version
	byUser   map[string]account
	byHash   map[string]string // token digest -> user
	broken   error             // why the list cannot be read
	answered time.Time         // when shared was asked, if it answered, or did not
	away     error             // why it did not
}

// Open opens the file, which need not exist yet. It refuses a file that others
// may read, and one with an unknown role or organisation.
func Open(path string) (*Store, error) {
	s, err := newStore()
	if err != nil {
		return nil, err
	}
	s.path = path
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return nil, err
	}
	return s, nil
}

func newStore() (*Store, error) {
	decoy, err := hash(rand.Text())
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return &Store{decoy: decoy, turns: make(chan struct{}, runtime.NumCPU()), turn: make(chan struct{}, 1)}, nil
}

// Healthy tells what is wrong with the file, or what is shared, as it is now, if
// something is. Until it is mended the accounts stay as they were. The error
// begins with "accounts:".
func (s *Store) Healthy() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.Current(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.refresh()
	return s.broken
}

// Create adds an account with a password and a token, which are made here and
// told only now. It answers the refusals of [domain.ParseActor], ErrExists and
// ErrName. When it returns, the file is on disk.
func (s *Store) Create(user string, role domain.Role, organisation string) (password, token string, err error) {
	if !userName.MatchString(user) || user == "register" || user == "import" { // the register's own names
		return "", "", ErrName
	}
	if _, err := domain.ParseActor(user, string(role), organisation); err != nil {
		return "", "", err
	}
	password, token = newPassword(), newToken()
	hashed, err := hash(password)
	if err != nil {
		return "", "", fmt.Errorf("accounts: %w", err)
	}
	added := account{User: user, Role: role, Organisation: organisation, Password: hashed, Token: digest(token)}
	err = s.change(func(all map[string]account) error {
		if _, taken := all[user]; taken {
			return ErrExists
		}
		all[user] = added
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return password, token, nil
}

// Disable lets an account in no more, whatever it shows. Its name stays taken,
// since it stands in the log. It answers ErrUnknown.
func (s *Store) Disable(user string) error {
	return s.change(func(all map[string]account) error {
		a, known := all[user]
		if !known {
			return ErrUnknown
		}
		a.Disabled = true
		all[user] = a
		return nil
	})
}

// Reset gives an account a new password and a new token, which are told only
// now, in the place of the old ones, and ends its sessions. An account that was
// disabled is let in again. It answers ErrUnknown.
func (s *Store) Reset(user string) (password, token string, err error) {
	password, token = newPassword(), newToken()
	hashed, err := hash(password)
	if err != nil {
		return "", "", fmt.Errorf("accounts: %w", err)
	}
	err = s.change(func(all map[string]account) error {
		a, known := all[user]
		if !known {
			return ErrUnknown
		}
		a.Password, a.Token, a.Disabled = hashed, digest(token), false
		all[user] = a
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return password, token, nil
}

// SignIn answers who the account is. It refuses "wrong_credentials" alike for a
// wrong password, an unknown account and a disabled one, after the same work.
func (s *Store) SignIn(ctx context.Context, user, password string) (domain.Actor, error) {
	if err := s.Current(ctx); err != nil {
		return domain.Actor{}, err
	}
	a, known := s.find(strings.ToLower(strings.TrimSpace(user)))
	against := a.Password
	if !known {
		against = s.decoy
	}
	select { // each hash takes 19 MiB
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return domain.Actor{}, fmt.Errorf("accounts: sign in: %w", ctx.Err())
	}
	right, err := matches(against, password)
	if err != nil {
		return domain.Actor{}, fmt.Errorf("accounts: password of %s: %w", a.User, err)
	}
	if !right || !known || a.Disabled {
		return domain.Actor{}, &domain.Refusal{Kind: domain.Forbidden, Code: "wrong_credentials"}
	}
	return a.actor(), nil
}

// Token answers whose token it is. It refuses "wrong_credentials".
func (s *Store) Token(ctx context.Context, token string) (domain.Actor, error) {
	if err := s.Current(ctx); err != nil {
		return domain.Actor{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.refresh()
	a, known := s.byUser[s.byHash[digest(token)]]
	if !known || a.Disabled {
		return domain.Actor{}, &domain.Refusal{Kind: domain.Forbidden, Code: "wrong_credentials"}
	}
	return a.actor(), nil
}

// Actor answers who the account is, false if there is none or it is disabled.
func (s *Store) Actor(user string) (domain.Actor, bool) {
	a, known := s.find(user)
	return a.actor(), known && !a.Disabled
}

// Stamp tells one password of an account from the next, without telling
// anything of either. Of an unknown account it is empty.
func (s *Store) Stamp(user string) string {
	a, known := s.find(user)
	if !known {
		return ""
	}
	return digest(a.Password)
}

func (s *Store) find(user string) (account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.refresh() // told by Healthy and the log; the accounts stay as they were
	a, ok := s.byUser[user]
	return a, ok
}

var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)

// newPassword has 100 random bits, in groups that can be read to somebody.
func newPassword() string {
	t := strings.ToLower(rand.Text())
	return t[0:5] + "-" + t[5:10] + "-" + t[10:15] + "-" + t[15:20]
}

// newToken has 32 random bytes. Its beginning lets scanners of source code and
// logs find one that was left there.
func newToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return "nrm_" + base64.RawURLEncoding.EncodeToString(b)
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
