package domain

// ReturnTrack is what the rules about return in both directions
// keep of a case beside the fields of [Case] itself.
type ReturnTrack struct{}

// returnSteps is the part of the catalogue about return in both directions.
func returnSteps() steps {
	return steps{
		events: []EventSpec{
			event[ConsularAssistanceGiven, Case]("return", Flow).since("1", "P-2173 4.4.8", "give-consular-assistance"),
			event[ReturnWishExpressed, Case]("return", Flow).since("1", "C-rep", "express-return-wish"),
			event[ReturnRiskAssessed, Case]("return", Flow).since("1", "C-rep", "assess-return-risk"),
			event[ReturnConsentRecorded, Case]("return", Flow).since("1", "C-rep", "record-return-consent"),
			event[ReturnCertificateApplied, Case]("return", Flow).since("1", "P-2173 4.1.7", "apply-return-certificate"),
			event[ReturnCertificateIssued, Case]("return", Flow).since("1", "P-2173 4.1.7", "issue-return-certificate"),
			event[ReturnDeparted, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-departure"),
			event[ReturnArrived, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-arrival"),
			event[ReturnReceived, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-reception"),
			event[ReintegrationFollowUpDone, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-follow-up"),
		},
		commands: []CommandSpec{
			command[GiveConsularAssistance]("give-consular-assistance", CaseKind, "return"),
			command[ExpressReturnWish]("express-return-wish", CaseKind, "return"),
			command[AssessReturnRisk]("assess-return-risk", CaseKind, "return"),
			command[RecordReturnConsent]("record-return-consent", CaseKind, "return"),
			command[ApplyReturnCertificate]("apply-return-certificate", CaseKind, "return"),
			command[IssueReturnCertificate]("issue-return-certificate", CaseKind, "return"),
			command[RecordReturnDeparture]("record-return-departure", CaseKind, "return"),
			command[RecordReturnArrival]("record-return-arrival", CaseKind, "return"),
			command[RecordReturnReception]("record-return-reception", CaseKind, "return"),
			command[RecordFollowUp]("record-follow-up", CaseKind, "return"),
		},
	}
}
