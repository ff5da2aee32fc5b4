package domain

import (
	"slices"
	"testing"
)

// A code that says that nothing else holds, or is known, excludes every other one
// of its list, in every command that takes the list.
func TestACodeThatStandsAlone(t *testing.T) {
	log, tried := everybodysWorld(t), 0
	for _, spec := range CommandSpecs() {
		if spec.Kind != CaseKind {
			continue
		}
		for _, f := range spec.Fields() {
			for _, c := range f.Choices() {
				if f.Kind != ManyCodes || !c.Alone {
					continue
				}
				data, before := wholeData(spec), log.seq
				other := slices.DeleteFunc(slices.Clone(f.Choices()), func(o Code) bool { return o.Alone })[0]
				data[f.Name] = []string{other.Code, c.Code}
				r, ok := AsRefusal(giveJSON(log, spec, data, giverOf(spec), "2024-03-20", theCase))
				if !ok || r.Code != "answers_contradict" || r.Field != f.Name || log.seq != before {
					t.Errorf("%s with %s and %s: %v, want answers_contradict (%s)", spec.Name, other.Code, c.Code, r, f.Name)
				}
				tried++
			}
		}
	}
	if tried != 6 {
		t.Errorf("%d fields hold a code that stands alone: belongings, the plan against a risk, and forms and means of both decisions", tried)
	}
	given(t, detected).when(duty.says("2024-03-01T23:00", AcceptHandover{District: "AZ-BA", Condition: "good", Belongings: []string{"none"}})).then("HandoverAccepted")
}

// contradicts expects each spoilt command to be refused, and the sound one to be
// recorded after the same story.
func contradicts[C Asked](t *testing.T, story []said, by Actor, at string, sound C, spoil map[string]func(*C)) {
	t.Helper()
	w := given(t, story...)
	for field, change := range spoil {
		bad := sound
		change(&bad)
		w.when(by.says(at, bad)).refused("answers_contradict", field)
	}
	if _, err := by.says(at, sound).execute(w.log); err != nil {
		t.Errorf("%T: %v", sound, err)
	}
}

func TestADecisionDoesNotContradictItself(t *testing.T) {
	whole := positive()
	whole.NotifiedAt, whole.ReviewInfo, whole.AgeAtExploitation, whole.ExploitedDistrict = mustWhen("2024-03-11"), true, "25-34", "AZ-BA"
	contradicts(t, undecided, head, "2024-03-10", whole, map[string]func(*DecideIdentification){
		"informed":            func(d *DecideIdentification) { d.Informed = false },
		"grounds":             func(d *DecideIdentification) { d.Grounds = []string{"statement", "no_indicators"} },
		"exploited_in":        func(d *DecideIdentification) { d.ExploitedIn = "TR" },
		"age_at_exploitation": func(d *DecideIdentification) { d.Forms = []string{"child_marriage"} },
	})
	no := DecideIdentification{Outcome: "negative", Grounds: []string{"no_indicators"}, Informed: true}
	contradicts(t, undecided, head, "2024-03-10", no, map[string]func(*DecideIdentification){
		"grounds": func(d *DecideIdentification) { d.Acts = []string{"recruitment"} },
	})
	partly := no // recruited, but for nothing that exploits
	partly.Grounds, partly.Acts = []string{"investigation"}, []string{"recruitment"}
	given(t, undecided...).when(head.says("2024-03-10", partly)).then("IdentificationDecided")
	young := positive()
	young.AgeAtExploitation, young.Means = "15-17", []string{"none_child"}
	contradicts(t, child("child", screened, assessed), head, "2024-03-10", young, map[string]func(*DecideIdentification){
		"age_at_exploitation": func(d *DecideIdentification) { d.AgeAtExploitation = "unknown_adult" },
	})
	doubtful := positive() // who is only presumed to be a child may have been of age
	doubtful.AgeAtExploitation = "18-24"
	given(t, child("not_sure", screened, assessed)...).when(head.says("2024-03-10", doubtful)).then("IdentificationDecided")

	yes := toPositive()
	yes.NotifiedAt, yes.ReviewInfo = mustWhen("2024-04-13"), true
	denied := append(slices.Clone(undecided), head.says("2024-03-10", no))
	contradicts(t, denied, head, "2024-04-12", yes, map[string]func(*ReverseIdentification){
		"informed":     func(r *ReverseIdentification) { r.Informed = false },
		"exploited_in": func(r *ReverseIdentification) { r.Geography, r.ExploitedIn = "internal", "TR" },
		"age_at_exploitation": func(r *ReverseIdentification) {
			r.Forms, r.AgeAtExploitation = []string{"child_labour"}, "18-24"
		},
	})
}

