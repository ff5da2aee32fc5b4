package domain

import (
	"slices"
	"testing"
)

// Those who look after children in these specs.
var (
	guardianship = Actor{"u-guardianship", ChildProtection, "scfwca"}
	ministry     = Actor{"u-ministry", Education, "education-ministry"}
	partner      = Actor{"u-partner", ReturnPartner, "iom"}
)

// child is a story that begins with a child, whose guardianship body was told.
func child(age string, more ...said) []said {
	r := referral()
	r.Age = age
	return append([]said{police.says("2024-03-01T20:30", r), handedOver, officer.says("2024-03-02", SendServiceReferral{Organisation: "scfwca", Services: []string{"child_care"}})}, more...)
}

func TestWhoseAgeIsInDoubtIsAChild(t *testing.T) {
	doubt := officer.says("2024-03-03", PresumeChild{Basis: "appearance"})
	w := given(t, detected, handedOver).when(doubt).then("ChildStatusPresumed")
	if c := w.state(); !c.TreatedAsChild() || c.Age != "adult" {
		t.Errorf("treated as a child: %t, age at the referral %s", c.TreatedAsChild(), c.Age)
	}
	known := guardianship.says("2024-03-04", SetChildStatus{Status: "child", Basis: "documents"})
	given(t, child("not_sure")...).when(known).then("ChildStatusSet")
	given(t, child("not_sure", known)...).when(officer.says("2024-03-05", PresumeChild{Basis: "appearance"})).refused("known_child", "")
	given(t, child("child")...).when(doubt).refused("known_child", "")
	given(t, child("child")...).when(shelter.says("2024-03-04", PresumeChild{Basis: "appearance"})).refused("role_not_allowed", "")
	given(t, detected).when(officer.says("2024-03-03", PresumeChild{Basis: "documents"})).refused("unknown_code", "basis")
}

// Only of whom nothing can ever have been recorded as of a child a form leaves out
// what is asked of children.
func TestNeverAChild(t *testing.T) {
	adult := SetChildStatus{Status: "adult", Basis: "documents"}
	ask := duty.says("2024-03-03", RequestGuardian{Organisation: "scfwca", Kind: "guardian", Reason: "unaccompanied"})
	for _, c := range []struct {
		story []said
		never bool
	}{
		{[]said{detected, handedOver}, true},
		{child("child"), false},
		{child("not_sure"), false},
		{child("not_sure", officer.says("2024-03-01T21:00", adult)), true}, // known from the day of the referral
		{child("not_sure", officer.says("2024-03-05", adult)), false},      // until then a child
		{[]said{detected, handedOver, officer.says("2024-03-03", PresumeChild{Basis: "appearance"}), officer.says("2024-03-05", adult)}, false},
		{child("not_sure", ask, officer.says("2024-03-04", AssessAge{Methods: []string{"documents"}, Result: "adult", Assent: true})), false},
	} {
		if state := given(t, c.story...).state(); state.NeverChild() != c.never {
			t.Errorf("after %+v: never a child %t", c.story[len(c.story)-1], state.NeverChild())
		}
	}
}

