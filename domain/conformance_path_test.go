package domain

import "testing"

// A verdictAfter is the verdict of one norm on a story.
type verdictAfter struct {
	norm  string
	want  Conformity
	story []said
}

func holdVerdicts(t *testing.T, all []verdictAfter) {
	t.Helper()
	for _, c := range all {
		if v := verdictOf(t, c.norm, "2024-12-31", c.story...); v.Result != c.want {
			t.Errorf("%s after %s: %s, want %s", c.norm, typesOf(given(t, c.story...).log.streams[theCase.String()]), v.Result, c.want)
		}
	}
}

// TestStagesOfIdentification: Rules C-131, sections 6.4 to 6.6, in their order.
func TestStagesOfIdentification(t *testing.T) {
	helped := duty.says("2024-03-01T23:30", GiveInitialAssistance{Kinds: []string{"food"}})
	talked := officer.says("2024-03-02", HoldInterview{Participants: []string{"case_officer"}})
	holdVerdicts(t, []verdictAfter{
		{"assistance_before_interview", Fit, []said{detected, handedOver, helped, talked}},
		{"assistance_before_interview", Skipped, []said{detected, handedOver, talked}},
		{"assistance_before_interview", OutOfOrder, []said{detected, handedOver, talked, duty.says("2024-03-03", helped.cmd)}},
		{"assistance_before_interview", NotApplicable, []said{detected, handedOver}},
		{"interview_before_screening", Fit, []said{detected, handedOver, talked, screened}},
		{"interview_before_screening", Skipped, []said{detected, handedOver, screened}},
		{"interview_before_screening", OutOfOrder, []said{detected, handedOver, screened, officer.says("2024-03-03", talked.cmd)}},
	})
}

// TestRiskIsAssessedAnew before each move, testimony and closure: lately, and for
// that or for nothing in particular.
func TestRiskIsAssessedAnew(t *testing.T) {
	on := func(day, occasion string) said {
		return officer.says(day, AssessRisk{Level: "low", Occasion: occasion})
	}
	closed := officer.says("2024-05-01", CloseCase{Reason: "plan_completed"})
	again := []said{officer.says("2024-05-10", ReopenCase{Reason: "new_risk"}), officer.says("2024-06-15", closed.cmd)}
	base := []said{detected, handedOver, decided}
	moved := []said{openSecond, detected, handedOver, requested, admitted.when("2024-03-02T04:00"), askTransfer}
	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	link := prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1"}, ProceduralStatus: "witness"})
	testified := prosecutor.says("2024-04-20", GiveTestimony{Reference: "240153", Setting: "court"})
	holdVerdicts(t, []verdictAfter{
		{"risk_before_closure", Fit, then(base, on("2024-04-20", ""), closed)},
		{"risk_before_closure", Fit, then(base, on("2024-04-20", "closure"), closed)},
		{"risk_before_closure", Skipped, then(base, on("2024-04-20", "return"), closed)},
		{"risk_before_closure", Skipped, then(base, on("2024-03-20", ""), closed)}, // long before
		{"risk_before_closure", Skipped, then(base, closed)},
		{"risk_before_closure", OutOfOrder, then(base, closed, on("2024-05-02", ""))},
		{"risk_before_closure", Skipped, then(then(base, on("2024-04-20", ""), closed), again...)},
		{"risk_before_closure", Fit, then(then(base, on("2024-04-20", ""), closed), again[0], on("2024-06-10", ""), again[1])},
		{"risk_before_closure", NotApplicable, then(base, officer.says("2024-05-01", CloseCase{Reason: "died"}))},
		{"risk_before_move", Fit, then(moved, on("2024-04-01", "move"), transferred)},
		{"risk_before_move", Skipped, then(moved, assessed, transferred)}, // a month and a day before
		{"risk_before_testimony", Fit, []said{detected, handedOver, told, link, on("2024-04-10", "testimony"), testified}},
		{"risk_before_testimony", Skipped, []said{detected, handedOver, told, link, assessed, testified}},
	})
}

// TestPermitOnThePathOfAForeigner: on request, after the time to recover.
func TestPermitOnThePathOfAForeigner(t *testing.T) {
	declined := officer.says("2024-03-02", DeclineReflection{Language: "ru"})
	holdVerdicts(t, []verdictAfter{
		{"application_before_permit", Fit, foreigner(reflecting, permitAsked, permitGranted)},
		{"application_before_permit", Skipped, foreigner(reflecting, permitGranted)},
		{"reflection_before_permit", Fit, foreigner(reflecting, permitAsked, permitGranted)},
		{"reflection_before_permit", Skipped, foreigner(permitAsked, permitGranted)},
		{"reflection_before_permit", NotApplicable, foreigner(declined, permitAsked, permitGranted)},
	})
}

// TestBestInterestsOnThePathOfAChild: before a stay that lasts and the closure, also
// if the child has turned 18 since.
func TestBestInterestsOnThePathOfAChild(t *testing.T) {
	determined := func(day, purpose string) said {
		d := DetermineBestInterests{Purpose: purpose, Options: []string{"guardianship"}, Decision: "in_favour", Heard: true}
		if purpose == "durable_solution" {
			d.Solution = "guardianship"
		}
		return guardianship.says(day, d)
	}
	extended := shelter.says("2024-03-25", ExtendStay{Facility: house, Until: mustDay("2024-05-01"), RequestedBy: "guardian", Reason: "recovery"})
	staying := child("child", requested, admitted)
	grown := officer.says("2024-05-10", SetChildStatus{Status: "adult", Basis: "turned_18", From: mustDay("2024-05-01")})
	closed := officer.says("2024-06-01", CloseCase{Reason: "plan_completed"})
	holdVerdicts(t, []verdictAfter{
		{"best_interests_before_long_stay", Fit, then(staying, determined("2024-03-20", "placement"), extended)},
		{"best_interests_before_long_stay", Skipped, then(staying, extended)},
		{"best_interests_before_long_stay", Skipped, then(staying, determined("2024-03-20", "return"), extended)},
		{"best_interests_before_long_stay", Skipped, then(staying, extended, grown)}, // who was a child then was one
		{"best_interests_before_long_stay", NotApplicable, []said{detected, handedOver, requested, admitted, extended}},
		{"best_interests_before_closure", Fit, child("child", determined("2024-03-20", "durable_solution"), closed)},
		{"best_interests_before_closure", NotApplicable, child("child", grown, closed)},
		{"best_interests_before_closure", NotApplicable, child("child", officer.says("2024-06-01", CloseCase{Reason: "died"}))},
	})
}

// TestWhoIsOnlyAtRiskIsOfferedNoReflection, and so nobody skipped it, whatever was
// decided afterwards.
func TestWhoIsOnlyAtRiskIsOfferedNoReflection(t *testing.T) {
	r := referral()
	r.Status = "at_risk"
	holdVerdicts(t, []verdictAfter{
		{"reflection_before_decision", Skipped, []said{detected, handedOver, decided}},
		{"reflection_before_decision", NotApplicable, []said{police.says("2024-03-01T20:30", r), handedOver, decided}},
	})
}
