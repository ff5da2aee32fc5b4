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
	"nrm/projections"
)

var (
	// The log of accesses is read by nobody who is in it.
	accessView = policy{"reads the access log", func(a domain.Actor) bool { return a.Role == domain.DataProtection }}
	// Whoever asks to know who a person is, approves it or reviews it sees what was asked.
	glassView = policy{"sees who opened an identity", func(a domain.Actor) bool {
		return accessView.may(a) || mustSpec("approve-break-glass").MayGive(a.Role) || mustSpec("request-break-glass").MayGive(a.Role)
	}}
)

// accessKey is what the page is called for a role.
func accessKey(by domain.Actor) string {
	if accessView.may(by) {
		return "nav.accesses"
	}
	return "accesses.glass_title"
}

// accessPage is who has looked at what, for the data protection officer, and for
// those who take part in it the identities that were opened.
type accessPage struct {
	reader
	filter  projections.AccessFilter
	rows    []projections.AccessRow
	total   int
	bulk    []projections.BulkRow
	glasses []projections.GlassRow
	typed   string
	fault   string
}

func (s *Server) getAccesses(c echo.Context) error {
	p := accessPage{reader: s.reader(c)}
	if err := s.fillAccesses(c, &p); err != nil {
		return err
	}
	title, status := p.T(accessKey(p.by)), http.StatusOK
	frame := s.frame(c, p.reader, title)
	frame.Notice = s.notice(c, p.reader, "", nil)
	if frame.Failed = p.fault != ""; frame.Failed {
		status = http.StatusUnprocessableEntity
	}
	parts := []templ.Component{ui.Heading(1, title)}
	if accessView.may(p.by) {
		parts = append(parts, ui.Paragraph(p.T("accesses.lead")), p.ask(), p.alarmLinks())
	}
	if p.filter == (projections.AccessFilter{Limit: casesPerPage, Offset: p.filter.Offset}) {
		parts = append(parts, view.Section("glass", p.T("accesses.glass_title"), ui.Paragraph(p.T("accesses.glass_lead")), ui.Table(p.glassTable())))
		if accessView.may(p.by) {
			parts = append(parts, view.Section("bulk", p.T("accesses.bulk"), ui.Table(p.bulkTable())))
		}
	}
	if accessView.may(p.by) {
		parts = append(parts, view.Section("accesses", p.caption(), ui.Table(p.table()), ui.Pagination(p.pagination(c, p.total, casesPerPage))))
	}
	return s.show(c, status, frame, parts...)
}

func (s *Server) fillAccesses(c echo.Context, p *accessPage) (err error) {
	ctx := c.Request().Context()
	p.filter = projections.AccessFilter{Limit: casesPerPage, Offset: (pageNumber(c) - 1) * casesPerPage}
	p.glasses, err = s.Views.Glasses(ctx, p.by)
	if err != nil || !accessView.may(p.by) {
		return err
	}
	p.typed = strings.ToUpper(strings.ReplaceAll(clip(c.QueryParam("case"), 40), " ", ""))
	if c.QueryParams().Has("case") {
		if p.filter.Case, err = domain.ParseRef(p.typed); err != nil {
			p.fault, p.typed = p.refusal("no_such_reference"), referenceBeginning(p.typed)
		}
	}
	if _, known := domain.CodeOf("access_alarm", c.QueryParam("alarm")); known {
		p.filter.Alarm = c.QueryParam("alarm")
	}
	if p.bulk, err = s.Views.BulkSearches(ctx, p.by); err != nil {
		return err
	}
	p.rows, p.total, err = s.Views.Accesses(ctx, p.by, p.filter)
	return err
}

// ask leads to the answer to a person who asks who has seen their data.
func (p accessPage) ask() templ.Component {
	return ui.Form(ui.FormView{
		T: p.T, Action: "/accesses", Get: true, Submit: p.T("accesses.show"),
		Fields: []ui.Field{{Name: "case", Kind: ui.Text, Label: p.T("accesses.case"), Hint: p.T("accesses.case_hint"), Value: p.typed, Error: p.fault, Width: 10}},
	})
}

func (p accessPage) alarmLinks() templ.Component {
	items := []ui.NavItem{{Text: p.T("accesses.all"), Href: "/accesses", Current: p.filter.Alarm == "" && p.filter.Case == ""}}
	for _, a := range domain.Codes("access_alarm") {
		items = append(items, ui.NavItem{Text: p.code("access_alarm", a.Code), Href: "/accesses?alarm=" + a.Code, Current: p.filter.Alarm == a.Code})
	}
	return ui.SubNavigation(p.T("accesses.alarms"), items)
}

