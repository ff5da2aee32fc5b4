package domain

import "slices"

// Inspection is what the latest inspection of a facility found.
type Inspection struct {
	On       Day    `json:"on,omitzero"`
	Outcome  string `json:"outcome,omitempty"`
	ReviewOn Day    `json:"review_on,omitzero"` // when what was found is to be looked at again
}

// RecordInspection records that somebody from outside inspected a facility:
// special institutions are under supervision (Cabinet Decision No. 203 of
// 09.11.2005).
type RecordInspection struct {
	Inspector string   `json:"inspector" code:"inspector"`
	Outcome   string   `json:"outcome" code:"inspection_outcome"`
	Findings  []string `json:"findings,omitempty" code:"inspection_finding"`
	ReviewOn  Day      `json:"review_on,omitzero"`
}

// FacilityInspected holds what was found as codes only.
type FacilityInspected struct {
	Inspector string   `json:"inspector" code:"inspector"`
	Outcome   string   `json:"outcome" code:"inspection_outcome"`
	Findings  []string `json:"findings,omitempty" code:"inspection_finding"`
	ReviewOn  Day      `json:"review_on,omitzero"`
}

func (FacilityInspected) EventType() string { return "FacilityInspected" }
func (e FacilityInspected) apply(f *Facility, at Times) {
	if d := at.Happened.Day(); !d.Before(f.Inspected.On) { // an older one that is learned late changes nothing now
		f.Inspected = Inspection{d, e.Outcome, e.ReviewOn}
	}
}
func (RecordInspection) givers() []Role { return []Role{Coordinator} }
func (cmd RecordInspection) decide(_ *Facility, req Request) ([]Event[Facility], error) {
	switch {
	case cmd.Outcome != "satisfactory" && len(cmd.Findings) == 0:
		return nil, invalid("required", "findings")
	case cmd.Outcome == "satisfactory" && len(cmd.Findings) > 0:
		return nil, invalid("findings_contradict", "outcome")
	case !cmd.ReviewOn.IsZero() && !cmd.ReviewOn.After(req.Happened.Day()):
		return nil, invalid("before_start", "review_on")
	}
	return []Event[Facility]{FacilityInspected{cmd.Inspector, cmd.Outcome, slices.Clone(cmd.Findings), cmd.ReviewOn}}, nil
}
