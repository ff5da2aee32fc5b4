package projections

import (
	"reflect"
	"testing"
	"time"

	"nrm/domain"
)

// TestLateFacts: what is recorded late stands where it happened and takes over
// the duty that it fulfilled in time.
func TestLateFacts(t *testing.T) {
	w, v, caughtUp := seeing(t, 45)
	ref := w.referred(consul)
	s := domain.CaseStream(ref)
	w.later(time.Hour).must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	w.later(40*24*time.Hour).must(head, s, domain.DecideIdentification{Outcome: "suspended", Grounds: []string{first("ground")}})
	late := w.now
	w.later(-39 * 24 * time.Hour)
	req := domain.Request{ID: domain.NewID(), By: head, Happened: domain.At(w.now), Now: late.Add(time.Hour)}
	cmd := domain.DecideIdentification{Outcome: "withdrawn", Grounds: []string{first("ground")}}
	if _, err := domain.Execute(t.Context(), w.log, req, s, cmd); err != nil {
		t.Fatal(err)
	}
	caughtUp()
	p := pageOf(t, v, officer, late.Add(2*time.Hour), ref)
	judged := map[string]domain.ClockState{}
	for _, e := range p.Timeline {
		if d, ok := e.Event.(domain.IdentificationDecided); ok {
			judged[d.Outcome] = e.Judged
		}
	}
	if judged["withdrawn"] != domain.Met || judged["suspended"] != "" {
		t.Errorf("judged %v", judged)
	}
	if p.Timeline[0].Event.(domain.IdentificationDecided).Outcome != "suspended" || p.Row.LastType != "IdentificationDecided" {
		t.Errorf("the newest is %+v", p.Timeline[0])
	}
}

// TestFactsOfTheirOwnTime: the facts say when each event happened, not only when
// the decision did.
func TestFactsOfTheirOwnTime(t *testing.T) {
	w, v, caughtUp := seeing(t, 48)
	cmd, ref := referral(), domain.NewRef("told late")
	cmd.Told = domain.At(w.now.Add(50 * time.Hour))
	req := domain.Request{By: referrer, Happened: domain.OnThe(domain.DayOf(w.now)), Now: w.now.Add(60 * time.Hour)}
	if _, err := domain.Execute(t.Context(), w.log, req, domain.CaseStream(ref), cmd); err != nil {
		t.Fatal(err)
	}
	caughtUp()
	var day, precision string
	var happened int64
	err := v.readers.now().QueryRow(`SELECT day, happened, precision FROM facts WHERE stream = ? AND type = 'SpuNotified'`, string(ref)).Scan(&day, &happened, &precision)
	if err != nil || day != cmd.Told.Day().String() || happened != cmd.Told.At.Unix() || precision != "minute" {
		t.Errorf("told %s, says %s %d %s, %v", cmd.Told, day, happened, precision, err)
	}
	deeds, err := shown(t.Context(), v.readers, v.keys, selectShown+` WHERE stream = ? AND type = 'SpuNotified'`, string(ref))
	if err != nil || len(deeds) != 1 || !deeds[0].Happened.Equal(req.Happened) || !deeds[0].facts[0].happened.Equal(cmd.Told) {
		t.Errorf("read back as %+v, %v", deeds, err)
	}
}

func TestImported(t *testing.T) {
	w, v, caughtUp := seeing(t, 46)
	ref := w.referred(referrer)
	claimed := w.now.Add(2 * time.Hour)
	req := domain.Request{ID: domain.NewID(), By: duty, Happened: domain.At(w.now.Add(time.Hour)), Now: w.now.Add(900 * time.Hour), Claimed: claimed}
	cmd := domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")}
	if _, err := domain.Execute(t.Context(), w.log, req, domain.CaseStream(ref), cmd); err != nil {
		t.Fatal(err)
	}
	caughtUp()
	e := pageOf(t, v, officer, req.Now, ref).Timeline[0]
	if !e.Imported || !e.Known.Equal(claimed) || !e.Recorded.Equal(req.Now) || e.Judged != domain.Met {
		t.Errorf("%+v", e)
	}
}

// TestLookingBack: a facility that a person has left sees the case as it was
// then, in lists and on the page.
func TestLookingBack(t *testing.T) {
	w, v, caughtUp := seeing(t, 47)
	ref := w.referred(referrer)
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	w.later(time.Hour).must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	w.later(5*24*time.Hour).must(gence, s, domain.RecordDeparture{Facility: house, Destination: first("destination"), Planned: true})
	w.later(time.Hour).must(officer, s, domain.AssessRisk{Level: "high"})
	w.later(time.Hour).must(officer, s, domain.ScreenIndicators{Instrument: first("instrument")})
	w.later(27 * 24 * time.Hour) // the decision is overdue
	caughtUp()
	for by, overdue := range map[domain.Actor]int{gence: 0, officer: 1} {
		p := pageOf(t, v, by, w.now, ref)
		n := 0
		for _, d := range p.Due {
			if d.State == domain.Overdue {
				n++
			}
		}
		list, count, err := v.Overdue(t.Context(), by, w.now, 0, 0)
		if err != nil || n != overdue || len(list) != overdue || count != overdue {
			t.Errorf("%s sees %d duties overdue on the page, %d of %d in the list, %v", by.Role, n, len(list), count, err)
		}
	}
	rows, _, err := v.Cases(t.Context(), gence, w.now, Filter{Queue: "left"})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	p := pageOf(t, v, gence, w.now, ref)
	if r := rows[0]; r.Stage != "handed_over" || r.LastType != "Departed" || r.Risk != "" || !reflect.DeepEqual(r, p.Row) {
		t.Errorf("in the list %+v\non the page %+v", r, p.Row)
	}
}
