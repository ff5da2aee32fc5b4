package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"nrm/domain"
)

// TestDrillRecordsNothing gives every command there is to a register that is
// served as a drill: each is refused with the same code, and whoever fills in a
// form is told so in it.
func TestDrillRecordsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.Drill = true
	tried := 0
	for _, spec := range domain.CommandSpecs() {
		by := domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}
		_, err := s.server.give(t.Context(), by, domain.Stream{Kind: spec.Kind, ID: "KW5219EZ"}, spec, []byte(`{}`), domain.When{}, "once")
		if p := s.server.problemOf(err); p.Code != "drill" || p.Status != http.StatusConflict {
			t.Errorf("%s: %v", spec.Name, err)
		}
		tried++
	}
	if tried < 20 {
		t.Errorf("only %d commands were tried", tried)
	}
	w := s.send("referrer", http.MethodPost, root+"/cases", referral)
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusConflict || p.Code != "drill" {
		t.Errorf("by JSON: %d %s", w.Code, w.Body)
	}
	v := s.as(t, "duty_officer", "en")
	v.get("/cases/new").code(http.StatusOK)
	v.fill("/cases/new", aReferral()).code(http.StatusUnprocessableEntity).sees("nothing is recorded here")
	if s.last() != 0 {
		t.Errorf("%d decisions were recorded", s.last())
	}
}
