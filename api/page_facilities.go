package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// facilityPage is one shelter or assistance centre. Its address is nowhere.
type facilityPage struct {
	reader
	projections.FacilityRow
	history []projections.Entry
}

func (s *Server) getFacilities(c echo.Context) error {
	r := s.reader(c)
	all, err := s.Views.Facilities(c.Request().Context())
	if err != nil {
		return err
	}
	title := r.T("nav.facilities")
	frame := s.frame(c, r, title)
	frame.Notice = s.notice(c, r, "", nil)
	parts := []templ.Component{ui.Heading(1, title)}
	if spec := mustSpec("open-facility"); spec.MayGive(r.by.Role) {
		parts = append(parts, ui.Button(ui.Link{Text: r.T("command." + spec.Name), Href: "/facilities/new"}, false))
	}
	return s.show(c, http.StatusOK, frame, append(parts, ui.Table(r.facilityTable(all)))...)
}

func (r reader) facilityTable(all []projections.FacilityRow) ui.TableView {
	t := ui.TableView{T: r.T, Stacks: true, Caption: r.T("facility.caption"), Empty: r.T("facility.none"), Heads: []ui.Head{
		{Text: r.T("cases.reference")}, {Text: r.T("field.kind")}, {Text: r.T("field.region")}, {Text: r.T("field.organisation")},
		{Text: r.T("facility.taken"), Numeric: true}, {Text: r.T("field.capacity"), Numeric: true}, {Text: r.T("facility.room")},
	}}
	for _, f := range all {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: string(f.Ref), Href: "/facilities/" + string(f.Ref)},
			{Text: r.code("facility_kind", f.State.Kind), Hint: r.code("operator", f.State.Operator)},
			{Text: r.regionNow(f.State.District)},
			{Text: r.code("organisation", f.State.Organisation)},
			{Text: r.number(int64(f.State.Taken))}, {Text: r.number(int64(f.State.Capacity))},
			{Tags: []ui.Tag{r.roomTag(f)}},
		}})
	}
	return t
}

// roomTag says in words how much room there is.
func (r reader) roomTag(f projections.FacilityRow) ui.Tag {
	switch {
	case !f.State.ClosedOn.IsZero():
		return ui.Tag{Text: r.eventTitle("FacilityClosed"), Colour: "grey"}
	case f.State.Taken > f.State.Capacity:
		return ui.Tag{Text: r.room(f.State), Colour: "red"}
	case f.State.Taken == f.State.Capacity:
		return ui.Tag{Text: r.T("facility.full"), Colour: "orange"}
	}
	return ui.Tag{Text: r.room(f.State), Colour: "green"}
}

func (s *Server) facilityFor(c echo.Context) (facilityPage, error) {
	p := facilityPage{reader: s.reader(c)}
	ref, err := domain.ParseRef(c.Param("ref"))
	if err != nil {
		return p, err
	}
	p.FacilityRow, p.history, err = s.Views.Facility(c.Request().Context(), p.by, ref)
	return p, err
}

func (s *Server) getFacility(c echo.Context) error {
	p, err := s.facilityFor(c)
	if err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("facility.title", "Ref", p.Ref))
	frame.Notice = s.notice(c, p.reader, string(p.Ref), p.history)
	frame.Back = &ui.Link{Text: p.T("nav.facilities"), Href: "/facilities"}
	return s.show(c, http.StatusOK, frame, p.parts()...)
}

func (p facilityPage) parts() []templ.Component {
	parts := []templ.Component{
		ui.IdentityBar(ui.IdentityView{
			Reference: string(p.Ref), Facts: []string{p.code("facility_kind", p.State.Kind), p.regionNow(p.State.District)},
			Tags: []ui.Tag{p.roomTag(p.FacilityRow)},
		}, false),
		ui.SummaryList(p.facts()),
	}
	if tasks := p.tasks(); len(tasks) > 0 {
		parts = append(parts, view.Section("tasks", p.T("facility.tasks"), view.Tasks(tasks)))
	}
	return append(parts, view.Section("history", p.T("facility.history"), ui.Timeline(p.timeline(p.history, nil))))
}

