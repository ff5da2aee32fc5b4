package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"nrm/domain"
	"nrm/projections"
)

type (
	KnownIn struct {
		Known string `query:"known" maxLength:"40" doc:"a day or a time: only what was known then"`
	}
	PlanIn struct {
		Year int `query:"year" minimum:"2000" maximum:"2100" doc:"a calendar year, from the plan's first to this one; this one, if not said"`
		KnownIn
	}
	actionIn struct {
		Number string `path:"number" doc:"the action's number in the plan"`
		PlanIn
	}
	yearIn struct {
		Year int `path:"year" minimum:"2000" maximum:"2100" doc:"a calendar year that has begun"`
		KnownIn
	}

	textJSON struct {
		AZ string `json:"az"`
		EN string `json:"en"`
		RU string `json:"ru"`
	}
	planJSON struct {
		Plan    string    `json:"plan"`
		Title   textJSON  `json:"title"`
		Year    int       `json:"year"`
		Actions []PlanRow `json:"actions"`
	}
	PlanRow struct {
		Action     string          `json:"action" doc:"its number"`
		Title      textJSON        `json:"title"`
		Executors  []string        `json:"executors"`
		FirstYear  int             `json:"first_year,omitempty"`
		LastYear   int             `json:"last_year,omitempty"`
		Ongoing    bool            `json:"ongoing"`
		Status     string          `json:"status,omitempty" enum:"met,on_track,late,no_data" doc:"missing if the action is not measured"`
		AsOf       string          `json:"as_of,omitempty" doc:"the status is as of this day"`
		Due        string          `json:"due,omitempty"`
		DaysLate   int             `json:"days_late,omitempty"`
		Done       int             `json:"done,omitempty"`
		Of         int             `json:"of,omitempty"`
		Flags      []string        `json:"flags"`
		Components []componentJSON `json:"components"`
		Indicators []indicatorJSON `json:"indicators"`
	}
	componentJSON struct {
		Component string   `json:"component"`
		Title     textJSON `json:"title"`
		Effective string   `json:"effective,omitempty" doc:"missing while it is not done"`
	}
	indicatorJSON struct {
		Indicator   string   `json:"indicator" doc:"code list indicator"`
		Title       textJSON `json:"title"`
		Unit        string   `json:"unit"`
		Better      string   `json:"better,omitempty" enum:"up,down" doc:"missing for a figure that is context only"`
		Value       *float64 `json:"value,omitempty" doc:"missing where there are no data"`
		Numerator   int64    `json:"numerator"`
		Denominator int64    `json:"denominator"`
		Excluded    int64    `json:"excluded" doc:"left out for bad data"`
		Open        int64    `json:"open" doc:"not yet due; told, but not counted"`
		Target      *int     `json:"target,omitempty"`
		TargetBy    string   `json:"target_by,omitempty"`
		TargetOn    string   `json:"target_on,omitempty"`
		Status      string   `json:"status,omitempty"`
	}
	planActionPageJSON struct {
		PlanRow
		Deeds []timelineEntry `json:"deeds" doc:"what was done for it, the latest first"`
	}
	yearJSON struct {
		Year  int            `json:"year"`
		Lines []yearLineJSON `json:"lines"`
	}
	yearLineJSON struct {
		Line     string `json:"line"`
		Count    int64  `json:"count"`
		Amount   int64  `json:"amount" doc:"in qəpik, where the line has money"`
		Excluded int64  `json:"excluded" doc:"left out: nobody knows when it happened"`
	}
)

// readsOfPlan registers the questions that only roles that see the plan ask.
func (s *Server) readsOfPlan(api huma.API) {
	read(s, api, "/plan", "How far the plan's actions are in a year", planView, s.readPlan)
	read(s, api, "/plan/{number}", "An action of the plan and what was done for it", planView, s.readAction)
	read(s, api, "/years/{year}", "The lines of the yearly report", planView, s.readYear)
}

