package domain

// InitialTrack is what the rules about initial assistance, rights, consent, risk and protection
// keep of a case beside the fields of [Case] itself.
type InitialTrack struct {
	Assisted      When                `json:"assisted,omitzero"`
	RightsTold    When                `json:"rights_told,omitzero"`
	Consents      map[string]Consent  `json:"consents,omitempty"` // by purpose; see [Case.ConsentFor]
	Risks         []RiskRecord        `json:"risks,omitempty"`    // in the order in which they were assessed
	Measures      []ProtectionInForce `json:"measures,omitempty"`
	AccessChanged When                `json:"access_changed,omitzero"` // when access to the person's data was last suspended or restored
}

// initialSteps is the part of the catalogue about initial assistance, rights, consent, risk and protection.
func initialSteps() steps {
	return steps{
		events: []EventSpec{
			event[InitialAssistanceGiven, Case]("initial", Health).since("2", "C-131 6.4", "give-initial-assistance"),
			event[RightsInformationGiven, Case]("initial", Flow).since("2", "L-958", "give-rights-information"),
			event[ConsentRecorded, Case]("consent", Flow).since("2", "PD-998", "record-consent"),
			event[ConsentRefused, Case]("consent", Flow).since("2", "PD-998", "refuse-consent"),
			event[ConsentWithdrawn, Case]("consent", Flow).since("2", "PD-998", "withdraw-consent"),
			event[ConsentExpired, Case]("consent", Flow).since("2", "PD-998", "mark-consent-expired"),
			event[RiskAssessed, Case]("identification", Screening).since("1", "C-123", "assess-risk"),
			event[ProtectionRequested, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "request-protection"),
			event[ProtectionMeasureOrdered, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "order-protection"),
			event[ProtectionMeasureEnded, Case]("protection", Criminal).since("1", "P-2173 4.4.7", "end-protection", "restore-identity-access"),
			event[IdentityAccessSuspended, Case]("protection", Flow).since("2", "L-958", "suspend-identity-access", "order-protection"),
			event[IdentityAccessRestored, Case]("protection", Flow).since("2", "L-958", "restore-identity-access"),
		},
		commands: []CommandSpec{
			command[GiveInitialAssistance]("give-initial-assistance", CaseKind, "initial"),
			command[GiveRightsInformation]("give-rights-information", CaseKind, "initial"),
			command[RecordConsent]("record-consent", CaseKind, "consent"),
			command[RefuseConsent]("refuse-consent", CaseKind, "consent"),
			command[WithdrawConsent]("withdraw-consent", CaseKind, "consent"),
			command[MarkConsentExpired]("mark-consent-expired", CaseKind, "consent"),
			command[AssessRisk]("assess-risk", CaseKind, "identification"),
			command[RequestProtection]("request-protection", CaseKind, "protection"),
			command[OrderProtection]("order-protection", CaseKind, "protection"),
			command[EndProtection]("end-protection", CaseKind, "protection"),
			command[SuspendIdentityAccess]("suspend-identity-access", CaseKind, "protection"),
			command[RestoreIdentityAccess]("restore-identity-access", CaseKind, "protection"),
		},
	}
}
