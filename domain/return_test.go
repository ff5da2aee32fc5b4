package domain

import (
	"slices"
	"testing"
)

// homeward is a story of a foreigner who may go home, up to the consent.
func homeward(age string, more ...said) []said {
	r := referral()
	r.Age, r.Citizenship = age, "foreign"
	by := map[bool]string{true: "guardian", false: "person"}[age != "adult"]
	story := []said{
		police.says("2024-03-01T20:30", r), handedOver,
		officer.says("2024-03-02", SendServiceReferral{Organisation: "sms", Services: []string{"legal_info"}}),
		officer.says("2024-03-02", SendServiceReferral{Organisation: "iom", Services: []string{"legal_info"}}),
		officer.says("2024-03-02", SendServiceReferral{Organisation: "scfwca", Services: []string{"child_care"}}),
		migration.says("2024-03-05", ExpressReturnWish{Direction: "outbound", By: "person", Freedom: "free"}),
		partner.says("2024-03-06", AssessReturnRisk{Level: "low", Decision: "can_return", Sources: []string{"ngo", "family"}}),
		migration.says("2024-03-07", RecordReturnConsent{By: by}),
	}
	return append(story, more...)
}

func planned(change func(*ScheduleReturn)) ScheduleReturn {
	s := ScheduleReturn{Direction: "outbound", On: mustDay("2024-05-10"), Transport: "air", Via: []string{"TR"}, Escort: "social_worker", Payer: "international"}
	change(&s)
	return s
}

func asPlanned(*ScheduleReturn) {}

func TestReturnIsScheduledOnlyWhenItIsPrepared(t *testing.T) {
	schedule := migration.says("2024-04-04", planned(asPlanned))
	given(t, homeward("adult")...).when(schedule).then("ReturnScheduled")
	given(t, homeward("adult")...).when(partner.says("2024-04-04", planned(asPlanned))).then("ReturnScheduled")
	given(t, homeward("adult")...).when(officer.says("2024-04-04", planned(asPlanned))).refused("role_not_allowed", "")
	given(t, homeward("adult")[:6]...).when(schedule).refused("return_risk_missing", "")
	given(t, homeward("adult")[:7]...).when(schedule).refused("return_consent_missing", "")
	given(t, homeward("adult")...).when(migration.says("2024-03-05", planned(asPlanned))).refused("return_risk_missing", "") // both came later
	given(t, homeward("adult")...).when(migration.says("2024-04-06", planned(asPlanned))).refused("return_risk_outdated", "")
	given(t, homeward("adult")...).when(migration.says("2024-04-05", planned(asPlanned))).then("ReturnScheduled")
	given(t, homeward("adult")...).when(migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.On = mustDay("2024-04-03") }))).refused("before_start", "on")
	for _, against := range []string{"postpone", "should_not_return"} {
		worse := partner.says("2024-04-01", AssessReturnRisk{Level: "high", Decision: against})
		given(t, homeward("adult", worse)...).when(schedule).refused("return_not_safe", "")
		better := partner.says("2024-04-03", AssessReturnRisk{Level: "medium", Decision: "can_return_with_measures"})
		given(t, homeward("adult", better, worse)...).when(schedule).then("ReturnScheduled")
	}
	abroad := func(direction string) said {
		return migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.Direction, s.Destination = direction, "GE" }))
	}
	w := given(t, homeward("adult")...).when(abroad("outbound")).then("ReturnScheduled")
	if got := w.state().ScheduledReturn.Destination; got != "GE" {
		t.Errorf("goes to %q", got)
	}
	given(t, homeward("adult")...).when(abroad("inbound")).refused("answers_contradict", "destination")
	given(t, homeward("adult")...).when(migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.Direction = "inbound" }))).then("ReturnScheduled")
	wishless := slices.Delete(homeward("adult"), 5, 6)
	given(t, wishless...).when(schedule).then("ReturnScheduled", "!return_wish_missing")
}

