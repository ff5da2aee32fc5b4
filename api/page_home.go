package api

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// homePage is where each role begins: what waits for them.
type homePage struct {
	reader
	queues  []projections.Queue
	queue   string // the one shown
	rows    []projections.CaseRow
	total   int
	places  []projections.FacilityRow // the reader's own
	stages  []stageCount              // for the Coordinator
	overdue []projections.Due
	crowded []projections.FacilityRow // for those who may allow more
	notices []projections.Notice      // consents that are over; the first of them
	noticed int                       // how many there are
	steps   map[domain.Ref][]ui.Link  // what is expected of the reader, case by case
}

type stageCount struct {
	stage string
	open  int
}

const (
	casesPerPage = 50
	providerRows = 20 // of those whose steps are worked out one by one
	homeOverdue  = 10
)

func (s *Server) getHome(c echo.Context) error {
	switch by, _ := s.actor(c); by.Role {
	case domain.DataProtection:
		return s.getErasures(c)
	case domain.Coordinator:
		return s.coordinatorHome(c)
	}
	p := homePage{reader: s.reader(c)}
	if err := s.fillQueue(c, &p); err != nil {
		return err
	}
	if p.kind() == "provider" {
		if err := s.fillSteps(c, &p); err != nil {
			return err
		}
	}
	if p.by.Role == domain.Shelter || p.by.Role == domain.AssistanceCentre {
		all, err := s.Views.Facilities(c.Request().Context())
		if err != nil {
			return err
		}
		for _, f := range all {
			if f.State.Organisation == p.by.Organisation && f.State.ClosedOn.IsZero() {
				p.places = append(p.places, f)
			}
		}
	}
	if err := s.fillCrowded(c, &p); err != nil {
		return err
	}
	if err := s.fillNotices(c, &p); err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("home.title."+p.kind()))
	frame.Notice = s.notice(c, p.reader, "", nil)
	return s.show(c, http.StatusOK, frame, p.parts(c)...)
}

// fillCrowded reads the full facilities that wait for somebody to allow more.
func (s *Server) fillCrowded(c echo.Context, p *homePage) (err error) {
	if mustSpec("authorise-over-capacity").MayGive(p.by.Role) {
		p.crowded, err = s.Views.Crowded(c.Request().Context(), p.now)
	}
	return err
}

// fillQueue reads the reader's queues and the one that is asked for, or the
// first that is not empty.
func (s *Server) fillQueue(c echo.Context, p *homePage) (err error) {
	ctx := c.Request().Context()
	if p.queues, err = s.Views.Queues(ctx, p.by, p.now); err != nil {
		return err
	}
	p.queue = c.QueryParam("queue")
	for _, q := range p.queues {
		if p.queue == "" && q.Count > 0 {
			p.queue = q.ID
		}
	}
	if p.queue == "" && len(p.queues) > 0 {
		p.queue = p.queues[0].ID
	}
	p.rows, p.total, err = s.Views.Cases(ctx, p.by, p.now, projections.Filter{Queue: p.queue, Limit: p.perPage(), Offset: (pageNumber(c) - 1) * p.perPage()})
	return err
}

func (p homePage) perPage() int {
	if p.kind() == "provider" {
		return providerRows
	}
	return casesPerPage
}

// fillSteps finds out what is expected of the reader in each case listed.
func (s *Server) fillSteps(c echo.Context, p *homePage) error {
	p.steps = map[domain.Ref][]ui.Link{}
	for _, row := range p.rows {
		page, err := s.unshown.Case(c.Request().Context(), p.by, p.now, row.Ref)
		if err != nil {
			return err
		}
		p.steps[row.Ref] = casePage{reader: p.reader, CasePage: page}.next()
	}
	return nil
}

// table is the queue shown, with what is expected of the reader where that is
// known.
func (p homePage) table() ui.TableView {
	t := p.caseTable(p.T("queue."+p.queue), p.rows)
	if p.steps == nil {
		return t
	}
	t.Heads = append(t.Heads, ui.Head{Text: p.T("home.expected")})
	for i, row := range p.rows {
		cell := ui.Cell{Text: p.T("value.none")}
		for n, step := range p.steps[row.Ref] {
			if n == 0 {
				cell = ui.Cell{Text: step.Text, Href: step.Href}
				continue
			}
			cell.Hint = strings.TrimPrefix(cell.Hint+"; "+step.Text, "; ")
		}
		t.Rows[i].Cells = append(t.Rows[i].Cells, cell)
	}
	return t
}

// kind is what the page is called, by role.
func (p homePage) kind() string {
	switch p.by.Role {
	case domain.DutyOfficer, domain.CaseOfficer, domain.Head:
		return "police"
	case domain.Shelter, domain.AssistanceCentre:
		return "facility"
	case domain.Referrer:
		return "referrer"
	}
	return "provider"
}

func (p homePage) parts(c echo.Context) []templ.Component {
	parts := []templ.Component{ui.Heading(1, p.T("home.title."+p.kind()))}
	if mustSpec("register-referral").MayGive(p.by.Role) {
		parts = append(parts, ui.Button(ui.Link{Text: p.T("command.register-referral"), Href: "/cases/new"}, false))
	}
	if call := mustSpec("log-hotline-call"); call.MayGive(p.by.Role) {
		parts = append(parts, ui.Button(ui.Link{Text: p.T("command." + call.Name), Href: "/calls/new"}, true))
	}
	for _, f := range p.places {
		parts = append(parts, p.occupancy(f))
	}
	parts = append(parts, p.pressing()...)
	parts = append(parts, p.overConsents()...)
	parts = append(parts, p.tabs("/"), ui.Table(p.table()), ui.Pagination(p.pagination(c, p.total, p.perPage())))
	return append(parts, p.attesting()...)
}

