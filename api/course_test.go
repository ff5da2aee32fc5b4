package api

import (
	"net/http"
	"strings"
	"testing"
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
