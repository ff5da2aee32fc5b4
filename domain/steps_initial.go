package domain

// InitialTrack is what the rules about initial assistance, rights, consent, risk and protection
// keep of a case beside the fields of [Case] itself.
type InitialTrack struct{}

// initialSteps is the part of the catalogue about initial assistance, rights, consent, risk and protection.
func initialSteps() steps {
	return steps{
		events: []EventSpec{
			event[RiskAssessed, Case]("identification", Screening).since("1", "C-123", "assess-risk"),
			event[ProtectionRequested, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "request-protection"),
			event[ProtectionMeasureOrdered, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "order-protection"),
			event[ProtectionMeasureEnded, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "end-protection"),
		},
		commands: []CommandSpec{
			command[AssessRisk]("assess-risk", CaseKind, "identification"),
			command[RequestProtection]("request-protection", CaseKind, "protection"),
			command[OrderProtection]("order-protection", CaseKind, "protection"),
			command[EndProtection]("end-protection", CaseKind, "protection"),
		},
	}
}
