package domain

// IdentificationTrack is what the rules about interviews, screening and the decision
// keep of a case beside the fields of [Case] itself.
type IdentificationTrack struct {
	Interviewed When   `json:"interviewed,omitzero"` // first
	AgeAssessed When   `json:"age_assessed,omitzero"`
	DecidedBy   string `json:"decided_by,omitempty"` // the account that recorded the decision in force
	Review      Review `json:"review,omitzero"`
	Reversals   int    `json:"reversals,omitempty"`
}

// identificationSteps is the part of the catalogue about interviews, screening and the decision.
func identificationSteps() steps {
	return steps{
		events: []EventSpec{
			event[IndicatorScreeningCompleted, Case]("identification", Screening).since("1", "C-131 6.6", "screen-indicators"),
			event[InterviewHeld, Case]("identification", Child).since("1", "C-131 6.5", "hold-interview"),
			event[AgeAssessed, Case]("identification", Child).since("2", "C-131 6.2", "assess-age"),
			event[IdentificationDecided, Case]("identification", Flow).since("1", "L-958 8", "decide-identification"),
			event[ReviewRequested, Case]("identification", Flow).since("2", "C-131", "request-review"),
			event[ReviewDecided, Case]("identification", Flow).since("2", "C-131", "decide-review"),
			event[IdentificationReversed, Case]("identification", Flow).since("2", "C-131", "reverse-identification"),
		},
		commands: []CommandSpec{
			command[ScreenIndicators]("screen-indicators", CaseKind, "identification"),
			command[HoldInterview]("hold-interview", CaseKind, "identification"),
			command[AssessAge]("assess-age", CaseKind, "identification"),
			command[DecideIdentification]("decide-identification", CaseKind, "identification"),
			command[RequestReview]("request-review", CaseKind, "identification"),
			command[DecideReview]("decide-review", CaseKind, "identification"),
			command[ReverseIdentification]("reverse-identification", CaseKind, "identification"),
		},
	}
}
