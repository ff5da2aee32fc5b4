package domain

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FieldKind says what a field of a command takes.
type FieldKind string

const (
	OneCode   FieldKind = "code"     // one code of List
	ManyCodes FieldKind = "codes"    // any number of codes of List
	YesNo     FieldKind = "yes_no"   //
	Number    FieldKind = "number"   // a whole number from Min to Max
	Amount    FieldKind = "money"    // qəpik
	ADay      FieldKind = "day"      // a day in Baku
	ATime     FieldKind = "time"     // a [When]
	ShortText FieldKind = "text"     // [Words] of at most Max characters, on one line
	LongText  FieldKind = "prose"    // [Prose] of at most Max characters
	AFacility FieldKind = "facility" // the reference of a facility

	ACase      FieldKind = "case"      // the reference of another case
	ManyCases  FieldKind = "cases"     // references of other cases, at most Max, none twice
	AnEvent    FieldKind = "event"     // an [EventAt] of this case
	AReference FieldKind = "reference" // a [Reference] of another body
	ItemBank   FieldKind = "answers"   // [Answers] to the items of List
	NumbersOf  FieldKind = "counts"    // [Counts], each from Min to Max, by the codes of List
)

// A Field describes one field of a command: forms, the API's description and
// the checks before every decision are all made from it.
type Field struct {
	Name     string // in JSON and in forms
	Kind     FieldKind
	List     string // the code list
	Group    string // only codes of this group of the list
	Optional bool
	Min, Max int
	index    []int
}

// Fields describes a command, in the order of its struct. The tags are: json
// (name, omitempty or omitzero = optional), code:"list" or code:"list/group",
// min and max, and ref:"case" for a [Ref] that is not of a facility; several are
// of cases.
func Fields(cmd Asked) []Field {
	t := reflect.TypeOf(cmd)
	if f, ok := fieldsOf.Load(t); ok {
		return f.([]Field)
	}
	var fields []Field
	for _, sf := range reflect.VisibleFields(t) { // also those of embedded groups of fields
		if f, ok := fieldOf(sf); ok {
			f.index = sf.Index
			fields = append(fields, f)
		}
	}
	fieldsOf.Store(t, fields)
	return fields
}

var fieldsOf sync.Map // reflect.Type -> []Field

func fieldOf(sf reflect.StructField) (Field, bool) {
	name, rest, _ := strings.Cut(sf.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return Field{}, false
	}
	f := Field{Name: name, Optional: strings.Contains(rest, "omit"), Min: bound(sf, "min", 0), Max: bound(sf, "max", 1_000_000_000)}
	f.List, f.Group, _ = strings.Cut(sf.Tag.Get("code"), "/")
	switch sf.Type {
	case reflect.TypeFor[string]():
		f.Kind = OneCode
	case reflect.TypeFor[[]string]():
		f.Kind = ManyCodes
	case reflect.TypeFor[bool]():
		f.Kind = YesNo
	case reflect.TypeFor[int]():
		f.Kind = Number
	case reflect.TypeFor[Qepik]():
		f.Kind = Amount
	case reflect.TypeFor[Day]():
		f.Kind = ADay
	case reflect.TypeFor[When]():
		f.Kind = ATime
	case reflect.TypeFor[Ref]():
		f.Kind = AFacility
		if sf.Tag.Get("ref") == "case" {
			f.Kind = ACase
		}
	case reflect.TypeFor[[]Ref]():
		f.Kind, f.Max = ManyCases, bound(sf, "max", maxCases)
	case reflect.TypeFor[EventAt]():
		f.Kind = AnEvent
	case reflect.TypeFor[Reference]():
		f.Kind, f.Max = AReference, LongestReference
	case reflect.TypeFor[Answers]():
		f.Kind = ItemBank
	case reflect.TypeFor[Counts]():
		f.Kind, f.Min = NumbersOf, bound(sf, "min", 1)
	case reflect.TypeFor[Words]():
		f.Kind, f.Max = ShortText, bound(sf, "max", maxWords)
	case reflect.TypeFor[Prose]():
		f.Kind, f.Max = LongText, bound(sf, "max", maxProse)
	default:
		panic("domain: field " + sf.Name + " has a type that commands do not take") // found by a test over all commands
	}
	return f, true
}

