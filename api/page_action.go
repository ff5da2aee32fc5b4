package api

import (
	"encoding/json"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// actionPage is one action of the plan: how it stands and why.
type actionPage struct {
	planPage
	projections.ActionView
	byYear map[int]domain.Status
	deeds  []projections.Entry
	duties []projections.Duty
}

func (s *Server) getAction(c echo.Context) error {
	action, err := actionNamed(c)
	if err != nil {
		return err
	}
	p := actionPage{planPage: s.planAsked(c)}
	ctx := c.Request().Context()
	if p.ActionView, p.byYear, err = s.Views.PlanAction(ctx, action.Number, p.asOf()); err != nil {
		return err
	}
	if p.deeds, err = s.Views.Deeds(ctx, action.Number); err != nil {
		return err
	}
	p.deeds = slices.DeleteFunc(p.deeds, func(e projections.Entry) bool {
		return !p.known.IsZero() && e.Known.After(projections.KnownOn(p.known))
	})
	duties, err := s.Views.Duties(ctx, p.now)
	if err != nil {
		return err
	}
	p.duties = slices.DeleteFunc(duties, func(d projections.Duty) bool { return d.Action != action.Number || !p.known.IsZero() })
	slices.Reverse(p.duties) // the latest first
	frame := s.frame(c, p.reader, p.T("plan.action_title", "Number", action.Number))
	frame.Notice = s.notice(c, p.reader, action.Number, p.deeds)
	frame.Banner, frame.Failed = p.banner(), p.fault != ""
	frame.Back = &ui.Link{Text: p.T("nav.plan"), Href: "/plan" + p.query(p.year)}
	return s.show(c, p.status(), frame, p.parts()...)
}

// actionNamed finds the action that the path names.
func actionNamed(c echo.Context) (domain.PlanAction, error) {
	action, ok := domain.CurrentPlan().Action(c.Param("number"))
	if !ok {
		return action, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_action"}
	}
	return action, nil
}

func (p actionPage) parts() []templ.Component {
	path := "/plan/" + p.Action.Number
	parts := []templ.Component{
		ui.Heading(1, p.T("plan.action_title", "Number", p.Action.Number)),
		view.Lead(p.Action.Title.In(p.lang)),
		ui.SummaryList(p.facts()),
	}
	if p.Action.Rule != nil {
		parts = append(parts, p.knownForm(path), p.years(path), view.Section("status", p.T("plan.status_in", "Year", p.year), p.explained()...))
		if len(p.Indicators) > 0 {
			parts = append(parts, view.Section("figures", p.T("plan.figures_in", "Year", p.Year), ui.Table(p.figures())))
		}
		parts = append(parts, view.Section("by-year", p.T("plan.by_year"), ui.Table(p.matrix())))
	}
	if len(p.duties) > 0 {
		parts = append(parts, view.Section("duties", p.T("duties.title"), ui.Table(p.dutyTable(p.T("duties.title"), p.duties))))
	}
	if usual, other := p.tasks(); len(usual)+len(other) > 0 {
		var tasks []templ.Component
		if len(usual) > 0 {
			tasks = append(tasks, view.Tasks(usual))
		}
		tasks = append(tasks, view.Groups(p.T("case.other"), []view.Group{{Heading: p.code("track", "institution"), Links: other}}))
		parts = append(parts, view.Section("tasks", p.T("facility.tasks"), tasks...))
	}
	timeline := ui.Paragraph(p.T("timeline.empty"))
	if len(p.deeds) > 0 {
		timeline = ui.Timeline(p.timeline(p.deeds, nil))
	}
	return append(parts, view.Section("timeline", p.T("plan.deeds"), timeline))
}

func (p actionPage) facts() []ui.SummaryRow {
	rows := []ui.SummaryRow{{Key: p.T("plan.executors"), Lines: p.bodies(p.Action.Executors)}}
	if len(p.Action.Involving) > 0 {
		rows = append(rows, ui.SummaryRow{Key: p.T("plan.involving"), Lines: p.bodies(p.Action.Involving)})
	}
	rows = append(rows, row(p.T("plan.term"), p.term(p.Action.Term))...)
	if p.Action.Rule == nil {
		return append(rows, row(p.T("plan.status"), p.T("plan.not_measured"))...)
	}
	return rows
}

// explained says how the action stands, by which rule, and what is done of it.
func (p actionPage) explained() []templ.Component {
	parts := []templ.Component{
		ui.SummaryList([]ui.SummaryRow{
			{Key: p.T("plan.status"), Tags: []ui.Tag{p.statusTag(p.Status)}, Lines: p.remarks(p.ActionView)},
			{Key: p.T("plan.how"), Value: p.T("plan.rule." + string(p.Action.Rule.Kind))},
			{Key: p.T("plan.span"), Value: p.T("plan.from_to", "From", p.day(p.Start), "To", p.day(p.Due))},
			{Key: p.T("plan.as_of"), Value: p.day(p.AsOf)},
		}),
	}
	if len(p.Components) == 0 {
		return parts
	}
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("plan.components"), Heads: []ui.Head{{Text: p.T("plan.deed")}, {Text: p.T("field.effective")}, {Text: p.T("plan.status")}}}
	for _, c := range p.Components {
		done := ui.Tag{Text: p.T("plan.not_done"), Colour: "grey"}
		if !c.Effective.IsZero() {
			done = ui.Tag{Text: p.T("plan.done"), Colour: "green"}
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: c.Component.Label.In(p.lang)}, {Text: p.day(c.Effective)}, {Tags: []ui.Tag{done}}}})
	}
	return append(parts, ui.Table(t))
}

