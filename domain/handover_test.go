package domain

import (
	"fmt"
	"slices"
	"testing"
)

func TestHandoverRefused(t *testing.T) {
	refuse := duty.says("2024-03-01T22:00", RefuseHandover{Reason: "hospital_first", District: "AZ-BA"})
	w := given(t, detected).when(refuse).then("HandoverRefused")
	if k := clock(t, w.state(), "handover"); !k.Open() {
		t.Errorf("the time to the handover stopped: %+v", k)
	}
	w.when(handedOver).then("HandoverAccepted")
	w.when(duty.says("2024-03-02", refuse.cmd)).refused("already_handed_over", "")
	w.when(duty.says("2024-03-01T22:30", RefuseHandover{Reason: "place_unsafe", District: "AZ-BA"})).then("HandoverRefused") // before it, recorded late
	for _, other := range []Actor{officer, head, police, shelter} {
		given(t, detected).when(other.says("2024-03-01T22:00", refuse.cmd)).refused("role_not_allowed", "")
	}
	given(t, detected).when(duty.says("2024-03-01T22:00", RefuseHandover{District: "AZ-BA"})).refused("required", "reason")
}

func TestReferralReturnedAndAdded(t *testing.T) {
	back := duty.says("2024-03-02", ReturnReferral{Organisation: "police-baki", Reason: "incomplete", Missing: []string{"place"}})
	w := given(t, detected).when(back).then("ReferralReturned")
	w.when(duty.says("2024-03-02", ReturnReferral{Organisation: "ngo-c", Reason: "not_about_trafficking"})).refused("has_not_referred", "organisation")
	w.when(duty.says("2024-03-02", ReturnReferral{Organisation: "police-baki", Reason: "incomplete"})).refused("required", "missing")
	given(t, detected, handedOver).when(back).then("ReferralReturned", "!returned_after_handover")
	own := duty.says("2024-03-01T20:30", referral())
	given(t, own).when(duty.says("2024-03-02", ReturnReferral{Organisation: "spu", Reason: "known_already"})).refused("same_organisation", "organisation")

	add := officer.says("2024-03-03", AddReferral{Organisation: "ngo-c", Basis: "consent", ReferralFields: ReferralFields{Reason: "suspected_trafficking", Number: "17/2024"}})
	w = given(t, detected, handedOver).when(add).then("ReferralSubmitted")
	c := w.state()
	if ngo := (Actor{"u-ngo", Referrer, "ngo-c"}); c.Referral != "police-baki" || !MaySee(ngo, c.Access, specNow) {
		t.Errorf("referred by %s, %+v", c.Referral, c.Access)
	}
	w.when(officer.says("2024-03-03", AddReferral{Organisation: "spu", Basis: "consent"})).refused("same_organisation", "organisation")
	w.when(police.says("2024-03-03", add.cmd)).refused("role_not_allowed", "")
}

