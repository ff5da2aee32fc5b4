package projections

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nrm/domain"
)

// A ledger holds the facts that a question is about, as the mechanism knew them
// at one time. Measures are computed from it alone.
type ledger struct {
	byType map[string][]*observation // in the order in which they happened
	on     map[streamType][]*observation
	merged map[string][]*observation // of several types, made when asked for
	err    error                     // a fact that could not be read: then there are no figures
}

type streamType struct{ stream, typ string }

// An observation is a fact as measures see it.
type observation struct {
	seq       int64
	n         int
	kind      domain.StreamKind
	stream    string // a reference, or an action's number
	person    string // of a case that was merged into another: that one; otherwise the stream
	typ       string
	at        domain.When
	effective domain.Day // see [domain.Effective]
	known     time.Time
	by        string // the organisation that said so
	raw       []byte
	data      map[string]any // raw, once it was needed
}

// load reads the facts of the types that were known at a time; the zero time
// means all. where may narrow them further.
func load(ctx context.Context, q queryer, types []string, known time.Time, where string, args ...any) (*ledger, error) {
	const columns = `SELECT seq, n, kind, stream, type, happened, precision, effective, known, organisation, data FROM `
	query := ` WHERE type IN (?` + strings.Repeat(`,?`, len(types)-1) + `)`
	var all []any
	for _, t := range types {
		all = append(all, t)
	}
	if !known.IsZero() {
		query += ` AND known <= ?`
		all = append(all, known.UnixMilli())
	}
	if where != "" {
		query += ` AND (` + where + `)`
		all = append(all, args...)
	}
	facts, err := collect(ctx, q, scanObservation, columns+`facts`+query, all...)
	if err != nil {
		return nil, fmt.Errorf("facts for measures: %w", err)
	}
	changed, err := revised(ctx, q, known)
	if err != nil {
		return nil, fmt.Errorf("corrections for measures: %w", err)
	}
	if len(changed) > 0 {
		facts = slices.DeleteFunc(facts, func(o *observation) bool { return changed[[2]int64{o.seq, int64(o.n)}] })
		at := instant(known)
		right, err := collect(ctx, q, scanObservation, columns+corrected+query, append([]any{at, at}, all...)...)
		if err != nil {
			return nil, fmt.Errorf("corrected facts for measures: %w", err)
		}
		facts = append(facts, right...)
	}
	if err := joinPersons(ctx, q, instant(known), facts); err != nil {
		return nil, fmt.Errorf("persons for measures: %w", err)
	}
	return newLedger(facts), nil
}

func scanObservation(row *sql.Rows) (*observation, error) {
	o := &observation{}
	var happened, known int64
	var precision, effective string
	err := row.Scan(&o.seq, &o.n, &o.kind, &o.stream, &o.typ, &happened, &precision, &effective, &known, &o.by, &o.raw)
	if err != nil {
		return nil, err
	}
	o.at = domain.When{At: time.Unix(happened, 0).UTC(), Precision: domain.Precision(precision)}
	o.known, o.person = time.UnixMilli(known).UTC(), o.stream
	if !json.Valid(o.raw) {
		return nil, fmt.Errorf("fact %d.%d holds no JSON", o.seq, o.n)
	}
	return o, o.effective.UnmarshalText([]byte(effective))
}

func newLedger(facts []*observation) *ledger {
	slices.SortFunc(facts, inOrder)
	l := &ledger{byType: map[string][]*observation{}, on: map[streamType][]*observation{}, merged: map[string][]*observation{}}
	for _, o := range facts {
		l.byType[o.typ] = append(l.byType[o.typ], o)
		key := streamType{o.person, o.typ}
		l.on[key] = append(l.on[key], o)
	}
	return l
}

func inOrder(a, b *observation) int {
	return cmp.Or(a.at.At.Compare(b.at.At), cmp.Compare(a.seq, b.seq), cmp.Compare(a.n, b.n))
}

// of gives the facts of several types in the order in which they happened.
func (l *ledger) of(types []string) []*observation {
	if len(types) == 1 {
		return l.byType[types[0]]
	}
	key := strings.Join(types, " ")
	all, ok := l.merged[key]
	if !ok {
		for _, t := range types {
			all = append(all, l.byType[t]...)
		}
		slices.SortFunc(all, inOrder)
		l.merged[key] = all
	}
	return all
}

