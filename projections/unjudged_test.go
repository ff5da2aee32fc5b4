package projections

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

// pairs are the two references of each possible duplicate, put in order.
func pairs(t *testing.T, v *Views, by domain.Actor, now time.Time) (all [][2]domain.Ref) {
	t.Helper()
	list, total, _, err := v.Unjudged(t.Context(), by, now, 200, 0)
	if err != nil || total != len(list) {
		t.Fatalf("%s: %d of %d, %v", by.Role, len(list), total, err)
	}
	for _, u := range list {
		all = append(all, pair(u.Ref, u.Other.Ref))
		if u.Stage == "" || u.Other.Stage == "" || len(u.Other.Agrees) == 0 || u.Other.Verdict != "" {
			t.Errorf("%+v", u)
		}
	}
	return sortedPairs(all)
}

func sortedPairs(all [][2]domain.Ref) [][2]domain.Ref {
	slices.SortFunc(all, func(a, b [2]domain.Ref) int { return slices.Compare(a[:], b[:]) })
	return all
}

func pair(a, b domain.Ref) [2]domain.Ref { return [2]domain.Ref{min(a, b), max(a, b)} }

// Each two that are alike are told once, until somebody has said of them whether
// they are one person, or they were merged; and again where that was taken back.
func TestUnjudged(t *testing.T) {
	w, v, caughtUp := seeing(t, 86)
	one := w.person("Şıxəliyeva", "Günay", 1998, "AZE 1234567")
	other := w.person("Шихалиева", "Гюнай", 1998, "")
	w.person("Məmmədova", "Aytən", 1971, "")
	says := func(by domain.Actor, cmd domain.Asked) {
		t.Helper()
		w.later(time.Hour).must(by, domain.CaseStream(one), cmd)
	}
	tells := func(when string, want ...[2]domain.Ref) {
		t.Helper()
		caughtUp()
		if got := pairs(t, v, officer, w.now); !slices.Equal(got, sortedPairs(want)) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	both := pair(one, other)
	tells("before anybody has judged", both)
	if list, _, _, _ := v.Unjudged(t.Context(), officer, w.now, 1, 0); list[0].Ref != other {
		t.Errorf("the one recorded last stands first: %+v", list)
	}
	says(officer, domain.MergeCases{Other: other})
	tells("merged")
	says(officer, domain.UndoMerge{Other: other, Reason: first("correction_reason")})
	tells("merged no more", both)
	for _, verdict := range []string{"not_sure", "different", "same"} {
		says(head, domain.JudgeDuplicate{Other: other, Verdict: verdict})
		tells("judged " + verdict)
	}
	third := w.person("Shikhaliyeva", "Gunay", 1998, "")
	tells("somebody new", [][2]domain.Ref{pair(one, third), pair(other, third)}...)
	says(officer, domain.MergeCases{Other: other})
	tells("of what is merged only the case that goes on", pair(one, third))
	w.later(time.Hour).must(officer, domain.CaseStream(third), domain.JudgeDuplicate{Other: one, Verdict: "different"})
	tells("from the other side")

	again := w.person("Şıxəliyeva", "Günay", 1998, "")
	all := [][2]domain.Ref{pair(one, again), pair(third, again)}
	tells("somebody comes again", all...)
	closes := func(ref domain.Ref) {
		t.Helper()
		w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.CloseCase{Reason: "other"})
	}
	closes(one)
	closes(third)
	tells("who is like a person of a closed case", all...)
	closes(again)
	tells("once nothing is open")
}

// A name that only a merged case knows finds whoever comes later.
func TestMergedNamesGoOn(t *testing.T) {
	w, v, caughtUp := seeing(t, 87)
	goes := w.person("Vəliyeva", "Sevda", 1990, "")
	ends := w.person("Kərimova", "Aynurə", 1990, "")
	w.later(time.Hour).must(officer, domain.CaseStream(goes), domain.MergeCases{Other: ends})
	again := w.person("Керимова", "Айнура", 1990, "")
	caughtUp()
	for _, by := range []domain.Actor{duty, officer, head} {
		all, err := v.Candidates(t.Context(), by, w.now, again)
		if err != nil || len(all) != 1 || all[0].Ref != goes {
			t.Errorf("%s: %+v, %v", by.Role, all, err)
		}
	}
	if all, err := v.Candidates(t.Context(), head, w.now, ends); err != nil || len(all) != 0 {
		t.Errorf("of a case that takes nothing more: %+v, %v", all, err)
	}
	// What a court has shut is not compared, on whichever of the cases it stands.
	w.shut(ends)
	caughtUp()
	if got := pairs(t, v, head, w.now); len(got) != 0 {
		t.Errorf("by a name that is shut: %v", got)
	}
}

