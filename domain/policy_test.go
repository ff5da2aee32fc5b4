package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPolicy prints who may give which command and see which part of a case, and
// under which conditions, for people who read no Go.
func TestPolicy(t *testing.T) {
	var b strings.Builder
	b.WriteString("WHO MAY GIVE WHICH COMMAND, AND BY WHICH ACT\n")
	for _, track := range Codes("track") {
		printGivers(&b, track)
	}
	b.WriteString("\nUNDER WHICH CONDITIONS, BESIDE THE ROLE\n")
	for _, c := range Conditions() {
		label, _ := CodeOf("policy_condition", c.Code)
		fmt.Fprintf(&b, "%s\n", label.EN)
		if len(c.Commands) > 0 {
			fmt.Fprintf(&b, "    %s\n", strings.Join(c.Commands, ", "))
		}
	}
	b.WriteString("\nWHO SEES WHICH PART OF A CASE, BY THE RELATION OF THEIR ORGANISATION TO IT\n")
	for _, r := range Roles() {
		sights := r.Sights()
		if len(sights) == 0 {
			fmt.Fprintf(&b, "%-18s no case\n", r)
		}
		printSights(&b, r, sights)
	}
	b.WriteString("\nWHERE A RELATION COMES FROM, AND WHEN IT ENDS\n")
	for _, rel := range Relations() {
		label, _ := CodeOf("policy_relation", string(rel))
		fmt.Fprintf(&b, "%-11s %s\n", rel, label.EN)
	}
	b.WriteString("\nWHAT A CASE ITSELF SHUTS AND OPENS: WHAT IS SEEN INSTEAD\n")
	for _, s := range Situations() {
		label, _ := CodeOf("policy_situation", s.Code)
		fmt.Fprintf(&b, "%s\n", label.EN)
		for _, r := range Roles() {
			printSights(&b, r, r.SightsIn(s))
		}
	}
	b.WriteString("\nWHAT HOLDS OF EVERY PART THAT IS SEEN\n")
	for _, code := range Readings() {
		label, _ := CodeOf("policy_reading", code)
		fmt.Fprintf(&b, "%s\n", label.EN)
	}
	b.WriteString("\nWHAT OF WHO A PERSON IS, WHERE THAT IS SEEN\n")
	for _, r := range Roles() {
		if r.Sees(Identity) {
			fmt.Fprintf(&b, "%-18s %s\n", r, strings.Join(r.Fields(), ", "))
		}
	}
	fmt.Fprintf(&b, "\nHOW LONG\n%d days after a person left, or a request was answered with no, what was known until then\n", int(hostedFor/(24*time.Hour)))
	printAble(&b, "WHO SEES THE PLAN", Role.SeesPlan)
	printAble(&b, "WHO SEES HOW FULL FACILITIES ARE", Role.SeesOccupancy)
	printAble(&b, "WHO SEES THE CALLS TO THE HOTLINES", Role.SeesCalls)
	golden(t, "testdata/policy.golden", b.String())
}

func printGivers(b *strings.Builder, track Code) {
	var lines []string
	for _, spec := range CommandSpecs() {
		if spec.Track != track.Code {
			continue
		}
		var givers []string
		for _, r := range append(Roles(), Clock) {
			if spec.MayGive(r) {
				givers = append(givers, string(r))
			}
		}
		lines = append(lines, fmt.Sprintf("%-29s %-20s %s", spec.Name, strings.Join(spec.Sources(), "; "), strings.Join(givers, ", ")))
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n%s\n%s\n", track.EN, strings.Join(lines, "\n"))
	}
}

func printSights(b *strings.Builder, r Role, sights []Sight) {
	for i, s := range sights {
		who := string(r)
		if i > 0 {
			who = ""
		}
		relation := string(s.Relation)
		if relation == "" {
			relation = "every case"
		}
		var parts []string
		for _, c := range s.Parts {
			parts = append(parts, string(c))
		}
		if len(parts) == 0 {
			parts = []string{"only that the case is there and how far it is"}
		}
		fmt.Fprintf(b, "%-18s %-11s %s\n", who, relation, strings.Join(parts, ", "))
	}
}

