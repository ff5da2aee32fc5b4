package domain

// IdentificationTrack is what the rules about interviews, screening and the decision
// keep of a case beside the fields of [Case] itself.
type IdentificationTrack struct{}

// identificationSteps is the part of the catalogue about interviews, screening and the decision.
func identificationSteps() steps {
	return steps{
		events: []EventSpec{
			event[IndicatorScreeningCompleted, Case]("identification", Screening).since("1", "C-131 6.6", "screen-indicators"),
			event[InterviewHeld, Case]("identification", Child).since("1", "C-131 6.5", "hold-interview"),
			event[IdentificationDecided, Case]("identification", Flow).since("1", "L-958 8", "decide-identification"),
		},
		commands: []CommandSpec{
			command[ScreenIndicators]("screen-indicators", CaseKind, "identification"),
			command[HoldInterview]("hold-interview", CaseKind, "identification"),
			command[DecideIdentification]("decide-identification", CaseKind, "identification"),
		},
	}
}
