package domain

import "testing"

// What was undone on the same day, and is so again, is recorded again.
func TestTheSameAgainOnOneDay(t *testing.T) {
	missing := shelter.says("2024-03-10", ReportMissing{Police: "12"})
	back := shelter.says("2024-03-10", RecordPersonReturn{Condition: "good"})
	w := given(t, detected, requested, admitted, missing, back).when(missing).then("PersonMissing")
	if !w.state().IsMissing() {
		t.Error("who went missing a second time is not missing")
	}
	w.when(back).then("PersonReturned")

	give := officer.says("2024-03-10", RecordConsent{
		Purpose: "identification", Data: []string{Codes("consent_data")[0].Code}, Operations: []string{Codes("consent_operation")[0].Code}, ValidUntil: mustDay("2025-01-01"),
		Revocation: []string{Codes("consent_revocation")[0].Code}, Deletion: Codes("consent_deletion")[0].Code, Form: "written", By: "person", Language: "az", NoHarm: true,
	})
	withdraw := officer.says("2024-03-10", WithdrawConsent{Purpose: "identification", By: "person", Form: "written"})
	w = given(t, detected, handedOver, give, withdraw).when(give).then("ConsentRecorded", "!rights_information_missing", "!consent_not_explained")
	if got := w.state().ConsentFor("identification").State; got != "given" {
		t.Errorf("the consent is %s", got)
	}

	capacity := func(beds int) said { return coordinator.says("2024-03-10", ChangeCapacity{Capacity: beds}) }
	w = given(t, capacity(5), capacity(3)).when(capacity(5)).then("FacilityCapacityChanged")
	if f, err := Fold[Facility](w.log.streams[theFacility.String()]); err != nil || f.Capacity != 5 {
		t.Errorf("%d beds, %v", f.Capacity, err)
	}
}