func printAble(b *strings.Builder, title string, able func(Role) bool) {
	var roles []string
	for _, r := range Roles() {
		if able(r) {
			roles = append(roles, string(r))
		}
	}
	fmt.Fprintf(b, "\n%s\n%s\n", title, strings.Join(roles, ", "))
}

// TestConditionsAreOfCommands: what lawyers read of a command is said of one that
// there is, in all languages.
func TestConditionsAreOfCommands(t *testing.T) {
	said := map[string]bool{}
	for _, c := range Conditions() {
		if _, ok := CodeOf("policy_condition", c.Code); !ok || said[c.Code] {
			t.Errorf("condition %s has no label, or stands twice", c.Code)
		}
		said[c.Code] = true
		for _, name := range c.Commands {
			if _, err := CommandNamed(name); err != nil {
				t.Errorf("condition %s: %s is no command", c.Code, name)
			}
		}
	}
	if len(said) != len(Codes("policy_condition")) {
		t.Errorf("%d conditions, %d labels", len(said), len(Codes("policy_condition")))
	}
}

// TestNobodyGivesThemselvesARole: who asks comes from the account, and no command
// takes a role, an account or, for the asker, an organisation.
func TestNobodyGivesThemselvesARole(t *testing.T) {
	for _, spec := range CommandSpecs() {
		for _, f := range spec.Fields() {
			if f.List == "role" || slices.Contains([]string{"role", "user", "account", "by_user", "actor"}, f.Name) {
				t.Errorf("%s asks for %s", spec.Name, f.Name)
			}
		}
	}
	for _, r := range Roles() {
		if _, ok := table[r]; !ok {
			t.Errorf("%s has no line in the table", r)
		}
		if len(seats[r]) == 0 {
			t.Errorf("no organisation has the role %s", r)
		}
	}
}

func TestWhoHasPromisedABedKnowsWhoIsToCome(t *testing.T) {
	c := given(t, detected, requested).state()
	if MayRead(shelter, c.Access, Identity, mustWhen("2024-03-04").At) {
		t.Error("a shelter that was only asked knows who it is")
	}
	offered := offer("2024-03-02T02:00", "2024-03-10").when("2024-03-02T02:00")
	c = given(t, detected, requested, offered).state()
	for of, want := range map[Compartment]bool{Identity: true, Medical: false, Health: true, Narrative: false} {
		if got := MayRead(shelter, c.Access, of, mustWhen("2024-03-04").At); got != want {
			t.Errorf("a shelter that promised a bed reads %s: %t", of, got)
		}
	}
	refused := given(t, detected, requested, offered, shelter.says("2024-03-03", RefuseAdmission{Facility: house, Reason: "security"}).when("2024-03-03T12:00")).state()
	if end := ReadsUntil(shelter, refused.Access, Identity, mustWhen("2024-03-10").At); !end.Equal(mustWhen("2024-03-03T12:00").At) {
		t.Errorf("after it took the promise back it knows what came until %v", end)
	}
	if MayRead(shelter, refused.Access, Identity, mustWhen("2024-04-10").At) {
		t.Error("30 days after it took the promise back it still knows who it is")
	}
}

func TestWhoReceivedAPersonSeesTheCase(t *testing.T) {
	guardians := Actor{"u-guardians", ChildProtection, "child-protection-baki"}
	if _, ok := OrganisationOf(guardians.Organisation); !ok {
		for _, o := range organisations() {
			if o.Kind == "child_protection" {
				guardians.Organisation = o.Code
			}
		}
	}
	w := given(t, guardians.says("2024-03-01T20:30", referral()))
	if MayRead(guardians, w.state().Access, Flow, specNow) {
		t.Error("who only referred sees the course")
	}
	received := guardians.says("2024-05-01", RecordReturnReception{})
	for _, s := range []said{officer.says("2024-04-30", RecordReturnDeparture{Direction: "inbound", Escort: "none"}), received} {
		if _, err := s.execute(w.log); err != nil {
			t.Fatal(err)
		}
	}
	if rows := w.state().Access; !MayRead(guardians, rows, Flow, specNow) || !MayRead(guardians, rows, Child, specNow) || !MayRead(guardians, rows, Identity, specNow) {
		t.Errorf("who received the person sees too little: %v", rows)
	}
}