// values gives a data field as text: each element of a list, nothing for what
// is not there. "region" follows from the district and the day.
func (o *observation) values(field string) []string {
	if o.data == nil {
		o.data = map[string]any{}
		_ = json.Unmarshal(o.raw, &o.data) // it was valid when it was read, and events are objects
	}
	v, ok := o.data[field]
	if !ok && field == "region" {
		v = domain.RegionOn(o.text("district"), o.at.Day())
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var texts []string
	for _, v := range list {
		if s := textOf(v); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// text is the field's only value, or nothing.
func (o *observation) text(field string) string {
	if all := o.values(field); len(all) == 1 {
		return all[0]
	}
	return ""
}

// number is a field that holds a whole number, 0 where it is not there.
func (o *observation) number(field string) int64 {
	n, _ := strconv.ParseInt(o.text(field), 10, 64) // events hold whole numbers or none
	return n
}

// key names what is counted once; it is empty where a field is.
func (o *observation) key(units []string) string {
	var parts []string
	for _, u := range units {
		part := ""
		switch u {
		case domain.ByStream:
			part = o.person
		case domain.ByEvent:
			part = strconv.FormatInt(o.seq, 10) + "." + strconv.Itoa(o.n)
		default:
			part = o.text(u)
		}
		if part == "" {
			return ""
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// A scope is what a measure is asked about: an action, a span of days, and the
// last instant of which anything is known.
type scope struct {
	action   string
	year     int
	from, to domain.Day // both included; from may be zero: ever
	at       time.Time
}

// over is the first instant after the scope: what is due then has fallen due.
func (s scope) over() time.Time { return s.at.Add(1) }

// last is the last day of the scope.
func (s scope) last() domain.Day {
	if s.to.IsZero() {
		return domain.DayOf(s.at)
	}
	return s.to
}

func (s scope) holds(d domain.Day) bool { return !d.Before(s.from) && !d.After(s.to) }

// A pick is a fact that a selection has found, with when it ceased to hold.
type pick struct {
	*observation
	end time.Time // zero while it lasts, and for facts that do not last
}

// picks are the facts of a selection in a scope.
type picks struct {
	list     []pick
	excluded int64 // left out: nobody knows when they happened, or when they ended
	seen     bool  // there are such facts, even if they no longer hold
}

// find picks the facts of a selection.
func (l *ledger) find(sel *domain.Selection, s scope) picks {
	var p picks
	for _, o := range l.of(sel.Events) {
		if !l.matches(o, sel, s) {
			continue
		}
		switch {
		case sel.Year != "":
			if o.number(sel.Year) != int64(s.year) {
				continue
			}
		case o.at.At.After(s.at) || sel.Lasting == nil && !s.holds(o.at.Day()):
			continue
		case !o.at.Known():
			p.excluded++
			continue
		}
		one := pick{observation: o}
		if sel.Lasting != nil {
			p.seen = true
			end, ok := l.endOf(o, sel.Lasting, s)
			if !ok {
				p.excluded++
				continue
			}
			if !end.IsZero() && (sel.Lasting.Now || domain.DayOf(end).Before(s.from)) {
				continue
			}
			one.end = end
		}
		p.seen = true
		p.list = append(p.list, one)
	}
	return p
}

// matches reports whether the fact is of the kind that is looked for, whenever
// it happened.
func (l *ledger) matches(o *observation, sel *domain.Selection, s scope) bool {
	if sel.Own && (o.kind != domain.ActionKind || o.stream != s.action) {
		return false
	}
	for field, wanted := range sel.Where {
		if !slices.ContainsFunc(o.values(field), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	for field, barred := range sel.Except {
		if slices.ContainsFunc(o.values(field), func(v string) bool { return slices.Contains(barred, v) }) {
			return false
		}
	}
	for field, least := range sel.Least {
		if o.number(field) < int64(least) {
			return false
		}
	}
	for _, field := range sel.Has {
		if len(o.values(field)) == 0 {
			return false
		}
	}
	return sel.With == nil || l.has(o, sel.With, s)
}

// has reports whether the fact's stream has one of the facts by then.
func (l *ledger) has(o *observation, with *domain.Selection, s scope) bool {
	for _, typ := range with.Events {
		for _, w := range l.on[streamType{o.person, typ}] {
			if w.at.Known() && !o.at.Before(w.at) && l.matches(w, with, s) {
				return true
			}
		}
	}
	return false
}

// endOf is when a fact ceased to hold, zero while it lasts. It is not ok when
// the fact has ended and nobody knows when.
func (l *ledger) endOf(o *observation, last *domain.Lasting, s scope) (end time.Time, ok bool) {
	if last.Until != "" {
		if d, err := domain.ParseDay(o.text(last.Until)); err == nil && d.Before(domain.DayOf(s.at)) {
			end = d.End()
		}
	}
	for _, typ := range last.EndedBy {
		for _, e := range l.on[streamType{o.person, typ}] {
			if e.at.At.After(s.at) || e.at.Known() && e.at.Before(o.at) || !after(e, o) || !same(e, o, last.Match) {
				continue
			}
			if !e.at.Known() {
				return time.Time{}, false
			}
			if end.IsZero() || e.at.At.Before(end) {
				end = e.at.At
			}
			break
		}
	}
	return end, true
}

// after reports whether the later fact was recorded after the earlier one: of
// two on one day only the log knows the order.
func after(later, earlier *observation) bool {
	if later.at.Known() && earlier.at.Before(later.at) {
		return true
	}
	return later.seq > earlier.seq || later.seq == earlier.seq && later.n > earlier.n
}

func same(a, b *observation, fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return a.text(f) != b.text(f) })
}