func (s *Server) readPlan(ctx context.Context, _ domain.Actor, in *PlanIn) (planJSON, error) {
	q, err := s.planAsOf(in)
	if err != nil {
		return planJSON{}, err
	}
	actions, err := s.Views.Plan(ctx, q)
	p := domain.CurrentPlan()
	return planJSON{p.ID, textOf(p.Title), q.Year, each(actions, actionOf)}, err
}

func (s *Server) readAction(ctx context.Context, _ domain.Actor, in *actionIn) (planActionPageJSON, error) {
	var out planActionPageJSON
	if _, ok := domain.CurrentPlan().Action(in.Number); !ok {
		return out, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_action"}
	}
	q, err := s.planAsOf(&in.PlanIn)
	if err != nil {
		return out, err
	}
	action, _, err := s.Views.PlanAction(ctx, in.Number, q)
	if err != nil {
		return out, err
	}
	out.PlanRow = actionOf(action)
	deeds, err := s.Views.Deeds(ctx, in.Number)
	out.Deeds = each(deeds, entryJSON)
	return out, err
}

func (s *Server) readYear(ctx context.Context, _ domain.Actor, in *yearIn) (yearJSON, error) {
	if in.Year > domain.DayOf(s.Now()).Year() {
		return yearJSON{}, badYear()
	}
	known, err := in.time()
	if err != nil {
		return yearJSON{}, err
	}
	lines, err := s.Views.Year(ctx, in.Year, known)
	return yearJSON{in.Year, each(lines, func(l projections.YearLine) yearLineJSON {
		return yearLineJSON{l.ID, l.Count, int64(l.Amount), l.Excluded}
	})}, err
}

// planAsOf refuses a year in which the plan cannot be judged.
func (s *Server) planAsOf(in *PlanIn) (projections.PlanAsOf, error) {
	q := projections.PlanAsOf{Year: in.Year, Now: s.Now()}
	first, _ := domain.CurrentPlan().Years()
	present := domain.DayOf(q.Now).Year()
	if q.Year == 0 {
		q.Year = present
	}
	if q.Year < first || q.Year > present {
		return q, badYear()
	}
	var err error
	q.Known, err = in.time()
	return q, err
}

func badYear() error { return refuse(http.StatusUnprocessableEntity, "bad_parameter", "year") }

// time is the instant after which nothing was known; zero if not asked for.
func (in KnownIn) time() (time.Time, error) {
	if in.Known == "" {
		return time.Time{}, nil
	}
	w, err := parseWhen(in.Known, "known")
	switch {
	case err != nil:
		return time.Time{}, err
	case w.Precision == domain.OnDay:
		return projections.KnownOn(w.Day()), nil
	}
	return w.At, nil
}

func actionOf(v projections.ActionView) PlanRow {
	a := v.Action
	return PlanRow{
		Action: a.Number, Title: textOf(a.Title), Executors: append([]string{}, a.Executors...),
		FirstYear: a.Term.First, LastYear: a.Term.Last, Ongoing: a.Term.Ongoing,
		Status: string(v.Status), AsOf: v.AsOf.String(), Due: v.Due.String(), DaysLate: v.DaysLate, Done: v.Done, Of: v.Of,
		Flags: append([]string{}, v.Flags...),
		Components: each(v.Components, func(c projections.ComponentView) componentJSON {
			return componentJSON{c.Component.ID, textOf(c.Component.Label), c.Effective.String()}
		}),
		Indicators: each(v.Indicators, indicatorOf),
	}
}

func indicatorOf(v projections.IndicatorView) indicatorJSON {
	i := v.Indicator
	out := indicatorJSON{
		Indicator: i.ID, Title: textOf(i.Label), Unit: i.Unit, Better: i.Better,
		Numerator: v.Numerator, Denominator: v.Denominator, Excluded: v.Excluded, Open: v.Open,
		TargetBy: v.TargetBy, TargetOn: v.TargetOn.String(), Status: string(v.Status),
	}
	if v.HasValue {
		out.Value = &v.Value
	}
	if v.HasTarget {
		out.Target = &v.Target
	}
	return out
}

func textOf(t domain.Text) textJSON { return textJSON{t.AZ, t.EN, t.RU} }
