package api

import (
	"net/http"
	"net/url"
	"testing"
)

// A body that only referred a child is told how far the case is, and nothing of
// what it holds or does not hold.
func TestWhoOnlyReferredAChild(t *testing.T) {
	s := newSite(t)
	for _, lang := range languages {
		v := s.as(t, "child_protection", lang.Code)
		path := registered(v)
		w := in(lang.Code)
		v.get(path).code(http.StatusOK).sees(w.T("case.state_only"), w.T("command.assess-best-interests")).
			lacks(w.T("deadlines.empty"), w.T("conformance.empty"), w.T("timeline.empty"), w.T("case.person.nobody"))
	}
}

// Of an adult nothing is offered that is of children but to say that it is one.
func TestAnAdultIsOfferedNothingOfChildren(t *testing.T) {
	s := newSite(t)
	adult := aReferral()
	adult.Set("age", "adult")
	r := s.as(t, "referrer", "en")
	path := r.get("/cases/new").fill("/cases/new", adult).code(http.StatusOK).path
	d := s.as(t, "duty_officer", "en")
	d.get(path).sees("Treat the person as a child").lacks("Ask for a guardian")
	told := url.Values{"language": {"az"}, "information_forms": {"oral"}, "topics": {"services"}, "interpreted": {"false"}}
	d.get(path + "/give-rights-information").lacks("Explained so that a child understands")
	d.fill(path+"/give-rights-information", on(told, 20, "10:00")).code(http.StatusOK).sees("Recorded: Rights explained")
	d.get(registered(r)).sees("Ask for a guardian")
	d.get(r.path + "/give-rights-information").sees("Explained so that a child understands")
}

// What is wrong with one of many numbers stands beside that one.
func TestWrongNumberStandsBesideItsOwn(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "coordinator", "en")
	house := url.Values{"kind": {"shelter"}, "operator": {"state"}, "organisation": {"shelter-baki"}, "district": {"AZ-BA"}, "capacity": {"9"}, "places-women": {"3"}}
	for bad, says := range map[string]string{"two": "whole number", "-1": "Enter a number from 1 to 1000", "1001": "Enter a number from 1 to 1000"} {
		house.Set("places-men", bad)
		v.get("/facilities/new").fill("/facilities/new", on(house, 19, "10:00")).code(http.StatusUnprocessableEntity).sees(says)
		if !hasID(v, "places-men-error") || hasID(v, "places-women-error") {
			t.Errorf("%s: not beside the number of men", bad)
		}
	}
}

// A body that does not see how the plan stands attests its own years all the same,
// and nobody else's.
func TestABodyAttests(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "employment", "ru")
	v.get("/").sees("Подтвердить год").get("/attestations").code(http.StatusOK).sees("4.4.5")
	path := "/plan/4.4.5/attest-period"
	v.get(path).code(http.StatusOK)
	v.fill(path, url.Values{"year": {"2022"}}).code(http.StatusOK).sees("Год подтверждён")
	if v.path != "/attestations" {
		t.Errorf("sent to %s", v.path)
	}
	v.get(path).fill(path, url.Values{"year": {"2022"}, "organisation": {"iom"}}).code(http.StatusUnprocessableEntity)
	v.get("/plan/4.4.5").code(http.StatusForbidden)
	v.get("/plan/4.4.5/hold-meeting").code(http.StatusForbidden)
}

func hasID(v *visitor, id string) bool {
	for n := range v.doc.Descendants() {
		if attr(n, "id") == id {
			return true
		}
	}
	return false
}
