package domain

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// the names the n-th event of a type that stands on the case.
func (w *world) the(typ string) EventAt { return w.eventOn(theCase, typ) }

func (w *world) eventOn(s Stream, typ string) (at EventAt) {
	w.t.Helper()
	for _, d := range w.log.streams[s.String()] {
		for n, e := range d.Events {
			if e.EventType() == typ {
				at = EventAt{d.ID, n}
			}
		}
	}
	if at.IsZero() {
		w.t.Fatalf("no %s on %s", typ, s)
	}
	return at
}

func theClock(c *Case, rule string) DeadlineClock {
	for _, k := range c.Clocks {
		if k.Rule == rule {
			return k
		}
	}
	return DeadlineClock{}
}

func TestVoidedHandoverIsDueAgain(t *testing.T) {
	w := given(t, detected, handedOver)
	if k := theClock(w.state(), "handover"); k.State(specNow) != Met {
		t.Fatalf("%+v", k)
	}
	handover := w.the("HandoverAccepted")
	w.when(officer.says("2024-03-03", VoidEvent{Event: handover, Reason: "wrong_case"})).then("EventVoided")
	c := w.state()
	if k := theClock(c, "handover"); k.State(specNow) != Overdue || !c.HandedOver.IsZero() {
		t.Errorf("%+v, handed over %s", k, c.HandedOver)
	}
	// recorded anew, also at the same time as before
	w.when(handedOver).then("HandoverAccepted")
	if k := theClock(w.state(), "handover"); k.State(specNow) != Met {
		t.Errorf("%+v", k)
	}
}

func TestCorrectedTimeOfADecision(t *testing.T) {
	w := given(t, detected, handedOver, screened, assessed, decided)
	w.when(head.says("2024-03-20", CorrectFact{Event: w.the("IdentificationDecided"), TookPlace: mustWhen("2024-03-12"), Reason: "typing"})).then("FactCorrected")
	if got := w.state().Decided; !got.Equal(mustWhen("2024-03-12")) {
		t.Errorf("decided %s", got)
	}
	if k := theClock(w.state(), "identification"); !k.Stopped.Equal(mustWhen("2024-03-12")) {
		t.Errorf("%+v", k)
	}
	w.when(fund.says("2024-03-11", PayAllowance{Amount: 70000})).refused("before_decision", "happened")
	last := w.log.streams[theCase.String()]
	if e := last[len(last)-1].Events[0].(FactCorrected); e.Old != "2024-03-10" || e.New != "2024-03-12" || e.Type != "IdentificationDecided" {
		t.Errorf("%+v", e)
	}
}

func TestCorrectedFields(t *testing.T) {
	w := given(t, detected, handedOver, assessed)
	w.when(police.says("2024-03-03", CorrectFact{Event: w.the("DetectionRecorded"), Age: "not_sure", Reason: "learned_later"})).then("FactCorrected")
	if !w.state().TreatedAsChild() {
		t.Error("still an adult")
	}
	w.when(officer.says("2024-03-04", CorrectFact{Event: w.the("RiskAssessed"), Level: "low", Reason: "typing"})).then("FactCorrected")
	if w.state().Risk != "low" {
		t.Error(w.state().Risk)
	}
	// a correction is corrected by correcting the fact once more
	w.when(officer.says("2024-03-05", CorrectFact{Event: w.the("RiskAssessed"), Level: "medium", Reason: "typing"})).then("FactCorrected")
	if w.state().Risk != "medium" {
		t.Error(w.state().Risk)
	}
	w.when(officer.says("2024-03-06", CorrectFact{Event: w.the("RiskAssessed"), Level: "medium", Reason: "typing"})).then()
}

