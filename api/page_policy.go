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
	parts = append(parts,
		view.Section("relations", p.T("policy.relations"), ui.Paragraph(p.T("policy.relations_lead")), ui.Table(p.relations())),
		view.Section("spans", p.T("policy.spans"), ui.Table(p.spans())),
		view.Section("situations", p.T("policy.situations"), append([]templ.Component{ui.Paragraph(p.T("policy.situations_lead"))}, p.situations()...)...),
		view.Section("fields", p.T("policy.fields"), ui.Paragraph(p.T("policy.fields_lead")), ui.Table(p.fields())),
		view.Section("conditions", p.T("policy.conditions"), ui.Table(p.conditions())))
	var tables []templ.Component
	for _, track := range domain.Codes("track") {
		if t := p.givers(track.Code); len(t.Rows) > 0 {
			tables = append(tables, ui.Table(t))
		}
	}
	return append(parts, view.Section("gives", p.T("policy.gives"), tables...), ui.Links([]ui.Link{{Text: p.T("codes.title"), Href: "/codes"}, {Text: p.T("glossary.title"), Href: "/glossary"}}))
}

// relations is what each relation of an organisation to a case opens to a role.
func (p policyPage) relations() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("policy.relations"), CaptionHidden: true, Small: true, Heads: p.heads("policy.role", "policy.relation", "policy.parts")}
	for _, role := range domain.Roles() {
		sights := role.Sights()
		t.Rows = append(t.Rows, p.sights(role, sights)...)
		if len(sights) == 0 {
			t.Rows = append(t.Rows, line(p.T("role."+string(role)), "", p.T("policy.no_case")))
		}
	}
	return t
}

func (p policyPage) sights(role domain.Role, sights []domain.Sight) (rows []ui.TableRow) {
	for _, s := range sights {
		relation := p.T("policy.every_case")
		if s.Relation != "" {
			relation = p.T("relation." + string(s.Relation))
		}
		var parts []string
		for _, c := range s.Parts {
			parts = append(parts, p.T("compartment."+string(c)))
		}
		if len(parts) == 0 {
			parts = []string{p.T("policy.state_only")}
		}
		rows = append(rows, line(p.T("role."+string(role)), relation, strings.Join(parts, "; ")))
	}
	return rows
}

// spans is where each relation comes from, and when it ends.
func (p policyPage) spans() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("policy.spans"), CaptionHidden: true, Small: true, Heads: p.heads("policy.relation", "policy.span")}
	for _, rel := range domain.Relations() {
		t.Rows = append(t.Rows, line(p.T("relation."+string(rel)), p.code("policy_relation", string(rel))))
	}
	return t
}

// situations is what a case itself shuts or opens, and what holds of every part.
func (p policyPage) situations() (parts []templ.Component) {
	for _, s := range domain.Situations() {
		t := ui.TableView{T: p.T, Stacks: true, Caption: p.code("policy_situation", s.Code), Small: true, Heads: p.heads("policy.role", "policy.relation", "policy.parts")}
		for _, role := range domain.Roles() {
			t.Rows = append(t.Rows, p.sights(role, role.SightsIn(s))...)
		}
		parts = append(parts, ui.Table(t))
	}
	t := ui.TableView{T: p.T, Caption: p.T("policy.readings"), CaptionHidden: true, Small: true, Heads: p.heads("policy.readings")}
	for _, code := range domain.Readings() {
		t.Rows = append(t.Rows, line(p.code("policy_reading", code)))
	}
	return append(parts, ui.Table(t))
}

// fields is what of who a person is the roles are told that are told anything.
func (p policyPage) fields() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("policy.fields"), CaptionHidden: true, Small: true, Heads: p.heads("policy.role", "policy.parts")}
	for _, role := range domain.Roles() {
		var names []string
		for _, f := range role.Fields() {
			names = append(names, p.T("field."+f))
		}
		if len(names) > 0 {
			t.Rows = append(t.Rows, line(p.T("role."+string(role)), strings.Join(names, "; ")))
		}
	}
	return t
}

// conditions are the rules about who may give a command, beside the role.
func (p policyPage) conditions() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("policy.conditions"), CaptionHidden: true, Small: true, Heads: p.heads("policy.condition", "policy.commands")}
	for _, c := range domain.Conditions() {
		names := []string{p.T("policy.all_commands")}
		if len(c.Commands) > 0 {
			names = nil
		}
		for _, name := range c.Commands {
			names = append(names, p.T("command."+name))
		}
		t.Rows = append(t.Rows, line(p.code("policy_condition", c.Code), strings.Join(names, "; ")))
	}
	return t
}

func (r reader) heads(keys ...string) (heads []ui.Head) {
	for _, k := range keys {
		heads = append(heads, ui.Head{Text: r.T(k)})
	}
	return heads
}

func line(cells ...string) (row ui.TableRow) {
	for _, c := range cells {
		row.Cells = append(row.Cells, ui.Cell{Text: c})
	}
	return row
}

// sight is what each role sees of a case that it may see at all: of what is
// sealed, or of the rest.
func (p policyPage) sight(caption string, sealed bool) ui.TableView {
	compartments := slices.DeleteFunc(domain.Compartments(), func(c domain.Compartment) bool { return c.Sealed() != sealed })
	t := ui.TableView{T: p.T, Stacks: true, Caption: caption, CaptionHidden: true, Small: true, Heads: []ui.Head{{Text: p.T("policy.role")}, {Text: p.T("policy.cases")}}}
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

// givers is who may give each command of a track, and by which acts.
func (p policyPage) givers(track string) ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.code("track", track), Heads: p.heads("policy.command", "policy.givers", "policy.acts")}
	for _, spec := range domain.CommandSpecs() {
		if spec.Track != track {
			continue
		}
		var roles []string
		for _, role := range spec.Givers() {
			roles = append(roles, p.T("role."+string(role)))
		}
		t.Rows = append(t.Rows, line(p.T("command."+spec.Name), strings.Join(roles, "; "), strings.Join(spec.Sources(), "; ")))
	}
	return t
}
