package projections

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

func (m *memory) year(t testing.TB, year int, known time.Time) map[string]YearLine {
	t.Helper()
	lines, err := yearLines(context.Background(), m.db(t), year, known)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]YearLine{}
	for _, l := range lines {
		by[l.ID] = l
	}
	if len(by) != 15 {
		t.Fatalf("%d lines", len(by))
	}
	return by
}

// without is the log as if one decision had never been recorded.
func (m *memory) without(i int) *memory {
	rest := newMemory()
	rest.all = slices.Delete(slices.Clone(m.all), i, i+1)
	return rest
}

// lives are a handful of cases in which every line of the report happens to at
// least two persons. All are recorded through the one door.
func lives(t *testing.T) *memory {
	log := newMemory()
	var n int
	at := func(day string, by domain.Actor, s domain.Stream, cmd domain.Asked) {
		t.Helper()
		n++
		w := when(t, day)
		req := domain.Request{ID: fmt.Sprintf("life-%d", n), By: by, Happened: w, Now: w.At.Add(12 * time.Hour)}
		if _, err := domain.Execute(context.Background(), log, req, s, cmd); err != nil {
			t.Fatalf("%s %T: %v", day, cmd, err)
		}
	}
	house, other := domain.NewRef("hs"), domain.NewRef("hc")
	at("2019-01-01", coordinator, domain.FacilityStream(house), domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 54})
	at("2019-01-01", coordinator, domain.FacilityStream(other), domain.OpenFacility{Kind: "assistance_centre", Operator: "state", Organisation: "centre-baki", District: "AZ-BA", Capacity: 20})
	for i, name := range []string{"A", "B", "C"} { // three persons with all that help can be
		s := streamOf(name)
		r := referral()
		if i == 1 {
			r.Age = "child"
		}
		if i == 2 {
			r.Age, r.Citizenship = "child", "foreign"
		}
		at("2024-02-01", referrer, s, r)
		at("2024-02-01", duty, s, domain.AcceptHandover{District: "AZ-GA", Condition: "good"})
		at("2024-02-02", officer, s, domain.RequestShelter{Facility: house, Security: "low"})
		at("2024-02-02", shelter, s, domain.ConfirmAdmission{Facility: house, Basis: map[bool]string{true: "guardian_decision", false: "consent"}[r.Age == "child"]})
		at("2024-02-03", officer, s, domain.SendServiceReferral{Organisation: "centre-baki", Services: []string{"psychological"}})
		at("2024-02-03", officer, s, domain.SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})
		at("2024-02-20", head, s, domain.DecideIdentification{Outcome: "positive", Forms: []string{"forced_labour"}, Means: []string{"deception"}, Grounds: []string{"screening"}, Geography: "internal", Informed: true})
		at("2024-03-01", fund, s, domain.PayAllowance{Amount: 700_00})
		at("2024-03-02", fund, s, domain.PayFundAssistance{Purpose: "travel", Amount: domain.Qepik(1000 * (i + 1))})
		at("2024-03-03", fund, s, domain.PayFundAssistance{Purpose: "medical", Amount: 50}) // a second payment, not a second person
		for j, service := range []string{"psychological", "legal_info", "vocational_training", "employment", "identity_document", "social_assistance", "education"} {
			at(fmt.Sprintf("2024-04-%02d", j+1), centre, s, domain.DeliverService{Service: service})
		}
		at("2024-04-20", lawyer, s, domain.DeliverService{Service: "legal_representation"}) // not the centre's
		at("2024-05-01", shelter, s, domain.ReuniteFamily{RiskAssessed: true})
	}
	for _, name := range []string{"D", "E"} { // foreigners who go home, undecided
		s := streamOf(name)
		r := referral()
		r.Citizenship = "foreign"
		at("2024-03-01", referrer, s, r)
		at("2024-03-01", duty, s, domain.AcceptHandover{District: "AZ-GA", Condition: "good"})
		at("2024-05-01", officer, s, domain.RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	}
	at("2024-03-01", referrer, streamOf("F"), referral())
	at("2024-03-01", duty, streamOf("F"), domain.AcceptHandover{District: "AZ-GA", Condition: "good"})
	at("2025-01-10", head, streamOf("F"), domain.DecideIdentification{Outcome: "negative", Grounds: []string{"no_indicators"}})
	risk := referral()
	risk.Status = "at_risk"
	at("2024-03-01", referrer, streamOf("G"), risk)
	at("2023-03-01", referrer, streamOf("H"), referral()) // presumed in the year before
	for i, ngo := range []string{"ngo-c", "ngo-d", "ngo-d"} {
		at("2024-02-01", coordinator, streamOf("4.4.4"), domain.AllocateFunding{Organisation: ngo, Amount: domain.Qepik(1000 * (i + 1)), Year: 2024, Source: "grant"})
	}
	at("2024-02-01", coordinator, streamOf("4.4.4"), domain.AllocateFunding{Organisation: "shelter-baki", Amount: 5, Year: 2024, Source: "state_budget"})
	at("2024-12-01", coordinator, streamOf("4.4.4"), domain.AllocateFunding{Organisation: "ngo-e", Amount: 7, Year: 2025, Source: "grant"})
	return log
}

