package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
)

// getGlossary shows the terms of the mechanism in the three languages, in the
// order of the reader's alphabet.
func (s *Server) getGlossary(c echo.Context) error {
	r := s.reader(c)
	title := r.T("glossary.title")
	return s.show(c, http.StatusOK, s.frame(c, r, title), ui.Heading(1, title), ui.Paragraph(r.T("glossary.lead")), ui.Table(r.glossary()))
}

func (r reader) glossary() ui.TableView {
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("glossary.title"), CaptionHidden: true, Heads: r.heads("glossary.az", "glossary.en", "glossary.ru", "glossary.state")}
	terms := domain.Glossary()
	slices.SortStableFunc(terms, func(a, b domain.GlossaryTerm) int { return r.before(a.In(r.lang), b.In(r.lang)) })
	for _, term := range terms {
		row := line(term.AZ, term.EN, term.RU, r.T("glossary.reviewed"))
		if !term.Reviewed {
			row.Cells[3] = ui.Cell{Tags: []ui.Tag{{Text: r.T("glossary.unreviewed"), Colour: "yellow"}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
