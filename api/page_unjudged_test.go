package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"nrm/api/browsertest"
	"nrm/domain"
)

// named is a referral that says who the person is.
func named(family, given, year, more string) string {
	return strings.Replace(referral, `"basis"`, `"family_name":"`+family+`","given_name":"`+given+`","birth_year":`+year+more+`,"basis"`, 1)
}

// twins registers one person under two spellings, by a body that is told nothing.
func (s *site) twins() (one, other string) {
	s.t.Helper()
	return s.asked("referrer", "/cases", named("Zərqələmova", "Günay", "1998", `,"document_kind":"passport","document_number":"AZE77319055"`)).Case,
		s.asked("referrer", "/cases", named("Заргаламова", "Гюнай", "1998", "")).Case
}

func (s *site) unjudged(who string, headers ...string) (list unjudgedJSON) {
	s.t.Helper()
	w := s.send(who, http.MethodGet, root+"/duplicates", "", headers...)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", who, w.Code, w.Body)
	}
	s.must(json.Unmarshal(w.Body.Bytes(), &list))
	return list
}

// What nobody has judged is told to those who judge, without any name, and goes once
// it is judged. Whoever is told has looked.
func TestUnjudgedDuplicates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(t, "duty_officer", "en")
	v.get("/duplicates").code(http.StatusOK).sees("Nobody alike waits to be judged.", "Possible duplicates").lacks("Earlier")
	one, other := s.twins()
	var shown []string
	for _, lang := range []string{"az", "en", "ru"} {
		for _, who := range []string{"duty_officer", "case_officer", "head"} {
			p := s.as(t, who, lang).get("/duplicates").code(http.StatusOK).sees(one, other)
			shown = append(shown, p.body)
		}
	}
	v.get("/duplicates").sees("Likely", "Name; Year of birth; Sex; Citizenship", "Answer: are "+other+" and "+one+" the same person?").lacks("assigned to other officers")
	s.as(t, "case_officer", "en").get("/duplicates").sees("assigned to other officers")
	for _, role := range domain.Roles() {
		who := strings.Replace(string(role), "fund_officer", "fund", 1)
		for _, path := range []string{"/duplicates", root + "/duplicates", "/cases/" + one + "/duplicates", root + "/cases/" + one + "/duplicates"} {
			w := s.send(who, http.MethodGet, path, "")
			shown = append(shown, w.Body.String())
			if may := mustSpec("judge-duplicate").MayGive(role); may != (w.Code == http.StatusOK) || !may && w.Code != http.StatusForbidden {
				t.Errorf("%s at %s: %d", who, path, w.Code)
			}
			if w.Code != http.StatusOK && strings.Contains(w.Body.String(), other) {
				t.Errorf("%s at %s: %s", who, path, w.Body)
			}
		}
	}
	if w := s.send("", http.MethodGet, root+"/duplicates", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("nobody: %d", w.Code)
	}
	list := s.unjudged("head")
	if list.Total != 1 || list.Earlier || len(list.Pairs) != 1 || list.Pairs[0].Case != other || list.Pairs[0].Other.Case != one || list.Pairs[0].Other.Verdict != "" {
		t.Errorf("%+v", list)
	}
	for _, text := range shown {
		for _, name := range []string{"Zərqələmova", "Заргаламова", "Günay", "Гюнай", "77319055", "1998"} {
			if strings.Contains(text, name) {
				t.Errorf("shows %s", name)
			}
		}
	}

	s.forgetLooks()
	before := len(s.accesses())
	s.unjudged("case_officer")
	after := s.accesses()
	want := []domain.Ref{domain.Ref(min(one, other)), domain.Ref(max(one, other))}
	if e, ok := after[0].Event.(domain.RecordViewed); len(after) != before+1 || !ok || e.Record != "duplicates" || e.User != "case_officer" ||
		!slices.Equal(e.Cases, want) || !slices.Equal(e.Compartments, []string{"identity", "documents"}) {
		t.Errorf("%d looks, %+v", len(after)-before, after[0].Event)
	}
	for _, page := range []string{"?page=2", "?page=-1", "?page=x"} {
		v.get("/duplicates" + page).code(http.StatusOK)
	}
	v.get("/duplicates").get("/cases/"+other+"/judge-duplicate?other="+one).fill("/cases/"+other+"/judge-duplicate", on(url.Values{"other": {one}, "verdict": {"different"}}, 19, "22:00")).code(http.StatusOK)
	v.get("/duplicates").sees("Nobody alike waits to be judged.").lacks(one)
}

