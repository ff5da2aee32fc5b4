package projections

import (
	"slices"
	"time"

	"nrm/domain"
)

// A result is a measured value with what it is made of.
type result struct {
	value    float64
	known    bool // false: no data
	num, den int64
	excluded int64
	open     int64 // not yet due, or without an end: told, but not counted
}

// percent makes a part of a whole. Of nothing there is no part: neither 0 nor
// 100 percent.
func percent(num, den, excluded, open int64) result {
	r := result{num: num, den: den, excluded: excluded, open: open}
	if den > 0 {
		r.value, r.known = 100*float64(num)/float64(den), true
	}
	return r
}

func amount(n int64, p picks) result {
	return result{value: float64(n), known: p.seen, num: n, excluded: p.excluded}
}

// measure computes a measure that needs nothing but facts. See
// [domain.MeasureKind] for what each kind means.
func (l *ledger) measure(m domain.Measure, s scope, unit string) result {
	switch m.Kind {
	case domain.Count:
		p := l.find(m.Of, s)
		return amount(int64(len(distinct(p.list, m.Of.Units()))), p)
	case domain.Sum:
		p := l.find(m.Of, s)
		return amount(total(p.list, m.Fields), p)
	case domain.Share:
		return l.share(m, s)
	case domain.Median:
		return l.median(m, s, unit)
	case domain.Compliance:
		return l.compliance(m, s)
	case domain.Quarters:
		return l.quarters(m, s)
	case domain.Coverage:
		return l.coverage(m, s)
	case domain.Lasted:
		return l.lasted(m, s)
	case domain.Stock:
		return l.stock(m, s)
	case domain.Composition:
		return l.composition(m, s)
	}
	return result{} // Change and Deed are made from other figures of the action
}

// distinct gives the first fact of each key, with the keys in order.
func distinct(list []pick, units []string) (first []keyed) {
	seen := map[string]bool{}
	for _, p := range list {
		if k := p.key(units); k != "" && !seen[k] {
			seen[k] = true
			first = append(first, keyed{k, p})
		}
	}
	return first
}

type keyed struct {
	key string
	pick
}

func grouped(list []pick, units []string) map[string][]pick {
	by := map[string][]pick{}
	for _, p := range list {
		if k := p.key(units); k != "" {
			by[k] = append(by[k], p)
		}
	}
	return by
}

func total(list []pick, fields []string) (sum int64) {
	for _, p := range list {
		for _, f := range fields {
			sum += p.number(f)
		}
	}
	return sum
}

// ever widens a scope to all that has happened so far.
func (s scope) ever() scope {
	s.from = domain.Day{}
	s.to = domain.DayOf(s.at)
	return s
}

// share is the part of Over that also has Of. With a window, what falls due in
// the span is counted, whether or not it was done: what is done early and what
// is not yet due do not count before their day, or success would always come
// before failure.
func (l *ledger) share(m domain.Measure, s scope) result {
	if m.Order == domain.Together {
		return l.together(m, s)
	}
	reach := s
	if m.Within != "" {
		reach = s.ever()
	}
	over := l.find(m.Over, reach)
	span := s
	if m.Order != domain.AnyOrder {
		span = s.ever()
	}
	of := l.find(m.Of, span)
	by := grouped(of.list, m.Of.Units())
	unclear := l.unclear(m.Of, span)
	excluded := over.excluded
	var num, den, open int64
	for _, o := range distinct(over.list, m.Over.Units()) {
		var due domain.When
		if m.Within != "" {
			due = m.Within.Due(o.at)
			switch last := domain.DayOf(due.At.Add(-time.Second)); { // the last day on which it is in time
			case due.At.After(s.over()):
				open++
				continue
			case !s.holds(last):
				continue
			}
		}
		switch hit, bad := follows(o.pick, by[o.key], m.Order, due); {
		case hit:
			num++
			den++
		case bad || unclear[o.key]:
			excluded++
		default:
			den++
		}
	}
	return percent(num, den, excluded, open)
}

// follows reports whether one of the facts answers the first one. It is bad when
// an answer stands before the question.
func follows(first pick, answers []pick, order domain.Order, due domain.When) (hit, bad bool) {
	for _, a := range answers {
		switch {
		case order == domain.AnyOrder:
			return true, false
		case order == domain.OfBeforeOver:
			hit = hit || !first.at.Before(a.at)
		case a.at.Before(first.at):
			bad = true
		default:
			return due.IsZero() || a.at.At.Before(due.At), false
		}
	}
	return hit, bad && !hit
}

// unclear gives the keys of facts that happened, or ended, nobody knows when.
func (l *ledger) unclear(sel *domain.Selection, s scope) map[string]bool {
	keys := map[string]bool{}
	for _, o := range l.of(sel.Events) {
		if sel.Year != "" || o.at.At.After(s.at) || !l.matches(o, sel, s) {
			continue
		}
		dated := true
		if sel.Lasting != nil {
			_, dated = l.endOf(o, sel.Lasting, s)
		}
		if !o.at.Known() || !dated {
			keys[o.key(sel.Units())] = true
		}
	}
	return keys
}

// together is the part of Over that had Of on the last day of the span on which
// Over held.
func (l *ledger) together(m domain.Measure, s scope) result {
	over, of := l.find(m.Over, s), l.find(m.Of, s)
	guard := grouped(of.list, m.Of.Units())
	unclear := l.unclear(m.Of, s)
	excluded := over.excluded
	var num, den int64
	for key, held := range grouped(over.list, m.Over.Units()) {
		var last domain.Day
		for _, h := range held {
			end := s.to
			if !h.end.IsZero() && domain.DayOf(h.end).Before(end) {
				end = domain.DayOf(h.end)
			}
			if end.After(last) {
				last = end
			}
		}
		switch guarded := slices.ContainsFunc(guard[key], func(g pick) bool {
			return !g.at.Day().After(last) && (g.end.IsZero() || !domain.DayOf(g.end).Before(last))
		}); {
		case guarded:
			num++
			den++
		case unclear[key]:
			excluded++
		default:
			den++
		}
	}
	return percent(num, den, excluded, 0)
}

// median is the middle of the times from Over to the first Of that follows it,
// for those that ended in the span. In hours it needs both times to be known to
// the hour.
func (l *ledger) median(m domain.Measure, s scope, unit string) result {
	var r result
	over := l.find(m.Over, s.ever())
	of := l.find(m.Of, s.ever())
	by, unclear := grouped(of.list, m.Of.Units()), l.unclear(m.Of, s)
	r.excluded = l.find(m.Over, s).excluded
	var times []float64
	for _, o := range distinct(over.list, m.Over.Units()) {
		i := slices.IndexFunc(by[o.key], func(a pick) bool { return !a.at.Before(o.at) })
		switch {
		case i < 0 && (len(by[o.key]) > 0 || unclear[o.key]):
			if s.holds(o.at.Day()) {
				r.excluded++
			}
		case i < 0:
			if s.holds(o.at.Day()) {
				r.open++
			}
		case !s.holds(by[o.key][i].at.Day()):
		case unit == "hours" && (o.at.Precision == domain.OnDay || by[o.key][i].at.Precision == domain.OnDay):
			r.excluded++
		case unit == "hours":
			times = append(times, by[o.key][i].at.At.Sub(o.at.At).Hours())
		default:
			times = append(times, float64(by[o.key][i].at.Day().Since(o.at.Day())))
		}
	}
	if n := len(times); n > 0 {
		slices.Sort(times)
		r.value, r.known, r.num = (times[(n-1)/2]+times[n/2])/2, true, int64(n)
	}
	return r
}
