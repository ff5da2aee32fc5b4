package domain

import (
	"slices"
	"testing"
)

func consent(purpose string) RecordConsent {
	return RecordConsent{
		Purpose: purpose, Data: []string{"identity", "contacts"}, Operations: []string{"collection", "storage"}, ValidUntil: mustDay("2024-05-31"),
		Revocation: []string{"in_writing"}, Deletion: "archived", Form: "written", By: "person", Language: "az", Explained: consentQuestions(), NoHarm: true,
	}
}

var (
	toldOfRights = officer.says("2024-03-02T09:00", GiveRightsInformation{Language: "az", Form: []string{"oral", "written"}, Topics: []string{"services", "confidentiality"}})
	consented    = officer.says("2024-03-02T10:00", consent("identification"))
)

func TestConsent(t *testing.T) {
	told := []said{detected, handedOver, toldOfRights}
	given(t, told...).when(consented).then("ConsentRecorded")
	given(t, detected, handedOver).when(consented).then("ConsentRecorded", "!rights_information_missing")
	given(t, detected, handedOver, officer.says("2024-03-02T11:00", toldOfRights.cmd)).when(consented).then("ConsentRecorded", "!rights_information_missing")

	for field, spoil := range map[string]func(*RecordConsent){
		"valid_until": func(c *RecordConsent) { c.ValidUntil = mustDay("2024-03-01") },
		"withheld":    func(c *RecordConsent) { c.Withheld = []string{"health", "contacts"} },
		"services":    func(c *RecordConsent) { c.Services = []string{"psychological"} },
		"by":          func(c *RecordConsent) { c.By = "guardian" },
		"assent":      func(c *RecordConsent) { c.Assent = true },
	} {
		bad := consent("identification")
		spoil(&bad)
		code := map[string]string{"valid_until": "before_start", "withheld": "released_and_withheld", "services": "consent_not_for_services", "by": "adult_decides", "assent": "adult_decides"}[field]
		given(t, told...).when(officer.says("2024-03-02T10:00", bad)).refused(code, field)
	}
	given(t, told...).when(officer.says("2024-03-02T10:00", consent("service"))).refused("required", "services")
	given(t, told...).when(fund.says("2024-03-02T10:00", consent("identification"))).refused("role_not_allowed", "")

	weak := consent("identification")
	weak.Explained, weak.Form = []string{"purpose"}, "oral"
	given(t, told...).when(officer.says("2024-03-02T10:00", weak)).then("ConsentRecorded", "!consent_not_explained", "!consent_not_written")
	weak = consent("identification")
	weak.NoHarm = false
	given(t, told...).when(officer.says("2024-03-02T10:00", weak)).then("ConsentRecorded", "!consent_not_explained")
}

// TestTakenInAgainstARefusal: an admission that is said to rest on a consent which
// the person refused, or took back.
func TestTakenInAgainstARefusal(t *testing.T) {
	refused := officer.says("2024-03-01T23:30", RefuseConsent{Purpose: "shelter", By: "person", Language: "az", NoHarm: true})
	agreed := officer.says("2024-03-01T23:40", consent("shelter"))
	taken := officer.says("2024-03-01T23:50", WithdrawConsent{Purpose: "shelter", By: "person", Form: "oral"})
	other := officer.says("2024-03-01T23:30", RefuseConsent{Purpose: "statistics", By: "person", Language: "az", NoHarm: true})
	in := func(at, basis string) said { return shelter.says(at, ConfirmAdmission{Facility: house, Basis: basis}) }
	for _, c := range []struct {
		story []said
		basis string
		then  []string
	}{
		{[]said{refused}, "consent", []string{"AdmissionConfirmed", "!against_refusal"}},
		{[]said{agreed, taken}, "consent", []string{"AdmissionConfirmed", "!against_refusal"}},
		{[]said{refused}, "vital_interest", []string{"AdmissionConfirmed"}},
		{[]said{refused, agreed}, "consent", []string{"AdmissionConfirmed"}},
		{[]said{other}, "consent", []string{"AdmissionConfirmed"}},
		{nil, "consent", []string{"AdmissionConfirmed"}},
	} {
		given(t, then([]said{detected, handedOver}, append(c.story, requested)...)...).when(in("2024-03-02T03:00", c.basis)).then(c.then...)
	}
	later := officer.says("2024-03-10", refused.cmd)
	given(t, detected, handedOver, requested, later).when(in("2024-03-02T03:00", "consent")).then("AdmissionConfirmed") // refused only since
}

