package domain

// ClosureTrack is what the rules about closing and reopening
// keep of a case beside the fields of [Case] itself.
type ClosureTrack struct {
	ReviewWaits  bool   `json:"review_waits,omitempty"`  // a review of the decision was asked for and not decided
	FollowsUp    string `json:"follows_up,omitempty"`    // the organisation that looks after what is still to be paid
	EarlierCases []Ref  `json:"earlier_cases,omitempty"` // of the person, before they were trafficked again
	LaterCases   []Ref  `json:"later_cases,omitempty"`   // opened since the person was trafficked again
}

// closureSteps is the part of the catalogue about closing and reopening.
func closureSteps() steps {
	return steps{
		events: []EventSpec{
			event[CaseClosed, Case]("closure", Flow).since("1", "C-123", "close-case"),
			event[CaseReopened, Case]("closure", Flow).since("1", "C-123", "reopen-case"),
			event[ReTraffickingRecorded, Case]("closure", Screening).since("2", "C-123", "record-re-trafficking"),
		},
		commands: []CommandSpec{
			command[CloseCase]("close-case", CaseKind, "closure"),
			command[ReopenCase]("reopen-case", CaseKind, "closure"),
			command[RecordReTrafficking]("record-re-trafficking", CaseKind, "closure"),
		},
	}
}