func TestConsentOpensAndItsEndShuts(t *testing.T) {
	letting := consent("legal_claim")
	letting.Recipients, letting.Data = []string{"legal-aid-a"}, []string{"identity", "health"}
	story := []said{detected, handedOver, defended}
	agreed := officer.says("2024-03-12T10:00", letting).when("2024-03-12T11:00")
	taken := officer.says("2024-04-10T10:00", WithdrawConsent{Purpose: "legal_claim", By: "person", Form: "written"}).when("2024-04-10T11:00")
	reads := func(c *Case, at string) bool { return MayRead(lawyer, c.Access, Health, mustWhen(at).At) }
	if c := given(t, story...).state(); reads(c, "2024-04-01") || !MayRead(lawyer, c.Access, Criminal, specNow) {
		t.Error("without consent a lawyer sees the proceedings and not what help the person needs")
	}
	if c := given(t, then(story, agreed)...).state(); !reads(c, "2024-04-01") || !reads(c, "2024-05-31T23:00") || reads(c, "2024-06-01T00:30") {
		t.Errorf("a consent up to a day: %v", c.Access)
	}
	if c := given(t, then(story, agreed, taken)...).state(); reads(c, "2024-04-10T12:00") {
		t.Errorf("a consent that was taken back: %v", c.Access)
	}
	if c := given(t, then(story, agreed, taken, officer.says("2024-03-13", letting))...).state(); reads(c, "2024-04-10T12:00") {
		t.Errorf("an earlier consent that was learned after it was taken back: %v", c.Access)
	}
	letting.Recipients = []string{"legal-aid-b"}
	if c := given(t, then(story, officer.says("2024-03-12T10:00", letting))...).state(); reads(c, "2024-04-01") {
		t.Errorf("consent to somebody else: %v", c.Access)
	}
	abroad := Actor{"u-iom", ReturnPartner, "iom"}
	rows := []Access{{Organisation: "iom", Relation: Provides}}
	if MayRead(abroad, rows, Identity, specNow) || !MayRead(abroad, append(rows, Access{Organisation: "iom", Relation: Consented}), Identity, specNow) {
		t.Error("who helps a person to return knows who it is with consent only")
	}
}

func TestOtherOfficersDoNotOpenAnAssignedCase(t *testing.T) {
	c := given(t, detected, handedOver).state()
	second := Actor{"u-second", CaseOfficer, "spu"}
	for _, by := range []Actor{officer, second, head} {
		if !MayRead(by, c.Access, Identity, specNow) {
			t.Errorf("%s does not see a case that nobody was given", by.User)
		}
	}
	c.after(Decision{By: officer, Events: []AnyEvent{CaseOpened{}}})
	if !MayRead(officer, c.Access, Identity, specNow) || !MayRead(head, c.Access, Identity, specNow) || MayRead(second, c.Access, Identity, specNow) || !MayRead(second, c.Access, Flow, specNow) {
		t.Errorf("assigned to one officer: %v", c.Access)
	}
	c.after(Decision{By: second, Events: []AnyEvent{CaseOpened{}}})
	if MayRead(officer, c.Access, Identity, specNow) || !MayRead(second, c.Access, Identity, specNow) {
		t.Errorf("assigned to another: %v", c.Access)
	}
}

// TestTwoOfficersInOneMinute: the second to take charge of a case has it.
func TestTwoOfficersInOneMinute(t *testing.T) {
	second := Actor{"u-second", CaseOfficer, "spu"}
	w := given(t, detected, handedOver, officer.says("2024-03-02T10:00", OpenCase{})).when(second.says("2024-03-02T10:00", OpenCase{})).then("CaseOpened")
	if rows := w.state().Access; MayRead(officer, rows, Identity, specNow) || !MayRead(second, rows, Identity, specNow) {
		t.Errorf("assigned to the second: %v", rows)
	}
}

