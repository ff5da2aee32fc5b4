package api

import (
	"strconv"
	"strings"
	"time"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// soon is when a duty that still runs stands out in lists.
const soon = 6 * time.Hour

// ageTag marks a child, and a person who may be one. An adult has no tag.
func (w words) ageTag(age string) []ui.Tag {
	switch age {
	case "child":
		return []ui.Tag{{Text: w.code("age", age), Colour: "purple"}}
	case "not_sure":
		return []ui.Tag{{Text: w.T("tag.maybe_child"), Colour: "purple"}}
	}
	return nil
}

// alarms are what everybody who sees the case should notice first.
func (w words) alarms(row projections.CaseRow) []ui.Tag {
	var tags []ui.Tag
	switch {
	case row.Missing && row.Age != "adult":
		tags = append(tags, ui.Tag{Text: w.T("tag.child_missing"), Colour: "red"})
	case row.Missing:
		tags = append(tags, ui.Tag{Text: w.T("tag.missing"), Colour: "red"})
	}
	if row.Danger {
		tags = append(tags, ui.Tag{Text: w.T("tag.danger"), Colour: "red"})
	}
	if row.Risk == "high" || row.Risk == "extreme" {
		tags = append(tags, ui.Tag{Text: w.T("tag.risk", "Level", w.code("risk_level", row.Risk)), Colour: "orange"})
	}
	return tags
}

// duty names a deadline and what is left of it, and how pressing that is.
func (r reader) duty(d *projections.Due) (rule, left string, state ui.RowState) {
	if d == nil {
		return "", "", ui.Plain
	}
	rule, left = r.code("rule", d.Clock.Rule), r.remaining(d.Clock.Due, r.now)
	if d.Clock.Assumed {
		rule += " (" + r.T("confidence.assumed") + ")"
	}
	switch {
	case !r.now.Before(d.Clock.Due):
		state = ui.Overdue
	case d.Clock.Due.Sub(r.now) < soon:
		state = ui.DueSoon
	}
	return rule, left, state
}

// caseTable is a list of cases. Whoever does not see the course of a case sees
// its stage only; roles that know persons have a column for how they are called.
func (r reader) caseTable(caption string, rows []projections.CaseRow) ui.TableView {
	t := ui.TableView{T: r.T, Stacks: true, Caption: caption, Empty: r.T("cases.empty"), Heads: []ui.Head{{Text: r.T("cases.reference")}}}
	full, named := r.by.Role.Sees(domain.Flow), r.by.Role.Sees(domain.Identity)
	if named {
		t.Heads = append(t.Heads, ui.Head{Text: r.T("cases.name")})
	}
	t.Heads = append(t.Heads, ui.Head{Text: r.T("cases.stage")})
	if full {
		t.Heads = append(t.Heads, ui.Head{Text: r.T("cases.next")}, ui.Head{Text: r.T("cases.last")})
	}
	for _, row := range rows {
		ref := ui.Cell{Text: string(row.Ref), Href: "/cases/" + string(row.Ref), Tags: append(r.ageTag(row.Age), r.alarms(row)...)}
		stage := ui.Cell{Text: r.code("stage", row.Stage), Hint: r.code("victim_status", row.Status)}
		line := ui.TableRow{Cells: []ui.Cell{ref}}
		if named {
			line.Cells = append(line.Cells, ui.Cell{Text: row.Name})
		}
		line.Cells = append(line.Cells, stage)
		if full {
			rule, left, state := r.duty(row.Next)
			line.State = state
			next := ui.Cell{Text: rule, Hint: left}
			if state == ui.Overdue {
				next = ui.Cell{Text: rule, Tags: []ui.Tag{{Text: left, Colour: "red"}}}
			}
			line.Cells = append(line.Cells, next, ui.Cell{Text: r.eventTitle(row.LastType), Hint: r.when(row.LastHappened)})
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

func (w words) eventTitle(typ string) string {
	if typ == "" {
		return ""
	}
	return w.T("event." + typ)
}

// clockTag says how a deadline stands. Its words say it; the colour repeats.
func (w words) clockTag(s domain.ClockState) ui.Tag {
	colours := map[domain.ClockState]string{
		domain.Running: "blue", domain.Overdue: "red", domain.Met: "green", domain.Late: "orange",
		domain.Waived: "grey", domain.Lapsed: "red", domain.Ended: "grey", domain.Unclear: "yellow", domain.Halted: "purple",
	}
	return ui.Tag{Text: w.T("clock." + string(s)), Colour: colours[s]}
}

// timeline turns entries into items, in their order. What an erased entry said
// is told by the note on the erasure, if there is one.
func (r reader) timeline(entries []projections.Entry, erased *projections.ErasedNote) []ui.TimelineItem {
	items := make([]ui.TimelineItem, 0, len(entries))
	for _, e := range entries {
		items = append(items, r.timelineItem(e, erased))
	}
	return items
}

func (r reader) timelineItem(e projections.Entry, erased *projections.ErasedNote) ui.TimelineItem {
	item := ui.TimelineItem{
		Title: r.eventTitle(e.Type), When: r.when(e.Happened), Datetime: machineTime(e.Happened),
		Recorded: r.T("timeline.recorded", "When", r.moment(e.Recorded)), By: r.byline(e.By),
	}
	if e.Imported {
		item.Recorded = r.T("timeline.imported", "Known", r.moment(e.Known), "When", r.moment(e.Recorded))
		item.Tags = append(item.Tags, ui.Tag{Text: r.T("tag.imported"), Colour: "grey"})
	}
	if e.Judged != "" {
		item.Lines = append(item.Lines, r.code("rule", e.Rule)+": "+strings.ToLower(r.T("clock."+string(e.Judged))))
		item.Tags = append(item.Tags, r.clockTag(e.Judged))
	}
	if e.Judged == domain.Late {
		item.State = ui.Late
	}
	if days := lag(e); days > 0 {
		item.Tags = append(item.Tags, ui.Tag{Text: r.N("recorded.late.days", days), Colour: "yellow"})
	}
	for _, code := range e.Deviation {
		item.Tags = append(item.Tags, ui.Tag{Text: r.code("deviation", code), Colour: "orange"})
	}
	if r.proofs && r.mayProve(e) {
		item.Links = []ui.Link{{Text: r.T("timeline.proof"), Hidden: ": " + item.Title, Href: "/events/" + strconv.FormatUint(e.Seq, 10) + "/proof"}}
	}
	switch {
	case e.Erased:
		item.Lines = append(item.Lines, r.erasedLine(erased))
	case e.Unreadable:
		item.Lines = append(item.Lines, r.T("timeline.unreadable"))
	case e.Event != nil:
		item.Lines = append(item.Lines, r.details(e.Event)...)
		if e.Region != "" && domain.SiteOf(e.Event).Facility == "" { // a reader who knows no more of the place
			item.Lines = append(item.Lines, r.T("field.region")+": "+r.code("region", e.Region))
		}
	case e.Region != "":
		item.Lines = append(item.Lines, r.T("field.region")+": "+r.code("region", e.Region), r.T("timeline.hidden"))
	default:
		item.Lines = append(item.Lines, r.T("timeline.hidden"))
	}
	r.becameOf(&item, e)
	return item
}

// mayProve reports whether the reader may ask for the proof of an entry on a
// page that they see: of a case always.
func (r reader) mayProve(e projections.Entry) bool {
	return e.Stream.Kind == domain.CaseKind || r.by.Role.SeesPlan() || r.by.Role.SeesEveryCase()
}

// byline is which body recorded it; the account stands there only for readers
// who may know it.
func (r reader) byline(by domain.Actor) string {
	who := r.T("role." + string(by.Role))
	if by.Organisation != "" && by.Role != domain.Clock {
		who = r.code("organisation", by.Organisation)
	}
	if by.User != "" && by.Role != domain.Clock {
		who += " (" + by.User + ")"
	}
	return r.T("timeline.by", "Who", who)
}

// lag is how many whole days passed until the mechanism knew of a fact.
func lag(e projections.Entry) int {
	if !e.Happened.Known() {
		return 0
	}
	from := e.Happened.At
	if e.Happened.Precision == domain.OnDay {
		from = e.Happened.Day().End()
	}
	return max(0, int(e.Known.Sub(from)/(24*time.Hour)))
}
