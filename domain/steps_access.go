package domain

// accessSteps is the part of the catalogue about who has read what.
func accessSteps() steps {
	return steps{}
}
