package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nrm/domain"
	"nrm/projections"
)

// TestWhoHasDataByAConsentIsTold: once it was taken back, on the first page and to
// programs, without a way to the case; and nobody else.
func TestWhoHasDataByAConsentIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	consent := `{"happened":"2024-03-10","data":{"purpose":"service","services":["legal_info"],"recipients":["legal-aid-a"],"data":["identity","health"],"operations":["storage"],` +
		`"abroad":false,"valid_until":"2024-06-30","revocation":["in_writing"],"deletion":"anonymised","form":"written","by":"person","assent":false,"language":"az","interpreted":false,"no_harm_on_refusal":true}}`
	s.asked("case_officer", "/cases/"+ref+"/record-consent", consent)
	v := s.as(t, "legal_aid", "en")
	v.get("/").code(http.StatusOK).sees(ref).lacks("Consents that are over")
	v.get("/notices").code(http.StatusOK).sees("You have no data by a consent that is over").lacks(ref)

	s.asked("case_officer", "/cases/"+ref+"/withdraw-consent", `{"happened":"2024-03-15","data":{"purpose":"service","services":["legal_info"],"by":"person","form":"oral"}}`)
	before := len(s.accesses())
	for _, path := range []string{"/", "/notices"} {
		v.get(path).code(http.StatusOK).sees("Consents that are over", ref, "Legal information", "15 March 2024", "Kept without names", "delete it as the consent itself says", "after 30 days", "(assumed)")
		if strings.Contains(v.body, "/cases/"+ref) {
			t.Errorf("%s leads to a case that is not open", path)
		}
	}
	v.get("/cases/" + ref).code(http.StatusNotFound)
	told := s.accesses()
	told = told[:len(told)-before]
	if i := slices.IndexFunc(told, func(r projections.AccessRow) bool {
		e, is := r.Event.(domain.RecordViewed)
		return is && e.Record == "notices"
	}); i < 0 {
		t.Errorf("that they were told is not recorded: %+v", told)
	} else if e := told[i].Event.(domain.RecordViewed); e.User != "legal_aid" || !slices.Equal(e.Cases, []domain.Ref{domain.Ref(ref)}) || len(e.Compartments) != 1 || e.Compartments[0] != "flow" {
		t.Errorf("%+v", e)
	}

	var list noticesJSON
	s.must(json.Unmarshal(s.send("legal_aid", "GET", root+"/notices", "").Body.Bytes(), &list))
	if want := []noticeJSON{{ref, "service", "legal_info", "2024-03-15", "anonymised"}}; list.Total != 1 || !slices.Equal(list.Notices, want) {
		t.Errorf("%+v, want %+v", list, want)
	}
	for _, who := range []string{"shelter", "return_partner", "referrer", "prosecution", "fund"} {
		if body := s.send(who, "GET", root+"/notices", "").Body.String(); strings.Contains(body, ref) {
			t.Errorf("%s is told: %s", who, body)
		}
	}
	for _, who := range []string{"case_officer", "coordinator", "data_protection"} {
		for _, path := range []string{"/notices", root + "/notices"} {
			if w := s.send(who, "GET", path, ""); w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d", path, who, w.Code)
			}
		}
	}
	for lang, word := range map[string]string{"az": "Qüvvəsi bitmiş razılıqlar", "ru": "Согласия, которые больше не действуют"} {
		s.as(t, "legal_aid", lang).get("/").code(http.StatusOK).sees(word, ref).lacks("Consents")
	}

	s.asked("case_officer", "/cases/"+ref+"/record-consent", strings.Replace(consent, "2024-03-10", "2024-03-18", 1))
	v.get("/").code(http.StatusOK).sees(ref).lacks("Consents that are over")
}
