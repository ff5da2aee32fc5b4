package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// accesses is everything that is recorded of who looked, the latest first.
func (s *site) accesses() []projections.AccessRow {
	s.t.Helper()
	s.server.Settle(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.must(s.views.WaitFor(ctx, s.last()))
	var all []projections.AccessRow
	for {
		rows, total, err := s.views.Accesses(ctx, domain.Actor{Role: domain.DataProtection}, projections.AccessFilter{Limit: 200, Offset: len(all)})
		s.must(err)
		if all = append(all, rows...); len(all) >= total {
			return all
		}
	}
}

// forgetLooks has the next look recorded, whatever was looked at before.
func (s *site) forgetLooks() {
	s.server.looks.mu.Lock()
	defer s.server.looks.mu.Unlock()
	clear(s.server.looks.recent)
}

// TestEveryAnswerWithAPersonIsRecorded walks every route that is read, as everybody
// who is shown something of the person: each answer that shows something leaves one
// event that says so, and none leaves more than one.
func TestEveryAnswerWithAPersonIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref, facility := s.personalCase()
	base := strings.NewReplacer(":case", ref, ":ref", ref, ":facility", facility, ":number", "4.1.9", ":list", "stage", ":year", "2024", ":lang", "en", ":id", "1", "*", "app.css", ":command", "record-identity")
	var paths []string
	for _, r := range s.Handler.(headAsGet).Routes() {
		if r.Method == http.MethodGet && !strings.Contains(r.Path, "accesses") {
			paths = append(paths, base.Replace(r.Path))
		}
	}
	paths = append(paths, "/cases?queue=all", "/?queue=left", "/cases/"+ref+"/add-note", "/cases/"+strings.ToLower(ref))
	shown := 0
	for _, who := range []string{"case_officer", "head", "shelter", "child_protection", "migration", "fund", "legal_aid", "prosecution", "coordinator", "referrer"} {
		for _, path := range paths {
			s.forgetLooks()
			before := len(s.accesses())
			w := s.send(who, http.MethodGet, path, "")
			after := s.accesses()
			fresh := after[:len(after)-before]
			in := seen(w.Body.String())
			if len(fresh) > 1 {
				t.Errorf("%s as %s left %d events", path, who, len(fresh))
			}
			if len(in) == 0 {
				continue
			}
			shown++
			if len(fresh) != 1 {
				t.Errorf("%s showed %s %v and left %d events", path, who, in, len(fresh))
				continue
			}
			e, ok := fresh[0].Event.(domain.RecordViewed)
			if !ok || e.User != who || !slices.Contains(e.Cases, domain.Ref(ref)) || e.Client != "program" {
				t.Errorf("%s as %s: %+v", path, who, fresh[0])
			}
			for c := range in {
				if c != patronymic && c != otherNames && !slices.Contains(e.Compartments, string(c)) {
					t.Errorf("%s showed %s %s, and the event says %v", path, who, c, e.Compartments)
				}
			}
		}
	}
	if shown < 40 {
		t.Errorf("only %d answers showed anything of the person", shown)
	}
	for _, ask := range []struct{ path, body, content string }{
		{"/search", "name=Zarqalamov", "application/x-www-form-urlencoded"},
		{root + "/search", `{"name":"Zarqalamov","document":"aze77319055"}`, "application/json"},
	} {
		before := len(s.accesses())
		s.send("case_officer", http.MethodPost, ask.path, ask.body, "Content-Type", ask.content)
		after := s.accesses()
		e, ok := after[0].Event.(domain.SearchRun)
		if !ok || len(after) != before+1 || e.Hits != 1 || !slices.Contains(e.By, "name") {
			t.Errorf("%s: %d events, %+v", ask.path, len(after)-before, after[0])
		}
	}
	for _, r := range s.accesses() {
		data, err := json.Marshal(r.Event)
		if err != nil {
			t.Fatal(err)
		}
		if in := seen(string(data)); len(in) > 0 || strings.Contains(strings.ToLower(string(data)), "zarqalamov") {
			t.Errorf("what was looked at says %v: %s", in, data)
		}
	}
}

func TestDeniedAccessIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	unknown := string(domain.NewRef("nobody's"))
	for _, c := range []struct{ who, path, record, reason, about string }{
		{"shelter", "/cases/" + ref, "case", "no_such_case", ref},
		{"shelter", root + "/cases/" + ref, "case", "no_such_case", ref},
		{"shelter", "/cases/" + unknown, "case", "no_such_case", unknown},
		{"shelter", root + "/cases/" + ref + "/timeline", "case", "no_such_case", ref},
		{"case_officer", "/accesses", "page", "role_not_allowed", ""},
		{"coordinator", root + "/accesses", "page", "role_not_allowed", ""},
		{"coordinator", "/search", "page", "role_not_allowed", ""},
		{"data_protection", "/cases/" + ref, "case", "no_such_case", ref},
	} {
		s.forgetLooks()
		before := len(s.accesses())
		if w := s.send(c.who, http.MethodGet, c.path, ""); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("%s as %s: %d", c.path, c.who, w.Code)
		}
		after := s.accesses()
		if len(after) != before+1 {
			t.Errorf("%s as %s left %d events", c.path, c.who, len(after)-before)
			continue
		}
		e, ok := after[0].Event.(domain.AccessDenied)
		if about := strings.Join(each(e.Cases, func(r domain.Ref) string { return string(r) }), " "); !ok || e.User != c.who || e.Record != c.record || e.Reason != c.reason || about != c.about {
			t.Errorf("%s as %s: %+v", c.path, c.who, after[0].Event)
		}
	}
	s.forgetLooks()
	before := len(s.accesses())
	s.send("shelter", http.MethodPost, root+"/cases/"+ref+"/record-health", `{"data":{"urgent":true,"text":"a"}}`)
	if got := s.accesses(); len(got) != before+1 {
		t.Errorf("a command on a case of others left %d events", len(got)-before)
	}
}

// TestTheSameLookIsOne: whoever comes back to a page within some minutes has looked
// once; a restart forgets none of it.
func TestTheSameLookIsOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	for range 5 {
		s.send("case_officer", http.MethodGet, "/cases/"+ref, "")
		s.send("case_officer", http.MethodGet, root+"/cases/"+ref+"/timeline", "")
	}
	s.send("head", http.MethodGet, "/cases/"+ref, "")
	if got := s.accesses(); len(got) != 2 {
		t.Fatalf("%d events: %+v", len(got), got)
	}
	s.restart()
	if got := s.accesses(); len(got) != 2 || got[0].By.User != "head" && got[1].By.User != "head" {
		t.Fatalf("after a restart %+v", got)
	}
	s.send("case_officer", http.MethodGet, "/cases/"+ref, "")
	if got := s.accesses(); len(got) != 3 {
		t.Errorf("%d events", len(got))
	}
}

// stuckLog stores nothing while it is stuck.
type stuckLog struct {
	domain.Log
	stuck chan struct{} // closed: no more
}

var errStuck = errors.New("no room")

func (l stuckLog) Update(ctx context.Context, streams []string, f func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	select {
	case <-l.stuck:
		return l.Log.Update(ctx, streams, f)
	default:
		return 0, errStuck
	}
}

