package projections

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// Case gives what the actor may see of a case. A case that is not there and one
// that the actor may not know of are the same refusal, "no_such_case", found
// out in the same way. Whoever only referred the person gets the row alone. What
// the actor may read of the person is opened; if that fails, so does the page,
// unless nobody can read it any more: see Entry.
func (v *Views) Case(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) (CasePage, error) {
	var (
		rows    []CaseRow
		history []deed
		glass   []domain.Access
	)
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		where := sightOf(by, now).each(`c`).and(condition{`c.ref = ?`, []any{string(ref)}})
		rows, _, err = caseRows(ctx, tx, by, now, where.sql, where.args...)
		if err != nil || len(rows) == 0 {
			return err
		}
		history, err = shown(ctx, tx, v.keys, selectShown+` WHERE kind = ? AND stream = ? ORDER BY seq, n`, string(domain.CaseKind), string(ref))
		if err != nil {
			return err
		}
		glass, err = glassRows(ctx, tx, ref)
		return err
	})
	if err != nil {
		return CasePage{}, wrap(err, "case")
	}
	c, stops, err := foldJudging(history)
	if err != nil {
		return CasePage{}, wrap(err, "case")
	}
	if len(rows) == 0 || !domain.MaySee(by, c.Access, now) {
		return CasePage{}, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_case"}
	}
	p := CasePage{Row: rows[0], State: c, Access: organisations(c.Access)}
	access, at := slices.Concat(c.Access, glass), now // of today, whatever was true when the reader's part ended
	r := reader{by: by, now: now, access: access}
	if !domain.Leads(by, access) {
		r.strays = straysOf(history)
	}
	p.Relations = domain.RelationsOf(by, access, now)
	if !domain.MayRead(by, access, domain.Flow, now) {
		p.State, p.Access = p.Row.state(), nil
		return p, nil
	}
	if end := domain.ReadsUntil(by, access, domain.Flow, now); !end.IsZero() {
		history = slices.DeleteFunc(history, func(d deed) bool { return d.Known().After(end) })
		if c, stops, err = foldJudging(history); err != nil {
			return CasePage{}, wrap(err, "case")
		}
		p.State, p.Access, at = c, organisations(c.Access), end
	}
	for _, k := range clocksOf(c) {
		p.Due = append(p.Due, Due{Ref: ref, Clock: k, State: k.State(at), Stage: c.Stage()})
	}
	slices.SortStableFunc(p.Due, func(a, b Due) int { return a.Clock.Due.Compare(b.Clock.Due) })
	if p.Conformance, err = conformance(history, at); err != nil {
		return CasePage{}, wrap(err, "case")
	}
	r.places = c.Places
	for i, d := range history {
		p.Timeline = append(p.Timeline, r.entries(d, c.Clocks, stops[i])...)
	}
	p.markCorrected(history)
	newestFirst(p.Timeline)
	p.Hold, p.Erased = c.Hold, erasedNote(by, c, history)
	if !inUnit(by.Role) && c.Erasure.AskedBy != "" {
		told := *c
		told.Erasure.AskedBy, p.State = "", &told
	}
	if err := p.open(ctx, domain.ToldAs(by, access, now)); err != nil {
		return CasePage{}, wrap(err, "case")
	}
	if !r.sees(domain.Health) {
		p.hideServices()
	}
	if !r.sees(domain.Location) || domain.Houses(by.Organisation) {
		p.hideLocation(by)
	}
	return p, nil
}

// organisations leaves out the officer to whom the case is assigned: the account
// of a person is no organisation, and not for everybody.
func organisations(rows []domain.Access) []domain.Access {
	return slices.DeleteFunc(slices.Clone(rows), func(a domain.Access) bool { return a.Relation == domain.Assigned })
}

// state is the little of a case that a row tells.
func (r CaseRow) state() *domain.Case {
	return &domain.Case{Detected: r.Detected, Status: r.Status, Age: r.Age, Country: r.Country, ImmediateDanger: r.Danger}
}

// foldJudging folds a history and says which clocks each decision stopped. A
// later decision that knows an earlier stop stops a clock again.
func foldJudging(history []deed) (*domain.Case, [][]int, error) {
	c := new(domain.Case)
	stops := make([][]int, len(history))
	for i, d := range standing(history) {
		before := slices.Clone(c.Clocks)
		if err := domain.Evolve(c, d); err != nil {
			return nil, nil, err
		}
		for n, k := range c.Clocks {
			if k.Stopped.IsZero() || n < len(before) && before[n].Stopped.Equal(k.Stopped) {
				continue
			}
			stops[i] = append(stops[i], n)
		}
	}
	return c, stops, nil
}

