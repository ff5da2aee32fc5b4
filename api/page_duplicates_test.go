package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whoever registers a person is led to those who may be the same, and says of each
// whether they are; nobody outside the special police unit is told.
func TestLedToDuplicates(t *testing.T) {
	s := newSite(t)
	named := func(family, given string) url.Values {
		v := aReferral()
		v.Set("family_name", family)
		v.Set("given_name", given)
		v.Set("birth_year", "2009")
		return v
	}
	v := s.as(t, "duty_officer", "en")
	register := func(who url.Values) { v.get("/cases/new").fill("/cases/new", who).code(http.StatusOK) }
	register(named("Şıxəliyeva", "Günay"))
	first := v.path
	if !reference.MatchString(first) {
		t.Fatalf("nobody is like the first, and %s was shown", first)
	}
	register(named("Шихалиева", "Гюнай"))
	second := strings.TrimSuffix(v.path, "/duplicates")
	if second == v.path {
		t.Fatalf("not led to the first: %s %s", v.path, v.main())
	}
	ref := strings.TrimPrefix(first, "/cases/")
	v.sees("Recorded: ", "1 other case may be of the same person. Say whether it is.", "Answer: is "+ref+" the same person?", "Go on to the case").lacks("Günay").lacks("Гюнай")
	form := second + "/judge-duplicate"
	if typed := defaults(v.get(form + "?other=" + ref).form(form)); typed.Get("other") != ref {
		t.Errorf("the form asks about %q", typed.Get("other"))
	}
	answer := on(url.Values{"other": {ref}, "verdict": {"not_sure"}}, 19, "22:00")
	if v.fill(form, answer).code(http.StatusOK); v.path != second {
		t.Errorf("all is answered, and %s was shown", v.path)
	}
	v.get(second + "/duplicates").sees("Not sure").lacks("Answer: is ")
	if v.get(form + "?other=nobody"); defaults(v.form(form)).Get("other") != "" {
		t.Error("what names no case was taken over")
	}

	// Who is found out to be later is compared then.
	register(aReferral())
	third := v.path
	officer := s.as(t, "case_officer", "en")
	officer.get(third+"/record-identity").fill(third+"/record-identity", on(url.Values{"family_name": {"Shikhaliyeva"}, "given_name": {"Gunay"}, "birth_year": {"2009"}}, 19, "22:00"))
	if officer.path != third+"/duplicates" {
		t.Errorf("named, and sent to %s: %s", officer.path, officer.main())
	}

	other := s.as(t, "referrer", "en")
	other.get("/cases/new").fill("/cases/new", named("Şıxəliyeva", "Günay")).code(http.StatusOK)
	if !reference.MatchString(other.path) {
		t.Errorf("a referrer was sent to %s", other.path)
	}
	other.get(other.path + "/duplicates").code(http.StatusForbidden)
}
