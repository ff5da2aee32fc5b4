package domain

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// spoiltData is a command's data with one fault each.
func spoiltData(spec CommandSpec, good map[string]any) (all []badInput) {
	all = append(all, badInput{"a field that nobody knows", with(good, "nonsense", 1), "unknown_field", "nonsense"})
	for _, f := range spec.Fields() {
		if !f.Optional && f.Kind != YesNo {
			data := maps.Clone(good)
			delete(data, f.Name)
			all = append(all, badInput{"no " + f.Name, data, "required", f.Name}, badInput{"null for " + f.Name, with(good, f.Name, nil), "required", f.Name})
		}
		for _, v := range append(otherTypes(f), badValues(f)...) {
			field := f.Name
			if v.code == "unknown_field" {
				field = "x" // the one inside
			}
			all = append(all, badInput{v.name + " in " + f.Name, with(good, f.Name, v.value), v.code, field})
		}
	}
	return all
}

func with(data map[string]any, field string, value any) map[string]any {
	data = maps.Clone(data)
	data[field] = value
	return data
}

// A badValue is something that a field must not take, and the refusal's code.
type badValue struct {
	name  string
	value any
	code  string
}

// otherTypes are values of every type of JSON but the field's own.
func otherTypes(f Field) (all []badValue) {
	own := "text"
	switch f.Kind {
	case ManyCodes, ManyCases, ItemBank, NumbersOf:
		own = "list"
	case YesNo:
		own = "truth"
	case Number, Amount:
		own = "number"
	}
	for name, v := range map[string]any{"text": "x", "number": 1, "truth": true, "list": []any{1, "x"}, "object": map[string]any{"a": 1}} {
		if name != own || own == "list" {
			all = append(all, badValue{"the wrong type: " + name, v, "unreadable"})
		}
	}
	return all
}

