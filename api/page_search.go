package api

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// searchPage asks for a person and shows who was found. Answers come by POST
// only: what was searched for stands in no address, no title and no history.
type searchPage struct {
	reader
	query  projections.Query
	faults map[string]string
	found  []projections.Match
}

// The searched names and numbers, in the form as in JSON.
const (
	nameField     = "name"
	documentField = "document"
)

func (s *Server) getSearch(c echo.Context) error {
	return s.showSearch(c, http.StatusOK, searchPage{reader: s.reader(c)})
}

func (s *Server) postSearch(c echo.Context) error {
	posted, err := formIn(c)
	if err != nil {
		return err
	}
	p := searchPage{reader: s.reader(c), query: projections.Query{
		Name: strings.TrimSpace(posted.Get(nameField)), Document: strings.TrimSpace(posted.Get(documentField)), Limit: mostMatches,
	}}
	err = checkQuery(p.query)
	if err == nil {
		p.found, err = s.Views.Search(c.Request().Context(), p.by, p.now, p.query)
	}
	if err == nil {
		return s.showSearch(c, http.StatusOK, p, p.results()...)
	}
	problem, shown := s.refused(err)
	if !shown || problem.Field == documentField && !p.seesDocuments() { // this reader was not asked for one
		return err
	}
	p.faults = map[string]string{problem.Field: p.refusal(problem.Code)}
	return s.showSearch(c, http.StatusUnprocessableEntity, p)
}

func (s *Server) showSearch(c echo.Context, status int, p searchPage, results ...templ.Component) error {
	frame := s.frame(c, p.reader, p.T("search.title"))
	frame.Failed = len(p.faults) > 0
	return s.show(c, status, frame, append([]templ.Component{ui.Form(p.form())}, results...)...)
}

func (p searchPage) form() ui.FormView {
	v := ui.FormView{
		T: p.T, Title: p.T("search.title"), Lead: p.T("search.lead"), Action: "/search", Submit: p.T("search.submit"),
		Fields: []ui.Field{{
			Name: nameField, Kind: ui.Text, Label: p.T("search.name"), Value: p.query.Name, Error: p.faults[nameField],
			Optional: p.seesDocuments(), Private: true,
		}},
	}
	if p.seesDocuments() {
		v.Fields = append(v.Fields, ui.Field{
			Name: documentField, Kind: ui.Text, Label: p.T("search.document"), Hint: p.T("search.document.hint"), Value: p.query.Document,
			Error: p.faults[documentField], Optional: true, Width: 20, Private: true,
		})
	}
	if text := p.faults[""]; text != "" {
		v.Errors = []ui.FormError{{Text: text}}
	}
	return v
}

func (p searchPage) seesDocuments() bool { return p.by.Role.Sees(domain.Documents) }

// results are the cases found, the closest first.
func (p searchPage) results() []templ.Component {
	if len(p.found) == 0 {
		return []templ.Component{view.Section("results", p.T("search.results"), ui.Paragraph(p.T("search.none")))}
	}
	rows := make([]projections.CaseRow, len(p.found))
	for i, m := range p.found {
		rows[i] = m.CaseRow
	}
	t := p.caseTable(p.N("search.count", len(rows)), rows)
	t.Heads = append(t.Heads, ui.Head{Text: p.T("search.match")})
	for i, m := range p.found {
		t.Rows[i].Cells = append(t.Rows[i].Cells, ui.Cell{Tags: p.match(m)})
	}
	return []templ.Component{view.Section("results", p.T("search.results"), ui.Table(t))}
}

// match says how well somebody fits what was asked for.
func (p searchPage) match(m projections.Match) (tags []ui.Tag) {
	if m.ByDocument {
		tags = append(tags, ui.Tag{Text: p.T("search.by_document"), Colour: "green"})
	}
	switch {
	case p.query.Name == "" || m.Closeness <= 0:
	case m.Closeness >= 0.99:
		tags = append(tags, ui.Tag{Text: p.T("search.same"), Colour: "green"})
	case m.Closeness >= 0.75:
		tags = append(tags, ui.Tag{Text: p.T("search.close")})
	default:
		tags = append(tags, ui.Tag{Text: p.T("search.similar"), Colour: "grey"})
	}
	return tags
}
