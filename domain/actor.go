package domain

// Role is what an asker acts as. An account has one role in one organisation;
// nobody gives themselves either.
type Role string

const (
	Referrer         Role = "referrer"          // any body that refers a person
	DutyOfficer      Role = "duty_officer"      // special police unit: receives persons, day and night
	CaseOfficer      Role = "case_officer"      // special police unit: works on the case
	Head             Role = "head"              // special police unit: decides identification
	Shelter          Role = "shelter"           // staff of a shelter
	AssistanceCentre Role = "assistance_centre" // staff of an assistance centre
	ChildProtection  Role = "child_protection"  // guardianship body
	Migration        Role = "migration"         // migration service
	Consulate        Role = "consulate"         // diplomatic mission or consulate abroad
	FundOfficer      Role = "fund"              // allowances and the Victim Assistance Fund
	LegalAid         Role = "legal_aid"         // lawyers of an NGO
	Prosecution      Role = "prosecution"       // liaison of the prosecution body and the court
	Coordinator      Role = "coordinator"       // National Coordinator: sees no names
	DataProtection   Role = "data_protection"   // data protection officer
	HotlineOperator  Role = "hotline_operator"  // takes the calls of a hotline, most of which are no cases
	ReturnPartner    Role = "return_partner"    // international organisation that helps a person to return
	HealthCare       Role = "health_care"       // health body that treats a person
	Education        Role = "education"         // education body or school
	Employment       Role = "employment"        // employment service
	Clock            Role = "clock"             // the register itself, when a deadline has passed
)

// Roles lists every role of a person, in the order in which they are shown.
func Roles() []Role {
	return []Role{
		Referrer, DutyOfficer, CaseOfficer, Head, Shelter, AssistanceCentre, ChildProtection,
		Migration, Consulate, FundOfficer, LegalAid, Prosecution, Coordinator, DataProtection,
		HotlineOperator, ReturnPartner, HealthCare, Education, Employment,
	}
}

// Actor is who asks. It comes from the session or the token, never from the
// body of a request.
type Actor struct {
	User         string // account name; "import" for a line of an import file
	Role         Role
	Organisation string // a code of the list "organisation"
}

// ClockActor is the register acting by itself.
func ClockActor() Actor { return Actor{User: "register", Role: Clock, Organisation: "register"} }

// seats says which kinds of organisation a role can belong to.
var seats = map[Role][]string{
	Referrer:         {"police", "border", "customs", "security", "labour_inspectorate", "social", "education", "health", "ngo", "hotline", "legal_aid", "child_protection"},
	DutyOfficer:      {"special_police"},
	CaseOfficer:      {"special_police"},
	Head:             {"special_police"},
	Shelter:          {"shelter"},
	AssistanceCentre: {"assistance_centre"},
	ChildProtection:  {"child_protection"},
	Migration:        {"migration"},
	Consulate:        {"consulate"},
	FundOfficer:      {"fund"},
	LegalAid:         {"legal_aid"},
	Prosecution:      {"prosecution"},
	Coordinator:      {"coordinator"},
	DataProtection:   {"data_protection"},
	HotlineOperator:  {"hotline"},
	ReturnPartner:    {"international"},
	HealthCare:       {"health"},
	Education:        {"education"},
	Employment:       {"employment"},
	Clock:            {"register"},
}

// ParseActor checks that the role exists and that the organisation exists and
// can have it. It answers refusals "unknown_role", "unknown_organisation" and
// "role_not_of_organisation".
func ParseActor(user, role, organisation string) (Actor, error) {
	a := Actor{User: user, Role: Role(role), Organisation: organisation}
	if _, ok := seats[a.Role]; !ok || a.Role == Clock {
		return a, invalid("unknown_role", "role")
	}
	if _, ok := OrganisationOf(organisation); !ok {
		return a, invalid("unknown_organisation", "organisation")
	}
	if !a.Role.fits(organisation) {
		return a, invalid("role_not_of_organisation", "organisation")
	}
	return a, nil
}

// fits reports whether the organisation is of a kind that has the role.
func (r Role) fits(organisation string) bool {
	o, ok := OrganisationOf(organisation)
	if !ok {
		return false
	}
	for _, kind := range seats[r] {
		if o.Kind == kind {
			return true
		}
	}
	return false
}

// police reports whether the role belongs to the special police unit.
func (r Role) police() bool { return r == DutyOfficer || r == CaseOfficer || r == Head }
