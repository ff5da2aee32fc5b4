package domain

// CriminalTrack is what the rules about criminal proceedings
// keep of a case beside the fields of [Case] itself.
type CriminalTrack struct{}

// criminalSteps is the part of the catalogue about criminal proceedings.
func criminalSteps() steps {
	return steps{}
}