func TestWhatAReferralSays(t *testing.T) {
	last := func(w *world) ReferralSubmitted {
		for _, d := range w.log.all() {
			for _, e := range d.Events {
				if e, ok := e.(ReferralSubmitted); ok {
					return e
				}
			}
		}
		return ReferralSubmitted{}
	}
	r := referral()
	r.Urgency, r.Documents = "immediate", []string{"statement"}
	if e := last(given(t).when(police.says("2024-03-01T20:30", r)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified")); e.From != "police-baki" || e.To != "spu" || e.Urgency != "immediate" {
		t.Errorf("%+v", e)
	}
	if e := last(given(t).when(duty.says("2024-03-01T20:30", r)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified")); e.From != "spu" || e.To != "" {
		t.Errorf("the unit refers to itself: %+v", e)
	}
	r.Basis = "without_identity"
	given(t).when(police.says("2024-03-01T20:30", r)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified")
	r.GivenName = "Ə"
	given(t).when(police.says("2024-03-01T20:30", r)).refused("identity_without_basis", "basis")
	hotline := Actor{"u-hotline", HotlineOperator, "hotline-152"}
	given(t).when(hotline.says("2024-03-01T20:30", referral())).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified")
}

func TestCaseOpened(t *testing.T) {
	open := officer.says("2024-03-02", OpenCase{Number: "153/2024", Group: "7"})
	w := given(t, detected, handedOver).when(open).then("CaseOpened")
	if c := w.state(); c.Assigned != "u-officer" || c.Group != "7" || c.TakenUp.IsZero() {
		t.Errorf("%+v", c.ReferralTrack)
	}
	other := Actor{"u-second", CaseOfficer, "spu"}
	w.when(other.says("2024-03-05", OpenCase{})).then("CaseOpened")
	if c := w.state(); c.Assigned != "u-second" || c.Group != "7" {
		t.Errorf("%+v", c.ReferralTrack)
	}
	given(t, detected).when(open).then("CaseOpened", "!handover_missing")
	given(t, detected).when(duty.says("2024-03-02", open.cmd)).refused("role_not_allowed", "")

	both := officer.says("2024-03-02", OpenCase{Group: "7", CoVictim: secondCase.Ref()})
	w = given(t, detected, handedOver, detected.to(secondCase)).when(both).then("CaseOpened")
	if got := w.state().CoVictims; !slices.Equal(got, []Ref{secondCase.Ref()}) || len(w.log.streams[secondCase.String()]) != 1 {
		t.Errorf("co-victims %v", got)
	}
	given(t, detected, handedOver).when(both).refused("no_such_case", "co_victim")
	given(t, detected).when(officer.says("2024-03-02", OpenCase{CoVictim: theCase.Ref()})).refused("same_stream", "co_victim")
}

func TestCasesLinked(t *testing.T) {
	second, third := secondCase.Ref(), thirdCase.Ref()
	story := []said{detected, handedOver, detected.to(secondCase), detected.to(thirdCase)}
	link := func(at string, cmd OpenCase) said { return officer.says(at, cmd) }
	w := given(t, story...).when(link("2024-03-02", OpenCase{Linked: []Ref{second, third}})).then("CaseOpened")
	if c := w.state(); !slices.Equal(c.LinkedCases, []Ref{second, third}) || len(c.CoVictims) > 0 {
		t.Errorf("%+v", c.ReferralTrack)
	}
	for _, s := range []Stream{secondCase, thirdCase} {
		if len(w.log.streams[s.String()]) != 1 {
			t.Errorf("something was recorded on %s", s)
		}
	}
	w.when(link("2024-03-03", OpenCase{CoVictim: second, Linked: []Ref{third}})).then("CaseOpened") // named before: it stands once
	if c := w.state(); !slices.Equal(c.LinkedCases, []Ref{second, third}) || !slices.Equal(c.CoVictims, []Ref{second}) {
		t.Errorf("%+v", c.ReferralTrack)
	}
	w.when(link("2024-03-02", OpenCase{Linked: []Ref{second, theCase.Ref()}})).refused("same_stream", "linked_cases")
	w.when(link("2024-03-02", OpenCase{CoVictim: third, Linked: []Ref{second, third}})).refused("same_stream", "linked_cases")
	w.when(link("2024-03-02", OpenCase{Linked: []Ref{second, second}})).refused("repeated_code", "linked_cases")
	w.when(link("2024-03-02", OpenCase{Linked: []Ref{second, "KW5219EX"}})).refused("no_such_reference", "linked_cases")
	w.when(link("2024-03-02", OpenCase{Linked: []Ref{second, NewRef("nobody")}})).refused("no_such_case", "linked_cases")
	many := make([]Ref, maxCases+1)
	for i := range many {
		many[i] = NewRef(fmt.Sprint("one of many ", i))
	}
	w.when(link("2024-03-02", OpenCase{Linked: many})).refused("out_of_range", "linked_cases")
	w.when(link("2024-03-02", OpenCase{Linked: many[1:]})).refused("no_such_case", "linked_cases") // so many could be named

	mark, b, err := EncodeEvent(CaseOpened{Number: "153", CoVictim: second}) // as it was stored before several could be named
	if err != nil || string(b) != `{"case_no":"153","co_victim":"`+string(second)+`"}` {
		t.Errorf("%s is stored as %s, %v", mark, b, err)
	}
}

func TestHotlineCall(t *testing.T) {
	theCall := CallStream(NewRef("the call"))
	hotline := Actor{"u-hotline", HotlineOperator, "hotline-152"}
	found := hotline.says("2024-03-01T20:30", referral())
	plain := LogHotlineCall{Channel: "line_152", Language: "az", Topic: "legal_information", Caller: "unknown"}
	w := given(t).when(hotline.says("2024-03-01T20:30", plain).to(theCall)).then("HotlineCallLogged")
	w.when(hotline.says("2024-03-01T20:40", plain).to(theCall)).refused("already_registered", "")
	about := plain
	about.Topic, about.Related, about.Case = "trafficking", true, theCase.Ref()
	w = given(t, found).when(hotline.says("2024-03-01T20:30", about).to(theCall)).then("HotlineCallLogged")
	call, err := Fold[Call](w.log.streams[theCall.String()])
	if err != nil || call.Case != theCase.Ref() || len(w.log.streams[theCase.String()]) != 1 {
		t.Errorf("%+v, %v", call, err)
	}
	about.Related = false
	given(t, found).when(hotline.says("2024-03-01T20:30", about).to(theCall)).refused("not_about_trafficking", "case")
	about.Related, about.Case = true, NewRef("nobody")
	given(t, found).when(hotline.says("2024-03-01T20:30", about).to(theCall)).refused("no_such_case", "case")
	about.Case = theCase.Ref()
	given(t, detected).when(hotline.says("2024-03-01T20:30", about).to(theCall)).refused("no_such_case", "case") // another body's
	missed := LogHotlineCall{Channel: "line_152", Topic: "unanswered", Caller: "unknown"}
	given(t).when(hotline.says("2024-03-01T20:30", missed).to(theCall)).then("HotlineCallLogged")
	missed.Related = true
	given(t).when(hotline.says("2024-03-01T20:30", missed).to(theCall)).refused("call_unanswered", "thb_related")
	spoken := plain
	spoken.Language = ""
	given(t).when(hotline.says("2024-03-01T20:30", spoken).to(theCall)).refused("language_of_call", "language")
	given(t).when(hotline.says("2005-01-01", plain).to(theCall)).refused("before_law", "happened")
	given(t).when(police.says("2024-03-01T20:30", plain).to(theCall)).refused("role_not_allowed", "")
}
