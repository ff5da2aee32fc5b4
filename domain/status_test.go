package domain

import (
	"slices"
	"testing"
	"time"
)

// The term of plan action 4.1.9, and days around it.
var (
	inForce = mustDay("2020-07-23")
	due2021 = mustDay("2021-12-31")
	due2024 = mustDay("2024-12-31")
	never   = Day{}
)

func days(texts ...string) (days []Day) {
	for _, s := range texts {
		if s == "" {
			days = append(days, never)
		} else {
			days = append(days, mustDay(s))
		}
	}
	return days
}

func TestMilestone(t *testing.T) {
	for _, tc := range []struct {
		name     string
		asOf     string
		deeds    []Day
		nothing  bool // nothing was recorded for the action
		attested bool
		status   Status
		late     int
		done     int
		flags    []string
	}{
		{"all done in the term", "2021-12-31", days("2020-09-01", "2021-05-01", "2021-12-31"), false, false, StatusMet, 0, 3, nil},
		{"all done on the first day of the term", "2020-07-23", days("2020-07-23", "2020-07-23", "2020-07-23"), false, false, StatusMet, 0, 3, nil},
		{"done before the plan was in force is not its work", "2021-12-31", days("2020-07-22", "2021-05-01", "2021-12-01"), false, false, StatusOnTrack, 0, 2, nil},
		{"met a day late", "2022-01-01", days("2020-09-01", "2021-05-01", "2022-01-01"), false, false, StatusMet, 1, 3, nil},
		{"met 502 days late", "2024-06-30", days("2022-04-29", "2022-04-29", "2023-05-17"), false, false, StatusMet, 502, 3, nil},
		{"what takes effect tomorrow is not done today", "2023-05-16", days("2022-04-29", "2022-04-29", "2023-05-17"), false, false, StatusLate, 0, 2, nil},
		{"late, two of three", "2022-12-31", days("2022-04-29", "2022-04-29", ""), false, false, StatusLate, 0, 2, nil},
		{"the last day of the term is not late", "2021-12-31", days("", "", ""), false, false, StatusOnTrack, 0, 0, []string{FlagAtRisk}},
		{"the day after is", "2022-01-01", days("", "", ""), false, false, StatusLate, 0, 0, nil},
		{"nothing recorded within the term", "2021-12-31", days("", "", ""), true, false, StatusNoData, 0, 0, nil},
		{"nothing recorded after the term", "2022-01-01", days("", "", ""), true, false, StatusLate, 0, 0, []string{FlagNoEvidence}},
		{"silence attested within the term", "2020-12-31", days("", "", ""), true, true, StatusOnTrack, 0, 0, []string{FlagAttested}},
		{"silence attested after the term", "2022-01-01", days("", "", ""), true, true, StatusLate, 0, 0, []string{FlagAttested}},
		// The term has 527 days: 396 of them, three quarters, are gone after 22.08.2021.
		{"a day before three quarters of the term are gone", "2021-08-21", days("2021-01-01", "", ""), false, false, StatusOnTrack, 0, 1, nil},
		{"three quarters gone, a third done", "2021-08-22", days("2021-01-01", "", ""), false, false, StatusOnTrack, 0, 1, []string{FlagAtRisk}},
		{"three quarters gone, two thirds done", "2021-08-22", days("2021-01-01", "2021-01-01", ""), false, false, StatusOnTrack, 0, 2, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Judge(Evidence{
				Kind: Milestone, Start: inForce, Due: due2021, AsOf: mustDay(tc.asOf), Components: tc.deeds, Recorded: !tc.nothing, Attested: tc.attested,
			})
			if got.Status != tc.status || got.DaysLate != tc.late || got.Done != tc.done || got.Of != 3 || !slices.Equal(got.Flags, tc.flags) {
				t.Errorf("got %+v, want %s %d late %d of 3 %v", got, tc.status, tc.late, tc.done, tc.flags)
			}
		})
	}
}

// TestAtRisk asks on the edge: exactly three quarters of four days are gone.
func TestAtRisk(t *testing.T) {
	for _, tc := range []struct {
		asOf  string
		deeds []Day
		flags []string
	}{
		{"2021-01-02", days("", ""), nil},
		{"2021-01-03", days("", ""), []string{FlagAtRisk}},
		{"2021-01-03", days("2021-01-01", ""), nil}, // half is done
	} {
		got := Judge(Evidence{Kind: Milestone, Start: mustDay("2021-01-01"), Due: mustDay("2021-01-04"), AsOf: mustDay(tc.asOf), Components: tc.deeds, Recorded: true})
		if got.Status != StatusOnTrack || !slices.Equal(got.Flags, tc.flags) {
			t.Errorf("%s: got %+v, want %v", tc.asOf, got, tc.flags)
		}
	}
}