// The eighteenth birthday is sealed: an adult is one from the next month.
func TestTurningEighteen(t *testing.T) {
	turned := func(at, from string) said {
		s := SetChildStatus{Status: "adult", Basis: "turned_18"}
		if from != "" {
			s.From = mustDay(from)
		}
		return officer.says(at, s)
	}
	w := given(t, child("child")...).when(turned("2024-05-10", "2024-05-01")).then("ChildStatusSet")
	c := w.state()
	for day, want := range map[string]bool{"2024-03-02": true, "2024-04-30": true, "2024-05-01": false, "2024-06-01": false} {
		if got := c.childOn(mustWhen(day)); got != want {
			t.Errorf("a child on %s: %t", day, got)
		}
	}
	if c.Age != "child" || c.TreatedAsChild() {
		t.Errorf("age at the referral %s, treated as a child now: %t", c.Age, c.TreatedAsChild())
	}
	given(t, child("child")...).when(turned("2024-05-10", "2024-04-17")).refused("first_of_month", "from")
	found := func(from string) said {
		return officer.says("2024-05-10", SetChildStatus{Status: "adult", Basis: "documents", From: mustDay(from)})
	}
	given(t, child("child")...).when(found("2024-04-17")).refused("first_of_month", "from") // it might be the birthday
	for _, from := range []string{"2024-03-01", "2024-05-10", "2024-04-01"} {
		given(t, child("child")...).when(found(from)).then("ChildStatusSet")
	}
	given(t, child("child")...).when(turned("2024-05-10", "2024-05-10")).refused("first_of_month", "from")
	given(t, child("child")...).when(turned("2024-05-10", "")).refused("required", "from")
	given(t, child("child")...).when(turned("2024-05-10", "2024-06-01")).refused("in_future", "from")
	given(t, child("child")...).when(officer.says("2024-05-10", SetChildStatus{Status: "child", Basis: "turned_18", From: mustDay("2024-05-01")})).refused("turned_18_is_adult", "status")
	given(t, child("child")...).when(lawyer.says("2024-05-10", SetChildStatus{Status: "adult", Basis: "court"})).refused("role_not_allowed", "")
	named := guardianship.says("2024-03-05", AppointGuardian{Kind: "guardian", Conflict: "none"})
	given(t, child("child", named)...).when(turned("2024-05-10", "2024-05-01")).then("ChildStatusSet", "!guardian_still_appointed")
}

// A status that is learned late holds from its own day, between the others.
func TestStatusesHoldInTheOrderOfTheirDays(t *testing.T) {
	c := given(t, child("not_sure",
		officer.says("2024-05-10", SetChildStatus{Status: "adult", Basis: "turned_18", From: mustDay("2024-05-01")}),
		officer.says("2024-05-11", SetChildStatus{Status: "child", Basis: "documents", From: mustDay("2024-03-20")}))...).state()
	if c.TreatedAsChild() || c.ageOn(mustDay("2024-04-01")).Basis != "documents" {
		t.Errorf("%+v", c.Ages)
	}
}

func TestGuardian(t *testing.T) {
	ask := officer.says("2024-03-03", RequestGuardian{Organisation: "scfwca", Kind: "guardian", Reason: "unaccompanied"})
	appoint := func(at, conflict string) said {
		return guardianship.says(at, AppointGuardian{Kind: "guardian", Conflict: conflict, Decision: "12/2024"})
	}
	change := func(at string) said {
		return guardianship.says(at, ChangeGuardian{Kind: "trustee", Conflict: "none", Reason: "child_asked"})
	}
	end := func(at, why string) said { return guardianship.says(at, EndGuardian{Reason: why}) }

	r := referral()
	r.Age = "child"
	alone := police.says("2024-03-01T20:30", r)
	given(t, alone).when(appoint("2024-03-05", "none")).refused("no_such_case", "") // the body was not told
	given(t, alone, ask).when(appoint("2024-03-05", "none")).then("GuardianAppointed")
	given(t, alone).when(ask).then("GuardianRequested")
	given(t, detected).when(ask).refused("not_a_child", "")
	given(t, alone, ask).when(officer.says("2024-03-05", AppointGuardian{Kind: "guardian", Conflict: "none"})).refused("role_not_allowed", "")
	given(t, alone, ask).when(appoint("2024-03-05", "found")).refused("guardian_conflict", "conflict_check")
	given(t, alone, ask).when(appoint("2024-03-05", "not_checked")).then("GuardianAppointed", "!guardian_conflict_not_checked")
	given(t, child("child")...).when(appoint("2024-03-05", "none")).then("GuardianAppointed", "!guardian_not_requested")
	given(t, child("adult")...).when(appoint("2024-03-05", "none")).refused("not_a_child", "")
	named := []said{alone, ask, appoint("2024-03-05", "none")}
	given(t, named...).when(appoint("2024-03-06", "none")).refused("guardian_in_office", "")

	given(t, named...).when(change("2024-04-05")).then("GuardianChanged")
	given(t, alone, ask).when(change("2024-04-05")).refused("no_guardian", "")
	given(t, named...).when(guardianship.says("2024-04-05", ChangeGuardian{Kind: "trustee", Conflict: "found", Reason: "moved"})).refused("guardian_conflict", "conflict_check")
	given(t, named...).when(guardianship.says("2024-04-05", ChangeGuardian{Kind: "trustee", Conflict: "not_checked", Reason: "moved"})).then("GuardianChanged", "!guardian_conflict_not_checked")
	w := given(t, append(slices.Clone(named), change("2024-04-05"), end("2024-05-05", "family_reunited"))...)
	for day, want := range map[string]string{"2024-03-04": "", "2024-03-05": "guardian", "2024-04-04": "guardian", "2024-04-05": "trustee", "2024-05-05": ""} {
		got := ""
		if g := w.state().guardianAt(mustWhen(day)); g != nil {
			got = g.Kind
		}
		if got != want {
			t.Errorf("guardian on %s: %q, want %q", day, got, want)
		}
	}
	w.when(end("2024-05-06", "other")).refused("no_guardian", "")
	w.when(end("2024-05-05", "family_reunited")).then()
	w.when(appoint("2024-03-05", "none")).then()
	given(t, named...).when(end("2024-05-05", "removed")).then("GuardianEnded", "!child_without_guardian")
	grown := officer.says("2024-05-01", SetChildStatus{Status: "adult", Basis: "turned_18", From: mustDay("2024-05-01")})
	given(t, append(slices.Clone(named), grown)...).when(change("2024-05-11")).refused("not_a_child", "")
	given(t, append(slices.Clone(named), grown)...).when(change("2024-04-20")).then("GuardianChanged") // a child then
	given(t, append(slices.Clone(named), grown)...).when(end("2024-05-01", "turned_18")).then("GuardianEnded")
	if k := clockOf(t, "guardian", alone, ask); !k.Open() {
		t.Errorf("nobody has given the child a guardian: %+v", k)
	}
	if k := clockOf(t, "guardian", alone, ask, grown); k.Open() {
		t.Errorf("an adult waits for a guardian: %+v", k)
	}
}

