package domain

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// A Reference is the number under which another body keeps something: of a
// criminal case, a decision, a file. Only capitals, digits, "-" and "/", at least
// one digit and never four letters in a row, so that it can hold no name.
type Reference string

// ReferencePattern is what a [Reference] looks like, as a regular expression.
// It is no longer than [LongestReference].
const (
	ReferencePattern = `^([A-Z]{1,3}[/-]?)?[0-9]+([/-]?[A-Z]{0,3}[0-9]+)*([/-]?[A-Z]{1,3})?$`
	LongestReference = 30
)

var referencePattern = regexp.MustCompile(ReferencePattern)

// An EventAt says which event of this case is meant: the id of its decision and
// its place among the decision's events, from 0. It is written "id/place".
type EventAt struct {
	Decision string
	Place    int
}

// IsZero reports whether no event is meant.
func (e EventAt) IsZero() bool { return e == EventAt{} }

// String is the form that [EventAt.UnmarshalText] reads.
func (e EventAt) String() string {
	if e.IsZero() {
		return ""
	}
	return e.Decision + "/" + strconv.Itoa(e.Place)
}

// MarshalText writes [EventAt.String].
func (e EventAt) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads "id/place", or nothing.
func (e *EventAt) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*e = EventAt{}
		return nil
	}
	id, place, _ := strings.Cut(string(b), "/")
	n, err := strconv.Atoi(place)
	if err != nil || n < 0 || n > 99 || strconv.Itoa(n) != place || len(id) != 36 || uuid.Validate(id) != nil {
		return fmt.Errorf("domain: %q is no event of a case", clipped(string(b)))
	}
	*e = EventAt{id, n}
	return nil
}

// Find looks the event up in a history. It answers nil when it is not there.
func (e EventAt) Find(history []Decision) AnyEvent {
	for _, d := range history {
		if d.ID == e.Decision && e.Place < len(d.Events) {
			return d.Events[e.Place]
		}
	}
	return nil
}

// Answers are those to a bank of items, such as the indicators of a screening:
// items that nobody asked about are not among them.
type Answers []Answer

// An Answer says of one item whether it is present, absent or unknown.
type Answer struct {
	Code   string `json:"code"`   // on the code list of the field
	Answer string `json:"answer"` // code list "answer"
}

// Counts are numbers by code, such as places by sex and age.
type Counts []Tally

// A Tally is the number of one code.
type Tally struct {
	Code   string `json:"code"` // on the code list of the field
	Number int    `json:"number"`
}

// Total adds them up.
func (c Counts) Total() (n int) {
	for _, one := range c {
		n += one.Number
	}
	return n
}

// pairFault answers what is wrong with answers or counts, or nothing.
func (f Field) pairFault(v reflect.Value) string {
	seen := map[string]bool{}
	for i := range v.Len() {
		code, strength, number := "", "present", f.Min
		switch one := v.Index(i).Interface().(type) {
		case Answer:
			code, strength = one.Code, one.Answer
		case Tally:
			code, number = one.Code, one.Number
		}
		_, known := CodeOf("answer", strength)
		switch {
		case !known || !f.takes(code):
			return "unknown_code"
		case seen[code]:
			return "repeated_code"
		case number < f.Min || number > f.Max:
			return "out_of_range"
		}
		seen[code] = true
	}
	return ""
}
