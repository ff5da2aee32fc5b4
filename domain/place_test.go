package domain

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestNoEventTellsWhereAPersonLives: every field that could is covered.
func TestNoEventTellsWhereAPersonLives(t *testing.T) {
	about := 0
	for _, spec := range EventSpecs() {
		if spec.Kind != CaseKind || spec.Personal {
			continue
		}
		e, err := spec.decode([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if fault := placeFault(e, spec.Compartment); fault != "" {
			t.Errorf("%s: %s", spec.Type, fault)
		}
		if SiteOf(example(reflect.TypeOf(e)).Interface().(AnyEvent)) != (Site{}) {
			about++
		}
	}
	if about < 8 {
		t.Errorf("only %d events are about a facility", about)
	}
}

// Events that forget to cover what tells where a person lives.
type (
	forgotFacility struct {
		At Ref `json:"at"`
	}
	forgotFacilities struct {
		At []Ref `json:"at"`
	}
	forgotOrganisation struct {
		Who string `json:"who" code:"organisation/ngo"`
	}
	forgotRecipients struct {
		Who []string `json:"who" code:"organisation"`
	}
	forgotDistrict struct {
		Stay string `json:"stay" code:"district"`
	}
	forgotKind struct {
		Kind string `json:"kind" code:"organisation_kind"`
	}
	forgotKey struct {
		Key string `json:"key"`
	}
	openlyHosted struct {
		Who string `json:"who" code:"organisation" place:"host"`
	}
	misspelt struct {
		Who string `json:"who" code:"organisation" place:"hots"`
	}
	nobodysPlace struct {
		At Ref `json:"at" place:"facility"`
	}
	coveredEvent struct {
		Who   []string `json:"who" code:"organisation" place:"beside"`
		At    Ref      `json:"at" place:"beside"`
		Kind  string   `json:"kind" code:"provider_kind" place:"with"`
		Other Ref      `json:"other" ref:"case"`
	}
)

func (forgotFacility) EventType() string     { return "" }
func (forgotFacilities) EventType() string   { return "" }
func (forgotOrganisation) EventType() string { return "" }
func (forgotRecipients) EventType() string   { return "" }
func (forgotDistrict) EventType() string     { return "" }
func (forgotKind) EventType() string         { return "" }
func (forgotKey) EventType() string          { return "" }
func (openlyHosted) EventType() string       { return "" }
func (misspelt) EventType() string           { return "" }
func (nobodysPlace) EventType() string       { return "" }
func (coveredEvent) EventType() string       { return "" }

func TestPlaceForgotten(t *testing.T) {
	for _, tt := range []struct {
		e    AnyEvent
		c    Compartment
		want string
	}{
		{forgotFacility{}, Flow, "no tag"},
		{forgotFacilities{}, Health, "no tag"},
		{forgotOrganisation{}, Flow, "no tag"},
		{forgotRecipients{}, Flow, "no tag"},
		{forgotDistrict{}, Flow, "no tag"},
		{forgotKind{}, Flow, "no tag"},
		{forgotKey{}, Flow, "no tag"},
		{openlyHosted{}, Flow, "of compartment flow"},
		{openlyHosted{}, Location, ""},
		{misspelt{}, Flow, "unknown tag"},
		{nobodysPlace{}, Location, "does not say whose"},
		{coveredEvent{}, Flow, ""},
	} {
		if got := placeFault(tt.e, tt.c); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%T in %s: %q, want %q", tt.e, tt.c, got, tt.want)
		}
	}
}

func TestWithoutPlaces(t *testing.T) {
	e := coveredEvent{Who: []string{"shelter-baki", "legal-aid-a", "shelter-gence"}, At: house, Kind: "state", Other: "KW5219EZ"}
	stranger := WithoutPlaces(e, "legal-aid-a", nil).(coveredEvent)
	if !reflect.DeepEqual(stranger, coveredEvent{Who: []string{"legal-aid-a"}, Other: "KW5219EZ"}) {
		t.Errorf("a stranger is told %+v", stranger)
	}
	hosts := WithoutPlaces(e, "shelter-baki", map[string]bool{string(house): true}).(coveredEvent)
	if !reflect.DeepEqual(hosts, coveredEvent{Who: []string{"shelter-baki", "legal-aid-a"}, At: house, Other: "KW5219EZ"}) {
		t.Errorf("the host is told %+v", hosts)
	}
	if len(e.Who) != 3 || WithoutPlaces(nil, "", nil) != nil {
		t.Errorf("the event itself was changed: %+v", e)
	}
	plain := AllowancePaid{Amount: 70000}
	if got := WithoutPlaces(plain, "", nil); got != plain {
		t.Errorf("%+v became %+v", plain, got)
	}
}

// TestWithoutParts: the consent to a service tells which only to those who read which
// help the person needs. Every event of consent that names services is covered.
func TestWithoutParts(t *testing.T) {
	blind := func(c Compartment) bool { return c != Health }
	tags := 0
	for _, spec := range EventSpecs() {
		if spec.Kind != CaseKind || spec.Personal {
			continue
		}
		zero, err := spec.decode([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		full := example(reflect.TypeOf(zero)).Interface().(AnyEvent)
		if told := WithoutParts(full, func(Compartment) bool { return true }); !reflect.DeepEqual(told, full) {
			t.Errorf("%s loses something for who reads all: %+v", spec.Type, told)
		}
		v := reflect.ValueOf(WithoutParts(full, blind))
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag := Compartment(f.Tag.Get(partTag))
			if tag != "" {
				tags++
			}
			switch {
			case tag != "" && !slices.Contains(Compartments(), tag):
				t.Errorf("%s.%s is of an unknown compartment %s", spec.Type, f.Name, tag)
			case spec.Track == "consent" && f.Tag.Get("code") == "service" && tag != Health:
				t.Errorf("%s.%s tells everybody which help the person needs", spec.Type, f.Name)
			case tag == Health && !v.Field(i).IsZero(), tag == "" && !reflect.DeepEqual(v.Field(i).Interface(), reflect.ValueOf(full).Field(i).Interface()):
				t.Errorf("%s.%s is told as %v", spec.Type, f.Name, v.Field(i))
			}
		}
	}
	if tags < 4 || WithoutParts(nil, blind) != nil {
		t.Errorf("%d fields", tags)
	}
}
