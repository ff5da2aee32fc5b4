package domain

import (
	"encoding/json"
	"slices"

	"pgregory.net/rapid"
)

// auditing runs the audit that operators run, over what is new in a log, and holds
// the rules that only the register of today can be held to.
type auditing struct {
	*Audit
	seen uint64
}

func (a *auditing) holds(t rapid.TB, log *memory) {
	t.Helper()
	for _, d := range log.all() {
		if d.Seq <= a.seen {
			continue
		}
		a.seen = d.Seq
		if err := a.Add(d); err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Events {
			if err := codesHold(e); err != nil {
				t.Fatal(err)
			}
			if !mayRecord(e, d.By) {
				t.Fatalf("%s by %s of %s, who may give no command that records it", e.EventType(), d.By.Role, d.By.Organisation)
			}
		}
		if d.Stream.Kind == CaseKind {
			a.foldsTheSame(t, d.Stream, log.streams[d.Stream.String()])
		}
	}
	for _, err := range a.Finish() {
		t.Fatal(err)
	}
}

// mayRecord reports whether the policy lets somebody give one of the commands that
// record an event.
func mayRecord(e AnyEvent, by Actor) bool {
	spec, _ := EventSpecOf(e.EventType())
	return isRemark(e) || by.Role.fits(by.Organisation) && slices.ContainsFunc(spec.By, func(name string) bool {
		c, err := CommandNamed(name)
		return err == nil && c.MayGive(by.Role)
	})
}

// foldsTheSame holds that a case is what its history makes of it: read step by step
// or at once, and with its corrections or without what they took back.
func (a *auditing) foldsTheSame(t rapid.TB, on Stream, history []Decision) {
	t.Helper()
	at := slices.IndexFunc(history, func(d Decision) bool { return d.Seq > a.seen })
	if at >= 0 {
		history = history[:at]
	}
	step, whole := a.cases[on.String()], folded(t, history)
	if one, all := inFull(t, step), inFull(t, whole); one != all {
		t.Fatalf("%s read step by step is\n%s\nand at once\n%s", on, one, all)
	}
	if without, corrected := neverWas(t, history); corrected {
		if one, all := inFull(t, folded(t, without)), inFull(t, whole); one != all {
			t.Fatalf("%s with its corrections is\n%s\nand as if nothing had been wrong\n%s", on, all, one)
		}
	}
}

// neverWas rewrites a history as it would be had nothing ever been wrong in it: it
// reads the corrections by themselves, not as [Standing] does.
func neverWas(t rapid.TB, history []Decision) (without []Decision, corrected bool) {
	t.Helper()
	voided, changed := map[EventAt]bool{}, map[EventAt]map[string]string{}
	for _, d := range history {
		for _, e := range d.Events {
			switch e := e.(type) {
			case EventVoided:
				voided[e.Event] = true
			case FactCorrected:
				if changed[e.Event] == nil {
					changed[e.Event] = map[string]string{}
				}
				changed[e.Event][e.Field] = e.New
			}
		}
	}
	for _, d := range history {
		left := d
		left.Events = nil
		if d.Corrects() { // what was remarked about it stays: a payment that stands
			corrected = true
			for _, e := range d.Events {
				if isRemark(e) {
					left.Events = append(left.Events, e)
				}
			}
			if len(left.Events) > 0 {
				without = append(without, left)
			}
			continue
		}
		real := false
		for n, e := range d.Events {
			at := EventAt{d.ID, n}
			if when, ok := changed[at][tookPlace]; ok {
				left.Happened = mustWhen(when)
			}
			if voided[at] {
				continue
			}
			left.Events = append(left.Events, rewritten(t, e, changed[at]))
			real = real || !isRemark(e)
		}
		if real || slices.IndexFunc(d.Events, func(e AnyEvent) bool { return !isRemark(e) }) < 0 {
			without = append(without, left)
		}
	}
	return without, corrected
}

// rewritten is an event as its JSON says with other values in some fields.
func rewritten(t rapid.TB, e AnyEvent, changed map[string]string) AnyEvent {
	t.Helper()
	delete(changed, tookPlace)
	if len(changed) == 0 {
		return e
	}
	typ, b, err := EncodeEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(b, &data); err != nil {
		t.Fatal(err)
	}
	for name, value := range changed {
		data[name] = value
		if name == "amount" {
			data[name] = json.Number(value)
		}
	}
	if b, err = json.Marshal(data); err == nil {
		e, err = DecodeEvent(typ, b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func folded(t rapid.TB, history []Decision) *Case {
	t.Helper()
	c, err := Fold[Case](history)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func inFull(t rapid.TB, c *Case) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