func TestWhoCorrectsWhat(t *testing.T) {
	w := given(t, detected, handedOver, screened, assessed, decided, requested, admitted)
	void := func(by Actor, typ string) said {
		return by.says("2024-03-20", VoidEvent{Event: w.the(typ), Reason: "typing"})
	}
	w.when(void(shelter, "RiskAssessed")).refused("not_yours", "event")
	w.when(void(officer, "IdentificationDecided")).refused("not_yours", "event")
	w.when(void(officer, "DetectionRecorded")).refused("cannot_be_voided", "event")
	w.when(void(officer, "ReferralSubmitted")).refused("cannot_be_voided", "event")
	w.when(void(lawyer, "RiskAssessed")).refused("no_such_case", "")
	w.when(officer.says("2024-03-20", VoidEvent{Event: EventAt{NewID(), 0}, Reason: "typing"})).refused("no_such_event", "event")
	w.when(officer.says("2024-03-20", VoidEvent{Event: EventAt{w.the("RiskAssessed").Decision, 7}, Reason: "typing"})).refused("no_such_event", "event")
	w.when(void(officer, "RiskAssessed")).then("EventVoided")
	w.when(void(officer, "EventVoided")).refused("cannot_be_voided", "event")
	w.when(officer.says("2024-03-20", CorrectFact{Event: w.the("RiskAssessed"), Level: "low", Reason: "typing"})).refused("voided_already", "")
	w.when(void(head, "IdentificationDecided")).then("EventVoided")
	if c := w.state(); c.Outcome != "" || c.Risk != "" || c.Status != "presumed" {
		t.Errorf("outcome %q, risk %q, status %q", c.Outcome, c.Risk, c.Status)
	}
}

func TestCorrectionsThatAreRefused(t *testing.T) {
	w := given(t, detected, handedOver, screened, assessed, decided, requested, admitted)
	fix := func(typ string, cmd CorrectFact) *world {
		cmd.Event, cmd.Reason = w.the(typ), "typing"
		return w.when(head.says("2024-03-20", cmd))
	}
	fix("RiskAssessed", CorrectFact{}).refused("nothing_given", "took_place")
	fix("RiskAssessed", CorrectFact{Level: "low", Age: "child"}).refused("one_only", "level")
	fix("RiskAssessed", CorrectFact{Sex: "male"}).refused("no_such_field", "sex")
	fix("RiskAssessed", CorrectFact{Level: "no such"}).refused("unknown_code", "level")
	fix("AdmissionConfirmed", CorrectFact{District: "AZ-GA"}).refused("no_such_field", "district")
	fix("AdmissionConfirmed", CorrectFact{TookPlace: mustWhen("2024-03-02T02:00")}).refused("void_instead", "")
	fix("RiskAssessed", CorrectFact{TookPlace: mustWhen("2024-02-02")}).refused("before_case", "took_place")
	fix("DetectionRecorded", CorrectFact{TookPlace: mustWhen("2024-03-04")}).refused("others_follow", "took_place")
	later := given(t, detected)
	late := CorrectFact{Event: later.the("DetectionRecorded"), Reason: "typing", TookPlace: mustWhen("2024-03-03")}
	later.when(police.says("2024-03-02", late)).refused("recorded_before_happened", "took_place")
	later.when(police.says("2024-03-03T00:30", late)).then("FactCorrected")
	fix("DetectionRecorded", CorrectFact{TookPlace: mustWhen("2024-03-01T20:00")}).then("FactCorrected")
	if got := w.state().Detected; !got.Equal(mustWhen("2024-03-01T20:00")) {
		t.Errorf("detected %s", got)
	}
}

func TestVoidedAdmissionFreesTheBed(t *testing.T) {
	w := given(t, detected, requested, admitted)
	w.when(shelter.says("2024-03-03", VoidEvent{Event: w.the("AdmissionConfirmed"), Reason: "did_not_happen"})).then("EventVoided")
	if c, f := w.state(), w.house(); c.Host() != nil || f.Taken != 0 || c.place(house).State != "requested" {
		t.Errorf("%+v, %d taken", c.Places, f.Taken)
	}
	w.audited()
}

