package domain

import "fmt"

// accessSteps is the part of the catalogue about who has read what.
func accessSteps() steps {
	return steps{
		events: []EventSpec{
			event[RecordViewed, Accesses]("access", Flow).since("2", "PD-998", "record-access"),
			event[SearchRun, Accesses]("access", Flow).since("2", "PD-998", "record-access"),
			event[ExportMade, Accesses]("access", Flow).since("2", "PD-998", "record-access"),
			event[AccessDenied, Accesses]("access", Flow).since("2", "PD-998", "record-access"),
			event[BreakGlassRequested, Accesses]("access", Flow).since("2", "PD-998", "request-break-glass"),
			event[BreakGlassRejected, Accesses]("access", Flow).since("2", "PD-998", "reject-break-glass"),
			event[BreakGlassUsed, Accesses]("access", Flow).since("2", "PD-998", "approve-break-glass"),
			event[AccessReviewed, Accesses]("access", Flow).since("2", "PD-998", "review-access"),
		},
		commands: []CommandSpec{
			command[RecordAccess]("record-access", AccessKind, "access"),
			command[RequestBreakGlass]("request-break-glass", CaseKind, "access"),
			command[ApproveBreakGlass]("approve-break-glass", CaseKind, "access"),
			command[RejectBreakGlass]("reject-break-glass", CaseKind, "access"),
			command[ReviewAccess]("review-access", CaseKind, "access"),
		},
	}
}

// onAccess holds a decision about access against what must always be true of it:
// nobody opens what they asked for themselves, and only the data protection officer
// reviews.
func (a *Audit) onAccess(name string, d Decision) error {
	before := a.accesses[name]
	if before == nil {
		before = new(Accesses)
	}
	for _, e := range d.Events {
		switch e := e.(type) {
		case BreakGlassUsed:
			if before.Glass.Asked.IsZero() || before.Glass.AskedBy.User != e.User || e.User == d.By.User {
				return fmt.Errorf("glass broken for %s by %s, who asked: %q", e.User, d.By.User, before.Glass.AskedBy.User)
			}
		case AccessReviewed:
			if d.By.Role != DataProtection {
				return fmt.Errorf("access reviewed by %s", d.By.Role)
			}
		case RecordViewed, SearchRun, ExportMade, AccessDenied:
			if d.By.Role != Clock || !isVolume(d.Stream.ID) {
				return fmt.Errorf("%s by %s on %s", e.EventType(), d.By.Role, d.Stream)
			}
		}
	}
	return apply(a.accesses, name, d)
}