func TestAGuardianLearnedLateWasInOfficeUntilTheNext(t *testing.T) {
	c := given(t, child("child",
		guardianship.says("2024-04-05", AppointGuardian{Kind: "trustee", Conflict: "none"}),
		guardianship.says("2024-03-05", AppointGuardian{Kind: "guardian", Conflict: "none"}))...).state()
	if g := c.guardianAt(mustWhen("2024-03-20")); g == nil || g.Kind != "guardian" || !g.Ended.Equal(mustWhen("2024-04-05")) {
		t.Errorf("%+v", c.Guardians)
	}
	if g := c.guardianNow(); g == nil || g.Kind != "trustee" {
		t.Errorf("%+v", c.Guardians)
	}
}

func TestBestInterests(t *testing.T) {
	named := guardianship.says("2024-03-04", AppointGuardian{Kind: "guardian", Conflict: "none"})
	assess := guardianship.says("2024-03-05", AssessBestInterests{Purpose: "durable_solution", Options: []string{"relatives", "return_to_country"}, Heard: true})
	determine := func(at string, change func(*DetermineBestInterests)) said {
		d := DetermineBestInterests{Purpose: "durable_solution", Options: []string{"relatives", "return_to_country"}, Decision: "in_favour", Solution: "return_to_country", Heard: true}
		change(&d)
		return guardianship.says(at, d)
	}
	asIs := func(*DetermineBestInterests) {}
	given(t, child("child")...).when(assess).then("BestInterestsAssessed")
	given(t, child("adult")...).when(assess).refused("not_a_child", "")
	given(t, child("child")...).when(officer.says("2024-03-05", assess.cmd)).refused("role_not_allowed", "")
	unheard := assess.cmd.(AssessBestInterests)
	unheard.Heard = false
	given(t, child("child")...).when(guardianship.says("2024-03-05", unheard)).then("BestInterestsAssessed", "!child_not_heard")

	given(t, child("child", named, assess)...).when(determine("2024-03-20", asIs)).then("BestInterestsDetermined")
	given(t, child("adult")...).when(determine("2024-03-20", asIs)).refused("not_a_child", "")
	given(t, child("child", named, assess)...).when(determine("2024-03-20", func(d *DetermineBestInterests) { d.Solution = "" })).refused("required", "solution")
	given(t, child("child", named, assess)...).when(determine("2024-03-20", func(d *DetermineBestInterests) { d.Solution = "adoption" })).refused("not_among_options", "solution")
	given(t, child("child")...).when(determine("2024-03-20", func(d *DetermineBestInterests) { d.Heard = false })).
		then("BestInterestsDetermined", "!best_interests_not_assessed", "!child_not_heard", "!child_without_guardian")

	against := determine("2024-04-01", func(d *DetermineBestInterests) { d.Purpose, d.Decision, d.Solution = "return", "against", "" })
	c := given(t, child("child", named, assess, against, determine("2024-03-20", asIs))...).state()
	if !c.inFavourOf("return", mustWhen("2024-03-25")) || c.inFavourOf("return", mustWhen("2024-04-02")) || c.inFavourOf("return", mustWhen("2024-03-19")) {
		t.Errorf("%+v", c.BestInterests)
	}
	if c.DurableSolution() != "return_to_country" {
		t.Errorf("lasting solution %q", c.DurableSolution())
	}
}

