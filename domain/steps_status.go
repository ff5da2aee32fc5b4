package domain

// StatusTrack is what the rules about residence and expulsion
// keep of a case beside the fields of [Case] itself.
type StatusTrack struct{}

// statusSteps is the part of the catalogue about residence and expulsion.
func statusSteps() steps {
	return steps{}
}
