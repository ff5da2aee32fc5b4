package domain

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWhatIsNotSealedNamesNobody walks every event type: one that is not marked
// personal holds codes, numbers, times and references, and nothing else.
func TestWhatIsNotSealedNamesNobody(t *testing.T) {
	for _, spec := range EventSpecs() {
		zero, err := spec.decode([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		why := identifying(reflect.TypeOf(zero))
		switch {
		case !spec.Personal && why != "":
			t.Errorf("%s is not marked personal, but %s: it would be stored for everybody to read", spec.Type, why)
		case spec.Personal && why == "":
			t.Errorf("%s is marked personal and holds nothing personal", spec.Type)
		case spec.Personal != spec.Compartment.Sealed():
			t.Errorf("%s is personal: %t, and its compartment is %s", spec.Type, spec.Personal, spec.Compartment)
		case spec.Personal && spec.Kind != CaseKind:
			t.Errorf("%s is personal, so it belongs on a case: there are no keys for %s", spec.Type, spec.Kind)
		}
	}
}

// The walk itself must find what it is for.
func TestIdentifyingFieldsAreFound(t *testing.T) {
	for _, unmarked := range []any{
		struct {
			Text Prose `json:"text"`
		}{},
		struct {
			Who Words `json:"who"`
		}{},
		struct {
			Remark string `json:"remark"`
		}{},
		struct {
			Remarks []string `json:"remarks"`
		}{},
		struct {
			Remark string `json:"remark" code:"no such list"`
		}{},
		struct {
			BirthDate Day `json:"birth_date"`
		}{},
		struct {
			BirthYear int `json:"birth_year"`
		}{},
		struct {
			Inner struct{ X string } `json:"inner"`
		}{},
		struct {
			Any map[string]string `json:"any"`
		}{},
		struct {
			Raw []byte `json:"raw"`
		}{},
		struct {
			IdentityFields
		}{},
	} {
		if identifying(reflect.TypeOf(unmarked)) == "" {
			t.Errorf("%T passes for something that names nobody", unmarked)
		}
	}
}

var named = regexp.MustCompile(`name|birth|phone|address|mail|passport|document_|photo|text|note`)

// identifying says which field of an event could tell who a person is.
func identifying(typ reflect.Type) string {
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue
		}
		json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if named.MatchString(json) {
			return fmt.Sprintf("%s sounds like something that identifies a person", f.Name)
		}
		switch f.Type {
		case reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[Qepik](), reflect.TypeFor[Day](),
			reflect.TypeFor[When](), reflect.TypeFor[time.Time](), reflect.TypeFor[Ref](), reflect.TypeFor[[]Ref](),
			reflect.TypeFor[Reference](), reflect.TypeFor[EventAt]():
			continue
		case reflect.TypeFor[Answers](), reflect.TypeFor[Counts]():
			if slices.Contains(Lists(), f.Tag.Get("code")) {
				continue
			}
		case reflect.TypeFor[string](), reflect.TypeFor[[]string]():
			if f.Tag.Get("opaque") != "" || slices.Contains(Lists(), f.Tag.Get("code")) {
				continue
			}
		}
		return fmt.Sprintf("%s is a %s that need not be a code", f.Name, f.Type)
	}
	return ""
}

// codesHold is true of every stored event: its coded fields hold codes of their
// lists, so no free text hides in them.
func codesHold(e AnyEvent) error {
	if _, sealed := e.(Sealed); sealed {
		return nil
	}
	v := reflect.ValueOf(e)
	for _, f := range reflect.VisibleFields(v.Type()) {
		list := f.Tag.Get("code")
		if list == "" {
			continue
		}
		codes, _ := v.FieldByIndex(f.Index).Interface().([]string)
		if s, ok := v.FieldByIndex(f.Index).Interface().(string); ok && s != "" {
			codes = []string{s}
		}
		switch pairs := v.FieldByIndex(f.Index).Interface().(type) {
		case Answers:
			for _, a := range pairs {
				codes = append(codes, a.Code)
			}
		case Counts:
			for _, n := range pairs {
				codes = append(codes, n.Code)
			}
		}
		for _, c := range codes {
			if _, ok := CodeOf(list, c); !ok {
				return fmt.Errorf("%s: %s is %q, not a code of %s", e.EventType(), f.Name, c, list)
			}
		}
	}
	return nil
}

func TestSealedEventsOpenOnlyAsWhatTheyAre(t *testing.T) {
	stored := func(typ string, box Box) StoredEvent {
		return StoredEvent{Type: typ, Data: []byte(`{"text":"x"}`), Box: box}
	}
	box := &drawer{slot: Slot{Stream: theCase}, data: []byte(`{"text":"hello"}`), erased: &erased}
	if _, err := stored("NoteAdded", nil).Event(); err == nil {
		t.Error("a personal event that stands open in the log is taken for good")
	}
	if _, err := stored("CaseClosed", box).Event(); err == nil {
		t.Error("an event that names nobody is taken from a box")
	}
	e, err := stored("NoteAdded", box).Event()
	if err != nil || e.EventType() != "NoteAdded" {
		t.Fatal(e, err)
	}
	if open, err := Opened(e); err != nil || open != (NoteAdded{"hello"}) {
		t.Errorf("the box holds %v, %v", open, err)
	}
	secret := &drawer{slot: Slot{Stream: theCase}, data: []byte(`{"text": SECRET }`), erased: &erased}
	if _, err := (Sealed{"NoteAdded", secret}).Open(); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("the error quotes what was sealed: %v", err)
	}
	if _, err := (Sealed{"CaseClosed", box}).Open(); err == nil {
		t.Error("a box opens as something that is never sealed")
	}
	gone := CaseStream(NewRef("gone"))
	erased.Store(gone, true)
	if _, err := (Sealed{"NoteAdded", &drawer{Slot{Stream: gone}, nil, &erased}}).Open(); !errors.Is(err, ErrErased) {
		t.Errorf("an erased box says %v", err)
	}
}
