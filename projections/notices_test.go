package projections

import (
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// TestWhoHasDataByAConsentIsToldThatItIsOver: the organisation that the consent named,
// in the roles to which it opened the case, for thirty days or until it is given anew.
func TestWhoHasDataByAConsentIsToldThatItIsOver(t *testing.T) {
	log := newMemory()
	v := opened(t, t.TempDir(), log)
	caughtUp := follow(t, v, log)
	w := newWorld(t, log, 64)
	ref := w.referred(referrer)
	s := domain.CaseStream(ref)
	day := func(days int) domain.Day { return domain.DayOf(w.now).Add(days) }
	other := domain.Actor{User: "l2", Role: domain.LegalAid, Organisation: "legal-aid-b"}
	desk := domain.Actor{User: "l3", Role: domain.Referrer, Organisation: lawyer.Organisation}
	tells := func(days int, what string, want ...Notice) {
		t.Helper()
		caughtUp()
		now := w.now.Add(time.Duration(days)*24*time.Hour + time.Minute)
		for _, by := range append(people(), other, desk) {
			got, n, err := v.Notices(t.Context(), by, now, 0, 0)
			switch {
			case err != nil || n != len(got):
				t.Errorf("%s: %d, %v", what, n, err)
			case by == lawyer && !slices.Equal(got, want):
				t.Errorf("%s: %+v, want %+v", what, got, want)
			case by != lawyer && len(got) != 0:
				t.Errorf("%s: %s of %s is told %+v", what, by.Role, by.Organisation, got)
			}
		}
		sameRebuilt(t, v, log)
	}
	sees := func() bool {
		t.Helper()
		_, err := v.Case(t.Context(), lawyer, w.now.Add(time.Minute), ref)
		return err == nil
	}
	w.must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	tells(0, "nobody was asked")

	last := day(60)
	w.later(time.Hour).must(officer, s, consentTo("legal_claim", last, lawyer.Organisation))
	tells(0, "the consent holds")
	if !sees() {
		t.Error("the consent opens the case to nobody")
	}
	tells(61, "it has run out", Notice{ref, "legal_claim", "", "anonymised", last})

	w.later(24*time.Hour).must(officer, s, domain.WithdrawConsent{Purpose: "legal_claim", By: "person", Form: "oral"})
	over := Notice{ref, "legal_claim", "", "anonymised", day(0)}
	tells(0, "withdrawn", over)
	if sees() {
		t.Error("the case is still open to them")
	}
	if rows, n, err := v.Cases(t.Context(), lawyer, w.now.Add(time.Minute), Filter{}); n != 0 || len(rows) != 0 || err != nil {
		t.Errorf("a notice opens the case: %+v, %v", rows, err)
	}
	tells(29, "after a month", over)
	tells(31, "after more than a month")

	w.later(24*time.Hour).must(officer, s, consentTo("legal_claim", day(5), lawyer.Organisation))
	tells(0, "given anew")
	again := Notice{ref, "legal_claim", "", "anonymised", day(5)}
	tells(6, "and over again", again)
	w.later(6*24*time.Hour).must(domain.ClockActor(), s, domain.MarkConsentExpired{})
	tells(0, "as the register has noted", again)

	w.must(officer, s, domain.CloseCase{Reason: "withdrew"})
	tells(0, "after the closure", again)

	service := consentTo("service", day(50), lawyer.Organisation)
	service.Services = []string{"legal_info"}
	w.later(time.Hour).must(officer, s, service)
	caughtUp()
	history := log.by[s.String()]
	at := domain.EventAt{Decision: history[len(history)-1].ID}
	w.later(time.Hour).must(officer, s, domain.VoidEvent{Event: at, Reason: "typing"})
	tells(0, "voided", again, Notice{ref, "service", "legal_info", "anonymised", day(0)})
}

// consentTo lets organisations know who the person is and which help they need.
func consentTo(purpose string, until domain.Day, to ...string) domain.RecordConsent {
	return domain.RecordConsent{
		Purpose: purpose, Recipients: to, Data: []string{"identity", "health"}, Operations: []string{first("consent_operation")}, ValidUntil: until,
		Revocation: []string{first("consent_revocation")}, Deletion: "anonymised", Form: "written", By: "person", Language: "az",
		Explained: []string{first("consent_question")}, NoHarm: true,
	}
}
