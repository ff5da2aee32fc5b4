package domain

// AccessTrack is what the rules about who has read what
// keep of a case beside the fields of [Case] itself.
type AccessTrack struct{}

// accessSteps is the part of the catalogue about who has read what.
func accessSteps() steps {
	return steps{}
}