// A consent to the purpose counts as one recorded with the return, if it is
// written, and to its last day.
func TestAReturnRestsOnTheConsentThatHolds(t *testing.T) {
	schedule := migration.says("2024-04-04", planned(asPlanned))
	agreed := func(at string, change func(*RecordConsent)) said {
		k := consent("repatriation")
		change(&k)
		return officer.says(at, k)
	}
	before := homeward("adult")[:7]
	for name, test := range map[string]struct {
		story []said
		code  string
	}{
		"written":              {[]said{agreed("2024-03-07", func(*RecordConsent) {})}, ""},
		"signed":               {[]said{agreed("2024-03-07", func(k *RecordConsent) { k.Form = "electronic_signature" })}, ""},
		"to this very day":     {[]said{agreed("2024-03-07", func(k *RecordConsent) { k.ValidUntil = mustDay("2024-04-04") })}, ""},
		"until yesterday":      {[]said{agreed("2024-03-07", func(k *RecordConsent) { k.ValidUntil = mustDay("2024-04-03") })}, "return_consent_missing"},
		"oral":                 {[]said{agreed("2024-03-07", func(k *RecordConsent) { k.Form = "oral" })}, "return_consent_missing"},
		"given later":          {[]said{agreed("2024-04-05", func(*RecordConsent) {})}, "return_consent_missing"},
		"to something else":    {[]said{officer.says("2024-03-07", consent("identification"))}, "return_consent_missing"},
		"withdrawn":            {[]said{agreed("2024-03-07", func(*RecordConsent) {}), officer.says("2024-03-20", WithdrawConsent{Purpose: "repatriation", By: "person", Form: "oral"})}, "return_consent_missing"},
		"withdrawn, told late": {[]said{agreed("2024-03-20", func(*RecordConsent) {}), officer.says("2024-03-25", WithdrawConsent{Purpose: "repatriation", By: "person", Form: "oral"}), migration.says("2024-03-07", RecordReturnConsent{By: "person"})}, "return_consent_missing"},
		"declined, told late":  {[]said{migration.says("2024-03-25", DeclineReturn{By: "person", Reason: "fear"}), agreed("2024-03-07", func(*RecordConsent) {})}, "return_consent_missing"},
		"and with the return":  {[]said{agreed("2024-03-07", func(k *RecordConsent) { k.ValidUntil = mustDay("2024-03-10") }), migration.says("2024-03-20", RecordReturnConsent{By: "person"})}, ""},
	} {
		w := given(t, append(slices.Clone(before), test.story...)...)
		if test.code != "" {
			w.when(schedule).refused(test.code, "")
		} else if _, err := schedule.execute(w.log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAChildReturnsWithGuardianBestInterestsAndCarer(t *testing.T) {
	named := guardianship.says("2024-03-04", AppointGuardian{Kind: "guardian", Conflict: "none"})
	best := func(decision string) said {
		return guardianship.says("2024-04-01", DetermineBestInterests{Purpose: "return", Options: []string{"parents"}, Decision: decision, Heard: true})
	}
	with := migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.Carer = "parents" }))
	given(t, homeward("child", named, best("in_favour"))...).when(with).then("ReturnScheduled")
	given(t, homeward("child", named)...).when(with).refused("best_interests_missing", "")
	given(t, homeward("child", named, best("against"))...).when(with).refused("best_interests_missing", "")
	given(t, homeward("child", best("in_favour"))...).when(with).refused("no_guardian", "")
	given(t, homeward("child", named, best("in_favour"))...).when(migration.says("2024-04-04", planned(asPlanned))).refused("required", "carer")

	depart := migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "guardian"})
	given(t, homeward("child", named, best("in_favour"), with)...).when(depart).then("ReturnDeparted")
	given(t, homeward("child")...).when(depart).then("ReturnDeparted", "!return_not_scheduled", "!best_interests_missing", "!child_without_guardian")
}

func TestNoReturnIsScheduledWithinReflection(t *testing.T) {
	reflection := officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-05-15")})
	schedule := migration.says("2024-04-04", planned(asPlanned))
	given(t, homeward("adult", reflection)...).when(schedule).refused("return_in_reflection", "on")
	given(t, homeward("adult", reflection)...).when(migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.On = mustDay("2024-05-16") }))).refused("return_in_reflection", "on")
	written := migration.says("2024-04-01", ExpressReturnWish{Direction: "outbound", By: "person", Freedom: "free", Written: true})
	given(t, homeward("adult", reflection, written)...).when(schedule).then("ReturnScheduled")
	given(t, homeward("adult", reflection, written)...).when(migration.says("2024-03-31", planned(asPlanned))).refused("return_in_reflection", "on")

	early := homeward("adult", reflection)
	early = slices.Delete(early, 5, 6)
	given(t, early...).when(migration.says("2024-03-20", ProposeReturn{Direction: "outbound", Reason: "stay_ends"})).then("ReturnProposed", "!return_in_reflection")
	given(t, homeward("adult")...).when(migration.says("2024-03-20", ProposeReturn{Direction: "outbound", Reason: "stay_ends"})).then("ReturnProposed")
}

