package country

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"testing"

	"nrm/domain"
)

func TestSameSeedSameBytes(t *testing.T) {
	o := Options{Seed: 11, Now: now}
	if a, b := sha256.Sum256(written(t, o)), sha256.Sum256(written(t, o)); a != b {
		t.Error("the same seed gave two countries")
	}
	other := o
	other.Seed = 12
	if bytes.Equal(written(t, o), written(t, other)) {
		t.Error("two seeds gave the same country")
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{}, {Year: 2023, Now: now}, {Year: 2026, Now: now}, {Year: 2025, Now: newYear(2026).Add(day)}} {
		if _, err := Write(io.Discard, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestBelievable looks for what the demo needs to be alive and for what real
// life has and a report does not.
func TestBelievable(t *testing.T) {
	log, lines := imported(t, written(t, Options{Seed: 2024, Now: now}), now)
	events, deviations := map[string]int{}, map[string]int{}
	clocks := map[string]map[domain.ClockState]int{}
	waiting, residents, stages, perYear := map[string]int{}, map[string]int{}, map[string]int{}, map[int]int{}
	due := 0
	for name, history := range log {
		for _, d := range history {
			for _, e := range d.Events {
				events[e.EventType()]++
				if n, ok := e.(domain.DeviationNoted); ok {
					deviations[n.Code]++
				}
				if _, ok := e.(domain.DetectionRecorded); ok {
					perYear[d.Happened.Day().Year()]++
				}
			}
		}
		s, _ := domain.StreamNamed(name)
		if s.Kind != domain.CaseKind {
			continue
		}
		c, err := domain.Fold[domain.Case](history)
		if err != nil {
			t.Fatal(err)
		}
		stages[c.Stage()]++
		for _, k := range c.Clocks {
			if clocks[k.Rule] == nil {
				clocks[k.Rule] = map[domain.ClockState]int{}
			}
			clocks[k.Rule][k.State(now)]++
		}
		for _, p := range c.Places {
			switch p.State {
			case "requested":
				waiting[p.Organisation]++
			case "admitted":
				residents[p.Organisation]++
			}
		}
		if c.Outcome == "positive" && c.Redress.Allowance == 0 && c.Decided.At.After(now.Add(-60*day)) {
			due++
		}
	}
	t.Logf("%d lines, %d streams, cases by year %v, stages %v", len(lines), len(log), perYear, stages)
	t.Logf("events %v", events)
	t.Logf("deviations %v", deviations)
	t.Logf("clocks %v", clocks)
	t.Logf("waiting %v, residents %v, allowances due %d", waiting, residents, due)

	for _, s := range domain.Codes("stage") {
		if stages[s.Code] == 0 {
			t.Errorf("no case is at the stage %s", s.Code)
		}
	}
	for _, org := range houseOrder {
		if waiting[org] == 0 {
			t.Errorf("no request waits for %s", org)
		}
	}
	for _, org := range []string{"shelter-baki", "centre-baki"} {
		if residents[org] == 0 {
			t.Errorf("nobody lives in %s", org)
		}
	}
	for rule, states := range map[string][]domain.ClockState{
		"handover": {domain.Running, domain.Overdue, domain.Met, domain.Late}, "identification": {domain.Running, domain.Overdue, domain.Met, domain.Late},
		"admission": {domain.Running, domain.Overdue, domain.Met, domain.Late}, "return_certificate": {domain.Running, domain.Overdue, domain.Met, domain.Late},
		"notify": {domain.Met, domain.Late}, "reflection": {domain.Running, domain.Ended},
	} {
		for _, state := range states {
			if clocks[rule][state] == 0 {
				t.Errorf("no time limit %s is %s", rule, state)
			}
		}
	}
	for _, code := range []string{"over_capacity", "unplanned_departure", "child_standard_not_applied"} {
		if deviations[code] == 0 {
			t.Errorf("no deviation %s", code)
		}
	}
	for _, typ := range []string{"AdmissionRefused", "NonArrivalRecorded", "CompensationPaid", "ProtectionMeasureEnded", "CaseReopened", "ReintegrationFollowUpDone", "TargetSet"} {
		if events[typ] == 0 {
			t.Errorf("no %s", typ)
		}
	}
	if due == 0 {
		t.Error("no allowance is due")
	}
	if len(log[domain.ActionStream("4.5.9").String()]) > 0 {
		t.Error("action 4.5.9 has evidence")
	}
	for year := 2020; year <= 2026; year++ {
		if n := perYear[year]; n < 24 || year != 2024 && n > 85 {
			t.Errorf("%d cases in %d", n, year)
		}
	}
}

// TestSameFactTwice: the register would take the second for the first.
func TestSameFactTwice(t *testing.T) {
	s := newCountry(Options{Now: now}).begin(newDice(1, 1), person{}, now.Add(-day), now)
	for range 3 {
		s.by(officer, domain.HoldInterview{Participants: []string{"case_officer"}})
	}
	if s.steps[0].happened.Equal(s.steps[1].happened) || s.steps[1].happened.Equal(s.steps[2].happened) {
		t.Error("two interviews in one minute")
	}
}

// TestMany imports plain cases.
func TestMany(t *testing.T) {
	const cases = 1200
	var b bytes.Buffer
	if err := WriteMany(&b, Options{Seed: 5, Now: now}, cases); err != nil {
		t.Fatal(err)
	}
	log, opened := memory{}, 0
	for s := bufio.NewScanner(&b); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Command == "register-referral" {
			opened++
		}
		if _, err := give(log, l, now); err != nil {
			t.Fatalf("%v: %s", err, s.Bytes())
		}
	}
	if opened != cases {
		t.Errorf("%d cases, want %d", opened, cases)
	}
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := Write(io.Discard, Options{Seed: 1, Now: now}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteMany writes 10,000 cases a round.
func BenchmarkWriteMany(b *testing.B) {
	var n counter
	for b.Loop() {
		if err := WriteMany(&n, Options{Seed: 1, Now: now}, 10_000); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(n) / int64(b.N))
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
