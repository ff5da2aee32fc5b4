package domain

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// manyHistories is from how many random histories on every command must have
// been accepted at least once: see "make invariants".
const manyHistories = 10_000

// TestRandomHistories tells the beginning of a story and then goes on at random:
// with the story, or with random commands about two persons, three facilities, a
// call and an action of the plan, by random people at random times of every
// precision. It holds, after each, what must always be true.
func TestRandomHistories(t *testing.T) {
	accepted, histories := map[string]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		histories++
		log, audit := &memory{}, auditing{NewAudit(), 0}
		all := stories()
		rest := all[rapid.IntRange(0, len(all)-1).Draw(t, "story")].steps
		told := rapid.IntRange(0, len(rest)).Draw(t, "told")
		open := []said{opened.begin(t, log)}
		if rest[0].on != secondFacility { // the story opens it itself
			open = append(open, openSecond)
		}
		for _, s := range open {
			if _, err := s.execute(log); err != nil {
				t.Fatal(err)
			}
		}
		for _, next := range rest[:told] {
			if _, err := next.said(t, log).execute(log); err != nil {
				t.Fatalf("%s: %v", next.name, err)
			}
		}
		rest = rest[told:]
		audit.holds(t, log)
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			var s said
			if len(rest) > 0 && rapid.IntRange(0, 2).Draw(t, "as told") == 0 {
				s, rest = rest[0].varied(t).said(t, log), rest[1:]
			} else {
				s = randomSaying(t, log)
			}
			before := log.seq
			out, err := s.execute(log)
			if err != nil {
				if _, ok := AsRefusal(err); !ok {
					t.Fatalf("%T: %v is no refusal", s.cmd, err)
				}
				if log.seq != before {
					t.Fatalf("%T was refused and recorded", s.cmd)
				}
				continue
			}
			if out.Recorded {
				spec, _ := SpecOf(s.cmd)
				accepted[spec.Name]++
			}
			if out, err := s.execute(log); err != nil || out.Recorded {
				t.Fatalf("%T asked twice: %+v, %v", s.cmd, out, err)
			}
			audit.holds(t, log)
		}
	})
	for _, spec := range CommandSpecs() {
		switch {
		case accepted[spec.Name] > 0:
		case spec.Name == "record-access": // what it records is no data that anybody sends: see [KeepAccesses]
		case histories >= manyHistories:
			t.Errorf("%s was never accepted in %d histories: nothing is shown of it", spec.Name, histories)
		default:
			t.Logf("%s was never accepted in this run; see TestEveryCommandIsAccepted", spec.Name)
		}
	}
	if len(accepted) < 30 {
		t.Errorf("only %d commands were ever accepted: the histories are too poor to show anything", len(accepted))
	}
}

func randomSaying(t *rapid.T, log *memory) said {
	on := rapid.SampledFrom([]Stream{theCase, theCase, theCase, theCase, secondCase, theFacility, secondFacility, thirdFacility, theAction, aboutGroup, theCall}).Draw(t, "stream")
	spec := randomCommand(t, log, on)
	data := map[string]any{}
	alone := "" // a correction is of one field
	if spec.Name == "correct-fact" {
		alone = rapid.SampledFrom(Codes("correctable")).Draw(t, "field").Code
	}
	for _, f := range spec.Fields() {
		if f.Optional && f.Name != alone && (alone != "" || rapid.Bool().Draw(t, "without "+f.Name)) {
			continue
		}
		switch f.Kind {
		case OneCode:
			data[f.Name] = rapid.SampledFrom(f.Choices()).Draw(t, f.Name).Code
			if rule := ruleAtWork(t, log, on); f.List == "rule" && rule != "" {
				data[f.Name] = rule
			}
		case ManyCodes:
			data[f.Name] = []string{rapid.SampledFrom(f.Choices()).Draw(t, f.Name).Code}
		case YesNo:
			data[f.Name] = rapid.Bool().Draw(t, f.Name)
		case Number:
			data[f.Name] = rapid.IntRange(max(f.Min, 0), min(f.Max, max(f.Min, 0)+100)).Draw(t, f.Name)
		case Amount:
			data[f.Name] = rapid.SampledFrom([]int{40000, 70000, 100000}).Draw(t, f.Name)
		case ADay:
			data[f.Name] = NewDay(2024, 4, rapid.IntRange(1, 30).Draw(t, f.Name)).String()
		case ATime:
			data[f.Name] = NewDay(2024, 3, rapid.IntRange(1, 30).Draw(t, f.Name)).String()
		case ShortText, LongText:
			data[f.Name] = rapid.StringOfN(rapid.RuneFrom([]rune("aəıİşçАяё -'")), 1, 20, -1).Draw(t, f.Name)
		case AFacility:
			data[f.Name] = rapid.SampledFrom([]Ref{house, secondHouse}).Draw(t, f.Name)
		case ACase:
			data[f.Name] = rapid.SampledFrom([]Ref{theCase.Ref(), secondCase.Ref()}).Draw(t, f.Name)
		case ManyCases:
			data[f.Name] = rapid.SliceOfNDistinct(rapid.SampledFrom([]Ref{theCase.Ref(), secondCase.Ref(), thirdCase.Ref()}), 1, 2, rapid.ID[Ref]).Draw(t, f.Name)
		case AnEvent:
			data[f.Name] = EventAt{NewID(), 0}.String()
			if last := log.streams[on.String()]; len(last) > 0 {
				d := rapid.SampledFrom(last).Draw(t, f.Name)
				data[f.Name] = EventAt{d.ID, rapid.IntRange(0, len(d.Events)-1).Draw(t, f.Name)}.String()
			}
		case AReference:
			data[f.Name] = rapid.SampledFrom([]Reference{"153", "CR-2024/153"}).Draw(t, f.Name)
		case ItemBank:
			data[f.Name] = Answers{{rapid.SampledFrom(f.Choices()).Draw(t, f.Name).Code, rapid.SampledFrom(Codes("answer")).Draw(t, f.Name).Code}}
		case NumbersOf:
			data[f.Name] = Counts{{rapid.SampledFrom(f.Choices()).Draw(t, f.Name).Code, rapid.IntRange(f.Min, min(f.Max, f.Min+9)).Draw(t, f.Name)}}
		}
	}
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := spec.Parse(b)
	if err != nil {
		t.Fatalf("%s: %v", spec.Name, err)
	}
	people := everybody()
	if able := slices.DeleteFunc(slices.Clone(people), func(a Actor) bool { return !spec.MayGive(a.Role) }); len(able) > 0 && rapid.IntRange(0, 9).Draw(t, "able") > 0 {
		people = able
	}
	at := time.Date(2024, 3, 1, 17, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 120*24).Draw(t, "hours")) * time.Hour)
	return rapid.SampledFrom(people).Draw(t, "by").says(randomPrecision(t, at).String(), cmd).to(on)
}

