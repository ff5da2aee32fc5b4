package domain

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInvariantsAreKept: docs/invariants.md names for each invariant the specs that
// show it and what holds it after each random step; all of them are there.
func TestInvariantsAreKept(t *testing.T) {
	page, err := os.ReadFile("../docs/invariants.md")
	if err != nil {
		t.Fatal(err)
	}
	source := map[string]string{}
	for _, pattern := range []string{"*.go", "../projections/*_test.go", "../api/*_test.go", "../cmd/nrm/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source[filepath.Dir(f)] += string(b)
		}
	}
	rows := 0
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !regexp.MustCompile(`^ [0-9E]`).MatchString(cells[1]) {
			continue
		}
		rows++
		specs, holds := cells[3], cells[4]
		named := 0
		for _, name := range regexp.MustCompile("`([a-z/]*)\\.?(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(specs, -1) {
			named++
			dir := map[string]string{"": ".", "projections": "../projections", "api": "../api", "cmd/nrm": "../cmd/nrm"}[name[1]]
			if !strings.Contains(source[dir], "func "+name[2]+"(t *testing.T)") {
				t.Errorf("%s: there is no %s in %q", strings.TrimSpace(cells[1]), name[2], dir)
			}
		}
		if named == 0 {
			t.Errorf("%s: no spec", strings.TrimSpace(cells[1]))
		}
		for _, name := range regexp.MustCompile("`([A-Za-z.]+)`").FindAllStringSubmatch(holds, -1) {
			if !regexp.MustCompile(`func (\([a-z]+ \*?[A-Za-z]+\) )?` + name[1] + `\(`).MatchString(source["."]) {
				t.Errorf("%s: nothing is called %s", strings.TrimSpace(cells[1]), name[1])
			}
		}
		if strings.TrimSpace(holds) == "" {
			t.Errorf("%s: it is not said what holds it", strings.TrimSpace(cells[1]))
		}
	}
	if rows < 25 {
		t.Errorf("only %d invariants found", rows)
	}
}

func TestOnlyTheHeadOfTheUnitDecides(t *testing.T) {
	story := []said{detected, handedOver, screened, assessed}
	for _, by := range everybody() {
		decide := by.says("2024-03-10", positive())
		if by.Role == Head {
			given(t, story...).when(decide).then("IdentificationDecided")
			continue
		}
		given(t, story...).when(decide).refused("role_not_allowed", "")
	}
	elsewhere := Actor{"u-x", Head, "police-baki"}
	given(t, story...).when(elsewhere.says("2024-03-10", positive())).refused("role_not_allowed", "")
}

func TestOnlyTheDutyOfficerReceives(t *testing.T) {
	for _, by := range everybody() {
		receive := by.says("2024-03-01T23:00", handedOver.cmd)
		refuse := by.says("2024-03-01T22:00", RefuseHandover{Reason: "place_unsafe", District: "AZ-BA"})
		if by.Role == DutyOfficer {
			given(t, detected).when(receive).then("HandoverAccepted")
			given(t, detected).when(refuse).then("HandoverRefused")
			continue
		}
		given(t, detected).when(receive).refused("role_not_allowed", "")
		given(t, detected).when(refuse).refused("role_not_allowed", "")
	}
	given(t, detected).when(Actor{"u-x", DutyOfficer, "police-baki"}.says("2024-03-01T23:00", handedOver.cmd)).refused("role_not_allowed", "")
}

// TestAdmissionNeedsAnOpenHouseAFreeBedAndABasis: see also
// [TestAdmissionNeedsAFittingBed].
func TestAdmissionNeedsAnOpenHouseAFreeBedAndABasis(t *testing.T) {
	story := []said{detected, requested}
	given(t, story...).when(admitted).then("AdmissionConfirmed")
	given(t, then(story, coordinator.says("2024-03-02T02:00", CloseFacility{}))...).when(admitted).refused("facility_not_open", "facility")
	given(t, story...).when(shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house})).refused("required", "basis")
	small := coordinator.says("2012-01-01", ChangeCapacity{Capacity: 0})
	given(t, then([]said{small}, story...)...).when(admitted).refused("facility_full", "")
	for _, basis := range Codes("admission_basis") {
		given(t, story...).when(shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: basis.Code})).then("AdmissionConfirmed")
	}
	child := referral()
	child.Age = "child"
	young := []said{police.says("2024-03-01T20:30", child), requested}
	given(t, young...).when(admitted).then("AdmissionConfirmed", "!child_without_guardian_decision")
	given(t, young...).when(shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "guardian_decision"})).then("AdmissionConfirmed")
}

// TestAStopBeforeItsStartStopsNothing: it is no duty done, and no negative time.
func TestAStopBeforeItsStartStopsNothing(t *testing.T) {
	early := duty.says("2024-03-01T23:00", AcceptHandover{District: "AZ-BA", Condition: "good"})
	late := referral()
	late.Told = mustWhen("2024-03-02T21:00")
	given(t, police.says("2024-03-02T20:30", late)).when(early).refused("before_case", "happened")
	arrived := duty.says("2024-03-10T13:00", RecordReturnArrival{})
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	w := given(t, consul.says("2024-03-01T20:30", abroad), handedOver, arrived)
	for _, k := range w.state().Clocks {
		if k.Stopped.Before(k.Start) {
			t.Errorf("%s was done on %s and began on %s", k.Rule, k.Stopped, k.Start)
		}
	}
	unknown := duty.says("2024-03-02?", AcceptHandover{District: "AZ-BA", Condition: "good"})
	if k := clockOf(t, "handover", detected, unknown); k.State(specNow) != Unclear {
		t.Errorf("done, nobody knows when: %s", k.State(specNow))
	}
}

