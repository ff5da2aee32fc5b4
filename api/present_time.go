package api

import (
	"fmt"
	"strconv"
	"time"

	"nrm/domain"
)

// day writes a day in Baku: 22 noyabr 2026, 22 November 2026, 22 ноября 2026.
func (w words) day(d domain.Day) string {
	if d.IsZero() {
		return ""
	}
	t := d.Start()
	return fmt.Sprintf("%d %s %d", t.Day(), w.T("month."+strconv.Itoa(int(t.Month()))), t.Year())
}

// moment writes a point in time in Baku, to the minute.
func (w words) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return w.day(domain.DayOf(t)) + ", " + t.In(domain.Baku).Format("15:04")
}

// when writes a time as precisely as it is known, and no more so.
func (w words) when(at domain.When) string {
	switch {
	case at.IsZero():
		return ""
	case !at.Known():
		return w.T("precision.unknown")
	case at.Precision == domain.OnDay:
		return w.day(at.Day())
	case at.Precision == domain.Hour:
		return w.T("precision.about", "When", w.moment(at.At))
	}
	return w.moment(at.At)
}

// machineTime is a time for the datetime attribute, as precise as it is known.
func machineTime(at domain.When) string {
	switch {
	case !at.Known():
		return ""
	case at.Precision == domain.OnDay:
		return at.Day().String()
	}
	return at.At.In(domain.Baku).Format("2006-01-02T15:04Z07:00")
}

// span writes a length of time in the largest unit that says it well: minutes
// below an hour, hours below two days, else days. family is the beginning of
// the keys: "due.left" or "due.over".
func (w words) span(family string, d time.Duration) string {
	switch {
	case d < time.Hour:
		return w.N(family+".minutes", max(1, int(d/time.Minute)))
	case d < 48*time.Hour:
		return w.N(family+".hours", int(d/time.Hour))
	}
	return w.N(family+".days", int(d/(24*time.Hour)))
}

// remaining says how much time is left to a deadline, or by how much it has
// been missed.
func (w words) remaining(due, now time.Time) string {
	if now.Before(due) {
		return w.span("due.left", due.Sub(now))
	}
	return w.span("due.over", now.Sub(due))
}