// TestNamesAreNotShownUnrecorded: while nothing can be recorded nobody is shown a
// name; what has none is shown, and recorded later.
func TestNamesAreNotShownUnrecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	stuck := make(chan struct{})
	s.server.looks.log = stuckLog{s.log, stuck}
	if w := s.send("coordinator", http.MethodGet, "/cases/"+ref, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), ref) {
		t.Errorf("without names: %d", w.Code)
	}
	for _, path := range []string{"/cases/" + ref, root + "/cases/" + ref} {
		w := s.send("case_officer", http.MethodGet, path, "")
		if w.Code != http.StatusServiceUnavailable || len(seen(w.Body.String())) > 0 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d, shows %v", path, w.Code, seen(w.Body.String()))
		}
		if strings.HasPrefix(path, root) && !strings.Contains(w.Body.String(), "access_not_recorded") {
			t.Errorf("%s", w.Body)
		}
	}
	close(stuck)
	if got := s.accesses(); len(got) != 2 {
		t.Errorf("%d events were recorded later", len(got))
	}
	if w := s.send("case_officer", http.MethodGet, "/cases/"+ref, ""); w.Code != http.StatusOK || len(seen(w.Body.String())) == 0 {
		t.Errorf("afterwards: %d", w.Code)
	}
	s.server.looks.log = stuckLog{s.log, make(chan struct{})}
	s.server.looks.mu.Lock()
	s.server.looks.waiting = slices.Repeat([]*look{{done: make(chan struct{})}}, mostWaiting)
	s.server.looks.mu.Unlock()
	if w := s.send("coordinator", http.MethodGet, "/cases/"+string(domain.NewRef("another")), ""); w.Code != http.StatusNotFound {
		t.Errorf("denied, with no room to record it: %d", w.Code)
	}
	s.forgetLooks()
	if w := s.send("coordinator", http.MethodGet, "/cases/"+ref, ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("with no room to record it: %d", w.Code)
	}
	s.server.looks.mu.Lock()
	s.server.looks.waiting = nil
	s.server.looks.mu.Unlock()
}

// TestBreakGlass is the way on which the Coordinator learns who somebody is, and on
// which the data protection officer learns of it.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	name := func(who string) bool {
		t.Helper()
		page, program := s.send(who, http.MethodGet, "/cases/"+ref, ""), s.send(who, http.MethodGet, root+"/cases/"+ref, "")
		a, b := seen(page.Body.String()), seen(program.Body.String())
		if a[domain.Identity] != b[domain.Identity] || a[domain.Documents] || b[domain.Documents] || a[domain.Narrative] {
			t.Errorf("%s is shown %v and %v", who, a, b)
		}
		return a[domain.Identity]
	}
	clock := "11:50" // in Baku, ten minutes ago
	form := func(who, command, body string, want int) {
		t.Helper()
		if w := s.send(who, http.MethodGet, "/cases/"+ref+"/"+command, ""); w.Code != http.StatusOK {
			t.Errorf("the form %s for %s: %d", command, who, w.Code)
		}
		body += "&happened-day=20&happened-month=3&happened-year=2024&happened-time=" + clock
		if w := s.send(who, http.MethodPost, "/cases/"+ref+"/"+command, body, "Content-Type", "application/x-www-form-urlencoded"); w.Code != want {
			t.Errorf("%s by %s: %d", command, who, w.Code)
		}
	}
	if name("coordinator") {
		t.Fatal("the Coordinator sees names")
	}
	form("coordinator", "request-break-glass", "reason=life_in_danger", http.StatusSeeOther)
	form("coordinator", "approve-break-glass", "", http.StatusUnprocessableEntity)
	if name("coordinator") {
		t.Error("asked, and open")
	}
	if page := s.send("head", http.MethodGet, "/accesses", "").Body.String(); !strings.Contains(page, "/cases/"+ref+"/approve-break-glass") {
		t.Error("the head is not shown that something waits")
	}
	form("head", "approve-break-glass", "", http.StatusSeeOther)
	s.forgetLooks()
	if !name("coordinator") {
		t.Error("approved, and not open")
	}
	if last := s.accesses()[0].Event.(domain.RecordViewed); last.Purpose != "break_glass" || !slices.Equal(last.Relations, []string{"unsealed"}) {
		t.Errorf("%+v", last)
	}
	page := s.send("data_protection", http.MethodGet, "/accesses", "").Body.String()
	for _, want := range []string{ref, "coordinator", "head", "/cases/" + ref + "/review-access"} {
		if !strings.Contains(page, want) {
			t.Errorf("the data protection officer is not shown %s", want)
		}
	}
	if home := s.send("data_protection", http.MethodGet, "/", "", "Accept-Language", "en").Body.String(); !strings.Contains(home, "1 identity was opened") {
		t.Error("the data protection officer is not told at home")
	}
	now := today
	s.server.Now = func() time.Time { return now }
	later := func(d time.Duration) { now = now.Add(d); s.forgetLooks() }
	later(3*time.Hour + time.Minute)
	if name("coordinator") {
		t.Error("open after three hours")
	}
	overdue := func() (n int) {
		t.Helper()
		var out glassesJSON
		s.must(json.Unmarshal(s.send("data_protection", http.MethodGet, root+"/identities-opened", "").Body.Bytes(), &out))
		return out.Overdue
	}
	if overdue() != 0 {
		t.Error("overdue on the first day")
	}
	later(7 * 24 * time.Hour)
	if overdue() != 1 {
		t.Error("not overdue after seven days")
	}
	form("data_protection", "review-access", "outcome=justified", http.StatusSeeOther)
	if home := s.send("data_protection", http.MethodGet, "/", "", "Accept-Language", "en").Body.String(); strings.Contains(home, "identity was opened") {
		t.Error("reviewed, and the data protection officer is told at home")
	}
	if overdue() != 0 {
		t.Error("reviewed, and overdue")
	}
	s.restart()
	if got := s.accesses(); !slices.ContainsFunc(got, func(r projections.AccessRow) bool { return r.Event.EventType() == "AccessReviewed" }) {
		t.Error("a restart forgets the review")
	}
}

