package api

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"nrm/domain"
)

const (
	sessionIdle  = 30 * time.Minute
	sessionTotal = 12 * time.Hour
	sessionUser  = "user"  // the account's name
	sessionStamp = "stamp" // of the password that began it: with the password the session ends
)

func (s *Server) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store, m.Codec = &sessionStore{}, sessionCodec{}
	if s.Sessions != nil {
		m.Store = sharedSessions{s.Sessions}
	}
	m.IdleTimeout, m.Lifetime = sessionIdle, sessionTotal
	m.Cookie.Name, m.Cookie.Secure = "nrm_session", s.SecureOnly
	if s.SecureOnly {
		m.Cookie.Name = "__Host-nrm_session" // the browser then takes it from nobody but this host over TLS
	}
	m.Cookie.HttpOnly, m.Cookie.SameSite = true, http.SameSiteLaxMode
	m.Cookie.Persist = false                                                             // it ends with the browser
	m.ErrorFunc = func(_ http.ResponseWriter, _ *http.Request, err error) { panic(err) } // observe answers it
	return m
}

// signIn begins a session for whoever knows the account's password. It refuses
// "wrong_credentials", the same for every reason, and "too_many_attempts" for a
// while after five failures of the account or from the address.
func (s *Server) signIn(c echo.Context, user, password string) error {
	ctx := c.Request().Context()
	if err := s.Accounts.Current(ctx); err != nil {
		return unavailable(err)
	}
	user = strings.ToLower(strings.TrimSpace(user))
	attempt, wait := s.brake.attempt("account "+user[:min(len(user), 64)], "address "+network(c.RealIP()))
	if wait > 0 {
		s.meter().SignIn("held_back")
		return tryAgain(http.StatusTooManyRequests, "too_many_attempts", wait)
	}
	stamp := s.Accounts.Stamp(user) // before: a password replaced meanwhile begins no session
	by, err := s.Accounts.SignIn(ctx, user, password)
	if _, refused := domain.AsRefusal(err); refused {
		s.meter().SignIn("refused")
		return refuse(http.StatusUnauthorized, "wrong_credentials", "")
	}
	if err != nil {
		attempt.forgive() // a fault says nothing about the password
		return err
	}
	attempt.succeeded()
	s.meter().SignIn("accepted")
	// First what can fail: else a session would be kept with nothing in it.
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, by.User)
	s.sessions.Put(ctx, sessionStamp, stamp)
	return nil
}

// network is what one asker can be taken to have: an address, or the smallest
// network of the sixth version of the protocol that anybody is given.
func network(address string) string {
	if a, err := netip.ParseAddr(address); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return address
}

// signOut ends the session for good, also for requests still under way.
func (s *Server) signOut(c echo.Context) error { return s.sessions.Destroy(c.Request().Context()) }

// identify finds out who asks. A request with a token is judged by the token
// alone. It refuses "sign_in_required", and "unavailable" if that cannot be found
// out now.
func (s *Server) identify(c echo.Context) (domain.Actor, error) {
	ctx := c.Request().Context()
	required := refuse(http.StatusUnauthorized, "sign_in_required", "")
	if token, ok := bearerToken(c); ok {
		if err := s.Accounts.Current(ctx); err != nil {
			return domain.Actor{}, unavailable(err)
		}
		by, err := s.Accounts.Token(ctx, token)
		if _, refused := domain.AsRefusal(err); refused {
			return by, required
		}
		return by, err
	}
	if isAsset(c) {
		return domain.Actor{}, required
	}
	user := s.sessions.GetString(ctx, sessionUser)
	if user == "" {
		return domain.Actor{}, required
	}
	if err := s.Accounts.Current(ctx); err != nil {
		return domain.Actor{}, unavailable(err)
	}
	if by, ok := s.Accounts.Actor(user); ok && s.Accounts.Stamp(user) == s.sessions.GetString(ctx, sessionStamp) {
		return by, nil
	}
	return domain.Actor{}, required
}

// bearerToken is the token of the Authorization header; true if the header
// speaks of one at all, so that nobody falls back from a bad token to a cookie.
func bearerToken(c echo.Context) (string, bool) {
	scheme, token, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "bearer")
}

// sessionStore keeps sessions in memory: a restart signs everybody out. Unlike
// other stores it never takes back a session that was ended, which a request
// that was still under way would otherwise do.
type sessionStore struct {
	mu    sync.Mutex
	held  map[string]heldSession
	sweep int // when held grows to this, what has expired goes
}

type heldSession struct {
	data  []byte // nil: ended
	until time.Time
}

func (m *sessionStore) Find(token string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.held[token]
	if h.data == nil || time.Now().After(h.until) {
		return nil, false, nil
	}
	return h.data, true, nil
}

func (m *sessionStore) Commit(token string, data []byte, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h, ok := m.held[token]; ok && h.data == nil {
		return nil
	}
	m.put(token, heldSession{data, until})
	return nil
}

func (m *sessionStore) Delete(token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(token, heldSession{until: time.Now().Add(10 * maxDuration)})
	return nil
}

func (m *sessionStore) put(token string, h heldSession) {
	if m.held == nil {
		m.held, m.sweep = map[string]heldSession{}, 256
	}
	if len(m.held) >= m.sweep {
		now := time.Now()
		for t, h := range m.held {
			if now.After(h.until) {
				delete(m.held, t)
			}
		}
		m.sweep = max(256, 2*len(m.held))
	}
	m.held[token] = h
}
