package domain

// AccommodationTrack is what the rules about the stay in a shelter or an assistance centre
// keep of a case beside the fields of [Case] itself.
type AccommodationTrack struct{}

// accommodationSteps is the part of the catalogue about the stay in a shelter or an assistance centre.
func accommodationSteps() steps {
	return steps{
		events: []EventSpec{
			event[ShelterRequested, Case]("accommodation", Location).since("1", "C-203", "request-shelter"),
			event[AdmissionConfirmed, Case]("accommodation", Location).since("1", "C-203", "confirm-admission"),
			event[AdmissionRefused, Case]("accommodation", Location).since("1", "C-203", "refuse-admission"),
			event[NonArrivalRecorded, Case]("accommodation", Location).since("1", "C-203", "record-non-arrival"),
			event[Departed, Case]("accommodation", Location).since("1", "C-203", "record-departure", "complete-transfer"),
			event[TransferRequested, Case]("accommodation", Location).since("1", "C-203", "request-transfer"),
			event[TransferAccepted, Case]("accommodation", Location).since("1", "C-203", "accept-transfer"),
			event[TransferCompleted, Case]("accommodation", Location).since("1", "C-203", "complete-transfer"),
			event[BedTaken, Facility]("facility", Location).since("1", "C-203", "confirm-admission", "complete-transfer", "void-event"),
			event[BedFreed, Facility]("facility", Location).since("1", "C-203", "record-departure", "complete-transfer", "void-event"),
		},
		commands: []CommandSpec{
			command[RequestShelter]("request-shelter", CaseKind, "accommodation"),
			command[ConfirmAdmission]("confirm-admission", CaseKind, "accommodation"),
			command[RefuseAdmission]("refuse-admission", CaseKind, "accommodation"),
			command[RecordNonArrival]("record-non-arrival", CaseKind, "accommodation"),
			command[RecordDeparture]("record-departure", CaseKind, "accommodation"),
			command[RequestTransfer]("request-transfer", CaseKind, "accommodation"),
			command[AcceptTransfer]("accept-transfer", CaseKind, "accommodation"),
			command[CompleteTransfer]("complete-transfer", CaseKind, "accommodation"),
		},
	}
}
