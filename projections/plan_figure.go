package projections

import (
	"time"

	"nrm/domain"
)

// indicator is a figure with its target and how it stands.
func (x *appraisal) indicator(i domain.Indicator) IndicatorView {
	r := x.result(i.ID)
	f := x.figure(i, r)
	view := IndicatorView{
		Indicator: i, Value: r.value, HasValue: r.known, Numerator: r.num, Denominator: r.den, Excluded: r.excluded, Open: r.open,
		Target: f.Target, HasTarget: f.HasTarget, Status: x.stands(i, f, r),
	}
	if t := x.targets[i.ID]; t != nil {
		view.TargetBy, view.TargetOn, view.TargetReason = t.by, t.at.Day(), t.text("reason")
	}
	return view
}

func (x *appraisal) named(id string) domain.Indicator {
	for _, i := range x.a.Indicators {
		if i.ID == id {
			return i
		}
	}
	return domain.Indicator{} // never: the plan is checked
}

// figure holds a result against its target: the one last set, or the one fixed
// by the method. A level, such as the beds there are, does not grow with the
// year and is held against the whole target at once.
func (x *appraisal) figure(i domain.Indicator, r result) domain.Figure {
	f := domain.Figure{Value: r.value, Known: r.known, Better: i.Better, Volume: i.Volume() && i.Measure.Span != domain.Always}
	if t := x.targets[i.ID]; t != nil {
		f.Target, f.HasTarget = int(t.number("value")), true
	} else if i.Target != nil {
		f.Target, f.HasTarget = *i.Target, true
	}
	return f
}

// stands is the status of one figure: in its year, in the action's term, or as
// one deed of a milestone.
func (x *appraisal) stands(i domain.Indicator, f domain.Figure, r result) domain.Status {
	e := x.evidence()
	switch {
	case i.Measure.Kind == domain.Deed:
		e.Components = []domain.Day{x.deed(i.Measure.Component, e)}
		return domain.Judge(e).Status
	case i.Measure.Span == domain.InTerm:
		e.Kind, e.Recorded = domain.Cumulative, e.Recorded || r.num > 0 || r.open > 0
	default:
		e.Kind, e.Attested = domain.Yearly, x.attested[x.r.year]
		e.Start, e.Due = x.year()
	}
	return e.Stands(f)
}

// result measures an indicator, once.
func (x *appraisal) result(id string) result {
	r, ok := x.results[id]
	if ok {
		return r
	}
	i := x.named(id)
	s := x.scope(i.Measure.Span)
	switch i.Measure.Kind {
	case domain.Change:
		r = x.change(i.Measure.Base)
	case domain.Deed:
		if e := x.evidence(); !x.deed(i.Measure.Component, e).IsZero() {
			r = result{value: 1, num: 1, known: true}
		} else {
			r.known = e.Recorded || e.Attested
		}
	default:
		r = x.l.measure(i.Measure, s, i.Unit)
	}
	if !r.known && r.excluded == 0 && x.silent(i.Measure) {
		r.known = true // zero is not silence: somebody has signed for it
	}
	x.results[id] = r
	return r
}

// silent reports whether the zero of a measure is attested for its span. A rate
// or a duration of nothing has no value even so.
func (x *appraisal) silent(m domain.Measure) bool {
	switch m.Kind {
	case domain.Count, domain.Sum, domain.Lasted, domain.Stock, domain.Coverage:
	case domain.Quarters:
		if x.l.measure(m, x.scope(m.Span), "").den == 0 {
			return false
		}
	default:
		return false
	}
	if m.Span == domain.InYear {
		return x.attested[x.r.year]
	}
	return x.evidence().Attested
}

// scope is what an indicator is asked about.
func (x *appraisal) scope(span domain.Span) scope {
	s := scope{action: x.a.Number, year: x.r.year, at: x.r.at}
	switch span {
	case domain.InYear:
		s.from, s.to = x.year()
	case domain.InTerm:
		s.from, s.to = x.plan.Start(x.a.Term), x.plan.Due(x.a.Term)
	default:
		return s.ever()
	}
	if x.on.Before(s.to) {
		s.to = x.on
	}
	return s
}

// deed is the day on which a component took effect, zero while it has not.
func (x *appraisal) deed(id string, e domain.Evidence) domain.Day {
	for i, k := range x.a.Rule.Components {
		if k.ID == id {
			return e.Components[i]
		}
	}
	return domain.Day{} // never: the plan is checked
}

// change is how much a figure grew or shrank against the year before, in
// percent. Without a year before there is none.
func (x *appraisal) change(base string) result {
	now := x.result(base)
	last := x.l.appraise(x.plan, x.a, vantageOf(x.r.year-1, time.Time{})).result(base)
	if !now.known || !last.known || last.value == 0 {
		return result{excluded: now.excluded + last.excluded}
	}
	return result{value: 100 * (now.value - last.value) / last.value, known: true, num: now.num, den: last.num, excluded: now.excluded + last.excluded}
}
