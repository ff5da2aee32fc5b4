package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// casePage is one case as its reader may see it.
type casePage struct {
	reader
	projections.CasePage
}

func (s *Server) getCase(c echo.Context) error {
	p, err := s.caseFor(c)
	if err != nil {
		return err
	}
	frame := s.frame(c, p.reader, p.T("case.title", "Ref", p.Row.Ref))
	frame.Notice = s.notice(c, p.reader, string(p.Row.Ref), p.Timeline)
	return s.show(c, http.StatusOK, frame, p.parts()...)
}

// caseFor reads the case that the path names, if the reader may know of it.
func (s *Server) caseFor(c echo.Context) (casePage, error) {
	p := casePage{reader: s.reader(c)}
	ref, err := domain.ParseRef(c.Param("ref"))
	if err != nil {
		return p, err
	}
	p.CasePage, err = s.Views.Case(c.Request().Context(), p.by, p.now, ref)
	return p, err
}

func (p casePage) parts() []templ.Component {
	parts := []templ.Component{ui.IdentityBar(p.identity(), false)}
	if !p.reads(domain.Flow) { // no word of what the case holds, nor that it holds nothing
		return append(append(parts, ui.Paragraph(p.T("case.state_only")), ui.SummaryList(p.stateOnly())), p.tasks()...)
	}
	if into := string(p.State.MergedInto); into != "" {
		parts = append(parts, ui.Paragraph(p.T("case.merged_into", "Case", into)))
	}
	parts = append(append(parts, p.person()...), p.tasks()...)
	parts = append(parts, ui.SubNavigation(p.T("case.parts"), []ui.NavItem{
		{Text: p.T("case.overview"), Href: "#overview"}, {Text: p.T("case.deadlines"), Href: "#deadlines"}, {Text: p.T("case.conformance"), Href: "#conformance"}, {Text: p.T("case.timeline"), Href: "#timeline"},
	}))
	var cards []templ.Component
	tracks, empty := p.overview()
	for _, card := range tracks {
		cards = append(cards, ui.SummaryCard(card))
	}
	if len(empty) > 0 {
		cards = append(cards, ui.Paragraph(p.T("case.nothing_yet", "Tracks", strings.Join(empty, "; "))))
	}
	return append(parts,
		view.Section("overview", p.T("case.overview"), cards...),
		view.Section("deadlines", p.T("case.deadlines"), ui.Table(p.deadlines())),
		view.Section("conformance", p.T("case.conformance"), ui.Table(p.conformance())),
		view.Section("timeline", p.T("case.timeline"), ui.Timeline(p.timeline(p.Timeline, p.Erased))))
}

// sees reports whether the reader may see facts of the compartment of this
// case.
func (p casePage) sees(c domain.Compartment) bool { return p.by.Role.Sees(c) }

// reads reports whether the reader may see facts of the compartment on this case.
func (p casePage) reads(c domain.Compartment) bool { return domain.MayRead(p.by, p.Access, c, p.now) }

// identity says which case it is; never whose.
func (p casePage) identity() ui.IdentityView {
	v := ui.IdentityView{Reference: string(p.Row.Ref), Facts: []string{p.code("victim_status", p.Row.Status)}}
	if len(p.ageTag(p.Row.Age)) == 0 {
		v.Facts = append(v.Facts, p.code("age", p.Row.Age))
	}
	v.Tags = append(v.Tags, p.ageTag(p.Row.Age)...)
	v.Tags = append(v.Tags, p.alarms(p.Row)...)
	if p.State.IsAbsent() && !p.State.IsMissing() {
		v.Tags = append(v.Tags, ui.Tag{Text: p.T("tag.absent"), Colour: "orange"})
	}
	if len(p.State.ExpulsionIncidents()) > 0 {
		v.Tags = append(v.Tags, ui.Tag{Text: p.code("deviation", "expulsion_while_barred"), Colour: "red"})
	}
	if p.suspended() {
		v.Tags = append(v.Tags, ui.Tag{Text: p.T("relation.suspended"), Colour: "red"})
	}
	v.Tags = append(v.Tags, ui.Tag{Text: p.code("stage", p.Row.Stage), Colour: "grey"})
	if rule, left, state := p.duty(p.Row.Next); rule != "" {
		v.Next, v.Late = p.T("case.next_due", "Rule", rule, "Left", left), state == ui.Overdue
	}
	return v
}

// suspended reports whether nobody may read who the person is.
func (p casePage) suspended() bool {
	return slices.ContainsFunc(p.Access, func(a domain.Access) bool { return a.Relation == domain.Suspended })
}

// stateOnly is all that whoever only referred the person sees.
func (p casePage) stateOnly() []ui.SummaryRow {
	return []ui.SummaryRow{
		{Key: p.T("cases.stage"), Value: p.code("stage", p.Row.Stage)},
		{Key: p.T("event.DetectionRecorded"), Value: p.when(p.Row.Detected)},
	}
}

// tasks are what the reader may record.
func (p casePage) tasks() (parts []templ.Component) {
	if next := p.next(); len(next) > 0 {
		parts = append(parts, view.Section("next", p.T("case.next"), view.Tasks(next)))
	}
	if other := p.other(); len(other) > 0 {
		parts = append(parts, view.Groups(p.T("case.other"), other))
	}
	return parts
}

