package domain

import (
	"embed"
	"maps"
	"slices"
	"sync"
)

// An Instrument is a list of indicators with the rule by which it reads its own
// answers. It is data: a list that is adopted later is a further file.
type Instrument struct {
	ID      string    `json:"id"`      // code list "instrument"
	Version Reference `json:"version"` // the year of its publication or latest amendment
	Source  string    `json:"source"`
	Note    string    `json:"note,omitempty"`
	Rule    struct {
		Possible int `json:"possible"` // so many indicators present suggest that it is possible
		Strong   int `json:"strong"`   // and so many, strongly
	} `json:"rule"`
	Items []InstrumentItem `json:"items"`
}

// An InstrumentItem is one indicator of an instrument.
type InstrumentItem struct {
	Indicator string `json:"indicator"` // code list "ilo_indicator"
	Dimension string `json:"dimension"` // code list "screening_dimension"
}

//go:embed instruments/*.json
var instrumentFiles embed.FS

// instruments are in the order of their files: the latest version of each counts.
var instruments = sync.OnceValue(func() (all []Instrument) {
	for _, file := range must(instrumentFiles.ReadDir("instruments")) {
		all = append(all, must(read[Instrument](must(instrumentFiles.ReadFile("instruments/"+file.Name())))))
	}
	return all
})

// InstrumentOf finds an instrument.
func InstrumentOf(id string) (Instrument, bool) {
	all := instruments()
	if i := slices.IndexFunc(all, func(i Instrument) bool { return i.ID == id }); i >= 0 {
		return all[i], true
	}
	return Instrument{}, false
}

// Suggestion is what the instrument's own rule makes of the indicators that are
// present. A person decides.
func (i Instrument) Suggestion(present []string) string {
	switch n := len(present); {
	case n >= i.Rule.Strong:
		return "strong"
	case n >= i.Rule.Possible:
		return "possible"
	}
	return "none"
}

// Dimensions are those in which an indicator is present.
func (i Instrument) Dimensions(present []string) []string {
	found := map[string]bool{}
	for _, item := range i.Items {
		if slices.Contains(present, item.Indicator) {
			found[item.Dimension] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// fault refuses an answer about an indicator that the instrument has not.
func (i Instrument) fault(answers Answers, present []string) error {
	switch {
	case slices.ContainsFunc(answers, func(a Answer) bool { return !i.has(a.Code) }):
		return invalid("not_of_instrument", "answers")
	case slices.ContainsFunc(present, func(p string) bool { return !i.has(p) }):
		return invalid("not_of_instrument", "present")
	}
	return nil
}

func (i Instrument) has(indicator string) bool {
	return slices.ContainsFunc(i.Items, func(item InstrumentItem) bool { return item.Indicator == indicator })
}

// ScreenIndicators records the indicator screening of Rules C-131, section 6.6.
// Its result is a suggestion; a person decides. The answers say of each indicator
// whether it is present, absent or unknown; where only those that were found are
// known, "present" names them. The two may not contradict each other
// ("answers_contradict"), nor name an indicator that the instrument has not
// ("not_of_instrument").
type ScreenIndicators struct {
	Instrument string   `json:"instrument" code:"instrument"`
	Present    []string `json:"present,omitempty" code:"ilo_indicator"` // the indicators found; none is an answer too
	Answers    Answers  `json:"answers,omitempty" code:"ilo_indicator"`
}

// IndicatorScreeningCompleted holds the answers and what they suggest.
type IndicatorScreeningCompleted struct {
	Instrument string    `json:"instrument" code:"instrument"`
	Present    []string  `json:"present" code:"ilo_indicator"`
	Suggestion string    `json:"suggestion" code:"suggestion"` // code list "suggestion"
	Version    Reference `json:"version,omitempty"`            // of the instrument
	Answers    Answers   `json:"answers,omitempty" code:"ilo_indicator"`
	Dimensions []string  `json:"dimensions,omitempty" code:"screening_dimension"`
}

func (IndicatorScreeningCompleted) EventType() string       { return "IndicatorScreeningCompleted" }
func (IndicatorScreeningCompleted) apply(c *Case, at Times) { c.Screened = at.Happened }
func (ScreenIndicators) givers() []Role                     { return []Role{CaseOfficer} }
func (ScreenIndicators) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.Outcome == "" && c.Screened.IsZero()
}
func (cmd ScreenIndicators) decide(c *Case, req Request) ([]Event[Case], error) {
	i, _ := InstrumentOf(cmd.Instrument)
	present := slices.Clone(cmd.Present)
	if len(cmd.Answers) > 0 {
		present = cmd.Answers.present()
	}
	for _, p := range cmd.Present {
		if !slices.Contains(present, p) {
			return nil, invalid("answers_contradict", "present")
		}
	}
	if err := i.fault(cmd.Answers, present); err != nil {
		return nil, err
	}
	e := IndicatorScreeningCompleted{cmd.Instrument, present, i.Suggestion(present), i.Version, slices.Clone(cmd.Answers), i.Dimensions(present)}
	return c.fact(req, e, remark{c.HandedOver.IsZero(), "handover_missing"}, remark{c.Outcome != "", "after_decision"})
}

// present are the items that are.
func (a Answers) present() (codes []string) {
	for _, one := range a {
		if one.Answer == "present" {
			codes = append(codes, one.Code)
		}
	}
	return codes
}
