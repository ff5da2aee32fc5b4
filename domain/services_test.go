package domain

import (
	"reflect"
	"testing"
	"time"
)

var (
	clinic   = Actor{"u-clinic", HealthCare, "health-agency"}
	askLegal = officer.says("2024-03-03", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info", "legal_representation"}, Basis: "consent"})
)

func TestTheBodyThatIsAskedAnswers(t *testing.T) {
	story := []said{detected, handedOver, askLegal}
	with := func(more ...said) []said { return append(append([]said(nil), story...), more...) }
	accept := lawyer.says("2024-03-04", AcceptServiceReferral{Services: []string{"legal_info"}})
	reject := lawyer.says("2024-03-04", RejectServiceReferral{Services: []string{"legal_representation"}, Reason: "no_capacity"})
	w := given(t, story...).when(accept).then("ServiceReferralAccepted")
	w.when(reject).then("ServiceReferralRejected")
	if got := w.state().Referrals; got[0].State != "accepted" || got[1].State != "rejected" {
		t.Errorf("the referrals are %+v", got)
	}
	if !MaySee(lawyer, w.state().Access, specNow.Add(400*24*time.Hour)) {
		t.Error("who gives one of two services no longer sees the case")
	}
	given(t, story...).when(lawyer.says("2024-03-04", AcceptServiceReferral{Services: []string{"psychological"}})).refused("not_referred", "")
	given(t, story...).when(lawyer.says("2024-03-02", accept.cmd)).refused("before_request", "happened")
	given(t, detected, handedOver).when(accept).refused("no_such_case", "")
	given(t, story...).when(officer.says("2024-03-04", accept.cmd)).refused("role_not_allowed", "")
	given(t, with(requested, admitted)...).when(shelter.says("2024-03-04", accept.cmd)).refused("not_referred", "") // asked of another body

	all := lawyer.says("2024-03-04", RejectServiceReferral{Services: []string{"legal_info", "legal_representation"}, Reason: "conflict_of_interest"})
	w = given(t, story...).when(all).then("ServiceReferralRejected")
	if rows := w.state().Access; MaySee(lawyer, rows, specNow.Add(31*24*time.Hour)) {
		t.Error("who gives no service sees the case for ever")
	}
	again := officer.says("2024-04-01", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}})
	w = given(t, with(all, again)...).when(lawyer.says("2024-04-02", accept.cmd)).then("ServiceReferralAccepted")
	if !MaySee(lawyer, w.state().Access, specNow.Add(400*24*time.Hour)) {
		t.Error("who was asked again and agreed does not see the case")
	}
}

func TestServicesComeToAnEnd(t *testing.T) {
	need := officer.says("2024-03-03", RecordServiceNeed{Service: "vocational_training"})
	start := shelter.says("2024-03-10", StartService{Service: "vocational_training"})
	story := []said{detected, handedOver, requested, admitted, need, start}
	end := func(at, outcome string) said {
		return shelter.says(at, CompleteService{Service: "vocational_training", Outcome: outcome, Units: 40, Unit: "hours"})
	}
	w := given(t, story...).when(end("2024-05-01", "achieved")).then("ServiceCompleted", "ServiceDelivered")
	if p := w.state().Services["vocational_training"]; p.Outcome != "achieved" || !p.ended() {
		t.Errorf("the course is %+v", p)
	}
	given(t, story...).when(end("2024-05-01", "interrupted")).then("ServiceCompleted") // figures do not count what was broken off
	given(t, story...).when(end("2024-03-09", "achieved")).refused("before_service", "happened")
	given(t, story[:5]...).when(end("2024-05-01", "partly")).then("ServiceCompleted", "ServiceDelivered", "!service_not_started")
	given(t, story[:4]...).when(end("2024-05-01", "not_achieved")).then("ServiceCompleted", "!need_not_recorded", "!service_not_started")
	given := given(t, append(story, shelter.says("2024-04-30", DeliverService{Service: "vocational_training"}))...)
	given.when(end("2024-05-01", "achieved")).then("ServiceCompleted") // counted already
}

