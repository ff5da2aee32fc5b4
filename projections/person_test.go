package projections

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

// called gives a command that says who a person is.
func called(family, given string) domain.RecordIdentity {
	return domain.RecordIdentity{IdentityFields: domain.IdentityFields{FamilyName: domain.Words(family), GivenName: domain.Words(given)}}
}

func document(number string) domain.RecordDocument {
	return domain.RecordDocument{DocumentFields: domain.DocumentFields{DocumentKind: first("document_kind"), DocumentNumber: domain.Words(number)}}
}

func contact(to string) domain.RecordContact {
	return domain.RecordContact{ContactFields: domain.ContactFields{ContactKind: first("contact_kind"), Contact: domain.Words(to)}}
}

// handedOver is a case that the unit has taken over.
func handedOver(w *world) domain.Ref {
	w.t.Helper()
	ref := w.referred(referrer)
	w.later(time.Hour).must(duty, domain.CaseStream(ref), domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	return ref
}

// admitted houses the person in the shelter in Gəncə.
func admitted(w *world, ref domain.Ref) {
	w.t.Helper()
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
}

// named is a case of a person with a name.
func (w *world) named(family, given string) domain.Ref {
	w.t.Helper()
	ref := handedOver(w)
	w.later(time.Minute).must(officer, domain.CaseStream(ref), called(family, given))
	return ref
}

// asksErasure and erases have a person forgotten; destroyed says that the keys
// are gone.
func (w *world) asksErasure(ref domain.Ref) {
	w.t.Helper()
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.RequestErasure{Reason: first("erasure_reason")})
}

func (w *world) erases(ref domain.Ref) {
	w.t.Helper()
	w.asksErasure(ref)
	w.later(time.Hour).must(protector, domain.CaseStream(ref), domain.ApproveErasure{})
}

func (w *world) destroyed(ref domain.Ref) {
	w.t.Helper()
	w.log.(*memory).safe.forget(domain.CaseStream(ref))
	w.later(time.Hour).must(domain.ClockActor(), domain.CaseStream(ref), domain.CompleteErasure{Keys: 3})
}

// text is a name or the like, as people of the tests have them.
func (w *world) text(field string) string {
	pick := func(from ...string) string { return from[w.rnd.IntN(len(from))] }
	switch field {
	case "family_name":
		return pick("Örnəkova", "Sınaqlı", "Nümunəzadə", "Misalova", "Təcrübəli")
	case "given_name":
		return pick("Sınaqə", "Örnəkxanım", "Nümunə", "Misalə")
	case "patronymic":
		return pick("Sınaq qızı", "Örnək qızı")
	case "other_names":
		return pick("Пробникова", "Specimenova", "Примерова")
	case "document_number":
		return fmt.Sprintf("XX%07d", w.rnd.IntN(50))
	}
	return fmt.Sprintf("text of %s, %d", field, w.rnd.Uint64())
}

