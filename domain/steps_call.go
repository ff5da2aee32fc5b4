package domain

// callSteps is the part of the catalogue about hotline calls.
func callSteps() steps {
	return steps{
		events: []EventSpec{
			event[HotlineCallLogged, Call]("call", Flow).since("2", "M-590", "log-hotline-call"),
		},
		commands: []CommandSpec{
			command[LogHotlineCall]("log-hotline-call", CallKind, "call"),
		},
	}
}
