package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestEveryActIsOnTheList: what parameters, duties, days off, the mandated path
// and events name as their source is a legal act of the list, and
// docs/legal-acts.md is that list.
func TestEveryActIsOnTheList(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Legal acts\n\nThe acts that parameters, rules and events name by a short id. Made from the code list `legal_act`; do not edit this page.\nWhat was not found in a source is marked \"assumed\" wherever it shows.\n\n| Id | Act | Confidence | Source |\n|---|---|---|---|\n")
	for _, c := range Codes("legal_act") {
		if !slices.Contains([]string{"confirmed", "reported", "assumed"}, c.Confidence) || c.Source == "" && c.Confidence != "assumed" {
			t.Errorf("%s does not say where it was found", c.Code)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Code, c.EN, c.Confidence, c.Source)
	}
	golden(t, "../docs/legal-acts.md", b.String())

	need := func(by, source string) {
		act, _, _ := strings.Cut(source, " ")
		if !hasCode("legal_act", act) {
			t.Errorf("%s: no legal act %q", by, act)
		}
	}
	for _, p := range Parameters() {
		need(p.ID, p.Act)
	}
	for _, e := range EventSpecs() {
		need(e.Type, e.Source)
	}
	for _, n := range Norms() {
		need(n.ID, n.Act)
	}
	for _, y := range CalendarYears() {
		need("the calendar", y.Act)
	}
	for _, c := range Codes("act") {
		if c.Code != "other" {
			need("list act", c.Code)
		}
	}
}

// TestSourcesOfLists: what is said of a list is said of one that is there.
func TestSourcesOfLists(t *testing.T) {
	for list, s := range listSources() {
		if !hasList(list) {
			t.Errorf("no list %s", list)
		}
		if !slices.Contains([]string{"confirmed", "reported", "likely", "assumed"}, s.Confidence) || s.Standard == "" && len(s.Acts) == 0 {
			t.Errorf("%s: %+v", list, s)
		}
		for _, act := range s.Acts {
			if !hasCode("legal_act", act) {
				t.Errorf("%s: no legal act %s", list, act)
			}
		}
	}
	for _, list := range []string{"district", "region"} { // from general knowledge
		if s, ok := SourceOf(list); !ok || s.Confidence != "assumed" {
			t.Errorf("%s is not marked as assumed", list)
		}
	}
	if _, ok := SourceOf("stage"); ok {
		t.Error("stage is the register's own list")
	}
}

// TestListsOfStandards: the lists that are those of a standard have its length,
// and those of countries and languages its codes.
func TestListsOfStandards(t *testing.T) {
	for list, n := range map[string]int{
		"country": 248 + 1, "nationality": 249 + 1, // all of ISO 3166-1; abroad is not Azerbaijan; XX for another
		"isic_section": 21, "control_method": 17, "age_group": 11, "exploitation_act": 5, "gender": 6, "education_level": 9 + 2,
		"recruitment_method": 10 + 1, "relation_to_trafficker": 8, "legal_act": 26, "district": 77, "ilo_indicator": 11,
	} {
		if got := len(Codes(list)); got != n {
			t.Errorf("%s has %d codes, want %d", list, got, n)
		}
	}
	for _, list := range []string{"country", "nationality", "language"} {
		seen := map[string]string{}
		for _, c := range Codes(list) {
			if c.Code == "XX" || c.Code == "other" {
				continue
			}
			if len(c.ISO) != 3 || seen[c.ISO] != "" {
				t.Errorf("%s: %s has the three letters %q, as has %q", list, c.Code, c.ISO, seen[c.ISO])
			}
			seen[c.ISO] = c.Code
		}
	}
	for _, c := range Codes("language") {
		if len(c.Code) == 3 && c.ISO != c.Code {
			t.Errorf("language %s is %s", c.Code, c.ISO)
		}
	}
}

// TestListsThatNothingAsksForYet are there for exports; a command that asks for
// one takes it off this list.
func TestListsThatNothingAsksForYet(t *testing.T) {
	asked := map[string]bool{}
	for _, spec := range CommandSpecs() {
		for _, f := range spec.Fields() {
			asked[f.List] = true
		}
	}
	for _, list := range []string{"gender", "education_level", "relation_to_trafficker", "recruitment_method"} {
		if asked[list] || !standardNamed(t, "htcds").Maps(list) {
			t.Errorf("%s is asked for, or no standard needs it", list)
		}
	}
}
