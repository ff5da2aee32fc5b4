package domain

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLegalActs: every act that anything names stands in docs/legal-acts.md, in the
// order of ids, once.
func TestLegalActs(t *testing.T) {
	b, err := os.ReadFile("../docs/legal-acts.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z]\S*) \| (.+) \|$`).FindAllStringSubmatch(string(b), -1) {
		if row[1] == "Id" {
			continue
		}
		if known[row[1]] {
			t.Errorf("%s stands twice", row[1])
		}
		known[row[1]] = true
	}
	named := map[string]string{}
	for _, p := range Parameters() {
		named[p.Act] = "parameter " + p.ID
	}
	for _, n := range must(read[[]Norm](normsFile)) {
		named[n.Act] = "norm " + n.ID
	}
	for _, y := range CalendarYears() {
		named[y.Act] = "the calendar"
	}
	for _, e := range EventSpecs() {
		act, _, _ := strings.Cut(e.Source, " ")
		named[act] = "event " + e.Type
	}
	for _, c := range Codes("act") {
		if c.Code != "other" {
			named[c.Code] = "code list act"
		}
	}
	for act, by := range named {
		if !known[act] {
			t.Errorf("%s names the act %q, which docs/legal-acts.md does not", by, act)
		}
	}
	if len(known) < len(named) || len(named) < 15 {
		t.Errorf("%d acts named, %d known", len(named), len(known))
	}
}

// TestParametersOfTheProcedure: each time limit and amount of the procedure stands
// in the table with its act, the days on which it is valid, and how sure it is; what
// no act was found for says so.
func TestParametersOfTheProcedure(t *testing.T) {
	on := NewDay(2024, 6, 1)
	for id, want := range map[string]struct {
		value      int
		unit       string
		act        string
		confidence string
	}{
		"notify":                 {2, "h", "L-958", "assumed"},    // at once; the alarm is ours
		"handover":               {24, "h", "C-21", "confirmed"},  //
		"identification":         {30, "d", "C-131", "assumed"},   // no limit was found
		"identification_watch":   {90, "d", "C-131", "assumed"},   //
		"reflection":             {30, "d", "C-rep", "confirmed"}, // at least
		"expulsion_bar":          {30, "d", "C-rep", "confirmed"}, //
		"residence_permit":       {1, "y", "C-rep", "confirmed"},  //
		"stay_adult":             {30, "d", "L-958", "assumed"},   //
		"stay_child":             {60, "d", "C-180", "assumed"},   //
		"allowance":              {70000, "qepik", "C-allow", "confirmed"},
		"allowance_payment":      {60, "d", "L-958", "assumed"},
		"return_certificate":     {3, "d", "MFA", "confirmed"},
		"certificate_fee":        {10, "usd", "MFA", "confirmed"},
		"certificate_fee_victim": {0, "usd", "MFA", "confirmed"},
		"working_group_meetings": {1, "per_quarter", "C-WG", "confirmed"},
		"working_group_quorum":   {2, "of_three", "C-WG", "confirmed"},
		"coordinator_report":     {1, "per_year", "L-958", "confirmed"},
		"government_report":      {1, "per_year", "P-2173", "confirmed"},
		"guardian":               {5, "wd", "C-180", "assumed"},
	} {
		p, ok := ParameterOn(id, on)
		if !ok || p.Value != want.value || p.Unit != want.unit || p.Act != want.act || p.Confidence != want.confidence {
			t.Errorf("%s is %+v, want %+v", id, p, want)
		}
	}
	if p, _ := ParameterOn("handover", NewDay(2017, 12, 31)); p.Value != 48 || p.Confidence != "reported" {
		t.Errorf("the handover of 2017: %+v", p)
	}
	if p, _ := ParameterOn("allowance", NewDay(2016, 6, 1)); p.Value != 40000 {
		t.Errorf("the allowance of 2016: %+v", p)
	}
	last := map[string]Parameter{}
	for _, p := range Parameters() {
		if p.ValidFrom.IsZero() || p.Act == "" || !slices.Contains([]string{"confirmed", "reported", "assumed"}, p.Confidence) || p.Confidence == "assumed" && p.Note == "" {
			t.Errorf("%+v", p)
		}
		if was, ok := last[p.ID]; ok && was.ValidTo.Add(1) != p.ValidFrom {
			t.Errorf("%s of %s does not follow the one before, which ends %s", p.ID, p.ValidFrom, was.ValidTo)
		}
		last[p.ID] = p
	}
}
