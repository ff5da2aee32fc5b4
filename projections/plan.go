package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"nrm/domain"
)

// PlanAsOf says for which calendar year the plan is measured, and with what
// knowledge.
type PlanAsOf struct {
	Year  int       // in Baku
	Known time.Time // facts that the mechanism knew later do not exist; the zero time leaves none out
	Now   time.Time // the register's clock: nothing is judged beyond it
}

// KnownOn is the last instant of a day in Baku: what was known on that day.
func KnownOn(d domain.Day) time.Time { return d.End().Add(-time.Millisecond) }

// limit is the time from which the question looks back.
func (q PlanAsOf) limit() time.Time {
	switch {
	case q.Known.IsZero():
		return q.Now
	case q.Now.IsZero() || q.Known.Before(q.Now):
		return q.Known
	}
	return q.Now
}

// A vantage is the point from which a year of the plan is looked at: its end, or
// an earlier time if the question looks back from there.
type vantage struct {
	year   int
	at     time.Time // the last instant of which anything is known
	closed bool      // the year is over
}

func vantageOf(year int, limit time.Time) vantage {
	end := domain.NewDay(year, time.December, 31).End()
	if limit.IsZero() || !limit.Before(end) {
		return vantage{year, end.Add(-1), true}
	}
	return vantage{year, limit, false}
}

// Plan gives all actions of the plan, those that are measured with their status
// and figures of a calendar year. The status is as of the end of that year, or
// of the time asked about if that is earlier; after the plan's last year an
// ongoing action stays as that year ended.
//
// A status or figure says nothing of facts that became known later. A target
// counts whenever it was set, as long as it was known: it is a yardstick, not a
// fact of the year, and is shown with its author and day.
func (v *Views) Plan(ctx context.Context, q PlanAsOf) ([]ActionView, error) {
	all, err := plan(ctx, v.readers, domain.CurrentPlan(), q)
	return all, wrap(err, "plan")
}

func plan(ctx context.Context, q queryer, p *domain.Plan, asOf PlanAsOf) ([]ActionView, error) {
	l, err := load(ctx, q, typesOf(p.Measured()...), asOf.Known, "")
	if err != nil {
		return nil, err
	}
	var all []ActionView
	for _, a := range p.Actions {
		all = append(all, l.appraise(p, a, vantageOf(asOf.Year, asOf.limit())).view())
	}
	return all, l.err
}

// Today is the key of an action's status now, or at the time asked about, among
// its statuses by year.
const Today = 0

// years gives the status of an action in each year of the plan that has begun,
// and under [Today] as it stands at the time asked about.
func (l *ledger) years(p *domain.Plan, a domain.PlanAction, asOf PlanAsOf) map[int]domain.Status {
	first, last := p.Years()
	today := domain.DayOf(asOf.limit()).Year()
	years := map[int]domain.Status{Today: l.appraise(p, a, vantageOf(today, asOf.limit())).judge().Status}
	for year := first; year <= min(last, today); year++ {
		years[year] = l.appraise(p, a, vantageOf(year, asOf.limit())).judge().Status
	}
	return years
}

// PlanAction is one action of [Views.Plan], with its status in each year of the
// plan that has begun and, under [Today], at the time asked about; the latter
// only for an action that is measured. It reads no more facts than the action
// needs. An unknown number is a fault.
func (v *Views) PlanAction(ctx context.Context, number string, q PlanAsOf) (ActionView, map[int]domain.Status, error) {
	view, years, err := planAction(ctx, v.readers, domain.CurrentPlan(), number, q)
	return view, years, wrap(err, "plan action")
}

func planAction(ctx context.Context, q queryer, p *domain.Plan, number string, asOf PlanAsOf) (ActionView, map[int]domain.Status, error) {
	a, ok := p.Action(number)
	if !ok {
		return ActionView{}, nil, fmt.Errorf("no action %q in %s", number, p.ID)
	}
	l, err := load(ctx, q, typesOf(a), asOf.Known, "")
	if err != nil {
		return ActionView{}, nil, err
	}
	var years map[int]domain.Status
	if a.Rule != nil {
		years = l.years(p, a, asOf)
	}
	return l.appraise(p, a, vantageOf(asOf.Year, asOf.limit())).view(), years, l.err
}

// typesOf lists the event types that the measures of actions look at, and all
// that can stand on an action's stream.
func typesOf(actions ...domain.PlanAction) []string {
	types := map[string]bool{}
	add := func(names ...string) {
		for _, n := range names {
			types[n] = true
		}
	}
	for _, spec := range domain.EventSpecs() {
		if spec.Kind == domain.ActionKind {
			add(spec.Type)
		}
	}
	var addSelection func(s *domain.Selection)
	addSelection = func(s *domain.Selection) {
		if s == nil {
			return
		}
		add(s.Events...)
		addSelection(s.With)
		if s.Lasting != nil {
			add(s.Lasting.EndedBy...)
		}
	}
	for _, a := range actions {
		if a.Rule == nil {
			continue
		}
		for _, k := range a.Rule.Components {
			for _, d := range k.Deeds {
				addSelection(&d)
			}
			addSelection(k.After)
		}
		for _, i := range a.Indicators {
			addSelection(i.Measure.Of)
			addSelection(i.Measure.Over)
			if r, ok := domain.RuleOf(i.Measure.Rule); ok {
				add(r.Types()...)
			}
		}
	}
	return sorted(types)
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
