package projections

import (
	"maps"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

func unreadable(t *testing.T, v *Views, want int) {
	t.Helper()
	if n, err := v.Unreadable(t.Context()); err != nil || n != want {
		t.Errorf("%d unreadable, %v; should be %d", n, err, want)
	}
}

// The keys of one person are damaged: what they open is missing and said to be,
// the views go on, and a person can still be erased or come back.
func TestDamagedKeysOfOnePerson(t *testing.T) {
	log := newMemory()
	w := newWorld(t, log, 101)
	live := opened(t, t.TempDir(), log)
	caughtUp := follow(t, live, log)
	whole := w.named("Örnəkova", "Sınaqə")
	var damaged [2]domain.Ref
	for i := range damaged {
		damaged[i] = handedOver(w)
		s := domain.CaseStream(damaged[i])
		admitted(w, damaged[i])
		log.safe.damage(s)
		w.later(time.Minute).must(officer, s, called("Örnəkova", "Misalə"))
		w.later(time.Minute).must(officer, s, document("XX0000001"))
		w.later(time.Minute).must(gence, s, domain.RecordHealth{Text: "the health"})
	}
	caughtUp()
	rebuilt := opened(t, t.TempDir(), log)
	if a, b := digestOf(t, live), digestOf(t, rebuilt); !maps.Equal(a, b) || a["unreadable"] == digestOf(t, opened(t, t.TempDir(), newMemory()))["unreadable"] {
		t.Errorf("live    %v\nrebuilt %v", a, b)
	}
	for _, v := range []*Views{live, rebuilt} {
		unreadable(t, v, 2)
		if got := found(t, v, officer, w.now, Query{Name: "Örnəkova"}); !slices.Equal(got, []string{"Örnəkova Sınaqə"}) {
			t.Errorf("found %v", got)
		}
		if got := found(t, v, officer, w.now, Query{Document: "XX0000001"}); len(got) != 0 {
			t.Errorf("found %v", got)
		}
		rows, _, err := v.Cases(t.Context(), officer, w.now, Filter{})
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if (r.Name != "") != (r.Ref == whole) {
				t.Errorf("%s is called %q", r.Ref, r.Name)
			}
		}
		if due, _, err := v.Overdue(t.Context(), officer, w.now.AddDate(1, 0, 0), 0, 0); err != nil || len(due) == 0 {
			t.Errorf("%d duties, %v", len(due), err)
		}
		for by, want := range map[domain.Actor][]string{
			officer:     {"DocumentRecorded", "IdentityRecorded"},
			gence:       {"HealthRecorded", "IdentityRecorded"},
			duty:        nil,
			coordinator: nil,
		} {
			p := pageOf(t, v, by, w.now, damaged[0])
			var got []string
			for _, e := range p.Timeline {
				if e.Unreadable {
					got = append(got, e.Type)
				}
				if _, sealed := e.Event.(domain.Sealed); sealed || e.Unreadable && (e.Event != nil || e.Erased) {
					t.Errorf("%s: %+v", by.Role, e)
				}
			}
			if !slices.Equal(got, want) || p.Person.Unreadable != (want != nil) || p.Person.Identity != nil || len(p.Person.Documents) > 0 || p.Row.Name != "" {
				t.Errorf("%s cannot read %v of %+v", by.Role, got, p.Person)
			}
		}
		if p := pageOf(t, v, officer, w.now, whole); p.Person.Unreadable || p.Person.Identity == nil {
			t.Errorf("%+v", p.Person)
		}
	}

	// The two ways out: the one is erased, the keys of the other are restored.
	w.erases(damaged[0])
	log.safe.restore(domain.CaseStream(damaged[1]))
	caughtUp()
	unreadable(t, live, 1) // the index was not told
	if p := pageOf(t, live, officer, w.now, damaged[1]); p.Person.Unreadable || p.Row.Name != "Örnəkova Misalə" {
		t.Errorf("restored: %+v, %q", p.Person, p.Row.Name)
	}
	if p := pageOf(t, live, officer, w.now, damaged[0]); p.Person.Unreadable || p.Erased == nil || slices.ContainsFunc(p.Timeline, func(e Entry) bool { return e.Unreadable }) {
		t.Errorf("erased: %+v, %+v", p.Person, p.Erased)
	}
	rebuilt = opened(t, t.TempDir(), log)
	unreadable(t, rebuilt, 0)
	if got := found(t, rebuilt, officer, w.now, Query{Name: "Örnəkova Misalə", Document: "XX0000001"}); !slices.Equal(got, []string{"Örnəkova Misalə", "Örnəkova Sınaqə"}) {
		t.Errorf("found %v", got)
	}
}

// What was damaged after it was indexed is found, without a name: an earlier one
// would pass for how the person is called now.
func TestDamagedLater(t *testing.T) {
	w, v, caughtUp := seeing(t, 102)
	ref := w.named("Örnəkova", "Sınaqə")
	s := domain.CaseStream(ref)
	w.must(officer, s, document("XX0000001"))
	w.later(time.Minute).must(officer, s, called("Örnəkova", "Misalə"))
	caughtUp()
	half := &half{w.log.(*memory).safe, w.log.(*memory).all[len(w.log.(*memory).all)-1].ID}
	v.keys = half
	if got := found(t, v, officer, w.now, Query{Name: "Örnəkova", Document: "XX0000001"}); !slices.Equal(got, []string{""}) {
		t.Errorf("found %q", got)
	}
	p := pageOf(t, v, officer, w.now, ref)
	if p.Person.Identity != nil || p.Row.Name != "" || len(p.Person.Documents) != 1 || !p.Person.Unreadable {
		t.Errorf("%+v, called %q", p.Person, p.Row.Name)
	}
	rows, _, err := v.Cases(t.Context(), officer, w.now, Filter{})
	if err != nil || len(rows) != 1 || rows[0].Name != "" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// half are keys that do not open one decision.
type half struct {
	*safe
	not string
}

func (h *half) Box(slot domain.Slot, stored []byte) domain.Box {
	if slot.Decision == h.not {
		return shut(stored)
	}
	return h.safe.Box(slot, stored)
}

type shut string

func (shut) Open() ([]byte, error) { return nil, domain.ErrUnreadable }
func (s shut) Stored() []byte      { return []byte(s) }
