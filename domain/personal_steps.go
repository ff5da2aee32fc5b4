package domain

import (
	"slices"
	"time"
)

// deniesAlien reports whether the nationality does not fit a citizenship of the list
// "citizenship": a foreigner is no citizen of Azerbaijan, and a stateless person of
// no country. A citizen may have another nationality besides.
func (f IdentityFields) deniesAlien(citizenship string) bool {
	return citizenship == "foreign" && f.Nationality == "AZ" || citizenship == "stateless" && f.Nationality != ""
}

// events gives the event that the fields make, if they hold anything. Age is
// that of the case, on a day.
func (f IdentityFields) events(age string, on Day) ([]Event[Case], error) {
	if f == (IdentityFields{}) {
		return nil, nil
	}
	switch {
	case f.BirthDate.After(on):
		return nil, invalid("in_future", "birth_date")
	case f.BirthYear > on.Year():
		return nil, invalid("in_future", "birth_year")
	case !f.BirthDate.IsZero() && f.BirthYear != 0 && f.BirthYear != f.BirthDate.Year():
		return nil, invalid("one_birth_only", "birth_year")
	}
	if least, most, known := f.years(on); known && (age == "child" && least >= 18 || age == "adult" && most < 18) {
		field := "birth_date"
		if f.BirthDate.IsZero() {
			field = "birth_year"
		}
		return nil, invalid("age_contradicts", field)
	}
	return []Event[Case]{IdentityRecorded(f)}, nil
}

// years says between which ages the person is on a day.
func (f IdentityFields) years(on Day) (least, most int, known bool) {
	switch b := f.BirthDate; {
	case !b.IsZero():
		return b.Years(on), b.Years(on), true
	case f.BirthYear != 0:
		return on.Year() - f.BirthYear - 1, on.Year() - f.BirthYear, true
	}
	return 0, 0, false
}

func (f DocumentFields) events() ([]Event[Case], error) {
	switch {
	case f == (DocumentFields{}):
		return nil, nil
	case f.DocumentKind == "":
		return nil, invalid("required", "document_kind")
	case f.DocumentNumber == "":
		return nil, invalid("required", "document_number")
	}
	return []Event[Case]{DocumentRecorded{f.DocumentKind, f.DocumentNumber, f.DocumentCountry}}, nil
}

func (f ContactFields) events() ([]Event[Case], error) {
	switch {
	case f == (ContactFields{}):
		return nil, nil
	case f.ContactKind == "":
		return nil, invalid("required", "contact_kind")
	case f.Contact == "":
		return nil, invalid("required", "contact")
	case f.ContactSafety == "":
		f.ContactSafety = "unknown"
	}
	return []Event[Case]{ContactRecorded{f.ContactKind, f.Contact, f.ContactSafety}}, nil
}

// personal gives the personal events of a referral.
func (cmd RegisterReferral) personal(on Day) (events []Event[Case], err error) {
	if cmd.deniesAlien(cmd.Citizenship) {
		return nil, invalid("answers_contradict", "nationality")
	}
	identity, err := cmd.IdentityFields.events(cmd.Age, on)
	if err != nil {
		return nil, err
	}
	document, err := cmd.DocumentFields.events()
	if err != nil {
		return nil, err
	}
	contact, err := cmd.ContactFields.events()
	if err != nil {
		return nil, err
	}
	events = append(append(identity, document...), contact...)
	if cmd.Notes != "" {
		events = append(events, NoteAdded{cmd.Notes})
	}
	return events, nil
}

// RecordIdentity records who the person is, or corrects it.
type RecordIdentity struct{ IdentityFields }

// RecordDocument records a document that says who the person is.
type RecordDocument struct{ DocumentFields }

// RecordContact records how the person can be reached.
type RecordContact struct{ ContactFields }

// RecordNarrative records what happened to the person, in free text.
type RecordNarrative struct {
	Text Prose `json:"text"`
}

// AddNote adds a working note.
type AddNote struct {
	Text Prose `json:"text"`
}

// RecordHealth records what the person's helpers must know of their health.
type RecordHealth struct {
	Urgent bool  `json:"urgent"`
	Text   Prose `json:"text"`
}