// figures are the action's indicators with what each is made of.
func (p actionPage) figures() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("plan.figures_in", "Year", p.Year), CaptionHidden: true, Heads: []ui.Head{
		{Text: p.T("field.indicator")}, {Text: p.T("plan.value"), Numeric: true}, {Text: p.T("plan.numerator"), Numeric: true},
		{Text: p.T("plan.denominator"), Numeric: true}, {Text: p.T("field.value"), Numeric: true}, {Text: p.T("plan.status")},
	}}
	for _, i := range p.Indicators {
		value := ui.Cell{Text: p.T("status.no_data")}
		if i.HasValue {
			value.Text = p.measure(i.Value, i.Indicator.Unit)
		}
		denominator := ui.Cell{Text: "–"}
		if i.Denominator != 0 {
			denominator.Text = p.number(i.Denominator)
		}
		status := ui.Cell{Text: p.T("plan.not_judged")}
		if i.Status != "" {
			status = ui.Cell{Tags: []ui.Tag{p.statusTag(i.Status)}}
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: i.Indicator.ID + ". " + i.Indicator.Label.In(p.lang), Hint: p.madeOf(i)},
			value, {Text: p.number(i.Numerator)}, denominator, p.target(i), status,
		}})
	}
	return t
}

// madeOf says what a figure leaves out.
func (p actionPage) madeOf(i projections.IndicatorView) string {
	switch {
	case i.Excluded > 0 && i.Open > 0:
		return p.T("plan.excluded", "N", p.number(i.Excluded)) + "; " + p.T("plan.open", "N", p.number(i.Open))
	case i.Excluded > 0:
		return p.T("plan.excluded", "N", p.number(i.Excluded))
	case i.Open > 0:
		return p.T("plan.open", "N", p.number(i.Open))
	}
	return ""
}

// target is what a figure is held against, and whose word that is.
func (p actionPage) target(i projections.IndicatorView) ui.Cell {
	if !i.HasTarget {
		return ui.Cell{Text: p.T("flag.no_target")}
	}
	cell := ui.Cell{Text: p.measure(float64(i.Target), i.Indicator.Unit)}
	switch {
	case i.TargetBy != "":
		cell.Hint = p.T("plan.target_by", "Who", p.code("organisation", i.TargetBy), "Day", p.day(i.TargetOn))
	case i.Indicator.Assumed:
		cell.Hint = p.T("confidence.assumed")
	}
	return cell
}

// matrix is the status year by year.
func (p actionPage) matrix() ui.TableView {
	t := ui.TableView{T: p.T, Caption: p.T("plan.by_year"), CaptionHidden: true, Heads: []ui.Head{{Text: p.T("field.year")}, {Text: p.T("plan.status")}}}
	first, last := p.plan.Years()
	for y := first; y <= last; y++ {
		cell := ui.Cell{Text: p.T("plan.not_begun")}
		if status, ok := p.byYear[y]; ok {
			cell = ui.Cell{Tags: []ui.Tag{p.statusTag(status)}}
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: itoa(y), Href: "/plan/" + p.Action.Number + p.query(y)}, cell}})
	}
	if status, ok := p.byYear[projections.Today]; ok {
		t.Rows = append(t.Rows, ui.TableRow{State: ui.Total, Cells: []ui.Cell{{Text: p.T("plan.now")}, {Tags: []ui.Tag{p.statusTag(status)}}}})
	}
	return t
}

// tasks are the institutional commands that the reader may give: those whose
// facts this action counts, and the rest.
func (p actionPage) tasks() (usual, other []ui.Link) {
	counted := eventsCounted(p.Action)
	for _, spec := range domain.CommandSpecs() {
		if spec.Kind != domain.ActionKind || !spec.MayGive(p.by.Role) {
			continue
		}
		link := ui.Link{Text: p.T("command." + spec.Name), Href: "/plan/" + p.Action.Number + "/" + spec.Name}
		if slices.ContainsFunc(eventsOf(spec.Name), func(e string) bool { return counted[e] }) {
			usual = append(usual, link)
		} else {
			other = append(other, link)
		}
	}
	return usual, other
}

// eventsCounted are the event types that an action's rule and indicators look
// at, wherever in them they stand.
func eventsCounted(a domain.PlanAction) map[string]bool {
	data, err := json.Marshal(a)
	var whole any
	if err == nil {
		err = json.Unmarshal(data, &whole)
	}
	found := map[string]bool{}
	if err != nil {
		return found
	}
	var walk func(v any, events bool)
	walk = func(v any, events bool) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(inner, key == "events")
			}
		case []any:
			for _, inner := range v {
				walk(inner, events)
			}
		case string:
			found[v] = found[v] || events
		}
	}
	walk(whole, false)
	return found
}

func (s *Server) getActionCommand(c echo.Context) error {
	f, err := s.actionForm(c)
	if err != nil {
		return err
	}
	return s.askFor(c, f, f.actionPath())
}

func (s *Server) postActionCommand(c echo.Context) error {
	f, err := s.actionForm(c)
	if err != nil {
		return err
	}
	page := f.actionPath()
	return s.record(c, f, page, func(domain.Outcome) string { return page })
}

func (s *Server) actionForm(c echo.Context) (*commandForm, error) {
	spec, err := commandOn(domain.ActionKind, c.Param("command"))
	if err != nil {
		return nil, err
	}
	action, err := actionNamed(c)
	if err != nil {
		return nil, err
	}
	f := &commandForm{reader: s.reader(c), spec: spec, about: domain.ActionStream(action.Number)}
	if !spec.MayGive(f.by.Role) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	return f, s.withPlaces(c, f)
}
