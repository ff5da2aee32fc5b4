package projections

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"nrm/domain"
	"nrm/projections/names"
)

func TestErasures(t *testing.T) {
	w, v, caughtUp := seeing(t, 81)
	var refs []domain.Ref
	for i := range 6 {
		refs = append(refs, w.named(fmt.Sprint("Örnək", i), "Sınaqə"))
	}
	nobody, waits, rejected, held, approved, completed := refs[0], refs[1], refs[2], refs[3], refs[4], refs[5]
	w.asksErasure(waits)
	w.asksErasure(rejected)
	w.later(time.Hour).must(protector, domain.CaseStream(rejected), domain.RejectErasure{Reason: first("erasure_rejection")})
	w.asksErasure(held)
	w.later(time.Hour).must(head, domain.CaseStream(held), domain.PlaceLegalHold{Reason: first("hold_reason")})
	w.asksErasure(approved)
	asked := w.now
	w.later(time.Hour).must(head, domain.CaseStream(approved), domain.ApproveErasure{})
	w.erases(completed)
	w.destroyed(completed)
	caughtUp()

	for _, by := range []domain.Actor{protector, head, officer} {
		rows, err := v.Erasures(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		var got []domain.Ref
		for _, r := range rows {
			got = append(got, r.Ref)
			if r.AskedBy != officer.User || r.Asked.IsZero() || r.Reason != first("erasure_reason") {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(got, []domain.Ref{waits, held, approved, completed}) {
			t.Fatalf("%v, of %v", got, refs)
		}
		if rows[0].Hold != "" || rows[1].Hold != first("hold_reason") || !rows[1].Approved.IsZero() ||
			!rows[2].Asked.Equal(domain.At(asked)) || rows[2].Approved.IsZero() || !rows[2].Completed.IsZero() || rows[3].Completed.IsZero() {
			t.Errorf("%+v", rows)
		}
	}
	for _, by := range []domain.Actor{coordinator, duty, gence, referrer} {
		_, err := v.Erasures(t.Context(), by)
		if r, ok := domain.AsRefusal(err); !ok || r.Kind != domain.Forbidden || r.Code != "role_not_allowed" {
			t.Errorf("%s: %v", by.Role, err)
		}
	}
	if got, err := v.Unfinished(t.Context()); err != nil || !slices.Equal(got, []domain.Ref{approved}) {
		t.Errorf("unfinished: %v, %v", got, err)
	}
	for ref, want := range map[domain.Ref]int{nobody: 1, waits: 1, approved: 0, completed: 0} {
		p := pageOf(t, v, officer, w.now, ref)
		open := 0
		for _, e := range p.Timeline {
			if e.Type != "IdentityRecorded" {
				continue
			}
			if e.Event != nil {
				open++
			}
			if e.Erased == (e.Event != nil) {
				t.Errorf("%+v", e)
			}
		}
		if open != want || (p.Erased == nil) != (want == 1) || (p.Row.Name == "") != (want == 0) || (p.Person.Identity == nil) != (want == 0) {
			t.Errorf("%s: %d open, %+v, %q", ref, open, p.Erased, p.Row.Name)
		}
	}
	note := pageOf(t, v, officer, w.now, completed).Erased
	if !note.Completed || note.By != protector || note.Reason != first("erasure_reason") || note.On.IsZero() {
		t.Errorf("%+v", note)
	}
	if note := pageOf(t, v, coordinator, w.now, approved).Erased; note == nil || note.Completed || note.By.User != "" || note.By.Role != domain.Head {
		t.Errorf("to the coordinator: %+v", note)
	}
	if p := pageOf(t, v, referrer, w.now, completed); p.Erased != nil || p.Hold != "" {
		t.Errorf("to who only referred: %+v", p.Erased)
	}
	if p := pageOf(t, v, officer, w.now, held); p.Hold != first("hold_reason") || p.State.Erasure.AskedBy != officer.User {
		t.Errorf("%q, %+v", p.Hold, p.State.Erasure)
	}
	if p := pageOf(t, v, coordinator, w.now, held); p.State.Erasure.AskedBy != "" || p.State.Erasure.Asked.IsZero() {
		t.Errorf("outside the unit: %+v", p.State.Erasure)
	}
}

// Whoever looks back learns that the data are gone, as they are not there, but
// nothing of what was decided after their part.
func TestErasureWhileLookingBack(t *testing.T) {
	w, v, caughtUp := seeing(t, 82)
	ref := w.named("Örnəkova", "Sınaqə")
	admitted(w, ref)
	w.later(time.Hour).must(gence, domain.CaseStream(ref), domain.RecordDeparture{
		Facility: w.houses[gence.Organisation], Destination: first("destination"), Planned: true,
	})
	w.later(time.Hour)
	w.erases(ref)
	caughtUp()
	p := pageOf(t, v, gence, w.now, ref)
	i := slices.IndexFunc(p.Timeline, func(e Entry) bool { return e.Type == "IdentityRecorded" })
	if !p.Timeline[i].Erased || p.Timeline[i].Event != nil || p.Erased != nil || p.Row.Name != "" || p.State.Erased() {
		t.Errorf("%+v, %+v, %q", p.Timeline[i], p.Erased, p.Row.Name)
	}
}

// sentinels are what must be in no file, by what a file may make of it.
func sentinels(texts ...string) map[string][]byte {
	all := map[string][]byte{}
	add := func(how, s string) {
		units := utf16.Encode([]rune(s))
		little, big := []byte{}, []byte{}
		for _, u := range units {
			little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
		}
		for encoding, b := range map[string][]byte{"UTF-8": []byte(s), "UTF-16LE": little, "UTF-16BE": big} {
			all[fmt.Sprintf("%s, %s, %s", s, how, encoding)] = b
		}
	}
	for _, s := range texts {
		add("as it is", s)
		add("in small letters", strings.ToLower(s))
		add("in capitals", strings.ToUpper(s))
		add("folded", names.Fold(s))
		for _, word := range names.Words(s) {
			add("a folded word", word)
		}
		add("as a document", names.Document(s))
	}
	maps.DeleteFunc(all, func(_ string, b []byte) bool { return len(b) < 6 }) // that may come about by chance
	return all
}

// filesOf reads all files of the views.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = b
	}
	return all
}

func lookFor(t *testing.T, when string, files map[string][]byte, what map[string][]byte) {
	t.Helper()
	for file, b := range files {
		for name, s := range what {
			if bytes.Contains(b, s) {
				t.Errorf("%s: %s holds %s", when, file, name)
			}
		}
	}
}

// boxesOf gives the boxes of a case, as they are stored.
func boxesOf(w *world, ref domain.Ref) map[string][]byte {
	all := map[string][]byte{}
	for _, d := range w.log.(*memory).by[domain.CaseStream(ref).String()] {
		for _, e := range d.Events {
			if s, sealed := e.(domain.Sealed); sealed {
				stored := s.Box.Stored()
				all["the beginning of a box of "+s.Type] = stored[:min(len(stored), 40)]
				all["the end of a box of "+s.Type] = stored[max(0, len(stored)-40):]
			}
		}
	}
	return all
}

// TestNothingPersonalIsInTheFiles looks at every byte of the files, before and
// after an erasure.
func TestNothingPersonalIsInTheFiles(t *testing.T) {
	log, dir := newMemory(), t.TempDir()
	w := newWorld(t, log, 83)
	v := opened(t, dir, log)
	caughtUp := follow(t, v, log)
	var texts []string
	person := func(mark string) domain.Ref {
		cmd := referral()
		cmd.IdentityFields = domain.IdentityFields{
			FamilyName: domain.Words("Şahmərdanova" + mark), GivenName: domain.Words("Günəşxanım" + mark), Patronymic: domain.Words("Zülfüqar qızı" + mark),
			OtherNames: domain.Words("Шахмарданова" + mark), BirthDate: domain.NewDay(1987, time.November, 23),
		}
		cmd.DocumentFields = domain.DocumentFields{DocumentKind: first("document_kind"), DocumentNumber: domain.Words("ZZQ-998877" + mark)}
		cmd.ContactFields = domain.ContactFields{ContactKind: first("contact_kind"), Contact: domain.Words("+994 00 123 45 67 " + mark)}
		cmd.Notes = domain.Prose("a note that is hers " + mark)
		ref := domain.NewRef("person " + mark)
		s := domain.CaseStream(ref)
		w.later(time.Hour).must(referrer, s, cmd)
		w.later(time.Hour).must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
		admitted(w, ref)
		w.must(officer, s, domain.RecordNarrative{Text: domain.Prose(strings.Repeat("a story that is hers "+mark+" ", 200))}) // fills pages
		w.must(gence, s, domain.RecordHealth{Text: domain.Prose("a health that is hers " + mark)})
		w.must(officer, s, domain.RecordTestimony{Text: domain.Prose("a testimony that is hers " + mark)})
		w.must(officer, s, domain.RecordWhereabouts{Address: domain.Words("an address that is hers " + mark)})
		texts = append(texts, string(cmd.FamilyName), string(cmd.GivenName), string(cmd.Patronymic), string(cmd.OtherNames), cmd.BirthDate.String(),
			string(cmd.DocumentNumber), string(cmd.Contact), "that is hers "+mark)
		return ref
	}
	var stay []domain.Ref
	for i := range 12 {
		stay = append(stay, person(fmt.Sprint("stay", i)))
	}
	gone := person("gone")
	w.crowd(5, 100)
	caughtUp()
	for range 3 { // what readers do leaves nothing either
		pageOf(t, v, officer, w.now, gone)
		if got, err := v.Search(t.Context(), officer, w.now, Query{Name: "Şahmərdanova", Document: "ZZQ998877gone"}); err != nil || len(got) < 2 {
			t.Fatal(got, err)
		}
	}
	plain := sentinels(texts...)
	files := filesOf(t, dir)
	lookFor(t, "while the views run", files, plain)
	all := bytes.Join(slices.Collect(maps.Values(files)), nil)
	for name, b := range boxesOf(w, gone) {
		if !bytes.Contains(all, b) {
			t.Fatalf("%s is in no file: shows nothing", name)
		}
	}

	w.erases(gone)
	log.safe.forget(domain.CaseStream(gone))
	caughtUp()
	if err := v.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	files = filesOf(t, dir)
	lookFor(t, "after the erasure", files, plain)
	lookFor(t, "after the erasure", files, boxesOf(w, gone))
	if len(files["views.db-wal"]) > 0 {
		t.Errorf("%d bytes are left in the write-ahead log", len(files["views.db-wal"]))
	}
	w.destroyed(gone)
	more := person("more")
	caughtUp() // it goes on
	for _, ref := range append(stay, more) {
		if p := pageOf(t, v, officer, w.now, ref); p.Person.Identity == nil || len(p.Person.Documents) != 1 {
			t.Errorf("%s, who stays: %+v", ref, p.Person)
		}
	}
	live := digestOf(t, v)

	again := t.TempDir()
	made := opened(t, again, log)
	if got := digestOf(t, made); !maps.Equal(live, got) {
		t.Errorf("live    %v\nrebuilt %v", live, got)
	}
	files = filesOf(t, again)
	lookFor(t, "made anew", files, sentinels(texts...))
	lookFor(t, "made anew", files, boxesOf(w, gone))
	for name, b := range boxesOf(w, stay[0]) {
		if !bytes.Contains(files["views.db"], b) {
			t.Errorf("made anew: %s of somebody who stays is gone", name)
		}
	}
}

// TestScrubWaitsForReaders: a reader who began before still needs what was
// removed.
func TestScrubWaitsForReaders(t *testing.T) {
	w, v, caughtUp := seeing(t, 84)
	ref := w.named("Örnəkova", "Sınaqə")
	caughtUp()
	if _, err := v.db.now().Exec(`PRAGMA busy_timeout(50)`); err != nil {
		t.Fatal(err)
	}
	err := v.within(t.Context(), func(tx *sql.Tx) error {
		if _, err := number(t.Context(), tx, `SELECT count(*) FROM facts`); err != nil {
			return err
		}
		w.erases(ref)
		caughtUp()
		if err := v.Scrub(t.Context()); err == nil {
			t.Error("says it is done while a reader holds the old state")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	for range 20 { // and while the views follow the log
		w.referred(referrer)
		if err := v.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
	}
	caughtUp()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Scrub(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestErasureChangesNoFigure: what the register counts stays as it was.
func TestErasureChangesNoFigure(t *testing.T) {
	w, v, caughtUp := seeing(t, 85)
	for range 4 {
		ref := sheltered(w)
		w.must(officer, domain.CaseStream(ref), called("Örnəkova", "Sınaqə"))
	}
	w.crowd(10, 250)
	caughtUp()
	now := w.now.Add(40 * 24 * time.Hour)
	figures := func(v *Views) (all []any) {
		for year := 2024; year <= 2026; year++ {
			lines, err := v.Year(t.Context(), year, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			plan, err := v.Plan(t.Context(), PlanAsOf{Year: year, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, lines, plan)
		}
		queues, err := v.Queues(t.Context(), officer, now)
		if err != nil {
			t.Fatal(err)
		}
		houses, err := v.Facilities(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, overdue, err := v.Overdue(t.Context(), officer, now, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		return append(all, queues, houses, overdue)
	}
	before := figures(v)
	erased := 0
	for _, ref := range w.cases {
		if c := w.state(ref); c.Erased() || c.Hold != "" || c.MergedInto != "" || !c.Erasure.Asked.IsZero() {
			continue
		}
		w.later(time.Minute).must(officer, domain.CaseStream(ref), domain.RequestErasure{Reason: first("erasure_reason")})
		w.must(protector, domain.CaseStream(ref), domain.ApproveErasure{})
		w.destroyed(ref)
		erased++
	}
	caughtUp()
	if after := figures(v); erased < 5 || !reflect.DeepEqual(before, after) {
		t.Errorf("after %d erasures\n%+v\nbefore\n%+v", erased, after, before)
	}
	if made := figures(opened(t, t.TempDir(), w.log.(*memory))); !reflect.DeepEqual(before, made) {
		t.Error("made anew, the figures are others")
	}
}
