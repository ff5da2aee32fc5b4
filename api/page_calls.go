package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// callView lets in who sees the calls to the hotlines.
var callView = policy{"sees calls", func(a domain.Actor) bool { return a.Role.SeesCalls() }}

// callsPage lists the calls to the hotlines. Nobody is in them: a call has no page
// of its own.
type callsPage struct {
	reader
	filter projections.CallFilter
	about  string // "", "trafficking" or "case"
	rows   []projections.CallRow
	total  int
	counts projections.CallCounts
}

// What of the calls of a year can be asked for, beside the line and the topic.
var callsAbout = []string{"trafficking", "case"}

func (s *Server) getCalls(c echo.Context) (err error) {
	p := callsPage{reader: s.reader(c)}
	p.filter = projections.CallFilter{Year: atoi(c.QueryParam("year")), Limit: casesPerPage, Offset: (pageNumber(c) - 1) * casesPerPage}
	if this := domain.DayOf(p.now).Year(); p.filter.Year < firstYear || p.filter.Year > this {
		p.filter.Year = this
	}
	if code, ok := domain.CodeOf("call_channel", c.QueryParam("channel")); ok {
		p.filter.Channel = code.Code
	}
	if code, ok := domain.CodeOf("call_topic", c.QueryParam("topic")); ok {
		p.filter.Topic = code.Code
	}
	if slices.Contains(callsAbout, c.QueryParam("about")) {
		p.about = c.QueryParam("about")
	}
	p.filter.Related, p.filter.Led = p.about == "trafficking", p.about == "case"
	if p.rows, p.total, p.counts, err = s.Views.Calls(c.Request().Context(), p.by, p.now, p.filter); err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("nav.calls"))
	frame.Notice = s.notice(c, p.reader, "", nil)
	return s.show(c, http.StatusOK, frame, append(p.parts(), ui.Pagination(p.pagination(c, p.total, casesPerPage)))...)
}

func (p callsPage) parts() []templ.Component {
	parts := []templ.Component{ui.Heading(1, p.T("nav.calls")), ui.Paragraph(p.T("calls.lead"))}
	if spec := mustSpec("log-hotline-call"); spec.MayGive(p.by.Role) {
		parts = append(parts, ui.Button(ui.Link{Text: p.T("command." + spec.Name), Href: "/calls/new"}, false))
	}
	return append(parts, ui.Tiles(p.tiles()), p.form(), ui.Table(p.table()))
}

// tiles say what the calls of the year were about.
func (p callsPage) tiles() []ui.Tile {
	year := "/calls?year=" + itoa(p.filter.Year)
	return []ui.Tile{
		{Figure: p.number(int64(p.counts.All)), Text: p.T("calls.all", "Year", itoa(p.filter.Year)), Href: year},
		{Figure: p.number(int64(p.counts.Unanswered)), Text: p.T("calls.unanswered"), Href: year + "&topic=unanswered"},
		{Figure: p.number(int64(p.counts.Related)), Text: p.T("calls.trafficking"), Href: year + "&about=trafficking"},
		{Figure: p.number(int64(p.counts.Led)), Text: p.T("calls.case"), Href: year + "&about=case"},
	}
}

// form narrows the list. Its answers are codes and go into the address.
func (p callsPage) form() templ.Component {
	any := ui.Option{Text: p.T("calls.any")}
	chosen := func(value, text, now string) ui.Option {
		return ui.Option{Value: value, Text: text, Checked: value == now}
	}
	var years []ui.Option
	for y := domain.DayOf(p.now).Year(); y >= firstYear; y-- {
		years = append(years, chosen(itoa(y), itoa(y), itoa(p.filter.Year)))
	}
	lines, topics, about := []ui.Option{any}, []ui.Option{any}, []ui.Option{any}
	for _, c := range domain.Codes("call_channel") {
		lines = append(lines, chosen(c.Code, c.In(p.lang), p.filter.Channel))
	}
	for _, c := range domain.Codes("call_topic") {
		topics = append(topics, chosen(c.Code, c.In(p.lang), p.filter.Topic))
	}
	for _, a := range callsAbout {
		about = append(about, chosen(a, p.T("calls."+a), p.about))
	}
	return view.Fold(p.T("calls.filter"), p.about+p.filter.Channel+p.filter.Topic != "", ui.Form(ui.FormView{
		T: p.T, Action: "/calls", Get: true, Submit: p.T("calls.show"),
		Fields: []ui.Field{
			{Name: "year", Kind: ui.Select, Label: p.T("calls.year"), Options: years},
			{Name: "channel", Kind: ui.Select, Label: p.T("field.log-hotline-call.channel"), Options: lines, Optional: true},
			{Name: "topic", Kind: ui.Select, Label: p.T("field.topic"), Options: topics, Optional: true},
			{Name: "about", Kind: ui.Select, Label: p.T("calls.about"), Options: about, Optional: true},
		},
	}))
}

