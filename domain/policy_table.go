package domain

import "slices"

// rights is the line of a role in the table of who sees what.
type rights struct {
	sees      []Compartment // of a case that the organisation's relation opens
	consent   []Compartment // only with the person's consent that names the organisation
	fields    []string      // of who a person is: all, if none is named
	every     bool          // sees every case
	none      bool          // sees no case
	abroad    bool          // goes on working with the person, whoever else does
	plan      bool          // sees the plan's measures
	occupancy bool          // sees how full facilities are
	calls     bool          // sees what calls came to the hotlines: of every line, or of its own organisation's
}

// What of a person's identity is enough: for whoever houses them, for a journey,
// for a payment.
var (
	lodging   = []string{"family_name", "given_name", "birth_year", "nationality"}
	journey   = []string{"family_name", "given_name", "patronymic", "birth_date", "birth_year", "nationality"}
	payment   = []string{"family_name", "given_name", "patronymic", "birth_date", "birth_year"}
	wholeCase = []Compartment{Flow, Screening, Criminal, Child, Money, Location, Identity, Documents, Contacts, Narrative, Testimony, Whereabouts}
)

// table says who may see what of a case that they may see at all. Where a person
// is hosted is told to the Coordinator and to the duty officer as a region only.
// The duty officer writes down who a person is and does not read it back; whoever
// hosts, pays, accompanies or defends a person knows whom, as far as that needs.
// Notes of the police stand with what the person tells, so a lawyer does not see
// it even with consent.
var table = map[Role]rights{
	Referrer:         {},
	DutyOfficer:      {every: true, calls: true, occupancy: true, sees: []Compartment{Flow}},
	CaseOfficer:      {every: true, calls: true, occupancy: true, sees: append(slices.Clone(wholeCase), Health)},
	Head:             {every: true, calls: true, occupancy: true, plan: true, sees: wholeCase},
	Shelter:          {occupancy: true, sees: []Compartment{Flow, Health, Child, Location, Identity, Medical}, fields: lodging},
	AssistanceCentre: {occupancy: true, sees: []Compartment{Flow, Health, Child, Location, Identity, Medical}, fields: lodging},
	ChildProtection:  {sees: []Compartment{Flow, Child, Identity}},
	Migration:        {abroad: true, sees: []Compartment{Flow, Child, Identity, Documents}, fields: journey},
	Consulate:        {abroad: true, sees: []Compartment{Flow, Child, Identity, Documents}, fields: journey},
	FundOfficer:      {sees: []Compartment{Flow, Money, Identity, Documents}, fields: payment},
	LegalAid:         {sees: []Compartment{Flow, Criminal, Child, Money, Identity, Documents, Contacts}, consent: []Compartment{Health}},
	Prosecution:      {sees: []Compartment{Flow, Criminal, Testimony}},
	Coordinator:      {every: true, calls: true, plan: true, occupancy: true, sees: []Compartment{Flow}},
	DataProtection:   {none: true, plan: true},
	HotlineOperator:  {calls: true},
	ReturnPartner:    {sees: []Compartment{Flow, Child}, consent: []Compartment{Identity, Documents}, fields: journey},
	HealthCare:       {sees: []Compartment{Flow, Health}},
	Education:        {sees: []Compartment{Flow}},
	Employment:       {sees: []Compartment{Flow}},
	Clock:            {none: true},
}

// GoesOn reports whether the role goes on working with the person, whoever else
// does: a mission abroad and the migration service.
func (r Role) GoesOn() bool { return table[r].abroad }

// byConsent reports whether the role sees the compartment only with the person's
// consent.
func (r Role) byConsent(of Compartment) bool { return slices.Contains(table[r].consent, of) }

// Fields lists the fields of [IdentityRecorded] that the role sees of it.
func (r Role) Fields() (names []string) {
	switch {
	case !r.Sees(Identity):
		return nil
	case table[r].fields != nil:
		return slices.Clone(table[r].fields)
	}
	for _, f := range Fields(RecordIdentity{}) {
		names = append(names, f.Name)
	}
	return names
}

// knowsWhole reports whether nothing of who a person is is kept from the role.
func (r Role) knowsWhole() bool { return r.Sees(Identity) && table[r].fields == nil }

// Told is an event as the role may know it: of who a person is, only what its work
// needs. Of somebody who is known by no other name, the other names are told.
func (r Role) Told(e AnyEvent) AnyEvent {
	is, ok := e.(IdentityRecorded)
	if !ok {
		return e
	}
	may, told := r.Fields(), IdentityRecorded{}
	if slices.Contains(may, "family_name") {
		told.FamilyName = is.FamilyName
	}
	if slices.Contains(may, "given_name") {
		told.GivenName = is.GivenName
	}
	if slices.Contains(may, "patronymic") {
		told.Patronymic = is.Patronymic
	}
	if slices.Contains(may, "other_names") || len(may) > 0 && is.FamilyName+is.GivenName+is.Patronymic == "" {
		told.OtherNames = is.OtherNames
	}
	if slices.Contains(may, "birth_date") {
		told.BirthDate = is.BirthDate
	}
	if slices.Contains(may, "birth_year") {
		told.BirthYear = is.BirthYear
		if told.BirthDate.IsZero() && !is.BirthDate.IsZero() {
			told.BirthYear = is.BirthDate.Year()
		}
	}
	if slices.Contains(may, "nationality") {
		told.Nationality = is.Nationality
	}
	return told
}

// Readings lists, from the code list "policy_reading", what holds of every part that
// is seen.
func Readings() []string {
	return []string{"own_place", "region_only", "until_the_end", "erased", "wrong_case", "like_others", "consent_over"}
}

// A Condition is a rule about who may give a command, beside the role.
type Condition struct {
	Code     string   // code list "policy_condition"
	Commands []string // those that it is about; none: all on a case
}

// Conditions lists them: nobody answers for another body, nor their own request.
func Conditions() []Condition {
	return []Condition{
		{"own_case", nil},
		{"part_over", nil},
		{"merged", nil},
		{"own_facility", []string{
			"offer-place", "release-reservation", "decline-placement", "confirm-admission", "refuse-admission", "record-non-arrival", "review-stay", "extend-stay",
			"report-absence", "report-missing", "record-departure", "request-transfer", "accept-transfer", "complete-transfer", "change-capacity",
		}},
		{"over_capacity", []string{"confirm-admission", "complete-transfer"}},
		{"own_answer", []string{"accept-service-referral", "reject-service-referral", "attest-period"}},
		{"own_service", []string{"start-service", "deliver-service", "complete-service"}},
		{"second_person", []string{"approve-erasure", "grant-fund-assistance", "refuse-fund-assistance", "decide-review", "approve-break-glass"}},
		{"known_person", []string{"record-identity", "record-document", "record-contact", "record-health", "record-whereabouts", "record-testimony"}},
		{"whole_name", []string{"record-identity"}},
		{"no_self_admission", []string{"request-shelter", "request-transfer", "send-service-referral", "record-consent", "record-return-reception"}},
		{"works_with_person", []string{"send-service-referral", "close-case"}},
		{"own_body", []string{"decide-review", "attest-period", "accept-service-referral", "reject-service-referral"}},
		{"more_places", []string{"change-capacity"}},
		{"own_payment", []string{"correct-fact", "void-event"}},
		{"who_corrects", []string{"correct-fact", "void-event"}},
	}
}
