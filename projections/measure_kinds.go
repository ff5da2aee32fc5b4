package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"nrm/domain"
)

// compliance judges duties as the domain judges them: the facts of each case are
// folded into the same clocks that the case's page shows, with what was known.
// A duty counts in the span in which it falls due.
func (l *ledger) compliance(m domain.Measure, s scope) result {
	rule, _ := domain.RuleOf(m.Rule)
	var only map[string]bool
	if m.Over != nil {
		only = map[string]bool{}
		for _, p := range l.find(m.Over, s.ever()).list {
			only[p.person] = true
		}
	}
	var num, den, excluded, open int64
	for _, o := range l.of(rule.From) { // a start that nobody can date starts no clock
		if !o.at.Known() && !o.at.At.After(s.at) && s.holds(o.at.Day()) && (only == nil || only[o.person]) {
			excluded++
		}
	}
	for stream, c := range l.cases(rule, s) {
		if only != nil && !only[stream] {
			continue
		}
		for _, k := range c.Clocks {
			last := domain.DayOf(k.Due.Add(-time.Second)) // the last day on which it is in time
			state := k.State(s.over())
			switch {
			case k.Rule != rule.ID:
			case state == domain.Waived:
			case state == domain.Unclear, !k.Stopped.IsZero() && k.Stopped.Before(k.Start):
				if s.holds(last) {
					excluded++
				}
			case k.Due.After(s.over()), state == domain.Halted:
				open++
			case !s.holds(last):
			case state == domain.Met:
				num++
				den++
			default:
				den++
			}
		}
	}
	return percent(num, den, excluded, open)
}

// cases folds the facts that a rule's clocks follow from, in the order of the log.
// Nothing in them corrects an earlier one: the ledger holds what stands.
func (l *ledger) cases(rule domain.Rule, s scope) map[string]*domain.Case {
	var facts []*observation
	for _, t := range rule.Types() {
		for _, o := range l.byType[t] {
			if !o.at.At.After(s.at) {
				facts = append(facts, o)
			}
		}
	}
	slices.SortFunc(facts, func(a, b *observation) int { return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.n, b.n)) })
	cases := map[string]*domain.Case{}
	for _, o := range facts {
		c := cases[o.stream]
		if c == nil {
			c = &domain.Case{}
			cases[o.stream] = c
		}
		e, err := domain.DecodeEvent(o.typ, o.raw)
		if err == nil {
			err = domain.Apply(c, domain.Decision{Seq: uint64(o.seq), Happened: o.at, Recorded: o.known, Events: []domain.AnyEvent{e}})
		}
		if err != nil { // a damaged row: no figure is better than a wrong one
			l.err = errors.Join(l.err, fmt.Errorf("fact %d.%d: %w", o.seq, o.n, err))
		}
	}
	return cases
}

// quarters is the part of the quarters that are over in which Of happened.
func (l *ledger) quarters(m domain.Measure, s scope) result {
	of := l.find(m.Of, s)
	over := l.find(m.Over, s)
	held := map[int]bool{}
	for _, p := range of.list {
		held[quarterOf(p.at.Day())] = true
	}
	var num, den, open int64
	for q := range 4 {
		first := domain.NewDay(s.year, time.Month(3*q+1), 1)
		last := domain.NewDay(s.year, time.Month(3*q+4), 1).Add(-1)
		switch {
		case first.Before(s.from), first.Before(m.Since), first.After(s.to):
		case last.After(s.to):
			open++
		default:
			den++
			if held[q] {
				num++
			}
		}
	}
	r := percent(num, den, over.excluded, open)
	r.known = r.known && over.seen
	return r
}

func quarterOf(d domain.Day) int { return (int(d.Start().Month()) - 1) / 3 }

// coverage is the part of a code list, as it is at the end of the scope, that
// the facts have reached.
func (l *ledger) coverage(m domain.Measure, s scope) result {
	p := l.find(m.Of, s)
	reached := map[string]bool{}
	var den int64
	for _, c := range domain.CodesOn(m.List, s.last()) {
		if c.Code != m.All {
			den++
		}
	}
	for _, v := range p.reached(m.Fields[0], s.last()) {
		reached[v] = true
	}
	num := int64(len(reached))
	if m.All != "" && reached[m.All] {
		num = den
	}
	r := percent(num, den, p.excluded, 0)
	r.known = p.seen
	return r
}

// reached gives the values of a field. Regions are those of a day's division: the
// one in which a fact's district lies, and those that lie within the regions
// which the facts name.
func (p picks) reached(field string, day domain.Day) (all []string) {
	for _, o := range p.list {
		values := o.values(field)
		if district := o.text("district"); field == "region" && district != "" {
			values = []string{domain.RegionOn(district, day)}
		}
		all = append(all, values...)
	}
	if field != "region" {
		return all
	}
	return domain.RegionsWithin(all, day)
}

// lasted counts the facts of the span that still held when their time was up,
// such as facilities that worked for at least 90 days.
func (l *ledger) lasted(m domain.Measure, s scope) result {
	p := l.find(m.Of, s.ever())
	r := result{excluded: p.excluded}
	for _, o := range p.list {
		if !s.holds(o.at.Day()) {
			continue
		}
		r.known = true
		last := domain.DayOf(m.Within.Due(o.at).At.Add(-time.Second))
		switch {
		case !o.end.IsZero() && !domain.DayOf(o.end).After(last): // it did not last
		case last.After(domain.DayOf(s.at)):
			r.open++
		default:
			r.num++
		}
	}
	r.value = float64(r.num)
	return r
}

// stock adds up the latest value of a field over the streams of Of.
func (l *ledger) stock(m domain.Measure, s scope) result {
	p := l.find(m.Of, s)
	latest := map[string]int64{}
	for _, o := range l.find(m.Over, s.ever()).list {
		latest[o.stream] = o.number(m.Fields[0])
	}
	var sum int64
	for _, o := range distinct(p.list, []string{domain.ByStream}) {
		sum += latest[o.key]
	}
	return amount(sum, p)
}

// composition is what the fields of the latest fact make of its total.
func (l *ledger) composition(m domain.Measure, s scope) result {
	p := l.find(m.Of, s)
	if len(p.list) == 0 {
		return result{excluded: p.excluded}
	}
	last := p.list[len(p.list)-1:]
	return percent(total(last, m.Fields), total(last, []string{m.Total}), p.excluded, 0)
}
