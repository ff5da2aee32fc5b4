package domain

import (
	"encoding/json"
	"slices"
	"testing"
)

// A badInput is a command's data or circumstances with one thing wrong, and the
// refusal that must come.
type badInput struct {
	name        string
	data        map[string]any
	code, field string
}

// TestBadInput gives every command every fault that can be made out of its own
// description: each is refused with a stable code and the field, and nothing is
// written.
func TestBadInput(t *testing.T) {
	log, faults := everybodysWorld(t), 0
	for _, spec := range CommandSpecs() {
		by := giverOf(spec)
		stream := map[StreamKind]Stream{CaseKind: theCase, FacilityKind: theFacility, ActionKind: ActionStream("4.4.1"), CallKind: theCall, AccessKind: NewVolume()}[spec.Kind]
		try := func(bad badInput, by Actor, at string, on Stream) {
			t.Helper()
			faults++
			before := log.seq
			err := giveJSON(log, spec, bad.data, by, at, on)
			r, ok := AsRefusal(err)
			if !ok || r.Code != bad.code || r.Field != bad.field {
				t.Errorf("%s, %s: got %v, want refused: %s (%s)", spec.Name, bad.name, err, bad.code, bad.field)
			}
			if log.seq != before {
				t.Errorf("%s, %s: written", spec.Name, bad.name)
			}
		}
		good := wholeData(spec)
		for _, bad := range spoiltData(spec, good) {
			try(bad, by, "2024-03-20", stream)
		}
		try(badInput{"in the future", good, "in_future", "happened"}, by, "2124-01-01", stream)
		try(badInput{"a guess in the future", good, "in_future", "happened"}, by, "2124-01-01?", stream)
		for _, other := range []Stream{theCase, theFacility, ActionStream("4.4.1"), theCall} {
			if other.Kind != spec.Kind {
				try(badInput{"on a " + string(other.Kind), good, "no_such_command", ""}, by, "2024-03-20", other)
			}
		}
		for _, r := range append(Roles(), Clock) {
			if !spec.MayGive(r) {
				try(badInput{"by " + string(r), good, "role_not_allowed", ""}, actorOf(r), "2024-03-20", stream)
			}
		}
		try(badInput{"by somebody of a body that has no such role", good, "role_not_allowed", ""}, Actor{"u-x", by.Role, "nowhere"}, "2024-03-20", stream)
		if spec.Opens() || spec.Kind == ActionKind || spec.Kind == AccessKind {
			continue
		}
		early := map[StreamKind]string{CaseKind: "before_case", FacilityKind: "before_start", CallKind: "before_call"}[spec.Kind]
		try(badInput{"before the beginning", good, early, "happened"}, by, "2009-12-31", stream)
		gone := map[StreamKind]string{CaseKind: "no_such_case", FacilityKind: "no_such_facility", CallKind: "no_such_call"}[spec.Kind]
		try(badInput{"on what is not there", good, gone, ""}, by, "2024-03-20", Stream{spec.Kind, string(NewRef("not there"))})
	}
	t.Logf("%d faults of %d commands", faults, len(CommandSpecs()))
	if faults < 50*len(CommandSpecs()) {
		t.Error("too few to show anything")
	}
}

// theCall is a call to the hotline, if any command enters one.
var theCall = CallStream(NewRef("the call"))

// everybodysWorld is a case in which a body of each kind takes part.
func everybodysWorld(t *testing.T) *memory {
	t.Helper()
	story := []said{detected, detected.to(secondCase), detected.to(thirdCase), handedOver, openSecond, requested, admitted}
	list := Fields(SendServiceReferral{})[0]
	for _, o := range list.Choices() {
		story = append(story, officer.says("2024-03-02", SendServiceReferral{Organisation: o.Code, Services: []string{"legal_info"}}))
	}
	log := given(t, story...).log
	for _, spec := range CommandSpecs() {
		if spec.Kind == CallKind && spec.Opens() {
			call := wholeData(spec)
			delete(call, "case") // which another body referred
			if err := giveJSON(log, spec, call, giverOf(spec), "2024-03-01", theCall); err != nil {
				t.Fatal(err)
			}
		}
	}
	return log
}

func giveJSON(log *memory, spec CommandSpec, data map[string]any, by Actor, at string, on Stream) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	cmd, err := spec.Parse(b)
	if err != nil {
		return err
	}
	_, err = by.says(at, cmd).to(on).execute(log)
	return err
}

// giverOf is somebody who may give the command.
func giverOf(spec CommandSpec) Actor {
	givers := spec.Givers()
	if slices.Contains(givers, Clock) {
		return ClockActor()
	}
	slices.SortStableFunc(givers, func(a, b Role) int { // the police see every case
		return map[bool]int{true: 0, false: 1}[a.police()] - map[bool]int{true: 0, false: 1}[b.police()]
	})
	return actorOf(givers[0])
}

func actorOf(r Role) Actor {
	if r == Clock {
		return ClockActor()
	}
	for _, a := range []Actor{police, duty, officer, head, shelter, centre, consul, migration, fund, lawyer, prosecutor, coordinator, dpo} {
		if a.Role == r {
			return a
		}
	}
	for _, o := range organisations() {
		if r.fits(o.Code) {
			return Actor{"u-" + string(r), r, o.Code}
		}
	}
	panic("no body has a " + string(r))
}

// wholeData is a command's data with all fields.
func wholeData(spec CommandSpec) map[string]any {
	data := map[string]any{}
	for _, f := range spec.Fields() {
		switch f.Kind {
		case OneCode:
			data[f.Name] = f.Choices()[0].Code
		case ManyCodes:
			data[f.Name] = []string{f.Choices()[0].Code}
		case YesNo:
			data[f.Name] = true
		case Number, Amount:
			data[f.Name] = max(f.Min, 1)
		case ADay:
			data[f.Name] = "2024-05-01"
		case ATime:
			data[f.Name] = "2024-03-11T10:00"
		case AFacility:
			data[f.Name] = house
		case ACase:
			data[f.Name] = secondCase.Ref()
		case ManyCases:
			data[f.Name] = []Ref{thirdCase.Ref()}
		case AnEvent:
			data[f.Name] = "0190b2b6-0000-7000-8000-000000000001/0"
		case AReference:
			data[f.Name] = "CR-2024/153"
		case ItemBank:
			data[f.Name] = Answers{{f.Choices()[0].Code, Codes("answer")[0].Code}}
		case NumbersOf:
			data[f.Name] = Counts{{f.Choices()[0].Code, max(f.Min, 1)}}
		case ShortText, LongText:
			data[f.Name] = "Əliyeva"
		}
	}
	return data
}