func TestAChildsRecordsDoNotContradict(t *testing.T) {
	school := EnrolInSchool{Level: "general_secondary", Grade: 9}
	contradicts(t, child("child"), guardianship, "2024-03-10", school, map[string]func(*EnrolInSchool){
		"grade": func(e *EnrolInSchool) { e.Level = "preschool" },
	})
	for level, grades := range map[string][]int{"preschool": {1, 11}, "primary": {5}, "general_secondary": {4, 10}, "full_secondary": {9}} {
		for _, g := range grades {
			given(t, child("child")...).when(guardianship.says("2024-03-10", EnrolInSchool{level, g})).refused("answers_contradict", "grade")
		}
		given(t, child("child")...).when(guardianship.says("2024-03-10", EnrolInSchool{Level: level})).then("SchoolEnrolled", "ServiceDelivered")
	}
	for _, fits := range []EnrolInSchool{{"primary", 4}, {"full_secondary", 10}, {"full_secondary", 11}, {"special", 7}, {"vocational", 10}} {
		given(t, child("child")...).when(guardianship.says("2024-03-10", fits)).then("SchoolEnrolled", "ServiceDelivered")
	}
	named := guardianship.says("2024-03-04", AppointGuardian{Kind: "guardian", Conflict: "none"})
	for _, age := range []string{"child", "not_sure"} {
		given(t, child(age, named)...).when(guardianship.says("2024-05-01", EndGuardian{Reason: "turned_18"})).refused("turned_18_is_adult", "reason")
	}
	best := DetermineBestInterests{Purpose: "durable_solution", Options: []string{"relatives", "parents"}, Decision: "in_favour", Solution: "relatives", Heard: true}
	contradicts(t, child("child"), guardianship, "2024-03-10", best, map[string]func(*DetermineBestInterests){
		"solution": func(d *DetermineBestInterests) { d.Decision = "postponed" },
	})
	decided := guardianship.says("2024-03-10T10:00", best)
	contradicts(t, child("child", decided), guardianship, "2024-03-10T10:00", best, map[string]func(*DetermineBestInterests){
		"decision": func(d *DetermineBestInterests) { d.Decision, d.Solution = "against", "" },
	})
	other, against := best, best
	other.Solution, against.Decision = "parents", "against"
	placement := against
	placement.Purpose = "placement"
	w := given(t, child("child", decided)...)
	w.when(guardianship.says("2024-03-10T10:00", other)).refused("answers_contradict", "decision")
	for at, d := range map[string]DetermineBestInterests{"2024-03-10T10:01": against, "2024-03-10": against, "2024-03-10T10:00": placement} {
		if _, err := guardianship.says(at, d).execute(w.log); err != nil {
			t.Errorf("%s at %s: %v", d.Purpose, at, err)
		}
	}
}

func TestHelpAndReturnDoNotContradict(t *testing.T) {
	yes := consent("identification")
	contradicts(t, []said{detected, handedOver}, officer, "2024-03-03", yes, map[string]func(*RecordConsent){
		"abroad": func(k *RecordConsent) { k.Operations, k.Abroad = []string{"collection", "transfer_abroad"}, false },
	})
	ask := RequestShelter{Facility: house, Security: "high", Needs: []string{"female_only", "accessible"}}
	contradicts(t, []said{detected}, duty, "2024-03-02T01:00", ask, map[string]func(*RequestShelter){
		"needs": func(r *RequestShelter) { r.Needs = []string{"female_only", "male_only"} },
	})
	second := openSecond
	given(t, detected, second, requested, admitted).when(shelter.says("2024-03-05", RequestTransfer{
		Facility: second.on.Ref(), Reason: "wish", Security: "high", Needs: []string{"male_only", "female_only"},
	})).refused("answers_contradict", "needs")
	back := ReturnReferral{Organisation: "police-baki", Reason: "incomplete", Missing: []string{"place"}}
	contradicts(t, []said{detected}, duty, "2024-03-02", back, map[string]func(*ReturnReferral){
		"missing": func(r *ReturnReferral) { r.Reason = "not_about_trafficking" },
	})
	risk := AssessReturnRisk{Level: "extreme", Decision: "can_return_with_measures"}
	contradicts(t, homeward("adult"), partner, "2024-03-20", risk, map[string]func(*AssessReturnRisk){
		"decision": func(r *AssessReturnRisk) { r.Decision = "can_return" },
	})
	given(t, homeward("adult")...).when(migration.says("2024-03-20", RecordReturnConsent{By: "guardian"})).refused("adult_decides", "by")
	given(t, homeward("adult")...).when(migration.says("2024-03-20", ExpressReturnWish{Direction: "outbound", By: "guardian"})).refused("adult_decides", "by")
	given(t, homeward("adult")...).when(migration.says("2024-03-20", DeclineReturn{By: "guardian"})).refused("adult_decides", "by")
	given(t, homeward("child")...).when(migration.says("2024-03-20", ExpressReturnWish{Direction: "outbound", By: "guardian"})).then("ReturnWishExpressed")
	given(t, homeward("child")...).when(migration.says("2024-03-20", DeclineReturn{By: "guardian"})).then("ReturnDeclined")
}

