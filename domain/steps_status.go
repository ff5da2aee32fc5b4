package domain

// statusSteps is the part of the catalogue about residence and expulsion.
func statusSteps() steps {
	return steps{}
}