func TestVoidedDepartureTakesTheBedAgain(t *testing.T) {
	w := given(t, detected, requested, admitted, shelter.says("2024-03-10", RecordDeparture{Facility: house, Destination: "family", Planned: true}))
	w.when(shelter.says("2024-03-11", VoidEvent{Event: w.the("AdmissionConfirmed"), Reason: "typing"})).refused("others_follow", "")
	w.when(shelter.says("2024-03-11", VoidEvent{Event: w.the("Departed"), Reason: "typing"})).then("EventVoided")
	if c, f := w.state(), w.house(); c.Host() == nil || f.Taken != 1 {
		t.Errorf("%+v, %d taken", c.Places, f.Taken)
	}
	w.audited()
}

func TestWhatWasPaidStands(t *testing.T) {
	w := given(t, detected, handedOver, decided, officer.says("2024-03-11", SendServiceReferral{Organisation: "fund", Services: []string{"legal_info"}}),
		fund.says("2024-03-12", PayAllowance{Amount: 70000}))
	w.when(officer.says("2024-03-13", CorrectFact{Event: w.the("AllowancePaid"), Amount: 40000, Reason: "typing"})).refused("void_instead", "")
	w.when(head.says("2024-03-13", VoidEvent{Event: w.the("IdentificationDecided"), Reason: "typing"})).then("EventVoided", "!payment_stands")
	w.audited()
	v := given(t, detected, handedOver, decided, officer.says("2024-03-11", SendServiceReferral{Organisation: "legal-aid-a", Services: []string{"legal_info"}}),
		lawyer.says("2024-03-12", RecordAward{Amount: 100000, Source: "fund"}), lawyer.says("2024-03-13", RecordCompensationPayment{Amount: 50000, Source: "fund"}))
	v.when(lawyer.says("2024-03-14", VoidEvent{Event: v.the("CompensationAwarded"), Reason: "typing"})).refused("others_follow", "")
}

// What is sealed is voided unread.
func TestVoidedIdentity(t *testing.T) {
	w := given(t, detected, officer.says("2024-03-02", RecordIdentity{IdentityFields{FamilyName: "Əliyeva"}}))
	w.when(officer.says("2024-03-03", VoidEvent{Event: w.the("IdentityRecorded"), Reason: "wrong_case"})).then("EventVoided")
	if !w.state().unknown(IdentityRecorded{}) {
		t.Error("the case still knows a name")
	}
}

func TestCorrectableFieldsAreThoseOfTheCommand(t *testing.T) {
	var names, codes []string
	for _, f := range Fields(CorrectFact{}) {
		if f.Name != "event" && f.Name != "reason" {
			names = append(names, f.Name)
		}
	}
	for _, c := range Codes("correctable") {
		codes = append(codes, c.Code)
	}
	if slices.Sort(names); !slices.Equal(names, slices.Sorted(slices.Values(codes))) {
		t.Errorf("fields %s, codes %s", strings.Join(names, " "), strings.Join(codes, " "))
	}
}

func TestApplyAsksToFoldAgain(t *testing.T) {
	w := given(t, detected, handedOver)
	c := w.state()
	d := Decision{Stream: theCase, Events: []AnyEvent{EventVoided{Event: w.the("HandoverAccepted")}}}
	if err := Apply(c, d); !errors.Is(err, ErrFoldAgain) || c.HandedOver.IsZero() {
		t.Errorf("%v, %s", err, c.HandedOver)
	}
}

func (w *world) house() *Facility {
	f, err := Fold[Facility](w.log.streams[theFacility.String()])
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// audited holds the log against what must always be true.
func (w *world) audited() {
	w.t.Helper()
	audit := NewAudit()
	for _, d := range w.log.all() {
		if err := audit.Add(d); err != nil {
			w.t.Error(err)
		}
	}
	for _, err := range audit.Finish() {
		w.t.Error(err)
	}
}
