package domain

import (
	"slices"
	"testing"
)

// kept is for how many persons the house keeps a bed on a day.
func (w *world) kept(day string) int { return w.house().ReservedOn(mustDay(day)) }

func (w *world) voids(by Actor, typ string) *world {
	w.t.Helper()
	return w.when(by.says("2024-03-03", VoidEvent{Event: w.the(typ), Reason: "typing"}))
}

func TestAVoidedOfferKeepsNoBed(t *testing.T) {
	w := given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-05"))
	w.voids(shelter, "ShelterOffered").then("EventVoided")
	if p := w.state().place(house); w.kept("2024-03-04") != 0 || !p.Offered.IsZero() || p.State != "requested" {
		t.Errorf("%d beds are kept, %+v", w.kept("2024-03-04"), p)
	}
	if got := w.events(theFacility); got[len(got)-1] != "ReservationReleased" {
		t.Error(got)
	}
	// the offer that it replaced stands again
	w = given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-04"), offer("2024-03-02T03:00", "2024-03-09"))
	w.voids(shelter, "ShelterOffered").then("EventVoided")
	if w.kept("2024-03-04") != 1 || w.kept("2024-03-05") != 0 {
		t.Errorf("%d and %d beds are kept", w.kept("2024-03-04"), w.kept("2024-03-05"))
	}
	w.audited()
	w = given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-04"))
	w.when(shelter.says("2024-03-03", CorrectFact{Event: w.the("ShelterOffered"), TookPlace: mustWhen("2024-03-02T01:30"), Reason: "typing"})).refused("void_instead", "")
}

func TestAVoidedAnswerKeepsTheBedAgain(t *testing.T) {
	offered := offer("2024-03-02T02:00", "2024-03-05")
	for _, answer := range []said{
		shelter.says("2024-03-02T05:00", RefuseAdmission{Facility: house, Reason: "security"}),
		shelter.says("2024-03-02T05:00", RecordNonArrival{Facility: house}),
		shelter.says("2024-03-02T05:00", DeclinePlacement{Facility: house, Reason: "fear"}),
		officer.says("2024-03-02T05:00", CancelShelterRequest{Facility: house, Reason: "not_needed"}),
	} {
		w := given(t, detected, requested, offered, answer)
		typ := w.events(theCase)[len(w.events(theCase))-1]
		w.voids(answer.by, typ).then("EventVoided")
		if p := w.state().place(house); w.kept("2024-03-04") != 1 || p.State != "requested" {
			t.Errorf("%s: %d beds are kept, %+v", typ, w.kept("2024-03-04"), p)
		}
		w.audited()
		w = given(t, detected, requested, answer) // there was no offer
		w.voids(answer.by, typ).then("EventVoided")
		if w.kept("2024-03-04") != 0 {
			t.Errorf("%s: %d beds are kept", typ, w.kept("2024-03-04"))
		}
		w = given(t, detected, requested, offered, answer)
		w.when(answer.by.says("2024-03-06", VoidEvent{Event: w.the(typ), Reason: "typing"})).then("EventVoided") // the offer has lapsed
		if len(w.house().Reserved) != 0 {
			t.Errorf("%s: a bed is kept longer than was offered", typ)
		}
	}
	one := coordinator.says("2012-01-01", ChangeCapacity{Capacity: 1})
	refuse := shelter.says("2024-03-02T05:00", RefuseAdmission{Facility: house, Reason: "security"})
	w := given(t, one, detected, requested, offered, refuse, other(detected), other(requested), other(shelter.says("2024-03-02T06:00", ConfirmAdmission{Facility: house, Basis: "consent"})))
	w.voids(shelter, "AdmissionRefused").refused("facility_full", "") // somebody else has the bed
	w.voids(shelter, "ShelterOffered").then("EventVoided")
	w.voids(shelter, "AdmissionRefused").then("EventVoided")
	w.audited()
}

func TestAVoidedAdmissionIsExpectedAgain(t *testing.T) {
	w := given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-05"), admitted)
	w.voids(shelter, "AdmissionConfirmed").then("EventVoided")
	if f := w.house(); f.Taken != 0 || w.kept("2024-03-04") != 1 {
		t.Errorf("%d beds taken, %d kept", f.Taken, w.kept("2024-03-04"))
	}
	w.when(admitted).then("AdmissionConfirmed") // recorded anew, at the same time as before
	if f := w.house(); f.Taken != 1 || w.kept("2024-03-04") != 0 {
		t.Errorf("%d beds taken, %d kept", f.Taken, w.kept("2024-03-04"))
	}
	w.audited()
}

