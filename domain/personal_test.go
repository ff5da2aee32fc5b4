package domain

import (
	"errors"
	"strings"
	"testing"
)

func called(family, given Words) RecordIdentity {
	return RecordIdentity{IdentityFields{FamilyName: family, GivenName: given}}
}

func TestReferralSaysWhoThePersonIs(t *testing.T) {
	known := referral()
	known.IdentityFields = IdentityFields{FamilyName: "Örnək", GivenName: "Sınaq", BirthDate: mustDay("1999-05-01"), Nationality: "AZ"}
	known.DocumentFields = DocumentFields{DocumentKind: "passport", DocumentNumber: "X0000001", DocumentCountry: "AZ"}
	known.ContactFields = ContactFields{ContactKind: "phone", Contact: "+994 00 000 00 00"}
	known.Notes = "two lines\nof notes"
	given(t).when(police.says("2024-03-01T20:30", known)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified",
		"IdentityRecorded", "DocumentRecorded", "ContactRecorded", "NoteAdded")

	for field, wrong := range map[string]func(*RegisterReferral){
		"birth_date:age_contradicts":    func(r *RegisterReferral) { r.Age = "child" },
		"birth_year:age_contradicts":    func(r *RegisterReferral) { r.BirthDate, r.BirthYear = Day{}, 2010 },
		"birth_year:one_birth_only":     func(r *RegisterReferral) { r.BirthYear = 1998 },
		"birth_date:in_future":          func(r *RegisterReferral) { r.BirthDate = mustDay("2024-03-02") },
		"document_kind:required":        func(r *RegisterReferral) { r.DocumentKind = "" },
		"document_number:required":      func(r *RegisterReferral) { r.DocumentNumber = "" },
		"contact:required":              func(r *RegisterReferral) { r.Contact = "" },
		"contact_kind:required":         func(r *RegisterReferral) { r.ContactKind = "" },
		"nationality:unknown_code":      func(r *RegisterReferral) { r.Nationality = "az" },
		"family_name:too_long":          func(r *RegisterReferral) { r.FamilyName = Words(strings.Repeat("ə", 101)) },
		"family_name:not_text":          func(r *RegisterReferral) { r.FamilyName = "two\nlines" },
		"given_name:not_text":           func(r *RegisterReferral) { r.GivenName = "\xff" },
		"notes:too_long":                func(r *RegisterReferral) { r.Notes = Prose(strings.Repeat("x", maxProse+1)) },
		"notes:not_text":                func(r *RegisterReferral) { r.Notes = "\x00" },
		"document_country:unknown_code": func(r *RegisterReferral) { r.DocumentCountry = "Azerbaijan" },
	} {
		r := known
		wrong(&r)
		field, code, _ := strings.Cut(field, ":")
		given(t).when(police.says("2024-03-01T20:30", r)).refused(code, field)
	}
}

