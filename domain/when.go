package domain

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Precision says how exactly the time of a fact is known.
type Precision string

const (
	Minute  Precision = "minute"
	Hour    Precision = "hour"
	OnDay   Precision = "day"
	Unknown Precision = "unknown" // it happened, nobody knows when
)

// When is a point in time with its precision. With day precision At is the
// beginning of the day in Baku. With unknown precision At is only a place in
// the order of things, and no deadline is judged by it.
type When struct {
	At        time.Time
	Precision Precision
}

// At gives a time known to the minute.
func At(t time.Time) When { return When{At: t.UTC().Truncate(time.Minute), Precision: Minute} }

// OnThe gives a day in Baku.
func OnThe(d Day) When { return When{At: d.Start().UTC(), Precision: OnDay} }

// local is how a time in Baku is written without a zone.
const local = "2006-01-02T15:04"

// ParseWhen reads RFC 3339 ("2024-03-01T21:40:00+04:00"), a time in Baku
// without a zone ("2024-03-01T21:40"), or a day ("2024-03-01"). A "~" behind it
// means that only the hour is known, a "?" that it is a guess: the precision is
// then unknown.
func ParseWhen(s string) (When, error) {
	s = strings.TrimSpace(s)
	for mark, precision := range map[string]Precision{"~": Hour, "?": Unknown} {
		if rest, ok := strings.CutSuffix(s, mark); ok {
			w, err := ParseWhen(rest)
			if err != nil || w.Precision != Minute && (w.Precision != OnDay || precision == Hour) {
				return When{}, fmt.Errorf("domain: %q is neither a day nor a time", clipped(s))
			}
			w.Precision = precision
			return w, nil
		}
	}
	if d, err := ParseDay(s); err == nil {
		return OnThe(d), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.ParseInLocation(local, s, Baku); err == nil && t.Format(local) != s {
			err = errors.New("in the hour that the clocks skip") // summer time began: there was no such time
		}
	}
	if err != nil || t.Year() < 1900 || t.Year() > 9999 {
		return When{}, fmt.Errorf("domain: %q is neither a day nor a time", clipped(s))
	}
	return At(t), nil
}

// IsZero reports whether nothing is known, not even that it happened.
func (w When) IsZero() bool { return w.At.IsZero() && w.Precision == "" }

// Known reports whether the time can be judged.
func (w When) Known() bool { return !w.At.IsZero() && w.Precision != Unknown }

// Day is the day in Baku.
func (w When) Day() Day { return DayOf(w.At) }

// After reports whether w is certainly later than t: with day precision, on a
// later day in Baku.
func (w When) After(t time.Time) bool {
	if !w.Known() {
		return false
	}
	if w.Precision == OnDay {
		return w.Day().After(DayOf(t))
	}
	return w.At.After(t)
}

// Before reports whether w is certainly earlier than o: if either is only known
// to the day, on an earlier day in Baku.
func (w When) Before(o When) bool {
	if !w.Known() || !o.Known() {
		return false
	}
	if w.Precision == OnDay || o.Precision == OnDay {
		return w.Day().Before(o.Day())
	}
	return w.At.Before(o.At)
}

// guess takes a time that nobody is sure of for the day it names: a guess may
// be wrong, but not impossible.
func (w When) guess() When {
	if w.Precision == Unknown {
		w.Precision = OnDay
	}
	return w
}

// Equal reports whether both are the same time with the same precision.
func (w When) Equal(o When) bool { return w.At.Equal(o.At) && w.Precision == o.Precision }

// String is the form [ParseWhen] reads.
func (w When) String() string {
	switch {
	case w.IsZero():
		return ""
	case w.Precision == OnDay:
		return w.Day().String()
	}
	mark := map[Precision]string{Hour: "~", Unknown: "?"}[w.Precision]
	return w.At.UTC().Format(time.RFC3339) + mark
}

// MarshalText writes [When.String].
func (w When) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what [ParseWhen] reads, or nothing.
func (w *When) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*w = When{}
		return nil
	}
	*w, err = ParseWhen(string(b))
	return err
}

// Day is a day in Baku.
type Day struct{ start time.Time } // midnight in Baku, or zero

// DayOf is the day in Baku in which t falls.
func DayOf(t time.Time) Day {
	y, m, d := t.In(Baku).Date()
	return NewDay(y, m, d)
}

// NewDay is a day in Baku.
func NewDay(y int, m time.Month, d int) Day { return Day{time.Date(y, m, d, 0, 0, 0, 0, Baku)} }

// ParseDay reads "2006-01-02".
func ParseDay(s string) (Day, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Baku)
	if err != nil || t.Year() < 1900 {
		return Day{}, fmt.Errorf("domain: %q is not a day", clipped(s))
	}
	return Day{t}, nil
}

func (d Day) IsZero() bool      { return d.start.IsZero() }
func (d Day) Start() time.Time  { return d.start }        // its first instant
func (d Day) End() time.Time    { return d.Add(1).start } // the first instant of the next day
func (d Day) Add(days int) Day  { return Day{d.start.AddDate(0, 0, days)} }
func (d Day) After(o Day) bool  { return d.start.After(o.start) }
func (d Day) Before(o Day) bool { return d.start.Before(o.start) }
func (d Day) Year() int         { return d.start.Year() }

// Years counts the whole years from d to a later day: an age, for a birthday.
func (d Day) Years(on Day) int {
	n := on.Year() - d.Year()
	if d.start.AddDate(n, 0, 0).After(on.start) {
		n--
	}
	return n
}

// Since counts the days from o to d. A day on which the clocks change is a day.
func (d Day) Since(o Day) int {
	return int(d.start.Sub(o.start).Round(24*time.Hour) / (24 * time.Hour))
}

// String is "2006-01-02", or nothing for the zero day.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.start.Format(time.DateOnly)
}

// MarshalText writes [Day.String].
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDay] reads, or nothing.
func (d *Day) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Day{}
		return nil
	}
	*d, err = ParseDay(string(b))
	return err
}

// clipped keeps a bad value short enough to be told.
func clipped(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
