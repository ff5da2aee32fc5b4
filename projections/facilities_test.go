package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

func TestOccupancy(t *testing.T) {
	w, v, caughtUp := seeing(t, 51)
	house := w.houses[shelter.Organisation] // two beds
	row := func() FacilityRow {
		t.Helper()
		caughtUp()
		rows, err := v.Facilities(t.Context())
		if err != nil || len(rows) != 3 {
			t.Fatal(len(rows), err)
		}
		for _, r := range rows {
			if len(r.State.Beds) > 0 {
				t.Errorf("tells who lives there: %v", r.State.Beds)
			}
		}
		return rows[slices.IndexFunc(rows, func(r FacilityRow) bool { return r.Ref == house })]
	}
	if r := row(); r.State.Taken != 0 || r.State.Capacity != 2 || r.Over {
		t.Errorf("at first %+v", r.State)
	}
	w.later(time.Hour).must(head, domain.FacilityStream(house), domain.AuthoriseOverCapacity{Persons: 1, Until: domain.NewDay(2030, time.January, 1), Reason: first("over_capacity_reason")})
	var refs []domain.Ref
	for _, dependants := range []int{1, 0} {
		ref := w.referred(referrer)
		refs = append(refs, ref)
		w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.RequestShelter{Facility: house, Security: "low"})
		w.later(time.Hour).must(shelter, domain.CaseStream(ref), domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis"), Dependants: dependants, OverCapacity: true})
		if r := row(); r.Over != (len(refs) == 2) || r.State.Taken != 1+len(refs) {
			t.Errorf("after %d admissions: %+v", len(refs), r)
		}
	}
	w.later(time.Hour).must(coordinator, domain.FacilityStream(house), domain.ChangeCapacity{Capacity: 5})
	if r := row(); r.Over || r.State.Capacity != 5 {
		t.Errorf("with more beds %+v", r)
	}
	w.later(time.Hour).must(shelter, domain.CaseStream(refs[0]), domain.RecordDeparture{Facility: house, Destination: first("destination"), Planned: true})
	if r := row(); r.State.Taken != 1 {
		t.Errorf("after a departure %+v", r.State)
	}
}

func TestFacilityPage(t *testing.T) {
	w, v, caughtUp := seeing(t, 52)
	sheltered(w)
	stays := w.referred(referrer)
	house := w.houses[gence.Organisation]
	w.later(time.Hour).must(officer, domain.CaseStream(stays), domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, domain.CaseStream(stays), domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	caughtUp()
	for _, c := range []struct {
		by    domain.Actor
		beds  []domain.Ref // whose are told, the newest first
		users bool
	}{
		{officer, []domain.Ref{stays, w.cases[0], w.cases[0]}, true},
		{gence, []domain.Ref{stays}, false}, // who has left is seen for a while only
		{shelter, nil, false},
		{coordinator, nil, false},
	} {
		row, entries, err := v.Facility(t.Context(), c.by, house)
		if err != nil {
			t.Fatal(err)
		}
		var types []string
		var beds []domain.Ref
		for _, e := range entries {
			types = append(types, e.Type)
			if ref := domain.CaseIn(e.Event); ref != "" {
				beds = append(beds, ref)
			}
			if e.Type == "FacilityOpened" && e.Event == nil || c.users != (e.By.User != "") {
				t.Errorf("%s: %+v", c.by.Role, e)
			}
		}
		// Nobody else learns even when somebody came: the time alone tells who,
		// to a reader of that person's timeline.
		if len(types) != len(beds)+1 || types[len(types)-1] != "FacilityOpened" || !slices.Equal(beds, c.beds) || row.State.Taken != 1 || len(row.State.Beds) > 0 {
			t.Errorf("%s: %v, beds of %v, %+v", c.by.Role, types, beds, row.State)
		}
	}
	for name, err := range map[string]error{
		"without sight of occupancy": third(v.Facility(t.Context(), lawyer, house)),
		"unknown":                    third(v.Facility(t.Context(), officer, domain.NewRef("no house"))),
	} {
		if r, ok := domain.AsRefusal(err); !ok || r.Code != "no_such_facility" || r.Kind != domain.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func third(_ FacilityRow, _ []Entry, err error) error { return err }

func TestDeeds(t *testing.T) {
	w, v, caughtUp := seeing(t, 53)
	for i, action := range []string{"4.1.9", "4.4.4", "4.1.9"} {
		w.later(time.Hour).must(coordinator, domain.ActionStream(action), domain.HoldMeeting{Body: first("body"), Present: 5 + i, Members: 9})
	}
	caughtUp()
	for action, want := range map[string][]int{"4.1.9": {7, 5}, "4.4.4": {6}, "": {7, 6, 5}, "4.5.9": nil} {
		deeds, err := v.Deeds(t.Context(), action)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, e := range deeds {
			got = append(got, e.Event.(domain.MeetingHeld).Present)
			if e.By.Role != domain.Coordinator || e.Stream.Kind != domain.ActionKind || action != "" && e.Stream.ID != action {
				t.Errorf("%+v", e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("deeds of %q: %v, should be %v", action, got, want)
		}
	}
}