func TestYearLines(t *testing.T) {
	log := lives(t)
	for id, want := range map[string]YearLine{
		"allowances":           {Count: 3, Amount: 2100_00},
		"sheltered":            {Count: 3},
		"courses":              {Count: 3},
		"jobs":                 {Count: 3},
		"foreign_repatriated":  {Count: 2},
		"identity_documents":   {Count: 3},
		"social_assistance":    {Count: 3},
		"school":               {Count: 2},
		"family_reunited":      {Count: 3},
		"referred_to_centre":   {Count: 3},
		"centre_psychological": {Count: 3},
		"centre_legal":         {Count: 3},
		"presumed":             {Count: 3}, // D, E and F
		"fund_assisted":        {Count: 3, Amount: 6150},
		"ngo_funded":           {Count: 2, Amount: 6000},
	} {
		want.ID = id
		if got := log.year(t, 2024, time.Time{})[id]; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	for id, l := range log.year(t, 2022, time.Time{}) {
		if l != (YearLine{ID: id}) {
			t.Errorf("2022: %+v", l)
		}
	}
	if got := log.year(t, 2023, time.Time{})["presumed"]; got.Count != 1 {
		t.Errorf("2023: %+v", got)
	}
}

// TestYearLinesFollowFromTheirFacts takes away one decision at a time and sees
// exactly its lines change.
func TestYearLinesFollowFromTheirFacts(t *testing.T) {
	log := lives(t)
	whole := log.year(t, 2024, time.Time{})
	moved := map[string]bool{}
	for i, d := range log.all {
		want := linesOf(d)
		var changed []string
		for id, line := range log.without(i).year(t, 2024, time.Time{}) {
			if line != whole[id] {
				changed = append(changed, id)
				moved[id] = true
			}
		}
		slices.Sort(changed)
		slices.Sort(want)
		if !slices.Equal(changed, want) {
			t.Errorf("without %s of %s on %s: changed %v, want %v", d.Events[0].EventType(), d.Stream.ID, d.Happened, changed, want)
		}
	}
	for id := range whole {
		if !moved[id] {
			t.Errorf("nothing moved the line %s", id)
		}
	}
}

// linesOf says which lines of 2024 a decision of [lives] is in.
func linesOf(d domain.Decision) []string {
	named := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return streamOf(n) == d.Stream })
	}
	switch e := d.Events[0].(type) {
	case domain.AllowancePaid:
		return []string{"allowances"}
	case domain.AdmissionConfirmed:
		return []string{"sheltered"}
	case domain.FamilyReunited:
		return []string{"family_reunited"}
	case domain.FundAssistancePaid:
		return []string{"fund_assisted"}
	case domain.ReturnDeparted:
		return []string{"foreign_repatriated"}
	case domain.FundingAllocated:
		if e.Year == 2024 && e.Kind == "ngo" {
			return []string{"ngo_funded"}
		}
	case domain.ServiceReferralSent:
		if e.Kind == "assistance_centre" {
			return []string{"referred_to_centre", "centre_psychological", "centre_legal"}
		}
	case domain.DetectionRecorded:
		if named("D", "E", "F") {
			return []string{"presumed"}
		}
	case domain.IdentificationDecided: // F was decided after the year
		if named("A", "B", "C") {
			return []string{"presumed"}
		}
	case domain.ServiceDelivered:
		switch e.Service {
		case "psychological":
			return []string{"centre_psychological"}
		case "legal_info":
			return []string{"centre_legal"}
		case "vocational_training":
			return []string{"courses"}
		case "employment":
			return []string{"jobs"}
		case "identity_document":
			return []string{"identity_documents"}
		case "social_assistance":
			return []string{"social_assistance"}
		case "education":
			if e.Child {
				return []string{"school"}
			}
		}
	}
	return nil
}

func TestYearLinesAsKnownThen(t *testing.T) {
	n := noted(t)
	n.log.add(domain.Decision{
		Stream: streamOf("A"), ID: "late", By: fund, Happened: when(t, "2024-12-31T23:30"), Recorded: when(t, "2025-01-05").At,
		Events: []domain.AnyEvent{domain.AllowancePaid{Amount: 700_00}},
	})
	n.at("2024-03-01?", "B", domain.AllowancePaid{Amount: 700_00})
	n.at("2025-01-01T00:30", "C", domain.AllowancePaid{Amount: 700_00}) // still 2024 in London
	if got := n.log.year(t, 2024, time.Time{})["allowances"]; got != (YearLine{ID: "allowances", Count: 1, Amount: 700_00, Excluded: 1}) {
		t.Errorf("as known now: %+v", got)
	}
	if got := n.log.year(t, 2024, KnownOn(day(t, "2025-01-04")))["allowances"]; got.Count != 0 || got.Amount != 0 {
		t.Errorf("as known before it was recorded: %+v", got)
	}
	// A decision that nobody can date was taken all the same.
	n.at("2024-02-01", "D", domain.DetectionRecorded{Status: "presumed"}).at("2024-03-01?", "D", domain.IdentificationDecided{Outcome: "negative"})
	n.at("2024-02-01", "E", domain.DetectionRecorded{Status: "presumed"}).at("2024-03-01", "E", domain.IdentificationDecided{Outcome: "suspended"})
	if got := n.log.year(t, 2024, time.Time{})["presumed"]; got.Count != 1 {
		t.Errorf("presumed: %+v", got)
	}
	if got := n.log.year(t, 2025, time.Time{})["allowances"]; got.Count != 1 {
		t.Errorf("2025: %+v", got)
	}
}
