package domain

import (
	"testing"
	"time"
)

// TestSummerTime: up to 2015 the clocks of Baku were an hour ahead in summer, and
// a time that a person wrote down then is read as they meant it.
func TestSummerTime(t *testing.T) {
	for wall, want := range map[string]string{
		"2014-07-01T21:40": "2014-07-01T16:40:00Z", // five hours ahead
		"2014-01-01T21:40": "2014-01-01T17:40:00Z",
		"2014-03-30T03:59": "2014-03-29T23:59:00Z", // the clocks went from 4:00 to 5:00
		"2014-03-30T05:00": "2014-03-30T00:00:00Z",
		"2014-10-26T05:00": "2014-10-26T01:00:00Z", // and from 5:00 to 4:00
		"2015-10-25T03:59": "2015-10-24T22:59:00Z",
		"2005-08-05T12:00": "2005-08-05T07:00:00Z",
		"2016-07-01T21:40": "2016-07-01T17:40:00Z", // summer time was no more
		"2026-07-01T21:40": "2026-07-01T17:40:00Z",
		"1990-07-01T12:00": "1990-07-01T08:00:00Z",
	} {
		if got := mustWhen(wall).String(); got != want {
			t.Errorf("%s in Baku is %s, want %s", wall, got, want)
		}
	}
	late := At(time.Date(2014, 7, 1, 19, 30, 0, 0, time.UTC)) // half past midnight
	if got := late.Day().String(); got != "2014-07-02" {
		t.Errorf("%s is on %s", late, got)
	}
	if start := mustDay("2014-07-02").Start().UTC(); start != time.Date(2014, 7, 1, 19, 0, 0, 0, time.UTC) {
		t.Errorf("2014-07-02 begins %s", start)
	}
}

// TestDaysOverAChangeOfClocks: thirty days are thirty days, though one of them had
// 23 hours or 25, and what was stored when all days were thought to have 24 is on
// its day.
func TestDaysOverAChangeOfClocks(t *testing.T) {
	for _, from := range []string{"2014-03-15", "2014-10-10", "2014-03-30", "2014-10-26", "2016-03-15"} {
		d := mustDay(from)
		for n := range 60 {
			if got := d.Add(n); got.Since(d) != n || d.Since(got) != -n || got != mustDay(got.String()) || DayOf(got.Start()) != got {
				t.Errorf("%d days after %s is %s, %d days", n, d, got, got.Since(d))
			}
			if length := d.Add(n).End().Sub(d.Add(n).Start()); length < 23*time.Hour || length > 25*time.Hour {
				t.Errorf("%s has %s", d.Add(n), length)
			}
		}
	}
	stored := When{time.Date(2014, 6, 30, 20, 0, 0, 0, time.UTC), OnDay}
	if got := stored.Day().String(); got != "2014-07-01" {
		t.Errorf("the day of %s is %s", stored.At, got)
	}
	start := mustDay("2014-03-20")
	p := Parameter{Value: 30, Unit: "d"}
	if due := p.due(OnThe(start)); due != mustDay("2014-04-20").Start().UTC() {
		t.Errorf("30 days from %s are over %s", start, due)
	}
}