func TestWishAndDecline(t *testing.T) {
	pressed := migration.says("2024-03-10", ExpressReturnWish{Direction: "outbound", Freedom: "pressed"})
	given(t, homeward("adult")...).when(pressed).then("ReturnWishExpressed", "!return_not_voluntary")
	schedule := migration.says("2024-04-04", planned(asPlanned))
	decline := migration.says("2024-04-04T12:00", DeclineReturn{By: "person", Reason: "fear"})
	given(t, homeward("adult", schedule)...).when(decline).then("ReturnDeclined")
	given(t, homeward("adult", schedule, decline)...).when(migration.says("2024-04-05", planned(asPlanned))).refused("return_consent_missing", "")
	depart := migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	given(t, homeward("adult", schedule, decline)...).when(depart).then("ReturnDeparted", "!return_wish_missing", "!return_consent_missing", "!return_not_scheduled")
	given(t, homeward("adult", schedule, depart)...).when(migration.says("2024-05-11", DeclineReturn{By: "person"})).refused("on_the_way", "")
	again := migration.says("2024-04-05", RecordReturnConsent{By: "person"})
	given(t, homeward("adult", schedule, again, decline)...).when(migration.says("2024-04-05", planned(asPlanned))).then("ReturnScheduled", "!return_wish_missing") // agreed after the refusal
}

func TestCancelledReturn(t *testing.T) {
	schedule := migration.says("2024-04-04", planned(func(s *ScheduleReturn) { s.Receiver = "centre-baki" }))
	cancel := migration.says("2024-04-25", CancelReturn{Reason: "new_risk"})
	w := given(t, homeward("adult", schedule)...)
	if !MaySee(centre, w.state().Access, specNow) {
		t.Error("the receiver does not see whom it is to receive")
	}
	w.when(cancel).then("RepatriationCancelled")
	if MaySee(centre, w.state().Access, specNow) {
		t.Error("the receiver still sees a person whom it is not to receive")
	}
	depart := migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	w.when(depart).then("ReturnDeparted", "!return_not_scheduled")
	w.when(migration.says("2024-05-11", CancelReturn{Reason: "health"})).refused("on_the_way", "")
	given(t, detected, handedOver).when(officer.says("2024-04-25", CancelReturn{Reason: "health"})).refused("no_return_planned", "")
	given(t, homeward("adult", schedule)...).when(migration.says("2024-04-03", CancelReturn{Reason: "health"})).refused("before_start", "happened")
	given(t, homeward("adult", schedule, depart)...).when(migration.says("2024-05-12", planned(func(s *ScheduleReturn) { s.On = mustDay("2024-05-20") }))).refused("on_the_way", "")
	worse := partner.says("2024-05-01", AssessReturnRisk{Level: "high", Decision: "postpone"})
	given(t, homeward("adult", schedule, worse)...).when(depart).then("ReturnDeparted", "!return_against_assessment")
}

func TestPapersForTheReturn(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	found := consul.says("2024-03-01T20:30", abroad)
	apply := consul.says("2024-03-06", ApplyReturnCertificate{})
	refuse := consul.says("2024-03-08", RefuseReturnCertificate{Reason: "citizenship_not_confirmed"})
	given(t, found, apply).when(refuse).then("ReturnCertificateRefused")
	given(t, found).when(refuse).then("ReturnCertificateRefused", "!certificate_not_applied")
	given(t, found, apply).when(consul.says("2024-03-05", RefuseReturnCertificate{Reason: "other"})).refused("before_application", "happened")
	given(t, found, apply, refuse).when(consul.says("2024-03-10", ApplyReturnCertificate{})).then("ReturnCertificateApplied")
	given(t, found, apply).when(consul.says("2024-03-10", ApplyReturnCertificate{})).refused("already_applied", "")

	wish := consul.says("2024-03-05", ExpressReturnWish{Direction: "inbound"})
	paper := consul.says("2024-03-06", RequestTravelDocument{Kind: "exit_permit", Country: "TR"})
	given(t, found, wish).when(paper).then("TravelDocRequested")
	given(t, found).when(paper).then("TravelDocRequested", "!return_wish_missing")

	report := consul.says("2024-03-03", ReportCitizenAbroad{Country: "TR", Circumstances: []string{"detained"}, Confidential: true})
	given(t, found).when(report).then("CitizenAbroadReported")
	given(t, found).when(consul.says("2024-03-03", ReportCitizenAbroad{Country: "TR", Circumstances: []string{"detained"}})).then("CitizenAbroadReported", "!not_in_confidence")
	given(t, homeward("adult")...).when(migration.says("2024-03-03", report.cmd)).refused("not_a_citizen", "")

	depart := consul.says("2024-03-10T08:00", RecordReturnDeparture{Direction: "inbound", Escort: "none"})
	arrive := duty.says("2024-03-10T13:00", RecordReturnArrival{})
	story := []said{found, wish, depart, arrive}
	given(t, story...).when(duty.says("2024-03-10T15:00", RecordReturnReception{Needs: []string{"psychological"}, Agreed: true})).then("ReturnReceived")
	given(t, story...).when(duty.says("2024-03-10T15:00", RecordReturnReception{Needs: []string{"psychological"}})).refused("needs_without_consent", "needs_consented")
}

