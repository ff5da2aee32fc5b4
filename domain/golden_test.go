package domain

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files that say how things are now, and add those of events that are new or have gained a field; those of events that stand are never rewritten")

// TestStoredEvents keeps every shape in which an event was ever stored: a golden
// example of each must decode, and encode to the same bytes. X.json is the first
// shape of the event X; when X gains a field, X.2.json is added beside it, and so
// on. The last of them has everything that the event can hold today.
func TestStoredEvents(t *testing.T) {
	files := 0
	for _, spec := range EventSpecs() {
		zero, err := spec.decode([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		latest, today := "", pretty(t, example(reflect.TypeOf(zero)).Interface())
		for version := 1; ; version++ {
			file := storedShape(spec.Type, version)
			shape, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) && *update && latest != today {
				golden(t, file, today)
				shape, err = []byte(today), nil
			}
			if err != nil {
				break
			}
			files++
			latest = string(shape)
			e, err := DecodeEvent(spec.Type, shape)
			if err != nil {
				t.Error(err)
				continue
			}
			if got := pretty(t, e); got != latest {
				t.Errorf("%s is no longer stored as in %s:\n got %s\nwant %s", spec.Type, file, got, latest)
			}
		}
		if latest != today {
			t.Errorf("%s is stored in a shape that has no golden example: run go test ./domain -update\n%s", spec.Type, today)
		}
	}
	if kept, _ := filepath.Glob("testdata/events/*.json"); len(kept) != files {
		t.Errorf("%d golden examples, %d of them of event types and in turn: a type that was stored has been removed", len(kept), files)
	}
}

// storedShape is the file of the n-th shape of an event.
func storedShape(typ string, n int) string {
	if n > 1 {
		typ += "." + strconv.Itoa(n)
	}
	return filepath.Join("testdata", "events", typ+".json")
}

// example fills every field of an event with something.
func example(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	for i := range t.NumField() {
		f := v.Field(i)
		switch f.Interface().(type) {
		case string:
			f.SetString("code")
		case Ref:
			f.SetString(string(NewRef("example")))
		case []string:
			f.Set(reflect.ValueOf([]string{"one", "two"}))
		case Words, Prose:
			f.SetString("ə")
		case bool:
			f.SetBool(true)
		case int:
			f.SetInt(7)
		case Qepik:
			f.SetInt(70000)
		case Day:
			f.Set(reflect.ValueOf(NewDay(2024, time.March, 1)))
		case When:
			f.Set(reflect.ValueOf(At(time.Date(2024, 3, 1, 17, 40, 0, 0, time.UTC))))
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2024, 3, 1, 17, 40, 0, 0, time.UTC)))
		case []Ref:
			f.Set(reflect.ValueOf([]Ref{NewRef("example"), NewRef("another")}))
		case Reference:
			f.SetString("CR-2024/153")
		case EventAt:
			f.Set(reflect.ValueOf(EventAt{"0190b2b6-0000-7000-8000-000000000001", 2}))
		case Answers:
			f.Set(reflect.ValueOf(Answers{{"one", "present"}, {"two", "unknown"}}))
		case Counts:
			f.Set(reflect.ValueOf(Counts{{"one", 7}, {"two", 1}}))
		default:
			panic("no example for a " + f.Type().String())
		}
	}
	return v
}

func pretty(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if that is intended, run go test ./domain -update\n got:\n%s\nwant:\n%s", file, got, want)
	}
}

