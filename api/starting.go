package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// comeBack is when to ask again what cannot be answered now.
const comeBack = 2 * time.Second

// Starting answers in the place of a [Server] that cannot yet: the process
// lives, it is not ready, and whoever asks for anything else is told, in their
// language, to come back. All fields must be set but SecureOnly and Drill.
type Starting struct {
	Logger *slog.Logger
	// Part is the name of what is being started now, and how far that has come
	// in percent, -1 if that cannot be told.
	Part       func() (name string, percent int)
	SecureOnly bool // as in Server
	Drill      bool // as in Server
}

// Handler builds the routes.
func (s Starting) Handler() http.Handler {
	edge := &Server{Now: time.Now, Logger: s.Logger, SecureOnly: s.SecureOnly, Drill: s.Drill, policies: map[string]policy{}}
	e := echo.New()
	e.HTTPErrorHandler = edge.fail
	e.Use(edge.observe, edge.harden, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, known := edge.policies[c.Request().Method+" "+c.Path()]; !known {
				return tryAgain(http.StatusServiceUnavailable, "starting", comeBack)
			}
			return next(c)
		}
	})
	edge.alive(e)
	edge.route(e, http.MethodGet, "/readyz", anyone, func(c echo.Context) error {
		r := readiness{Status: "starting", Drill: s.Drill}
		name, percent := s.Part()
		r.Parts = []string{name}
		if percent >= 0 {
			r.Percent = &percent
		}
		return notReady(c, r)
	})
	edge.assets(e)
	return headAsGet{e}
}