// pressing is what must not be overlooked, whichever list is open: children whom
// nobody can find, and full facilities to which somebody is to come.
func (p homePage) pressing() (parts []templ.Component) {
	for _, q := range p.queues {
		if q.ID == "missing_child" && q.Count > 0 {
			parts = append(parts, ui.Tiles([]ui.Tile{{Figure: p.number(int64(q.Count)), Text: p.T("queue.missing_child"), Href: "/cases?queue=missing_child", Alarm: true}}))
		}
	}
	if len(p.crowded) == 0 {
		return parts
	}
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("home.crowded"), Heads: []ui.Head{
		{Text: p.T("cases.reference")}, {Text: p.T("field.region")}, {Text: p.T("facility.taken")}, {Text: p.T("home.expected")},
	}}
	for _, f := range p.crowded {
		href := "/facilities/" + string(f.Ref)
		t.Rows = append(t.Rows, ui.TableRow{State: ui.Critical, Cells: []ui.Cell{
			{Text: string(f.Ref), Href: href, Hint: p.code("facility_kind", f.State.Kind)}, {Text: p.code("region", domain.RegionOn(f.State.District, domain.DayOf(p.now)))},
			{Text: p.T("facility.of", "Taken", f.State.Taken, "Capacity", f.State.Capacity), Tags: []ui.Tag{p.roomTag(f)}},
			{Text: p.T("command.authorise-over-capacity"), Href: href + "/authorise-over-capacity"},
		}})
	}
	return append(parts, ui.Table(t))
}

// tabs are the reader's queues with their counts.
func (p homePage) tabs(path string) templ.Component {
	var items []ui.NavItem
	for _, q := range p.queues {
		if q.Quiet && q.Count == 0 && q.ID != p.queue {
			continue
		}
		items = append(items, ui.NavItem{Text: p.T("queue." + q.ID), Href: path + "?queue=" + q.ID, Current: q.ID == p.queue, Count: p.number(int64(q.Count))})
	}
	return ui.SubNavigation(p.T("home.queues"), items)
}

// occupancy is the strip that says how full a facility is.
func (p homePage) occupancy(f projections.FacilityRow) templ.Component {
	href, free := "/facilities/"+string(f.Ref), p.T("facility.free_places")
	if f.Over {
		free = p.room(f.State)
	}
	return ui.Tiles([]ui.Tile{
		{Figure: p.T("facility.of", "Taken", f.State.Taken, "Capacity", f.State.Capacity), Text: p.T("facility.taken"), Href: href},
		{Figure: p.number(int64(max(0, f.State.Capacity-f.State.Taken))), Text: free, Href: href, Alarm: f.Over},
	})
}

// coordinatorHome shows how cases flow, without anybody's identity.
func (s *Server) coordinatorHome(c echo.Context) error {
	p := homePage{reader: s.reader(c)}
	ctx := c.Request().Context()
	for _, stage := range domain.Codes("stage") {
		_, n, err := s.Views.Cases(ctx, p.by, p.now, projections.Filter{Stage: stage.Code, Limit: 1})
		if err != nil {
			return err
		}
		p.stages = append(p.stages, stageCount{stage.Code, n})
	}
	var err error
	if p.overdue, p.total, err = s.Views.Overdue(ctx, p.by, p.now, homeOverdue, 0); err != nil {
		return err
	}
	if p.queues, err = s.Views.Queues(ctx, p.by, p.now); err != nil {
		return err
	}
	if err := s.fillCrowded(c, &p); err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("home.title.coordinator"))
	frame.Notice = s.notice(c, p.reader, "", nil)
	return s.show(c, http.StatusOK, frame, p.coordinatorParts()...)
}

func (p homePage) coordinatorParts() []templ.Component {
	t := ui.TableView{T: p.T, Caption: p.T("home.flow"), Heads: []ui.Head{{Text: p.T("cases.stage")}, {Text: p.T("home.number"), Numeric: true}}}
	open := 0
	for _, s := range p.stages {
		if s.stage == "closed" || s.stage == "merged" {
			continue
		}
		open += s.open
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: p.code("stage", s.stage), Href: "/cases?stage=" + s.stage}, {Text: p.number(int64(s.open))}}})
	}
	t.Rows = append(t.Rows, ui.TableRow{State: ui.Total, Cells: []ui.Cell{{Text: p.T("home.open"), Href: "/cases?queue=open"}, {Text: p.number(int64(open))}}})
	parts := []templ.Component{
		ui.Heading(1, p.T("home.title.coordinator")),
		ui.Tiles([]ui.Tile{
			{Figure: p.number(int64(open)), Text: p.T("home.open"), Href: "/cases?queue=open"},
			{Figure: p.number(int64(p.total)), Text: p.T("home.overdue"), Href: "/overdue", Alarm: p.total > 0},
		}),
	}
	parts = append(parts, p.pressing()...)
	parts = append(parts, p.tabs("/cases"), ui.Table(t), ui.Table(p.overdueTable(p.T("home.overdue_longest"), p.overdue)))
	return append(parts, ui.Links([]ui.Link{
		{Text: p.T("home.all_overdue"), Href: "/overdue"},
		{Text: p.T("nav.plan"), Href: "/plan"},
		{Text: p.T("nav.years"), Href: "/years/" + itoa(p.year())},
		{Text: p.T("command.open-facility"), Href: "/facilities/new"},
	}))
}
