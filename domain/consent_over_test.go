package domain

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// to is a consent that an officer obtained for a lawyer, who may know all that a
// lawyer knows by consent.
func toALawyer(purpose string, until string) RecordConsent {
	k := consent(purpose)
	k.Recipients, k.Data, k.Deletion, k.ValidUntil = []string{lawyer.Organisation}, []string{"identity", "health"}, "anonymised", mustDay(until)
	if purpose == "service" {
		k.Services = []string{"legal_info"}
	}
	return k
}

// toldOn lists who is told on a day, in a story as it was recorded.
func toldOn(t *testing.T, w *world, day string) (told []string) {
	t.Helper()
	now := mustDay(day).Start().Add(12 * time.Hour)
	for _, o := range HoldingsOf(w.log.streams[theCase.String()]).Over(w.state().Access) {
		if !now.Before(o.From) && now.Before(o.Until) {
			told = append(told, fmt.Sprint(o.Organisation, o.Roles, o.Purpose, o.Service, o.Deletion, o.Day))
		}
	}
	return told
}

func TestWhoHasDataByAConsentThatIsOverIsTold(t *testing.T) {
	var (
		lawyers  = lawyer.Organisation + "[legal_aid]"
		given1   = officer.says("2024-03-02T10:00", toALawyer("legal_claim", "2024-05-31")).when("2024-03-02T10:00")
		withdraw = officer.says("2024-03-20", WithdrawConsent{Purpose: "legal_claim", By: "person", Form: "oral"}).when("2024-03-22T09:00")
		told     = lawyers + "legal_claimanonymised2024-03-20"
		ranOut   = lawyers + "legal_claimanonymised2024-05-31"
	)
	story := func(more ...said) *world {
		return given(t, append([]said{detected, handedOver, toldOfRights}, more...)...)
	}
	on := func(w *world, days map[string]string) {
		t.Helper()
		for day, want := range days {
			if got := toldOn(t, w, day); len(got) > 1 || len(got) == 1 && got[0] != want || len(got) == 0 && want != "" {
				t.Errorf("on %s: %q, want %q", day, got, want)
			}
		}
	}
	on(story(given1), map[string]string{"2024-05-31": "", "2024-06-01": ranOut, "2024-07-01": ranOut, "2024-07-02": ""})
	on(story(given1, ClockActor().says("2024-06-20", MarkConsentExpired{}).when("2024-06-20T09:00")), map[string]string{"2024-06-01": ranOut, "2024-07-01": ranOut, "2024-07-02": ""})
	on(story(given1, withdraw), map[string]string{"2024-03-21": "", "2024-03-23": told, "2024-04-21": told, "2024-04-22": "", "2024-06-02": ""})

	again := officer.says("2024-03-25", toALawyer("legal_claim", "2024-06-10")).when("2024-03-25T10:00")
	on(story(given1, withdraw, again), map[string]string{"2024-03-26": "", "2024-06-11": lawyers + "legal_claimanonymised2024-06-10"})
	other := officer.says("2024-03-25", toALawyer("service", "2024-06-10")).when("2024-03-25T10:00")
	on(story(given1, withdraw, other), map[string]string{"2024-03-26": told, "2024-06-11": lawyers + "servicelegal_infoanonymised2024-06-10"})
	onlyThem := officer.says("2024-03-25", consent("legal_claim")).when("2024-03-25T10:00")
	on(story(given1, onlyThem), map[string]string{"2024-03-26": lawyers + "legal_claimanonymised2024-03-25"})

	late := officer.says("2024-03-02T10:00", toALawyer("legal_claim", "2024-03-10")).when("2024-04-01T10:00") // recorded when it was over already
	on(story(late), map[string]string{"2024-03-11": "", "2024-04-02": lawyers + "legal_claimanonymised2024-03-10", "2024-05-01": lawyers + "legal_claimanonymised2024-03-10", "2024-05-02": ""})

	media := officer.says("2024-06-20", RefuseConsent{Purpose: "media", By: "person", Language: "az", NoHarm: true}).when("2024-06-20T10:00")
	on(story(given1, media), map[string]string{"2024-06-02": ranOut, "2024-07-02": ""}) // another consent prolongs nothing

	void := func(n int) func(w *world) said {
		return func(w *world) said {
			history := w.log.streams[theCase.String()]
			return officer.says("2024-03-24", VoidEvent{Event: EventAt{history[n].ID, 0}, Reason: "typing"}).when("2024-03-24T09:00")
		}
	}
	voided := lawyers + "legal_claimanonymised2024-03-24"
	w := story(given1)
	w.when(void(3)(w)).then("EventVoided")
	on(w, map[string]string{"2024-03-23": "", "2024-03-25": voided, "2024-04-23": voided, "2024-04-24": "", "2024-06-02": ""})
	w = story(given1, withdraw)
	w.when(void(3)(w)).then("EventVoided")
	on(w, map[string]string{"2024-03-23": told, "2024-04-22": ""}) // told already
	w = story(given1, withdraw)
	w.when(void(4)(w)).then("EventVoided")
	on(w, map[string]string{"2024-03-25": "", "2024-06-01": ranOut})
}

// TestWhoIsNotTold: those who never had the case, and those who see every case.
func TestWhoIsNotTold(t *testing.T) {
	withdraw := officer.says("2024-03-20", WithdrawConsent{Purpose: "legal_claim", By: "person", Form: "oral"}).when("2024-03-20T09:00")
	k := toALawyer("legal_claim", "2024-05-31")
	k.Recipients = []string{"iom", "spu", lawyer.Organisation, police.Organisation, "shelter-gence"}
	k.Data = []string{"health"} // what a partner abroad knows by consent is not released
	w := given(t, detected, handedOver, toldOfRights, officer.says("2024-03-02T10:00", k).when("2024-03-02T10:00"), withdraw)
	want := []string{"legal-aid-a[legal_aid]", "police-baki[referrer]"} // not a house that never had to do with the case
	got := toldOn(t, w, "2024-03-21")
	for i := range got {
		got[i] = got[i][:len(want[min(i, 1)])]
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}

	k.Recipients = []string{"spu"} // which registered the referral itself, and sees every case
	w = given(t, duty.says("2024-03-01T20:30", referral()), handedOver, toldOfRights, officer.says("2024-03-02T10:00", k).when("2024-03-02T10:00"), withdraw)
	if got := toldOn(t, w, "2024-03-21"); len(got) != 0 {
		t.Errorf("those who see every case: %q", got)
	}

	k = toALawyer("media", "2024-05-31")
	withdraw.cmd = WithdrawConsent{Purpose: "media", By: "person", Form: "oral"}
	w = given(t, detected, handedOver, toldOfRights, officer.says("2024-03-02T10:00", k).when("2024-03-02T10:00"), withdraw)
	if got := toldOn(t, w, "2024-03-21"); len(got) != 0 {
		t.Errorf("a consent that opened nothing: %q", got)
	}
}
