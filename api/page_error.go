package api

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
)

// errorPages are the statuses that have a page of their own; others share one.
var errorPages = []int{401, 403, 404, 405, 409, 413, 422, 429, 500, 503}

// problemPage answers a problem to a person, in their language: what they can
// do about it, and of a fault only the id under which it was logged. Whoever
// has not signed in is asked to, and comes back to the page they wanted.
func (s *Server) problemPage(c echo.Context, p *problem) error {
	r := reader{words: wordsOf(c.Request()), now: s.Now()}
	if by, ok := s.actor(c); ok {
		r.by = by
	}
	method := c.Request().Method
	if p.Status == http.StatusUnauthorized && (method == http.MethodGet || method == http.MethodHead) {
		return c.Redirect(http.StatusSeeOther, "/sign-in?next="+url.QueryEscape(ownPath(c.Request().URL.RequestURI())))
	}
	v := r.errorView(p)
	frame := s.frame(c, r, v.Title)
	return s.show(c, p.Status, frame, ui.ErrorPage(v))
}

// errorView words a problem. A case that is not there and one that the reader
// may not know of read the same, and so does a reference that cannot be one.
func (r reader) errorView(p *problem) ui.ErrorView {
	key := "error.other"
	for _, status := range errorPages {
		if status == p.Status {
			key = "error." + strconv.Itoa(status)
		}
	}
	v := ui.ErrorView{Title: r.T(key + ".title"), Lines: []string{r.T(key + ".text")}}
	if p.Status != http.StatusNotFound && p.cause == nil {
		if text := r.first("refusal." + p.Code); text != "" {
			v.Lines = []string{text + ".", r.T(key + ".text")}
		}
	}
	if p.Request != "" {
		v.Reference = r.T("error.reference", "Request", p.Request)
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		v.Links = []ui.Link{{Text: r.T("sign_in.title"), Href: "/sign-in"}}
	case r.by.Role != "":
		v.Links = []ui.Link{{Text: r.T("nav.home"), Href: "/"}}
	}
	return v
}

// refused finds what a form can show of an error: any refusal but that the
// thing itself is not there or not for this reader.
func (s *Server) refused(err error) (*problem, bool) {
	p := s.problemOf(err)
	if r, ok := domain.AsRefusal(err); ok {
		return p, r.Kind == domain.Invalid || r.Kind == domain.Conflict || r.Field != "" || r.Code == "second_person_needed"
	}
	return p, p.cause == nil && p.Status == http.StatusUnprocessableEntity
}
