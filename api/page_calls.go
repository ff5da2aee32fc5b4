package api

import (
	"github.com/labstack/echo/v4"

	"nrm/domain"
)

// A call to a hotline has no page: nobody is in it. Who logs one comes back to
// where their cases are.

func (s *Server) getNewCall(c echo.Context) error {
	f := s.newCall(c)
	return s.askFor(c, &f, "/")
}

func (s *Server) postNewCall(c echo.Context) error {
	f := s.newCall(c)
	return s.record(c, &f, "/", func(domain.Outcome) string { return "/" })
}

func (s *Server) newCall(c echo.Context) commandForm {
	return commandForm{reader: s.reader(c), spec: mustSpec("log-hotline-call"), about: domain.Stream{Kind: domain.CallKind}}
}
