package api

import (
	"context"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// dutiesMissed are the duties of institutions that are past due, for those who see
// the plan.
func (s *Server) dutiesMissed(ctx context.Context, by domain.Actor) ([]projections.Duty, error) {
	if !by.Role.SeesPlan() {
		return nil, nil
	}
	all, err := s.Views.Duties(ctx, s.Now())
	return projections.DutiesMissed(all), err
}

// dutyTable lists duties of institutions.
func (r reader) dutyTable(caption string, list []projections.Duty) ui.TableView {
	t := ui.TableView{T: r.T, Stacks: true, Caption: caption, Empty: r.T("duties.empty"), Heads: []ui.Head{
		{Text: r.T("duties.action")}, {Text: r.T("field.duty")}, {Text: r.T("field.period")}, {Text: r.T("deadlines.due")}, {Text: r.T("deadlines.state")},
	}}
	for _, d := range list {
		name := r.code("institution_duty", d.Clock.Rule)
		if d.Clock.Assumed {
			name += " (" + r.T("confidence.assumed") + ")"
		}
		line := ui.TableRow{Cells: []ui.Cell{
			{Text: d.Action, Href: "/plan/" + d.Action}, {Text: name}, {Text: d.Clock.Key}, {Text: r.moment(d.Clock.Due)},
			{Tags: []ui.Tag{{Text: r.T("clock." + string(d.State)), Colour: "grey"}}},
		}}
		if d.State == domain.Overdue {
			line.State, line.Cells[4].Tags[0] = ui.Overdue, ui.Tag{Text: r.remaining(d.Clock.Due, r.now), Colour: "red"}
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