// newestFirst sorts by when it happened, then by when it was recorded.
func newestFirst(entries []Entry) {
	slices.Reverse(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Happened.At.Compare(a.Happened.At), cmp.Compare(b.Seq, a.Seq))
	})
}

// A reader is an actor in front of one timeline.
type reader struct {
	by     domain.Actor
	now    time.Time
	access []domain.Access
	places []domain.Place
	strays map[domain.EventAt]bool // that are about another person, unless the reader leads the case
}

// straysOf are the events that were voided because they belong on another case: what
// they say is about another person.
func straysOf(history []deed) map[domain.EventAt]bool {
	all := map[domain.EventAt]bool{}
	for _, d := range history {
		for _, f := range d.facts {
			if e, is := f.event.(domain.EventVoided); is && e.Reason == "wrong_case" {
				all[e.Event] = true
			}
		}
	}
	return all
}

func (r reader) sees(c domain.Compartment) bool { return domain.MayRead(r.by, r.access, c, r.now) }

// tooLate reports whether a decision became known after the reader's part in the
// compartment was over, though another part of theirs may last.
func (r reader) tooLate(c domain.Compartment, d deed) bool {
	end := domain.ReadsUntil(r.by, r.access, c, r.now)
	return !end.IsZero() && d.Known().After(end)
}

// entries shows a decision of a case: one entry for each event but the remarks,
// which stand with the first.
func (r reader) entries(d deed, clocks []domain.DeadlineClock, stopped []int) []Entry {
	var all []Entry
	var remarks []string
	for _, f := range d.facts {
		if e, ok := f.event.(domain.DeviationNoted); ok && len(d.facts) > 1 {
			remarks = append(remarks, e.Code)
			continue
		}
		e := entryOf(d, f)
		e.Rule, e.Judged = judged(f, clocks, stopped, r.now)
		spec, _ := domain.EventSpecOf(e.Type)
		if spec.Compartment == domain.Location && (r.sees(domain.Location) || r.by.Role.SeesEveryCase()) {
			e.Region = r.region(f.event, f.happened.Day())
		}
		e.Erased = emptied(f.event)
		if e.Erased || !r.sees(spec.Compartment) || r.tooLate(spec.Compartment, d) || spec.Compartment == domain.Location && domain.Houses(r.by.Organisation) && domain.SiteOf(f.event).Organisation != r.by.Organisation {
			e.Event = nil
		}
		if e.Event == nil && !e.Erased && spec.Compartment == domain.Location && r.by.Role.SeesEveryCase() {
			e.Event = domain.FlowOf(f.event)
		}
		e.Event = domain.WithoutParts(e.Event, func(of domain.Compartment) bool { return r.sees(of) && !r.tooLate(of, d) })
		if c, corrects := f.event.(domain.FactCorrected); corrects && (!r.sees(correctedType(c)) || r.strays[c.Event]) {
			e.Event = nil // it tells what the reader does not see
		}
		if r.strays[e.At] {
			e.Event, e.Region = nil, ""
		}
		if !inUnit(r.by.Role) {
			e.By.User = ""
		}
		all = append(all, e)
	}
	if len(all) > 0 {
		all[0].Deviation = remarks
	}
	return all
}

func entryOf(d deed, f fact) Entry {
	spec, _ := domain.EventSpecOf(f.event.EventType())
	return Entry{
		Seq: d.Seq, Stream: d.Stream, At: domain.EventAt{Decision: d.ID, Place: f.n}, Event: f.event, Type: spec.Type, Track: spec.Track, Happened: f.happened,
		Known: d.Known(), Recorded: d.Recorded, Imported: d.Imported(), By: d.By,
	}
}

// inUnit reports whether the role belongs to the special police unit.
func inUnit(r domain.Role) bool {
	return r == domain.DutyOfficer || r == domain.CaseOfficer || r == domain.Head
}

// judged says which duty an event fulfilled, as things stand, and whether in
// time. Of several the one that was late counts.
func judged(f fact, clocks []domain.DeadlineClock, stopped []int, now time.Time) (rule string, state domain.ClockState) {
	for _, n := range stopped {
		k := clocks[n]
		r, _ := domain.RuleOf(k.Rule)
		if !slices.Contains(r.To, f.event.EventType()) || !k.Stopped.Equal(f.happened) {
			continue
		}
		if s := k.State(now); s == domain.Late || s == domain.Met && state != domain.Late {
			rule, state = k.Rule, s
		}
	}
	return rule, state
}

// region is where the facility is that an event of a day is about.
func (r reader) region(e domain.AnyEvent, day domain.Day) string {
	site := domain.SiteOf(e)
	if site.District != "" {
		return domain.RegionOn(site.District, day)
	}
	for _, p := range r.places {
		if p.Facility == site.Facility {
			return domain.RegionOn(p.District, day)
		}
	}
	return ""
}
