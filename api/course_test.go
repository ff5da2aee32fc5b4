package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nrm/domain"
)

// TestTheCourseTellsNoMore than that something was: which service a consent is for,
// and how long a stay lasts, is for those who read that part of the case.
func TestTheCourseTellsNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":3}}`).Facility
	ref := s.opened()
	give := func(role, command, data string) {
		t.Helper()
		s.asked(role, "/cases/"+ref+"/"+command, `{"happened":"2024-03-05","data":`+data+`}`)
	}
	give("case_officer", "request-shelter", `{"facility":"`+place+`","security":"low"}`)
	give("shelter", "confirm-admission", `{"facility":"`+place+`","basis":"consent","review_on":"2024-04-17"}`)
	give("shelter", "extend-stay", `{"facility":"`+place+`","until":"2024-05-19","requested_by":"person","reason":"recovery"}`)
	give("shelter", "record-consent", `{"purpose":"service","services":["psychological"],"abroad":false,"data":["identity"],"operations":["use"],"valid_until":"2024-07-01","revocation":["orally"],`+
		`"deletion":"at_expiry","form":"written","by":"person","assent":false,"language":"az","interpreted":false,"no_harm_on_refusal":true}`)
	give("case_officer", "send-service-referral", `{"organisation":"legal-aid-a","services":["legal_info"],"basis":"consent"}`)
	for role, knows := range map[string][2]bool{"case_officer": {true, true}, "shelter": {true, true}, "head": {false, true}, "legal_aid": {false, false}, "coordinator": {false, false}, "duty_officer": {false, false}} {
		page := s.send(role, http.MethodGet, "/cases/"+ref, "", "Cookie", languageCookie+"=en").Body.String()
		overview, rest, _ := strings.Cut(page, `id="deadlines"`)
		_, timeline, _ := strings.Cut(rest, `id="timeline"`)
		told := s.send(role, http.MethodGet, root+"/cases/"+ref+"/timeline", "").Body.String()
		for _, text := range []string{overview, timeline, told} {
			if got := strings.Contains(text, "Psycholog") || strings.Contains(text, "psycholog"); got != knows[0] {
				t.Errorf("%s is told which service: %t, in\n%s", role, got, text)
			}
			if !strings.Contains(text, "1 July 2024") && !strings.Contains(text, "2024-07-01") {
				t.Errorf("%s is not told that there is a consent, in\n%s", role, text)
			}
			if strings.Contains(text, "Services: None") {
				t.Errorf("%s is told that it is for no service", role)
			}
		}
		if got := strings.Contains(overview, "19 May 2024") && strings.Contains(overview, "17 April 2024"); got != knows[1] {
			t.Errorf("%s is told how long the stay lasts: %t", role, got)
		}
	}
}

// TestCommandsOfAMergedCase: programs are offered what it still takes, and nothing
// that would be refused because it was merged.
func TestCommandsOfAMergedCase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	goes, ends := s.opened(), s.opened()
	offered := func(role, ref string) (c caseJSON) {
		t.Helper()
		s.must(json.Unmarshal(s.send(role, http.MethodGet, root+"/cases/"+ref, "").Body.Bytes(), &c))
		return c
	}
	before := offered("case_officer", ends)
	s.asked("case_officer", "/cases/"+goes+"/merge-cases", `{"happened":"2024-03-06","data":{"other":"`+ends+`"}}`)
	after := offered("case_officer", ends)
	if len(before.Expected) == 0 || !slices.Contains(before.MayGive, "record-identity") {
		t.Errorf("before the merge: %v, %v", before.MayGive, before.Expected)
	}
	if len(after.Expected) > 0 || slices.ContainsFunc(after.MayGive, func(name string) bool { return !mustSpec(name).OnMerged() }) {
		t.Errorf("of the merged case: %v, %v", after.MayGive, after.Expected)
	}
	for _, spec := range domain.CommandSpecs() {
		if spec.Kind == domain.CaseKind && spec.OnMerged() && spec.MayGive(domain.CaseOfficer) != slices.Contains(after.MayGive, spec.Name) {
			t.Errorf("%s, which it still takes, is not offered: %v", spec.Name, after.MayGive)
		}
	}
	if on := offered("case_officer", goes); !slices.Contains(on.MayGive, "undo-merge") || !slices.Contains(on.MayGive, "record-identity") {
		t.Errorf("of the case that goes on: %v", on.MayGive)
	}
}