func TestChildStandard(t *testing.T) {
	apply := func(a ...Answer) said {
		return officer.says("2024-03-03", ApplyChildStandard{Standard: "child_communication", Version: "1", Occasion: "interview", Checklist: a})
	}
	given(t, child("child")...).when(apply(Answer{"breaks", "present"}, Answer{"own_language", "unknown"})).then("ChildStandardApplied")
	given(t, child("child")...).when(apply(Answer{"breaks", "absent"})).then("ChildStandardApplied", "!child_standard_incomplete")
	given(t, detected).when(apply(Answer{"breaks", "present"})).refused("not_a_child", "")
	given(t, child("child")...).when(apply()).refused("required", "checklist")
	given(t, child("child")...).when(apply(Answer{"no such item", "present"})).refused("unknown_code", "checklist")
}

func TestFamilyTracing(t *testing.T) {
	start := guardianship.says("2024-03-05", StartFamilyTracing{Channel: "consulate", Country: "TR", BestInterests: true})
	result := func(at, result string, relatives ...string) said {
		return guardianship.says(at, RecordTracingResult{Result: result, Relatives: relatives})
	}
	given(t, child("child")...).when(start).then("FamilyTracingStarted")
	given(t, child("adult")...).when(start).refused("not_a_child", "")
	given(t, child("child")...).when(guardianship.says("2024-03-05", StartFamilyTracing{Channel: "police"})).then("FamilyTracingStarted", "!best_interests_not_assessed")
	given(t, child("child", start)...).when(result("2024-03-20", "found_suitable", "mother")).then("FamilyTracingResult")
	given(t, child("child", start)...).when(result("2024-03-20", "found_suitable")).refused("relatives_needed", "relatives")
	given(t, child("child", start)...).when(result("2024-03-20", "not_found", "mother")).refused("nobody_found", "relatives")
	given(t, child("child", start)...).when(result("2024-03-04", "not_found")).refused("before_start", "happened")
	given(t, child("child")...).when(result("2024-03-20", "not_found")).then("FamilyTracingResult", "!tracing_not_started")
	given(t, child("child", start)...).when(officer.says("2024-03-20", RecordTracingResult{Result: "not_found"})).refused("role_not_allowed", "")
}

// The enrolment counts in the yearly report as the service of education does,
// and once.
func TestSchool(t *testing.T) {
	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "education-ministry", Services: []string{"education"}})
	enrol := ministry.says("2024-03-10", EnrolInSchool{Level: "primary", Grade: 3})
	w := given(t, child("child", told)...).when(enrol).then("SchoolEnrolled", "ServiceDelivered")
	w.when(ministry.says("2024-04-10", EnrolInSchool{Level: "primary", Grade: 3})).then("SchoolEnrolled")
	before := guardianship.says("2024-03-09", DeliverService{Service: "education"})
	given(t, child("child", told, before)...).when(enrol).then("SchoolEnrolled")
	given(t, child("adult", told)...).when(enrol).refused("not_a_child", "")
	given(t, child("child", told)...).when(ministry.says("2024-03-10", EnrolInSchool{Level: "primary", Grade: 12})).refused("out_of_range", "grade")
}