// shut has the data of a person suspended.
func (w *world) shut(ref domain.Ref) {
	w.t.Helper()
	w.later(time.Hour).must(head, domain.CaseStream(ref), domain.SuspendIdentityAccess{Decision: "153", Body: "court"})
}

// What is voided, erased, shut by a court or another officer's is not compared: of
// that person nobody is told, and to nobody is it told that they are like somebody.
func TestUnjudgedKeepsShut(t *testing.T) {
	w, v, caughtUp := seeing(t, 88)
	colleague := officer
	colleague.User = "another.officer"
	one := w.person("Şıxəliyeva", "Günay", 1998, "")
	other := w.person("Шихалиева", "Гюнай", 1998, "")
	tells := func(when string, by domain.Actor, want bool) {
		t.Helper()
		caughtUp()
		if got := pairs(t, v, by, w.now); (len(got) == 1) != want {
			t.Errorf("%s, to %s %s: %v", when, by.Role, by.User, got)
		}
		for i, ref := range []domain.Ref{one, other} {
			all, err := v.Candidates(t.Context(), by, w.now, ref)
			if refused, ok := domain.AsRefusal(err); err != nil && (!ok || refused.Kind != domain.Forbidden) {
				t.Error(err)
			}
			if (len(all) == 1) != want {
				t.Errorf("%s, to %s %s, of %d: %+v, %v", when, by.Role, by.User, i, all, err)
			}
		}
	}
	for _, by := range []domain.Actor{duty, officer, colleague, head} {
		tells("open to all", by, true)
	}
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.OpenCase{})
	for _, by := range []domain.Actor{duty, officer, head} {
		tells("assigned to the officer", by, true)
	}
	tells("assigned to another", colleague, false)
	if _, err := v.Candidates(t.Context(), colleague, w.now, one); code(err) != "held_by_another" {
		t.Error(err)
	}
	if all, err := v.Candidates(t.Context(), colleague, w.now, other); err != nil || len(all) != 0 {
		t.Errorf("of the case that is open: %+v, %v", all, err)
	}
	w.shut(other)
	for _, by := range []domain.Actor{duty, officer, colleague, head} {
		tells("shut by a court", by, false)
	}
	if _, err := v.Candidates(t.Context(), head, w.now, other); code(err) != "access_suspended" {
		t.Error(err)
	}
	caughtUp()
	w.later(time.Hour)
	w.must(officer, domain.CaseStream(other), domain.SendServiceReferral{Organisation: prosecutor.Organisation, Services: []string{"legal_info"}})
	w.later(time.Hour).must(prosecutor, domain.CaseStream(other), domain.RestoreIdentityAccess{Decision: "154", Body: "court"})
	tells("restored", head, true)

	for _, f := range w.state(other).Access {
		if f.Relation == domain.Suspended {
			t.Error("still shut")
		}
	}
	w.voids(other, "IdentityRecorded")
	tells("the name was another's", head, false)
	w.later(time.Hour).must(officer, domain.CaseStream(other), called("Şıxəliyeva", "Günay"))
	tells("named again", head, true)
	w.erases(one)
	tells("erased", head, false)
}

// voids takes back the first event of a type.
func (w *world) voids(ref domain.Ref, typ string) {
	w.t.Helper()
	for _, d := range w.log.(*memory).by[domain.CaseStream(ref).String()] {
		for n, e := range d.Events {
			if e.EventType() == typ {
				w.later(time.Hour).must(head, domain.CaseStream(ref), domain.VoidEvent{Event: domain.EventAt{Decision: d.ID, Place: n}, Reason: first("correction_reason")})
				return
			}
		}
	}
	w.t.Fatalf("no %s on %s", typ, ref)
}

