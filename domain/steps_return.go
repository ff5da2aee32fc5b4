package domain

// ReturnTrack is what the rules about return in both directions
// keep of a case beside the fields of [Case] itself.
type ReturnTrack struct {
	ReturnProposed     When         `json:"return_proposed,omitzero"`
	ReturnDeclined     When         `json:"return_declined,omitzero"`
	ReturnCancelled    When         `json:"return_cancelled,omitzero"`
	WishWritten        When         `json:"wish_written,omitzero"`
	ReturnRisks        []ReturnRisk `json:"return_risks,omitempty"`
	PapersAsked        []string     `json:"papers_asked,omitempty"` // code list "travel_paper"
	CertificateRefused When         `json:"certificate_refused,omitzero"`
	ScheduledReturn    ReturnPlan   `json:"scheduled_return,omitzero"`
}

// returnSteps is the part of the catalogue about return in both directions.
func returnSteps() steps {
	return steps{
		events: []EventSpec{
			event[ConsularAssistanceGiven, Case]("return", Flow).since("1", "P-2173 4.4.8", "give-consular-assistance"),
			event[ReturnProposed, Case]("return", Flow).since("2", "C-rep", "propose-return"),
			event[ReturnWishExpressed, Case]("return", Flow).since("1", "C-rep", "express-return-wish"),
			event[ReturnDeclined, Case]("return", Flow).since("2", "C-rep", "decline-return"),
			event[ReturnRiskAssessed, Case]("return", Flow).since("1", "C-rep", "assess-return-risk"),
			event[ReturnConsentRecorded, Case]("return", Flow).since("1", "C-rep", "record-return-consent"),
			event[TravelDocRequested, Case]("return", Flow).since("2", "P-2173 4.4.9", "request-travel-document"),
			event[ReturnCertificateApplied, Case]("return", Flow).since("1", "P-2173 4.1.7", "apply-return-certificate"),
			event[ReturnCertificateIssued, Case]("return", Flow).since("1", "P-2173 4.1.7", "issue-return-certificate"),
			event[ReturnCertificateRefused, Case]("return", Flow).since("2", "P-2173 4.1.7", "refuse-return-certificate"),
			event[ReturnScheduled, Case]("return", Flow).since("2", "C-rep", "schedule-return"),
			event[RepatriationCancelled, Case]("return", Flow).since("2", "C-rep", "cancel-return"),
			event[ReturnDeparted, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-departure"),
			event[ReturnArrived, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-arrival"),
			event[ReturnReceived, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-return-reception"),
			event[ReintegrationFollowUpDone, Case]("return", Flow).since("1", "P-2173 4.4.9", "record-follow-up"),
		},
		commands: []CommandSpec{
			command[GiveConsularAssistance]("give-consular-assistance", CaseKind, "return"),
			command[ReportCitizenAbroad]("report-citizen-abroad", CaseKind, "return"),
			command[ProposeReturn]("propose-return", CaseKind, "return"),
			command[ExpressReturnWish]("express-return-wish", CaseKind, "return"),
			command[DeclineReturn]("decline-return", CaseKind, "return"),
			command[AssessReturnRisk]("assess-return-risk", CaseKind, "return"),
			command[RecordReturnConsent]("record-return-consent", CaseKind, "return"),
			command[RequestTravelDocument]("request-travel-document", CaseKind, "return"),
			command[ApplyReturnCertificate]("apply-return-certificate", CaseKind, "return"),
			command[IssueReturnCertificate]("issue-return-certificate", CaseKind, "return"),
			command[RefuseReturnCertificate]("refuse-return-certificate", CaseKind, "return"),
			command[ScheduleReturn]("schedule-return", CaseKind, "return"),
			command[CancelReturn]("cancel-return", CaseKind, "return"),
			command[RecordReturnDeparture]("record-return-departure", CaseKind, "return"),
			command[RecordReturnArrival]("record-return-arrival", CaseKind, "return"),
			command[RecordReturnReception]("record-return-reception", CaseKind, "return"),
			command[RecordFollowUp]("record-follow-up", CaseKind, "return"),
		},
	}
}
