package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

func (w *world) person(family, given string, year int, number string) domain.Ref {
	w.t.Helper()
	ref := w.referred(referrer)
	who := called(family, given)
	who.BirthYear = year
	w.later(time.Hour).must(officer, domain.CaseStream(ref), who)
	if number != "" {
		w.later(time.Hour).must(officer, domain.CaseStream(ref), document(number))
	}
	return ref
}

// One person under the spellings of three languages is found; another with a like
// name is not, and nobody outside the unit is told.
func TestCandidates(t *testing.T) {
	w, v, caughtUp := seeing(t, 85)
	one := w.person("Şıxəliyeva", "Günay", 1998, "AZE 1234567")
	russian := w.person("Шихалиева", "Гюнай", 1998, "")
	english := w.person("Shikhaliyeva", "Gunay", 1999, "")
	papers := w.person("Həsənova", "Lalə", 1998, "aze1234567")
	w.person("Şıxəliyeva", "Nərgiz", 1971, "")
	w.person("Məmmədova", "Aytən", 1998, "")
	caughtUp()
	ask := func(by domain.Actor) (refs []domain.Ref, all []Candidate) {
		t.Helper()
		all, err := v.Candidates(t.Context(), by, w.now, one)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			refs = append(refs, c.Ref)
		}
		return refs, all
	}
	refs, all := ask(officer)
	slices.Sort(refs)
	want := []domain.Ref{russian, english, papers}
	if slices.Sort(want); !slices.Equal(refs, want) {
		t.Fatalf("%+v, want %v", all, want)
	}
	for _, c := range all {
		if c.Ref == papers && (!slices.Contains(c.Agrees, "document") || !slices.Contains(c.Differs, "name")) {
			t.Errorf("%+v", c)
		}
		for _, code := range slices.Concat(c.Agrees, c.Differs) {
			if _, ok := domain.CodeOf("duplicate_trait", code); !ok {
				t.Errorf("%s is no code", code)
			}
		}
	}
	for _, by := range people() {
		if _, err := v.Candidates(t.Context(), by, w.now, one); inUnit(by.Role) == (err != nil) {
			t.Errorf("%s: %v", by.Role, err)
		}
	}
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.JudgeDuplicate{Other: english, Verdict: "same"})
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.MergeCases{Other: russian})
	w.erases(papers)
	caughtUp()
	if refs, all := ask(officer); !slices.Equal(refs, []domain.Ref{english}) || all[0].Verdict != "same" {
		t.Errorf("%+v", all)
	}
}
