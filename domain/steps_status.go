package domain

// StatusTrack is what the rules about residence and expulsion
// keep of a case beside the fields of [Case] itself.
type StatusTrack struct {
	Residence         Residence      `json:"residence,omitzero"`
	AddressMasked     When           `json:"address_masked,omitzero"`
	ExpulsionBars     []ExpulsionBar `json:"expulsion_bars,omitempty"`
	ExpulsionAttempts []When         `json:"expulsion_attempts,omitempty"`
}

// statusSteps is the part of the catalogue about residence and expulsion.
func statusSteps() steps {
	return steps{
		events: []EventSpec{
			event[ResidencePermitApplied, Case]("status", Flow).since("2", "C-rep", "apply-residence-permit"),
			event[ResidencePermitIssued, Case]("status", Flow).since("2", "C-rep", "issue-residence-permit"),
			event[ResidencePermitRefused, Case]("status", Flow).since("2", "C-rep", "refuse-residence-permit"),
			event[ResidencePermitRenewed, Case]("status", Flow).since("2", "C-rep", "renew-residence-permit"),
			event[ResidencePermitExpired, Case]("status", Flow).since("2", "C-rep", "record-permit-expiry"),
			event[ExpulsionBarred, Case]("status", Flow).since("2", "C-rep", "bar-expulsion"),
			event[ExpulsionAttempted, Case]("status", Flow).since("2", "C-rep", "record-expulsion-attempt"),
			event[AddressRegistrationMasked, Case]("status", Criminal).since("2", "P-2020reg", "mask-address"),
		},
		commands: []CommandSpec{
			command[ApplyResidencePermit]("apply-residence-permit", CaseKind, "status"),
			command[IssueResidencePermit]("issue-residence-permit", CaseKind, "status"),
			command[RefuseResidencePermit]("refuse-residence-permit", CaseKind, "status"),
			command[RenewResidencePermit]("renew-residence-permit", CaseKind, "status"),
			command[RecordPermitExpiry]("record-permit-expiry", CaseKind, "status"),
			command[BarExpulsion]("bar-expulsion", CaseKind, "status"),
			command[RecordExpulsionAttempt]("record-expulsion-attempt", CaseKind, "status"),
			command[MaskAddress]("mask-address", CaseKind, "status"),
		},
	}
}
