package domain

// erasureSteps is the part of the catalogue about legal holds and erasure.
func erasureSteps() steps {
	return steps{
		events: []EventSpec{
			event[LegalHoldPlaced, Case]("erasure", Flow).since("1", "PD-998", "place-legal-hold"),
			event[LegalHoldLifted, Case]("erasure", Flow).since("1", "PD-998", "lift-legal-hold"),
			event[ErasureRequested, Case]("erasure", Flow).since("1", "PD-998", "request-erasure"),
			event[ErasureRejected, Case]("erasure", Flow).since("1", "PD-998", "reject-erasure"),
			event[IdentityErased, Case]("erasure", Flow).since("1", "PD-998", "approve-erasure"),
			event[ErasureCompleted, Case]("erasure", Flow).since("1", "PD-998", "complete-erasure"),
		},
		commands: []CommandSpec{
			command[PlaceLegalHold]("place-legal-hold", CaseKind, "erasure"),
			command[LiftLegalHold]("lift-legal-hold", CaseKind, "erasure"),
			command[RequestErasure]("request-erasure", CaseKind, "erasure"),
			command[RejectErasure]("reject-erasure", CaseKind, "erasure"),
			command[ApproveErasure]("approve-erasure", CaseKind, "erasure"),
			command[CompleteErasure]("complete-erasure", CaseKind, "erasure"),
		},
	}
}
