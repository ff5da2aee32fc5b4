package domain

// DeadlinesTrack is what the rules about what is late or out of order
// keep of a case beside the fields of [Case] itself.
type DeadlinesTrack struct{}

// deadlinesSteps is the part of the catalogue about what is late or out of order.
func deadlinesSteps() steps {
	return steps{
		events: []EventSpec{
			event[DeadlineMissed, Case]("deadlines", Flow).since("1", "C-123", "mark-overdue"),
			event[DeadlineSuspended, Case]("deadlines", Flow).since("2", "C-123", "suspend-deadline"),
			event[DeadlineResumed, Case]("deadlines", Flow).since("2", "C-123", "resume-deadline"),
			event[DeadlineExtended, Case]("deadlines", Flow).since("2", "C-123", "extend-deadline"),
			event[DeviationNoted, Case]("deadlines", Flow).since("1", "C-123"),
		},
		commands: []CommandSpec{
			command[SuspendDeadline]("suspend-deadline", CaseKind, "deadlines"),
			command[ResumeDeadline]("resume-deadline", CaseKind, "deadlines"),
			command[ExtendDeadline]("extend-deadline", CaseKind, "deadlines"),
			command[MarkOverdue]("mark-overdue", CaseKind, "deadlines"),
		},
	}
}