func TestConsentOfAChild(t *testing.T) {
	r := referral()
	r.Age = "child"
	story := []said{police.says("2024-03-01T20:30", r), handedOver}
	told := officer.says("2024-03-02T09:00", GiveRightsInformation{Language: "az", Form: []string{"pictures"}, Topics: []string{"services"}, ChildFriendly: true})
	given(t, story...).when(toldOfRights).then("RightsInformationGiven", "!information_not_for_children")
	given(t, story...).when(told).then("RightsInformationGiven")
	story = append(story, told)
	given(t, story...).when(consented).refused("guardian_required", "by")
	k := consent("identification")
	k.By = "guardian"
	given(t, story...).when(officer.says("2024-03-02T10:00", k)).then("ConsentRecorded", "!child_assent_missing")
	k.Assent = true
	given(t, story...).when(officer.says("2024-03-02T10:00", k)).then("ConsentRecorded")
}

func TestConsentEnds(t *testing.T) {
	k := consent("repatriation")
	k.Recipients, k.Abroad = []string{"consulate-istanbul"}, true
	abroad := officer.says("2024-03-02T10:00", k)
	story := []said{detected, handedOver, toldOfRights, abroad}
	withdraw := officer.says("2024-03-20", WithdrawConsent{Purpose: "repatriation", By: "person", Form: "oral"})
	w := given(t, story...).when(withdraw).then("ConsentWithdrawn")
	if got := w.state().ConsentFor("repatriation"); got.State != "withdrawn" || got.Holds(mustDay("2024-03-21")) {
		t.Errorf("after the withdrawal: %+v", got)
	}
	last := w.log.all()[len(w.log.all())-1].Events[0].(ConsentWithdrawn)
	if want := []string{"consulate-istanbul", "police-baki"}; !slices.Equal(last.Holders, want) {
		t.Errorf("those who have data: %v, want %v", last.Holders, want)
	}
	given(t, detected, handedOver).when(withdraw).refused("no_consent", "")
	given(t, append(story, withdraw)...).when(officer.says("2024-03-22", withdraw.cmd)).refused("no_consent", "")
	given(t, story...).when(officer.says("2024-03-02T09:30", withdraw.cmd)).refused("before_consent", "happened")
	given(t, story...).when(officer.says("2024-03-02", WithdrawConsent{Purpose: "service", By: "person", Form: "oral"})).refused("required", "services")
	given(t, append(story, withdraw)...).when(officer.says("2024-04-01", k)).then("ConsentRecorded") // a person may change their mind again

	refuse := officer.says("2024-03-20", RefuseConsent{Purpose: "media", By: "person", Language: "az", NoHarm: true})
	w = given(t, story...).when(refuse).then("ConsentRefused")
	if got := w.state().ConsentFor("media").State; got != "refused" {
		t.Errorf("refused consent is %s", got)
	}
	given(t, story...).when(officer.says("2024-03-20", RefuseConsent{Purpose: "repatriation", By: "person", Language: "az", NoHarm: true})).refused("consent_given", "")
	given(t, story...).when(officer.says("2024-03-20", RefuseConsent{Purpose: "service", By: "person", Language: "az"})).refused("required", "services")
	given(t, story...).when(officer.says("2024-03-20", RefuseConsent{Purpose: "media", By: "person", Language: "az"})).then("ConsentRefused", "!consent_not_explained")
}

func TestConsentExpires(t *testing.T) {
	k := consent("service")
	k.Services = []string{"psychological", "medical_outpatient"}
	story := []said{detected, handedOver, toldOfRights, consented, officer.says("2024-03-02T10:00", k)}
	mark := func(at string) said { return ClockActor().says(at, MarkConsentExpired{}) }
	given(t, story...).when(mark("2024-05-31")).then()
	w := given(t, story...)
	if c := w.state(); !c.ConsentFor("identification").Holds(mustDay("2024-05-31")) || c.ConsentFor("identification").Holds(mustDay("2024-06-01")) ||
		c.ConsentFor("identification").Holds(mustDay("2024-03-01")) || c.ConsentFor("service", "psychological").StateOn(mustDay("2024-06-01")) != "expired" {
		t.Errorf("%+v", c.Consents)
	}
	w.when(mark("2024-06-01")).then("ConsentExpired", "ConsentExpired", "ConsentExpired")
	if got := w.state().ConsentFor("service", "psychological").State; got != "expired" {
		t.Errorf("after its last day: %s", got)
	}
	withdrawn := officer.says("2024-06-02", WithdrawConsent{Purpose: "identification", By: "person", Form: "written"})
	w.when(withdrawn).refused("no_consent", "")
	if got := w.state().ConsentFor("statistics").StateOn(mustDay("2024-06-01")); got != "not_asked" {
		t.Errorf("nobody asked: %s", got)
	}
}

