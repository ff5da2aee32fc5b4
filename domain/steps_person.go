package domain

// PersonTrack is what the rules about who the person is
// keep of a case beside the fields of [Case] itself.
type PersonTrack struct{}

// personSteps is the part of the catalogue about who the person is.
func personSteps() steps {
	return steps{
		events: []EventSpec{
			personal[IdentityRecorded]("person", Identity).since("1", "C-123", "record-identity", "register-referral"),
			personal[DocumentRecorded]("person", Documents).since("1", "C-123", "record-document", "register-referral"),
			personal[ContactRecorded]("person", Contacts).since("1", "C-123", "record-contact", "register-referral"),
			personal[NarrativeRecorded]("person", Narrative).since("1", "C-123", "record-narrative"),
			personal[NoteAdded]("person", Narrative).since("1", "C-123", "add-note", "register-referral"),
			personal[HealthRecorded]("person", Medical).since("1", "C-123", "record-health"),
			personal[TestimonyRecorded]("person", Testimony).since("1", "C-123", "record-testimony"),
			personal[WhereaboutsRecorded]("person", Whereabouts).since("1", "C-123", "record-whereabouts"),
		},
		commands: []CommandSpec{
			command[RecordIdentity]("record-identity", CaseKind, "person"),
			command[RecordDocument]("record-document", CaseKind, "person"),
			command[RecordContact]("record-contact", CaseKind, "person"),
			command[RecordNarrative]("record-narrative", CaseKind, "person"),
			command[AddNote]("add-note", CaseKind, "person"),
			command[RecordHealth]("record-health", CaseKind, "person"),
			command[RecordTestimony]("record-testimony", CaseKind, "person"),
			command[RecordWhereabouts]("record-whereabouts", CaseKind, "person"),
		},
	}
}
