package domain

// ServicesTrack is what the rules about rehabilitation and services
// keep of a case beside the fields of [Case] itself.
type ServicesTrack struct {
	Plan             RehabPlan         `json:"plan,omitzero"`
	Referrals        []ServiceReferral `json:"referrals,omitempty"`
	DocumentRestored When              `json:"document_restored,omitzero"`
}

// servicesSteps is the part of the catalogue about rehabilitation and services.
func servicesSteps() steps {
	return steps{
		events: []EventSpec{
			event[ServiceReferralSent, Case]("services", Flow).since("1", "C-123", "send-service-referral"),
			event[ServiceReferralAccepted, Case]("services", Flow).since("2", "C-123", "accept-service-referral"),
			event[ServiceReferralRejected, Case]("services", Flow).since("2", "C-123", "reject-service-referral"),
			event[RehabPlanApproved, Case]("services", Health).since("2", "C-62", "approve-rehab-plan"),
			event[RehabPlanRevised, Case]("services", Health).since("2", "C-62", "revise-rehab-plan"),
			event[ServiceNeedRecorded, Case]("services", Health).since("1", "C-62", "record-service-need"),
			event[ServiceStarted, Case]("services", Health).since("1", "C-62", "start-service"),
			event[ServiceDelivered, Case]("services", Health).since("1", "C-62", "deliver-service", "enrol-in-school", "complete-service", "restore-identity-document"),
			event[ServiceCompleted, Case]("services", Health).since("2", "C-62", "complete-service"),
			event[ServiceDeclined, Case]("services", Health).since("2", "C-62", "decline-service"),
			event[ServiceUnavailable, Case]("services", Health).since("2", "C-62", "record-service-unavailable"),
			event[IdentityDocumentRestored, Case]("services", Flow).since("2", "C-62", "restore-identity-document"),
			event[FamilyReunited, Case]("services", Flow).since("1", "C-62", "reunite-family"),
		},
		commands: []CommandSpec{
			command[SendServiceReferral]("send-service-referral", CaseKind, "services"),
			command[AcceptServiceReferral]("accept-service-referral", CaseKind, "services"),
			command[RejectServiceReferral]("reject-service-referral", CaseKind, "services"),
			command[ApproveRehabPlan]("approve-rehab-plan", CaseKind, "services"),
			command[ReviseRehabPlan]("revise-rehab-plan", CaseKind, "services"),
			command[RecordServiceNeed]("record-service-need", CaseKind, "services"),
			command[StartService]("start-service", CaseKind, "services"),
			command[DeliverService]("deliver-service", CaseKind, "services"),
			command[CompleteService]("complete-service", CaseKind, "services"),
			command[DeclineService]("decline-service", CaseKind, "services"),
			command[RecordServiceUnavailable]("record-service-unavailable", CaseKind, "services"),
			command[RestoreIdentityDocument]("restore-identity-document", CaseKind, "services"),
			command[ReuniteFamily]("reunite-family", CaseKind, "services"),
		},
	}
}
