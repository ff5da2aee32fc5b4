package projections

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"nrm/domain"
)

// A folded case is a case with what its rows follow from.
type folded struct {
	ref   domain.Ref
	state *domain.Case
	data  domain.Holdings // who has data by which consent
	seq   uint64          // of the decision recorded last
	last  struct {
		typ      string
		happened domain.When
	} // the fact that happened last
	asked struct {
		at domain.When
		by string
	} // the request for erasure, which the approval replaces in the state
}

func newFolded(ref domain.Ref) *folded { return &folded{ref: ref, state: new(domain.Case)} }

// foldedOf folds the whole history of a case, as it stands.
func foldedOf(ref domain.Ref, history []domain.Decision) (*folded, error) {
	c := newFolded(ref)
	for _, d := range domain.Standing(history) {
		if err := c.add(d); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(history, domain.Decision.Corrects) { // what does not stand any more had let somebody know
		c.data = *domain.HoldingsOf(history)
	}
	return c, nil
}

// add adds a decision to the case, which corrects nothing that was added before.
func (c *folded) add(d domain.Decision) error {
	if err := domain.Evolve(c.state, d); err != nil {
		return err
	}
	c.data.Add(d)
	if r := c.state.Erasure; !c.state.Erased() {
		c.asked.at, c.asked.by = r.Asked, r.AskedBy
	}
	for _, e := range d.Events {
		at := domain.MomentOf(e, d.Times())
		if _, remark := e.(domain.DeviationNoted); c.seq == 0 || !remark && !at.At.Before(c.last.happened.At) {
			c.last.typ, c.last.happened = e.EventType(), at
		}
		c.seq = d.Seq
	}
	return nil
}

// rowsBeside are the rows of a case beside the one in cases, but for the reference.
type rowsBeside struct {
	access    []accessRow
	places    []placeRow
	agenda    []agendaItem
	deadlines []domain.DeadlineClock
	notices   []noticeRow
	erasure   erasureColumns
}

type accessRow struct {
	organisation, relation, stage string
	ended                         sql.NullInt64
	until                         int64
	longest                       bool
}

type placeRow struct{ facility, organisation, state string }

func (c *folded) rows() rowsBeside {
	r := rowsBeside{agenda: agendaOf(c.state), deadlines: clocksOf(c.state), erasure: c.erasure()}
	for i, a := range c.state.Access {
		r.access = append(r.access, accessRow{a.Organisation, string(a.Relation), c.state.Stage(), millis(a.Ended), untilOf(a.Until), longest(c.state.Access, i)})
	}
	for _, p := range c.state.Places {
		r.places = append(r.places, placeRow{string(p.Facility), p.Organisation, p.State})
	}
	for _, o := range c.data.Over(c.state.Access) {
		r.notices = append(r.notices, noticeOf(o))
	}
	return r
}

// clocksOf are the duties of a case. Those of one that was merged into another are
// the duties of that one.
func clocksOf(c *domain.Case) []domain.DeadlineClock {
	all := slices.Clone(c.Clocks)
	for i := range all {
		if c.MergedInto != "" && all[i].Open() {
			all[i].Waived = true
		}
	}
	return all
}

// follows reports whether r can be made of what was there by adding rows and
// changing those that are.
func (r rowsBeside) follows(was rowsBeside) bool {
	if len(was.access) > len(r.access) || len(was.places) > len(r.places) || len(was.agenda) > len(r.agenda) || len(was.deadlines) > len(r.deadlines) || len(was.notices) > len(r.notices) {
		return false
	}
	for i, a := range was.access {
		if a.organisation != r.access[i].organisation || a.relation != r.access[i].relation {
			return false
		}
	}
	return true
}

// A sheet holds rows of cases that are not written yet, as their columns.
type sheet struct{ rows, access, places, agenda, deadlines, notices []any }

// add makes the rows of a case, all but those that were there already.
func (s *sheet) add(c *folded, rows, was rowsBeside) {
	s.rows = c.appendRow(s.rows)
	for i, a := range rows.access {
		if i >= len(was.access) || a != was.access[i] {
			s.access = append(s.access, string(c.ref), a.organisation, a.relation, a.ended, a.until, a.longest, a.stage)
		}
	}
	for n, p := range rows.places {
		if n >= len(was.places) || p != was.places[n] {
			s.places = append(s.places, string(c.ref), n, p.facility, p.organisation, p.state)
		}
	}
	for n, a := range rows.agenda {
		if n >= len(was.agenda) || a != was.agenda[n] {
			s.agenda = append(s.agenda, string(c.ref), n, a.item, a.since, a.organisation)
		}
	}
	for n, k := range rows.deadlines {
		if n >= len(was.deadlines) || k != was.deadlines[n] {
			s.deadlines = appendDeadline(s.deadlines, c.ref, n, k)
		}
	}
	for n, r := range rows.notices {
		if n >= len(was.notices) || r != was.notices[n] {
			s.notices = appendNotice(s.notices, c.ref, n, r)
		}
	}
}

// write writes what is on a sheet.
func (w *writer) write(ctx context.Context, s *sheet) error {
	for _, part := range []struct {
		table   string
		in      inserts
		columns []any
	}{{"cases", w.rows, s.rows}, {"access", w.access, s.access}, {"places", w.places, s.places}, {"agenda", w.agenda, s.agenda}, {"deadlines", w.deadlines, s.deadlines}, {"notices", w.notices, s.notices}} {
		if err := w.insert(ctx, part.in, part.columns); err != nil {
			return fmt.Errorf("%s: %w", part.table, err)
		}
	}
	return nil
}

// refreshCase puts the rows of a case on a sheet where there were some already.
func (w *writer) refreshCase(ctx context.Context, s *sheet, c *folded, was rowsBeside) error {
	rows := c.rows()
	if rows.erasure != was.erasure {
		if err := w.writeErasure(ctx, c.ref, rows.erasure); err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
	}
	if !rows.follows(was) {
		if err := w.forgetCase(ctx, c.ref); err != nil {
			return err
		}
		was = rowsBeside{}
	}
	s.add(c, rows, was)
	return nil
}

// forgetCase takes away the rows of a case beside its own.
func (w *writer) forgetCase(ctx context.Context, ref domain.Ref) error {
	for _, s := range w.forget {
		if err := w.exec(ctx, s, string(ref)); err != nil {
			return err
		}
	}
	return nil
}

const caseColumns = `ref, stage, status, age, region, country, detected, detected_precision, danger, missing, risk, deviations,
	last_seq, last_type, last_happened, last_precision, closed, hosted, handover, screening, decision, waiting, allowance,
	next, next_rule, next_due, runs_out`

// orChangeCase has a row of cases change the one that is there.
func orChangeCase() string {
	columns := strings.Split(strings.Join(strings.Fields(caseColumns), ""), ",")
	var set []string
	for _, c := range columns[1:] {
		set = append(set, c+` = excluded.`+c)
	}
	return ` ON CONFLICT (ref) DO UPDATE SET ` + strings.Join(set, `, `)
}

func (of *folded) appendRow(columns []any) []any {
	c, waits := of.state, waitsFor(of.state)
	next, rule, due := sql.NullInt64{}, sql.NullString{}, int64(forever)
	if n := nextDue(c.Clocks); n >= 0 && c.MergedInto == "" {
		next, rule, due = sql.NullInt64{Int64: int64(n), Valid: true}, sql.NullString{String: c.Clocks[n].Rule, Valid: true}, c.Clocks[n].Due.Unix()
	}
	return append(columns, string(of.ref), c.Stage(), c.Status, c.AgeNow(), domain.RegionOn(c.District, c.Detected.Day()), c.Country,
		seconds(c.Detected), string(c.Detected.Precision), c.ImmediateDanger, c.IsMissing(), c.Risk, len(c.Deviations),
		int64(of.seq), of.last.typ, of.last.happened.At.Unix(), string(of.last.happened.Precision),
		c.IsClosed() || c.MergedInto != "", c.Host() != nil, waits.handover, waits.screening, waits.decision, waits.waiting, waits.allowance,
		next, rule, due, runsOut(c))
}

// runsOut is when the clock has to look at a case, or the end of time.
func runsOut(c *domain.Case) int64 {
	if at, ok := c.RunsOut(); ok {
		return at.Unix()
	}
	return forever
}

// nextDue finds the open duty that is due first, or -1.
func nextDue(clocks []domain.DeadlineClock) int {
	next := -1
	for n, k := range clocks {
		if k.Runs() && !k.Period && (next < 0 || k.Due.Before(clocks[next].Due)) {
			next = n
		}
	}
	return next
}

// longest reports whether row i is the one that stands for all of its
// organisation: the first of those that last longest.
func longest(rows []domain.Access, i int) bool {
	for j, a := range rows {
		mine, other := untilOf(rows[i].Until), untilOf(a.Until)
		if a.Organisation == rows[i].Organisation && (other > mine || other == mine && j < i) {
			return false
		}
	}
	return true
}
