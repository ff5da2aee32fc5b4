package api

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

type readiness struct {
	Status  string   `json:"status"` // ready, not_ready or starting
	Parts   []string `json:"parts,omitempty"`
	Percent *int     `json:"percent,omitempty"` // how far the part that is starting has come
	Drill   bool     `json:"drill,omitempty"`   // a copy to be looked at, in which nothing is recorded
}

// health answers machines: the process lives; it can do its work.
func (s *Server) health(e *echo.Echo) {
	s.alive(e)
	s.route(e, http.MethodGet, "/readyz", anyone, func(c echo.Context) error {
		if s.Ready == nil {
			return c.JSON(http.StatusOK, readiness{Status: "ready", Drill: s.Drill})
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
		defer cancel()
		err := s.Ready(ctx)
		if err == nil {
			return c.JSON(http.StatusOK, readiness{Status: "ready", Drill: s.Drill})
		}
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("request", requestIn(ctx)), slog.Any("error", err))
		return notReady(c, readiness{Status: "not_ready", Parts: partsOf(err), Drill: s.Drill})
	})
}

func (s *Server) alive(e *echo.Echo) {
	s.route(e, http.MethodGet, "/healthz", anyone, func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "alive"})
	})
}

func notReady(c echo.Context, r readiness) error {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(comeBack.Seconds())))
	return c.JSON(http.StatusServiceUnavailable, r)
}

// Parts names the parts that an error of [Server.Ready] is about.
func Parts(err error) []string { return partsOf(err) }

// partsOf names the parts that an error of Ready is about.
func partsOf(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var parts []string
		for _, e := range joined.Unwrap() {
			parts = append(parts, partsOf(e)...)
		}
		slices.Sort(parts)
		return slices.Compact(parts)
	}
	part, _, _ := strings.Cut(err.Error(), ":")
	if !partName.MatchString(part) {
		part = "unknown"
	}
	return []string{part}
}

var partName = regexp.MustCompile(`^[a-z]{1,20}$`)
