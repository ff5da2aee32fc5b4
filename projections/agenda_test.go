package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// agendaIn lists what a queue of a reader holds.
func agendaIn(t *testing.T, v *Views, by domain.Actor, now time.Time, id string) (refs []domain.Ref) {
	t.Helper()
	rows, n, err := v.Cases(t.Context(), by, now, Filter{Queue: id})
	if err != nil || n != len(rows) {
		t.Fatalf("%s of %s: %d, %v", id, by.Role, n, err)
	}
	for _, r := range rows {
		refs = append(refs, r.Ref)
	}
	return refs
}

// TestAMissingChildComesFirst: for everybody who looks after it, and for nobody
// else.
func TestAMissingChildComesFirst(t *testing.T) {
	w, v, caughtUp := seeing(t, 61)
	ref := domain.NewRef("a child")
	w.cases = append(w.cases, ref)
	s, child := domain.CaseStream(ref), referral()
	child.Age = "child"
	w.must(referrer, s, child)
	house := w.houses[gence.Organisation]
	w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	caughtUp()
	if got := agendaIn(t, v, head, w.now, "missing_child"); len(got) != 0 {
		t.Errorf("before: %v", got)
	}
	w.later(time.Hour).must(gence, s, domain.ReportAbsence{Since: domain.At(w.now.Add(-time.Minute))})
	w.later(time.Hour).must(gence, s, domain.ReportMissing{Since: domain.At(w.now.Add(-time.Minute)), Police: "CR-2024/153"})
	caughtUp()
	for _, by := range []domain.Actor{duty, officer, head, coordinator, gence} {
		queues, err := v.Queues(t.Context(), by, w.now)
		if err != nil || len(queues) == 0 || queues[0] != (Queue{ID: "missing_child", Count: 1, Quiet: true}) {
			t.Errorf("%s: first of %v, %v", by.Role, queues, err)
		}
		if got := agendaIn(t, v, by, w.now, "missing_child"); !slices.Equal(got, []domain.Ref{ref}) {
			t.Errorf("%s: %v", by.Role, got)
		}
	}
	for _, by := range []domain.Actor{shelter, children, centre} {
		if got := agendaIn(t, v, by, w.now, "missing_child"); len(got) != 0 {
			t.Errorf("%s of %s: %v", by.Role, by.Organisation, got)
		}
	}
	w.later(time.Hour).must(gence, s, domain.RecordPersonReturn{Condition: first("condition")})
	caughtUp()
	if got := agendaIn(t, v, head, w.now, "missing_child"); len(got) != 0 {
		t.Errorf("after the child is back: %v", got)
	}
}

// TestQueuesFillAndEmpty: each thing that a case waits for comes to those who see
// it when it is time, and goes when it is done.
func TestQueuesFillAndEmpty(t *testing.T) {
	w, v, caughtUp := seeing(t, 62)
	s := domain.CaseStream(w.referred(referrer))
	w.later(time.Hour).must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	in := func(days int) domain.Day { return domain.DayOf(w.now).Add(days) }
	holds := func(id string, by domain.Actor, days, want int) {
		t.Helper()
		caughtUp()
		if got := agendaIn(t, v, by, w.now.Add(time.Duration(days)*24*time.Hour), id); len(got) != want {
			t.Errorf("%s of %s in %d days: %v", id, by.Role, days, got)
		}
	}
	w.must(officer, s, domain.AssessRisk{Level: "high", ReviewOn: in(10)})
	holds("risk", officer, 9, 0)
	holds("risk", officer, 10, 1)
	holds("risk", head, 10, 1)
	w.later(time.Hour).must(officer, s, domain.AssessRisk{Level: "low", ReviewOn: in(90)})
	holds("risk", officer, 20, 0)

	w.must(officer, s, domain.GrantReflection{Until: in(30)})
	holds("reflection", officer, 23, 0)
	holds("reflection", officer, 24, 1)

	w.must(officer, s, domain.ProposeReturn{Direction: "inbound", Reason: first("return_reason")})
	for _, by := range []domain.Actor{officer, coordinator} {
		holds("return_risk", by, 0, 1)
	}
	w.later(time.Hour).must(officer, s, domain.AssessReturnRisk{Level: "low", Decision: "can_return", Sources: []string{first("return_risk_source")}})
	holds("return_risk", officer, 0, 0)

	w.later(time.Hour).must(head, s, domain.DecideIdentification{
		Outcome: "positive", Forms: []string{first("form_of_exploitation")}, Means: []string{first("means")}, Geography: first("geography"),
		Grounds: []string{first("ground")}, Decision: "15/2024", Informed: true,
	})
	w.later(time.Hour).must(fund, s, domain.GrantAllowance{Amount: 70000})
	holds("granted", fund, 0, 1)
	holds("granted", head, 0, 1)
	w.later(time.Hour).must(fund, s, domain.PayAllowance{Amount: 70000})
	holds("granted", fund, 0, 0)

	w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: lawyer.Organisation, Services: []string{"legal_info"}})
	holds("answer", lawyer, 0, 1)
	w.later(time.Hour).must(lawyer, s, domain.RequestReview{Party: first("review_party"), Grounds: []string{first("review_ground")}, Body: "court"})
	for _, by := range []domain.Actor{officer, head, coordinator, lawyer} {
		holds("review", by, 0, 1)
	}
	w.later(time.Hour).must(lawyer, s, domain.AcceptServiceReferral{Services: []string{"legal_info"}})
	holds("answer", lawyer, 0, 0)
	w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: prosecutor.Organisation, Services: []string{"legal_info"}})
	w.later(time.Hour).must(prosecutor, s, domain.DecideReview{Outcome: "confirmed", Body: "court"})
	holds("review", head, 0, 0)
}

// TestFullHousesAreTold: only those that somebody is to come to, and until more
// is allowed.
func TestFullHousesAreTold(t *testing.T) {
	w, v, caughtUp := seeing(t, 63)
	house := w.houses[shelter.Organisation] // two beds
	crowded := func() []FacilityRow {
		t.Helper()
		caughtUp()
		rows, err := v.Crowded(t.Context(), w.now)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for i := range 3 {
		if got := crowded(); len(got) != 0 {
			t.Errorf("with %d persons: %v", i, got)
		}
		s := domain.CaseStream(w.referred(referrer))
		w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "low"})
		if i < 2 {
			w.later(time.Hour).must(shelter, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
		}
	}
	if got := crowded(); len(got) != 1 || got[0].Ref != house {
		t.Errorf("full, and somebody is to come: %v", got)
	}
	w.later(time.Hour).must(head, domain.FacilityStream(house), domain.AuthoriseOverCapacity{Persons: 1, Until: domain.DayOf(w.now).Add(3), Reason: first("over_capacity_reason")})
	if got := crowded(); len(got) != 0 {
		t.Errorf("once more is allowed: %v", got)
	}
}
