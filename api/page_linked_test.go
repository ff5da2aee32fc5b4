package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestLinkedCases: an officer names several cases on one form. Whoever may know of
// every case is led to them; whoever reads the course of this case learns of each
// its reference, as of the case of a co-victim, and nothing behind it.
func TestLinkedCases(t *testing.T) {
	s := newSite(t)
	ref, one, two, companion := s.opened(), s.opened(), s.opened(), s.opened()
	s.asked("duty_officer", "/cases/"+ref+"/accept-handover", `{"happened":"2024-03-02","data":{"district":"AZ-BA","condition":"good"}}`)
	s.asked("case_officer", "/cases/"+ref+"/send-service-referral", `{"happened":"2024-03-02","data":{"organisation":"legal-aid-a","services":["legal_info"]}}`)

	v, open := s.as(t, "case_officer", "en"), "/cases/"+ref+"/open-case"
	v.get(open).code(http.StatusOK).sees("Other cases linked to this one", "at most 20 cases")
	named := func(linked string) url.Values {
		return on(url.Values{"co_victim": {companion}, "linked_cases": {linked}}, 3, "")
	}
	v.fill(open, named(one+"\r\nKW5219EX")).code(http.StatusUnprocessableEntity).sees("There is no such reference", one)
	v.fill(open, named(one+"\r\n"+companion)).code(http.StatusUnprocessableEntity).sees("linked to this one: this must be another one")
	v.fill(open, named(strings.ToLower(one)+", "+two)).code(http.StatusOK)
	if v.path != "/cases/"+ref {
		t.Fatalf("at %s: %s", v.path, v.main())
	}
	for who, led := range map[string]bool{"case_officer": true, "coordinator": true, "legal_aid": false} {
		v := s.as(t, who, "en").get("/cases/" + ref).code(http.StatusOK)
		for _, other := range []string{one, two, companion} {
			if got := v.links()[other] == "/cases/"+other; got != led {
				t.Errorf("%s is led to %s: %v", who, other, got)
			}
		}
		v.sees("Other cases linked to this one: "+one+"; "+two, "Case of a co-victim: "+companion) // on the timeline
	}
	s.as(t, "legal_aid", "en").get("/cases/" + one).code(http.StatusNotFound)
}
