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

// erasuresPage is what is asked to be erased, what is being erased and what
// was. It names cases by their references and nobody by name.
type erasuresPage struct {
	reader
	rows  []projections.ErasureRow
	typed string // the reference for which an erasure is to be asked
	fault string
}

// getErasures shows the page. With ?case= it leads to the form that asks for
// the erasure of that case, which is how somebody gets there who sees no case.
func (s *Server) getErasures(c echo.Context) error {
	p := erasuresPage{reader: s.reader(c), typed: strings.ToUpper(strings.ReplaceAll(clip(c.QueryParam("case"), 40), " ", ""))}
	if c.QueryParams().Has("case") {
		ref, err := domain.ParseRef(p.typed)
		if err == nil {
			return c.Redirect(http.StatusSeeOther, "/cases/"+string(ref)+"/request-erasure")
		}
		p.fault = p.refusal("no_such_reference")
		p.typed = referenceBeginning(p.typed)
	}
	var err error
	if p.rows, err = s.Views.Erasures(c.Request().Context(), p.by); err != nil {
		return err
	}
	title, status := p.T("erasures.title"), http.StatusOK
	frame := s.frame(c, p.reader, title)
	frame.Notice = s.notice(c, p.reader, "", nil)
	told, err := s.toReview(c, p.reader)
	if err != nil {
		return err
	}
	if frame.Failed = p.fault != ""; frame.Failed {
		status = http.StatusUnprocessableEntity
	}
	return s.show(c, status, frame, append(told, p.parts()...)...)
}

func (p erasuresPage) parts() []templ.Component {
	var waiting, underWay, done []projections.ErasureRow
	for _, row := range p.rows {
		switch {
		case !row.Completed.IsZero():
			done = append(done, row)
		case !row.Approved.IsZero():
			underWay = append(underWay, row)
		default:
			waiting = append(waiting, row)
		}
	}
	parts := []templ.Component{
		ui.Heading(1, p.T("erasures.title")), ui.Paragraph(p.T("erasures.lead")),
		ui.Table(p.waiting(waiting)),
	}
	if len(underWay) > 0 {
		parts = append(parts, ui.Table(p.erased(p.T("erasures.under_way"), underWay)))
	}
	return append(parts, ui.Table(p.erased(p.T("erasures.done"), done)), view.Section("ask", p.T("erasures.ask"), p.ask()))
}

// ask leads to the form that asks for an erasure.
func (p erasuresPage) ask() templ.Component {
	return ui.Form(ui.FormView{
		T: p.T, Action: "/erasures", Get: true, Submit: p.T("erasures.next"),
		Fields: []ui.Field{{Name: "case", Kind: ui.Text, Label: p.T("cases.search_label"), Hint: p.T("erasures.ask_hint"), Value: p.typed, Error: p.fault, Width: 10}},
	})
}

func (p erasuresPage) waiting(rows []projections.ErasureRow) ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("erasures.waiting"), Empty: p.T("erasures.waiting_none"), Heads: []ui.Head{
		{Text: p.T("cases.reference")}, {Text: p.T("field.reason")}, {Text: p.T("erasures.asked")}, {Text: p.T("erasures.approve")}, {Text: p.T("erasures.reject")},
	}}
	for _, row := range rows {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			p.reference(row), {Text: p.code("erasure_reason", row.Reason)}, {Text: p.when(row.Asked), Hint: p.T("erasures.asked_by") + ": " + row.AskedBy},
			p.approve(row), p.answer(row, "reject-erasure", "erasures.reject"),
		}})
	}
	return t
}

// approve leads to the form, or says why this reader cannot approve.
func (p erasuresPage) approve(row projections.ErasureRow) ui.Cell {
	switch {
	case row.Hold != "":
		return ui.Cell{Tags: []ui.Tag{{Text: p.T("erasures.hold"), Colour: "orange"}}, Hint: p.code("hold_reason", row.Hold)}
	case row.AskedBy == p.by.User:
		return ui.Cell{Text: p.T("erasures.second_person")}
	}
	return p.answer(row, "approve-erasure", "erasures.approve")
}

func (p erasuresPage) answer(row projections.ErasureRow, command, key string) ui.Cell {
	if !mustSpec(command).MayGive(p.by.Role) {
		return ui.Cell{Text: p.T("value.none")}
	}
	return ui.Cell{Text: p.T(key), Href: "/cases/" + string(row.Ref) + "/" + command}
}

// reference names the case, and leads there whoever sees cases.
func (p erasuresPage) reference(row projections.ErasureRow) ui.Cell {
	cell := ui.Cell{Text: string(row.Ref)}
	if p.seesCases() {
		cell.Href = "/cases/" + string(row.Ref)
	}
	return cell
}

func (p erasuresPage) erased(caption string, rows []projections.ErasureRow) ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: caption, Empty: p.T("erasures.done_none"), Heads: []ui.Head{
		{Text: p.T("cases.reference")}, {Text: p.T("field.reason")}, {Text: p.T("erasures.approved")}, {Text: p.T("erasures.completed")},
	}}
	for _, row := range rows {
		completed := ui.Cell{Text: p.when(row.Completed)}
		if row.Completed.IsZero() {
			completed = ui.Cell{Tags: []ui.Tag{{Text: p.T("erasures.under_way"), Colour: "yellow"}}}
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{p.reference(row), {Text: p.code("erasure_reason", row.Reason)}, {Text: p.when(row.Approved)}, completed}})
	}
	return t
}

// guardingForm is the form of a command about the data of a case for somebody
// who sees no case. Of the case it shows the reference and the request that
// waits, as the list of erasures does, and nothing more.
func (s *Server) guardingForm(c echo.Context, r reader, spec domain.CommandSpec) (*commandForm, error) {
	ref, err := domain.ParseRef(c.Param("ref"))
	if err != nil {
		return nil, err
	}
	if spec.Track == "access" {
		f := &commandForm{reader: r, spec: spec, about: domain.CaseStream(ref)}
		f.facts, err = s.glassFacts(c, r, ref)
		return f, err
	}
	rows, err := s.Views.Erasures(c.Request().Context(), r.by)
	if err != nil {
		return nil, err
	}
	f := &commandForm{reader: r, spec: spec, about: domain.CaseStream(ref)}
	for _, row := range rows {
		if row.Ref == ref {
			f.facts = r.erasureFacts(row.Reason, row.Hold, row.AskedBy, row.Asked)
			return f, nil
		}
	}
	if spec.Name != "request-erasure" { // there is nothing to answer
		return nil, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_case"}
	}
	return f, nil
}

// erasureFacts are what somebody who answers a request should know of it.
func (r reader) erasureFacts(reason, hold, askedBy string, asked domain.When) []ui.SummaryRow {
	if reason == "" {
		return nil
	}
	rows := row(r.T("field.reason"), r.code("erasure_reason", reason))
	rows = append(rows, row(r.T("erasures.asked"), r.when(asked))...)
	rows = append(rows, row(r.T("erasures.asked_by"), askedBy)...)
	if hold != "" {
		rows = append(rows, row(r.T("erasures.hold"), r.code("hold_reason", hold))...)
	}
	return rows
}
