package domain

import (
	"embed"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Holiday is a day off that the Labour Code fixes to a day of the year (Article
// 105; 20 January is a day of mourning).
type Holiday struct {
	Code  string `json:"code"`  // code list "holiday"
	First string `json:"first"` // month and day, "03-20"
	Days  int    `json:"days"`
	From  int    `json:"from"` // the first year
	To    int    `json:"to,omitzero"`
	Moves bool   `json:"moves,omitempty"` // on a weekend it moves to the next working day (Article 105.5)
}

// A CalendarYear is what is known of the days off of one year: the days that
// only the yearly decision of the Cabinet of Ministers fixes, and whether that
// decision was at hand.
type CalendarYear struct {
	Year       int         `json:"year"`
	Decreed    bool        `json:"decreed"` // taken from the decision itself
	Act        string      `json:"act"`
	Article    string      `json:"article"`
	Confidence string      `json:"confidence"` // as of a [Parameter]
	Note       string      `json:"note,omitempty"`
	Moving     []MovingDay `json:"moving,omitempty"`  // the religious holidays
	Off        []Day       `json:"off,omitempty"`     // other days off by the decision
	Working    []Day       `json:"working,omitempty"` // days of rest on which the decision lets people work
}

// A MovingDay is a holiday that follows the moon.
type MovingDay struct {
	Code  string `json:"code"` // code list "holiday"
	First Day    `json:"first"`
	Days  int    `json:"days"`
}

//go:embed calendar
var calendarFiles embed.FS

// calendar is the days off of Azerbaijan.
type calendar struct {
	Holidays []Holiday
	Years    []CalendarYear
	off      map[Day]string // but for weekends: the holiday
	working  map[Day]bool
}

// The calendar is computed for these years; a day outside is off at weekends only.
const firstCalendarYear, lastCalendarYear = 2005, 2060

var theCalendar = sync.OnceValue(func() *calendar {
	file := func(name string) []byte { return must(calendarFiles.ReadFile("calendar/" + name)) }
	c := &calendar{
		Holidays: must(read[[]Holiday](file("holidays.json"))), Years: must(read[[]CalendarYear](file("years.json"))),
		off: map[Day]string{}, working: map[Day]bool{},
	}
	c.fill()
	return c
})

// Holidays lists the days off that are fixed to a day of the year.
func Holidays() []Holiday { return slices.Clone(theCalendar().Holidays) }

// CalendarYears lists what is known of each year.
func CalendarYears() []CalendarYear { return slices.Clone(theCalendar().Years) }

// CalendarYearOf tells what is known of a year. Of a year that is not listed
// nothing is decreed: it has the fixed holidays only.
func CalendarYearOf(year int) CalendarYear {
	for _, y := range theCalendar().Years {
		if y.Year == year {
			return y
		}
	}
	return CalendarYear{Year: year, Act: "LC", Article: "105", Confidence: "assumed"}
}

// Holiday gives the code of the holiday for which a day is off, or nothing.
func (d Day) Holiday() string { return theCalendar().off[d] }

// Works reports whether public bodies work on the day.
func (d Day) Works() bool {
	c := theCalendar()
	return c.working[d] || !d.weekend() && c.off[d] == ""
}

func (d Day) weekend() bool {
	w := d.start.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// AddWorking is the n-th working day after d.
func (d Day) AddWorking(n int) Day {
	for n > 0 {
		d = d.Add(1)
		if d.Works() {
			n--
		}
	}
	return d
}

// workingSince counts the working days from one day to another, the last one not
// included.
func (d Day) workingSince(from Day) (n int) {
	for ; from.Before(d); from = from.Add(1) {
		if from.Works() {
			n++
		}
	}
	return n
}

// AddMonths is the day of the same number n months later, or the last day of
// that month if it has no such day.
func (d Day) AddMonths(n int) Day {
	y, m, day := d.start.Date()
	last := NewDay(y, m+time.Month(n)+1, 0)
	if day > last.start.Day() {
		return last
	}
	return NewDay(y, m+time.Month(n), day)
}

// aHoliday is a day off with what moves it.
type aHoliday struct {
	day         Day
	code        string
	moves, moon bool
}

// fill computes the days off. Labour Code Article 105.5: a holiday on a weekend
// moves to the next working day; 105.6: so does one of Ramazan or Qurban that
// meets another holiday.
func (c *calendar) fill() {
	all := c.everyHoliday()
	slices.SortStableFunc(all, func(a, b aHoliday) int { return a.day.start.Compare(b.day.start) })
	meets := map[Day]int{}
	for _, h := range all {
		meets[h.day]++
		if c.off[h.day] == "" {
			c.off[h.day] = h.code
		}
	}
	for _, h := range all {
		if h.moves && (h.day.weekend() || h.moon && meets[h.day] > 1) {
			next := h.day.Add(1)
			for next.weekend() || c.off[next] != "" {
				next = next.Add(1)
			}
			c.off[next] = h.code
		}
	}
	for _, y := range c.Years {
		for _, d := range y.Off {
			c.off[d] = "decreed"
		}
		for _, d := range y.Working {
			c.working[d] = true
		}
	}
}

func (c *calendar) everyHoliday() (all []aHoliday) {
	for year := firstCalendarYear; year <= lastCalendarYear; year++ {
		for _, h := range c.Holidays {
			if year < h.From || h.To != 0 && year > h.To {
				continue
			}
			first := must(ParseDay(fmt.Sprintf("%d-%s", year, h.First)))
			for n := range h.Days {
				all = append(all, aHoliday{first.Add(n), h.Code, h.Moves, false})
			}
		}
	}
	for _, y := range c.Years {
		for _, m := range y.Moving {
			for n := range m.Days {
				all = append(all, aHoliday{m.First.Add(n), m.Code, true, true})
			}
		}
	}
	return all
}
