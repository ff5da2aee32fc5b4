package domain

import (
	"context"
	"testing"
)

// Made-up commands over several streams: nothing is recorded by them but here.
type (
	linksCases struct {
		Other Ref `json:"other" ref:"case"`
		House Ref `json:"house"`
	}
	splitsCase struct {
		Other Ref `json:"other" ref:"case"`
	}
	logsCall struct{}
	opensOf  struct {
		Case Ref `json:"case" ref:"case"`
	}
	callTaken struct {
		Case Ref `json:"case,omitempty" ref:"case"`
	}
)

func (linksCases) givers() []Role { return []Role{CaseOfficer} }
func (cmd linksCases) others(Request) []Stream {
	return []Stream{CaseStream(cmd.Other), FacilityStream(cmd.House)}
}
func (linksCases) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	hold := LegalHoldPlaced{Reason: "court"}
	return append(j.onCase(0, hold), append(j.onCase(1, hold), j.onFacility(0, CapacityStudyCompleted{})...)...), nil
}

func (splitsCase) begins()                     {}
func (splitsCase) givers() []Role              { return []Role{CaseOfficer} }
func (cmd splitsCase) others(Request) []Stream { return []Stream{CaseStream(cmd.Other)} }
func (splitsCase) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	return j.onCase(1, DetectionRecorded{Source: j.Case().Source}), nil
}

func (callTaken) EventType() string { return "CallTaken" }
func (e callTaken) apply(c *Call, at Times) {
	if c.Logged.IsZero() {
		c.Logged = at.Happened
	}
	c.Case = e.Case
}
func (logsCall) givers() []Role { return []Role{HotlineOperator} }
func (logsCall) logs()          {}
func (logsCall) decide(c *Call, _ Request) ([]Event[Call], error) {
	if c.IsLogged() {
		return nil, nil
	}
	return []Event[Call]{callTaken{}}, nil
}
func (opensOf) givers() []Role              { return []Role{HotlineOperator} }
func (cmd opensOf) others(Request) []Stream { return []Stream{CaseStream(cmd.Case)} }
func (cmd opensOf) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	return append(j.onCall(0, callTaken(cmd)), j.onCase(0, SpuNotified{Channel: "register"})...), nil
}

// give judges a command that stands in no catalogue.
func (w *world) give(by Actor, at string, on Stream, cmd Asked) error {
	req := Request{ID: NewID(), By: by, Happened: mustWhen(at), Now: specNow}
	var names []string
	for _, s := range streamsOf(req, on, cmd) {
		names = append(names, s.String())
	}
	_, err := w.log.Update(context.Background(), names, func(h [][]Decision) ([]Decision, error) { return judge(req, on, cmd, h) })
	return err
}

func refusedAs(t *testing.T, err error, code, field string) {
	t.Helper()
	if r, ok := AsRefusal(err); !ok || r.Code != code || r.Field != field {
		t.Errorf("%v, want refusal %s (%s)", err, code, field)
	}
}

