package api

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// yearPage is the Coordinator's yearly report, counted from events alone.
type yearPage struct {
	planPage
	lines    []projections.YearLine
	position uint64
}

// firstYear is the first year that the register can know anything of.
const firstYear = 2005

func (s *Server) getYear(c echo.Context) (err error) {
	p := yearPage{planPage: s.planAsked(c)}
	p.year = atoi(c.Param("year"))
	if p.year < firstYear || p.year > domain.DayOf(p.now).Year() {
		return refuse(http.StatusNotFound, "not_found", "")
	}
	p.position = s.Views.Position()
	if p.lines, err = s.Views.Year(c.Request().Context(), p.year, p.asOf().Known); err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("year.title", "Year", p.year))
	frame.Banner, frame.Failed = p.banner(), p.fault != ""
	return s.show(c, p.status(), frame, p.parts()...)
}

func (p yearPage) parts() []templ.Component {
	return []templ.Component{
		ui.Heading(1, p.T("year.title", "Year", p.year)),
		p.knownForm("/years/" + itoa(p.year)),
		p.switchYear(),
		ui.Inset(p.T("year.counted", "Position", p.number(int64(p.position)))),
		ui.Table(p.table()),
	}
}

// switchYear leads to the years of the plan and the present one.
func (p yearPage) switchYear() templ.Component {
	first, last := p.plan.Years()
	var items []ui.NavItem
	for y := first; y <= max(last, domain.DayOf(p.now).Year()); y++ {
		href := "/years/" + itoa(y)
		if !p.known.IsZero() {
			href += "?known=" + p.known.String()
		}
		items = append(items, ui.NavItem{Text: itoa(y), Href: href, Current: y == p.year})
	}
	return ui.SubNavigation(p.T("year.years"), items)
}

func (p yearPage) table() ui.TableView {
	t := ui.TableView{T: p.T, Caption: p.T("year.lines", "Year", p.year), Heads: []ui.Head{
		{Text: p.T("year.line")}, {Text: p.T("home.number"), Numeric: true}, {Text: p.T("field.amount"), Numeric: true},
	}}
	for _, l := range p.lines {
		amount := "–"
		if l.Amount != 0 {
			amount = p.money(l.Amount)
		}
		cell := ui.Cell{Text: p.T("year.line." + l.ID)}
		if l.Excluded > 0 {
			cell.Hint = p.T("plan.excluded", "N", p.number(l.Excluded))
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{cell, {Text: p.number(l.Count)}, {Text: amount}}})
	}
	return t
}
