package country

import (
	"bytes"
	"slices"
	"testing"

	"nrm/domain"
)

// leftOut are the steps that the country's file cannot have, each with why.
var leftOut = map[string]string{
	"mark-overdue":     "only the register itself gives it, when it has started",
	"DeadlineMissed":   "recorded by mark-overdue",
	"approve-erasure":  "a second person must, and an import has one account; what it erases nobody could look at",
	"IdentityErased":   "recorded by approve-erasure",
	"complete-erasure": "only the register itself gives it, after approve-erasure",
	"ErasureCompleted": "recorded by complete-erasure",

	"mark-duty-missed":    "only the register itself gives it, when it has started",
	"DutyMissed":          "recorded by mark-duty-missed",
	"record-access":       "only the register itself gives it, when somebody looks",
	"RecordViewed":        "recorded by record-access",
	"SearchRun":           "recorded by record-access",
	"ExportMade":          "recorded by record-access",
	"AccessDenied":        "recorded by record-access",
	"approve-break-glass": "a second person must, and an import has one account",
	"BreakGlassUsed":      "recorded by approve-break-glass",
	"review-access":       "there is nothing to review without approve-break-glass",
	"AccessReviewed":      "recorded by review-access",
}

// TestWholeCatalogue: the country uses every step that the register knows.
func TestWholeCatalogue(t *testing.T) {
	file := written(t, Options{Seed: 2024, Now: now})
	log, lines := imported(t, file, now)
	commands, events := map[string]int{}, map[string]int{}
	for _, l := range lines {
		commands[l.Command]++
	}
	for _, history := range log {
		for _, d := range history {
			for _, e := range d.Events {
				events[e.EventType()]++
			}
		}
	}
	holds := func(what, name string, n int) {
		switch why, left := leftOut[name]; {
		case n == 0 && !left:
			t.Errorf("no %s %s", what, name)
		case n > 0 && left:
			t.Errorf("%s %s is there, although: %s", what, name, why)
		}
	}
	known := []string{}
	for _, spec := range domain.CommandSpecs() {
		holds("command", spec.Name, commands[spec.Name])
		known = append(known, spec.Name)
	}
	for _, spec := range domain.EventSpecs() {
		holds("event", spec.Type, events[spec.Type])
		known = append(known, spec.Type)
	}
	for name := range leftOut {
		if !slices.Contains(known, name) {
			t.Errorf("%s is left out and not in the catalogue", name)
		}
	}
}

// TestTales gives the stories alone, which is quicker than the whole country. Who
// was parted from another's case is received too.
func TestTales(t *testing.T) {
	for _, nameless := range []bool{false, true} {
		o, err := Options{Seed: 7, Now: now, NoNames: nameless}.complete()
		if err != nil {
			t.Fatal(err)
		}
		c := newCountry(o)
		c.build()
		c.deeds()
		c.told()
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		log, _ := imported(t, b.Bytes(), now)
		parted := 0
		for name, history := range log {
			if s, _ := domain.StreamNamed(name); s.Kind != domain.CaseKind {
				continue
			}
			c, err := domain.Fold[domain.Case](history)
			if err != nil {
				t.Fatal(err)
			}
			if c.SplitFrom == "" {
				continue
			}
			if parted++; c.HandedOver.IsZero() || c.Closed.IsZero() {
				t.Errorf("%s, parted from %s: handed over %s, closed %s", name, c.SplitFrom, c.HandedOver, c.Closed)
			}
		}
		if parted == 0 {
			t.Error("nobody was parted from another's case")
		}
	}
}

// TestDutiesOfInstitutions: the reports are handed in each year, and the Working
// Group meets each quarter but for one without a meeting and one without a quorum.
func TestDutiesOfInstitutions(t *testing.T) {
	log, _ := imported(t, written(t, Options{Seed: 2024, Now: now}), now)
	about, err := domain.Fold[domain.Action](log[domain.ActionStream("4.1.9").String()])
	if err != nil {
		t.Fatal(err)
	}
	met, missed := map[string]bool{}, []string{}
	for _, k := range about.Duties(now) {
		met[k.Rule] = met[k.Rule] || k.State(now) == domain.Met
		if k.State(now) == domain.Overdue {
			missed = append(missed, k.Rule+" "+k.Key)
		}
	}
	if want := []string{"working_group_meeting 2023-Q4", "working_group_meeting 2024-Q3"}; !slices.Equal(missed, want) {
		t.Errorf("missed: %v, want %v: without a quorum, and without a meeting", missed, want)
	}
	for _, duty := range domain.InstitutionDuties() {
		if !met[duty.ID] {
			t.Errorf("%s was never met", duty.ID)
		}
	}
}