// TestCatalogueIsWhole finds what a new step may have forgotten.
func TestCatalogueIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, spec := range CommandSpecs() {
		if names[spec.Name] {
			t.Errorf("two commands are called %s", spec.Name)
		}
		names[spec.Name] = true
		if len(spec.Givers()) == 0 {
			t.Errorf("nobody may give %s", spec.Name)
		}
		for _, f := range spec.Fields() { // panics on a field that forms cannot show
			if (f.Kind == OneCode || f.Kind == ManyCodes || f.Kind == ItemBank || f.Kind == NumbersOf) && len(f.Choices()) == 0 {
				t.Errorf("%s: field %s takes codes of list %q/%q, which has none", spec.Name, f.Name, f.List, f.Group)
			}
		}
		if _, ok := CodeOf("track", spec.Track); !ok {
			t.Errorf("%s belongs to track %q, which has no label", spec.Name, spec.Track)
		}
	}
	types := map[string]bool{}
	for _, spec := range EventSpecs() {
		if types[spec.Type] {
			t.Errorf("two events are called %s", spec.Type)
		}
		types[spec.Type] = true
		if spec.Since == "" || spec.Source == "" || len(spec.By) == 0 && spec.Type != "DeviationNoted" {
			t.Errorf("%s: since %q, source %q, by %v", spec.Type, spec.Since, spec.Source, spec.By)
		}
		for _, c := range spec.By {
			if !names[c] {
				t.Errorf("%s is recorded by %q, which is no command", spec.Type, c)
			}
		}
		if _, ok := CodeOf("track", spec.Track); !ok {
			t.Errorf("%s belongs to track %q, which has no label", spec.Type, spec.Track)
		}
	}
	for _, r := range Rules() {
		if _, ok := CodeOf("rule", r.ID); !ok {
			t.Errorf("rule %s has no label", r.ID)
		}
		if _, ok := ParameterOn(r.Parameter, NewDay(2024, 1, 1)); !ok {
			t.Errorf("rule %s has no parameter for 2024", r.ID)
		}
		for _, typ := range slices.Concat(r.From, r.To) {
			if _, ok := EventSpecOf(typ); !ok {
				t.Errorf("rule %s waits for %s, which is no event", r.ID, typ)
			}
		}
	}
}

// TestNoFieldOfACaseStandsTwice: of two embedded fields with one name, neither
// could be reached.
func TestNoFieldOfACaseStandsTwice(t *testing.T) {
	seen := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Case]()) {
		if f.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		for _, n := range []string{f.Name, "json " + name} {
			if seen[n] != "" {
				t.Errorf("%s and %s are both called %s", f.Name, seen[n], n)
			}
			seen[n] = f.Name
		}
	}
}

// TestEveryDeviationHasALabel reads the remarks that the rules can make out of
// the rules themselves.
func TestEveryDeviationHasALabel(t *testing.T) {
	files, _ := filepath.Glob("*.go")
	found := 0
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(src), "remark{")[1:] {
			text, _, _ := strings.Cut(part, "}")
			from := strings.LastIndex(text, `, "`)
			if from < 0 || strings.HasSuffix(file, "_test.go") {
				continue
			}
			found++
			if code := strings.Trim(text[from+2:], `"`); !hasLabel("deviation", code) {
				t.Errorf("%s: deviation %q has no label", file, code)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d remarks found: the test no longer reads the rules", found)
	}
}

func hasLabel(list, code string) bool {
	c, ok := CodeOf(list, code)
	return ok && c.AZ != "" && c.EN != "" && c.RU != ""
}

// TestNoListStandsTwice: of two lists with one name, one would be lost.
func TestNoListStandsTwice(t *testing.T) {
	in := map[string]string{"district": "districts.json", "region": "regions.json", "organisation": "organisations.json", "nationality": "codes.go", "indicator": "the plan"}
	files, err := codesFiles.ReadDir("codes")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		b, err := codesFiles.ReadFile("codes/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		d, depth := json.NewDecoder(bytes.NewReader(b)), 0
		for { // as read into a map, a list that stands twice in one file would not show
			token, err := d.Token()
			if err != nil {
				break
			}
			name, text := token.(string)
			switch {
			case token == json.Delim('{') || token == json.Delim('['):
				depth++
			case token == json.Delim('}') || token == json.Delim(']'):
				depth--
			case text && depth == 1:
				if in[name] != "" {
					t.Errorf("list %s stands in %s and in %s", name, in[name], f.Name())
				}
				in[name] = f.Name()
			}
		}
	}
	if len(in) != len(Lists()) {
		t.Errorf("%d names of lists in the files, %d lists", len(in), len(Lists()))
	}
}

// TestLabels finds a code without a label in one of the three languages.
func TestLabels(t *testing.T) {
	for name, codes := range lists() {
		seen := map[string]bool{}
		for _, c := range codes {
			if c.AZ == "" || c.EN == "" || c.RU == "" {
				t.Errorf("list %s: %s lacks a label", name, c.Code)
			}
			if seen[c.Code] {
				t.Errorf("list %s: %s stands twice", name, c.Code)
			}
			seen[c.Code] = true
		}
	}
	for _, o := range organisations() {
		if _, ok := CodeOf("organisation_kind", o.Kind); !ok {
			t.Errorf("organisation %s is of kind %q, which has no label", o.Code, o.Kind)
		}
	}
}
