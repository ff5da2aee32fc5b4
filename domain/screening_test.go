package domain

import "testing"

func TestScreeningByAnInstrument(t *testing.T) {
	answers := Answers{{"deception", "present"}, {"isolation", "absent"}, {"violence", "unknown"}, {"excessive_overtime", "present"}}
	screen := officer.says("2024-03-02", ScreenIndicators{Instrument: "ilo-11", Answers: answers})
	w := given(t, detected, handedOver).when(screen).then("IndicatorScreeningCompleted")
	all := w.log.all()
	e := all[len(all)-1].Events[0].(IndicatorScreeningCompleted)
	if e.Suggestion != "possible" || e.Version != "2012" || len(e.Present) != 2 || len(e.Answers) != 4 || len(e.Dimensions) != 2 {
		t.Errorf("%+v", e)
	}
	agree := ScreenIndicators{Instrument: "ilo-11", Answers: answers, Present: []string{"deception"}}
	given(t, detected, handedOver).when(officer.says("2024-03-02", agree)).then("IndicatorScreeningCompleted")
	agree.Present = []string{"isolation"}
	given(t, detected, handedOver).when(officer.says("2024-03-02", agree)).refused("answers_contradict", "present")
	given(t, detected, handedOver, decided).when(officer.says("2024-03-11", screen.cmd)).then("IndicatorScreeningCompleted", "!after_decision")
}

// TestInstruments holds the files of the instruments against the code lists.
func TestInstruments(t *testing.T) {
	for _, c := range Codes("instrument") {
		i, ok := InstrumentOf(c.Code)
		if !ok || i.Version == "" || i.Source == "" || len(i.Items) == 0 {
			t.Errorf("instrument %s: %+v", c.Code, i)
		}
		if !referencePattern.MatchString(string(i.Version)) || i.Rule.Possible < 1 || i.Rule.Strong <= i.Rule.Possible {
			t.Errorf("instrument %s: version %q, rule %+v", c.Code, i.Version, i.Rule)
		}
		for _, item := range i.Items {
			if _, ok := CodeOf("ilo_indicator", item.Indicator); !ok || !hasLabel("screening_dimension", item.Dimension) {
				t.Errorf("instrument %s: %+v", c.Code, item)
			}
		}
		for n, want := range map[int]string{0: "none", 1: "possible", 2: "possible", 3: "strong", 11: "strong"} {
			if got := i.Suggestion(make([]string, n)); got != want {
				t.Errorf("instrument %s suggests %s of %d indicators", c.Code, got, n)
			}
		}
	}
	if got := len(instruments()); got != len(Codes("instrument")) {
		t.Errorf("%d instruments, %d codes of them", got, len(Codes("instrument")))
	}
	short := Instrument{Items: []InstrumentItem{{Indicator: "isolation"}}}
	refusedAs(t, short.fault(Answers{{"isolation", "absent"}, {"deception", "absent"}}, nil), "not_of_instrument", "answers")
	refusedAs(t, short.fault(nil, []string{"deception"}), "not_of_instrument", "present")
	if err := short.fault(Answers{{"isolation", "present"}}, []string{"isolation"}); err != nil {
		t.Error(err)
	}
}
