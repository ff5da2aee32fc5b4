package api

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

type readiness struct {
	Status string   `json:"status"` // ready or not_ready
	Parts  []string `json:"parts,omitempty"`
}

// health answers machines: the process lives; it can do its work.
func (s *Server) health(e *echo.Echo) {
	s.route(e, http.MethodGet, "/healthz", anyone, func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "alive"})
	})
	s.route(e, http.MethodGet, "/readyz", anyone, func(c echo.Context) error {
		if s.Ready == nil {
			return c.JSON(http.StatusOK, readiness{Status: "ready"})
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
		defer cancel()
		err := s.Ready(ctx)
		if err == nil {
			return c.JSON(http.StatusOK, readiness{Status: "ready"})
		}
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("request", requestIn(ctx)), slog.Any("error", err))
		return c.JSON(http.StatusServiceUnavailable, readiness{Status: "not_ready", Parts: partsOf(err)})
	})
}

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