func (p accessPage) caption() string {
	switch {
	case p.filter.Case != "":
		return p.T("accesses.case_title", "Ref", string(p.filter.Case))
	case p.filter.Alarm != "":
		return p.code("access_alarm", p.filter.Alarm)
	}
	return p.T("accesses.all")
}

func (p accessPage) table() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.caption(), CaptionHidden: true, Empty: p.T("accesses.empty"), Heads: []ui.Head{
		{Text: p.T("accesses.when")}, {Text: p.T("accesses.who")}, {Text: p.T("accesses.what")}, {Text: p.T("field.cases")}, {Text: p.T("accesses.details")},
	}}
	for _, r := range p.rows {
		var tags []ui.Tag
		for _, a := range r.Alarms {
			tags = append(tags, ui.Tag{Text: p.code("access_alarm", a), Colour: "orange"})
		}
		var cases []string
		for _, ref := range r.Cases {
			cases = append(cases, string(ref))
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: p.moment(r.At)}, p.who(r.By), {Text: p.T("event." + r.Event.EventType()), Tags: tags},
			{Text: clip(strings.Join(cases, ", "), 120)}, {Text: strings.Join(p.lookDetails(r.Event), "; ")},
		}})
	}
	return t
}

func (w words) who(by domain.Actor) ui.Cell {
	return ui.Cell{Text: by.User, Hint: w.T("role."+string(by.Role)) + ", " + w.code("organisation", by.Organisation)}
}

// lookDetails is what an event about access tells beside who, when and which case.
func (w words) lookDetails(e domain.AnyEvent) (all []string) {
	say := func(field, value string) {
		if value != "" {
			all = append(all, w.T("field."+field)+": "+value)
		}
	}
	named := func(prefix string, codes []string) string {
		return strings.Join(each(codes, func(c string) string { return w.T(prefix + c) }), ", ")
	}
	switch e := e.(type) {
	case domain.RecordViewed:
		say("record", w.code("access_record", e.Record))
		say("compartments", named("compartment.", e.Compartments))
		say("record-access.purpose", w.code("access_purpose", e.Purpose))
		say("relations", named("relation.", e.Relations))
		say("client", w.code("access_client", e.Client))
	case domain.SearchRun:
		say("searched_by", strings.Join(w.codes("search_key", e.By), ", "))
		say("hits", w.number(int64(e.Hits)))
		say("client", w.code("access_client", e.Client))
	case domain.ExportMade:
		say("export", w.code("access_export", e.Export))
		say("rows", w.number(int64(e.Rows)))
	case domain.AccessDenied:
		say("record", w.code("access_record", e.Record))
		all = append(all, w.refusal(e.Reason))
	case domain.BreakGlassUsed:
		say("user", e.User)
		say("reason", w.code("break_glass_reason", e.Reason))
	default:
		all = w.details(e)
	}
	return all
}

func (p accessPage) bulkTable() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("accesses.bulk"), CaptionHidden: true, Empty: p.T("accesses.bulk_empty"), Heads: []ui.Head{
		{Text: p.T("accesses.when")}, {Text: p.T("accesses.who")}, {Text: p.T("accesses.searches"), Numeric: true},
	}}
	for _, r := range p.bulk {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: p.moment(r.Hour)}, p.who(r.By), {Text: p.number(int64(r.Searches))}}})
	}
	return t
}

// glassTable lists the requests to know who a person is, those that wait for an
// answer or a review first.
func (p accessPage) glassTable() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("accesses.glass_title"), CaptionHidden: true, Empty: p.T("accesses.glass_empty"), Heads: []ui.Head{
		{Text: p.T("cases.reference")}, {Text: p.T("accesses.asked")}, {Text: p.T("field.reason")}, {Text: p.T("accesses.state")}, {Text: p.T("accesses.details")},
	}}
	var done []ui.TableRow
	for _, g := range p.glasses {
		ref := ui.Cell{Text: string(g.Ref)}
		if p.seesCases() {
			ref.Href = "/cases/" + string(g.Ref)
		}
		if g.Glass.AskedBy.User != "" {
			t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
				ref, p.who(g.Glass.AskedBy), {Text: p.code("break_glass_reason", g.Glass.Reason)},
				{Tags: []ui.Tag{{Text: p.T("accesses.waits"), Colour: "yellow"}}, Hint: p.when(g.Glass.Asked)}, p.answer(g),
			}})
		}
		for _, u := range slices.Backward(g.Glass.Uses) {
			line := ui.TableRow{Cells: []ui.Cell{ref, p.who(u.By), {Text: p.code("break_glass_reason", u.Reason)}, p.glassState(g, u), p.review(g, u)}}
			if u.Reviewed.IsZero() {
				t.Rows = append(t.Rows, line)
			} else {
				done = append(done, line)
			}
		}
	}
	t.Rows = append(t.Rows, done...)
	return t
}

