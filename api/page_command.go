package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
)

// getNewCase and postNewCase register a referral: the form opens a case.
func (s *Server) getNewCase(c echo.Context) error {
	f := commandForm{reader: s.reader(c), spec: mustSpec("register-referral"), about: domain.Stream{Kind: domain.CaseKind}}
	return s.askFor(c, &f, "/")
}

func (s *Server) postNewCase(c echo.Context) error {
	f := commandForm{reader: s.reader(c), spec: mustSpec("register-referral"), about: domain.Stream{Kind: domain.CaseKind}}
	return s.record(c, &f, "/", func(out domain.Outcome) string { return s.afterNaming(c, f.reader, out.Stream) })
}

func (s *Server) getCaseCommand(c echo.Context) error {
	f, err := s.caseForm(c)
	if err != nil {
		return err
	}
	f.other = c.QueryParam("other")
	return s.askFor(c, f, f.page())
}

func (s *Server) postCaseCommand(c echo.Context) error {
	f, err := s.caseForm(c)
	if err != nil {
		return err
	}
	return s.record(c, f, f.page(), func(out domain.Outcome) string {
		if f.spec.Name == "judge-duplicate" || slices.Contains(sayWho, f.spec.Name) {
			return s.afterNaming(c, f.reader, out.Stream)
		}
		return f.page()
	})
}

// caseForm is the form of the command that the path names, for the case that it
// names. A case that the reader may not know of is not there; a command that
// their role may not give is refused whatever the case.
func (s *Server) caseForm(c echo.Context) (*commandForm, error) {
	spec, err := commandOn(domain.CaseKind, c.Param("command"))
	if err != nil {
		return nil, err
	}
	if r := s.reader(c); spec.MayGive(r.by.Role) && !r.seesCases() {
		return s.guardingForm(c, r, spec)
	}
	p, err := s.caseFor(c)
	if err != nil {
		return nil, err
	}
	if !p.mayRecord(spec) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	f := &commandForm{reader: p.reader, spec: spec, about: domain.CaseStream(p.Row.Ref), state: p.State, person: p.Person.Identity}
	if e := p.State.Erasure; spec.Track == "erasure" && !e.Asked.IsZero() {
		f.facts = p.erasureFacts(e.Reason, p.Hold, e.AskedBy, e.Asked)
	}
	if spec.Track == "access" {
		if f.facts, err = s.glassFacts(c, p.reader, p.Row.Ref); err != nil {
			return nil, err
		}
	}
	f.events = p.choosable()
	return f, s.withPlaces(c, f)
}

// choosable are the events of the case that a command can be about, newest first.
func (p casePage) choosable() []ui.Option {
	var options []ui.Option
	for _, e := range p.Timeline {
		options = append(options, ui.Option{Value: e.At.String(), Text: p.eventTitle(e.Type) + ", " + p.when(e.Happened)})
	}
	return options
}

// page is where a form about a case was opened: the case, or for somebody who
// sees none the list of erasures.
func (f *commandForm) page() string {
	switch {
	case !f.seesCases() && f.spec.Track == "access":
		return "/accesses"
	case !f.seesCases():
		return "/erasures"
	}
	return "/cases/" + f.about.ID
}

// commandOn finds a command that can be given to what exists already.
func commandOn(kind domain.StreamKind, name string) (domain.CommandSpec, error) {
	spec, err := domain.CommandNamed(name)
	if err == nil && (spec.Kind != kind || spec.Opens()) {
		err = &domain.Refusal{Kind: domain.NotFound, Code: "no_such_command"}
	}
	return spec, err
}

// withPlaces reads the facilities where the command asks for one.
func (s *Server) withPlaces(c echo.Context, f *commandForm) (err error) {
	for _, field := range f.spec.Fields() {
		if field.Kind == domain.AFacility && f.places == nil {
			if f.places, err = s.Views.Facilities(c.Request().Context()); err != nil {
				return err
			}
		}
	}
	return nil
}

// askFor shows an empty form.
func (s *Server) askFor(c echo.Context, f *commandForm, back string) error {
	f.fill()
	return s.showForm(c, http.StatusOK, f, back)
}

// record takes what was posted. What cannot be recorded comes back as the same
// form with what was typed and what is wrong with it.
func (s *Server) record(c echo.Context, f *commandForm, back string, to func(domain.Outcome) string) error {
	posted, err := formIn(c)
	if err != nil {
		return err
	}
	data, happened, ok := f.read(posted)
	if !ok {
		return s.showForm(c, http.StatusUnprocessableEntity, f, back)
	}
	out, err := s.give(c.Request().Context(), f.by, f.about, f.spec, data, happened, f.once())
	if err == nil {
		return s.done(c, to(out), f.spec, out)
	}
	problem, shown := s.refused(err)
	if !shown {
		return err
	}
	f.refuse(problem)
	return s.showForm(c, http.StatusUnprocessableEntity, f, back)
}

func (s *Server) showForm(c echo.Context, status int, f *commandForm, back string) error {
	v := f.view(c.Request().URL.Path, ui.Link{Text: f.T("form.cancel"), Href: back})
	frame := s.frame(c, f.reader, v.Title)
	frame.Failed = len(v.Errors) > 0
	frame.Back = &ui.Link{Text: f.T("form.back"), Href: back}
	return s.show(c, status, frame, ui.Form(v))
}
