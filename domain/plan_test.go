package domain

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestPlan holds the plan's data against what the decree says.
func TestPlan(t *testing.T) {
	p := CurrentPlan()
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	if n := len(p.Actions); n != 64 {
		t.Errorf("%d actions, want 64", n)
	}
	chapters := map[string]int{}
	terms := map[Term]int{}
	for _, a := range p.Actions {
		chapters[a.Number[:strings.LastIndex(a.Number, ".")]]++
		terms[a.Term]++
	}
	if want := map[string]int{"4.1": 12, "4.2": 11, "4.3": 6, "4.4": 9, "4.5": 9, "4.6": 7, "4.7": 7, "4.8": 3}; !maps.Equal(chapters, want) {
		t.Errorf("chapters: got %v, want %v", chapters, want)
	}
	if want := map[Term]int{
		{Ongoing: true}: 31, {First: 2020, Last: 2024}: 13, {First: 2020, Last: 2021}: 10,
		{First: 2020, Last: 2022}: 7, {First: 2020, Last: 2023}: 2, {First: 2021, Last: 2022}: 1,
	}; !maps.Equal(terms, want) {
		t.Errorf("terms: got %v, want %v", terms, want)
	}
	var measured []string
	for _, a := range p.Measured() {
		measured = append(measured, a.Number)
	}
	want := []string{"4.1.9", "4.3.1", "4.4.1", "4.4.2", "4.4.3", "4.4.4", "4.4.5", "4.4.6", "4.4.7", "4.4.8", "4.4.9", "4.5.9"}
	if !slices.Equal(measured, want) {
		t.Errorf("measured: got %v, want %v", measured, want)
	}
	for _, c := range p.Chapters {
		if c.Title.AZ == "" || c.Title.EN == "" || c.Title.RU == "" || chapters[c.Number] == 0 {
			t.Errorf("chapter %s lacks a label or actions", c.Number)
		}
	}
}

func TestPlanTerms(t *testing.T) {
	p := CurrentPlan()
	for number, want := range map[string][2]string{
		"4.1.9":  {"2020-07-23", "2021-12-31"}, // not before the decree was in force
		"4.2.10": {"2021-01-01", "2022-12-31"},
		"4.4.1":  {"2020-07-23", "2024-12-31"},
		"4.4.3":  {"2020-07-23", "2024-12-31"}, // ongoing: with the plan
	} {
		a, ok := p.Action(number)
		if got := [2]string{p.Start(a.Term).String(), p.Due(a.Term).String()}; !ok || got != want {
			t.Errorf("%s: got %v, want %v", number, got, want)
		}
	}
}

// TestOnlyTheMethodsTargetsAreFixed keeps numbers out of the plan's data: the
// plan sets none, the Coordinator does.
func TestOnlyTheMethodsTargetsAreFixed(t *testing.T) {
	fixed := map[string]int{}
	for _, a := range CurrentPlan().Actions {
		for _, i := range a.Indicators {
			if i.Target != nil {
				fixed[i.ID] = *i.Target
				if !i.Assumed {
					t.Errorf("%s has a target that passes for law", i.ID)
				}
			} else if i.Assumed {
				t.Errorf("%s assumes a target and has none", i.ID)
			}
		}
	}
	if want := map[string]int{"4.4.3a": 95, "4.4.4a": 100, "4.4.7b": 100, "4.4.9b": 100, "4.5.9e1": 100}; !maps.Equal(fixed, want) {
		t.Errorf("got %v, want %v", fixed, want)
	}
}