func (p facilityPage) facts() []ui.SummaryRow {
	f := p.State
	rows := slices.Concat(
		row(p.T("field.organisation"), p.code("organisation", f.Organisation)),
		row(p.T("field.operator"), p.code("operator", f.Operator)),
		row(p.T("facility.taken"), p.T("facility.of", "Taken", f.Taken, "Capacity", f.Capacity)),
		row(p.T("facility.room"), p.room(f)),
		row(p.T("facility.reserved"), p.some(f.ReservedOn(domain.DayOf(p.now)))),
		row(p.T("facility.allowed"), p.some(f.Exceeding(domain.DayOf(p.now)))),
		row(p.T("facility.since"), p.day(f.Since)),
		row(p.eventTitle("FacilityClosed"), p.day(f.ClosedOn)),
	)
	if len(f.Places) > 0 {
		rows = append(rows, ui.SummaryRow{Key: p.T("field.places"), Lines: p.placesByGroup(f)})
	}
	if f.Inspected.Outcome != "" {
		lines := []string{p.day(f.Inspected.On)}
		if !f.Inspected.ReviewOn.IsZero() {
			lines = append(lines, p.T("field.record-inspection.review_on")+": "+p.day(f.Inspected.ReviewOn))
		}
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("FacilityInspected"), Value: p.code("inspection_outcome", f.Inspected.Outcome), Lines: lines})
	}
	for _, ngo := range slices.Sorted(maps.Keys(f.Agreements)) {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("NgoAgreementSigned"), Value: p.code("organisation", ngo), Lines: []string{p.T("field.until") + ": " + p.day(f.Agreements[ngo])}})
	}
	return rows
}

// placesByGroup says for whom the places are and, to those who look for one, how
// many are free.
func (p facilityPage) placesByGroup(f *domain.Facility) []string {
	return each(f.Places, func(t domain.Tally) string {
		if !seesFree(p.by, f) {
			return p.code("place_group", t.Code) + ": " + p.number(int64(t.Number))
		}
		return p.code("place_group", t.Code) + ": " + p.T("facility.free_of", "Free", max(0, f.Free(t.Code, domain.DayOf(p.now))), "Of", t.Number)
	})
}

// some is a number, or nothing for none.
func (p facilityPage) some(n int) string {
	if n == 0 {
		return ""
	}
	return p.number(int64(n))
}

// tasks are what the reader may record about this facility.
func (p facilityPage) tasks() []ui.Link {
	var links []ui.Link
	for _, spec := range domain.CommandSpecs() {
		if spec.Kind == domain.FacilityKind && spec.Name != "open-facility" && p.mayRecord(spec) {
			links = append(links, ui.Link{Text: p.T("command." + spec.Name), Href: "/facilities/" + string(p.Ref) + "/" + spec.Name})
		}
	}
	return links
}

// mayRecord: staff of facilities record about their own only.
func (p facilityPage) mayRecord(spec domain.CommandSpec) bool {
	return spec.MayGive(p.by.Role) && (!domain.Houses(p.by.Organisation) || p.by.Organisation == p.State.Organisation)
}

func (s *Server) getNewFacility(c echo.Context) error {
	f := commandForm{reader: s.reader(c), spec: mustSpec("open-facility"), about: domain.Stream{Kind: domain.FacilityKind}}
	return s.askFor(c, &f, "/facilities")
}

func (s *Server) postNewFacility(c echo.Context) error {
	f := commandForm{reader: s.reader(c), spec: mustSpec("open-facility"), about: domain.Stream{Kind: domain.FacilityKind}}
	return s.record(c, &f, "/facilities", func(out domain.Outcome) string { return "/facilities/" + out.Stream.ID })
}

func (s *Server) getFacilityCommand(c echo.Context) error {
	f, err := s.facilityForm(c)
	if err != nil {
		return err
	}
	return s.askFor(c, f, "/facilities/"+f.about.ID)
}

func (s *Server) postFacilityCommand(c echo.Context) error {
	f, err := s.facilityForm(c)
	if err != nil {
		return err
	}
	page := "/facilities/" + f.about.ID
	return s.record(c, f, page, func(domain.Outcome) string { return page })
}

func (s *Server) facilityForm(c echo.Context) (*commandForm, error) {
	spec, err := commandOn(domain.FacilityKind, c.Param("command"))
	if err != nil {
		return nil, err
	}
	p, err := s.facilityFor(c)
	if err != nil {
		return nil, err
	}
	if !p.mayRecord(spec) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	return &commandForm{reader: p.reader, spec: spec, about: domain.FacilityStream(p.Ref)}, nil
}