func TestARoleKnowsOfAPersonWhatItsWorkNeeds(t *testing.T) {
	is := IdentityRecorded{"Nümunəli", "Aysel", "Əli qızı", "Aişə", NewDay(2001, 5, 6), 0, "AZ"}
	for role, want := range map[Role]IdentityRecorded{
		CaseOfficer: is, Head: is, LegalAid: is, ChildProtection: is,
		Shelter:          {FamilyName: "Nümunəli", GivenName: "Aysel", BirthYear: 2001, Nationality: "AZ"},
		AssistanceCentre: {FamilyName: "Nümunəli", GivenName: "Aysel", BirthYear: 2001, Nationality: "AZ"},
		Consulate:        {"Nümunəli", "Aysel", "Əli qızı", "", NewDay(2001, 5, 6), 0, "AZ"},
		FundOfficer:      {"Nümunəli", "Aysel", "Əli qızı", "", NewDay(2001, 5, 6), 0, ""},
		Coordinator:      {}, DutyOfficer: {}, Referrer: {},
	} {
		if role == Consulate || role == FundOfficer {
			want.BirthYear = 0
		}
		if got := role.Told(is); got != want {
			t.Errorf("%s is told %+v", role, got)
		}
	}
	unnamed := IdentityRecorded{OtherNames: "Aişə"}
	if got := Shelter.Told(unnamed); got != unnamed {
		t.Errorf("of somebody known by one name only: %+v", got)
	}
	if got := Coordinator.Told(unnamed); got == unnamed {
		t.Error("the coordinator is told a name")
	}
	note := NoteAdded{"x"}
	if got := Shelter.Told(note); got != note {
		t.Errorf("a note became %v", got)
	}
}

// TestANameIsReplacedByThoseWhoSeeAllOfIt: a shelter that knows a part of it would
// take away the rest.
func TestANameIsReplacedByThoseWhoSeeAllOfIt(t *testing.T) {
	name := RecordIdentity{IdentityFields{FamilyName: "Nümunəli", GivenName: "Aysel"}}
	other := RecordIdentity{IdentityFields{FamilyName: "Nümunəzadə", GivenName: "Aysel"}}
	inside := []said{detected, handedOver, requested, admitted}
	given(t, then(inside, officer.says("2024-03-03", name))...).when(shelter.says("2024-03-04", other)).refused("known_already", "")
	given(t, inside...).when(shelter.says("2024-03-04", name)).then("IdentityRecorded")
	given(t, then(inside, shelter.says("2024-03-03", name))...).when(shelter.says("2024-03-04", other)).then("IdentityRecorded")
	given(t, then(inside, shelter.says("2024-03-03", name))...).when(officer.says("2024-03-04", other)).then("IdentityRecorded")
}

// TestSituationsAndRelationsHaveWords: what shuts or opens a case, and where each
// relation comes from, is told in all languages.
func TestSituationsAndRelationsHaveWords(t *testing.T) {
	for _, s := range Situations() {
		if _, ok := CodeOf("policy_situation", s.Code); !ok {
			t.Errorf("situation %s has no words", s.Code)
		}
	}
	for _, rel := range Relations() {
		if _, ok := CodeOf("policy_relation", string(rel)); !ok {
			t.Errorf("relation %s has no words", rel)
		}
	}
	for _, code := range Readings() {
		if _, ok := CodeOf("policy_reading", code); !ok {
			t.Errorf("%s has no words", code)
		}
	}
	if a, b := len(Codes("policy_situation")), len(Codes("policy_relation")); a != len(Situations()) || b != len(Relations()) {
		t.Errorf("words for %d situations and %d relations", a, b)
	}
}

// TestWhatACaseShutsIsShut: in no situation is anything sealed read by whom it is
// shut to, and the head opens an assigned case.
func TestWhatACaseShutsIsShut(t *testing.T) {
	for _, s := range Situations() {
		for _, r := range Roles() {
			for _, sight := range r.SightsIn(s) {
				for _, of := range sight.Parts {
					if of.Sealed() && s.Code != "unsealed" {
						t.Errorf("%s: %s still reads %s", s.Code, r, of)
					}
				}
			}
			changed := len(r.SightsIn(s)) > 0
			switch s.Code {
			case "assigned":
				if changed != (r == CaseOfficer) {
					t.Errorf("an assigned case is shut to %s: %t", r, changed)
				}
			case "unsealed":
				if changed != (r == Coordinator) {
					t.Errorf("broken glass changes what %s sees: %t", r, changed)
				}
			case "suspended":
				if sees := r != HotlineOperator && slices.ContainsFunc(r.Sights(), func(s Sight) bool { return slices.ContainsFunc(s.Parts, Compartment.Sealed) }); changed != sees {
					t.Errorf("a suspension shuts something to %s: %t; it sees what is sealed: %t", r, changed, sees)
				}
			}
		}
	}
}
