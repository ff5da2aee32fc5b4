package projections

import (
	"testing"
	"time"

	"nrm/domain"
)

// A person counts once, whatever the number of their cases, from when it was known
// that they are one, and twice again once that was taken back.
func TestMergedPersonCountsOnce(t *testing.T) {
	w, v, caughtUp := seeing(t, 84)
	one, two := w.referred(referrer), w.referred(referrer)
	for _, ref := range []domain.Ref{one, two} {
		w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.DeliverService{Service: "employment"})
	}
	apart := w.now.Add(10 * time.Minute)
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.MergeCases{Other: two})
	merged := w.now.Add(10 * time.Minute)
	check := func(when string, known time.Time, want int64) {
		t.Helper()
		caughtUp()
		for _, id := range []string{"jobs", "presumed"} {
			if got := line(t, v, known, id).Count; got != want {
				t.Errorf("%s: %d %s, want %d", when, got, id, want)
			}
		}
	}
	check("merged", time.Time{}, 1)
	check("as known before", apart, 2)
	p, err := v.Case(t.Context(), officer, w.now, two)
	if err != nil || p.Row.Stage != "merged" || p.Row.Next != nil || p.State.MergedInto != one {
		t.Errorf("the merged case: %+v, %v", p.Row, err)
	}
	for _, d := range p.Due {
		if d.State == domain.Overdue || d.State == domain.Running {
			t.Errorf("a merged case has the duty %+v", d)
		}
	}
	if list, err := v.ToMark(t.Context(), w.now.Add(1000*time.Hour), 100); err != nil || len(list) == 0 {
		t.Errorf("%v, %v", list, err)
	} else {
		for _, d := range list {
			if d.Ref == two {
				t.Errorf("%+v is to be marked", d)
			}
		}
	}
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.UndoMerge{Other: two, Reason: "typing"})
	check("taken apart", time.Time{}, 2)
	check("as known while they were merged", merged, 1)
	w.later(time.Hour).must(officer, domain.CaseStream(two), domain.MergeCases{Other: one})
	w.later(time.Hour).must(head, domain.CaseStream(two), domain.RequestErasure{Reason: "retention_over"})
	w.later(time.Hour).must(protector, domain.CaseStream(two), domain.ApproveErasure{})
	caughtUp()
	if refs, err := v.Unfinished(t.Context()); err != nil || len(refs) != 2 {
		t.Errorf("%v are to be erased: %v", refs, err)
	}
}

// A case that was split is of two persons, from when that was known.
func TestSplitCaseCountsTwoPersons(t *testing.T) {
	w, v, caughtUp := seeing(t, 86)
	ref := w.referred(referrer)
	together := w.now.Add(10 * time.Minute)
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.SplitCase{Reason: "two_persons", Status: "presumed", Age: "adult", Sex: "male", Citizenship: "az"})
	caughtUp()
	if got := line(t, v, time.Time{}, "presumed").Count; got != 2 {
		t.Errorf("split: %d presumed", got)
	}
	if got := line(t, v, together, "presumed").Count; got != 1 {
		t.Errorf("as known before: %d presumed", got)
	}
}
