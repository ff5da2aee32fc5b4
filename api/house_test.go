package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestMissingChildIsTheFirstThingSeen: on the list, on the case page and in JSON,
// until the child is back.
func TestMissingChildIsTheFirstThingSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", strings.Replace(referral, `"age":"adult"`, `"age":"child"`, 1)).Case
	page := func(path string) string {
		w := s.send("head", "GET", path, "", "Cookie", languageCookie+"=en")
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, w.Code)
		}
		return w.Body.String()
	}
	const alarm = "CHILD MISSING"
	if strings.Contains(page("/cases/"+ref), alarm) {
		t.Error("a child who is not missing")
	}
	s.asked("case_officer", "/cases/"+ref+"/report-missing", `{"happened":"2024-03-05","data":{}}`)
	for _, path := range []string{"/cases/" + ref, "/cases?queue=missing", "/"} {
		if !strings.Contains(page(path), alarm) {
			t.Errorf("%s does not say that a child is missing", path)
		}
	}
	s.asked("case_officer", "/cases/"+ref+"/record-person-return", `{"happened":"2024-03-06","data":{"condition":"good"}}`)
	for _, path := range []string{"/cases/" + ref, "/cases?queue=missing"} {
		if strings.Contains(page(path), alarm) {
			t.Errorf("%s says that a child is missing who is back", path)
		}
	}
}

// TestCoordinatorReadsWhyAdmissionWasRefused, and not by whom.
func TestCoordinatorReadsWhyAdmissionWasRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":3,"places":[{"code":"women","number":2},{"code":"girls","number":1}]}}`).Facility
	ref := s.opened()
	s.asked("case_officer", "/cases/"+ref+"/request-shelter", `{"happened":"2024-03-05","data":{"facility":"`+place+`","security":"low"}}`)
	s.asked("shelter", "/cases/"+ref+"/refuse-admission", `{"happened":"2024-03-05","data":{"facility":"`+place+`","reason":"security"}}`)
	body := s.send("coordinator", "GET", "/cases/"+ref, "", "Cookie", languageCookie+"=en").Body.String()
	if !strings.Contains(body, "Security cannot be assured") {
		t.Error("the Coordinator does not learn why the admission was refused")
	}
	if timeline := s.send("coordinator", "GET", root+"/cases/"+ref+"/timeline", "").Body.String(); !strings.Contains(timeline, `"reason":"security"`) ||
		strings.Contains(body+timeline, place) || strings.Contains(body+timeline, "shelter-baki") {
		t.Errorf("the Coordinator learns where, or not why:\n%s", timeline)
	}
}

// TestFacilityShowsItsPlaces: for whom they are, and how many are kept and free.
func TestFacilityShowsItsPlaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":3,"places":[{"code":"women","number":2},{"code":"girls","number":1}]}}`).Facility
	ref := s.opened()
	now := today.Format("2006-01-02")
	s.asked("case_officer", "/cases/"+ref+"/request-shelter", `{"happened":"`+now+`","data":{"facility":"`+place+`","security":"low"}}`)
	s.asked("shelter", "/cases/"+ref+"/offer-place", `{"happened":"`+now+`","data":{"facility":"`+place+`","until":"`+today.AddDate(0, 0, 2).Format("2006-01-02")+`"}}`)
	var row facilityPageJSON
	s.must(json.Unmarshal(s.send("head", "GET", root+"/facilities/"+place, "").Body.Bytes(), &row))
	if row.Reserved != 1 || row.Taken != 0 || len(row.Places) != 2 || row.Places[0].Free == nil || *row.Places[0].Free != 1 {
		t.Errorf("%+v", row.FacilityRow)
	}
	if body := s.send("head", "GET", "/facilities/"+place, "", "Cookie", languageCookie+"=en").Body.String(); !strings.Contains(body, "For women: 1 of 2 free") {
		t.Error("the page does not say how many places for women are free")
	}
	var other struct{ Facilities []FacilityRow }
	s.must(json.Unmarshal(s.send("assistance_centre", "GET", root+"/facilities", "").Body.Bytes(), &other))
	if len(other.Facilities) != 1 || other.Facilities[0].Places[0].Free != nil {
		t.Errorf("another house learns who lives here: %+v", other.Facilities)
	}
}
