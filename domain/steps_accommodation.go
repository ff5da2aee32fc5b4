package domain

// AccommodationTrack is what the rules about the stay in a shelter or an assistance centre
// keep of a case beside the fields of [Case] itself.
type AccommodationTrack struct {
	StayUntil    Day  `json:"stay_until,omitzero"` // as it was last extended
	ReviewStayOn Day  `json:"review_stay_on,omitzero"`
	StayReviewed When `json:"stay_reviewed,omitzero"` // the latest review of the stay that lasts
	Absent       When `json:"absent,omitzero"`        // away from the facility, since it was reported
	Missing      When `json:"missing,omitzero"`       // nobody knows where the person is
	EverMissing  bool `json:"ever_missing,omitempty"`
	CameBack     When `json:"came_back,omitzero"`
}

// accommodationSteps is the part of the catalogue about the stay in a shelter or an assistance centre.
func accommodationSteps() steps {
	return steps{
		events: []EventSpec{
			event[ShelterRequested, Case]("accommodation", Location).since("1", "C-203", "request-shelter"),
			event[ShelterOffered, Case]("accommodation", Location).since("2", "C-203", "offer-place", "release-reservation"),
			event[AdmissionConfirmed, Case]("accommodation", Location).since("1", "C-203", "confirm-admission"),
			event[AdmissionRefused, Case]("accommodation", Location).since("1", "C-203", "refuse-admission"),
			event[PlacementDeclined, Case]("accommodation", Location).since("2", "C-203", "decline-placement"),
			event[ShelterRequestCancelled, Case]("accommodation", Location).since("2", "C-203", "cancel-shelter-request"),
			event[NonArrivalRecorded, Case]("accommodation", Location).since("1", "C-203", "record-non-arrival"),
			event[StayReviewed, Case]("accommodation", Location).since("2", "L-958 13", "review-stay"),
			event[StayExtended, Case]("accommodation", Location).since("2", "L-958 13", "extend-stay"),
			event[AbsenceReported, Case]("accommodation", Flow).since("2", "C-203", "report-absence"),
			event[PersonMissing, Case]("accommodation", Flow).since("2", "C-203", "report-missing"),
			event[PersonReturned, Case]("accommodation", Flow).since("2", "C-203", "record-person-return"),
			event[Departed, Case]("accommodation", Location).since("1", "C-203", "record-departure", "complete-transfer"),
			event[TransferRequested, Case]("accommodation", Location).since("1", "C-203", "request-transfer"),
			event[TransferAccepted, Case]("accommodation", Location).since("1", "C-203", "accept-transfer"),
			event[TransferCompleted, Case]("accommodation", Location).since("1", "C-203", "complete-transfer"),
			event[ShelterPlaceReserved, Facility]("facility", Location).since("2", "C-203", "offer-place", "void-event"),
			event[ReservationReleased, Facility]("facility", Location).since("2", "C-203", "release-reservation", "refuse-admission", "record-non-arrival", "decline-placement", "cancel-shelter-request", "void-event"),
			event[BedTaken, Facility]("facility", Location).since("1", "C-203", "confirm-admission", "complete-transfer", "void-event"),
			event[BedFreed, Facility]("facility", Location).since("1", "C-203", "record-departure", "complete-transfer", "void-event"),
		},
		commands: []CommandSpec{
			command[RequestShelter]("request-shelter", CaseKind, "accommodation"),
			command[OfferPlace]("offer-place", CaseKind, "accommodation"),
			command[ConfirmAdmission]("confirm-admission", CaseKind, "accommodation"),
			command[RefuseAdmission]("refuse-admission", CaseKind, "accommodation"),
			command[DeclinePlacement]("decline-placement", CaseKind, "accommodation"),
			command[CancelShelterRequest]("cancel-shelter-request", CaseKind, "accommodation"),
			command[RecordNonArrival]("record-non-arrival", CaseKind, "accommodation"),
			command[ReviewStay]("review-stay", CaseKind, "accommodation"),
			command[ExtendStay]("extend-stay", CaseKind, "accommodation"),
			command[ReportAbsence]("report-absence", CaseKind, "accommodation"),
			command[ReportMissing]("report-missing", CaseKind, "accommodation"),
			command[RecordPersonReturn]("record-person-return", CaseKind, "accommodation"),
			command[RecordDeparture]("record-departure", CaseKind, "accommodation"),
			command[RequestTransfer]("request-transfer", CaseKind, "accommodation"),
			command[AcceptTransfer]("accept-transfer", CaseKind, "accommodation"),
			command[CompleteTransfer]("complete-transfer", CaseKind, "accommodation"),
			command[ReleaseReservation]("release-reservation", FacilityKind, "facility"),
		},
	}
}
