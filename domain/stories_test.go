package domain

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A step of a story is a command by its name, with the fields that matter; the
// others that must be there are the first that there are.
type step struct {
	by   Actor
	at   string // month and day, of 2024 if there is no year, and the time if it matters
	name string
	with fields
	on   Stream // the case, the facility or the action of the specs if none is named
}

type fields map[string]any

// theLast stands for the last event of a type that stands on the stream.
type theLast string

func (s step) stream() Stream {
	spec, _ := CommandNamed(s.name)
	switch {
	case s.on != (Stream{}):
		return s.on
	case spec.Kind == FacilityKind:
		return theFacility
	case spec.Kind == ActionKind:
		return aboutGroup
	case spec.Kind == CallKind:
		return theCall
	}
	return theCase
}

// said makes the command, which may name events that stand in the log.
func (s step) said(t rapid.TB, log *memory) said {
	t.Helper()
	spec, err := CommandNamed(s.name)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	data := map[string]any{}
	for _, f := range spec.Fields() {
		if v, given := s.with[f.Name]; given {
			if typ, is := v.(theLast); is {
				v = lastOf(log, s.stream(), string(typ))
			}
			data[f.Name] = v
		} else if !f.Optional {
			data[f.Name] = wholeData(spec)[f.Name]
		}
	}
	for name := range s.with {
		if _, known := data[name]; !known {
			t.Fatalf("%s has no field %s", s.name, name)
		}
	}
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := spec.Parse(b)
	if err != nil {
		t.Fatalf("%s: %s: %v", s.name, b, err)
	}
	at := s.at
	if at != "" && !strings.HasPrefix(at, "20") {
		at = "2024-" + at
	}
	return s.by.says(at, cmd).to(s.stream())
}

func lastOf(log *memory, on Stream, typ string) string {
	at := EventAt{NewID(), 0}
	for _, d := range log.streams[on.String()] {
		for n, e := range d.Events {
			if e.EventType() == typ {
				at = EventAt{d.ID, n}
			}
		}
	}
	return at.String()
}

// A story is a way that a person, a house or a body may go. The stories together
// use every command: see [TestEveryCommandIsAccepted].
type story struct {
	name  string
	steps []step
}

// opened is the facility of which the specs know: two beds in Bakı.
var opened = step{coordinator, "", "open-facility", fields{"kind": "shelter", "operator": "state", "organisation": "shelter-baki", "district": "AZ-BA", "capacity": 2}, theFacility}

// found begins the story of a person.
func found(by Actor, more fields) step {
	with := fields{
		"source": "police", "circumstances": []string{"raid"}, "status": "presumed", "age": "adult", "sex": "female",
		"citizenship": "az", "district": "AZ-BA", "basis": "consent", "told": "2024-03-01T21:00",
	}
	for k, v := range more {
		if with[k] = v; v == nil {
			delete(with, k)
		}
	}
	return step{by, "03-01T20:30", "register-referral", with, Stream{}}
}

// handed is the handover of a person found like that, and who helps from then on.
func handed(helpers ...string) []step {
	all := []step{{duty, "03-01T23:00", "accept-handover", fields{"district": "AZ-BA"}, Stream{}}}
	for _, h := range helpers {
		all = append(all, step{officer, "03-02T00:30", "send-service-referral", fields{"organisation": h, "services": []string{"legal_info"}}, Stream{}})
	}
	return all
}

// told puts the parts of a story one after another.
func told(parts ...[]step) (all []step) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func identifiedAs(outcome string) step {
	with := fields{"outcome": outcome, "grounds": []string{"screening"}, "informed": true}
	if outcome == "positive" {
		with["forms"], with["means"], with["geography"] = []string{"forced_labour"}, []string{"deception"}, "internal"
	}
	return step{head, "03-10", "decide-identification", with, Stream{}}
}

func stories() []story {
	return []story{
		{"the inquiry", inquiry()}, {"a decision and its contrary", reversal()}, {"time", timeOfDuties()}, {"help", help()}, {"who the person is", identity()},
		{"money", money()}, {"the court", court()}, {"a place to live", living()}, {"places that came to nothing", unlived()}, {"a transfer", moving()},
		{"a child", childhood()}, {"a foreigner", foreign()}, {"a citizen abroad", inbound()}, {"houses", houses()}, {"bodies", bodies()},
		{"one person twice", twice()}, {"two persons in one", mixedUp()}, {"a name asked for", lookedInto()}, {"what was wrong", mistakes()}, {"a call", []step{{actorOf(HotlineOperator), "03-01T20:00", "log-hotline-call", fields{"thb_related": true, "topic": "trafficking", "language": "az"}, Stream{}}}},
	}
}

// TestEveryCommandIsAccepted tells all stories, holding after each step what must
// always be true, and wants every command of the catalogue among them.
func TestEveryCommandIsAccepted(t *testing.T) {
	accepted := map[string]bool{}
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			log, audit := &memory{}, auditing{NewAudit(), 0}
			if _, err := opened.begin(t, log).execute(log); err != nil {
				t.Fatal(err)
			}
			for _, next := range s.steps {
				out, err := next.said(t, log).execute(log)
				if err != nil || !out.Recorded {
					t.Fatalf("%s on %s: recorded %v, %v", next.name, next.at, out.Recorded, err)
				}
				accepted[next.name] = true
				audit.holds(t, log)
			}
		})
	}
	accepted["open-facility"] = true
	accepted["record-access"] = true // by the register itself, with [KeepAccesses]
	for _, spec := range CommandSpecs() {
		if !accepted[spec.Name] {
			t.Errorf("no story uses %s", spec.Name)
		}
	}
}

// begin opens the facility long before the stories.
func (s step) begin(t rapid.TB, log *memory) said {
	open := s.said(t, log)
	open.at = "2010-01-01"
	return open
}
