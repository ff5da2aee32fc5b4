package projections

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// found lists the names of matches.
func found(t *testing.T, v *Views, by domain.Actor, now time.Time, q Query) (names []string) {
	t.Helper()
	all, err := v.Search(t.Context(), by, now, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		names = append(names, m.Name)
	}
	return names
}

func TestSearch(t *testing.T) {
	w, v, caughtUp := seeing(t, 71)
	ref := w.named("Əliyeva", "Günay")
	w.must(officer, domain.CaseStream(ref), document("AZE 1234567"))
	other := w.named("Hüseynova", "Nigar")
	w.must(officer, domain.CaseStream(other), domain.RecordIdentity{IdentityFields: domain.IdentityFields{
		FamilyName: "Hüseynova", GivenName: "Nigar", OtherNames: "Смирнова",
	}})
	w.named("Əliyeva", "Nigar")
	w.named("Quliyev", "Rəşad")
	caughtUp()
	for query, want := range map[Query][]string{
		{Name: "Əliyeva Günay"}:                         {"Əliyeva Günay", "Əliyeva Nigar"},
		{Name: "Алиева Гюнай"}:                          {"Əliyeva Günay", "Əliyeva Nigar"},
		{Name: "gunay ALIYEVA"}:                         {"Əliyeva Günay", "Əliyeva Nigar"},
		{Name: "aliyeva nigar"}:                         {"Əliyeva Nigar", "Əliyeva Günay"},
		{Name: "Smirnova"}:                              {"Hüseynova Nigar"},
		{Name: "Smirnova Nigar"}:                        {"Hüseynova Nigar"},
		{Name: "Rashad Guliev"}:                         {"Quliyev Rəşad"},
		{Name: "Qxyzw"}:                                 nil,
		{Document: "aze-1234567"}:                       {"Əliyeva Günay"},
		{Document: "АZЕ 1234567"}:                       {"Əliyeva Günay"}, // Cyrillic А and Е
		{Document: "AZE123456"}:                         nil,
		{Name: "Əliyeva Nigar", Document: "aze1234567"}: {"Əliyeva Günay", "Əliyeva Nigar"},
		{Name: "Qxyzw", Document: "aze1234567"}:         {"Əliyeva Günay"},
		{Name: "Əliyeva", Limit: 1}:                     nil, // only how many
	} {
		got := found(t, v, officer, w.now, query)
		if query.Limit > 0 {
			if len(got) != query.Limit {
				t.Errorf("%+v finds %v", query, got)
			}
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v finds %v, should find %v", query, got, want)
		}
	}
	all, err := v.Search(t.Context(), officer, w.now, Query{Name: "Əliyeva Günay", Document: "AZE1234567"})
	if err != nil || len(all) != 2 || !all[0].ByDocument || all[1].ByDocument || all[0].Closeness != 1 || all[1].Closeness >= 1 {
		t.Errorf("%+v, %v", all, err)
	}
	rows, _, err := v.Cases(t.Context(), officer, w.now, Filter{Search: string(ref)})
	if err != nil || !reflect.DeepEqual(rows[0], all[0].CaseRow) {
		t.Errorf("in the search %+v\nin a list %+v, %v", all[0].CaseRow, rows[0], err)
	}
	w.erases(ref)
	caughtUp()
	for _, q := range []Query{{Name: "Əliyeva Günay"}, {Document: "AZE1234567"}} {
		if got := found(t, v, officer, w.now, q); slices.Contains(got, "Əliyeva Günay") || slices.Contains(got, "") {
			t.Errorf("%+v finds who was erased: %v", q, got)
		}
	}
}

func TestSearchRefuses(t *testing.T) {
	w, v, caughtUp := seeing(t, 72)
	w.named("Əliyeva", "Günay")
	caughtUp()
	for _, c := range []struct {
		by   domain.Actor
		q    Query
		kind domain.Kind
		want string
	}{
		{officer, Query{}, domain.Invalid, "too_short name"},
		{officer, Query{Name: "  "}, domain.Invalid, "too_short name"},
		{officer, Query{Name: "Əl"}, domain.Invalid, "too_short name"},
		{officer, Query{Name: "123"}, domain.Invalid, "too_short name"},
		{officer, Query{Name: "Əl", Document: "AZE1234567"}, domain.Invalid, "too_short name"},
		{officer, Query{Document: "A1"}, domain.Invalid, "too_short document"},
		{officer, Query{Document: "---"}, domain.Invalid, "too_short document"},
		{officer, Query{Name: "Əliyeva", Document: "-"}, domain.Invalid, "too_short document"},
		{gence, Query{Document: "AZE1234567"}, domain.Forbidden, "role_not_allowed document"},
		{gence, Query{Name: "Əliyeva", Document: "AZE1234567"}, domain.Forbidden, "role_not_allowed document"},
		{coordinator, Query{Name: "Əliyeva"}, domain.Forbidden, "role_not_allowed "},
		{referrer, Query{Name: "Əliyeva"}, domain.Forbidden, "role_not_allowed "},
		{duty, Query{Name: "Əliyeva"}, domain.Forbidden, "role_not_allowed "},
		{protector, Query{Name: "Əliyeva"}, domain.Forbidden, "role_not_allowed "},
		{prosecutor, Query{}, domain.Forbidden, "role_not_allowed "},
	} {
		_, err := v.Search(t.Context(), c.by, w.now, c.q)
		r, refused := domain.AsRefusal(err)
		if !refused || r.Kind != c.kind || r.Code+" "+r.Field != c.want {
			t.Errorf("%s, %+v: %v, should be %s", c.by.Role, c.q, err, c.want)
		}
	}
}

