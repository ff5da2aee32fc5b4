package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"nrm/api/web"
)

const (
	maxBody     = 128 << 10        // bytes of a request's body: a form with 8000 characters of prose, each of which a browser writes as up to twelve
	maxDuration = 20 * time.Second // of the work on one request
)

// observe is outermost: it turns errors and panics into answers and logs one
// line for each request. The line has the route's pattern, never the path, and
// nothing that was sent.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		id := rand.Text()[:16]
		c.Response().Header().Set("X-Request-Id", id)
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestKey{}, id)))
		if err := s.survive(next, c); err != nil {
			s.fail(err, c)
		}
		route := c.Path()
		if route == "" {
			route = "-"
		}
		status, role := c.Response().Status, "-"
		if by, ok := s.actor(c); ok {
			role = string(by.Role)
		}
		s.meter().Request(c.Request().Method, route, status, time.Since(start))
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		s.Logger.LogAttrs(c.Request().Context(), level, "request",
			slog.String("request", id), slog.String("method", c.Request().Method), slog.String("route", route),
			slog.Int("status", status), slog.Int64("ms", time.Since(start).Milliseconds()), slog.String("role", role))
		return nil
	}
}

// headAsGet answers HEAD as GET. Whoever serves it leaves out the body, since
// the request as it came stays a HEAD.
type headAsGet struct{ *echo.Echo }

func (h headAsGet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(r.Context()) // a copy
		r.Method = http.MethodGet
	}
	h.Echo.ServeHTTP(w, r)
}

// survive makes a panic an error.
func (s *Server) survive(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case http.ErrAbortHandler:
			panic(r)
		default:
			if away, ok := r.(*problem); ok { // of the sessions, which have no other way
				err = away
				return
			}
			err = fmt.Errorf("api: panic: %v\n%s", r, debug.Stack())
		}
	}()
	return next(c)
}

type requestKey struct{}

// requestIn is the id of the request: in the log, in a header of the answer and
// in a fault's problem.
func requestIn(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// contentPolicy lets a page load what this server serves and nothing else: no
// inline script or style, no framing, no address to leak to.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets what browsers are to be strict about, and bounds the request's
// size and time.
func (s *Server) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store") // assets say otherwise for themselves
		if s.SecureOnly {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r := c.Request()
		if r.ContentLength > maxBody {
			return refuse(http.StatusRequestEntityTooLarge, "too_large", "")
		}
		ctx, cancel := context.WithTimeout(r.Context(), maxDuration)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		c.SetRequest(r)
		return next(c)
	}
}

// sameOrigin refuses what another site makes a signed-in browser send.
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if protection.Check(c.Request()) != nil {
			return refuse(http.StatusForbidden, "cross_origin", "")
		}
		return next(c)
	}
}

// session loads the session of a browser. Assets have none: they are the same
// for everybody and kept for long.
func (s *Server) session(next echo.HandlerFunc) echo.HandlerFunc {
	with := echo.WrapMiddleware(s.sessions.LoadAndSave)(next)
	return func(c echo.Context) error {
		if isAsset(c) {
			return next(c)
		}
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), sessionTroubleKey{}, &sessionTrouble{})))
		return with(c)
	}
}

func isAsset(c echo.Context) bool { return strings.HasPrefix(c.Path(), web.Prefix) }

// positionHeader carries positions of the log: of an answer, how far the log it
// includes; of a question, how far the log its answer must include.
const positionHeader = "Nrm-Position"

// await lets a question wait until the views include what its asker has seen
// before. It refuses "bad_parameter" and, when that takes too long,
// "position_not_reached".
func (s *Server) await(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		asked := c.Request().Header.Get(positionHeader)
		if _, known := s.actor(c); !known || asked == "" || c.Request().Method != http.MethodGet {
			return next(c)
		}
		position, err := strconv.ParseUint(asked, 10, 64)
		if err != nil {
			return refuse(http.StatusUnprocessableEntity, "bad_parameter", positionHeader)
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), viewsWait)
		defer cancel()
		if err := s.Views.WaitFor(ctx, position); err != nil {
			return tryAgain(http.StatusServiceUnavailable, "position_not_reached", comeBack)
		}
		return next(c)
	}
}
