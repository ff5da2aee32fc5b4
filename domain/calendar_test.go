package domain

import (
	"slices"
	"testing"
	"time"
)

func TestWorkingDays(t *testing.T) {
	off := func(days ...string) {
		t.Helper()
		for _, d := range days {
			if mustDay(d).Works() {
				t.Errorf("%s is a working day", d)
			}
		}
	}
	on := func(days ...string) {
		t.Helper()
		for _, d := range days {
			if !mustDay(d).Works() {
				t.Errorf("%s is off: %s", d, mustDay(d).Holiday())
			}
		}
	}
	off("2024-01-01", "2024-01-02", "2024-01-20", "2024-03-08", "2024-03-20", "2024-03-24", "2024-05-28", "2024-06-26", "2024-11-08", "2024-12-31", "2024-02-03")
	off("2024-01-03") // 31 December 2023 was a Sunday
	on("2024-01-04", "2024-01-19", "2024-10-18", "2024-02-05")
	off("2021-03-25", "2021-03-26") // two days of Novruz fell on the weekend
	on("2021-03-29")
	off("2023-01-03", "2023-01-04") // 31 December and 1 January fell on the weekend
	on("2023-01-05")
	off("2017-06-26", "2017-06-27", "2017-06-28") // Ramazan met the day of the armed forces
	on("2017-06-29")
	on("2018-01-22")                             // a day of mourning does not move
	on("2009-11-09", "2019-11-08", "2006-03-21") // not yet days off
	off("2010-11-09", "2005-10-18")
	on("2006-10-18")
}

func TestCalendarYears(t *testing.T) {
	year := firstCalendarYear
	for _, y := range CalendarYears() {
		if y.Year != year {
			t.Errorf("%d stands where %d should", y.Year, year)
		}
		year++
		if y.Act == "" || y.Decreed != (y.Confidence == "confirmed") || !y.Decreed && y.Note == "" || !slices.Contains([]string{"confirmed", "reported", "assumed"}, y.Confidence) {
			t.Errorf("%d: %+v", y.Year, y)
		}
		for _, m := range y.Moving {
			if m.First.Year() != y.Year || !hasLabel("holiday", m.Code) || m.Days != 2 {
				t.Errorf("%d: %+v", y.Year, m)
			}
		}
		if y.Year >= 2011 && len(y.Moving) != 2 {
			t.Errorf("%d has %d moving holidays", y.Year, len(y.Moving))
		}
	}
	for _, h := range Holidays() {
		if !hasLabel("holiday", h.Code) {
			t.Errorf("%s has no label", h.Code)
		}
	}
	if y := CalendarYearOf(2050); y.Decreed || y.Confidence != "assumed" {
		t.Errorf("2050 is %+v", y)
	}
}

func TestUnits(t *testing.T) {
	start := mustWhen("2024-03-15T10:00")
	for _, c := range []struct {
		value      int
		unit, from string
		due        time.Time
	}{
		{24, "h", "2024-03-15T10:00", mustWhen("2024-03-16T10:00").At},
		{24, "h", "2024-03-15", mustWhen("2024-03-17T00:00").At},
		{3, "d", "2024-03-15T10:00", mustWhen("2024-03-19T00:00").At},
		{5, "wd", "2024-03-15T10:00", mustWhen("2024-03-30T00:00").At}, // Friday; Novruz from Wednesday, two days of it moved
		{1, "m", "2024-01-31", mustWhen("2024-03-01T00:00").At},
		{12, "m", "2024-02-29", mustWhen("2025-03-01T00:00").At},
		{1, "y", "2024-03-15", mustWhen("2025-03-16T00:00").At},
	} {
		p := Parameter{Value: c.value, Unit: c.unit}
		if got := p.due(mustWhen(c.from)); !got.Equal(c.due) {
			t.Errorf("%d %s from %s: %s, want %s", c.value, c.unit, c.from, got.In(Baku), c.due.In(Baku))
		}
	}
	p := Parameter{Value: 5, Unit: "wd", Confidence: "confirmed"}
	if !p.assumed(start.Day(), start.Day().Add(7)) {
		t.Error("a limit in working days of a year that nobody decreed is called confirmed")
	}
	p.Unit = "d"
	if p.assumed(start.Day(), start.Day().Add(7)) {
		t.Error("a confirmed limit in calendar days is called assumed")
	}
}

// TestParametersNameTheirAct: what is confirmed or reported says where it stands;
// the rest says why it was assumed.
func TestParametersNameTheirAct(t *testing.T) {
	for _, p := range Parameters() {
		if p.Act == "" || p.Confidence == "assumed" && p.Note == "" {
			t.Errorf("%s from %s: act %q, note %q", p.ID, p.ValidFrom, p.Act, p.Note)
		}
	}
	if p, _ := ParameterOn("hosted_access", NewDay(2024, 1, 1)); time.Duration(p.Value)*24*time.Hour != hostedFor {
		t.Errorf("a facility sees who left for %s, the parameter says %d days", hostedFor, p.Value)
	}
}