// A birthday falls where the law sees it: at 18 a person is no child any more.
func TestAgeOnTheDay(t *testing.T) {
	r := referral()
	r.Age, r.BirthDate = "child", mustDay("2006-03-02")
	given(t).when(police.says("2024-03-01T20:30", r)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified", "IdentityRecorded")
	r.BirthDate = mustDay("2006-03-01")
	given(t).when(police.says("2024-03-01T20:30", r)).refused("age_contradicts", "birth_date")
	r.BirthDate, r.BirthYear = Day{}, 2006 // may be either
	given(t).when(police.says("2024-03-01T20:30", r)).then("DetectionRecorded", "ReferralSubmitted", "SpuNotified", "IdentityRecorded")
	if n := mustDay("2004-02-29").Years(mustDay("2022-02-28")); n != 17 {
		t.Errorf("born on 29 February, on 28 February: %d", n)
	}
}

func TestPersonalFactsAreRecordedOnce(t *testing.T) {
	story := []said{detected, handedOver}
	given(t, story...).when(officer.says("2024-03-02", called("Örnək", ""))).then("IdentityRecorded")
	given(t, append(story, officer.says("2024-03-02", called("Örnək", "")))...).when(officer.says("2024-03-02", called("Örnək", "Sınaq"))).then("IdentityRecorded")
	given(t, story...).when(officer.says("2024-03-02", RecordIdentity{})).refused("nothing_given", "")
	given(t, story...).when(officer.says("2024-03-02", AddNote{"a"})).then("NoteAdded")
	given(t, story...).when(officer.says("2024-03-02", AddNote{})).refused("required", "text")
	given(t, story...).when(lawyer.says("2024-03-02", RecordContact{ContactFields{ContactKind: "phone", Contact: "1"}})).refused("no_such_case", "")
	given(t, story...).when(coordinator.says("2024-03-02", AddNote{"a"})).refused("role_not_allowed", "")

	// Who is only asked knows nobody yet, and nobody replaces a name unseen.
	given(t, append(story, requested)...).when(shelter.says("2024-03-02T02:00", called("Örnək", ""))).refused("not_admitted", "")
	given(t, append(story, requested)...).when(shelter.says("2024-03-02T02:00", RecordHealth{Text: "x"})).refused("not_admitted", "")
	given(t, append(story, requested)...).when(shelter.says("2024-03-02T02:00", RecordWhereabouts{Address: "x"})).refused("not_admitted", "")
	given(t, append(story, requested, admitted)...).when(shelter.says("2024-03-03", called("Örnək", ""))).then("IdentityRecorded")
	given(t, story...).when(duty.says("2024-03-02", called("Örnək", ""))).then("IdentityRecorded")
	given(t, append(story, officer.says("2024-03-02", called("Örnək", "")))...).when(duty.says("2024-03-03", called("Başqa", ""))).refused("known_already", "")
}

// Nobody learns what they may not read by guessing it: only what an asker has
// recorded themselves is held against what they record.
func TestNobodyLearnsByGuessing(t *testing.T) {
	known := officer.says("2024-03-02", called("Örnək", "Sınaq"))
	w := given(t, detected, handedOver, known)
	known = officer.says("2024-03-02", RecordContact{ContactFields{ContactKind: "phone", Contact: "1"}})
	if _, err := known.execute(w.log); err != nil {
		t.Fatal(err)
	}
	for by, recordedAgain := range map[Actor]bool{officer: false, duty: true} {
		out, err := by.says("2024-03-02", known.cmd).execute(w.log)
		if err != nil || out.Recorded != recordedAgain {
			t.Errorf("%s: recorded %t, %v", by.Role, out.Recorded, err)
		}
	}
}

var (
	asks     = officer.says("2024-05-01", RequestErasure{"person_asked"})
	approves = head.says("2024-05-02", ApproveErasure{})
	holdsIt  = head.says("2024-04-30", PlaceLegalHold{"court"})
)

func TestErasureNeedsTwoPeopleAndNoHold(t *testing.T) {
	story := []said{detected, handedOver, officer.says("2024-03-02", called("Örnək", "Sınaq"))}
	with := func(more ...said) []said { return append(story[:len(story):len(story)], more...) }
	given(t, story...).when(asks).then("ErasureRequested")
	given(t, story...).when(approves).refused("no_erasure_asked", "")
	given(t, with(asks)...).when(approves).then("IdentityErased")
	given(t, with(asks)...).when(dpo.says("2024-05-02", ApproveErasure{})).then("IdentityErased")
	given(t, with(head.says("2024-05-01", RequestErasure{"person_asked"}))...).when(approves).refused("second_person_needed", "")
	given(t, with(asks)...).when(officer.says("2024-05-02", ApproveErasure{})).refused("role_not_allowed", "")
	given(t, with(asks)...).when(dpo.says("2024-05-02", RejectErasure{"law_requires"})).then("ErasureRejected")
	given(t, with(asks, dpo.says("2024-05-02", RejectErasure{"law_requires"}))...).when(approves).refused("no_erasure_asked", "")
	given(t, with(asks)...).when(head.says("2024-05-02", RequestErasure{"court_order"})).refused("erasure_asked", "")
	given(t, with(holdsIt)...).when(asks).refused("legal_hold", "")
	given(t, with(asks, head.says("2024-05-01", PlaceLegalHold{"court"}))...).when(approves).refused("legal_hold", "")
	given(t, with(holdsIt, head.says("2024-04-30", LiftLegalHold{}), asks)...).when(approves).then("IdentityErased")
	given(t, with(asks, approves)...).when(head.says("2024-05-03", PlaceLegalHold{"court"})).refused("erased", "")
	given(t, with(asks, approves)...).when(officer.says("2024-05-03", RequestErasure{"person_asked"})).refused("erased", "")
	given(t, with(asks, approves)...).when(officer.says("2024-05-03", called("Örnək", ""))).refused("erased", "")
	given(t, with(asks, approves)...).when(officer.says("2024-05-03", AddNote{"x"})).refused("erased", "")
	given(t, with(asks, approves)...).when(screened).then("IndicatorScreeningCompleted") // the case goes on
	given(t, story...).when(ClockActor().says("2024-05-03", CompleteErasure{7})).refused("not_erased", "")
	given(t, with(asks, approves)...).when(ClockActor().says("2024-05-03", CompleteErasure{7})).then("ErasureCompleted")
	given(t, with(asks, approves)...).when(head.says("2024-05-03", CompleteErasure{7})).refused("role_not_allowed", "")
}

// What was erased cannot come back by sending it once more, and that it was
// there before is no fault.
func TestErasedStaysErased(t *testing.T) {
	w := given(t, detected, handedOver, officer.says("2024-03-02", called("Örnək", "Sınaq")), asks, approves)
	erased.Store(theCase, true)
	defer erased.Delete(theCase)
	state := w.state()
	if !state.Erased() || state.Personal != nil || state.Erasure.Reason != "person_asked" {
		t.Errorf("%+v", state.Erasure)
	}
	history := w.log.streams[theCase.String()]
	if _, err := Opened(history[2].Events[0]); !errors.Is(err, ErrErased) {
		t.Errorf("the name opens: %v", err)
	}
	if is, err := same(IdentityRecorded{FamilyName: "Başqa"}, history[2].Events[0]); err != nil || !is {
		t.Errorf("of what was erased nobody can tell what it was: %v, %v", is, err)
	}
}

// Who may read what is sealed follows the relation to the case, like all else,
// and more strictly.
func TestWhoKnowsThePerson(t *testing.T) {
	asked := given(t, detected, handedOver, requested).state()
	hosting := given(t, detected, handedOver, requested, admitted).state()
	for _, c := range []struct {
		who  Actor
		on   *Case
		of   Compartment
		want bool
	}{
		{officer, asked, Identity, true},
		{duty, asked, Identity, false}, // writes it down
		{police, asked, Identity, false},
		{shelter, asked, Identity, false},
		{shelter, asked, Health, true},
		{shelter, hosting, Identity, true},
		{shelter, hosting, Medical, true},
		{shelter, hosting, Narrative, false},
		{shelter, hosting, Documents, false},
		{otherHouse, hosting, Identity, false},
		{head, hosting, Medical, false},
		{coordinator, hosting, Identity, false},
		{dpo, hosting, Identity, false},
		{fund, hosting, Identity, false}, // nobody sent the person to the fund
	} {
		if got := MayRead(c.who, c.on.Access, c.of, specNow); got != c.want {
			t.Errorf("%s reads %s: %t", c.who.Role, c.of, got)
		}
	}
}

// Who hosted a person and is asked to do so again learns nothing new of them by
// that.
func TestAskedAgain(t *testing.T) {
	left := shelter.says("2024-03-05", RecordDeparture{Facility: house, Destination: "own_home", Planned: true}).when("2024-03-05T12:00")
	again := duty.says("2024-03-06", RequestShelter{Facility: house, Security: "high"}).when("2024-03-06T12:00")
	access := given(t, detected, handedOver, requested, admitted, left, again).state().Access
	now := mustWhen("2024-03-07").At
	if !MayRead(shelter, access, Identity, now) || ReadsUntil(shelter, access, Identity, now).IsZero() {
		t.Errorf("the name is there, as it was then: %t, until %v", MayRead(shelter, access, Identity, now), ReadsUntil(shelter, access, Identity, now))
	}
	if !ReadsUntil(shelter, access, Flow, now).IsZero() {
		t.Error("what the case needs is not told to who is asked")
	}
}