func TestServicesNotGiven(t *testing.T) {
	need := officer.says("2024-03-03", RecordServiceNeed{Service: "psychological"})
	story := []said{detected, handedOver, requested, admitted, need}
	w := given(t, story...).when(shelter.says("2024-03-04", DeclineService{Service: "psychological", Reason: "not_now"})).then("ServiceDeclined")
	if !w.state().Services["psychological"].ended() {
		t.Error("a service that the person does not want is still expected")
	}
	w.when(officer.says("2024-05-03", RecordServiceNeed{Service: "psychological"})).then("ServiceNeedRecorded")
	if w.state().Services["psychological"].ended() {
		t.Error("a need that is recorded anew is not expected to be met")
	}
	given(t, story...).when(shelter.says("2024-03-04", RecordServiceUnavailable{Service: "psychological", Reason: "waiting_list"})).then("ServiceUnavailable")
	given(t, story[:4]...).when(shelter.says("2024-03-04", RecordServiceUnavailable{Service: "child_care", Reason: "no_provider"})).then("ServiceUnavailable", "!need_not_recorded")
	given(t, story...).when(coordinator.says("2024-03-04", DeclineService{Service: "psychological", Reason: "not_now"})).refused("role_not_allowed", "")
}

func TestARestoredDocumentIsCountedAsAService(t *testing.T) {
	need := officer.says("2024-03-03", RecordServiceNeed{Service: "identity_document"})
	restored := officer.says("2024-04-01", RestoreIdentityDocument{Document: "identity_card"})
	given(t, detected, handedOver, need).when(restored).then("IdentityDocumentRestored", "ServiceDelivered")
	given(t, detected, handedOver).when(restored).then("IdentityDocumentRestored", "ServiceDelivered", "!need_not_recorded")
	given(t, detected, requested, admitted).when(shelter.says("2024-04-01", restored.cmd)).refused("role_not_allowed", "")
	given(t, detected).when(officer.says("2024-04-01", RestoreIdentityDocument{Document: "diary"})).refused("unknown_code", "document")
}

func TestBodiesAnswerForTheirOwnTrade(t *testing.T) {
	for role, want := range map[Role]map[string]bool{
		LegalAid:   {"legal_info": true, "medical_inpatient": false, "psychological": false},
		HealthCare: {"medical_inpatient": true, "psychological": true, "legal_info": false},
		Education:  {"education": true, "vocational_training": true, "employment": false},
		Employment: {"employment": true, "education": false},
		Shelter:    {"legal_info": true, "material": true},
		Referrer:   {"material": false},
	} {
		for service, serves := range want {
			if role.Serves(service) != serves {
				t.Errorf("%s gives %s: %t, want %t", role, service, !serves, serves)
			}
		}
	}
	send := officer.says("2024-03-03", SendServiceReferral{Organisation: clinic.Organisation, Services: []string{"medical_outpatient"}})
	need := officer.says("2024-03-03", RecordServiceNeed{Service: "medical_outpatient"})
	story := []said{detected, handedOver, need, send}
	given(t, story...).when(clinic.says("2024-03-04", DeliverService{Service: "medical_outpatient", Units: 2, Unit: "sessions"})).then("ServiceDelivered")
	given(t, story...).when(clinic.says("2024-03-04", DeliverService{Service: "medical_outpatient", Units: 2})).refused("required", "unit")
	given(t, story...).when(clinic.says("2024-03-04", DeliverService{Service: "medical_outpatient", Unit: "sessions"})).refused("required", "units")
	given(t, story...).when(clinic.says("2024-03-04", CompleteService{Service: "medical_outpatient", Outcome: "achieved", Units: 2})).refused("required", "unit")
	given(t, story...).when(clinic.says("2024-03-04", DeliverService{Service: "legal_info"})).refused("service_not_yours", "service")
	given(t, story...).when(clinic.says("2024-03-04", CompleteService{Service: "legal_info", Outcome: "achieved"})).refused("service_not_yours", "service")
}