func code(err error) string {
	if r, ok := domain.AsRefusal(err); ok {
		return r.Code
	}
	return fmt.Sprint(err)
}

// Whoever may judge is told, and nobody else, of any organisation.
func TestUnjudgedIsForThoseWhoJudge(t *testing.T) {
	w, v, caughtUp := seeing(t, 89)
	one := w.person("Şıxəliyeva", "Günay", 1998, "")
	w.person("Шихалиева", "Гюнай", 1998, "")
	caughtUp()
	judge, err := domain.CommandNamed("judge-duplicate")
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range everybody() {
		list, _, _, err := v.Unjudged(t.Context(), by, w.now, 0, 0)
		all, alone := v.Candidates(t.Context(), by, w.now, one)
		switch may := judge.MayGive(by.Role); {
		case may && (err != nil || alone != nil || len(list) != 1 || len(all) != 1):
			t.Errorf("%s: %v, %v, %v, %v", by.Role, list, err, all, alone)
		case !may && (code(err) != "role_not_allowed" || code(alone) != "role_not_allowed" || len(list)+len(all) > 0):
			t.Errorf("%s of %s: %v, %v, %v, %v", by.Role, by.Organisation, list, err, all, alone)
		}
	}
	for _, by := range []domain.Actor{shelter, head} { // whether it is there is not told either
		if _, err := v.Candidates(t.Context(), by, w.now, domain.NewRef("nobody")); (code(err) == "no_such_case") != (by == head) {
			t.Errorf("%s: %v", by.Role, err)
		}
	}
}

// Many are told page by page, each once and the likeliest first, and the views made
// anew tell the same. More open cases than are compared are said to be there.
func TestManyUnjudged(t *testing.T) {
	w, v, caughtUp := seeing(t, 90)
	const twins = 6
	for i := range twins {
		family := strings.Repeat(string(rune('b'+3*i)), 1) + "ar" + string(rune('d'+2*i)) + "im" + string(rune('k'+i)) + "ova"
		w.person(family, "Günay", 1960+7*i, fmt.Sprint("AZE 10000", i))
		w.person(family, "Günay", 1960+7*i, map[bool]string{true: fmt.Sprint("aze10000", i)}[i%2 == 0])
	}
	caughtUp()
	all, total, earlier, err := v.Unjudged(t.Context(), head, w.now, 0, 0)
	if err != nil || total < twins || total != len(all) || earlier {
		t.Fatalf("%d of %d, %v, %v", len(all), total, earlier, err)
	}
	if !slices.IsSortedFunc(all, func(a, b Unjudged) int { return int(1000 * (b.Other.Weight - a.Other.Weight)) }) {
		t.Errorf("not the likeliest first: %+v", all)
	}
	var paged []Unjudged
	for offset := 0; offset <= total; offset += 4 {
		some, n, _, err := v.Unjudged(t.Context(), head, w.now, 4, offset)
		if err != nil || n != total {
			t.Fatalf("from %d: %d, %v", offset, n, err)
		}
		paged = append(paged, some...)
	}
	if fmt.Sprint(paged) != fmt.Sprint(all) {
		t.Errorf("page by page %v, at once %v", paged, all)
	}
	if beyond, n, _, err := v.Unjudged(t.Context(), head, w.now, 4, 1_000_000); err != nil || n != total || len(beyond) != 0 {
		t.Errorf("beyond the last: %v of %d, %v", beyond, n, err)
	}
	anew := opened(t, t.TempDir(), w.log.(*memory))
	follow(t, anew, w.log.(*memory))()
	if again, n, _, err := anew.Unjudged(t.Context(), head, w.now, 0, 0); err != nil || n != total || fmt.Sprint(again) != fmt.Sprint(all) {
		t.Errorf("made anew %v, %v, live %v", again, err, all)
	}
	for range comparedCases {
		w.person("Quliyev", "Əli", 1980, "")
	}
	caughtUp()
	if _, _, earlier, err := v.Unjudged(t.Context(), head, w.now, 0, 0); err != nil || !earlier {
		t.Errorf("not told that there are more: %v", err)
	}
}