func TestWhoThePersonIs(t *testing.T) {
	w, v, caughtUp := seeing(t, 61)
	ref := handedOver(w)
	s := domain.CaseStream(ref)
	admitted(w, ref)
	w.later(time.Hour).must(officer, s, called("Örnəkova", "Sınaqə"))
	w.later(time.Hour).must(officer, s, document("XX0000001"))
	w.later(time.Hour).must(officer, s, contact("00-01"))
	w.later(time.Hour).must(officer, s, contact("00-02"))
	w.later(time.Hour).must(duty, s, domain.RecordWhereabouts{Address: "a street"})
	w.later(time.Hour).must(gence, s, domain.RecordHealth{Text: "the health"})
	w.later(time.Hour).must(officer, s, domain.RecordNarrative{Text: "the story"})
	w.later(time.Hour).must(officer, s, called("Sınaqlı", "Sınaqə")) // a correction
	caughtUp()

	p := pageOf(t, v, officer, w.now, ref)
	if p.Person.Identity == nil || p.Person.Identity.FamilyName != "Sınaqlı" || p.Row.Name != "Sınaqlı Sınaqə" {
		t.Errorf("the latest name: %+v, in the row %q", p.Person.Identity, p.Row.Name)
	}
	if len(p.Person.Documents) != 1 || p.Person.Documents[0].Number != "XX0000001" ||
		len(p.Person.Contacts) != 2 || p.Person.Contacts[0].Contact != "00-02" || len(p.Person.Whereabouts) != 1 {
		t.Errorf("%+v", p.Person)
	}
	for by, want := range map[domain.Actor]string{
		officer:     "Sınaqlı 1 2 1 story",
		head:        "Sınaqlı 1 2 1 story",
		gence:       "Sınaqlı 0 0 0 health",
		duty:        " 0 0 0",
		coordinator: " 0 0 0",
		referrer:    " 0 0 0",
	} {
		p := pageOf(t, v, by, w.now, ref)
		got, name := "", ""
		if p.Person.Identity != nil {
			name = string(p.Person.Identity.FamilyName)
		}
		got = fmt.Sprint(name, " ", len(p.Person.Documents), " ", len(p.Person.Contacts), " ", len(p.Person.Whereabouts))
		for _, e := range p.Timeline {
			switch e := e.Event.(type) {
			case domain.NarrativeRecorded:
				got += strings.TrimPrefix(string(e.Text), "the")
			case domain.HealthRecorded:
				got += strings.TrimPrefix(string(e.Text), "the")
			}
			if e.Erased {
				t.Errorf("%s: %s is erased", by.Role, e.Type)
			}
		}
		if got != want {
			t.Errorf("%s knows %q, should know %q", by.Role, got, want)
		}
		rows, _, err := v.Cases(t.Context(), by, w.now, Filter{})
		if err != nil || len(rows) != 1 || rows[0].Name != p.Row.Name || (rows[0].Name == "") != (name == "") {
			t.Errorf("%s: in the list %q, on the page %q, %v", by.Role, rows[0].Name, p.Row.Name, err)
		}
	}
	if queue, _, err := v.Cases(t.Context(), officer, w.now, Filter{Queue: "screening"}); err != nil || len(queue) != 1 || queue[0].Name != p.Row.Name {
		t.Errorf("in a queue %+v, %v", queue, err)
	}
	late := w.now.Add(90 * 24 * time.Hour)
	for by, want := range map[domain.Actor]string{officer: "Sınaqlı Sınaqə", duty: ""} {
		if dues, _, err := v.Overdue(t.Context(), by, late, 0, 0); err != nil || len(dues) == 0 || dues[0].Name != want {
			t.Errorf("%s, overdue: %+v, %v", by.Role, dues, err)
		}
	}
}

// Whoever is only asked to take the person in, or has only referred them, sees
// the case and not who it is.
func TestOnlyAsked(t *testing.T) {
	w, v, caughtUp := seeing(t, 66)
	ref := w.named("Örnəkova", "Sınaqə")
	w.must(officer, domain.CaseStream(ref), domain.RequestShelter{Facility: w.houses[gence.Organisation], Security: "low"})
	caughtUp()
	for by, want := range map[domain.Actor]string{gence: "", referrer: "", officer: "Örnəkova Sınaqə"} {
		rows, n, err := v.Cases(t.Context(), by, w.now, Filter{})
		if err != nil || n != 1 || rows[0].Name != want {
			t.Errorf("%s: %+v, %v", by.Role, rows, err)
		}
		if p := pageOf(t, v, by, w.now, ref); p.Row.Name != want || (p.Person.Identity == nil) != (want == "") {
			t.Errorf("%s: %+v", by.Role, p.Person)
		}
	}
}

