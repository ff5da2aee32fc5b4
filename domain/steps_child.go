package domain

// ChildTrack is what the rules about children and their guardians
// keep of a case beside the fields of [Case] itself.
type ChildTrack struct{}

// childSteps is the part of the catalogue about children and their guardians.
func childSteps() steps {
	return steps{}
}
