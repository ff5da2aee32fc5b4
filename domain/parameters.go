package domain

import (
	_ "embed"
	"slices"
	"sync"
	"time"
)

// A Parameter is a time limit or an amount with its legal source. A clock uses
// the value that was valid when it started.
type Parameter struct {
	ID         string `json:"id"`
	Value      int    `json:"value"`
	Unit       string `json:"unit"` // h = hours, d = calendar days in Baku, qepik
	ValidFrom  Day    `json:"valid_from"`
	ValidTo    Day    `json:"valid_to,omitzero"` // zero while in force
	Act        string `json:"act"`               // id of the legal act, see docs/legal-acts.md
	Article    string `json:"article"`
	Confidence string `json:"confidence"` // confirmed, reported or assumed; assumed is shown as such
	Note       string `json:"note,omitempty"`
}

//go:embed parameters.json
var parametersFile []byte

var parameters = sync.OnceValue(func() []Parameter { return must(read[[]Parameter](parametersFile)) })

// Parameters lists all parameters, past and present.
func Parameters() []Parameter { return slices.Clone(parameters()) }

// ParameterOn gives the parameter as it was on a day.
func ParameterOn(id string, day Day) (Parameter, bool) {
	for _, p := range parameters() {
		if p.ID == id && !day.Before(p.ValidFrom) && (p.ValidTo.IsZero() || !day.After(p.ValidTo)) {
			return p, true
		}
	}
	return Parameter{}, false
}

// due is when a duty that began at start must be done: hours run by the clock
// from the minute, days end with the last day in Baku. A start known only to
// the day counts from the end of that day.
func (p Parameter) due(start When) time.Time {
	if p.Unit == "d" {
		return start.Day().Add(p.Value).End().UTC()
	}
	from := start.At
	if start.Precision == OnDay {
		from = start.Day().End()
	}
	return from.Add(time.Duration(p.Value) * time.Hour).UTC()
}
