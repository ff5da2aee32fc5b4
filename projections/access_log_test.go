package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// looks has an officer look at cases, one after the other, and at all in a list.
func (w *world) looks(refs ...domain.Ref) {
	w.t.Helper()
	viewed := func(record string, refs ...domain.Ref) domain.AnyEvent {
		return domain.RecordViewed{
			At: w.now, User: officer.User, Role: string(officer.Role), Organisation: officer.Organisation, Client: "browser",
			Record: record, Cases: refs, Compartments: []string{"identity"}, Purpose: domain.PurposeOf(officer, nil),
		}
	}
	volume := domain.NewVolume()
	for _, ref := range refs {
		w.keepsLooks(volume, viewed("case", ref))
	}
	w.keepsLooks(volume, viewed("cases", refs...), domain.SearchRun{At: w.now, User: officer.User, Role: string(officer.Role), Organisation: officer.Organisation, Client: "browser", By: []string{"name"}, Hits: 1, Cases: refs[:1], Purpose: "case_work"})
}

func (w *world) keepsLooks(volume domain.Stream, events ...domain.AnyEvent) {
	w.t.Helper()
	if _, err := domain.KeepAccesses(w.t.Context(), w.log, domain.NewID(), volume, w.now, events); err != nil {
		w.t.Fatal(err)
	}
}

// breaks has the Coordinator ask to know who the person of a case is, and the head
// approve it.
func (w *world) breaks(ref domain.Ref) {
	w.t.Helper()
	w.later(time.Minute).must(coordinator, domain.CaseStream(ref), domain.RequestBreakGlass{Reason: first("break_glass_reason")})
	w.later(time.Minute).must(head, domain.CaseStream(ref), domain.ApproveBreakGlass{})
}

func TestAccesses(t *testing.T) {
	w, v, caughtUp := seeing(t, 82)
	mine, other := w.named("Örnək", "Sınaqə"), w.named("Misal", "Sınaqə")
	w.looks(mine, other)
	caughtUp()
	all, total, err := v.Accesses(t.Context(), protector, AccessFilter{})
	if err != nil || total != 4 || len(all) != 4 {
		t.Fatalf("%d of %d, %v", len(all), total, err)
	}
	about, total, err := v.Accesses(t.Context(), protector, AccessFilter{Case: other})
	if err != nil || total != 2 || len(about) != 2 {
		t.Fatalf("%d of %d, %v", len(about), total, err)
	}
	for _, r := range about {
		if !slices.Equal(r.Cases, []domain.Ref{other}) || !slices.Equal(r.Event.(domain.RecordViewed).Cases, []domain.Ref{other}) || r.By != officer {
			t.Errorf("%+v", r)
		}
	}
	if rows, total, err := v.Accesses(t.Context(), protector, AccessFilter{Alarm: domain.AlarmUnrelated, Limit: 1}); err != nil || total != 2 || len(rows) != 1 || !slices.Contains(rows[0].Alarms, domain.AlarmUnrelated) {
		t.Errorf("%+v of %d, %v", rows, total, err)
	}
	for _, by := range []domain.Actor{coordinator, head, officer, duty, gence, referrer} {
		_, _, err := v.Accesses(t.Context(), by, AccessFilter{})
		if r, ok := domain.AsRefusal(err); !ok || r.Code != "role_not_allowed" {
			t.Errorf("%s reads who looked: %v", by.Role, err)
		}
		if _, err := v.Glasses(t.Context(), by); (err == nil) != (by == coordinator || by == head) {
			t.Errorf("%s reads whose glass was broken: %v", by.Role, err)
		}
	}
	if n, err := number(t.Context(), v.readers, `SELECT count(*) FROM facts WHERE kind = 'access'`); err != nil || n != 0 {
		t.Errorf("%d looks are facts, %v", n, err)
	}
}

// TestBrokenGlass: the Coordinator is told who the person is, of this case alone,
// while the glass is open.
func TestBrokenGlass(t *testing.T) {
	w, v, caughtUp := seeing(t, 83)
	ref, other := w.named("Örnək", "Sınaqə"), w.named("Misal", "Sınaqə")
	w.breaks(ref)
	opened := w.now.Add(time.Second) // when it was recorded
	caughtUp()
	told := func(by domain.Actor, now time.Time, ref domain.Ref) bool {
		t.Helper()
		p := pageOf(t, v, by, now, ref)
		return p.Person.Identity != nil && p.Person.Identity.FamilyName != ""
	}
	second := coordinator
	second.User += "-2"
	if !told(coordinator, opened, ref) || !told(coordinator, opened.Add(3*time.Hour-time.Second), ref) {
		t.Error("not told")
	}
	if told(coordinator, opened.Add(3*time.Hour), ref) {
		t.Error("told for too long")
	}
	if told(coordinator, opened, other) {
		t.Error("told of others")
	}
	if told(second, opened, ref) {
		t.Error("told to others")
	}
	if p := pageOf(t, v, coordinator, opened, ref); len(p.Person.Documents)+len(p.Person.Contacts) > 0 || !slices.Contains(p.Relations, string(domain.Unsealed)) {
		t.Errorf("%+v, %v", p.Person, p.Relations)
	}
	rows, _, err := v.Cases(t.Context(), coordinator, opened, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Name != "" {
			t.Errorf("a list names %s", r.Ref)
		}
	}
	glasses, err := v.Glasses(t.Context(), protector)
	if err != nil || len(glasses) != 1 || glasses[0].Unreviewed(opened.Add(domain.ReviewWithin)) || !glasses[0].Unreviewed(opened.Add(domain.ReviewWithin+time.Hour)) {
		t.Errorf("%+v, %v", glasses, err)
	}
	w.later(time.Hour).must(protector, domain.CaseStream(ref), domain.ReviewAccess{Outcome: first("access_review")})
	caughtUp()
	if glasses, err = v.Glasses(t.Context(), protector); err != nil || glasses[0].Unreviewed(opened.Add(30*24*time.Hour)) {
		t.Errorf("reviewed: %+v, %v", glasses, err)
	}
}