func bound(sf reflect.StructField, tag string, otherwise int) int {
	if n, err := strconv.Atoi(sf.Tag.Get(tag)); err == nil {
		return n
	}
	return otherwise
}

// maxCases is how many other cases a command names at most: each is read before
// it is judged.
const maxCases = 20

// Qepik is an amount of money: 1 AZN = 100 qəpik.
type Qepik int64

// Choices lists the codes that the field takes.
func (f Field) Choices() []Code {
	if f.List == "" {
		return nil
	}
	codes := Codes(f.List)
	if f.Group == "" {
		return codes
	}
	groups := strings.Split(f.Group, "|")
	return slices.DeleteFunc(slices.Clone(codes), func(c Code) bool { return !slices.Contains(groups, c.Group) })
}

func (f Field) takes(code string) bool {
	return slices.ContainsFunc(f.Choices(), func(c Code) bool { return c.Code == code })
}

// alone reports whether a code says that no other one holds, or is known.
func (f Field) alone(code string) bool {
	c, _ := CodeOf(f.List, code)
	return c.Alone
}

// check refuses a command whose fields do not hold what they must: "required",
// "unknown_code", "repeated_code", "answers_contradict", "out_of_range", "in_future",
// "no_such_facility", "no_such_reference", "not_a_reference", "not_text",
// "too_long", each with the field.
func check(cmd Asked, now time.Time) error {
	v := reflect.ValueOf(cmd)
	for _, f := range Fields(cmd) {
		if code := f.fault(v.FieldByIndex(f.index), now); code != "" {
			return invalid(code, f.Name)
		}
	}
	return nil
}

func (f Field) fault(v reflect.Value, now time.Time) string {
	if f.Kind != YesNo && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0) {
		if f.Optional || f.Kind == Number && f.Min <= 0 {
			return ""
		}
		return "required"
	}
	switch f.Kind {
	case OneCode:
		if !f.takes(v.String()) {
			return "unknown_code"
		}
	case ManyCodes:
		codes := v.Interface().([]string)
		for i, c := range codes {
			if !f.takes(c) {
				return "unknown_code"
			}
			if slices.Contains(codes[:i], c) {
				return "repeated_code"
			}
		}
		if len(codes) > 1 && slices.ContainsFunc(codes, f.alone) {
			return "answers_contradict"
		}
	case Number, Amount:
		if n := v.Int(); n < int64(f.Min) || n > int64(f.Max) || f.Kind == Amount && n <= 0 {
			return "out_of_range"
		}
	case AFacility:
		if !isRef(v.Interface().(Ref)) {
			return "no_such_facility"
		}
	case ACase:
		if !isRef(v.Interface().(Ref)) {
			return "no_such_reference"
		}
	case ManyCases:
		return f.casesFault(v.Interface().([]Ref))
	case AReference:
		if s := v.String(); len(s) > f.Max || !referencePattern.MatchString(s) {
			return "not_a_reference"
		}
	case ItemBank, NumbersOf:
		return f.pairFault(v)
	case ShortText, LongText:
		return textFault(v.String(), f.Max, f.Kind == LongText)
	case ADay:
		if v.Interface().(Day).Year() > DayOf(now).Year()+farthest {
			return "out_of_range"
		}
	case ATime:
		if v.Interface().(When).After(now.Add(skew)) {
			return "in_future"
		}
	}
	return ""
}

// casesFault says what is wrong with references of other cases.
func (f Field) casesFault(refs []Ref) string {
	if len(refs) > f.Max {
		return "out_of_range"
	}
	for i, r := range refs {
		if !isRef(r) {
			return "no_such_reference"
		}
		if slices.Contains(refs[:i], r) {
			return "repeated_code"
		}
	}
	return ""
}

// isRef reports whether a reference is written as the register writes it.
func isRef(r Ref) bool {
	parsed, err := ParseRef(string(r))
	return err == nil && parsed == r
}

// farthest is how many years ahead a day can be: nothing that is agreed, permitted
// or planned in this register lasts longer, and a year typed wrongly does.
const farthest = 50