// TestNoDataLeavesWithoutABasis: a referral says on what basis, a box that names the
// person comes with none but a basis that allows it, and what was agreed to is
// passed on to nobody once it is taken back.
func TestNoDataLeavesWithoutABasis(t *testing.T) {
	bare := referral()
	bare.Basis = ""
	given(t).when(police.says("2024-03-01T20:30", bare)).refused("required", "basis")
	named := referral()
	named.Basis, named.FamilyName = "without_identity", "Əliyeva"
	given(t).when(police.says("2024-03-01T20:30", named)).refused("identity_without_basis", "basis")
	given(t, detected).when(officer.says("2024-03-02", AddReferral{Organisation: "ngo-c"})).refused("required", "basis")
	given(t, then(homeward("adult"),
		migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "none"}), migration.says("2024-05-11", RecordReturnArrival{}))...).
		when(partner.says("2024-05-12", RecordReturnReception{Needs: []string{"psychological"}})).refused("needs_without_consent", "needs_consented")
}

// TestEmergencyAdmissionBeforeIdentification is allowed, and needs no document.
func TestEmergencyAdmissionBeforeIdentification(t *testing.T) {
	vital := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "vital_interest"})
	w := given(t, detected, requested).when(vital).then("AdmissionConfirmed")
	if c := w.state(); c.Outcome != "" || !c.HandedOver.IsZero() || c.Host() == nil || !c.unknown(DocumentRecorded{}) {
		t.Errorf("%+v", c)
	}
}

// TestOnePersonSeveralReferrals is one case of one person, and the first who
// referred is the one who did.
func TestOnePersonSeveralReferrals(t *testing.T) {
	add := officer.says("2024-03-03", AddReferral{Organisation: "ngo-c", Basis: "consent"})
	w := given(t, detected).when(add).then("ReferralSubmitted")
	w.when(officer.says("2024-03-04", AddReferral{Organisation: "labour-inspectorate", Basis: "legal_obligation"})).then("ReferralSubmitted")
	c := w.state()
	if c.Referral != "police-baki" {
		t.Errorf("referred by %s", c.Referral)
	}
	if n := len(slices.DeleteFunc(w.events(theCase), func(e string) bool { return e != "DetectionRecorded" })); n != 1 {
		t.Errorf("found %d times", n)
	}
}

// TestReversedAfterTheAllowanceWasPaid: nothing that was paid is undone, it is said,
// and nothing more is due.
func TestReversedAfterTheAllowanceWasPaid(t *testing.T) {
	paid := fund.says("2024-04-01", PayAllowance{Amount: 70000})
	reverse := head.says("2024-05-01", ReverseIdentification{Outcome: "negative", Reasons: []string{"new_facts"}, Informed: true})
	w := given(t, then(identified, paid)...).when(reverse).then("IdentificationReversed", "!paid_before_reversal")
	if c := w.state(); c.Redress.Allowance != 70000 || c.AllowanceDue() || c.Status != "not_identified" {
		t.Errorf("%+v", c.Redress)
	}
	w.when(fund.says("2024-05-02", PayAllowance{Amount: 70000})).refused("not_identified", "")
	w.when(lawyer.says("2024-05-02", FileClaim{Forum: "criminal", Amount: 100})).refused("no_such_case", "")
	w.audited()
}

// TestAPersonWithoutDocuments goes the whole way.
func TestAPersonWithoutDocuments(t *testing.T) {
	w := given(t, identified...).when(fund.says("2024-04-01", PayAllowance{Amount: 70000})).then("AllowancePaid", "!grant_not_recorded")
	if !w.state().unknown(DocumentRecorded{}) || !w.state().unknown(IdentityRecorded{}) {
		t.Error("somebody knows the person after all")
	}
}

// TestDependantsAreNoVictims: they use beds and have no case.
func TestDependantsAreNoVictims(t *testing.T) {
	with := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", Dependants: 1})
	w := given(t, detected, requested).when(with).then("AdmissionConfirmed")
	if f := w.house(); f.Taken != 2 || len(f.Beds) != 1 {
		t.Errorf("%+v", f)
	}
	cases := 0
	for name := range w.log.streams {
		if strings.HasPrefix(name, "case.") {
			cases++
		}
	}
	if cases != 1 {
		t.Errorf("%d cases", cases)
	}
	w.audited()
}

// TestBedsAreNeverFewerThanNone: a bed is given back once.
func TestBedsAreNeverFewerThanNone(t *testing.T) {
	leave := shelter.says("2024-04-02", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	w := given(t, detected, requested, admitted).when(leave).then("Departed")
	w.when(shelter.says("2024-04-03", RecordDeparture{Facility: house, Destination: "family", Planned: true})).refused("not_admitted", "")
	w.when(shelter.says("2024-04-04", VoidEvent{Event: w.the("AdmissionConfirmed"), Reason: "typing"})).refused("others_follow", "")
	if f := w.house(); f.Taken != 0 || len(f.Beds) != 0 {
		t.Errorf("%+v", f)
	}
	w.audited()
}
