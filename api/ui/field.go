package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind says how a field is asked.
type Kind string

// ManyOptions is how many checkboxes stand under each other before they scroll.
const ManyOptions = 30

// The kinds of field, and what each sends.
const (
	Choice     Kind = "choice"     // one of Options: radios for up to seven, else a select
	Radios     Kind = "radios"     // one of Options
	Select     Kind = "select"     // one of Options
	Checkboxes Kind = "checkboxes" // any of Options; more than ManyOptions scroll by themselves
	Switch     Kind = "switch"     // yes or nothing: one checkbox; sends "true"
	Text       Kind = "text"
	TextArea   Kind = "textarea"
	Number     Kind = "number"
	Money      Kind = "money"    // Prefix or Suffix carries the currency
	Date       Kind = "date"     // sends name-day, name-month, name-year
	DateTime   Kind = "datetime" // the same and name-time, "15:04"
	Password   Kind = "password"
	Code       Kind = "code" // a one-time code of digits
	Hidden     Kind = "hidden"
)

// maxRadios is how many options can be read at a glance; longer lists fold
// into a select.
const maxRadios = 7

// Field is one question of a form, with what the person answered and what was
// wrong with it.
type Field struct {
	Name  string // of the form value
	ID    string // of the element; Name if empty
	Label string
	Hint  string
	Error string // why the answer was refused; tied to the input and listed in the summary
	Kind  Kind

	Options []Option // of a choice; Checked marks the present answer
	Value   string   // of any other kind but the dates; "true" for a switch that is on
	Parts   Parts    // of a date

	Optional     bool
	Prefix       string // shown in front of the input: a currency
	Suffix       string // shown behind it: a unit
	Width        int    // characters the answer will need: 2, 3, 4, 5, 10, 20 or 30; 0 is the full width
	Rows         int    // of a text area; 5 if 0
	Autocomplete string // what a browser may fill in (HTML token)
	Private      bool   // what is typed names or describes a person: the browser neither keeps it nor sends it to be checked
	Lang         string // of the value, where it differs from the page's
	Begins       *Part  // the part of the form that begins with this question
}

// Part is a heading over some of a form's questions, and what they have in
// common.
type Part struct{ Heading, Text string }

// Option is one answer that can be chosen.
type Option struct {
	Value, Text, Hint string
	Checked           bool
}

// Parts are the inputs of a date, as typed: a refused form shows the person
// their own answer again, whatever it was.
type Parts struct {
	Day, Month, Year string
	Time             string // "15:04"
}

// ReadParts takes the inputs of the date field name from a form, given its
// getter (url.Values.Get).
func ReadParts(get func(string) string, name string) Parts {
	part := func(suffix string) string { return strings.TrimSpace(get(name + suffix)) }
	return Parts{Day: part("-day"), Month: part("-month"), Year: part("-year"), Time: part("-time")}
}

// Blank reports whether nothing was typed.
func (p Parts) Blank() bool { return p == Parts{} }

// ISO writes the parts as 2006-01-02, or 2006-01-02T15:04 where there is a
// time. It only arranges: whether such a day exists is for the caller to ask.
// Parts that are no numbers come out as they were typed, which no parser takes.
func (p Parts) ISO() string {
	if p.Blank() {
		return ""
	}
	pad := func(s string, width int) string {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			return fmt.Sprintf("%0*d", width, n)
		}
		return s
	}
	out := pad(p.Year, 4) + "-" + pad(p.Month, 2) + "-" + pad(p.Day, 2)
	if p.Time == "" {
		return out
	}
	if h, rest, ok := strings.Cut(p.Time, ":"); ok {
		return out + "T" + pad(h, 2) + ":" + rest
	}
	return out + "T" + p.Time
}

// FormView is a form: its questions, its one button, and what was refused.
type FormView struct {
	T       T
	Title   string       // the page's heading; may be empty
	Caption string       // over the heading: the reference of the case
	Lead    string       // what this is about, under the heading
	Warning string       // shown before the questions; does not stop anybody
	Facts   []SummaryRow // what the person should have before their eyes; may be none
	Action  string
	Get     bool // a search or filter: the answers go into the address
	Fields  []Field
	Hidden  []HiddenValue
	Errors  []FormError // nil: taken from the fields
	Submit  string
	Danger  bool  // what the button does is hard to undo
	Cancel  *Link // beside the button
}

// HiddenValue travels with a form unseen.
type HiddenValue struct{ Name, Value string }

// FormError is one line of the error summary.
type FormError struct {
	Field string // Name of the field it leads to; empty if it belongs to none
	Text  string
}

// errors are the lines of the summary: those given, or one for each field that
// carries an error.
func (v FormView) errors() []FormError {
	if v.Errors != nil {
		return v.Errors
	}
	var out []FormError
	for _, f := range v.Fields {
		if f.Error != "" {
			out = append(out, FormError{Field: f.Name, Text: f.Error})
		}
	}
	return out
}

// target is the id of the input that an error line leads to, or "".
func (v FormView) target(e FormError) string {
	for _, f := range v.Fields {
		if f.Name == e.Field && f.Kind != Hidden && e.Field != "" {
			return f.focus()
		}
	}
	return ""
}

// private reports whether a question asks who somebody is: then the browser
// keeps none of the answers.
func (v FormView) private() bool {
	return slices.ContainsFunc(v.Fields, func(f Field) bool { return f.Private })
}

func (v FormView) method() string {
	if v.Get {
		return "get"
	}
	return "post"
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// kind resolves Choice.
func (f Field) kind() Kind {
	if f.Kind != Choice {
		return f.Kind
	}
	if len(f.Options) > maxRadios {
		return Select
	}
	return Radios
}

// focus is the id of the first input: where an error line puts the cursor.
func (f Field) focus() string {
	switch f.kind() {
	case Date, DateTime:
		return f.id() + "-day"
	default:
		return f.id()
	}
}

// optionID gives the first option the field's own id, so that the error
// summary finds it.
func (f Field) optionID(i int) string {
	if i == 0 {
		return f.id()
	}
	return f.id() + "-" + strconv.Itoa(i+1)
}

func (f Field) hintID() string  { return f.id() + "-hint" }
func (f Field) errorID() string { return f.id() + "-error" }

// describedBy lists the ids of hint and error, for aria-describedby.
func (f Field) describedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.hintID())
	}
	if f.Error != "" {
		ids = append(ids, f.errorID())
	}
	return strings.Join(ids, " ")
}

// inputClass is the class of a one-line input.
func (f Field) inputClass() string {
	c := "govuk-input"
	width := f.Width
	if width == 0 {
		switch f.Kind {
		case Number, Code:
			width = 10
		case Money:
			width = 10
		}
	}
	switch width {
	case 2, 3, 4, 5, 10, 20, 30:
		c += " govuk-input--width-" + strconv.Itoa(width)
	}
	if f.Error != "" {
		c += " govuk-input--error"
	}
	return c
}

func (f Field) groupClass() string {
	if f.Error != "" {
		return "govuk-form-group govuk-form-group--error"
	}
	return "govuk-form-group"
}

func (f Field) rows() string {
	if f.Rows > 0 {
		return strconv.Itoa(f.Rows)
	}
	return "5"
}

// label is the question with the mark of an optional one.
func (f Field) label(t T) string {
	if f.Optional {
		return f.Label + " " + t.text("ui.optional")
	}
	return f.Label
}
