package api

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

func itoa(n int) string { return strconv.Itoa(n) }

// atoi reads a number from an address; 0 if it is none.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// getCases lists the cases that the reader may see: of a queue, of a stage, or
// those whose reference begins as asked. A whole reference leads to its case.
func (s *Server) getCases(c echo.Context) error {
	p := homePage{reader: s.reader(c)}
	if !p.seesCases() {
		return &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	ctx := c.Request().Context()
	search := strings.ToUpper(strings.ReplaceAll(clip(c.QueryParam("q"), 40), " ", ""))
	status, fault := http.StatusOK, ""
	if referenceBeginning(search) != search {
		search, status, fault = "", http.StatusUnprocessableEntity, p.refusal("no_such_reference")
	}
	filter := projections.Filter{Queue: c.QueryParam("queue"), Search: search, Limit: casesPerPage, Offset: (pageNumber(c) - 1) * casesPerPage}
	caption := p.T("cases.title")
	if _, ok := domain.CodeOf("stage", c.QueryParam("stage")); ok {
		filter.Stage = c.QueryParam("stage")
		caption = p.code("stage", filter.Stage)
	}
	var err error
	if p.queues, err = s.Views.Queues(ctx, p.by, p.now); err != nil {
		return err
	}
	if p.rows, p.total, err = s.Views.Cases(ctx, p.by, p.now, filter); err != nil {
		return err
	}
	if p.queue = filter.Queue; p.queue != "" {
		caption = p.T("queue." + p.queue)
	}
	if search != "" && len(p.rows) == 1 && string(p.rows[0].Ref) == search {
		return c.Redirect(http.StatusSeeOther, "/cases/"+search)
	}
	parts := []templ.Component{ui.Heading(1, p.T("cases.title")), p.search(search, fault)}
	parts = append(parts, p.tabs("/cases"), ui.Table(p.caseTable(caption, p.rows)), ui.Pagination(p.pagination(c, p.total, casesPerPage)))
	frame := s.frame(c, p.reader, p.T("cases.title"))
	frame.Failed = fault != ""
	return s.show(c, status, frame, parts...)
}

var referenceStart = regexp.MustCompile(`^([A-Z]{0,2}|[A-Z]{2}[0-9]{1,4}|[A-Z]{2}[0-9]{4}[A-Z]{1,2})$`)

// referenceBeginning gives what can be the beginning of a reference, or "":
// what else somebody types may be a name, and is not shown again.
func referenceBeginning(typed string) string {
	if referenceStart.MatchString(typed) {
		return typed
	}
	return ""
}

// search asks for a reference or its beginning. The answer goes into the
// address, so it says that names are not looked for here.
func (p homePage) search(typed, fault string) templ.Component {
	hint := p.T("cases.search_hint") + ". " + p.T("cases.search_not_a_name")
	return ui.Form(ui.FormView{
		T: p.T, Action: "/cases", Get: true, Submit: p.T("cases.search"),
		Fields: []ui.Field{{Name: "q", Kind: ui.Text, Label: p.T("cases.search_label"), Hint: hint, Value: typed, Error: fault, Width: 10, Private: true}},
	})
}

// getOverdue lists the duties that are past due, the oldest first.
func (s *Server) getOverdue(c echo.Context) error {
	p := homePage{reader: s.reader(c)}
	if !p.seesCases() || !p.by.Role.Sees(domain.Flow) {
		return &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	list, total, err := s.Views.Overdue(c.Request().Context(), p.by, p.now, casesPerPage, (pageNumber(c)-1)*casesPerPage)
	if err != nil {
		return err
	}
	duties, err := s.dutiesMissed(c.Request().Context(), p.by)
	if err != nil {
		return err
	}
	title := p.T("nav.overdue")
	parts := []templ.Component{
		ui.Heading(1, title), ui.Paragraph(p.T("overdue.lead")),
		ui.Table(p.overdueTable(p.T("overdue.caption"), list)), ui.Pagination(p.pagination(c, total, casesPerPage)),
	}
	if p.by.Role.SeesPlan() {
		parts = append(parts, ui.Table(p.dutyTable(p.T("duties.caption"), duties)))
	}
	return s.show(c, http.StatusOK, s.frame(c, p.reader, title), parts...)
}

func (r reader) overdueTable(caption string, list []projections.Due) ui.TableView {
	t := ui.TableView{T: r.T, Stacks: true, Caption: caption, Empty: r.T("overdue.empty"), Heads: []ui.Head{
		{Text: r.T("cases.reference")}, {Text: r.T("field.rule")}, {Text: r.T("deadlines.due")}, {Text: r.T("deadlines.state")}, {Text: r.T("cases.stage")},
	}}
	named := r.by.Role.Sees(domain.Identity)
	if named {
		t.Heads = slices.Insert(t.Heads, 1, ui.Head{Text: r.T("cases.name")})
	}
	for _, d := range list {
		rule, left, state := r.duty(&d)
		line := ui.TableRow{State: state, Cells: []ui.Cell{
			{Text: string(d.Ref), Href: "/cases/" + string(d.Ref)}, {Text: rule}, {Text: r.moment(d.Clock.Due)},
			{Tags: []ui.Tag{{Text: left, Colour: "red"}}}, {Text: r.code("stage", d.Stage)},
		}}
		if named {
			line.Cells = slices.Insert(line.Cells, 1, ui.Cell{Text: d.Name})
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
