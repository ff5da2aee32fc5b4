package domain

import (
	"slices"
	"testing"
)

// A duty that nobody had any more is not made late by what was done of another.
func TestAWithdrawnDutyIsNotMadeLateLater(t *testing.T) {
	fields := PlanFields{Goals: []string{"safety"}, Services: []string{"psychological"}, Owner: "social_worker", ReviewOn: mustDay("2024-09-01")}
	leave := shelter.says("2024-03-04", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	first := []said{detected, requested, admitted, leave}
	second := []said{
		officer.says("2024-05-01", RequestShelter{Facility: house, Security: "high"}),
		shelter.says("2024-05-02", ConfirmAdmission{Facility: house, Basis: "consent"}),
	}
	plan := func(at string) said { return shelter.says(at, ApproveRehabPlan{fields}) }
	for _, c := range []struct {
		what  string
		story []said
		want  []ClockState
	}{
		{"a plan of the second stay", then(first, append(second[:2:2], plan("2024-05-04"))...), []ClockState{Waived, Met}},
		{"a plan of the second stay at a time nobody knows", then(first, append(second[:2:2], plan("2024-05-04?"))...), []ClockState{Waived, Unclear}},
		{"a plan of the first stay, recorded late", then(first, plan("2024-03-03")), []ClockState{Met}},
		{"a plan of the day of the departure", then(first, plan("2024-03-04")), []ClockState{Met}},
	} {
		var got []ClockState
		for _, k := range given(t, c.story...).state().Clocks {
			if k.Rule == "rehabilitation_plan" {
				got = append(got, k.State(specNow))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	cancel := officer.says("2024-03-02T02:00", CancelShelterRequest{Facility: house, Reason: "not_needed"})
	again := given(t, then([]said{detected, requested, cancel}, second...)...).state()
	var got []ClockState
	for _, k := range again.Clocks {
		if k.Rule == "admission" {
			got = append(got, k.State(specNow))
		}
	}
	if !slices.Equal(got, []ClockState{Waived, Met}) {
		t.Errorf("a request that was taken back, and one that was answered: %v", got)
	}
}
