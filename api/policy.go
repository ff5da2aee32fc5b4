package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"nrm/domain"
)

// A policy says who may use a route at all. What they see there, and what they
// may record, is for domain to decide.
type policy struct {
	name string                  // in the matrix of routes and roles
	may  func(domain.Actor) bool // nil: no sign-in is needed
}

var (
	anyone    = policy{"anyone", nil}
	signedIn  = policy{"signed in", func(domain.Actor) bool { return true }}
	caseView  = policy{"sees cases", seesCases}
	dutyView  = policy{"sees duties", func(a domain.Actor) bool { return seesCases(a) && a.Role.Sees(domain.Flow) }}
	planView  = policy{"sees the plan", func(a domain.Actor) bool { return a.Role.SeesPlan() }}
	occupancy = policy{"sees occupancy", func(a domain.Actor) bool { return a.Role.SeesOccupancy() }}
	nameView  = policy{"sees names", func(a domain.Actor) bool { return a.Role.Sees(domain.Identity) }}

	// Whoever may ask that a person be forgotten sees what is asked and done.
	erasureView = policy{"sees erasures", func(a domain.Actor) bool { return mustSpec("request-erasure").MayGive(a.Role) }}
)

// seesCases reports whether there can be a case that the actor may know of.
func seesCases(a domain.Actor) bool {
	return domain.MaySee(a, []domain.Access{{Organisation: a.Organisation}}, time.Time{})
}

// gives lets in the roles that may give a command.
func gives(spec domain.CommandSpec) policy {
	return policy{"gives " + spec.Name, func(a domain.Actor) bool { return spec.MayGive(a.Role) }}
}

// route is how every route is registered, so that none goes without a policy.
func (s *Server) route(e *echo.Echo, method, path string, p policy, h echo.HandlerFunc) {
	s.policies[method+" "+path] = p
	e.Add(method, path, h)
}

// covered fails when a route has no policy: guard would let everybody in.
func (s *Server) covered(e *echo.Echo) error {
	for _, r := range e.Routes() {
		if _, ok := s.policies[r.Method+" "+r.Path]; !ok {
			return fmt.Errorf("api: route %s %s has no policy", r.Method, r.Path)
		}
	}
	return nil
}

// guard finds out who asks and holds the route's policy against them. A path
// that is no route passes: echo answers it. One with an empty part names
// nothing.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.Contains(c.Request().URL.Path, "//") || slices.Contains(c.ParamValues(), "") {
			return echo.ErrNotFound
		}
		p, ok := s.policies[c.Request().Method+" "+c.Path()]
		if !ok {
			return next(c)
		}
		by, err := s.identify(c)
		if err != nil && p.may != nil {
			return err
		}
		if err == nil {
			_, program := bearerToken(c)
			ctx := context.WithValue(c.Request().Context(), programKey{}, program)
			c.SetRequest(c.Request().WithContext(context.WithValue(ctx, actorKey{}, by)))
		}
		if p.may != nil && !p.may(by) {
			s.looks.denied(c.Request().Context(), by, "page", "", "role_not_allowed")
			return &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
		}
		return next(c)
	}
}

type (
	actorKey   struct{}
	programKey struct{} // whether a program asks, with a token
)

// actorIn is who asks, as guard found out.
func actorIn(ctx context.Context) (domain.Actor, bool) {
	by, ok := ctx.Value(actorKey{}).(domain.Actor)
	return by, ok
}

// actor is who asks, from the session or the bearer token; false for somebody
// who has not signed in, which only happens on routes for anyone.
func (s *Server) actor(c echo.Context) (domain.Actor, bool) { return actorIn(c.Request().Context()) }
