package domain

// ReflectionTrack is what the rules about the recovery and reflection period
// keep of a case beside the fields of [Case] itself.
type ReflectionTrack struct {
	ReflectionState   string `json:"reflection_state,omitempty"` // code list "reflection_state"
	ReflectionOffered When   `json:"reflection_offered,omitzero"`
	Cooperation       string `json:"cooperation,omitempty"` // code list "cooperation"; no rule about help reads it
	CooperationAt     When   `json:"cooperation_at,omitzero"`

	EarlierReflections []Period `json:"earlier_reflections,omitempty"` // before the latest, which is [Case.Reflection]

	groundless int // changes of what does not stand: see [shaken]
}

// reflectionSteps is the part of the catalogue about the recovery and reflection period.
func reflectionSteps() steps {
	return steps{
		events: []EventSpec{
			event[ReflectionOffered, Case]("reflection", Flow).since("2", "C-rep", "offer-reflection"),
			event[ReflectionDeclined, Case]("reflection", Flow).since("2", "C-rep", "decline-reflection"),
			event[ReflectionGranted, Case]("reflection", Flow).since("1", "C-rep", "grant-reflection"),
			event[ReflectionExtended, Case]("reflection", Flow).since("2", "C-rep", "extend-reflection"),
			event[ReflectionTerminated, Case]("reflection", Flow).since("2", "C-rep", "terminate-reflection"),
			event[ReflectionEnded, Case]("reflection", Flow).since("2", "C-rep", "mark-reflection-ended"),
			event[CooperationDecisionRecorded, Case]("reflection", Criminal).since("2", "C-rep", "record-cooperation"),
		},
		commands: []CommandSpec{
			command[OfferReflection]("offer-reflection", CaseKind, "reflection"),
			command[DeclineReflection]("decline-reflection", CaseKind, "reflection"),
			command[GrantReflection]("grant-reflection", CaseKind, "reflection"),
			command[ExtendReflection]("extend-reflection", CaseKind, "reflection"),
			command[TerminateReflection]("terminate-reflection", CaseKind, "reflection"),
			command[MarkReflectionEnded]("mark-reflection-ended", CaseKind, "reflection"),
			command[RecordCooperation]("record-cooperation", CaseKind, "reflection"),
		},
	}
}