// TestPlanCheckFindsMistakes makes one mistake at a time in good data.
func TestPlanCheckFindsMistakes(t *testing.T) {
	one := func(m Measure) *Plan {
		label := Text{"az", "en", "ru"}
		return &Plan{
			ID: "test", Bodies: map[string]Text{"mia": label},
			Actions: []PlanAction{{
				Number: "1.1", Title: label, Executors: []string{"mia"}, Term: Term{Ongoing: true},
				Rule:       &StatusRule{Kind: Yearly, Indicators: []string{"1.1a"}},
				Indicators: []Indicator{{ID: "1.1a", Label: label, Unit: "percent", Better: "up", Measure: m}},
			}},
		}
	}
	pair := func() Measure {
		return Measure{
			Kind: Share,
			Of:   &Selection{Events: []string{"ServiceDelivered"}, Where: map[string][]string{"service": {"education"}}},
			Over: &Selection{Events: []string{"ServiceNeedRecorded"}},
		}
	}
	if err := one(pair()).Check(); err != nil {
		t.Fatalf("good data: %v", err)
	}
	for want, spoil := range map[string]func(*Plan, *Indicator){
		`no event "ServiceDeliverd"`:            func(_ *Plan, i *Indicator) { i.Measure.Of.Events = []string{"ServiceDeliverd"} },
		`has no field "servise"`:                func(_ *Plan, i *Indicator) { i.Measure.Of.Where = map[string][]string{"servise": {"education"}} },
		`no code "educatoin" for "service"`:     func(_ *Plan, i *Indicator) { i.Measure.Of.Where["service"] = []string{"educatoin"} },
		`no code "yes" for "child"`:             func(_ *Plan, i *Indicator) { i.Measure.Of.Where["child"] = []string{"yes"} },
		`ServiceNeedRecorded has no field "at"`: func(_ *Plan, i *Indicator) { i.Measure.Over.Of = []string{"at"} },
		`no measure kind average`:               func(_ *Plan, i *Indicator) { i.Measure.Kind = "average" },
		`needs of and over`:                     func(_ *Plan, i *Indicator) { i.Measure.Over = nil },
		`count different things`:                func(_ *Plan, i *Indicator) { i.Measure.Of.Of = []string{"stream", "service"} },
		`unit does not fit`:                     func(_ *Plan, i *Indicator) { i.Unit = "days" },
		`better is up`:                          func(_ *Plan, i *Indicator) { i.Better = "more" },
		`no such span`:                          func(_ *Plan, i *Indicator) { i.Measure.Span = "month" },
		`no such order`:                         func(_ *Plan, i *Indicator) { i.Measure.Order = "after" },
		`is not a length of time`:               func(_ *Plan, i *Indicator) { i.Measure.Within = "2w" },
		`together needs facts that last`:        func(_ *Plan, i *Indicator) { i.Measure.Order = Together },
		`no rule handver`:                       func(_ *Plan, i *Indicator) { i.Measure = Measure{Kind: Compliance, Rule: "handver"} },
		`no yearly base 1.1b`:                   func(_ *Plan, i *Indicator) { i.Measure = Measure{Kind: Change, Base: "1.1b"} },
		`no component 1.1c`:                     func(_ *Plan, i *Indicator) { i.Measure = Measure{Kind: Deed, Component: "1.1c"}; i.Unit = "count" },
		`no indicator 1.1b to decide`:           func(p *Plan, _ *Indicator) { p.Actions[0].Rule.Indicators = []string{"1.1b"} },
		`no rule kind "monthly"`:                func(p *Plan, _ *Indicator) { p.Actions[0].Rule.Kind = "monthly" },
		`a milestone has`:                       func(p *Plan, _ *Indicator) { p.Actions[0].Rule.Kind = Milestone },
		`a cumulative action has a term`:        func(p *Plan, _ *Indicator) { p.Actions[0].Rule.Kind = Cumulative },
		`no body "nobody"`:                      func(p *Plan, _ *Indicator) { p.Actions[0].Involving = []string{"nobody"} },
		`label missing in a language`:           func(p *Plan, _ *Indicator) { p.Actions[0].Title.RU = "" },
		`term or executors missing`:             func(p *Plan, _ *Indicator) { p.Actions[0].Term = Term{} },
	} {
		p := one(pair())
		spoil(p, &p.Actions[0].Indicators[0])
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestPlanIsReadStrictly: a field that the program does not know is a mistake
// in the data, not something to pass over.
func TestPlanIsReadStrictly(t *testing.T) {
	for _, data := range []string{`{"actions":[{"number":"1.1","rules":{}}]}`, `{"actions":[{"indicators":[{"measure":{"kind":"count","off":{}}}]}]}`} {
		if _, err := read[Plan]([]byte(data)); err == nil {
			t.Errorf("read %s", data)
		}
	}
}

func TestEveryMeasureKindIsUsedAndHasUnits(t *testing.T) {
	used := map[MeasureKind]bool{}
	for _, a := range CurrentPlan().Measured() {
		for _, i := range a.Indicators {
			used[i.Measure.Kind] = true
		}
	}
	for _, k := range MeasureKinds() {
		if !used[k] || len(units[k]) == 0 {
			t.Errorf("kind %q is not used or has no units", k)
		}
	}
	if len(used) != len(MeasureKinds()) {
		t.Errorf("used %v", used)
	}
}

func TestWindows(t *testing.T) {
	for _, tc := range []struct {
		w           Window
		start, want string
	}{
		{"24h", "2024-03-01T10:00", "2024-03-02T10:00"},
		{"24h", "2024-03-01", "2024-03-03T00:00"}, // known to the day: from its end
		{"14d", "2024-03-01T10:00", "2024-03-16T00:00"},
		{"90d", "2024-01-01", "2024-04-01T00:00"},
	} {
		if got := tc.w.Due(mustWhen(tc.start)); !got.Equal(mustWhen(tc.want)) {
			t.Errorf("%s from %s: got %s, want %s", tc.w, tc.start, got, tc.want)
		}
	}
}