// answer leads to the form with which the reader approves, if they may.
func (p accessPage) answer(g projections.GlassRow) ui.Cell {
	if !mustSpec("approve-break-glass").MayGive(p.by.Role) || g.Glass.AskedBy.User == p.by.User {
		return ui.Cell{Text: p.T("value.none")}
	}
	return ui.Cell{Text: p.T("command.approve-break-glass"), Href: "/cases/" + string(g.Ref) + "/approve-break-glass"}
}

func (p accessPage) glassState(g projections.GlassRow, u domain.GlassUse) ui.Cell {
	cell := ui.Cell{Text: p.T("accesses.was_open", "When", p.moment(u.Until)), Hint: p.T("accesses.approved_by", "Who", u.Approved)}
	if p.now.Before(u.Until) {
		cell.Text = p.T("accesses.open_until", "When", p.moment(u.Until))
	}
	switch {
	case !u.Reviewed.IsZero():
		cell.Tags = []ui.Tag{{Text: p.code("access_review", u.Outcome), Colour: "green"}}
	case g.Unreviewed(p.now) && p.now.Sub(u.From) > domain.ReviewWithin:
		cell.Tags = []ui.Tag{{Text: p.T("accesses.unreviewed"), Colour: "red"}}
	default:
		cell.Tags = []ui.Tag{{Text: p.T("accesses.to_review"), Colour: "orange"}}
	}
	return cell
}

func (p accessPage) review(g projections.GlassRow, u domain.GlassUse) ui.Cell {
	if !u.Reviewed.IsZero() || !mustSpec("review-access").MayGive(p.by.Role) {
		return ui.Cell{Text: p.T("value.none")}
	}
	return ui.Cell{Text: p.T("command.review-access"), Href: "/cases/" + string(g.Ref) + "/review-access"}
}

// glassFacts are what somebody should know who answers a request to know who the
// person of a case is, or reviews what came of it.
func (s *Server) glassFacts(c echo.Context, r reader, ref domain.Ref) ([]ui.SummaryRow, error) {
	if !glassView.may(r.by) {
		return nil, nil
	}
	all, err := s.Views.Glasses(c.Request().Context(), r.by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(g projections.GlassRow) bool { return g.Ref == ref })
	if i < 0 {
		return nil, nil
	}
	g := all[i].Glass
	var rows []ui.SummaryRow
	if g.AskedBy.User != "" {
		rows = slices.Concat(row(r.T("accesses.asked"), g.AskedBy.User), row(r.T("field.reason"), r.code("break_glass_reason", g.Reason)), row(r.T("accesses.when"), r.when(g.Asked)))
	}
	for _, u := range g.Uses {
		if u.Reviewed.IsZero() {
			rows = append(rows, row(r.moment(u.From), u.By.User+", "+r.code("break_glass_reason", u.Reason)+", "+r.T("accesses.approved_by", "Who", u.Approved))...)
		}
	}
	return rows, nil
}

// toReview tells the data protection officer, where they begin, that identities
// were opened and nobody has reviewed it.
func (s *Server) toReview(c echo.Context, r reader) ([]templ.Component, error) {
	if !mustSpec("review-access").MayGive(r.by.Role) {
		return nil, nil
	}
	all, err := s.Views.Glasses(c.Request().Context(), r.by)
	n := 0
	for _, g := range all {
		for _, u := range g.Glass.Uses {
			if u.Reviewed.IsZero() {
				n++
			}
		}
	}
	if err != nil || n == 0 {
		return nil, err
	}
	return []templ.Component{ui.Inset(r.N("accesses.notice", n)), ui.Button(ui.Link{Text: r.T("nav.accesses"), Href: "/accesses"}, true)}, nil
}
