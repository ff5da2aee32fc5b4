package domain

// CorrectionTrack is what the rules about corrections and about who is the same
// person keep of a case beside the fields of [Case] itself.
type CorrectionTrack struct{}

// correctionSteps is the part of the catalogue about facts that were recorded
// wrongly.
func correctionSteps() steps {
	return steps{
		events: []EventSpec{
			event[FactCorrected, Case]("correction", Flow).since("2", "PD-998", "correct-fact"),
			event[EventVoided, Case]("correction", Flow).since("2", "PD-998", "void-event"),
		},
		commands: []CommandSpec{
			command[CorrectFact]("correct-fact", CaseKind, "correction"),
			command[VoidEvent]("void-event", CaseKind, "correction"),
		},
	}
}