// Of a case that another officer has, and of a person whose data a court has shut,
// neither a name nor that somebody is like them is told, on no page and in no
// answer; and whoever asks for it is noted.
func TestUnjudgedKeepsShut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, token, err := s.people.Create("case_officer.second", domain.CaseOfficer, "spu")
	s.must(err)
	second := []string{"Authorization", "Bearer " + token}
	one, other := s.twins()
	s.asked("duty_officer", "/cases/"+one+"/accept-handover", `{"happened":"2024-03-02T21:40:00+04:00","data":{"district":"AZ-BA","condition":"`+domain.Codes("condition")[0].Code+`"}}`)
	if n := s.unjudged("", second...).Total; n != 1 {
		t.Fatalf("before it is assigned: %d", n)
	}
	s.asked("case_officer", "/cases/"+one+"/open-case", `{"happened":"2024-03-03T21:40:00+04:00","data":{}}`)
	for who, want := range map[string]int{"duty_officer": 1, "case_officer": 1, "head": 1} {
		if got := s.unjudged(who).Total; got != want {
			t.Errorf("%s is told %d", who, got)
		}
	}
	told := func(path string, code int) {
		t.Helper()
		w := s.send("", http.MethodGet, path, "", second...)
		if w.Code != code || code == http.StatusForbidden && strings.Contains(w.Body.String(), other) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if strings.Contains(path, "duplicates") && !strings.Contains(path, one) && strings.Contains(w.Body.String(), one) {
			t.Errorf("%s tells of %s: %s", path, one, w.Body)
		}
	}
	for _, in := range []string{"", root} {
		told(in+"/duplicates", http.StatusOK)
		told(in+"/cases/"+other+"/duplicates", http.StatusOK)
		told(in+"/cases/"+one+"/duplicates", http.StatusForbidden)
	}
	s.forgetLooks()
	told("/cases/"+one+"/duplicates", http.StatusForbidden)
	if e, ok := s.accesses()[0].Event.(domain.AccessDenied); !ok || e.Record != "duplicates" || e.Reason != "held_by_another" || e.User != "case_officer.second" || !slices.Equal(e.Cases, []domain.Ref{domain.Ref(one)}) {
		t.Errorf("%+v", s.accesses()[0].Event)
	}
	link := "/cases/" + one + "/duplicates"
	if w := s.send("", http.MethodGet, "/cases/"+one, "", second...); w.Code != http.StatusOK || strings.Contains(w.Body.String(), link) {
		t.Errorf("%d, and the page leads to what is refused", w.Code)
	}
	if w := s.send("case_officer", http.MethodGet, "/cases/"+one, ""); !strings.Contains(w.Body.String(), link) {
		t.Error("the page of one's own case does not lead there")
	}
	if g := s.command(second, "/cases/"+other+"/record-document", `{"happened":"2024-03-04T21:40:00+04:00","data":{"document_kind":"passport","document_number":"aze 77319055"}}`); g.Duplicates == nil || *g.Duplicates.Unjudged != 0 {
		t.Errorf("by a document of another's case: %+v", g.Duplicates)
	}

	s.asked("head", "/cases/"+other+"/suspend-identity-access", `{"data":{"decision_no":"153","body":"court"}}`)
	for _, who := range []string{"duty_officer", "case_officer", "head"} {
		if got := s.unjudged(who); got.Total != 0 {
			t.Errorf("%s is told %+v", who, got)
		}
		for ref, code := range map[string]int{one: http.StatusOK, other: http.StatusForbidden} {
			w := s.send(who, http.MethodGet, root+"/cases/"+ref+"/duplicates", "")
			if w.Code != code || ref == one && strings.Contains(w.Body.String(), other) || ref == other && strings.Contains(w.Body.String(), one) {
				t.Errorf("%s of %s: %d %s", who, ref, w.Code, w.Body)
			}
		}
	}
	for ref, n := range map[string]int{one: 1, other: 0} { // it is as if nobody were in the case that is shut
		g := s.asked("duty_officer", "/cases", named(map[string]string{one: "Zargalamova", other: "Əliquluzadə"}[ref], "Gunay", "1998", ""))
		if *g.Duplicates.Unjudged != n {
			t.Errorf("%d are like %s", *g.Duplicates.Unjudged, ref)
		}
	}
}

