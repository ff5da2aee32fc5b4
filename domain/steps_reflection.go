package domain

// ReflectionTrack is what the rules about the recovery and reflection period
// keep of a case beside the fields of [Case] itself.
type ReflectionTrack struct{}

// reflectionSteps is the part of the catalogue about the recovery and reflection period.
func reflectionSteps() steps {
	return steps{
		events: []EventSpec{
			event[ReflectionGranted, Case]("reflection", Flow).since("1", "C-rep", "grant-reflection"),
		},
		commands: []CommandSpec{
			command[GrantReflection]("grant-reflection", CaseKind, "reflection"),
		},
	}
}