// badValues are of the field's own type, and cannot be.
func badValues(f Field) (all []badValue) {
	add := func(name string, value any, code string) { all = append(all, badValue{name, value, code}) }
	switch f.Kind {
	case OneCode:
		for _, code := range f.badCodes() {
			add("a code that is not on the list", code, "unknown_code")
		}
	case ManyCodes:
		one := f.Choices()[0].Code
		for _, code := range f.badCodes() {
			add("a code that is not on the list", []string{one, code}, "unknown_code")
		}
		add("a code twice", []string{one, one}, "repeated_code")
		add("a code ten thousand times", slices.Repeat([]string{one}, 10_000), "repeated_code")
	case Number, Amount:
		add("less than possible", min(f.Min, 0)-1, "out_of_range")
		add("more than possible", f.Max+1, "out_of_range")
		add("very much", 1<<62, "out_of_range")
		for _, n := range []string{"1.5", "1e30", "99999999999999999999"} {
			add(n, json.RawMessage(n), "unreadable")
		}
		if f.Min > 1 {
			add("too little", f.Min-1, "out_of_range")
		}
	case ADay:
		for _, day := range append(noDays(), "2024-02-01T10:00", "2024-02-01?") {
			add(day, day, "unreadable")
		}
		add("the last year there is", "9999-12-31", "out_of_range")
		add("a year typed wrongly", "2204-05-01", "out_of_range")
	case ATime:
		for _, when := range append(noDays(), "2024-03-11~", "2024-03-11T10:00~?", "2024-03-11T25:00", "2024-03-11T10:60", "2024-02-31T10:00", "2024-03-11T10:00+25:00", "2015-03-29T04:30") {
			add(when, when, "unreadable")
		}
		add("the future", "2124-01-01", "in_future")
		add("the last minute there is", "9999-12-31T23:59", "in_future")
	case AFacility:
		for _, ref := range []string{"house", "KW5219EX", "case/KW5219EZ", strings.ToLower(string(house)), " " + string(house)} {
			add("no reference: "+ref, ref, "no_such_facility")
		}
	case ACase:
		for _, ref := range []string{"x", "KW5219EX", "nrm.case.>", strings.ToLower(theCase.ID)} {
			add("no reference: "+ref, ref, "no_such_reference")
		}
	case ManyCases:
		one := thirdCase.Ref()
		for _, ref := range []string{"x", "", "KW5219EX", "nrm.case.>", strings.ToLower(theCase.ID)} {
			add("no reference: "+ref, []string{string(one), ref}, "no_such_reference")
		}
		add("a case twice", []Ref{one, one}, "repeated_code")
		add("more cases than possible", slices.Repeat([]Ref{one}, f.Max+1), "out_of_range")
	case AnEvent:
		id := "0190b2b6-0000-7000-8000-000000000001"
		for _, at := range []string{"first", id, id + "/", id + "/-1", id + "/01", id + "/100", "{" + id + "}/0", "urn:uuid:" + id + "/0"} {
			add("no event: "+at, at, "unreadable")
		}
	case AReference:
		for _, r := range []string{"MAMMADOVA AYSEL", "ABCD1", "AYSEL", "1 2", "№5", "1\n2", strings.Repeat("1", LongestReference+1)} {
			add("no number: "+r, r, "not_a_reference")
		}
	case ItemBank:
		item, is := f.Choices()[0].Code, Codes("answer")[0].Code
		pair := func(code, answer string) map[string]any { return map[string]any{"code": code, "answer": answer} }
		for _, code := range f.badCodes() {
			add("an item that is not there", []any{pair(code, is)}, "unknown_code")
		}
		add("an answer that is none", []any{pair(item, "maybe")}, "unknown_code")
		add("an item without an answer", []any{map[string]any{"code": item}}, "unknown_code")
		add("an item twice", []any{pair(item, is), pair(item, is)}, "repeated_code")
		add("more than an answer", []any{with(pair(item, is), "x", 1)}, "unknown_field")
	case NumbersOf:
		code := f.Choices()[0].Code
		pair := func(code string, n any) map[string]any { return map[string]any{"code": code, "number": n} }
		for _, code := range f.badCodes() {
			add("a code that is not on the list", []any{pair(code, 1)}, "unknown_code")
		}
		add("less than possible", []any{pair(code, f.Min-1)}, "out_of_range")
		add("more than possible", []any{pair(code, f.Max+1)}, "out_of_range")
		add("a code twice", []any{pair(code, f.Min), pair(code, f.Min)}, "repeated_code")
		add("a part of one", []any{pair(code, 1.5)}, "unreadable")
	case ShortText, LongText:
		add("a control character", "a\u0007b", "not_text")
		add("a text that turns around", "a\u202eb", "not_text")
		add("a text that is too long", strings.Repeat("ə", f.Max+1), "too_long")
	}
	return all
}

// badCodes are on no list, in other letters, or on the list in another group.
func (f Field) badCodes() []string {
	codes := []string{"nonsense", " " + f.Choices()[0].Code}
	for _, other := range []string{strings.ToUpper(f.Choices()[0].Code), strings.ToLower(f.Choices()[0].Code)} {
		if !f.takes(other) {
			codes = append(codes, other)
		}
	}
	for _, c := range Codes(f.List) {
		if !f.takes(c.Code) {
			return append(codes, c.Code)
		}
	}
	return codes
}

// noDays are texts that look like days and are none.
func noDays() []string {
	return []string{"2024-02-31", "2023-02-29", "2024-13-01", "2024-00-10", "2024-05-00", "10000-01-01", "0000-01-01", "1899-12-31", "2024-5-1", "20240501", "01.05.2024", "yesterday"}
}

// TestBadValuesOfEachKind: a new kind of field is not forgotten here.
func TestBadValuesOfEachKind(t *testing.T) {
	seen := map[FieldKind]bool{}
	for _, spec := range CommandSpecs() {
		for _, f := range spec.Fields() {
			seen[f.Kind] = true
			if len(badValues(f)) == 0 && f.Kind != YesNo {
				t.Errorf("%s, %s: nothing bad is tried", spec.Name, f.Name)
			}
		}
	}
	if len(seen) < 16 {
		t.Errorf("%d kinds of fields: too few to show anything", len(seen))
	}
}
