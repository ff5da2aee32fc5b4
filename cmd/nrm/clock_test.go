package main

import (
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// TestClockRecordsWhatTimeBringsAbout: a consent that expires, a reflection period
// that ends, a duty on a case and one of an institution: each is recorded once, by
// two nodes that look at the same time, and after a restart no second time.
func TestClockRecordsWhatTimeBringsAbout(t *testing.T) {
	at := newRegister(t)
	r := openLogging(t, at, quiet())
	begun := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	give := func(by domain.Actor, after time.Duration, on domain.Stream, cmd domain.Asked) {
		t.Helper()
		if _, err := domain.Execute(t.Context(), r.node.log, domain.Request{By: by, Now: begun.Add(after)}, on, cmd); err != nil {
			t.Fatal(err)
		}
	}
	first := func(list string) string { return domain.Codes(list)[0].Code }
	ref := domain.CaseStream(domain.NewRef("a case"))
	day := func(after time.Duration) domain.Day { return domain.DayOf(begun.Add(after)) }
	const days = 24 * time.Hour
	give(anOfficer, 0, ref, domain.RegisterReferral{
		Source: "police", Circumstances: []string{first("circumstance")}, Status: "presumed", Age: "adult", Sex: "female", Citizenship: "az",
		District: "AZ-BA", Basis: "consent", Told: domain.At(begun),
	})
	give(anOfficer, time.Hour, ref, domain.GrantReflection{Until: day(31 * days)})
	give(anOfficer, time.Hour, ref, domain.RecordConsent{
		Purpose: "identification", Data: []string{first("consent_data")}, Operations: []string{first("consent_operation")}, ValidUntil: day(20 * days),
		Revocation: []string{first("consent_revocation")}, Deletion: first("consent_deletion"), Form: "written", By: "person", Language: "az", NoHarm: true,
	})
	coordinator := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	give(coordinator, 0, domain.ActionStream("4.1.9"), domain.HoldMeeting{Body: "working_group", Present: 9, Members: 9})
	r.caughtUp()

	second, err := projections.Open(t.Context(), t.TempDir(), r.node.log, r.node.keys(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stopped(second.Run(t.Context(), r.node.log)) }()
	t.Cleanup(func() { _ = second.Close() })
	look := func(after time.Duration) {
		t.Helper()
		var nodes sync.WaitGroup
		errs := make([]error, 2)
		for i, views := range []*projections.Views{r.views, second} {
			nodes.Go(func() { _, errs[i] = recordDue(t.Context(), r.node.log, views, begun.Add(after)) })
		}
		nodes.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		r.caughtUp()
	}
	want := func(when string, want map[string]int) {
		t.Helper()
		last, err := r.node.log.Last(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		if err := r.node.log.Replay(t.Context(), 0, last, func(ds []domain.Decision) error {
			for _, d := range ds {
				for _, e := range d.Events {
					if d.By.Role == domain.Clock {
						got[e.EventType()]++
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: the clock recorded %v, want %v", when, got, want)
		}
	}
	look(2 * time.Hour)
	want("before anything is due", map[string]int{})
	look(22 * days)
	want("a consent is over", map[string]int{"DeadlineMissed": 1, "ConsentExpired": 1})
	look(33 * days)
	want("the reflection period is over", map[string]int{"DeadlineMissed": 1, "ConsentExpired": 1, "ReflectionEnded": 1})
	look(130 * days)
	all := map[string]int{"DeadlineMissed": 1, "ConsentExpired": 1, "ReflectionEnded": 1, "DutyMissed": 1}
	want("a quarter without a meeting", all)

	r.close()
	r = openLogging(t, at, quiet())
	r.caughtUp()
	if _, err := recordDue(t.Context(), r.node.log, r.views, begun.Add(130*days)); err != nil {
		t.Fatal(err)
	}
	want("after a restart", all)
}

// One case on which nothing can be recorded keeps no other from being recorded.
func TestDrainGoesOn(t *testing.T) {
	var done []int
	n, err := drain(func() ([]int, error) { return []int{1, 2, 3}, nil }, func(one int) (int, error) {
		if one == 2 {
			return 0, errors.New("damaged")
		}
		done = append(done, one)
		return 1, nil
	})
	if err == nil || n != 2 || len(done) != 2 {
		t.Errorf("recorded %v, %d, %v", done, n, err)
	}
}