func TestCallsVerdictsAndEndsDoNotContradict(t *testing.T) {
	theCall, hotline := CallStream(NewRef("the call")), Actor{"u-hotline", HotlineOperator, "hotline-152"}
	call := LogHotlineCall{Channel: "line_152", Language: "az", Topic: "trafficking", Caller: "person"}
	given(t).when(hotline.says("2024-03-01T20:30", call).to(theCall)).refused("answers_contradict", "thb_related")
	call.Topic, call.Related = "work_abroad", true
	given(t).when(hotline.says("2024-03-01T20:30", call).to(theCall)).then("HotlineCallLogged")

	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	link := prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1"}, ProceduralStatus: "victim"})
	for _, outcome := range []string{"acquitted", "sent_back"} {
		v := RecordVerdict{Reference: "240153", Outcome: outcome, CivilClaim: "left_undecided"}
		contradicts(t, []said{detected, handedOver, told, link}, prosecutor, "2024-06-01", v, map[string]func(*RecordVerdict){
			"civil_claim": func(v *RecordVerdict) { v.CivilClaim = "partly_granted" },
		})
	}
	end := CloseCase{Reason: "died", WaiverReason: "died"}
	contradicts(t, []said{detected, handedOver, decided}, officer, "2024-06-01", end, map[string]func(*CloseCase){
		"waiver_reason": func(e *CloseCase) { e.Reason = "contact_lost" },
		"reason":        func(e *CloseCase) { e.Reason, e.WaiverReason = "negative_decision", "other" },
	})
	few := HoldTraining{Topics: []string{"referral"}, Organisations: []string{"spu", "sms"}, Persons: 1}
	on := func(h HoldTraining) said { return coordinator.says("2023-05-10", h).to(ActionStream("4.7.4")) }
	given(t).when(on(few)).refused("answers_contradict", "persons")
	few.Persons = 2
	given(t).when(on(few)).then("TrainingHeld")
}

// Who refers a person says in one breath of which country they are a citizen. What
// is learned later may be the truth: it is recorded, and the citizenship doubted.
func TestNationalityAndCitizenship(t *testing.T) {
	for _, c := range []struct {
		citizenship, nationality string
		fits                     bool
	}{
		{"foreign", "AZ", false}, {"foreign", "TR", true}, {"foreign", "", true},
		{"stateless", "AZ", false}, {"stateless", "TR", false}, {"stateless", "", true},
		{"az", "TR", true}, // besides that of Azerbaijan
		{"az", "AZ", true}, {"unknown", "AZ", true}, {"unknown", "TR", true},
	} {
		r := referral()
		r.Citizenship = c.citizenship
		who := IdentityFields{FamilyName: "Əliyeva", Nationality: c.nationality}
		w := given(t, police.says("2024-03-01T20:30", r), handedOver).when(duty.says("2024-03-02", RecordIdentity{who}))
		r.IdentityFields = who
		at := given(t).when(police.says("2024-03-01T20:30", r))
		if c.fits {
			w.then("IdentityRecorded")
			at.then("DetectionRecorded", "ReferralSubmitted", "SpuNotified", "IdentityRecorded")
			continue
		}
		w.then("IdentityRecorded", "!citizenship_doubtful")
		at.refused("answers_contradict", "nationality")
	}
}
