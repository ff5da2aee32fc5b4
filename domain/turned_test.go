package domain

import (
	"slices"
	"testing"
)

// TestRecordedLateOfWhoHasTurned18: what happened while a person was a child is
// judged as of a child, however late it is recorded, and what happened since as of
// an adult.
func TestRecordedLateOfWhoHasTurned18(t *testing.T) {
	grown := officer.says("2024-05-10", SetChildStatus{Status: "adult", Basis: "turned_18", From: mustDay("2024-05-01")})
	story := child("child", grown, requested)
	for _, c := range []struct {
		cmd  Asked
		want [2][]string
	}{
		{HoldInterview{Participants: []string{"psychologist"}}, [2][]string{
			{"InterviewHeld", "!child_without_representative", "!child_standard_not_applied"}, {"InterviewHeld"}}},
		{GiveRightsInformation{Language: "az", Form: []string{"oral"}, Topics: []string{"protection"}}, [2][]string{
			{"RightsInformationGiven", "!information_not_for_children"}, {"RightsInformationGiven"}}},
		{DeclineReflection{Language: "az"}, [2][]string{
			{"ReflectionDeclined", "!reflection_not_offered", "!child_without_representative"}, {"ReflectionDeclined", "!reflection_not_offered"}}},
	} {
		for i, day := range []string{"2024-03-05", "2024-05-05"} {
			given(t, story...).when(officer.says(day, c.cmd)).then(c.want[i]...)
		}
	}
	for i, by := range []string{"guardian", "person"} {
		agreed := consent("statistics")
		agreed.By = by
		days := []string{"2024-03-05", "2024-05-05"}
		given(t, story...).when(officer.says(days[1-i], agreed)).refused([]string{"adult_decides", "guardian_required"}[i], "by")
	}
	given(t, story...).when(shelter.says("2024-03-05", ConfirmAdmission{Facility: house, Basis: "consent"})).then("AdmissionConfirmed", "!child_without_guardian_decision")
	given(t, story...).when(shelter.says("2024-05-05", ConfirmAdmission{Facility: house, Basis: "consent"})).then("AdmissionConfirmed")
	given(t, story...).when(officer.says("2024-04-30", CloseCase{Reason: "plan_completed"})).refused("durable_solution_missing", "")
	given(t, story...).when(officer.says("2024-05-05", DeliverService{Service: "psychological"})).then("ServiceDelivered", "!need_not_recorded")

	without := positive()
	without.Means = nil
	frozen := func(said said) string {
		w := given(t, story...).when(said)
		w.then("IdentificationDecided", "!screening_missing", "!risk_assessment_missing")
		all := w.log.streams[theCase.String()]
		return all[len(all)-1].Events[0].(IdentificationDecided).Age
	}
	if got := frozen(head.says("2024-03-10", without)); got != "child" {
		t.Errorf("a child on the day of the decision: %s", got)
	}
	if got := frozen(head.says("2024-05-20", positive())); got != "adult" {
		t.Errorf("an adult on the day of the decision: %s", got)
	}
	given(t, story...).when(head.says("2024-05-20", without)).refused("required", "means")
}

// TestAnAssessmentEndsThePresumption, makes a child again of whom it was doubted,
// and does not make an adult of whom it is known.
func TestAnAssessmentEndsThePresumption(t *testing.T) {
	presumed := officer.says("2024-03-03", PresumeChild{Basis: "appearance"})
	assess := func(day, result string, doubt bool) said {
		return officer.says(day, AssessAge{Methods: []string{"interview", "documents"}, Result: result, Doubt: doubt, Assent: true})
	}
	status := func(status string) said {
		return guardianship.says("2024-03-04", SetChildStatus{Status: status, Basis: "documents"})
	}
	asked := officer.says("2024-03-04T10:00", RequestGuardian{Organisation: "scfwca", Kind: "guardian", Reason: "unaccompanied"})
	for name, c := range map[string]struct {
		story []said
		want  bool
	}{
		"presumed, and an adult":       {[]said{presumed, asked, assess("2024-03-10", "adult", false)}, false},
		"presumed, and a child":        {[]said{presumed, asked, assess("2024-03-10", "child", false)}, true},
		"presumed, and still in doubt": {[]said{presumed, asked, assess("2024-03-10", "not_sure", true)}, true},
		"an adult, and a child":        {[]said{status("adult"), assess("2024-03-10", "child", true)}, true},
		"an adult, and in doubt":       {[]said{status("adult"), assess("2024-03-10", "not_sure", true)}, true},
		"known to be a child":          {[]said{status("child"), asked, assess("2024-03-10", "adult", false)}, true},
	} {
		w := given(t, child("not_sure", c.story...)...)
		if got := w.state().TreatedAsChild(); got != c.want {
			t.Errorf("%s: treated as a child: %t", name, got)
		}
		waits := slices.ContainsFunc(w.state().Clocks, func(k DeadlineClock) bool { return k.Rule == "guardian" && k.Open() })
		if len(c.story) == 3 && waits != c.want {
			t.Errorf("%s: somebody waits for a guardian: %t", name, waits)
		}
	}
}
