package projections

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections/blind"
)

// notes are facts written straight into a log: measures must also stand what no
// command would record.
type notes struct {
	t   testing.TB
	log *memory
}

func noted(t testing.TB) *notes { return &notes{t, newMemory()} }

func when(t testing.TB, s string) domain.When {
	w, err := domain.ParseWhen(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func day(t testing.TB, s string) domain.Day {
	d, err := domain.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at notes what happened to a case ("A"), a facility ("h1") or an action
// ("4.4.4"). The mechanism knew a minute later. A time that ends in "?" is one
// that nobody knows.
func (n *notes) at(happened, stream string, events ...domain.AnyEvent) *notes {
	unknown := happened[len(happened)-1] == '?'
	w := when(n.t, happened[:len(happened)-len(map[bool]string{true: "?"}[unknown])])
	if unknown {
		w.Precision = domain.Unknown
	}
	n.log.add(domain.Decision{
		Stream: streamOf(stream), ID: fmt.Sprintf("note-%d", len(n.log.all)), By: coordinator,
		Happened: w, Recorded: w.At.Add(time.Minute), Events: events,
	})
	return n
}

func streamOf(name string) domain.Stream {
	switch name[0] {
	case '4':
		return domain.ActionStream(name)
	case 'h':
		return domain.FacilityStream(domain.NewRef(name))
	}
	return domain.CaseStream(domain.NewRef(name))
}

// db keeps the facts of a log as the views do.
func (m *memory) db(t testing.TB) *sql.DB {
	t.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, tables+blind.Schema); err != nil {
		t.Fatal(err)
	}
	w, err := newWriter(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if err := transact(ctx, db, w, func(ctx context.Context, w *writer) error { return w.recordAll(ctx, 0, m.all) }); err != nil {
		t.Fatal(err)
	}
	return db
}

func (n *notes) ledger(t testing.TB, known time.Time) *ledger {
	t.Helper()
	l, err := load(context.Background(), n.log.db(t), typesOf(domain.CurrentPlan().Measured()...), known, "")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// figure measures an indicator of the plan.
func (n *notes) figure(t testing.TB, id string, year int, limit time.Time) IndicatorView {
	t.Helper()
	l := n.ledger(t, time.Time{})
	for _, a := range domain.CurrentPlan().Measured() {
		for _, i := range a.Indicators {
			if i.ID == id {
				v := l.appraise(domain.CurrentPlan(), a, vantageOf(year, limit)).indicator(i)
				if l.err != nil {
					t.Fatal(l.err)
				}
				return v
			}
		}
	}
	t.Fatalf("no indicator %s", id)
	return IndicatorView{}
}

// got is what a figure must be: value, numerator, denominator, excluded, open.
type got struct {
	value                    float64
	num, den, excluded, open int64
}

var none = math.NaN() // no data

func (v IndicatorView) got() got {
	g := got{v.Value, v.Numerator, v.Denominator, v.Excluded, v.Open}
	if !v.HasValue {
		g.value = none
	}
	return g
}

func (g got) equal(o got) bool {
	same := g.value == o.value || math.IsNaN(g.value) && math.IsNaN(o.value)
	g.value, o.value = 0, 0
	return same && g == o
}

func need(service string) domain.ServiceNeedRecorded {
	return domain.ServiceNeedRecorded{Service: service, WorkingAge: true}
}

func given(service, kind string) domain.ServiceDelivered {
	return domain.ServiceDelivered{Service: service, Provider: "x", ProviderType: "ngo", Kind: kind}
}

func inHouse(house, service, kind string) domain.ServiceDelivered {
	e := given(service, kind)
	e.Facility = domain.NewRef(house)
	return e
}

func newHouse(district string, beds int) domain.FacilityOpened {
	return domain.FacilityOpened{Kind: "shelter", Operator: "state", Organisation: "shelter-gence", District: district, Capacity: beds}
}

const (
	inpatient  = "medical_inpatient"
	outpatient = "medical_outpatient"
	course     = "vocational_training"
)

func TestMeasures(t *testing.T) {
	type story func(n *notes)
	for _, tc := range []struct {
		name  string
		id    string
		year  int
		limit string // asked on this day; empty = after the year
		story story
		want  got
	}{
		// count
		{"persons, not services", "4.4.5d", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", given(course, "state")).at("2024-09-01", "A", given(course, "state")).at("2024-03-01", "B", given(course, "ngo"))
			n.at("2023-12-31", "C", given(course, "state")).at("2025-01-01", "D", given(course, "state")).at("2024-05-01", "E", given("employment", "state"))
		}, got{2, 2, 0, 0, 0}},
		{"the year is a year in Baku", "4.4.5d", 2024, "", func(n *notes) {
			n.at("2023-12-31T20:00:00Z", "A", given(course, "state")).at("2024-12-31T20:00:00Z", "B", given(course, "state"))
		}, got{1, 1, 0, 0, 0}},
		{"what nobody can date is left out and told", "4.4.5d", 2024, "", func(n *notes) {
			n.at("2024-02-01?", "A", given(course, "state")).at("2024-03-01", "B", given(course, "state")).at("2023-03-01?", "C", given(course, "state"))
		}, got{1, 1, 0, 1, 0}},
		{"no course is no data", "4.4.5d", 2024, "", func(*notes) {}, got{none, 0, 0, 0, 0}},
		{"somebody signed that there was none", "4.4.5d", 2024, "", func(n *notes) {
			n.at("2025-01-10", "4.4.5", domain.ReportingPeriodAttested{Organisation: "coordinator", Year: 2024})
		}, got{0, 0, 0, 0, 0}},
		{"somebody signed for another year", "4.4.5d", 2024, "", func(n *notes) {
			n.at("2025-01-10", "4.4.5", domain.ReportingPeriodAttested{Organisation: "coordinator", Year: 2023})
		}, got{none, 0, 0, 0, 0}},
		{"agreements in force", "4.4.6c", 2024, "2024-06-30", func(n *notes) {
			agreement := func(ngo, until string) domain.NgoAgreementSigned {
				return domain.NgoAgreementSigned{Ngo: ngo, Services: []string{"legal_info"}, Until: day(n.t, until)}
			}
			n.at("2023-01-01", "h1", agreement("ngo-c", "2024-06-30"))                                                          // its last day
			n.at("2023-01-01", "h1", agreement("ngo-d", "2024-06-29"))                                                          // ended yesterday
			n.at("2023-01-01", "h2", agreement("ngo-c", "2025-01-01"))                                                          // another house
			n.at("2024-01-01", "h2", agreement("ngo-c", "2025-12-31"))                                                          // renewed: still one
			n.at("2023-01-01", "h3", agreement("ngo-e", "2025-01-01")).at("2024-02-01", "h3", agreement("ngo-e", "2024-03-01")) // cut short
			n.at("2024-07-01", "h3", agreement("ngo-c", "2025-01-01"))                                                          // tomorrow
		}, got{2, 2, 0, 0, 0}},
		// sum
		{"money by budget year and receiver", "4.4.4b2", 2024, "", func(n *notes) {
			grant := func(kind string, amount domain.Qepik, year int) domain.FundingAllocated {
				return domain.FundingAllocated{Organisation: "ngo-c", Kind: kind, Amount: amount, Year: year, Source: "grant"}
			}
			n.at("2024-02-01", "4.4.4", grant("ngo", 1000, 2024)).at("2023-12-20", "4.4.4", grant("ngo", 200, 2024))
			n.at("2024-02-01", "4.4.4", grant("state", 30, 2024), grant("ngo", 4, 2023)).at("2024-02-01", "4.4.1", grant("ngo", 5, 2024))
		}, got{1200, 1200, 0, 0, 0}},
		// share
		{"persons in need who were helped", "4.4.3a", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", need(inpatient)).at("2024-02-05", "A", given(inpatient, "state"))
			n.at("2024-02-01", "B", need(inpatient), need(outpatient)).at("2024-02-01", "B", given(outpatient, "state")) // on the same day
			n.at("2024-02-01", "C", need(outpatient))                                                                    // never
			n.at("2024-12-30", "D", need(outpatient)).at("2025-01-02", "D", given(outpatient, "state"))                  // after the year
			n.at("2023-12-30", "E", need(outpatient)).at("2024-01-02", "E", given(outpatient, "state"))                  // last year's need
			n.at("2024-02-01", "F", need("education")).at("2024-02-02", "F", given("education", "state"))
		}, got{50, 2, 4, 0, 0}},
		{"bad data are no failures", "4.4.3a", 2024, "", func(n *notes) {
			n.at("2024-02-05", "A", given(inpatient, "state")).at("2024-02-07", "A", need(inpatient))       // stop before start
			n.at("2024-02-01?", "B", need(inpatient)).at("2024-02-05", "B", given(inpatient, "state"))      // start unknown
			n.at("2024-02-01", "C", need(inpatient)).at("2024-02-05?", "C", given(inpatient, "state"))      // stop unknown
			n.at("2024-02-01", "D", need(inpatient)).at("2024-02-05", "D", given(inpatient, "state"))       // good
			n.at("2024-02-01", "E", need(inpatient)).at("2024-01-05", "E", given("psychological", "state")) // failure
		}, got{50, 1, 2, 3, 0}},
		{"nobody in need is no data, neither 0 nor 100 %", "4.4.3a", 2024, "", func(n *notes) {
			n.at("2024-02-05", "A", given(inpatient, "state"))
		}, got{none, 0, 0, 0, 0}},
		{"nobody in need stays no data when attested", "4.4.3a", 2024, "", func(n *notes) {
			n.at("2025-01-10", "4.4.3", domain.ReportingPeriodAttested{Organisation: "health-agency", Year: 2024})
		}, got{none, 0, 0, 0, 0}},
		{"a risk assessment after departure is too late", "4.4.9b", 2024, "", func(n *notes) {
			risk, left := domain.ReturnRiskAssessed{Level: "low", Decision: "can_return"}, domain.ReturnDeparted{Direction: "inbound", Escort: "none"}
			n.at("2024-02-01T10:00", "A", risk).at("2024-02-01T11:00", "A", left)
			n.at("2024-02-01T11:00", "B", left).at("2024-02-01T12:00", "B", risk)
			n.at("2024-02-01T11:00", "C", left)
			n.at("2023-11-01", "D", risk).at("2024-02-01T11:00", "D", left)
			n.at("2024-02-01T11:00", "E", domain.ReturnDeparted{Direction: "outbound", Escort: "none"})
		}, got{50, 2, 4, 0, 0}},
		{"within a window, in the span in which it falls due", "4.4.9d", 2024, "2024-07-01T12:00", func(n *notes) {
			home, received := domain.ReturnArrived{Direction: "inbound"}, domain.ReturnReceived{Organisation: "centre-baki"}
			n.at("2024-02-01T10:00", "A", home).at("2024-02-02T09:59", "A", received)
			n.at("2024-02-01T10:00", "B", home).at("2024-02-02T10:00", "B", received) // a minute too late
			n.at("2024-02-01", "C", home).at("2024-02-02T23:00", "C", received)       // known to the day: from its end
			n.at("2023-12-31T12:00", "D", home)                                       // fell due this year
			n.at("2024-06-30T13:00", "E", home)                                       // not yet due
			n.at("2024-07-01T09:00", "F", home).at("2024-07-01T10:00", "F", received) // done, not yet due
			n.at("2023-12-30T09:00", "G", home)                                       // fell due last year
		}, got{50, 2, 4, 0, 2}},
		{"a window that ends with the year is over with it", "4.4.9e", 2024, "", func(n *notes) {
			n.at("2024-12-01", "A", domain.ReturnArrived{Direction: "inbound"}).at("2024-12-17", "A", need("psychological")) // due on 31.12.
			n.at("2024-12-01", "B", domain.ReturnArrived{Direction: "inbound"}).at("2024-12-18", "B", need("psychological")) // due on 1.1.
			n.at("2024-12-01", "C", need("psychological"))                                                                   // did not return
		}, got{0, 0, 1, 0, 1}},
		{"facilities reached, of those that stand", "4.4.6a", 2024, "", func(n *notes) {
			n.at("2019-01-01", "h1", newHouse("AZ-BA", 5)).at("2019-01-01", "h2", newHouse("AZ-GA", 5)).at("2019-01-01", "h3", newHouse("AZ-GA", 5))
			n.at("2024-11-01", "h3", domain.FacilityClosed{})
			n.at("2024-02-01", "A", inHouse("h1", "legal_info", "ngo")).at("2024-02-01", "B", inHouse("h3", "legal_info", "ngo"))
			n.at("2024-02-01", "C", inHouse("h2", "legal_info", "state")).at("2023-02-01", "D", inHouse("h2", "legal_info", "ngo"))
			n.at("2024-02-01", "E", given("legal_info", "ngo"))
		}, got{50, 1, 2, 0, 0}},
		{"persons who were in a house at any time of the year", "4.4.6b", 2024, "", func(n *notes) {
			in := func(h string) domain.AdmissionConfirmed {
				return domain.AdmissionConfirmed{Facility: domain.NewRef(h), Kind: "shelter"}
			}
			out := func(h string) domain.Departed { return domain.Departed{Facility: domain.NewRef(h)} }
			n.at("2023-05-01", "A", in("h1")).at("2024-01-02", "A", out("h1")).at("2024-01-01", "A", given("legal_info", "ngo"))
			n.at("2023-05-01", "B", in("h1")).at("2023-12-31", "B", out("h1")).at("2024-01-01", "B", given("legal_info", "ngo"))
			n.at("2023-05-01", "C", in("h1")).at("2023-06-01", "C", out("h1")).at("2023-06-01", "C", in("h2")) // still there
		}, got{50, 1, 2, 0, 0}},
		{"part of the services", "4.4.6d", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", given("psychological", "ngo"), given("psychological", "state")).at("2024-03-01", "A", given("psychological", "state"))
			n.at("2024-02-01", "B", given("legal_info", "ngo")).at("2024-02-01", "B", given("education", "io"))
		}, got{25, 1, 4, 0, 0}},
		{"protected while at risk", "4.4.7b", 2024, "", func(n *notes) {
			risk := func(level string) domain.RiskAssessed { return domain.RiskAssessed{Level: level} }
			guard, lifted := domain.ProtectionMeasureOrdered{Measure: "guard"}, domain.ProtectionMeasureEnded{Measure: "guard"}
			n.at("2024-02-01", "A", risk("high")).at("2024-02-03", "A", guard)                                                                  // still
			n.at("2024-02-01", "B", risk("extreme")).at("2024-02-03", "B", guard).at("2024-05-01", "B", lifted)                                 // still at risk, no longer guarded
			n.at("2024-02-01", "C", risk("high")).at("2024-02-03", "C", guard).at("2024-05-01", "C", risk("low")).at("2024-05-01", "C", lifted) // in order
			n.at("2024-02-01", "D", risk("medium"))
			n.at("2023-02-01", "E", risk("high")).at("2023-12-30", "E", domain.CaseClosed{Reason: "repatriated"})
			n.at("2024-02-01", "F", risk("high")).at("2024-02-03?", "F", guard)
		}, got{100 * 2. / 3, 2, 3, 1, 0}},
		{"rated again and again: the last day at risk decides", "4.4.7b", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", domain.RiskAssessed{Level: "high"}).at("2024-02-01", "A", domain.ProtectionMeasureOrdered{Measure: "guard"})
			n.at("2024-03-01", "A", domain.RiskAssessed{Level: "extreme"}).at("2024-03-15", "A", domain.ProtectionMeasureEnded{Measure: "guard"})
		}, got{0, 0, 1, 0, 0}},
		{"what ended before, recorded afterwards, ends nothing", "4.4.7b", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", domain.RiskAssessed{Level: "high"}).at("2024-02-03", "A", domain.ProtectionMeasureOrdered{Measure: "guard"})
			n.at("2024-01-01", "A", domain.ProtectionMeasureEnded{Measure: "guard"})
		}, got{100, 1, 1, 0, 0}},
		{"a lifted measure does not lift another", "4.4.7b", 2024, "", func(n *notes) {
			n.at("2024-02-01", "A", domain.RiskAssessed{Level: "high"}).at("2024-02-03", "A", domain.ProtectionMeasureOrdered{Measure: "guard"})
			n.at("2024-02-04", "A", domain.ProtectionMeasureEnded{Measure: "relocation"})
		}, got{100, 1, 1, 0, 0}},
		// median
		{"days to help, the middle of those that ended in the year", "4.4.3b", 2024, "", func(n *notes) {
			n.at("2024-02-01T23:00", "A", need(inpatient)).at("2024-02-02T01:00", "A", given(inpatient, "state")) // the next day
			n.at("2024-02-01", "B", need(inpatient)).at("2024-02-05", "B", given(inpatient, "state"))
			n.at("2023-12-22", "C", need(inpatient)).at("2024-01-01", "C", given(inpatient, "state"))
			n.at("2024-02-01", "C", need(outpatient)).at("2024-02-03", "C", given(outpatient, "state")) // another need
			n.at("2024-12-31", "D", need(inpatient)).at("2025-01-03", "D", given(inpatient, "state"))   // ended later
			n.at("2024-02-01", "E", need(inpatient))                                                    // never ended
			n.at("2024-02-01", "F", need(inpatient)).at("2024-01-01", "F", given(inpatient, "state"))   // stop before start
		}, got{3, 4, 0, 1, 2}},
		{"hours need hours", "4.4.7a2", 2024, "", func(n *notes) {
			asked, ordered := domain.ProtectionRequested{Subject: "person"}, domain.ProtectionMeasureOrdered{Measure: "guard"}
			n.at("2024-02-01T10:00", "A", asked).at("2024-02-01T14:30", "A", ordered).at("2024-02-09T14:30", "A", ordered)
			n.at("2024-02-01T10:00", "B", asked).at("2024-02-02", "B", ordered)
		}, got{4.5, 1, 0, 1, 0}},
		// compliance
		{"handed over within 24 hours", "4.1.9e1", 2024, "2024-07-01T12:00", func(n *notes) {
			found, handed := domain.DetectionRecorded{Status: "presumed"}, domain.HandoverAccepted{}
			n.at("2024-02-01T10:00", "A", found).at("2024-02-02T09:59", "A", handed)
			n.at("2024-02-01T10:00", "B", found).at("2024-02-02T10:00", "B", handed)                                    // too late
			n.at("2024-02-01T10:00", "C", found)                                                                        // never
			n.at("2024-06-30T13:00", "D", found)                                                                        // not yet due
			n.at("2024-02-01T10:00", "E", found).at("2024-02-01T12:00", "E", domain.CaseClosed{Reason: "contact_lost"}) // no longer binding
			n.at("2024-02-01T10:00", "F", found).at("2024-02-01T12:00?", "F", handed)
			n.at("2023-12-31T12:00", "G", found).at("2023-12-31T13:00", "G", handed) // fell due this year
			n.at("2024-02-01T10:00?", "H", found)
		}, got{50, 2, 4, 2, 1}},
		{"the limit of the day on which it began", "4.1.9e1", 2020, "", func(n *notes) {
			n.at("2020-08-01T10:00", "A", domain.DetectionRecorded{Status: "presumed"}).at("2020-08-02T12:00", "A", domain.HandoverAccepted{})
			n.at("2020-07-01T10:00", "B", domain.DetectionRecorded{Status: "presumed"}) // before the plan
		}, got{0, 0, 1, 0, 0}},
		{"only citizens abroad", "4.4.8c", 2024, "", func(n *notes) {
			abroad := []domain.AnyEvent{domain.DetectionRecorded{Status: "presumed"}, domain.CitizenAbroadReported{Country: "TR"}}
			n.at("2024-02-01T10:00", "A", append(abroad, domain.SpuNotified{At: when(n.t, "2024-02-01T11:00")})...)
			n.at("2024-02-01T10:00", "B", append(abroad, domain.SpuNotified{At: when(n.t, "2024-02-01T13:00")})...)
			n.at("2024-02-01T10:00", "C", domain.DetectionRecorded{Status: "presumed"})
		}, got{50, 1, 2, 0, 0}},
		{"a certificate in three days, if it is needed", "4.4.9f", 2024, "2024-07-01T12:00", func(n *notes) {
			applied, issued := domain.ReturnCertificateApplied{}, domain.ReturnCertificateIssued{}
			suspended := domain.DeadlineSuspended{Rule: "return_certificate", Reason: "health"}
			n.at("2024-02-01T10:00", "A", applied).at("2024-02-04T10:00", "A", issued)
			n.at("2024-02-01T10:00", "B", applied).at("2024-02-05T10:00", "B", issued) // too late
			n.at("2024-02-01T10:00", "C", applied).at("2024-02-03T10:00", "C", domain.RepatriationCancelled{Reason: "health"})
			n.at("2024-02-01T10:00", "D", applied).at("2024-02-02T10:00", "D", suspended)
			n.at("2024-02-01T10:00", "E", applied).at("2024-02-02T10:00", "E", suspended).at("2024-02-05T10:00", "E", domain.DeadlineResumed{Rule: "return_certificate"})
			n.at("2024-02-06T10:00", "E", issued)
			n.at("2024-02-01T10:00", "F", applied) // never
		}, got{50, 2, 4, 0, 1}},
		// quarters
		{"quarters with a quorum, of those that are over", "4.1.9d", 2024, "2024-11-15", func(n *notes) {
			met := func(present int) domain.MeetingHeld {
				return domain.MeetingHeld{Body: "working_group", Present: present, Members: 12, Quorum: 3*present >= 24}
			}
			n.at("2024-02-01", "4.1.9", met(8)).at("2024-03-01", "4.1.9", met(9)).at("2024-06-30", "4.1.9", met(7)).at("2024-09-30", "4.1.9", met(8))
			n.at("2024-10-01", "4.1.9", met(8))
			n.at("2024-06-01", "4.1.9", domain.MeetingHeld{Body: "nrm_commission", Present: 9, Members: 9, Quorum: true})
		}, got{100 * 2. / 3, 2, 3, 0, 1}},
		{"no duty before the statute", "4.1.9d", 2023, "", func(n *notes) {
			for _, d := range []string{"2023-02-01", "2023-05-20", "2023-08-01"} {
				n.at(d, "4.1.9", domain.MeetingHeld{Body: "working_group", Present: 9, Members: 9, Quorum: true})
			}
		}, got{50, 1, 2, 0, 0}},
		{"no meeting on record is no data", "4.1.9d", 2024, "", func(*notes) {}, got{none, 0, 4, 0, 0}},
		// coverage
		{"regions studied in the term", "4.4.2a", 2022, "", func(n *notes) {
			study := func(region string) domain.StudyPublished {
				return domain.StudyPublished{Region: region, Topic: "causes"}
			}
			n.at("2021-02-01", "4.4.2", study("baki")).at("2022-02-01", "4.4.2", study("baki"), study("qarabag"))
			n.at("2020-07-22", "4.4.2", study("naxcivan")).at("2023-01-01", "4.4.2", study("naxcivan")).at("2022-02-01", "4.4.1", study("naxcivan"))
		}, got{100 * 2. / 14, 2, 14, 0, 0}},
		{"regions with a house that stands", "4.4.1b", 2024, "", func(n *notes) {
			n.at("2010-01-01", "h1", newHouse("AZ-BA", 5)).at("2019-01-01", "h2", newHouse("AZ-GA", 5)).at("2019-01-01", "h3", newHouse("AZ-QBA", 5))
			n.at("2024-11-01", "h3", domain.FacilityClosed{})
		}, got{100 * 2. / 14, 2, 14, 0, 0}},
		{"the same houses before there were fourteen regions", "4.4.1b", 2020, "", func(n *notes) {
			n.at("2010-01-01", "h1", newHouse("AZ-BA", 5)).at("2019-01-01", "h2", newHouse("AZ-SM", 5)).at("2019-01-01", "h3", newHouse("AZ-GOY", 5)).at("2019-02-01", "h4", newHouse("AZ-SAL", 5))
		}, got{100 * 2. / 10, 2, 10, 0, 0}}, // Abşeron; Aran
		{"the same houses at the end of the year of the change", "4.4.1b", 2021, "", func(n *notes) {
			n.at("2010-01-01", "h1", newHouse("AZ-BA", 5)).at("2019-01-01", "h2", newHouse("AZ-SM", 5)).at("2019-01-01", "h3", newHouse("AZ-GOY", 5)).at("2019-02-01", "h4", newHouse("AZ-SAL", 5))
		}, got{100 * 4. / 14, 4, 14, 0, 0}},
		{"a study of a region that was divided, and of parts of one that is to come", "4.4.2a", 2021, "", func(n *notes) {
			study := func(region string) domain.StudyPublished {
				return domain.StudyPublished{Region: region, Topic: "causes"}
			}
			n.at("2021-02-01", "4.4.2", study("aran"), study("naxcivan")).at("2021-08-01", "4.4.2", study("mil-mugan"))
		}, got{100 * 4. / 14, 4, 14, 0, 0}}, // of Aran: Mərkəzi Aran, Mil-Muğan, Şirvan-Salyan
		{"a study of a part of a region", "4.4.2a", 2020, "", func(n *notes) {
			n.at("2020-09-01", "4.4.2", domain.StudyPublished{Region: "mil-mugan", Topic: "causes"}, domain.StudyPublished{Region: "baki", Topic: "causes"}, domain.StudyPublished{Region: "abseron-xizi", Topic: "causes"})
		}, got{100 * 1. / 10, 1, 10, 0, 0}},
		{"houses outside Abşeron in both divisions", "4.4.1a", 2024, "", func(n *notes) {
			for i, district := range []string{"AZ-BA", "AZ-SM", "AZ-XIZ", "AZ-GA"} {
				n.at("2020-09-01", fmt.Sprintf("h%d", i), newHouse(district, 5)).at("2022-09-01", fmt.Sprintf("h%d", 10+i), newHouse(district, 5))
			}
		}, got{2, 2, 0, 0, 0}},
		{"beds outside Bakı in both divisions", "4.4.1c", 2024, "", func(n *notes) {
			n.at("2019-01-01", "h1", newHouse("AZ-BA", 54)).at("2019-01-01", "h2", newHouse("AZ-SM", 5)).at("2022-01-01", "h3", newHouse("AZ-BA", 7)).at("2022-01-01", "h4", newHouse("AZ-SM", 3))
		}, got{8, 8, 0, 0, 0}},
		{"all bodies at once", "4.5.9e2", 2024, "", func(n *notes) {
			n.at("2024-02-01", "4.5.9", domain.StandardAdopted{Standard: "child_communication", Agency: "all", Effective: day(n.t, "2024-02-01")})
		}, got{100, 4, 4, 0, 0}},
		{"one body", "4.5.9e2", 2024, "", func(n *notes) {
			n.at("2024-02-01", "4.5.9", domain.StandardAdopted{Standard: "child_communication", Agency: "mia", Effective: day(n.t, "2024-02-01")})
		}, got{25, 1, 4, 0, 0}},
		// lasted
		{"houses in the regions that lasted 90 days", "4.4.1a", 2022, "2022-06-30", func(n *notes) {
			n.at("2021-01-01", "h1", newHouse("AZ-GA", 5))                                                 // lasts
			n.at("2022-04-01", "h2", newHouse("AZ-GA", 5))                                                 // 90 days today
			n.at("2022-04-02", "h3", newHouse("AZ-GA", 5))                                                 // 90 days tomorrow
			n.at("2021-01-01", "h4", newHouse("AZ-GA", 5)).at("2021-03-31", "h4", domain.FacilityClosed{}) // did not last
			n.at("2021-01-01", "h5", newHouse("AZ-GA", 5)).at("2021-05-01", "h5", domain.FacilityClosed{}) // lasted, closed since
			n.at("2021-01-01", "h6", newHouse("AZ-BA", 5)).at("2021-01-01", "h7", newHouse("AZ-ABS", 5))   // not in the regions
			n.at("2017-11-01", "h8", newHouse("AZ-GOY", 5))                                                // before the plan
		}, got{3, 3, 0, 0, 1}},
		// stock
		{"beds outside Bakı as they are now", "4.4.1c", 2024, "", func(n *notes) {
			n.at("2010-01-01", "h1", newHouse("AZ-BA", 54)).at("2019-01-01", "h2", newHouse("AZ-GA", 5)).at("2019-01-01", "h3", newHouse("AZ-GA", 7))
			n.at("2024-02-01", "h2", domain.FacilityCapacityChanged{Capacity: 12}).at("2025-02-01", "h2", domain.FacilityCapacityChanged{Capacity: 99})
			n.at("2024-11-01", "h3", domain.FacilityClosed{})
		}, got{12, 12, 0, 0, 0}},
		// composition
		{"share of the latest composition", "4.1.9b2", 2024, "", func(n *notes) {
			body := func(all, ngo, io int) domain.CommissionReconstituted {
				return domain.CommissionReconstituted{Body: "nrm_commission", Act: "C-174", Members: all, NgoMembers: ngo, IoMembers: io, Effective: day(n.t, "2022-04-29")}
			}
			n.at("2023-01-01", "4.1.9", body(20, 4, 1)).at("2022-04-29", "4.1.9", body(10, 5, 5)).at("2025-04-29", "4.1.9", body(10, 0, 0))
		}, got{25, 5, 20, 0, 0}},
		// change
		{"change against last year", "4.4.4c", 2024, "", func(n *notes) {
			grant := func(amount domain.Qepik, year int) domain.FundingAllocated {
				return domain.FundingAllocated{Organisation: "ngo-c", Kind: "ngo", Amount: amount, Year: year, Source: "grant"}
			}
			n.at("2024-02-01", "4.4.4", grant(150, 2024)).at("2023-02-01", "4.4.4", grant(200, 2023))
		}, got{-25, 150, 200, 0, 0}},
		{"without a year before there is no change", "4.4.4c", 2024, "", func(n *notes) {
			n.at("2024-02-01", "4.4.4", domain.FundingAllocated{Organisation: "ngo-c", Kind: "ngo", Amount: 150, Year: 2024, Source: "grant"})
		}, got{none, 0, 0, 0, 0}},
		// deed
		{"a deed that is done", "4.5.9c2", 2021, "", func(n *notes) {
			n.at("2021-02-01", "4.5.9", domain.ProcedureAdopted{Procedure: "case_submission", Agency: "all", Effective: day(n.t, "2021-03-01")})
		}, got{1, 1, 0, 0, 0}},
		{"another deed that is not, while something is on record", "4.5.9c1", 2021, "", func(n *notes) {
			n.at("2021-02-01", "4.5.9", domain.ProcedureAdopted{Procedure: "case_submission", Agency: "all", Effective: day(n.t, "2021-03-01")})
		}, got{0, 0, 0, 0, 0}},
		{"a deed with nothing on record", "4.5.9c1", 2021, "", func(*notes) {}, got{none, 0, 0, 0, 0}},
	} {
		t.Run(tc.id+" "+tc.name, func(t *testing.T) {
			n := noted(t)
			tc.story(n)
			var limit time.Time
			if tc.limit != "" {
				w := when(t, tc.limit)
				if limit = w.At; w.Precision == domain.OnDay {
					limit = KnownOn(w.Day())
				}
			}
			if g := n.figure(t, tc.id, tc.year, limit).got(); !g.equal(tc.want) {
				t.Errorf("got %+v, want %+v", g, tc.want)
			}
		})
	}
}
