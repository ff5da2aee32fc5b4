package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// planPage is the whole plan as it stood in a year, as known on a day.
type planPage struct {
	reader
	plan  *domain.Plan
	year  int
	known domain.Day // zero: as known now
	fault string     // what is wrong with the day asked for
	typed ui.Parts
	all   []projections.ActionView
}

// planAsked reads ?year= and ?known=. A year outside the plan is the nearest
// one in it. known is a day, whole or in the parts that the form sends.
func (s *Server) planAsked(c echo.Context) planPage {
	p := planPage{reader: s.reader(c), plan: domain.CurrentPlan()}
	p.year = p.reader.year()
	first, last := p.plan.Years()
	if n := atoi(c.QueryParam("year")); n >= first && n <= last {
		p.year = n
	}
	p.typed = ui.ReadParts(c.QueryParam, "known")
	asked := p.typed.ISO()
	if p.typed.Blank() {
		asked = c.QueryParam("known")
	}
	if asked == "" {
		return p
	}
	day, err := domain.ParseDay(asked)
	switch {
	case err != nil:
		p.fault = p.refusal("not_a_day")
	case day.After(domain.DayOf(p.now)):
		p.fault = p.refusal("in_future")
	default:
		p.known = day
		t := day.Start()
		p.typed = ui.Parts{Day: itoa(t.Day()), Month: itoa(int(t.Month())), Year: itoa(t.Year())}
	}
	return p
}

func (p planPage) asOf() projections.PlanAsOf {
	q := projections.PlanAsOf{Year: p.year, Now: p.now}
	if !p.known.IsZero() {
		q.Known = projections.KnownOn(p.known)
	}
	return q
}

// query keeps the year and the day in links.
func (p planPage) query(year int) string {
	q := url.Values{"year": {itoa(year)}}
	if !p.known.IsZero() {
		q.Set("known", p.known.String())
	}
	return "?" + q.Encode()
}

func (s *Server) getPlan(c echo.Context) (err error) {
	p := s.planAsked(c)
	if p.all, err = s.Views.Plan(c.Request().Context(), p.asOf()); err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("nav.plan"))
	frame.Banner, frame.Failed = p.banner(), p.fault != ""
	return s.show(c, p.status(), frame, p.parts()...)
}

func (p planPage) status() int {
	if p.fault != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// banner warns that this is how things stood, not how they stand.
func (p planPage) banner() string {
	if p.known.IsZero() {
		return ""
	}
	return p.T("plan.as_known_on", "Day", p.day(p.known))
}

func (p planPage) parts() []templ.Component {
	parts := []templ.Component{
		view.Heading(p.T("plan.decree", "Number", p.plan.Decree.Number, "Day", p.day(p.plan.Decree.Date)), p.plan.Title.In(p.lang)),
		p.knownForm("/plan"),
		p.years("/plan"),
		ui.Table(p.summary()),
		ui.Table(p.table(p.T("plan.measured_actions"), func(a domain.PlanAction) bool { return a.Rule != nil })),
	}
	for _, chapter := range p.plan.Chapters {
		caption := chapter.Number + ". " + chapter.Title.In(p.lang)
		parts = append(parts, ui.Table(p.table(caption, func(a domain.PlanAction) bool { return strings.HasPrefix(a.Number, chapter.Number+".") })))
	}
	return parts
}

// years switches between the years of the plan.
func (p planPage) years(path string) templ.Component {
	first, last := p.plan.Years()
	var items []ui.NavItem
	for y := first; y <= last; y++ {
		items = append(items, ui.NavItem{Text: itoa(y), Href: path + p.query(y), Current: y == p.year})
	}
	return ui.SubNavigation(p.T("plan.years"), items)
}

// knownForm asks for the day on whose knowledge the page is to stand. It is
// folded away until somebody looks back.
func (p planPage) knownForm(path string) templ.Component {
	return view.Fold(p.T("plan.look_back"), p.fault != "" || !p.known.IsZero(), ui.Form(ui.FormView{
		T: p.T, Action: path, Get: true, Submit: p.T("plan.show"), Hidden: []ui.HiddenValue{{Name: "year", Value: itoa(p.year)}},
		Fields: []ui.Field{{Name: "known", Kind: ui.Date, Label: p.T("plan.known"), Hint: p.T("plan.known_hint"), Optional: true, Parts: p.typed, Error: p.fault}},
	}))
}

var planStatuses = []domain.Status{domain.StatusMet, domain.StatusOnTrack, domain.StatusLate, domain.StatusNoData}

// summary counts the measured actions by status.
func (p planPage) summary() ui.TableView {
	counts := map[domain.Status]int{}
	measured := 0
	for _, a := range p.all {
		if a.Action.Rule != nil {
			counts[a.Status]++
			measured++
		}
	}
	t := ui.TableView{T: p.T, Caption: p.N("plan.measured", measured), Heads: []ui.Head{{Text: p.T("plan.status")}, {Text: p.T("plan.actions"), Numeric: true}}}
	for _, s := range planStatuses {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Tags: []ui.Tag{p.statusTag(s)}}, {Text: p.number(int64(counts[s]))}}})
	}
	return t
}

