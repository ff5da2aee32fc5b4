package api

import (
	"slices"
	"strconv"
	"sync"

	"nrm/domain"
)

// personFields are the names of the fields that say who a person is and how
// they can be reached: those of the commands that record nothing else.
var personFields = sync.OnceValue(func() (names []string) {
	for _, command := range []string{"record-identity", "record-document", "record-contact"} {
		for _, field := range mustSpec(command).Fields() {
			names = append(names, field.Name)
		}
	}
	return names
})

// ofPerson reports whether a field says something about the person that
// concerns few: it is sealed when it is recorded.
func ofPerson(field domain.Field) bool {
	return field.Kind == domain.ShortText || field.Kind == domain.LongText || slices.Contains(personFields(), field.Name)
}

// present fills in who the person is as it stands: what is recorded anew takes
// the place of all of it, so a correction begins with what is right.
func (f *commandForm) present(is domain.IdentityRecorded) {
	for name, value := range map[string]string{
		"family_name": string(is.FamilyName), "given_name": string(is.GivenName), "patronymic": string(is.Patronymic),
		"other_names": string(is.OtherNames), "nationality": is.Nationality,
	} {
		f.answers.Set(name, value)
	}
	if !is.BirthDate.IsZero() {
		f.setDay("birth_date", is.BirthDate)
	}
	if is.BirthYear != 0 {
		f.answers.Set("birth_year", strconv.Itoa(is.BirthYear))
	}
}
