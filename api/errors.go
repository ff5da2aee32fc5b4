package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"nrm/domain"
)

// A problem is every answer that is not what was asked for: RFC 9457, with the
// stable code of the refusal and the field at fault. It never repeats what was
// submitted, and of a fault it tells only the request's id.
type problem struct {
	Type    string `json:"type" doc:"urn:nrm:problem: and the code"`
	Title   string `json:"title" doc:"the status in words"`
	Status  int    `json:"status"`
	Code    string `json:"code" doc:"stable; the key of the translation"`
	Field   string `json:"field,omitempty" doc:"the field at fault, if one is"`
	Request string `json:"request,omitempty" doc:"of a fault: the id under which it was logged"`

	retry time.Duration // when asking again makes sense, if it does
	cause error         // of a fault; logged, never shown
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s", p.Status, p.Code) }

// GetStatus, ContentType and GetHeaders are what huma asks of an error.
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	retry := p.retry
	if retry == 0 && p.Status == http.StatusServiceUnavailable {
		retry = comeBack
	}
	if retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="nrm"`)
	}
	return h
}

// refuse makes a problem of the edge itself; the rules' own are refusals.
func refuse(status int, code, field string) *problem {
	return &problem{Type: "urn:nrm:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Field: field}
}

func tryAgain(status int, code string, after time.Duration) *problem {
	p := refuse(status, code, "")
	p.retry = after
	return p
}

// unavailable answers that something did not answer, and may soon.
func unavailable(cause error) *problem {
	p := tryAgain(http.StatusServiceUnavailable, "unavailable", comeBack)
	p.cause = cause
	return p
}

var statuses = map[domain.Kind]int{
	domain.Invalid:   http.StatusUnprocessableEntity,
	domain.Forbidden: http.StatusForbidden,
	domain.Conflict:  http.StatusConflict,
	domain.NotFound:  http.StatusNotFound,
}

// edgeCodes are the codes of the edge's own problems, by status.
var edgeCodes = map[int]string{
	http.StatusUnauthorized:          "sign_in_required",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "json_expected",
	http.StatusUnprocessableEntity:   "bad_parameter",
	http.StatusServiceUnavailable:    "unavailable",
}

// problemOf is the one place where an error becomes an answer.
func (s *Server) problemOf(err error) *problem {
	var (
		own    *problem
		router *echo.HTTPError
		size   *http.MaxBytesError
	)
	if errors.As(err, &own) {
		return own
	}
	if r, ok := domain.AsRefusal(err); ok {
		return refuse(statuses[r.Kind], r.Code, r.Field)
	}
	if errors.As(err, &size) {
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "")
	}
	if errors.As(err, &router) && edgeCodes[router.Code] != "" {
		return refuse(router.Code, edgeCodes[router.Code], "")
	}
	p := refuse(http.StatusInternalServerError, "fault", "")
	if errors.Is(err, context.DeadlineExceeded) || s.Away != nil && s.Away(err) {
		return unavailable(err)
	}
	p.cause = err
	return p
}

// report logs a fault under the request's id, which is all that is told of it.
func (s *Server) report(ctx context.Context, p *problem) {
	if p.cause == nil || errors.Is(p.cause, context.Canceled) { // of the latter nobody hears any more
		return
	}
	p.Request = requestIn(ctx)
	s.Logger.LogAttrs(ctx, slog.LevelError, "fault", slog.String("request", p.Request), slog.Any("error", p.cause))
}

// fail answers an error: programs get the problem, people get a page.
func (s *Server) fail(err error, c echo.Context) {
	ctx := c.Request().Context()
	p := s.problemOf(err)
	s.report(ctx, p)
	if c.Response().Committed {
		return
	}
	for name, values := range p.GetHeaders() {
		c.Response().Header()[name] = values
	}
	if !forPrograms(c) {
		if err := s.problemPage(c, p); err != nil {
			s.Logger.LogAttrs(ctx, slog.LevelError, "problem page", slog.String("request", requestIn(ctx)), slog.Any("error", err))
		}
	}
	if !c.Response().Committed {
		b, _ := json.Marshal(p)                    // strings and a number
		_ = c.Blob(p.Status, p.ContentType(""), b) // fails only when nobody listens any more
	}
}

// forPrograms reports whether the answer is to be JSON.
func forPrograms(c echo.Context) bool {
	path := c.Request().URL.Path
	return strings.HasPrefix(path, "/api/") || path == "/openapi.json" || path == "/healthz" || path == "/readyz"
}
