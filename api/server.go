// Package api is the edge of the register: pages for people, JSON for programs.
// It turns requests into commands and questions, and answers into documents.
// What may be recorded and who may see it is decided in domain; here nobody
// gets in without a sign-in, and nothing gets out that is not meant to.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"nrm/api/web"
	"nrm/domain"
	"nrm/projections"
)

// Views is what the handlers need of the read side. Every method that takes an
// actor shows what that actor may see and nothing else; what the actor may not
// even know of is refused as [domain.NotFound].
type Views interface {
	Case(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) (projections.CasePage, error)
	Cases(ctx context.Context, by domain.Actor, now time.Time, f projections.Filter) ([]projections.CaseRow, int, error)
	Queues(ctx context.Context, by domain.Actor, now time.Time) ([]projections.Queue, error)
	Overdue(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]projections.Due, int, error)
	// Notices lists the consents that are over by which the actor's organisation has
	// data. Nothing else of their cases is in it.
	Notices(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]projections.Notice, int, error)
	// Duties are those of institutions, for roles that see the plan; the caller
	// checks that.
	Duties(ctx context.Context, now time.Time) ([]projections.Duty, error)

	// Search finds cases by who the person is. What is searched for stands in
	// no error of it.
	Search(ctx context.Context, by domain.Actor, now time.Time, q projections.Query) ([]projections.Match, error)
	// Candidates finds who may be the same person, for the special police unit.
	Candidates(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) ([]projections.Candidate, error)
	// Unjudged lists those of whom nobody has said whether they are the same, for
	// the special police unit, how many there are, and whether earlier cases were
	// left out.
	Unjudged(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) (list []projections.Unjudged, total int, earlier bool, err error)
	// Erasures lists what is asked to be erased, and what was.
	Erasures(ctx context.Context, by domain.Actor) ([]projections.ErasureRow, error)
	// Provable refuses "no_such_event" when the actor may not ask for the proof
	// of the decision at a position, or there is none.
	Provable(ctx context.Context, by domain.Actor, now time.Time, seq uint64) error

	Facilities(ctx context.Context) ([]projections.FacilityRow, error)
	// Crowded lists those that are full although somebody is to come.
	Crowded(ctx context.Context, now time.Time) ([]projections.FacilityRow, error)
	// Calls lists the calls to the hotlines of a year, to those who see them.
	Calls(ctx context.Context, by domain.Actor, now time.Time, f projections.CallFilter) ([]projections.CallRow, int, projections.CallCounts, error)
	Facility(ctx context.Context, by domain.Actor, ref domain.Ref) (projections.FacilityRow, []projections.Entry, error)

	// The plan and the yearly figures are for roles that see the plan; the
	// caller checks that.
	Plan(ctx context.Context, q projections.PlanAsOf) ([]projections.ActionView, error)
	PlanAction(ctx context.Context, number string, q projections.PlanAsOf) (projections.ActionView, map[int]domain.Status, error)
	Year(ctx context.Context, year int, known time.Time) ([]projections.YearLine, error)
	Deeds(ctx context.Context, action string) ([]projections.Entry, error)

	// Accesses and BulkSearches are for the data protection officer alone, Glasses
	// also for those who ask to know who a person is, and who approve it.
	Accesses(ctx context.Context, by domain.Actor, f projections.AccessFilter) ([]projections.AccessRow, int, error)
	BulkSearches(ctx context.Context, by domain.Actor) ([]projections.BulkRow, error)
	Glasses(ctx context.Context, by domain.Actor) ([]projections.GlassRow, error)

	// Position is how far the views have read the log. WaitFor returns once
	// they have read up to seq, or with the error of ctx.
	Position() uint64
	WaitFor(ctx context.Context, seq uint64) error
}

// Accounts says who somebody is. SignIn and Token answer a [domain.Refusal]
// when the secret is wrong or the account disabled, and take as long for an
// account that does not exist.
type Accounts interface {
	SignIn(ctx context.Context, user, password string) (domain.Actor, error)
	Token(ctx context.Context, token string) (domain.Actor, error)
	Actor(user string) (domain.Actor, bool) // false once the account is disabled
	Stamp(user string) string               // another one once the password is replaced

	// Current fails when Actor and Stamp may be out of date and what holds now
	// cannot be found out.
	Current(ctx context.Context) error
}