// A shelter knows of a person what it needs, on pages, in lists and when it
// searches.
func TestAShelterKnowsLessOfAPerson(t *testing.T) {
	w, v, caughtUp := seeing(t, 67)
	ref := handedOver(w)
	admitted(w, ref)
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.RecordIdentity{IdentityFields: domain.IdentityFields{
		FamilyName: "Örnəkova", GivenName: "Sınaqə", Patronymic: "Misal qızı", OtherNames: "Təcrübəli", BirthDate: domain.NewDay(1999, 4, 5), Nationality: "AZ",
	}})
	caughtUp()
	p := pageOf(t, v, gence, w.now, ref)
	if want := (domain.IdentityRecorded{FamilyName: "Örnəkova", GivenName: "Sınaqə", BirthYear: 1999, Nationality: "AZ"}); p.Person.Identity == nil || *p.Person.Identity != want {
		t.Errorf("on the page: %+v", p.Person.Identity)
	}
	for _, e := range p.Timeline {
		if is, ok := e.Event.(domain.IdentityRecorded); ok && is.OtherNames+is.Patronymic != "" {
			t.Errorf("on the timeline: %+v", is)
		}
	}
	rows, _, err := v.Cases(t.Context(), gence, w.now, Filter{})
	if err != nil || len(rows) != 1 || rows[0].Name != "Örnəkova Sınaqə" || p.Row.Name != rows[0].Name {
		t.Errorf("in the list %+v, %v", rows, err)
	}
	for name, want := range map[string]int{"Örnəkova": 1, "Təcrübəli": 0} {
		if got, err := v.Search(t.Context(), gence, w.now, Query{Name: name}); err != nil || len(got) != want {
			t.Errorf("%s finds %+v, %v", name, got, err)
		}
		if got, err := v.Search(t.Context(), officer, w.now, Query{Name: name}); err != nil || len(got) != 1 || got[0].Name != "Örnəkova Sınaqə Misal qızı" {
			t.Errorf("the unit finds by %s: %+v, %v", name, got, err)
		}
	}
}

// A facility that a person has left knows the person by the name of then.
func TestNamesOfThen(t *testing.T) {
	w, v, caughtUp := seeing(t, 62)
	ref := w.named("Örnəkova", "Sınaqə")
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	admitted(w, ref)
	w.later(24*time.Hour).must(gence, s, domain.RecordDeparture{Facility: house, Destination: first("destination"), Planned: true})
	w.later(time.Hour).must(officer, s, called("Təcrübəli", "Sınaqə"))
	w.later(time.Hour)
	caughtUp()
	p := pageOf(t, v, gence, w.now, ref)
	rows, _, err := v.Cases(t.Context(), gence, w.now, Filter{})
	if err != nil || p.Row.Name != "Örnəkova Sınaqə" || p.Person.Identity.FamilyName != "Örnəkova" || !reflect.DeepEqual(rows[0], p.Row) {
		t.Errorf("in the list %+v\non the page %+v, %v", rows[0], p.Row, err)
	}
	for name, want := range map[string]int{"Örnəkova": 1, "Təcrübəli": 0} {
		if got, err := v.Search(t.Context(), gence, w.now, Query{Name: name}); err != nil || len(got) != want {
			t.Errorf("%s is found %d times, %v", name, len(got), err)
		}
		if got, err := v.Search(t.Context(), officer, w.now, Query{Name: name}); err != nil || len(got) != 1 || got[0].Name != "Təcrübəli Sınaqə" {
			t.Errorf("%s is found by the unit as %+v, %v", name, got, err)
		}
	}
	if _, err := v.Case(t.Context(), gence, w.now.Add(40*24*time.Hour), ref); err == nil {
		t.Error("still seen after 40 days")
	}
	if got, err := v.Search(t.Context(), gence, w.now.Add(40*24*time.Hour), Query{Name: "Örnəkova"}); err != nil || len(got) > 0 {
		t.Errorf("found after 40 days: %+v, %v", got, err)
	}
}

// Pages open what they show, and nothing for who may read nothing.
func TestOpensOnlyWhatIsShown(t *testing.T) {
	w, v, caughtUp := seeing(t, 63)
	for i := range 7 {
		s := domain.CaseStream(w.named(fmt.Sprint("Örnək", i), "Sınaqə"))
		w.must(officer, s, called(fmt.Sprint("Örnəkova", i), "Sınaqə"))
		w.must(officer, s, domain.RecordNarrative{Text: "a story"})
	}
	caughtUp()
	opened := &w.log.(*memory).safe.opened
	for _, c := range []struct {
		what string
		want int64
		do   func() error
	}{
		{"a page of three", 3, func() error {
			_, _, err := v.Cases(t.Context(), officer, w.now, Filter{Limit: 3})
			return err
		}},
		{"a page for who may not know", 0, func() error {
			_, _, err := v.Cases(t.Context(), coordinator, w.now, Filter{})
			return err
		}},
		{"queues", 0, func() error { _, err := v.Queues(t.Context(), officer, w.now); return err }},
		{"a case", 3, func() error { _, err := v.Case(t.Context(), officer, w.now, w.cases[0]); return err }},
		{"a case for who may not know", 0, func() error { _, err := v.Case(t.Context(), coordinator, w.now, w.cases[0]); return err }},
		{"a search for a name that nobody has", 0, func() error {
			_, err := v.Search(t.Context(), officer, w.now, Query{Name: "Qxyzw"})
			return err
		}},
		{"a search among no one", 0, func() error { _, err := v.Search(t.Context(), gence, w.now, Query{Name: "Örnək1"}); return err }},
	} {
		before := opened.Load()
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if n := opened.Load() - before; n != c.want {
			t.Errorf("%s opens %d boxes, should open %d", c.what, n, c.want)
		}
	}
}