// next are the commands that the reader may give and that usually come now.
func (p casePage) next() []ui.Link { return p.commands(true, "") }

// other are the rest of what the reader may record, by track.
func (p casePage) other() []view.Group {
	var groups []view.Group
	for _, track := range domain.Codes("track") {
		if links := p.commands(false, track.Code); len(links) > 0 {
			groups = append(groups, view.Group{Heading: p.code("track", track.Code), Links: links})
		}
	}
	return groups
}

// commands lists what the reader may record on this case: what is expected now,
// or everything else of a track.
func (p casePage) commands(expected bool, track string) []ui.Link {
	var links []ui.Link
	if p.State.MergedInto != "" { // everything is recorded on the case that goes on
		return nil
	}
	for _, spec := range domain.CommandSpecs() {
		if !p.mayRecord(spec) || expected != p.expects(spec) || track != "" && spec.Track != track {
			continue
		}
		if forChildren(spec) && p.State.NeverChild() {
			continue
		}
		if p.State.Erased() && slices.Contains([]string{"person", "erasure"}, spec.Track) { // there is nobody any more
			continue
		}
		if spec.Name == "judge-duplicate" && domain.MayCompare(p.by, p.State.Access, p.now) == nil { // who may be the same is shown first
			links = append(links, ui.Link{Text: p.T("duplicates.title"), Href: "/cases/" + string(p.Row.Ref) + "/duplicates"})
		}
		links = append(links, ui.Link{Text: p.T("command." + spec.Name), Href: "/cases/" + string(p.Row.Ref) + "/" + spec.Name})
	}
	return links
}

func (p casePage) mayRecord(spec domain.CommandSpec) bool {
	return spec.Kind == domain.CaseKind && spec.MayGive(p.by.Role) && spec.Name != "register-referral" && p.sees(domain.Flow)
}

// expects reports whether a command is a usual next step for this reader: a
// facility answers for its own requests and residents.
func (p casePage) expects(spec domain.CommandSpec) bool {
	state := map[string]string{
		"confirm-admission": "requested", "refuse-admission": "requested", "record-non-arrival": "requested", "record-departure": "admitted",
		"accept-transfer": "requested", "complete-transfer": "requested", "offer-place": "requested", "review-stay": "admitted",
	}[spec.Name]
	if state != "" && !slices.ContainsFunc(p.State.Places, func(at domain.Place) bool { return at.State == state && at.Organisation == p.by.Organisation }) {
		return false
	}
	if slices.Contains([]string{"accept-service-referral", "reject-service-referral"}, spec.Name) && !slices.ContainsFunc(p.State.Referrals, func(r domain.ServiceReferral) bool { return r.Organisation == p.by.Organisation && r.State == "sent" }) {
		return false
	}
	if spec.Name == "approve-erasure" && p.State.Erasure.AskedBy == p.by.User { // another person does
		return false
	}
	return spec.Expected(p.State)
}

// deadlines are the time limits at work on the case, with where they stand.
func (p casePage) deadlines() ui.TableView {
	t := ui.TableView{T: p.T, Stacks: true, Caption: p.T("case.deadlines"), CaptionHidden: true, Empty: p.T("deadlines.empty"), Heads: []ui.Head{
		{Text: p.T("field.rule")}, {Text: p.T("deadlines.started")}, {Text: p.T("deadlines.due")}, {Text: p.T("deadlines.stopped")}, {Text: p.T("deadlines.state")},
	}}
	for _, d := range p.Due {
		k := d.Clock
		limit := p.limit(k.Value, k.Unit)
		if k.Assumed {
			limit = p.T("deadlines.assumed", "Limit", limit)
		}
		due := p.moment(k.Due)
		if k.Unit != "h" || k.Period { // the last day, not the midnight after it
			due = p.day(domain.DayOf(k.Due.Add(-time.Second)))
		}
		line := ui.TableRow{Cells: []ui.Cell{
			{Text: p.code("rule", k.Rule), Hint: limit}, {Text: p.when(k.Start)}, {Text: due, Hint: p.changed(k)}, {Text: p.when(k.Stopped)},
			{Tags: []ui.Tag{p.clockTag(d.State)}, Hint: p.standing(d)},
		}}
		if d.State == domain.Overdue {
			line.State = ui.Overdue
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// changed says what somebody decided about a time limit.
func (p casePage) changed(k domain.DeadlineClock) string {
	switch {
	case !k.Paused.IsZero():
		return p.T("deadlines.suspended", "When", p.when(k.Paused))
	case k.Extended:
		return p.T("deadlines.extended")
	}
	return ""
}

// standing puts a deadline's distance into words.
func (p casePage) standing(d projections.Due) string {
	switch d.State {
	case domain.Running, domain.Overdue:
		return p.remaining(d.Clock.Due, p.now)
	case domain.Late:
		return p.span("late.by", max(time.Minute, d.Clock.Stopped.At.Sub(d.Clock.Due)))
	}
	return ""
}