func TestADepartureStandsWhileThePersonLivesElsewhere(t *testing.T) {
	left := shelter.says("2024-03-10", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	elsewhere := []said{
		duty.says("2024-03-12", RequestShelter{Facility: secondHouse, Security: "low"}),
		otherHouse.says("2024-03-13", ConfirmAdmission{Facility: secondHouse, Basis: "consent"}),
	}
	w := given(t, append([]said{openSecond, detected, requested, admitted, left}, elsewhere...)...)
	w.when(shelter.says("2024-03-10T12:00", VoidEvent{Event: w.the("Departed"), Reason: "typing"})).refused("others_follow", "")
	w.audited()
}

// A case is not closed with somebody living in a house, not even afterwards.
func TestADepartureStandsWhileTheCaseIsClosed(t *testing.T) {
	left := shelter.says("2024-03-10", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	closed := officer.says("2024-03-15", CloseCase{Reason: "withdrew"})
	reopened := officer.says("2024-03-16", ReopenCase{Reason: "new_facts"})
	story := []said{detected, requested, admitted, left, closed}
	void := func(w *world) *world {
		return w.when(officer.says("2024-03-20", VoidEvent{Event: w.the("Departed"), Reason: "typing"}))
	}
	w := void(given(t, story...)).refused("others_follow", "")
	w.audited()
	w = void(given(t, append(story, reopened)...)).then("EventVoided")
	w.when(officer.says("2024-03-21", VoidEvent{Event: w.the("CaseReopened"), Reason: "typing"})).refused("others_follow", "")
	w.audited()
}

// What a house had kept a bed for is voided and recorded anew, so that its own
// history tells the same time.
func TestAnAnswerToAnOfferIsNotMovedAlone(t *testing.T) {
	offered := offer("2024-03-02T02:00", "2024-03-05")
	for _, answer := range []said{
		shelter.says("2024-03-02T05:00", RefuseAdmission{Facility: house, Reason: "security"}),
		shelter.says("2024-03-02T05:00", RecordNonArrival{Facility: house}),
		shelter.says("2024-03-02T05:00", DeclinePlacement{Facility: house, Reason: "fear"}),
		officer.says("2024-03-02T05:00", CancelShelterRequest{Facility: house, Reason: "not_needed"}),
	} {
		move := func(w *world) *world {
			typ := w.events(theCase)[len(w.events(theCase))-1]
			return w.when(answer.by.says("2024-03-03", CorrectFact{Event: w.the(typ), Reason: "typing", TookPlace: mustWhen("2024-03-02T04:00")}))
		}
		move(given(t, detected, requested, offered, answer)).refused("void_instead", "")
		move(given(t, detected, requested, answer)).then("FactCorrected") // no bed was kept
	}
}

func TestAVoidedRequestKeepsNoBed(t *testing.T) {
	w := given(t, detected, requested, offer("2024-03-02T02:00", "2024-03-05"))
	w.voids(officer, "ShelterRequested").then("EventVoided")
	if len(w.state().Places) != 0 || w.kept("2024-03-04") != 0 {
		t.Errorf("%+v, %d beds are kept", w.state().Places, w.kept("2024-03-04"))
	}
	given(t, detected, requested, admitted).voids(officer, "ShelterRequested").refused("others_follow", "")
	w = given(t, openSecond, detected, requested, admitted, askTransfer).voids(officer, "TransferRequested").then("EventVoided")
	if w.state().place(secondHouse) != nil {
		t.Errorf("%+v", w.state().Places)
	}
}

func TestReTraffickingIsVoidedOnBothCases(t *testing.T) {
	again := police.says("2024-05-01T20:30", again2("2024-05-01T21:00")).to(secondCase)
	link := head.says("2024-05-10", RecordReTrafficking{Earlier: theCase.Ref(), Known: "person"}).to(secondCase)
	for _, on := range []Stream{theCase, secondCase} {
		w := given(t, then(identified, again, link)...)
		void := head.says("2024-05-12", VoidEvent{Event: w.eventOn(on, "ReTraffickingRecorded"), Reason: "typing"}).to(on)
		w.when(officer.says("2024-05-12", void.cmd).to(on)).refused("not_yours", "event")
		w.when(head.says("2024-05-12", CorrectFact{Event: w.eventOn(on, "ReTraffickingRecorded"), TookPlace: mustWhen("2024-05-11"), Reason: "typing"}).to(on)).refused("void_instead", "")
		w.when(void).then("EventVoided")
		for _, s := range []Stream{theCase, secondCase} {
			c, err := Fold[Case](w.log.streams[s.String()])
			if got := w.events(s); err != nil || len(c.EarlierCases)+len(c.LaterCases) > 0 || got[len(got)-1] != "EventVoided" {
				t.Errorf("voided on %s, %s has %v: %v, %v", on, s, got, c.EarlierCases, c.LaterCases)
			}
		}
		w.when(link).then("ReTraffickingRecorded") // and recorded anew
		w.audited()
	}
}

// What a decision tells on two histories is taken back on both or on neither: what
// follows from the case and from the facility is the same after each event of a
// story with beds was voided.
func TestBedsAndCasesAgreeAfterEveryVoid(t *testing.T) {
	story := []said{openSecond, detected, requested, offer("2024-03-02T02:00", "2024-03-05"), admitted, askTransfer, transferred}
	for n := 1; n <= len(story); n++ {
		events := given(t, story[:n]...).log.streams[theCase.String()]
		for _, d := range slices.Clone(events) {
			for place := range d.Events {
				w := given(t, story[:n]...)
				last := w.log.streams[theCase.String()][slices.IndexFunc(events, func(o Decision) bool { return o.ID == d.ID })]
				_, err := officer.says("2024-04-02", VoidEvent{Event: EventAt{last.ID, place}, Reason: "typing"}).execute(w.log)
				if _, refused := AsRefusal(err); err != nil && !refused {
					t.Fatal(err)
				}
				w.audited()
				c := w.state()
				for _, r := range w.house().Reserved {
					if p := c.place(house); r.Case == theCase.Ref() && (p == nil || p.State != "requested" || p.OfferedUntil != r.Until) {
						t.Errorf("after %s was voided a bed is kept for %+v", d.Events[place].EventType(), p)
					}
				}
			}
		}
	}
}
