package domain

// RedressTrack is what the rules about allowance, Fund and compensation
// keep of a case beside the fields of [Case] itself.
type RedressTrack struct{}

// redressSteps is the part of the catalogue about allowance, Fund and compensation.
func redressSteps() steps {
	return steps{
		events: []EventSpec{
			event[RedressRightsExplained, Case]("redress", Flow).since("1", "C-123", "explain-redress-rights"),
			event[AllowanceGranted, Case]("redress", Money).since("2", "L-958 17.2", "grant-allowance"),
			event[AllowancePaid, Case]("redress", Money).since("1", "L-958 17.2", "pay-allowance"),
			event[FundAssistanceRequested, Case]("redress", Money).since("1", "L-958 22", "request-fund-assistance"),
			event[FundAssistanceGranted, Case]("redress", Money).since("2", "C-123 3.6", "grant-fund-assistance"),
			event[FundAssistanceRefused, Case]("redress", Money).since("2", "C-123 3.6", "refuse-fund-assistance"),
			event[FundAssistancePaid, Case]("redress", Money).since("1", "C-123 3.6", "pay-fund-assistance"),
			event[CompensationClaimFiled, Case]("redress", Money).since("1", "CPC 190", "file-claim"),
			event[CompensationAwarded, Case]("redress", Money).since("1", "CPC 190", "record-award"),
			event[CompensationRejected, Case]("redress", Money).since("2", "CPC 190", "reject-claim"),
			event[CompensationPaid, Case]("redress", Money).since("1", "CPC 190", "record-compensation-payment"),
		},
		commands: []CommandSpec{
			command[ExplainRedressRights]("explain-redress-rights", CaseKind, "redress"),
			command[GrantAllowance]("grant-allowance", CaseKind, "redress"),
			command[PayAllowance]("pay-allowance", CaseKind, "redress"),
			command[RequestFundAssistance]("request-fund-assistance", CaseKind, "redress"),
			command[GrantFundAssistance]("grant-fund-assistance", CaseKind, "redress"),
			command[RefuseFundAssistance]("refuse-fund-assistance", CaseKind, "redress"),
			command[PayFundAssistance]("pay-fund-assistance", CaseKind, "redress"),
			command[FileClaim]("file-claim", CaseKind, "redress"),
			command[RecordAward]("record-award", CaseKind, "redress"),
			command[RejectClaim]("reject-claim", CaseKind, "redress"),
			command[RecordCompensationPayment]("record-compensation-payment", CaseKind, "redress"),
		},
	}
}