// command gives one with a token of its own.
func (s *site) command(as []string, path, body string) (g given) {
	s.t.Helper()
	w := s.send("", http.MethodPost, root+path, body, as...)
	if w.Code >= http.StatusMultipleChoices {
		s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	s.must(json.Unmarshal(w.Body.Bytes(), &g))
	return g
}

// Whoever registers a person and judges is told how many may be the same, and where;
// nobody else is, and nothing is decided by it.
func TestReferralTellsOfDuplicates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.asked("duty_officer", "/cases", named("Zərqələmova", "Günay", "1998", ""))
	if d := first.Duplicates; d == nil || d.Unjudged == nil || *d.Unjudged != 0 || d.Page != "/cases/"+first.Case+"/duplicates" {
		t.Errorf("the first: %+v", d)
	}
	body := named("Заргаламова", "Гюнай", "1998", "")
	for n, who := range []string{"duty_officer", "case_officer"} {
		w := s.send(who, http.MethodPost, root+"/cases", body, "Idempotency-Key", "second")
		again := s.send(who, http.MethodPost, root+"/cases", body, "Idempotency-Key", "second")
		var g given
		s.must(json.Unmarshal(w.Body.Bytes(), &g))
		if w.Code != http.StatusCreated || *g.Duplicates.Unjudged != n+1 || w.Body.String() != again.Body.String() {
			t.Errorf("%s: %d %s, again %s", who, w.Code, w.Body, again.Body)
		}
		if strings.Contains(w.Body.String(), first.Case) || strings.Contains(w.Body.String(), "1998") {
			t.Errorf("names somebody: %s", w.Body)
		}
		list := s.send(who, http.MethodGet, g.Duplicates.List, "")
		if page := s.send(who, http.MethodGet, g.Duplicates.Page, ""); list.Code != http.StatusOK || page.Code != http.StatusOK || !strings.Contains(list.Body.String(), first.Case) {
			t.Errorf("%s: %d %s, page %d", who, list.Code, list.Body, page.Code)
		}
		if timeline := s.send("head", http.MethodGet, root+"/cases/"+g.Case+"/timeline", "").Body.String(); strings.Contains(timeline, "Duplicate") || !strings.Contains(timeline, "IdentityRecorded") {
			t.Errorf("decided by itself: %s", timeline)
		}
	}
	for _, role := range domain.Roles() {
		who := strings.Replace(string(role), "fund_officer", "fund", 1)
		if !mustSpec("register-referral").MayGive(role) || duplicateView.may(domain.Actor{Role: role}) {
			continue
		}
		if w := s.send(who, http.MethodPost, root+"/cases", body); w.Code != http.StatusCreated || strings.Contains(w.Body.String(), "uplicate") || strings.Contains(w.Body.String(), "unjudged") {
			t.Errorf("%s: %d %s", who, w.Code, w.Body)
		}
	}
	if g := s.asked("duty_officer", "/cases/"+first.Case+"/accept-handover", `{"happened":"2024-03-02T21:40:00+04:00","data":{"district":"AZ-BA","condition":"`+domain.Codes("condition")[0].Code+`"}}`); g.Duplicates != nil {
		t.Errorf("after what names nobody: %+v", g.Duplicates)
	}
	// What cannot be recorded as looked at is not told.
	s.forgetLooks()
	s.server.looks.log = stuckLog{s.log, make(chan struct{})}
	if g := s.asked("duty_officer", "/cases", body); g.Duplicates == nil || g.Duplicates.Unjudged != nil || g.Duplicates.List == "" {
		t.Errorf("%+v", g.Duplicates)
	}
}

// The list, and where a referral leads, read well on a phone and to everybody.
func TestUnjudgedInABrowser(t *testing.T) {
	p := browsertest.Open(t)
	s := newSite(t)
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	p.Goto(server.URL + "/lang/az")
	p.Fill("user", "case_officer")
	p.Fill("password", staff().passwords["case_officer"])
	p.Press(in("az").T("sign_in.submit"))
	p.Goto("/duplicates")
	p.MustSee(in("az").T("duplicates.none_unjudged"))
	one, other := s.twins()
	s.asked("referrer", "/cases", named("Zərqələmova", "", "1997", ""))
	for _, lang := range []string{"az", "en", "ru"} {
		p.Goto(server.URL + "/lang/" + lang)
		for _, path := range []string{"/duplicates", "/cases/" + one + "/duplicates"} {
			p.Goto(path)
			p.MustSee(other)
			p.Axe()
			p.Reflows()
			p.Screenshot("duplicates-" + lang + strings.ReplaceAll(path, "/", "-") + ".png")
		}
	}
	p.Goto("/duplicates")
	p.Window(360, 800)
	p.Screenshot("duplicates-phone.png")
}
