package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
)

// policyPage tells in words what the domain's policy lets whom do and see.
type policyPage struct{ reader }

func (s *Server) getPolicy(c echo.Context) error {
	p := policyPage{s.reader(c)}
	title := p.T("policy.title")
	return s.show(c, http.StatusOK, s.frame(c, p.reader, title), append([]templ.Component{ui.Heading(1, title), ui.Paragraph(p.T("policy.lead"))}, p.parts()...)...)
}

func (p policyPage) parts() []templ.Component {
	parts := []templ.Component{
		view.Section("sees", p.T("policy.sees"), ui.Paragraph(p.T("policy.sees_lead")), ui.Table(p.sight(p.T("policy.sees"), false))),
		view.Section("sees-person", p.T("policy.sees_person"), ui.Paragraph(p.T("policy.sees_person_lead")), ui.Table(p.sight(p.T("policy.sees_person"), true))),
	}
	var tables []templ.Component
	for _, track := range domain.Codes("track") {
		if t := p.givers(track.Code); len(t.Rows) > 0 {
			tables = append(tables, ui.Table(t))
		}
	}
	return append(parts, view.Section("gives", p.T("policy.gives"), tables...))
}

// sight is what each role sees of a case that it may see at all: of what is
// sealed, or of the rest.
func (p policyPage) sight(caption string, sealed bool) ui.TableView {
	compartments := slices.DeleteFunc(domain.Compartments(), func(c domain.Compartment) bool { return c.Sealed() != sealed })
	t := ui.TableView{T: p.T, Caption: caption, CaptionHidden: true, Small: true, Heads: []ui.Head{{Text: p.T("policy.role")}, {Text: p.T("policy.cases")}}}
	for _, c := range compartments {
		t.Heads = append(t.Heads, ui.Head{Text: p.T("compartment." + string(c))})
	}
	for _, role := range domain.Roles() {
		line := ui.TableRow{Cells: []ui.Cell{{Text: p.T("role." + string(role))}, {Text: p.whichCases(role)}}}
		for _, c := range compartments {
			line.Cells = append(line.Cells, ui.Cell{Text: p.yesNo(role.Sees(c))})
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

func (p policyPage) whichCases(role domain.Role) string {
	by := domain.Actor{Role: role, Organisation: "any"}
	switch {
	case role.SeesEveryCase():
		return p.T("policy.every_case")
	case domain.MaySee(by, []domain.Access{{Organisation: "any"}}, p.now):
		return p.T("policy.own_cases")
	}
	return p.T("value.none")
}

// givers is who may give each command of a track.
func (p policyPage) givers(track string) ui.TableView {
	t := ui.TableView{T: p.T, Caption: p.code("track", track), Heads: []ui.Head{{Text: p.T("policy.command")}, {Text: p.T("policy.givers")}}}
	for _, spec := range domain.CommandSpecs() {
		if spec.Track != track {
			continue
		}
		var roles []string
		for _, role := range spec.Givers() {
			roles = append(roles, p.T("role."+string(role)))
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: p.T("command." + spec.Name)}, {Text: strings.Join(roles, "; ")}}})
	}
	return t
}
