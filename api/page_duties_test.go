package api

import (
	"encoding/json"
	"testing"
)

// TestDutiesOfInstitutions: a quarter without a meeting and a year without a report
// stand among what is overdue, for those who see the plan, and on the page of the
// action.
func TestDutiesOfInstitutions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asked("coordinator", "/actions/4.1.9/revise-legal-status", `{"happened":"2023-05-17","data":{"body":"working_group","act":"C-WG","effective":"2023-05-17"}}`)
	s.asked("coordinator", "/actions/4.1.9/hold-meeting", `{"happened":"2023-07-10","data":{"body":"working_group","present":9,"members":9}}`)
	of := func(who string) map[string]bool {
		var page overdueJSON
		s.must(json.Unmarshal(s.send(who, "GET", root+"/overdue", "").Body.Bytes(), &page))
		all := map[string]bool{}
		for _, d := range page.Institutions {
			all[d.Duty+" "+d.Period] = true
		}
		return all
	}
	if got := of("coordinator"); got["working_group_meeting 2023-Q3"] || !got["working_group_meeting 2023-Q4"] || got["working_group_meeting 2023-Q2"] {
		t.Errorf("%v", got)
	}
	if got := of("case_officer"); len(got) != 0 {
		t.Errorf("who does not see the plan sees %v", got)
	}
	v := s.as(t, "coordinator", "en")
	v.get("/overdue").code(200).sees("Overdue duties of institutions", "2023-Q4", "The Working Group meets").lacks("2023-Q3")
	v.get("/plan/4.1.9").code(200).sees("Duties of institutions", "2023-Q3", "2023-Q4")
	v.get("/plan/4.4.1").code(200).lacks("Duties of institutions")
	s.as(t, "case_officer", "en").get("/overdue").code(200).lacks("institutions")
	for _, lang := range []string{"az", "ru"} {
		s.as(t, "coordinator", lang).get("/overdue").code(200).sees("2023-Q4").lacks("Working Group")
	}
}