func (p callsPage) table() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("calls.caption", "Year", itoa(p.filter.Year)), Empty: p.T("calls.empty"), Small: true, Heads: []ui.Head{
		{Text: p.T("cases.reference")}, {Text: p.T("field.happened")}, {Text: p.T("field.log-hotline-call.channel")}, {Text: p.T("field.topic")},
		{Text: p.T("field.caller")}, {Text: p.T("calls.led")},
	}}
	for _, r := range p.rows {
		led := ui.Cell{Text: p.T("value.none")}
		switch {
		case r.Call.Case != "":
			led = ui.Cell{Text: string(r.Call.Case), Href: "/cases/" + string(r.Call.Case)}
		case r.Led:
			led = ui.Cell{Text: p.T("value.yes")}
		}
		topic := ui.Cell{Text: p.code("call_topic", r.Call.Topic)}
		if r.Call.Related {
			topic.Tags = []ui.Tag{{Text: p.T("calls.trafficking_tag"), Colour: "orange"}}
		}
		switch {
		case r.Call.District != "":
			topic.Hint = p.code("district", r.Call.District)
		case r.Region != "":
			topic.Hint = p.code("region", r.Region)
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: string(r.Ref)}, {Text: p.when(r.Happened)},
			{Text: p.code("call_channel", r.Call.Channel), Hint: p.code("organisation", r.Organisation)},
			topic, {Text: p.code("caller", r.Call.Caller), Hint: p.code("language", r.Call.Language)}, led,
		}})
	}
	return t
}

func (s *Server) getNewCall(c echo.Context) error {
	f := s.newCall(c)
	return s.askFor(c, &f, "/calls")
}

func (s *Server) postNewCall(c echo.Context) error {
	f := s.newCall(c)
	return s.record(c, &f, "/calls", func(domain.Outcome) string { return "/calls" })
}

func (s *Server) newCall(c echo.Context) commandForm {
	return commandForm{reader: s.reader(c), spec: mustSpec("log-hotline-call"), about: domain.Stream{Kind: domain.CallKind}}
}

type (
	callsIn struct {
		Year    int    `query:"year" minimum:"2005" maximum:"2100" doc:"this year if missing"`
		Channel string `query:"channel" maxLength:"40" doc:"a code of the list call_channel"`
		Topic   string `query:"topic" maxLength:"40" doc:"a code of the list call_topic"`
		Paging
	}
	callsJSON struct {
		Year       int       `json:"year"`
		Total      int       `json:"total" doc:"calls that were asked for"`
		All        int       `json:"all" doc:"calls of the year that you may see"`
		Unanswered int       `json:"unanswered" doc:"of them, those that nobody answered"`
		Related    int       `json:"thb_related" doc:"of them, those about trafficking"`
		Led        int       `json:"led_to_case" doc:"of them, those that led to a case"`
		Calls      []CallRow `json:"calls"`
	}
	CallRow struct {
		Call         string      `json:"call"`
		Happened     *momentJSON `json:"happened,omitempty"`
		Organisation string      `json:"organisation" doc:"that logged it"`
		Channel      string      `json:"channel" doc:"code list call_channel"`
		Language     string      `json:"language,omitempty"`
		Topic        string      `json:"topic" doc:"code list call_topic"`
		Caller       string      `json:"caller" doc:"code list caller"`
		District     string      `json:"district,omitempty"`
		Region       string      `json:"region,omitempty" doc:"code list region: the economic region of the district on that day"`
		Related      bool        `json:"thb_related"`
		Led          bool        `json:"led_to_case"`
		Case         string      `json:"case,omitempty" doc:"that it led to; missing if you may not know of it"`
	}
)

func (s *Server) readCalls(ctx context.Context, by domain.Actor, in *callsIn) (callsJSON, error) {
	f := projections.CallFilter{Year: in.Year, Channel: in.Channel, Topic: in.Topic, Limit: in.Limit, Offset: in.Offset}
	if f.Year == 0 {
		f.Year = domain.DayOf(s.Now()).Year()
	}
	rows, total, counts, err := s.Views.Calls(ctx, by, s.Now(), f)
	return callsJSON{f.Year, total, counts.All, counts.Unanswered, counts.Related, counts.Led, each(rows, callJSON)}, err
}

func callJSON(r projections.CallRow) CallRow {
	c := r.Call
	return CallRow{
		Call: string(r.Ref), Happened: moment(r.Happened), Organisation: r.Organisation, Channel: c.Channel, Language: c.Language, Topic: c.Topic,
		Caller: c.Caller, District: c.District, Region: r.Region, Related: c.Related, Led: r.Led, Case: string(c.Case),
	}
}
