package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are a short text by which a person could be recognised: a name, a
// number, an address. Prose is a long one. Only personal events hold them.
type (
	Words string
	Prose string
)

// How long texts may be, in characters, where a field says nothing else.
const (
	maxWords = 200
	maxProse = 8000
)

// fault answers "not_text" for a text with control characters or broken
// encoding, "too_long", or nothing.
func textFault(s string, most int, lines bool) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return (unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || turns(r)) && (!lines || r != '\n' && r != '\r' && r != '\t') || r == utf8.RuneError
	}) {
		return "not_text"
	}
	if utf8.RuneCountInString(s) > most {
		return "too_long"
	}
	return ""
}

// turns reports whether a sign turns the direction of what follows: it could show
// another name than the one that is stored.
func turns(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// IdentityFields say who the person is, as far as anybody knows. Fields follow
// the Human Trafficking Case Data Standard 2.0 (prs_*).
type IdentityFields struct {
	FamilyName  Words  `json:"family_name,omitempty" max:"100"`
	GivenName   Words  `json:"given_name,omitempty" max:"100"`
	Patronymic  Words  `json:"patronymic,omitempty" max:"100"`
	OtherNames  Words  `json:"other_names,omitempty"` // earlier or assumed names, other spellings
	BirthDate   Day    `json:"birth_date,omitzero"`
	BirthYear   int    `json:"birth_year,omitempty" min:"1900" max:"2100"` // where the day is not known
	Nationality string `json:"nationality,omitempty" code:"nationality"`
}

// DocumentFields describe a document that says who a person is.
type DocumentFields struct {
	DocumentKind    string `json:"document_kind,omitempty" code:"document_kind"`
	DocumentNumber  Words  `json:"document_number,omitempty" max:"60"`
	DocumentCountry string `json:"document_country,omitempty" code:"nationality"` // that issued it
}

// ContactFields say how a person can be reached, and whether that is safe.
type ContactFields struct {
	ContactKind   string `json:"contact_kind,omitempty" code:"contact_kind"`
	Contact       Words  `json:"contact,omitempty"`
	ContactSafety string `json:"contact_safety,omitempty" code:"contact_safety"`
}

// IdentityRecorded says who the person is. The latest one holds; what earlier
// ones said can still be searched for.
type IdentityRecorded struct {
	FamilyName  Words  `json:"family_name,omitempty"`
	GivenName   Words  `json:"given_name,omitempty"`
	Patronymic  Words  `json:"patronymic,omitempty"`
	OtherNames  Words  `json:"other_names,omitempty"`
	BirthDate   Day    `json:"birth_date,omitzero"`
	BirthYear   int    `json:"birth_year,omitempty"`
	Nationality string `json:"nationality,omitempty" code:"nationality"`
}

// DocumentRecorded describes one document.
type DocumentRecorded struct {
	Kind    string `json:"kind" code:"document_kind"`
	Number  Words  `json:"number"`
	Country string `json:"country,omitempty" code:"nationality"`
}

// ContactRecorded is one way to reach the person.
type ContactRecorded struct {
	Kind    string `json:"kind" code:"contact_kind"`
	Contact Words  `json:"contact"`
	Safety  string `json:"safety" code:"contact_safety"`
}

// NarrativeRecorded is what the person, or who found them, tells of what
// happened.
type NarrativeRecorded struct {
	Text Prose `json:"text"`
}

// NoteAdded is a working note of those who lead the case, or what a referring
// body adds to its referral.
type NoteAdded struct {
	Text Prose `json:"text"`
}

// HealthRecorded is what those who house and help the person must know of their
// health.
type HealthRecorded struct {
	Urgent bool  `json:"urgent,omitempty"`
	Text   Prose `json:"text"`
}

// TestimonyRecorded is what the person says for the criminal proceedings.
type TestimonyRecorded struct {
	Text Prose `json:"text"`
}

// WhereaboutsRecorded says where the person can be found when no facility
// hosts them.
type WhereaboutsRecorded struct {
	District string `json:"district,omitempty" code:"district"`
	Address  Words  `json:"address"`
}

func (IdentityRecorded) EventType() string    { return "IdentityRecorded" }
func (DocumentRecorded) EventType() string    { return "DocumentRecorded" }
func (ContactRecorded) EventType() string     { return "ContactRecorded" }
func (NarrativeRecorded) EventType() string   { return "NarrativeRecorded" }
func (NoteAdded) EventType() string           { return "NoteAdded" }
func (HealthRecorded) EventType() string      { return "HealthRecorded" }
func (TestimonyRecorded) EventType() string   { return "TestimonyRecorded" }
func (WhereaboutsRecorded) EventType() string { return "WhereaboutsRecorded" }

func (e IdentityRecorded) apply(c *Case, at Times)    { c.learn(e.EventType(), at) }
func (e DocumentRecorded) apply(c *Case, at Times)    { c.learn(e.EventType(), at) }
func (e ContactRecorded) apply(c *Case, at Times)     { c.learn(e.EventType(), at) }
func (e NarrativeRecorded) apply(c *Case, at Times)   { c.learn(e.EventType(), at) }
func (e NoteAdded) apply(c *Case, at Times)           { c.learn(e.EventType(), at) }
func (e HealthRecorded) apply(c *Case, at Times)      { c.learn(e.EventType(), at) }
func (e TestimonyRecorded) apply(c *Case, at Times)   { c.learn(e.EventType(), at) }
func (e WhereaboutsRecorded) apply(c *Case, at Times) { c.learn(e.EventType(), at) }

// Names lists the names by which the person may be looked for.
func (e IdentityRecorded) Names() (names []string) {
	for _, n := range []Words{e.FamilyName, e.GivenName, e.Patronymic, e.OtherNames} {
		if n != "" {
			names = append(names, string(n))
		}
	}
	return names
}

// Name is how the person is called: family name, given name, patronymic, or
// else the other names.
func (e IdentityRecorded) Name() string {
	var parts []string
	for _, n := range []Words{e.FamilyName, e.GivenName, e.Patronymic} {
		if n != "" {
			parts = append(parts, string(n))
		}
	}
	if len(parts) == 0 {
		return string(e.OtherNames)
	}
	return strings.Join(parts, " ")
}
