package domain

// ServicesTrack is what the rules about rehabilitation and services
// keep of a case beside the fields of [Case] itself.
type ServicesTrack struct{}

// servicesSteps is the part of the catalogue about rehabilitation and services.
func servicesSteps() steps {
	return steps{
		events: []EventSpec{
			event[ServiceReferralSent, Case]("services", Flow).since("1", "C-123", "send-service-referral"),
			event[ServiceNeedRecorded, Case]("services", Health).since("1", "C-62", "record-service-need"),
			event[ServiceStarted, Case]("services", Health).since("1", "C-62", "start-service"),
			event[ServiceDelivered, Case]("services", Health).since("1", "C-62", "deliver-service", "enrol-in-school"),
			event[FamilyReunited, Case]("services", Flow).since("1", "C-62", "reunite-family"),
		},
		commands: []CommandSpec{
			command[SendServiceReferral]("send-service-referral", CaseKind, "services"),
			command[RecordServiceNeed]("record-service-need", CaseKind, "services"),
			command[StartService]("start-service", CaseKind, "services"),
			command[DeliverService]("deliver-service", CaseKind, "services"),
			command[ReuniteFamily]("reunite-family", CaseKind, "services"),
		},
	}
}