// TestLastMinute asks about minutes: days are days in Baku, not in London.
func TestLastMinute(t *testing.T) {
	for at, want := range map[string]Status{
		"2021-12-31T23:59:59+04:00": StatusNoData,
		"2021-12-31T19:59:59Z":      StatusNoData,
		"2021-12-31T20:00:00Z":      StatusLate, // midnight in Baku
		"2022-01-01T00:00:00+04:00": StatusLate,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := Judge(Evidence{Kind: Milestone, Start: inForce, Due: due2021, AsOf: DayOf(when), Components: days("")})
		if got.Status != want {
			t.Errorf("%s: got %s, want %s", at, got.Status, want)
		}
	}
}

func TestCumulative(t *testing.T) {
	count := func(v float64) Figure {
		return Figure{Value: v, Known: true, Target: 3, HasTarget: true, Better: "up", Volume: true}
	}
	untold := Figure{Target: 3, HasTarget: true, Better: "up", Volume: true}
	free := Figure{Value: 2, Known: true, Better: "up", Volume: true}
	// The term has 1,623 days. One of three is due after 541, on 14.01.2022; two
	// after 1,082, on 09.07.2023; all on the last day.
	for _, tc := range []struct {
		name     string
		asOf     string
		figure   Figure
		deeds    []Day
		nothing  bool
		attested bool
		status   Status
		flags    []string
	}{
		{"nothing is due on the first day", "2020-07-23", count(0), nil, false, false, StatusOnTrack, nil},
		{"the day before one is due", "2022-01-13", count(0), nil, false, false, StatusOnTrack, nil},
		{"the day on which one is due", "2022-01-14", count(0), nil, false, false, StatusLate, nil},
		{"one is there when one is due", "2022-01-14", count(1), nil, false, false, StatusOnTrack, nil},
		{"the day before two are due", "2023-07-08", count(1), nil, false, false, StatusOnTrack, nil},
		{"the day on which two are due", "2023-07-09", count(1), nil, false, false, StatusLate, nil},
		{"two are enough until the last day", "2024-12-30", count(2), nil, false, false, StatusOnTrack, nil},
		{"on the last day all are due", "2024-12-31", count(2), nil, false, false, StatusLate, nil},
		{"met on the last day", "2024-12-31", count(3), nil, false, false, StatusMet, nil},
		{"met early", "2020-08-01", count(3), nil, false, false, StatusMet, nil},
		{"late after the term", "2025-01-01", count(2), nil, false, false, StatusLate, nil},
		{"nothing recorded in the term", "2022-06-30", untold, nil, true, false, StatusNoData, nil},
		{"nothing recorded after the term", "2025-01-01", untold, nil, true, false, StatusLate, []string{FlagNoEvidence}},
		{"nothing recorded, of six that are there", "2022-06-30", count(0), nil, true, false, StatusNoData, nil},
		{"an attestation says nothing once there are facts", "2022-06-30", count(0), nil, false, true, StatusLate, nil},
		{"a true zero is judged", "2022-06-30", untold, nil, true, true, StatusLate, []string{FlagAttested}},
		{"a true zero early on", "2021-01-31", untold, nil, true, true, StatusOnTrack, []string{FlagAttested}},
		{"no target", "2022-06-30", free, nil, false, false, StatusNoData, []string{FlagNoTarget}},
		{"no target after the term", "2025-01-01", free, nil, false, false, StatusNoData, []string{FlagNoTarget}},
		{"nothing is less than any target", "2025-01-01", Figure{Better: "up"}, nil, true, false, StatusLate, []string{FlagNoTarget, FlagNoEvidence}},
		{"the number is there, the deed is not", "2024-12-31", count(3), days(""), false, false, StatusOnTrack, nil},
		{"the number is there, the deed is not, and the term is over", "2025-01-01", count(3), days(""), false, false, StatusLate, nil},
		{"number and deed", "2024-12-31", count(3), days("2022-01-01"), false, false, StatusMet, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Judge(Evidence{
				Kind: Cumulative, Start: inForce, Due: due2024, AsOf: mustDay(tc.asOf), Figures: []Figure{tc.figure},
				Components: tc.deeds, Recorded: !tc.nothing, Attested: tc.attested,
			})
			if got.Status != tc.status || !slices.Equal(got.Flags, tc.flags) {
				t.Errorf("got %+v, want %s %v", got, tc.status, tc.flags)
			}
		})
	}
}

