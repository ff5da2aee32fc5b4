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
}

// pending are steps of which either the catalogue or the country may not know yet.
var pending = map[string]string{
	"record-access": "only the register itself gives it, when somebody looks", "RecordViewed": "recorded by record-access",
	"SearchRun": "recorded by record-access", "ExportMade": "recorded by record-access", "AccessDenied": "recorded by record-access",
	"request-break-glass": "a wish to know a name", "BreakGlassRequested": "recorded by request-break-glass",
	"reject-break-glass": "the answer no", "BreakGlassRejected": "recorded by reject-break-glass",
	"approve-break-glass": "a second person must, and an import has one account", "BreakGlassUsed": "recorded by approve-break-glass",
	"mark-duty-missed": "only the register itself gives it, when it has started", "DutyMissed": "recorded by mark-duty-missed",
	"review-access": "there is nothing to review without approve-break-glass", "AccessReviewed": "recorded by review-access",
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
		case n == 0 && pending[name] != "":
			t.Logf("pending: %s %s, %s", what, name, pending[name])
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

// TestTales gives the stories alone, which is quicker than the whole country.
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
		imported(t, b.Bytes(), now)
	}
}
