package domain

// institutionSteps is the part of the catalogue about facilities, bodies, acts and the plan.
func institutionSteps() steps {
	return steps{
		events: []EventSpec{
			event[FacilityOpened, Facility]("facility", Flow).since("1", "P-2173 4.4.1", "open-facility"),
			event[FacilityCapacityChanged, Facility]("facility", Flow).since("1", "C-203", "change-capacity"),
			event[FacilityClosed, Facility]("facility", Flow).since("1", "C-203", "close-facility"),
			event[CapacityStudyCompleted, Facility]("facility", Flow).since("1", "P-2173 4.4.4", "complete-capacity-study"),
			event[NgoAgreementSigned, Facility]("facility", Flow).since("1", "P-2173 4.4.6", "sign-ngo-agreement"),
			event[LegalStatusRevised, Action]("institution", Flow).since("1", "P-2173 4.1.9", "revise-legal-status"),
			event[CommissionReconstituted, Action]("institution", Flow).since("1", "P-2173 4.1.9", "reconstitute-body"),
			event[MeetingHeld, Action]("institution", Flow).since("1", "C-WG", "hold-meeting"),
			event[ProposalSubmitted, Action]("institution", Flow).since("1", "P-2173 4.1.9", "submit-proposal"),
			event[StandardAdopted, Action]("institution", Flow).since("1", "P-2173 4.5.9", "adopt-standard"),
			event[ProcedureAdopted, Action]("institution", Flow).since("1", "P-2173 4.5.9", "adopt-procedure"),
			event[StudyPublished, Action]("institution", Flow).since("1", "P-2173 4.4.2", "publish-study"),
			event[FundingAllocated, Action]("institution", Flow).since("1", "P-2173 4.4.4", "allocate-funding"),
			event[TargetSet, Action]("institution", Flow).since("1", "P-2173 2.1", "set-target"),
			event[ReportingPeriodAttested, Action]("institution", Flow).since("1", "P-2173 2.1", "attest-period"),
		},
		commands: []CommandSpec{
			command[OpenFacility]("open-facility", FacilityKind, "facility"),
			command[ChangeCapacity]("change-capacity", FacilityKind, "facility"),
			command[CloseFacility]("close-facility", FacilityKind, "facility"),
			command[CompleteCapacityStudy]("complete-capacity-study", FacilityKind, "facility"),
			command[SignNgoAgreement]("sign-ngo-agreement", FacilityKind, "facility"),
			command[ReviseLegalStatus]("revise-legal-status", ActionKind, "institution"),
			command[ReconstituteBody]("reconstitute-body", ActionKind, "institution"),
			command[HoldMeeting]("hold-meeting", ActionKind, "institution"),
			command[SubmitProposal]("submit-proposal", ActionKind, "institution"),
			command[AdoptStandard]("adopt-standard", ActionKind, "institution"),
			command[AdoptProcedure]("adopt-procedure", ActionKind, "institution"),
			command[PublishStudy]("publish-study", ActionKind, "institution"),
			command[AllocateFunding]("allocate-funding", ActionKind, "institution"),
			command[SetTarget]("set-target", ActionKind, "institution"),
			command[AttestPeriod]("attest-period", ActionKind, "institution"),
		},
	}
}
