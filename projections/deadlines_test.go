package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

func TestOverdueAndMarking(t *testing.T) {
	w, v, caughtUp := seeing(t, 61)
	begun := w.now
	for range 3 {
		w.referred(referrer)
		w.later(time.Hour)
	}
	w.must(duty, domain.CaseStream(w.cases[1]), domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	caughtUp()

	toMark := func(now time.Time, limit int) []Due {
		t.Helper()
		list, err := v.ToMark(t.Context(), now, limit)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	due := begun.Add(24 * time.Hour) // the first instant that is too late
	if list := toMark(due.Add(-time.Millisecond), 10); len(list) != 0 {
		t.Errorf("too early: %+v", list)
	}
	if list := toMark(due, 10); len(list) != 1 || list[0].Ref != w.cases[0] || list[0].Clock.Rule != "handover" || list[0].State != domain.Overdue {
		t.Errorf("at the due instant: %+v", list)
	}
	w.now = begun.Add(48 * time.Hour)
	list := toMark(w.now, 10)
	if refs := refsOf(list); !slices.Equal(refs, []domain.Ref{w.cases[0], w.cases[2]}) {
		t.Errorf("to mark: %v", refs)
	}
	if list := toMark(w.now, 1); len(list) != 1 || list[0].Ref != w.cases[0] {
		t.Errorf("the oldest first: %+v", list)
	}
	for _, d := range list {
		w.must(domain.ClockActor(), domain.CaseStream(d.Ref), domain.MarkOverdue{Rule: d.Clock.Rule})
	}
	caughtUp()
	if list := toMark(w.now, 10); len(list) != 0 {
		t.Errorf("marked already: %+v", list)
	}
	overdue, n, err := v.Overdue(t.Context(), coordinator, w.now, 0, 0)
	if err != nil || n != 2 || !slices.Equal(refsOf(overdue), []domain.Ref{w.cases[0], w.cases[2]}) || !overdue[0].Clock.Missed {
		t.Errorf("overdue %+v of %d, %v", overdue, n, err)
	}
	if page, n, err := v.Overdue(t.Context(), coordinator, w.now, 1, 1); err != nil || n != 2 || !slices.Equal(refsOf(page), []domain.Ref{w.cases[2]}) {
		t.Errorf("second page %+v of %d, %v", page, n, err)
	}
	w.must(duty, domain.CaseStream(w.cases[0]), domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	caughtUp()
	if _, n, err := v.Overdue(t.Context(), coordinator, w.now, 0, 0); err != nil || n != 1 {
		t.Errorf("%d overdue after one was done, %v", n, err)
	}
}

func refsOf(list []Due) (refs []domain.Ref) {
	for _, d := range list {
		refs = append(refs, d.Ref)
	}
	return refs
}