// table lists actions of the plan, each with those who execute it.
func (p planPage) table(caption string, among func(domain.PlanAction) bool) ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: caption, Small: true, Heads: []ui.Head{
		{Text: p.T("plan.number")}, {Text: p.T("plan.action_and_executors")}, {Text: p.T("plan.term")}, {Text: p.T("plan.status")},
	}}
	for _, a := range p.all {
		if !among(a.Action) {
			continue
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: a.Action.Number, Href: "/plan/" + a.Action.Number + p.query(p.year)},
			{Text: a.Action.Title.In(p.lang), Hint: strings.Join(p.bodies(a.Action.Executors), "; ")},
			{Text: p.term(a.Action.Term)},
			p.statusCell(a),
		}})
	}
	return t
}

// bodies gives the names of executors.
func (p planPage) bodies(codes []string) []string {
	names := make([]string, len(codes))
	for i, code := range codes {
		if names[i] = p.plan.Bodies[code].In(p.lang); names[i] == "" {
			names[i] = code
		}
	}
	return names
}

func (w words) term(t domain.Term) string {
	switch {
	case t.Ongoing && t.First == 0:
		return w.T("plan.ongoing")
	case t.Ongoing:
		return w.T("plan.ongoing_from", "First", t.First)
	case t.First == t.Last:
		return itoa(t.Last)
	}
	return itoa(t.First) + "–" + itoa(t.Last)
}

// statusCell says how an action stands: a tag, and in words by how much.
func (p planPage) statusCell(a projections.ActionView) ui.Cell {
	if a.Action.Rule == nil {
		return ui.Cell{Text: p.T("plan.not_measured")}
	}
	return ui.Cell{Tags: []ui.Tag{p.statusTag(a.Status)}, Hint: strings.Join(p.remarks(a), "; ")}
}

// remarks say what a status leaves out.
func (p planPage) remarks(a projections.ActionView) []string {
	var words []string
	if a.DaysLate > 0 {
		words = append(words, p.N("plan.days_late", a.DaysLate))
	}
	if a.Of > 0 {
		words = append(words, p.T("plan.done_of", "Done", a.Done, "Of", a.Of))
	}
	for _, flag := range a.Flags {
		words = append(words, p.T("flag."+flag))
	}
	return words
}

func (w words) statusTag(s domain.Status) ui.Tag {
	colours := map[domain.Status]string{
		domain.StatusMet: "green", domain.StatusOnTrack: "blue", domain.StatusLate: "red", domain.StatusNoData: "grey",
	}
	if s == "" {
		return ui.Tag{Text: w.T("plan.not_judged"), Colour: "grey"}
	}
	return ui.Tag{Text: w.T("status." + string(s)), Colour: colours[s]}
}