// TestLateConsentDoesNotUndoAWithdrawal: facts may be recorded in any order.
func TestLateConsentDoesNotUndoAWithdrawal(t *testing.T) {
	w := given(t, detected, handedOver, toldOfRights, consented, officer.says("2024-03-20", WithdrawConsent{Purpose: "identification", By: "person", Form: "written"}))
	again := consent("identification")
	again.Language = "ru"
	w.when(officer.says("2024-03-10", again)).then("ConsentRecorded")
	if got := w.state().ConsentFor("identification").State; got != "withdrawn" {
		t.Errorf("a consent recorded late: %s", got)
	}
}

func TestInitialAssistance(t *testing.T) {
	help := duty.says("2024-03-01T23:10", GiveInitialAssistance{Kinds: []string{"food", "interpreter"}})
	given(t, detected, handedOver).when(help).then("InitialAssistanceGiven")
	given(t, detected, requested, admitted).when(shelter.says("2024-03-02T04:00", help.cmd)).then("InitialAssistanceGiven")
	given(t, detected).when(duty.says("2024-03-01T23:10", GiveInitialAssistance{})).refused("required", "kinds")
	given(t, detected).when(fund.says("2024-03-01T23:10", help.cmd)).refused("role_not_allowed", "")
}

// TestConsentToARepatriation counts as much as one recorded with the return.
func TestConsentToARepatriation(t *testing.T) {
	k := consent("repatriation")
	story := []said{detected, handedOver, toldOfRights}
	c := given(t, append(story, officer.says("2024-03-02T10:00", k))...).state()
	if c.Return.Consent.IsZero() {
		t.Error("a written consent to the repatriation is none to the return")
	}
	withdraw := officer.says("2024-03-20", WithdrawConsent{Purpose: "repatriation", By: "person", Form: "oral"})
	for _, first := range []Asked{k, RecordReturnConsent{By: "person"}} {
		w := given(t, append(story, officer.says("2024-03-02T10:00", first))...).when(withdraw).then("ConsentWithdrawn")
		if !w.state().Return.Consent.IsZero() {
			t.Errorf("%T was withdrawn and still opens the return", first)
		}
	}
	w := given(t, append(story, officer.says("2024-03-02T10:00", k), ClockActor().says("2024-06-01", MarkConsentExpired{}))...)
	if !w.state().Return.Consent.IsZero() {
		t.Error("an expired consent still opens the return")
	}
	k.Form = "oral"
	if c := given(t, append(story, officer.says("2024-03-02T10:00", k))...).state(); !c.Return.Consent.IsZero() {
		t.Error("an oral consent opens the return")
	}
}

func TestWhomAConsentLetsKnow(t *testing.T) {
	k := ConsentRecorded{Purpose: "service", Services: []string{"legal_info", "psychological"}, Recipients: []string{"legal-aid-a"}, ValidUntil: mustDay("2024-05-31")}
	purposes, to, until := k.permits()
	if !slices.Equal(purposes, []string{"service/legal_info", "service/psychological"}) || !slices.Equal(to, k.Recipients) || until != k.ValidUntil {
		t.Errorf("%v, %v, %s", purposes, to, until)
	}
	for _, e := range []interface {
		permits() ([]string, []string, Day)
	}{ConsentRefused{Purpose: "media"}, ConsentWithdrawn{Purpose: "media"}, ConsentExpired{Purpose: "media"}} {
		if purposes, to, until := e.permits(); !slices.Equal(purposes, []string{"media"}) || to != nil || !until.IsZero() {
			t.Errorf("%T: %v, %v, %s", e, purposes, to, until)
		}
	}
}