// A page that cannot open what it must show fails; it does not show less.
func TestKeysAreAway(t *testing.T) {
	w, v, caughtUp := seeing(t, 64)
	ref := w.named("Örnəkova", "Sınaqə")
	w.must(officer, domain.CaseStream(ref), document("XX0000001"))
	caughtUp()
	late := w.now.Add(90 * 24 * time.Hour)
	safe := w.log.(*memory).safe
	safe.away.Store(true)
	pages := func(by domain.Actor) map[string]error {
		_, _, cases := v.Cases(t.Context(), by, late, Filter{})
		_, _, queue := v.Cases(t.Context(), by, late, Filter{Queue: "overdue"})
		_, _, overdue := v.Overdue(t.Context(), by, late, 0, 0)
		_, page := v.Case(t.Context(), by, late, ref)
		_, byName := v.Search(t.Context(), by, late, Query{Name: "ornekova"})
		_, byDocument := v.Search(t.Context(), by, late, Query{Document: "xx0000001"})
		return map[string]error{"cases": cases, "queue": queue, "overdue": overdue, "case": page, "name": byName, "document": byDocument}
	}
	for page, err := range pages(officer) {
		if !errors.Is(err, errAway) || strings.Contains(err.Error(), "Örn") || strings.Contains(err.Error(), "XX0") {
			t.Errorf("%s: %v", page, err)
		}
	}
	for page, err := range pages(coordinator) {
		if _, refused := domain.AsRefusal(err); err != nil && !refused {
			t.Errorf("%s, of which the coordinator sees nothing sealed: %v", page, err)
		}
	}
	safe.away.Store(false)
	for page, err := range pages(officer) {
		if err != nil {
			t.Errorf("%s, when the keys are back: %v", page, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := openAll(ctx, []domain.AnyEvent{domain.Sealed{Type: "NoteAdded", Box: kept{}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the request: %v", err)
	}
}

// The keys are destroyed on this node before its views are told.
func TestKeysAreGoneAlready(t *testing.T) {
	w, v, caughtUp := seeing(t, 65)
	ref := w.named("Örnəkova", "Sınaqə")
	other := w.named("Örnəkova", "Misalə")
	caughtUp()
	w.log.(*memory).safe.forget(domain.CaseStream(ref))
	p := pageOf(t, v, officer, w.now, ref)
	i := slices.IndexFunc(p.Timeline, func(e Entry) bool { return e.Type == "IdentityRecorded" })
	if e := p.Timeline[i]; e.Event != nil || !e.Erased || p.Person.Identity != nil || p.Row.Name != "" {
		t.Errorf("%+v, %+v", e, p.Person)
	}
	rows, n, err := v.Cases(t.Context(), officer, w.now, Filter{})
	if err != nil || n != 2 || rows[1].Ref != ref || rows[1].Name != "" || rows[0].Name == "" {
		t.Errorf("%+v, %v", rows, err)
	}
	if got, err := v.Search(t.Context(), officer, w.now, Query{Name: "Örnəkova"}); err != nil || len(got) != 1 || got[0].Ref != other {
		t.Errorf("found %+v, %v", got, err)
	}
	w.erases(ref)
	caughtUp()
	if err := v.Err(); err != nil {
		t.Error(err)
	}
	if live, made := digestOf(t, v), digestOf(t, opened(t, t.TempDir(), w.log.(*memory))); !reflect.DeepEqual(live, made) {
		t.Errorf("live    %v\nrebuilt %v", live, made)
	}
}
