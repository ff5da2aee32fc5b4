package domain

// criminalSteps is the part of the catalogue about criminal proceedings.
func criminalSteps() steps {
	return steps{}
}