// Who may not be seen has no part in what is found: neither in it nor in its
// order nor in how close the others are.
func TestSearchAmongTheVisible(t *testing.T) {
	tell := func(crowded bool) (told []string) {
		w, v, caughtUp := seeing(t, 73)
		others := func(n int) {
			if !crowded {
				return
			}
			for i := range n {
				s := domain.CaseStream(w.named("Əliyeva", []string{"Günay", "Nigar", "Rəna"}[i%3]))
				w.must(officer, s, document("AZE1234567"))
			}
		}
		at := w.now
		others(40)
		w.now = at
		for i, name := range []string{"Əliyeva Günay", "Əliyeva Nigar", "Алиева Гюнай", "Vəliyeva Günay", "Hüseynova Nigar"} {
			w.now = at.Add(time.Duration(i+1) * 100 * time.Hour)
			ref := domain.NewRef(name)
			s := domain.CaseStream(ref)
			cmd := referral()
			cmd.OtherNames = domain.Words(name)
			cmd.DocumentFields = domain.DocumentFields{DocumentKind: first("document_kind"), DocumentNumber: "AZE1234567"}
			w.must(referrer, s, cmd)
			w.must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
			admitted(w, ref)
			w.later(time.Minute).must(officer, s, domain.SendServiceReferral{Organisation: lawyer.Organisation, Services: []string{"legal_info"}})
		}
		end := w.now
		others(120) // asked for, but not admitted: a reason to see the case, not the person
		if crowded {
			asked := domain.CaseStream(w.named("Əliyeva", "Günay"))
			w.must(officer, asked, domain.RequestShelter{Facility: w.houses[gence.Organisation], Security: "low"})
		}
		caughtUp()
		for _, by := range []domain.Actor{gence, lawyer} {
			for _, q := range []Query{{Name: "Əliyeva Günay"}, {Name: "Aliyeva"}, {Name: "Əliyeva Günay", Limit: 2}, {Name: "Nigar"}} {
				if by.Role.Sees(domain.Documents) {
					q.Document = "AZE1234567"
				}
				all, err := v.Search(t.Context(), by, end.Add(time.Hour), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range all {
					told = append(told, fmt.Sprintf("%s %+v: %s %s %f %t", by.Role, q, m.Ref, m.Name, m.Closeness, m.ByDocument))
				}
			}
		}
		return told
	}
	alone, crowded := tell(false), tell(true)
	if len(alone) < 20 || !slices.Equal(alone, crowded) {
		t.Errorf("alone:\n%q\namong others:\n%q", alone, crowded)
	}
}

// Who has had more names than may be opened keeps nobody out, and is found.
func TestSearchForManyNames(t *testing.T) {
	w, v, caughtUp := seeing(t, 75)
	many := w.named("Örnəkova", "Sınaqə")
	for i := range boxes + 5 {
		w.later(time.Minute).must(officer, domain.CaseStream(many), called("Örnəkova", fmt.Sprintf("Sınaqə%c", 'a'+i%8)))
	}
	w.later(time.Minute).must(officer, domain.CaseStream(many), called("Örnəkova", "Sınaqə"))
	w.named("Örnəkova", "Sınaqəli")
	caughtUp()
	opened := &w.log.(*memory).safe.opened
	before := opened.Load()
	got := found(t, v, officer, w.now, Query{Name: "Örnəkova Sınaqə"})
	if n := opened.Load() - before; n != apiece+1 || !slices.Equal(got, []string{"Örnəkova Sınaqə", "Örnəkova Sınaqəli"}) {
		t.Errorf("opened %d and found %v", n, got)
	}
}

// A search opens a bounded number of names, and of nobody only a part.
func TestSearchOpensFew(t *testing.T) {
	w, v, caughtUp := seeing(t, 74)
	for range 30 {
		ref := w.named("Örnəkova", "Sınaqə")
		for i := range 8 {
			w.later(time.Minute).must(officer, domain.CaseStream(ref), called("Örnəkova", fmt.Sprintf("Sınaqə%c", 'a'+i)))
		}
	}
	caughtUp()
	opened := &w.log.(*memory).safe.opened
	before := opened.Load()
	got := found(t, v, officer, w.now, Query{Name: "Örnəkova", Limit: 50})
	if n := opened.Load() - before; n > boxes || n < boxes-9 || len(got) != int(n)/9 {
		t.Errorf("opened %d for %d people", n, len(got))
	}
	for _, name := range got {
		if name != "Örnəkova Sınaqəh" {
			t.Errorf("not the latest name: %s", name)
		}
	}
}
