package domain

// CorrectionTrack is what the rules about corrections and about who is the same
// person keep of a case beside the fields of [Case] itself.
type CorrectionTrack struct {
	SamePerson
	SplitInto []Ref          `json:"split_into,omitempty"` // the cases of other persons that were begun from this one
	SplitFrom Ref            `json:"split_from,omitempty"`
	Verdicts  map[Ref]string `json:"verdicts,omitempty"` // of other cases: the person of this one, another, or nobody can tell
}

// correctionSteps is the part of the catalogue about facts that were recorded
// wrongly.
func correctionSteps() steps {
	return steps{
		events: []EventSpec{
			event[FactCorrected, Case]("correction", Flow).since("2", "PD-998", "correct-fact"),
			event[EventVoided, Case]("correction", Flow).since("2", "PD-998", "void-event"),
			event[DuplicateJudged, Case]("correction", Screening).since("2", "C-123", "judge-duplicate"),
			event[DuplicateMerged, Case]("correction", Flow).since("2", "C-123", "merge-cases"),
			event[MergeUndone, Case]("correction", Flow).since("2", "C-123", "undo-merge"),
			event[CaseSplit, Case]("correction", Flow).since("2", "C-123", "split-case"),
		},
		commands: []CommandSpec{
			command[CorrectFact]("correct-fact", CaseKind, "correction"),
			command[VoidEvent]("void-event", CaseKind, "correction"),
			command[JudgeDuplicate]("judge-duplicate", CaseKind, "correction"),
			command[MergeCases]("merge-cases", CaseKind, "correction"),
			command[UndoMerge]("undo-merge", CaseKind, "correction"),
			command[SplitCase]("split-case", CaseKind, "correction"),
		},
	}
}
