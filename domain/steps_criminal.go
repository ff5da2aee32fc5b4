package domain

// CriminalTrack is what the rules about criminal proceedings
// keep of a case beside the fields of [Case] itself.
type CriminalTrack struct {
	CriminalCases    []CriminalCase `json:"criminal_cases,omitempty"`
	CriminalUnlinked []Reference    `json:"criminal_unlinked,omitempty"`
	TestimonyOn      Day            `json:"testimony_on,omitzero"` // the day for which one was last scheduled
	Testified        []When         `json:"testified,omitempty"`
	NotPunished      []string       `json:"not_punished,omitempty"` // code list "compelled_offence"
}

// criminalSteps is the part of the catalogue about criminal proceedings.
func criminalSteps() steps {
	return steps{
		events: []EventSpec{
			event[CriminalCaseLinked, Case]("criminal", Criminal).since("2", "CC", "link-criminal-case"),
			event[CriminalCaseUnlinked, Case]("criminal", Criminal).since("2", "CC", "unlink-criminal-case"),
			event[TestimonyScheduled, Case]("criminal", Criminal).since("2", "CoE 30", "schedule-testimony"),
			event[TestimonyGiven, Case]("criminal", Criminal).since("2", "CoE 30", "give-testimony"),
			event[NonPunishmentApplied, Case]("criminal", Criminal).since("2", "CoE 26", "apply-non-punishment"),
			event[VerdictRecorded, Case]("criminal", Criminal).since("2", "CC", "record-verdict"),
		},
		commands: []CommandSpec{
			command[LinkCriminalCase]("link-criminal-case", CaseKind, "criminal"),
			command[UnlinkCriminalCase]("unlink-criminal-case", CaseKind, "criminal"),
			command[ScheduleTestimony]("schedule-testimony", CaseKind, "criminal"),
			command[GiveTestimony]("give-testimony", CaseKind, "criminal"),
			command[ApplyNonPunishment]("apply-non-punishment", CaseKind, "criminal"),
			command[RecordVerdict]("record-verdict", CaseKind, "criminal"),
		},
	}
}