// TestWhoSawMyFile is the answer to a person who asks who has seen their data.
func TestWhoSawMyFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mine := s.asked("referrer", "/cases", personalReferral).Case
	other := s.asked("referrer.border", "/cases", strings.ReplaceAll(personalReferral, "Ülkərnaz", "Bənövşə")).Case
	s.send("case_officer", http.MethodGet, "/cases/"+mine, "")
	s.send("head", http.MethodGet, "/cases/"+other, "")
	s.send("case_officer", http.MethodPost, root+"/search", `{"name":"Zarqalamov"}`)
	all := len(s.accesses())
	var out accessesJSON
	w := s.send("data_protection", http.MethodGet, root+"/accesses?case="+mine, "")
	s.must(json.Unmarshal(w.Body.Bytes(), &out))
	if len(out.Accesses) != 2 || out.Total != 2 {
		t.Fatalf("%s", w.Body)
	}
	for _, a := range out.Accesses {
		if a.By.User != "case_officer" || !slices.Contains(a.Cases, mine) {
			t.Errorf("%+v", a)
		}
	}
	got := s.accesses()
	if e, ok := got[0].Event.(domain.ExportMade); !ok || len(got) != all+1 || e.Export != "case_accesses" || e.Rows != 2 {
		t.Errorf("the answer left %+v", got[0].Event)
	}
	page := s.send("data_protection", http.MethodGet, "/accesses?case="+url.QueryEscape(strings.ToLower(mine)), "").Body.String()
	if !strings.Contains(page, "case_officer") || strings.Contains(page, other) || len(seen(page)) > 0 {
		t.Errorf("the page shows other cases or names: %v", seen(page))
	}
	for query, want := range map[string]int{"?case=nonsense": http.StatusUnprocessableEntity, "?alarm=night": http.StatusOK, "?alarm=nonsense": http.StatusOK, "?page=9": http.StatusOK} {
		if w := s.send("data_protection", http.MethodGet, "/accesses"+query, ""); w.Code != want {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	for _, lang := range []string{"az", "en", "ru"} {
		if body := s.send("data_protection", http.MethodGet, "/accesses", "", "Accept-Language", lang).Body.String(); strings.Contains(body, "accesses.") || strings.Contains(body, "field.") {
			t.Errorf("%s: a text is missing", lang)
		}
	}
}

// TestManySearches: who looks for very many people within an hour is seen.
func TestManySearches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range domain.BulkSearches {
		s.send("head", http.MethodPost, root+"/search", `{"name":"Zarqalamov"}`)
	}
	for range domain.BulkSearches - 1 {
		s.send("case_officer", http.MethodPost, root+"/search", `{"name":"Zarqalamov"}`)
	}
	s.accesses()
	rows, err := s.views.BulkSearches(t.Context(), domain.Actor{Role: domain.DataProtection})
	if err != nil || len(rows) != 1 || rows[0].By.User != "head" || rows[0].Searches != domain.BulkSearches {
		t.Errorf("%+v, %v", rows, err)
	}
	if _, err := s.views.BulkSearches(t.Context(), domain.Actor{Role: domain.Head}); err == nil {
		t.Error("those who are watched read it")
	}
}
