package domain

// ClosureTrack is what the rules about closing and reopening
// keep of a case beside the fields of [Case] itself.
type ClosureTrack struct{}

// closureSteps is the part of the catalogue about closing and reopening.
func closureSteps() steps {
	return steps{
		events: []EventSpec{
			event[CaseClosed, Case]("closure", Flow).since("1", "C-123", "close-case"),
			event[CaseReopened, Case]("closure", Flow).since("1", "C-123", "reopen-case"),
		},
		commands: []CommandSpec{
			command[CloseCase]("close-case", CaseKind, "closure"),
			command[ReopenCase]("reopen-case", CaseKind, "closure"),
		},
	}
}