// SessionStore keeps the sessions of browsers where all nodes of a register find
// them. Keys are hex SHA-256 of what the browser shows. Its errors mean that it
// did not answer.
type SessionStore interface {
	Find(ctx context.Context, key string) (data []byte, found bool, err error)
	// Commit keeps a session until about the given time. One that was ended by
	// Delete, even if that has happened elsewhere and meanwhile, stays ended.
	Commit(ctx context.Context, key string, data []byte, until time.Time) error
	Delete(ctx context.Context, key string) error
}

// Server answers HTTP. Log, Views, Accounts, Now and Logger must be set.
type Server struct {
	Log      domain.Log
	Views    Views
	Accounts Accounts
	Now      func() time.Time
	Logger   *slog.Logger

	// Ready fails when the program cannot do its work now. Each of the errors
	// it joins begins with the name of the part and a colon; only the name is
	// told. Nil means always ready.
	Ready func(context.Context) error
	// Away reports whether an error of Log or Views only says that they did not
	// answer in time or are too busy, so that asking again is worth it. Nil
	// means that no error does.
	Away func(error) bool
	// Drill says that this is a copy to be looked at: every page says so, and every
	// command is refused as "drill".
	Drill bool
	// SecureOnly says that browsers reach this server by TLS, its own or that
	// of a proxy in front of it. Cookies are then sent over TLS only.
	SecureOnly bool
	// Meter counts what happens here. Nil: nobody does.
	Meter Meter
	// Witness proves that the log is what it was. Nil: no proofs are served.
	Witness Witness
	// Sessions is where several nodes share the sessions of browsers, so that
	// nobody notices which of them answers. Nil: this process keeps them in memory.
	// How often somebody has failed to sign in is counted by each node for itself.
	Sessions SessionStore
	// TrustedProxies are the networks (CIDR, separated by commas) whose word on
	// a client's address is taken. Of anybody else X-Forwarded-For is ignored.
	TrustedProxies string

	sessions  *scs.SessionManager
	brake     *brake
	looks     *looks            // nil in a drill: nothing can be recorded
	comparing turns             // those who answer with how many are like a person
	unshown   Views             // what is read of them is shown to nobody, so nobody has looked
	policies  map[string]policy // by method and route pattern; see route
}

// Handler builds the routes. Call it once. It fails when a route has no policy
// or a proxy no network. Whoever serves it sets the connection's time limits.
func (s *Server) Handler() (http.Handler, error) {
	s.sessions = s.newSessions()
	s.brake = &brake{now: time.Now}
	s.policies = map[string]policy{}
	s.unshown, s.comparing = s.Views, make(turns, 2)
	if !s.Drill {
		s.looks = &looks{log: s.Log, now: s.Now, logger: s.Logger}
		s.Views = watched{s.Views, s.looks}
	}

	addresses, err := s.addresses()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.IPExtractor = addresses
	e.HTTPErrorHandler = s.fail
	e.Use(s.observe, s.harden, s.sameOrigin, s.session, s.guard, s.await)

	s.health(e)
	s.assets(e)
	if err := s.json(e); err != nil {
		return nil, err
	}
	s.pages(e)
	return headAsGet{e}, s.covered(e)
}

func (s *Server) assets(e *echo.Echo) {
	s.route(e, http.MethodGet, web.Prefix+"*", anyone, echo.WrapHandler(web.Handler()))
}

// addresses finds the address of who asks.
func (s *Server) addresses() (echo.IPExtractor, error) {
	if strings.TrimSpace(s.TrustedProxies) == "" {
		return echo.ExtractIPDirect(), nil
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for proxy := range strings.SplitSeq(s.TrustedProxies, ",") {
		_, network, err := net.ParseCIDR(strings.TrimSpace(proxy))
		if err != nil {
			return nil, fmt.Errorf("api: trusted proxies: %w", err)
		}
		trust = append(trust, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(trust...), nil
}
