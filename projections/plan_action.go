package projections

import (
	"time"

	"nrm/domain"
)

// An appraisal is one action of a plan from one vantage.
type appraisal struct {
	l        *ledger
	plan     *domain.Plan
	a        domain.PlanAction
	r        vantage
	on       domain.Day // the day asked about
	frozen   bool       // the plan is over, and this is its last year
	recorded bool       // anything but targets and attestations stands on the action's stream
	attested map[int]bool
	targets  map[string]*observation
	results  map[string]result // by indicator
}

func (l *ledger) appraise(p *domain.Plan, a domain.PlanAction, r vantage) *appraisal {
	x := &appraisal{l: l, plan: p, a: a, attested: map[int]bool{}, targets: map[string]*observation{}, results: map[string]result{}}
	if _, last := p.Years(); a.Term.Ongoing && r.year > last {
		r, x.frozen = vantageOf(last, time.Time{}), true
	}
	x.r, x.on = r, domain.DayOf(r.at)
	for _, spec := range domain.EventSpecs() {
		for _, o := range l.on[streamType{a.Number, spec.Type}] {
			switch {
			case o.kind != domain.ActionKind:
			case o.typ == "TargetSet":
				if last := x.targets[o.text("indicator")]; last == nil || o.seq > last.seq {
					x.targets[o.text("indicator")] = o
				}
			case o.typ == "ReportingPeriodAttested":
				x.attested[int(o.number("year"))] = true
			case !o.at.At.After(r.at):
				x.recorded = true
			}
		}
	}
	return x
}

// view is everything there is to say of the action.
func (x *appraisal) view() ActionView {
	e := x.evidence()
	view := ActionView{Action: x.a, Year: x.r.year, Start: e.Start, Due: e.Due, AsOf: x.on}
	if x.a.Rule == nil {
		return view
	}
	j := x.judge()
	view.Status, view.DaysLate, view.Done, view.Of, view.Flags = j.Status, j.DaysLate, j.Done, j.Of, j.Flags
	for i, k := range x.a.Rule.Components {
		view.Components = append(view.Components, ComponentView{Component: k, Effective: e.Components[i]})
	}
	for _, i := range x.a.Indicators {
		view.Indicators = append(view.Indicators, x.indicator(i))
	}
	return view
}

// judge is the action's status by the rule of the plan.
func (x *appraisal) judge() domain.Judgement {
	e := x.evidence()
	for _, id := range x.a.Rule.Indicators {
		i, r := x.named(id), x.result(id)
		f := x.figure(i, r)
		if x.a.Rule.Keep && x.r.year > x.plan.Decree.InForce.Year() {
			last := x.l.appraise(x.plan, x.a, vantageOf(x.r.year-1, time.Time{})).result(id)
			f.Last, f.HasLast = last.value, last.known
		}
		e.Figures = append(e.Figures, f)
		e.Recorded = e.Recorded || r.num > 0 || r.open > 0
	}
	j := domain.Judge(e)
	if x.frozen {
		j.Flags = append(j.Flags, domain.FlagFrozen)
	}
	return j
}

// evidence is what the status follows from, without the figures.
func (x *appraisal) evidence() domain.Evidence {
	e := domain.Evidence{Start: x.plan.Start(x.a.Term), Due: x.plan.Due(x.a.Term), AsOf: x.on, Closed: x.r.closed, Recorded: x.recorded}
	if x.a.Term.Ongoing {
		e.Start, e.Due = x.year()
	}
	for year := range x.attested {
		e.Attested = e.Attested || year >= e.Start.Year() && year <= min(e.Due.Year(), x.r.year)
	}
	if x.a.Rule != nil {
		e.Kind, e.Keep = x.a.Rule.Kind, x.a.Rule.Keep
		for _, k := range x.a.Rule.Components {
			e.Components = append(e.Components, x.component(k, e))
		}
	}
	return e
}

// year is the calendar year of the figures. The plan's first year begins when
// the decree came into force.
func (x *appraisal) year() (first, last domain.Day) {
	return x.plan.Start(domain.Term{First: x.r.year}), domain.NewDay(x.r.year, time.December, 31)
}

// component is the day on which a component took effect, zero while it has not.
func (x *appraisal) component(k domain.Component, e domain.Evidence) domain.Day {
	after := e.Start
	if k.After != nil {
		if after = x.firstDeed(*k.After, e, e.Start); after.IsZero() {
			return after
		}
	}
	var done domain.Day
	for _, deed := range k.Deeds {
		day := x.firstDeed(deed, e, after)
		if day.IsZero() {
			return day
		}
		if day.After(done) {
			done = day
		}
	}
	return done
}

// firstDeed is the first effective day of the facts that count, not before a
// day. Facts that nobody can date prove nothing.
func (x *appraisal) firstDeed(sel domain.Selection, e domain.Evidence, from domain.Day) domain.Day {
	var first domain.Day
	for _, o := range x.l.of(sel.Events) {
		if o.at.At.After(x.r.at) || !o.at.Known() || !x.l.matches(o, &sel, scope{action: x.a.Number}) {
			continue
		}
		if e.Counts(o.effective) && !o.effective.Before(from) && (first.IsZero() || o.effective.Before(first)) {
			first = o.effective
		}
	}
	return first
}