// varied is the step as the story has it, or with other numbers and amounts, more
// people than there are beds, or at another time.
func (s step) varied(t *rapid.T) step {
	if rapid.Bool().Draw(t, "as it was") {
		return s
	}
	spec, _ := CommandNamed(s.name)
	with := fields{}
	for name, v := range s.with {
		with[name] = v
	}
	for _, f := range spec.Fields() {
		switch f.Kind {
		case Number:
			if f.Optional && f.Min < 4 {
				with[f.Name] = rapid.IntRange(max(f.Min, 0), min(f.Max, 4)).Draw(t, f.Name)
			}
		case Amount:
			with[f.Name] = rapid.SampledFrom([]int{40000, 70000, 100000, 500000}).Draw(t, f.Name)
		case YesNo:
			if f.Optional {
				with[f.Name] = rapid.Bool().Draw(t, f.Name)
			}
		}
	}
	s.with = with
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		s.at = NewDay(2024, 3, rapid.IntRange(2, 110).Draw(t, "day")).String()
	}
	return s
}

// ruleAtWork is one that has a duty open on a case, or nothing.
func ruleAtWork(t *rapid.T, log *memory, on Stream) string {
	if on.Kind != CaseKind {
		return ""
	}
	c, err := Fold[Case](log.streams[on.String()])
	if err != nil {
		t.Fatal(err)
	}
	if open := c.OpenClocks(); len(open) > 0 {
		return rapid.SampledFrom(open).Draw(t, "duty").Rule
	}
	return ""
}

// randomPrecision says as exactly as not when it was.
func randomPrecision(t *rapid.T, at time.Time) When {
	w := At(at)
	switch rapid.SampledFrom([]Precision{Minute, Minute, Minute, Hour, OnDay, Unknown}).Draw(t, "precision") {
	case Hour:
		w.Precision = Hour
	case OnDay:
		w = OnThe(w.Day())
	case Unknown:
		w.Precision = Unknown
	}
	return w
}

// randomCommand is for the stream, and half the time one that is usual there now.
func randomCommand(t *rapid.T, log *memory, on Stream) CommandSpec {
	specs := slices.DeleteFunc(slices.Clone(CommandSpecs()), func(s CommandSpec) bool { return s.Kind != on.Kind })
	if on.Kind == CaseKind && rapid.Bool().Draw(t, "usual") {
		c, err := Fold[Case](log.streams[on.String()])
		if err != nil {
			t.Fatal(err)
		}
		if usual := slices.DeleteFunc(slices.Clone(specs), func(s CommandSpec) bool { return !s.Expected(c) }); len(usual) > 0 {
			specs = usual
		}
	}
	if len(specs) == 0 { // nothing is said of such a stream yet
		specs = slices.DeleteFunc(slices.Clone(CommandSpecs()), func(s CommandSpec) bool { return s.Kind != CaseKind })
	}
	return rapid.SampledFrom(specs).Draw(t, "command")
}

// everybody is one person of each role, and a second shelter.
var everybody = sync.OnceValue(func() []Actor {
	all := []Actor{otherHouse, ClockActor()}
	for _, r := range Roles() {
		all = append(all, actorOf(r))
	}
	return all
})

var (
	theAction      = ActionStream("4.4.1")
	secondFacility = FacilityStream(secondHouse)
	thirdFacility  = FacilityStream(NewRef("the third facility")) // nobody has opened it yet
)

// secondCase is another person's.
var secondCase = CaseStream(NewRef("the second case"))

// TestOpenGivesEveryPersonAReferenceOfTheirOwn also when two ids make the same
// reference, and the same reference to the same request.
func TestOpenGivesEveryPersonAReferenceOfTheirOwn(t *testing.T) {
	log := &memory{}
	req := Request{ID: "0190b2b6-0000-7000-8000-000000000001", By: police, Happened: mustWhen("2024-03-01"), Now: specNow}
	taken := CaseStream(refFrom(req.ID, 0))
	if _, err := detected.to(taken).execute(log); err != nil { // somebody else has the first choice
		t.Fatal(err)
	}
	first, err := Open(context.Background(), log, req, referral())
	if err != nil || first.Stream == taken || !first.Recorded {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := Open(context.Background(), log, req, referral())
	if err != nil || again.Stream != first.Stream || again.Recorded {
		t.Errorf("the same request: %+v, %v; want %v and nothing recorded", again, err, first.Stream)
	}
	req.ID = NewID()
	other, err := Open(context.Background(), log, req, referral())
	if err != nil || other.Stream == first.Stream || !other.Recorded {
		t.Errorf("another person with the same circumstances: %+v, %v", other, err)
	}
}
