package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"nrm/domain"
)

func httpRequest(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (s *site) served(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestErasureByTwoPersons: who asks cannot approve, nobody can under a legal
// hold, and afterwards every page says who erased it and when.
func TestErasureByTwoPersons(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	path := "/cases/" + ref
	approve := path + "/approve-erasure"
	march := func(v url.Values) url.Values { return on(v, 20, "11:00") }

	head := s.as(t, "head", "en")
	head.get(path + "/request-erasure").code(http.StatusOK).sees("Another person must approve it")
	head.fill(path+"/request-erasure", march(url.Values{"reason": {"person_asked"}})).code(http.StatusOK).
		sees("Recorded: Erasure asked for", "Erasure has been asked for", "Zərqələmova")
	head.get("/erasures").sees(ref, "The person asked for it", "You asked: another person approves").lacks("Zərqələmova")
	head.get(approve).code(http.StatusOK).sees("This cannot be undone", "The person asked for it", "head")
	head.fill(approve, nil).code(http.StatusUnprocessableEntity).sees("another person must approve it")

	officer := s.as(t, "case_officer", "az")
	officer.get("/erasures").sees(ref)
	officer.get(approve).code(http.StatusForbidden)

	dpo := s.as(t, "data_protection", "en")
	dpo.sees(ref, "The person asked for it", "Approve", "Reject") // it is where they begin
	dpo.get(path).code(http.StatusNotFound)
	if dpo.get("/erasures"); dpo.links()[ref] != "" || dpo.links()["Erasure"] != "/erasures" || dpo.links()["Search by name"] != "" || dpo.links()["Cases"] != "" {
		t.Errorf("the officer is led to %v", dpo.links())
	}
	dpo.get(approve).code(http.StatusOK).sees(ref, "The person asked for it", "head", "This cannot be undone").
		lacks("Zərqələmova", "Presumed", "Adult", "Gəncə", "Person found")

	head.get(path+"/place-legal-hold").fill(path+"/place-legal-hold", march(url.Values{"reason": {"court"}})).code(http.StatusOK).sees("Legal hold: court proceedings")
	dpo.get("/erasures").sees("Legal hold", "Court proceedings")
	if dpo.links()["Approve"] != "" || dpo.links()["Reject"] == "" {
		t.Errorf("under a hold the page leads to %v", dpo.links())
	}
	dpo.get(approve).fill(approve, nil).code(http.StatusUnprocessableEntity).sees("There is a legal hold")
	dpo.get(path+"/reject-erasure").fill(path+"/reject-erasure", url.Values{"reason": {"law_requires"}}).code(http.StatusOK).sees("Recorded: Erasure rejected", "No request waits")
	if dpo.path != "/erasures" {
		t.Errorf("sent to %s", dpo.path)
	}
	dpo.get(approve).code(http.StatusNotFound)
	head.get(path+"/lift-legal-hold").fill(path+"/lift-legal-hold", march(url.Values{})).code(http.StatusOK).lacks("Legal hold: court")

	dpo.get("/erasures?case="+strings.ToLower(ref)).code(http.StatusOK).sees("Ask for erasure", ref)
	dpo.fill(path+"/request-erasure", url.Values{"reason": {"retention_over"}}).code(http.StatusOK).sees("You asked: another person approves")
	dpo.get(approve).fill(approve, nil).code(http.StatusUnprocessableEntity).sees("another person must approve it")
	if head.get(approve).fill(approve, march(url.Values{})).code(http.StatusOK); head.path != path {
		t.Errorf("sent to %s", head.path)
	}
	head.sees("The person’s data were erased on 20 March 2024 by Head of the special police unit, ", "Reason: the retention period is over", "The keys are being destroyed").
		lacks("Zərqələmova", "AZE77319055", "Əliyeva")
	dpo.get("/erasures").sees(ref, "Being erased")

	s.complete(ref)
	for _, who := range []string{"head", "case_officer", "duty_officer", "coordinator"} {
		v := s.as(t, who, "en")
		v.get(path).code(http.StatusOK).sees("erased on 20 March 2024 by Head of the special police unit", "The details were erased on 20 March 2024", "Identity recorded", "Person found").
			lacks("are being destroyed", "The details are not open to you.")
		if strings.Contains(v.body, "Zərqələmova") {
			t.Errorf("%s still sees the name", who)
		}
	}
	dpo.get("/erasures").sees(ref, "The retention period is over").lacks("Being erased")
	officer.get(path+"/record-identity").fill(path+"/record-identity", url.Values{"family_name": {"Zərqələmova"}}).code(http.StatusUnprocessableEntity).sees("silinib")
	officer.get("/search").fill("/search", url.Values{"name": {"Zərqələmova"}}).code(http.StatusOK).lacks(ref)

	var page caseJSON
	s.must(json.Unmarshal(s.send("coordinator", "GET", root+path, "").Body.Bytes(), &page))
	if e := page.Erased; e == nil || e.By.Role != "head" || e.By.User != "" || !e.Completed || e.Reason != "retention_over" || page.Person != nil || page.Name != "" {
		t.Errorf("JSON says %+v, %+v", page.Erased, page.Person)
	}
	var line timelineJSON
	s.must(json.Unmarshal(s.send("head", "GET", root+path+"/timeline", "").Body.Bytes(), &line))
	erased := 0
	for _, e := range line.Entries {
		if e.Erased {
			if erased++; e.Data != nil {
				t.Errorf("%s still has data", e.Event)
			}
		}
	}
	if erased != 4 {
		t.Errorf("%d entries are erased", erased)
	}
	var list erasuresJSON
	s.must(json.Unmarshal(s.send("data_protection", "GET", root+"/erasures", "").Body.Bytes(), &list))
	if len(list.Erasures) != 1 || list.Erasures[0].Case != ref || list.Erasures[0].Completed == nil {
		t.Errorf("JSON lists %+v", list)
	}
}

// TestNoCaseByGuessing: whoever sees no case learns of one only what stands in
// the list of erasures.
func TestNoCaseByGuessing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	dpo := s.as(t, "data_protection", "en")
	none := string(domain.NewRef("nobody's"))
	for _, command := range []string{"approve-erasure", "reject-erasure"} {
		there := dpo.get("/cases/" + ref + "/" + command).code(http.StatusNotFound).main()
		if gone := dpo.get("/cases/" + none + "/" + command).code(http.StatusNotFound).main(); gone != there {
			t.Errorf("%s: %s\nbut %s", command, there, gone)
		}
	}
	dpo.get("/cases/" + ref + "/place-legal-hold").code(http.StatusNotFound)
	dpo.get("/cases/" + ref + "/accept-handover").code(http.StatusNotFound)
	dpo.get("/cases/x/request-erasure").code(http.StatusNotFound)
	dpo.get("/cases/"+none+"/request-erasure").code(http.StatusOK).fill("/cases/"+none+"/request-erasure", url.Values{"reason": {"person_asked"}}).code(http.StatusNotFound)
	dpo.get("/erasures?case=Zərqələmova").code(http.StatusUnprocessableEntity).sees("There is no such reference")
	if strings.Contains(dpo.main(), "rqələm") || attr(dpo.first("input", "name", "case"), "value") != "" {
		t.Error("what may be a name is shown again")
	}
	for _, who := range []string{"duty_officer", "coordinator", "shelter"} {
		v := s.as(t, who, "en")
		v.get("/erasures").code(http.StatusForbidden)
		if v.links()["Erasure"] != "" {
			t.Errorf("the menu leads %s there", who)
		}
	}
}

// TestKeyAfterErasure: a request repeated after the person was erased is still
// the same request, and nothing is recorded again.
func TestKeyAfterErasure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k")
	var g given
	s.must(json.Unmarshal(w.Body.Bytes(), &g))
	s.asked("case_officer", "/cases/"+g.Case+"/request-erasure", `{"data":{"reason":"person_asked"}}`)
	s.asked("head", "/cases/"+g.Case+"/approve-erasure", `{"data":{}}`)
	s.vault.erase(g.Case)
	s.restart()
	before := s.last()
	if again := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k"); again.Code != http.StatusCreated || again.Body.String() != w.Body.String() || s.last() != before {
		t.Errorf("repeated: %d %s, first %s", again.Code, again.Body, w.Body)
	}
}

// TestKeysAway: when the keys cannot be asked for, a repeated request is told
// to come back, not that it was another.
func TestKeysAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k")
	s.vault.goAway(errAway)
	s.server.Away = func(err error) bool { return strings.Contains(err.Error(), errAway.Error()) }
	if w := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.vault.goAway(nil)
	if w := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k"); w.Code != http.StatusCreated {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
