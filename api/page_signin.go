package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
)

// signInPage asks who is there.
type signInPage struct {
	reader
	user, next, fault string
}

func (p signInPage) view() ui.SignInView {
	return ui.SignInView{
		T: p.T, Action: "/sign-in", Title: p.T("sign_in.title"), Lead: p.T("sign_in.lead"), Submit: p.T("sign_in.submit"), Next: p.next, Error: p.fault,
		Fields: []ui.Field{
			{Name: "user", Kind: ui.Text, Label: p.T("sign_in.user"), Value: p.user, Autocomplete: "username", Width: 20},
			{Name: "password", Kind: ui.Password, Label: p.T("sign_in.password"), Autocomplete: "current-password", Width: 20},
		},
	}
}

func (s *Server) getSignIn(c echo.Context) error {
	next := ownPath(c.QueryParam("next"))
	if _, ok := s.actor(c); ok {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.showSignIn(c, http.StatusOK, signInPage{reader: s.reader(c), next: next})
}

func (s *Server) postSignIn(c echo.Context) error {
	p := signInPage{reader: s.reader(c), user: strings.TrimSpace(c.FormValue("user")), next: ownPath(c.FormValue("next"))}
	err := s.signIn(c, p.user, c.FormValue("password"))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, p.next)
	}
	refused := s.problemOf(err)
	if refused.cause != nil {
		return err
	}
	p.fault = p.refusal(refused.Code)
	if refused.retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(refused.retry.Seconds())+1))
		p.fault = p.span("sign_in.wait", refused.retry)
	}
	return s.showSignIn(c, refused.Status, p)
}

func (s *Server) showSignIn(c echo.Context, status int, p signInPage) error {
	frame := s.frame(c, reader{words: p.words}, p.T("sign_in.title"))
	frame.Failed = p.fault != ""
	return s.show(c, status, frame, ui.SignInForm(p.view()))
}

func (s *Server) postSignOut(c echo.Context) error {
	if err := s.signOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/sign-in")
}

// getLanguage remembers the language the reader chose and goes back.
func (s *Server) getLanguage(c echo.Context) error {
	chosen := in(c.Param("lang"))
	if chosen.lang != c.Param("lang") {
		return refuse(http.StatusNotFound, "not_found", "")
	}
	c.SetCookie(&http.Cookie{ //nolint:gosec // Secure follows how browsers reach the server
		Name: languageCookie, Value: chosen.lang, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, Secure: s.SecureOnly, SameSite: http.SameSiteLaxMode,
	})
	return c.Redirect(http.StatusSeeOther, ownPath(c.QueryParam("next")))
}