func TestDecisionOverTwoCasesAndAFacility(t *testing.T) {
	w := given(t, detected, handedOver, detected.to(secondCase))
	link := linksCases{secondCase.Ref(), house}
	for range 2 { // asked twice, it is recorded once
		if err := w.give(officer, "2024-03-05", theCase, link); err != nil {
			t.Fatal(err)
		}
	}
	for s, want := range map[Stream]int{theCase: 3, secondCase: 2, theFacility: 2} {
		if got := w.log.streams[s.String()]; len(got) != want || got[want-1].ID != w.log.streams[theCase.String()][2].ID {
			t.Errorf("%s has %s", s, typesOf(got))
		}
	}
	before := w.log.seq
	refusedAs(t, w.give(officer, "2024-03-06", theCase, linksCases{NewRef("nobody"), house}), "no_such_case", "other")
	refusedAs(t, w.give(officer, "2024-03-06", theCase, linksCases{theCase.Ref(), house}), "same_stream", "other")
	refusedAs(t, w.give(officer, "2024-03-06", theCase, linksCases{secondCase.Ref(), NewRef("nowhere")}), "no_such_facility", "house")
	refusedAs(t, w.give(officer, "2024-02-01", theCase, linksCases{secondCase.Ref(), house}), "before_case", "happened")
	refusedAs(t, w.give(shelter, "2024-03-06", theCase, linksCases{secondCase.Ref(), house}), "no_such_case", "")
	untold := referral()
	untold.Told = When{}
	if _, err := police.says("2024-03-20", untold).to(CaseStream(NewRef("late"))).execute(w.log); err != nil {
		t.Fatal(err)
	}
	before++
	refusedAs(t, w.give(officer, "2024-03-06", theCase, linksCases{NewRef("late"), house}), "before_case", "happened")
	if w.log.seq != before {
		t.Errorf("refused, and recorded: %d, want %d", w.log.seq, before)
	}
}

func TestDecisionThatBeginsACase(t *testing.T) {
	w := given(t, detected, handedOver)
	if err := w.give(officer, "2024-03-05", theCase, splitsCase{secondCase.Ref()}); err != nil {
		t.Fatal(err)
	}
	if got := typesOf(w.log.streams[secondCase.String()]); got != "DetectionRecorded" || len(w.log.streams[theCase.String()]) != 2 {
		t.Errorf("the new case has %s", got)
	}
	refusedAs(t, w.give(officer, "2024-03-06", theCase, splitsCase{secondCase.Ref()}), "already_registered", "")
}

// A call is a stream of its own: it is folded, and decided about together with
// the case that it led to.
func TestCalls(t *testing.T) {
	call := CallStream(NewRef("a call"))
	for _, read := range []func() (Stream, error){
		func() (Stream, error) { return ParsePath(call.Path()) },
		func() (Stream, error) { return StreamNamed(call.String()) },
	} {
		if s, err := read(); s != call || err != nil {
			t.Errorf("%v became %v: %v", call, s, err)
		}
	}
	if !command[logsCall]("logs-call", CallKind, "referral").Opens() || command[opensOf]("opens-of", CallKind, "referral").Opens() {
		t.Error("which command begins a call is not known")
	}
	req := Request{ID: NewID(), By: Actor{"u-hotline", HotlineOperator, "hotline-152"}, Happened: mustWhen("2024-03-01T20:30"), Now: specNow}
	logged, err := judge(req, call, logsCall{}, [][]Decision{nil})
	if err != nil || typesOf(logged) != "CallTaken" {
		t.Fatalf("%s: %v", typesOf(logged), err)
	}
	w := given(t, detected)
	history := [][]Decision{logged, w.log.streams[theCase.String()]}
	open := opensOf{theCase.Ref()}
	req.ID, req.By = NewID(), officer
	both, err := judge(req, call, open, history)
	if err != nil || len(both) != 2 || typesOf(both[:1]) != "CallTaken" || both[1].Stream != theCase || typesOf(both[1:]) != "SpuNotified" {
		t.Fatalf("%v: %v", both, err)
	}
	c, err := Fold[Call](append(logged, both[0]))
	if err != nil || c.Case != theCase.Ref() || c.Logged != req.Happened {
		t.Errorf("%+v: %v", c, err)
	}
	if _, err := Fold[Case](logged); err == nil {
		t.Error("a call was folded as a case")
	}
	_, err = judge(req, call, open, [][]Decision{nil, history[1]})
	refusedAs(t, err, "no_such_call", "")
	req.Happened = mustWhen("2024-02-01")
	_, err = judge(req, call, open, history)
	refusedAs(t, err, "before_call", "happened")
	audit := NewAudit()
	logged[0].Seq, both[0].Seq = 1, 2
	for _, d := range []Decision{logged[0], both[0]} {
		if err := audit.Add(d); err != nil {
			t.Error(err)
		}
	}
}
