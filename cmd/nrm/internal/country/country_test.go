package country

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// now is a time at which the exact years 2024 and 2025 are over.
var now = time.Date(2026, time.November, 22, 14, 30, 0, 0, domain.Baku)

// line is one line of the file, as an import reads it.
type line struct {
	ID, Stream, Command string
	By                  struct{ Role, Organisation string }
	Happened, Recorded  string
	Data                json.RawMessage
}

// memory is a log in memory: no more than the rules need.
type memory map[string][]domain.Decision

func (m memory) Update(_ context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	histories := make([][]domain.Decision, len(streams))
	for i, s := range streams {
		histories[i] = m[s]
	}
	answer, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for i, d := range answer {
		if len(d.Events) > 0 {
			m[streams[i]] = append(m[streams[i]], d)
		}
	}
	return 0, nil
}

// imported executes every line and fails on the first that is refused, records
// nothing, stands out of order or speaks of the future.
func imported(t *testing.T, file []byte, now time.Time) (memory, []line) {
	t.Helper()
	log, lines := memory{}, []line{}
	var last time.Time
	for s := bufio.NewScanner(bytes.NewReader(file)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("line %d: %v", len(lines)+1, err)
		}
		lines = append(lines, l)
		recorded, err := give(log, l, now)
		if err != nil {
			for _, before := range lines {
				if before.Stream == l.Stream {
					t.Logf("%s %s by %s, recorded %s: %s", before.Happened, before.Command, before.By.Role, before.Recorded, before.Data)
				}
			}
			t.Fatalf("line %d: %v: %s", len(lines), err, s.Bytes())
		}
		if recorded.Before(last) {
			t.Fatalf("line %d was recorded before the one above it", len(lines))
		}
		last = recorded
	}
	return log, lines
}

func give(log domain.Log, l line, now time.Time) (recorded time.Time, err error) {
	stream, err := domain.ParsePath(l.Stream)
	if err != nil {
		return recorded, err
	}
	spec, err := domain.CommandNamed(l.Command)
	if err != nil {
		return recorded, err
	}
	cmd, err := spec.Parse(l.Data)
	if err != nil {
		return recorded, err
	}
	by, err := domain.ParseActor("import", l.By.Role, l.By.Organisation)
	if err != nil {
		return recorded, err
	}
	happened, err := domain.ParseWhen(l.Happened)
	if err != nil {
		return recorded, err
	}
	if recorded, err = time.Parse(time.RFC3339, l.Recorded); err != nil {
		return recorded, err
	}
	if happened.After(now) || happened.After(recorded) || recorded.After(now) {
		return recorded, fmt.Errorf("happened %s, recorded %s, now %s", happened, recorded, now)
	}
	out, err := domain.Execute(context.Background(), log, domain.Request{ID: l.ID, By: by, Happened: happened, Now: now, Claimed: recorded}, stream, cmd)
	if err == nil && !out.Recorded {
		err = fmt.Errorf("nothing was recorded")
	}
	return recorded, err
}

func written(t *testing.T, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tally counts the events of one calendar year in Bakı, by themselves and by
// person, independently of how the country was made.
type tally struct {
	persons map[string]map[string]bool // figure -> cases
	sums    map[string]int64
}

func (y tally) person(figure, stream string) {
	if y.persons[figure] == nil {
		y.persons[figure] = map[string]bool{}
	}
	y.persons[figure][stream] = true
}

func count(log memory, year int) tally {
	y := tally{map[string]map[string]bool{}, map[string]int64{}}
	for _, stream := range slices.Sorted(maps.Keys(log)) {
		presumed, decided := false, false
		for _, d := range log[stream] {
			inYear := d.Happened.Day().Year() == year
			for _, e := range d.Events {
				switch e := e.(type) {
				case domain.DetectionRecorded:
					presumed = inYear && e.Status == "presumed"
				case domain.IdentificationDecided:
					decided = decided || d.Happened.Day().Year() <= year && (e.Outcome == "positive" || e.Outcome == "negative")
				}
				if inYear {
					y.event(stream, e)
				}
			}
		}
		if presumed && !decided {
			y.person("presumed", stream)
		}
	}
	return y
}

func (y tally) event(stream string, e domain.AnyEvent) {
	switch e := e.(type) {
	case domain.IdentificationDecided:
		if e.Outcome == "positive" {
			y.person("identified", stream)
		}
	case domain.AllowancePaid:
		y.person("allowances", stream)
		y.sums["allowances"] += int64(e.Amount)
	case domain.AdmissionConfirmed:
		if e.Kind == "shelter" {
			y.person("sheltered", stream)
		}
	case domain.ServiceDelivered:
		y.person(e.Service, stream)
		if e.ProviderType == "assistance_centre" {
			y.person(e.Service+" by centre", stream)
		}
		if e.Service == "education" && e.Child {
			y.person("schooled", stream)
		}
	case domain.ReturnDeparted:
		if e.Direction == "outbound" && e.Foreign {
			y.person("repatriated", stream)
		}
	case domain.FamilyReunited:
		y.person("reunited", stream)
	case domain.ServiceReferralSent:
		if e.Kind == "assistance_centre" {
			y.person("centre", stream)
		}
	case domain.FundAssistancePaid:
		y.person("fund", stream)
		y.sums["fund"] += int64(e.Amount)
	case domain.FundingAllocated:
		if e.Kind == "ngo" {
			y.person("granted", e.Organisation)
			y.sums["grants"] += int64(e.Amount)
		}
	}
}

// TestFigures imports whole countries and counts the year back to the
// Coordinator's figures for 2024, which stand here once more, as published.
func TestFigures(t *testing.T) {
	for _, o := range []Options{
		{Seed: 1, Now: now}, {Seed: 2, Now: now}, {Seed: 3, Now: now}, {Seed: 4, Now: now}, {Seed: 20241231, Now: now},
		{Seed: 1, Year: 2025, Now: now}, {Seed: 7, Now: time.Date(2025, time.April, 2, 3, 15, 0, 0, time.UTC)},
	} {
		t.Run(fmt.Sprintf("seed %d, year %d, now %s", o.Seed, o.Year, o.Now.Format(time.DateOnly)), func(t *testing.T) {
			t.Parallel()
			log, _ := imported(t, written(t, o), o.Now)
			year := o.Year
			if year == 0 {
				year = 2024
			}
			got := count(log, year)
			for figure, want := range map[string]int{
				"identified": 80, "allowances": 80, "sheltered": 56, "vocational_training": 18, "employment": 9, "repatriated": 1,
				"identity_document": 9, "social_assistance": 11, "education": 2, "schooled": 2, "reunited": 44, "centre": 63,
				"psychological by centre": 36, "legal_info by centre": 13, "presumed": 17, "fund": 88, "granted": 10,
			} {
				if n := len(got.persons[figure]); n != want {
					t.Errorf("%s: %d, want %d", figure, n, want)
				}
			}
			for sum, want := range map[string]int64{"allowances": 80 * 700_00, "fund": 5_050_00, "grants": 140_500_00} {
				if got.sums[sum] != want {
					t.Errorf("%s: %d qəpik, want %d", sum, got.sums[sum], want)
				}
			}
			for _, help := range []string{"psychological by centre", "legal_info by centre"} {
				for stream := range got.persons[help] {
					if !got.persons["centre"][stream] {
						t.Errorf("%s was not referred to the centre in the year: %s", stream, help)
					}
				}
			}
		})
	}
}
