package api

import (
	"slices"

	"nrm/domain"
)

// Some questions, answers and commands are only about a child. Of a person who is
// an adult of the register on every day of the case ([domain.Case.NeverChild])
// pages neither ask nor offer them. Where the age is in doubt, or the person was a
// child once, they stay: what is recorded late may be of that time. Programs send
// commands as they are described, of everybody.
var (
	// of a command, by its field
	childQuestions = map[string][]string{
		"give-rights-information": {"child_friendly"},
		"hold-interview":          {"child_standard"},
		"record-consent":          {"assent"},
		"schedule-return":         {"carer"},
	}
	// of a code list
	childAnswers = map[string][]string{
		"consent_by":            {"guardian"},
		"consent_data":          {"child"},
		"extension_reason":      {"child_best_interests"},
		"means":                 {"none_child"},
		"reflection_extension":  {"child"},
		"return_cancellation":   {"not_in_best_interests"},
		"review_ground":         {"no_representative"},
		"rule":                  {"guardian"},
		"shelter_need":          {"child_alone"},
		"time_extension_reason": {"best_interests"},
		"travel_paper":          {"consent_for_child"},
	}
	// of the track of children, those that settle who is one
	settlesAge = []string{"presume-child", "set-child-status"}
)

// ofAdult reports whether the form is about somebody who was never a child here.
func (f *commandForm) ofAdult() bool { return f.state != nil && f.state.NeverChild() }

// asks reports whether the form asks for the field.
func (f *commandForm) asks(field domain.Field) bool {
	return !f.ofAdult() || !slices.Contains(childQuestions[f.spec.Name], field.Name)
}

// ofAdults leaves the codes that can be said of an adult.
func ofAdults(list string, codes []domain.Code) []domain.Code {
	return slices.DeleteFunc(slices.Clone(codes), func(c domain.Code) bool { return slices.Contains(childAnswers[list], c.Code) })
}

// forChildren reports whether a command can only be given of a child.
func forChildren(spec domain.CommandSpec) bool {
	return spec.Track == "child" && !slices.Contains(settlesAge, spec.Name)
}