func TestYearly(t *testing.T) {
	rate := func(v float64) Figure {
		return Figure{Value: v, Known: true, Target: 95, HasTarget: true, Better: "up"}
	}
	volume := func(v float64) Figure {
		return Figure{Value: v, Known: true, Target: 12, HasTarget: true, Better: "up", Volume: true}
	}
	noCases := Figure{Target: 95, HasTarget: true, Better: "up"}
	free := Figure{Value: 50, Known: true, Better: "up"}
	last := func(f Figure, v float64) Figure { f.Last, f.HasLast = v, true; return f }
	for _, tc := range []struct {
		name     string
		asOf     string
		closed   bool
		figures  []Figure
		attested bool
		status   Status
		flags    []string
	}{
		{"a rate at its threshold in the open year", "2023-06-30", false, []Figure{rate(95)}, false, StatusOnTrack, nil},
		{"a rate at its threshold on the last day, which is not over", "2023-12-31", false, []Figure{rate(95)}, false, StatusOnTrack, nil},
		{"a rate at its threshold in the closed year", "2023-12-31", true, []Figure{rate(95)}, false, StatusMet, nil},
		{"a rate is not paced", "2023-01-15", false, []Figure{rate(94.9)}, false, StatusLate, nil},
		{"a rate below its threshold", "2023-12-31", true, []Figure{rate(94.9)}, false, StatusLate, nil},
		{"nobody was in need", "2023-12-31", true, []Figure{noCases}, false, StatusNoData, nil},
		{"nobody was in need, and somebody signed for it", "2023-12-31", true, []Figure{noCases}, true, StatusMet, []string{FlagAttested}},
		{"nobody was in need so far, and somebody signed for it", "2023-06-30", false, []Figure{noCases}, true, StatusOnTrack, []string{FlagAttested}},
		{"no target", "2023-12-31", true, []Figure{free}, false, StatusNoData, []string{FlagNoTarget}},
		{"less than last year", "2023-12-31", true, []Figure{last(rate(96), 97)}, false, StatusMet, []string{FlagBelowLastYear}},
		{"as much as last year", "2023-12-31", true, []Figure{last(rate(96), 96)}, false, StatusMet, nil},
		{"less than last year without a target", "2023-12-31", true, []Figure{last(free, 51)}, false, StatusNoData, []string{FlagNoTarget, FlagBelowLastYear}},
		// Of 12 a year one falls due with 31 days (31 x 12 / 365 = 1.02).
		{"a volume is paced: none by 30 January", "2023-01-30", false, []Figure{volume(0)}, false, StatusOnTrack, nil},
		{"a volume is paced: none by 31 January", "2023-01-31", false, []Figure{volume(0)}, false, StatusLate, nil},
		{"a volume reached before the year ends", "2023-06-30", false, []Figure{volume(12)}, false, StatusMet, nil},
		{"a volume not reached on the last day", "2023-12-31", true, []Figure{volume(11)}, false, StatusLate, nil},
		{"a true zero is a low volume", "2023-12-31", true, []Figure{{Target: 12, HasTarget: true, Better: "up", Volume: true}}, true, StatusLate, []string{FlagAttested}},
		{"the worst decides", "2023-12-31", true, []Figure{rate(100), rate(90)}, false, StatusLate, nil},
		{"on track and met is on track", "2023-06-30", false, []Figure{rate(100), volume(12)}, false, StatusOnTrack, nil},
		{"what nobody knows decides only alone", "2023-12-31", true, []Figure{rate(100), noCases}, false, StatusMet, nil},
		{"a figure without a target does not decide", "2023-12-31", true, []Figure{free, rate(100)}, false, StatusMet, []string{FlagNoTarget}},
		{"less is better", "2023-06-30", false, []Figure{{Value: 5, Known: true, Target: 5, HasTarget: true, Better: "down"}}, false, StatusOnTrack, nil},
		{"less is better: too much", "2023-06-30", false, []Figure{{Value: 6, Known: true, Target: 5, HasTarget: true, Better: "down"}}, false, StatusLate, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Judge(Evidence{
				Kind: Yearly, Start: mustDay("2023-01-01"), Due: mustDay("2023-12-31"), AsOf: mustDay(tc.asOf), Closed: tc.closed,
				Figures: tc.figures, Recorded: true, Attested: tc.attested, Keep: true,
			})
			if got.Status != tc.status || !slices.Equal(got.Flags, tc.flags) {
				t.Errorf("got %+v, want %s %v", got, tc.status, tc.flags)
			}
		})
	}
}

// TestKeep: only where the plan says "to continue" is less than last year a flag.
func TestKeep(t *testing.T) {
	e := Evidence{
		Kind: Yearly, Start: mustDay("2023-01-01"), Due: mustDay("2023-12-31"), AsOf: mustDay("2023-12-31"), Closed: true,
		Figures: []Figure{{Value: 96, Known: true, Target: 95, HasTarget: true, Better: "up", Last: 97, HasLast: true}},
	}
	if got := Judge(e); got.Status != StatusMet || got.Flags != nil {
		t.Errorf("got %+v", got)
	}
}