func TestRehabilitationPlan(t *testing.T) {
	fields := PlanFields{Goals: []string{"safety"}, Services: []string{"psychological"}, Owner: "social_worker", ReviewOn: mustDay("2024-06-05")}
	approve := shelter.says("2024-03-05", ApproveRehabPlan{fields})
	story := []said{detected, requested, admitted}
	given(t, story...).when(approve).then("RehabPlanApproved")
	given(t, append(story, approve)...).when(shelter.says("2024-03-06", approve.cmd)).refused("plan_already", "")
	late := fields
	late.ReviewOn = mustDay("2024-03-05")
	given(t, story...).when(shelter.says("2024-03-05", ApproveRehabPlan{late})).refused("before_start", "review_on")
	empty := fields
	empty.Goals = nil
	given(t, story...).when(shelter.says("2024-03-05", ApproveRehabPlan{empty})).refused("required", "goals")
	given(t, story...).when(officer.says("2024-03-05", approve.cmd)).refused("role_not_allowed", "")

	more := fields
	more.Services = []string{"psychological", "vocational_training"}
	revise := shelter.says("2024-04-05", ReviseRehabPlan{more, "new_need"})
	given(t, story...).when(revise).refused("no_plan", "")
	w := given(t, append(story, approve)...).when(revise).then("RehabPlanRevised")
	if got := w.state().Plan; !reflect.DeepEqual(got.Services, more.Services) || !got.Approved.Equal(mustWhen("2024-03-05")) {
		t.Errorf("the plan is %+v", got)
	}
	w.when(approve).then() // said again after the revision
	w.when(shelter.says("2024-03-04", revise.cmd)).refused("before_plan_approved", "happened")
	early := shelter.says("2024-03-20", ReviseRehabPlan{fields, "review"})
	w = given(t, append(story, approve, revise)...).when(early).then("RehabPlanRevised")
	if got := w.state().Plan; !reflect.DeepEqual(got.Services, more.Services) {
		t.Errorf("a revision learned late undid a later one: %+v", got)
	}
}

// A body is told of a person because the person agreed, or because something else
// lets it; what was told all the same is remarked.
func TestPassedOnWithABasis(t *testing.T) {
	refer := func(basis string) said {
		return officer.says("2024-03-20", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}, Basis: basis})
	}
	agreed := consent("identification")
	agreed.Recipients = []string{"legal-aid-a"}
	given(t, detected, handedOver).when(refer("")).then("ServiceReferralSent", "!passed_on_without_basis")
	given(t, detected, handedOver).when(refer("legal_obligation")).then("ServiceReferralSent")
	given(t, detected, handedOver, officer.says("2024-03-10", agreed)).when(refer("")).then("ServiceReferralSent")
	given(t, detected, handedOver, officer.says("2024-03-21", agreed)).when(refer("")).then("ServiceReferralSent", "!passed_on_without_basis")
	withdrawn := officer.says("2024-03-15", WithdrawConsent{Purpose: "identification", By: "person", Form: "written"})
	given(t, detected, handedOver, officer.says("2024-03-10", agreed), withdrawn).when(refer("")).then("ServiceReferralSent", "!passed_on_without_basis")
}

// Whoever is admitted again goes on with the plan that they have.
func TestOneRehabPlanIsEnough(t *testing.T) {
	approve := shelter.says("2024-03-05", ApproveRehabPlan{PlanFields{Goals: []string{Codes("rehab_goal")[0].Code}, Services: []string{"psychological"}, Owner: Codes("plan_owner")[0].Code, ReviewOn: mustDay("2024-09-01")}})
	leave := shelter.says("2024-03-20", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	again := []said{officer.says("2024-04-01", RequestShelter{Facility: house, Security: "high"}), shelter.says("2024-04-02", ConfirmAdmission{Facility: house, Basis: "consent"})}
	for _, k := range given(t, append([]said{detected, requested, admitted, approve, leave}, again...)...).state().Clocks {
		if k.Rule == "rehabilitation_plan" && k.State(specNow) != Met {
			t.Errorf("the plan of the stay of %s is %s", k.Start, k.State(specNow))
		}
	}
}

// A delivery that is learned late is not the latest, and what the person declined
// is not open.
func TestLatestOfAService(t *testing.T) {
	need := officer.says("2024-03-10", RecordServiceNeed{Service: "psychological"})
	give := func(at string) said { return officer.says(at, DeliverService{Service: "psychological"}) }
	c := given(t, detected, handedOver, need, give("2024-03-20"), give("2024-03-05")).state()
	if got := c.Services["psychological"]; !got.Delivered.Equal(mustWhen("2024-03-20")) || c.servicesOpen() {
		t.Errorf("%+v", got)
	}
	if c := given(t, detected, handedOver, give("2024-03-05"), need).state(); !c.servicesOpen() {
		t.Error("a need that came up again is open")
	}
	decline := officer.says("2024-03-12", DeclineService{Service: "psychological", Reason: Codes("service_decline_reason")[0].Code})
	if c := given(t, detected, handedOver, need, decline).state(); c.servicesOpen() {
		t.Error("what the person declined is open")
	}
}
