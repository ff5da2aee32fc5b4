package domain

// ChildTrack is what the rules about children and their guardians
// keep of a case beside the fields of [Case] itself.
type ChildTrack struct {
	Ages                 []AgeStatus     `json:"ages,omitempty"` // in the order of the days from which they hold
	GuardianAsked        When            `json:"guardian_asked,omitzero"`
	Guardians            []Guardianship  `json:"guardians,omitempty"`              // in the order of their offices
	BestInterestsWeighed []string        `json:"best_interests_weighed,omitempty"` // the purposes
	BestInterests        []BestInterests `json:"best_interests,omitempty"`
	ChildStandard        When            `json:"child_standard,omitzero"` // last applied
	Tracing              When            `json:"tracing,omitzero"`
	TracingResult        string          `json:"tracing_result,omitempty"`
	Enrolled             When            `json:"enrolled,omitzero"`
}

// childSteps is the part of the catalogue about children and their guardians.
func childSteps() steps {
	return steps{
		events: []EventSpec{
			event[ChildStatusPresumed, Case]("child", Child).since("2", "CoE 10.3", "presume-child"),
			event[ChildStatusSet, Case]("child", Child).since("2", "CoE 10.3", "set-child-status"),
			event[GuardianRequested, Case]("child", Child).since("2", "CoE 10.4", "request-guardian"),
			event[GuardianAppointed, Case]("child", Child).since("2", "CoE 10.4", "appoint-guardian"),
			event[GuardianChanged, Case]("child", Child).since("2", "CoE 10.4", "change-guardian"),
			event[GuardianEnded, Case]("child", Child).since("2", "CoE 10.4", "end-guardian"),
			event[ChildStandardApplied, Case]("child", Child).since("2", "P-2173 4.5.9", "apply-child-standard"),
			event[BestInterestsAssessed, Case]("child", Child).since("2", "CRC 3", "assess-best-interests"),
			event[BestInterestsDetermined, Case]("child", Child).since("2", "CRC 3", "determine-best-interests"),
			event[FamilyTracingStarted, Case]("child", Child).since("2", "CoE 10.4", "start-family-tracing"),
			event[FamilyTracingResult, Case]("child", Child).since("2", "CoE 10.4", "record-tracing-result"),
			event[SchoolEnrolled, Case]("child", Child).since("2", "P-2173 4.5.4", "enrol-in-school"),
		},
		commands: []CommandSpec{
			command[PresumeChild]("presume-child", CaseKind, "child"),
			command[SetChildStatus]("set-child-status", CaseKind, "child"),
			command[RequestGuardian]("request-guardian", CaseKind, "child"),
			command[AppointGuardian]("appoint-guardian", CaseKind, "child"),
			command[ChangeGuardian]("change-guardian", CaseKind, "child"),
			command[EndGuardian]("end-guardian", CaseKind, "child"),
			command[AssessBestInterests]("assess-best-interests", CaseKind, "child"),
			command[DetermineBestInterests]("determine-best-interests", CaseKind, "child"),
			command[ApplyChildStandard]("apply-child-standard", CaseKind, "child"),
			command[StartFamilyTracing]("start-family-tracing", CaseKind, "child"),
			command[RecordTracingResult]("record-tracing-result", CaseKind, "child"),
			command[EnrolInSchool]("enrol-in-school", CaseKind, "child"),
		},
	}
}
