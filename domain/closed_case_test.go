package domain

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// aboutTheRecord are commands that do not say that something happened to the person
// after the closure: they are about the record, or take the case up again.
var aboutTheRecord = []string{
	"reopen-case", "correct-fact", "void-event", "judge-duplicate", "merge-cases", "undo-merge",
	"place-legal-hold", "lift-legal-hold", "request-erasure", "reject-erasure", "approve-erasure", "complete-erasure",
	"mark-overdue", "mark-consent-expired",
	"request-break-glass", "approve-break-glass", "reject-break-glass", "review-access",
}

// TestEveryCommandOnAnOpenAndOnAClosedCase gives every command with all of its
// fields, and with those it needs only: it is refused with a code, or recorded, once
// however often it is sent, and after the closure with a remark.
func TestEveryCommandOnAnOpenAndOnAClosedCase(t *testing.T) {
	open := everybodysWorld(t)
	closed := open.copy()
	for _, s := range []said{
		shelter.says("2024-04-20", RecordDeparture{Facility: house, Destination: "family", Planned: true}),
		officer.says("2024-05-01", CloseCase{Reason: "withdrew"}),
	} {
		if _, err := s.execute(closed); err != nil {
			t.Fatal(err)
		}
	}
	recorded := 0
	for _, spec := range CommandSpecs() {
		if spec.Kind != CaseKind || spec.Opens() {
			continue
		}
		for _, data := range []map[string]any{wholeData(spec), neededData(spec)} {
			for state, world := range map[string]*memory{"open": open, "closed": closed} {
				log := world.copy()
				if giveOnce(t, log, spec, data, state == "closed") {
					recorded++
				}
			}
		}
	}
	if recorded < len(CommandSpecs()) {
		t.Errorf("%d recorded: too few to show anything", recorded)
	}
}

// giveOnce sends a command three times, the second time under the same id. It
// reports whether it was recorded.
func giveOnce(t *testing.T, log *memory, spec CommandSpec, data map[string]any, closed bool) bool {
	t.Helper()
	by, before := giverOf(spec), log.seq
	err := giveJSON(log, spec, data, by, "2024-06-20", theCase)
	if _, refused := AsRefusal(err); err != nil {
		if !refused {
			t.Errorf("%s: a fault: %v", spec.Name, err)
		}
		if log.seq != before {
			t.Errorf("%s: refused and written", spec.Name)
		}
		return false
	}
	all := log.all()
	after := log.seq
	if after == before {
		return false
	}
	last := all[len(all)-1]
	late := slices.ContainsFunc(all[before:], func(d Decision) bool {
		return slices.Contains(d.Events, AnyEvent(DeviationNoted{Code: "after_closure"}))
	})
	if closed && !late && !slices.Contains(aboutTheRecord, spec.Name) {
		t.Errorf("%s on a closed case: recorded without a remark: %s", spec.Name, typesOf(all[before:]))
	}
	cmd := must(spec.Parse(must(json.Marshal(data))))
	req := Request{ID: last.ID, By: by, Now: specNow, Happened: mustWhen("2024-06-20")}
	if out, err := Execute(t.Context(), log, req, theCase, cmd); err != nil || out.Recorded {
		t.Errorf("%s under the same id: %v, recorded %t", spec.Name, err, out.Recorded)
	}
	if err := giveJSON(log, spec, data, by, "2024-06-20", theCase); err != nil {
		t.Errorf("%s sent again: %v", spec.Name, err)
	}
	if log.seq != after {
		t.Errorf("%s sent again is written again", spec.Name)
	}
	return true
}

// neededData is a command's data without what can be left out.
func neededData(spec CommandSpec) map[string]any {
	data := wholeData(spec)
	for _, f := range spec.Fields() {
		if f.Optional {
			delete(data, f.Name)
		}
	}
	return data
}

// copy is a log that goes on by itself.
func (m *memory) copy() *memory {
	other := &memory{seq: m.seq, streams: maps.Clone(m.streams)}
	for name, history := range other.streams {
		other.streams[name] = slices.Clip(history)
	}
	return other
}