// RecordTestimony records what the person says for the proceedings.
type RecordTestimony struct {
	Text Prose `json:"text"`
}

// RecordWhereabouts records where the person can be found.
type RecordWhereabouts struct {
	District string `json:"district,omitempty" code:"district"`
	Address  Words  `json:"address"`
}

func (RecordIdentity) givers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Shelter, AssistanceCentre, Migration, Consulate}
}
func (RecordDocument) givers() []Role  { return []Role{DutyOfficer, CaseOfficer, Migration, Consulate} }
func (RecordContact) givers() []Role   { return []Role{DutyOfficer, CaseOfficer, LegalAid} }
func (RecordNarrative) givers() []Role { return []Role{CaseOfficer} }
func (AddNote) givers() []Role         { return []Role{DutyOfficer, CaseOfficer, Head} }
func (RecordHealth) givers() []Role    { return []Role{Shelter, AssistanceCentre} }
func (RecordTestimony) givers() []Role { return []Role{CaseOfficer, Prosecution} }
func (RecordWhereabouts) givers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Shelter, AssistanceCentre}
}

func (RecordIdentity) expected(c *Case) bool { return c.unknown(IdentityRecorded{}) }
func (RecordDocument) expected(c *Case) bool { return c.unknown(DocumentRecorded{}) }

// unknown reports whether something personal is still to be learnt.
func (c *Case) unknown(e AnyEvent) bool {
	_, known := c.Personal[e.EventType()]
	return !known && !c.Erased()
}

// personally is the answer of a rule about personal facts: nothing of the kind
// is recorded of a person who was erased.
func (c *Case) personally(req Request, events []Event[Case], err error, remarks ...remark) ([]Event[Case], error) {
	switch {
	case c.Erased():
		return nil, conflict("erased")
	case err != nil:
		return nil, err
	case len(events) == 0:
		return nil, invalid("nothing_given", "")
	case !c.knows(req.By, req.known()):
		return nil, conflict("not_admitted")
	}
	return c.noting(req, events, remarks...), nil
}

// knows reports whether the asker has to do with the person closely enough to
// say something of them: to have been asked to take a person in is not enough.
func (c *Case) knows(by Actor, now time.Time) bool {
	return by.Role.SeesEveryCase() ||
		slices.ContainsFunc(c.Access, func(a Access) bool { return a.opens(by.Role, Identity) && a.Covers(by, now) })
}

// decide lets nobody replace unseen what others know: who may not read the name
// can give one where there is none, or correct their own. A nationality that does
// not fit the citizenship of the case is learnt later and may be the truth: it is
// recorded, and remarked, so that the citizenship is looked into. The remark says no
// more of the person than the citizenship does, which everybody with the case reads.
func (cmd RecordIdentity) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.unknown(IdentityRecorded{}) && !c.Erased() && c.NamedBy != req.By.User && c.knows(req.By, req.known()) && (!req.By.Role.knowsWhole() || !MayRead(req.By, c.Access, Identity, req.known())) {
		return nil, conflict("known_already")
	}
	events, err := cmd.events(c.ageOn(c.Detected.Day()).Status, c.Detected.Day())
	return c.personally(req, events, err, remark{cmd.deniesAlien(c.Citizenship), "citizenship_doubtful"})
}

func (cmd RecordDocument) decide(c *Case, req Request) ([]Event[Case], error) {
	events, err := cmd.events()
	return c.personally(req, events, err)
}

func (cmd RecordContact) decide(c *Case, req Request) ([]Event[Case], error) {
	events, err := cmd.events()
	return c.personally(req, events, err)
}

func (cmd RecordNarrative) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.personally(req, []Event[Case]{NarrativeRecorded(cmd)}, nil)
}

func (cmd AddNote) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.personally(req, []Event[Case]{NoteAdded(cmd)}, nil)
}

func (cmd RecordHealth) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.personally(req, []Event[Case]{HealthRecorded(cmd)}, nil)
}

func (cmd RecordTestimony) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.personally(req, []Event[Case]{TestimonyRecorded(cmd)}, nil)
}

func (cmd RecordWhereabouts) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.personally(req, []Event[Case]{WhereaboutsRecorded(cmd)}, nil)
}