// What has happened is recorded even when nothing was prepared; what cannot be
// is refused.
func TestReturnOutOfOrder(t *testing.T) {
	story := homeward("adult")
	given(t, story[:5]...).when(story[6]).then("ReturnRiskAssessed", "!return_wish_missing")
	given(t, story[:6]...).when(story[7]).then("ReturnConsentRecorded", "!return_risk_missing")
	reflection := officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-05-15")})
	depart := migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	given(t, append(slices.Clone(story[:5]), reflection)...).when(depart).
		then("ReturnDeparted", "!return_wish_missing", "!return_risk_missing", "!return_consent_missing", "!return_not_scheduled", "!return_in_reflection")

	arrive := migration.says("2024-05-11", RecordReturnArrival{})
	receive := func(at string) said { return partner.says(at, RecordReturnReception{}) }
	given(t, story...).when(arrive).then("ReturnArrived", "!departure_not_recorded")
	given(t, story...).when(receive("2024-05-12")).then("ReturnReceived", "!arrival_not_recorded")
	given(t, homeward("adult", depart, arrive)...).when(receive("2024-05-10")).refused("before_arrival", "happened")
	given(t, homeward("adult", depart)...).when(migration.says("2024-05-12", story[5].cmd)).refused("on_the_way", "")
	given(t, homeward("adult", depart)...).when(migration.says("2024-05-12", ProposeReturn{Direction: "outbound", Reason: "family"})).refused("on_the_way", "")

	after := func(at, status string) said { return partner.says(at, RecordFollowUp{Month: "1", Status: status}) }
	w := given(t, homeward("adult", depart, arrive, receive("2024-05-12"))...).when(after("2024-06-12", "re_trafficked")).then("ReintegrationFollowUpDone", "!re_trafficked")
	w.when(after("2024-06-13", "safe")).then() // one look after each time
}

func TestCertificateOutOfOrder(t *testing.T) {
	abroad := referral()
	abroad.District, abroad.Country = "", "TR"
	found := consul.says("2024-03-01T20:30", abroad)
	apply := consul.says("2024-03-06", ApplyReturnCertificate{})
	given(t, found).when(consul.says("2024-03-08", IssueReturnCertificate{FeeWaived: true})).then("ReturnCertificateIssued", "!certificate_not_applied")
	given(t, found, apply).when(consul.says("2024-03-08", IssueReturnCertificate{})).then("ReturnCertificateIssued", "!fee_charged")
	given(t, found, apply).when(consul.says("2024-03-05", IssueReturnCertificate{FeeWaived: true})).refused("before_application", "happened")
}

// A departure that is recorded after the arrival does not take the arrival back.
func TestDepartureRecordedLate(t *testing.T) {
	arrive := migration.says("2024-05-11", RecordReturnArrival{})
	receive := partner.says("2024-05-12", RecordReturnReception{})
	depart := migration.says("2024-05-10", RecordReturnDeparture{Direction: "outbound", Escort: "none"})
	c := given(t, homeward("adult", arrive, receive, depart)...).state()
	if c.onTheWay() || !c.Return.Arrived.Equal(mustWhen("2024-05-11")) || !c.Return.Received.Equal(mustWhen("2024-05-12")) {
		t.Errorf("who arrived is on the way: %+v", c.Return)
	}
}

// Whoever returns a second time is looked after again from then on.
func TestSecondReturnIsFollowedUp(t *testing.T) {
	back := func(month string) []said {
		return []said{
			migration.says("2024-"+month+"-01", RecordReturnDeparture{Direction: "outbound", Escort: "none"}),
			migration.says("2024-"+month+"-02", RecordReturnArrival{}), partner.says("2024-"+month+"-03", RecordReturnReception{}),
		}
	}
	story := homeward("adult", append(back("04"), partner.says("2024-05-03", RecordFollowUp{Month: "1", Status: "safe"}))...)
	w := given(t, append(story, back("05")...)...)
	w.when(partner.says("2024-06-03", RecordFollowUp{Month: "1", Status: "safe"})).then("ReintegrationFollowUpDone")
	for _, k := range w.state().Clocks {
		if k.Rule == "follow_up_1" && k.State(specNow) != Met {
			t.Errorf("the look after the return of %s is %s", k.Start, k.State(specNow))
		}
	}
}

// A written wish of before the person declined is no wish any more.
func TestDeclinedWishDoesNotComeBack(t *testing.T) {
	decline := migration.says("2024-03-20", DeclineReturn{By: "person"})
	late := migration.says("2024-03-19", ExpressReturnWish{Direction: "outbound", By: "person", Freedom: "free", Written: true})
	if c := given(t, homeward("adult", decline, late)...).state(); !c.Return.Wish.IsZero() || !c.WishWritten.IsZero() {
		t.Errorf("a wish that was taken back: %+v", c.Return)
	}
}
