package domain

import (
	"testing"
	"time"
)

// TestRunsOut: the register is to look at a case at the first instant at which
// something is over, and no more once it has said so.
func TestRunsOut(t *testing.T) {
	runsOut := func(want string, story ...said) *world {
		t.Helper()
		w := given(t, story...)
		at, ok := w.state().RunsOut()
		if ok != (want != "") || ok && !at.Equal(mustDay(want).End()) {
			t.Errorf("after %s: %s, %v; want the end of %q", typesOf(w.log.streams[theCase.String()]), at.In(Baku), ok, want)
		}
		return w
	}
	runsOut("", detected, handedOver)
	runsOut("2024-05-31", detected, handedOver, toldOfRights, consented)
	runsOut("2024-04-01", detected, handedOver, toldOfRights, consented, granted)
	withdrawn := officer.says("2024-03-10", WithdrawConsent{Purpose: "identification", By: "person", Form: "written"})
	runsOut("", detected, handedOver, toldOfRights, consented, withdrawn)
	runsOut("", detected, granted, again, officer.says("2024-04-03", MergeCases{Other: theCase.Ref()}).to(secondCase))

	w := runsOut("2024-04-01", detected, handedOver, toldOfRights, consented, granted)
	if n := ranOut(t, w, mustWhen("2024-04-01T23:59").At); n != 0 {
		t.Errorf("too early: %d recorded", n)
	}
	if n := ranOut(t, w, mustWhen("2024-04-02").At); n != 1 {
		t.Errorf("the reflection period: %d recorded", n)
	}
	if n := ranOut(t, w, mustWhen("2024-06-01").At); n != 1 {
		t.Errorf("the consent: %d recorded", n)
	}
	if n := ranOut(t, w, specNow); n != 0 {
		t.Errorf("asked again, %d recorded", n)
	}
	if at, ok := w.state().RunsOut(); ok {
		t.Errorf("still: %s", at)
	}
}

// TestWhatRanOutWasOverThen: whenever the register, or an officer, comes to say so,
// it was over at the end of its last day. It was told when it was told.
func TestWhatRanOutWasOverThen(t *testing.T) {
	for _, by := range []Actor{ClockActor(), officer} {
		w := given(t, detected, handedOver, toldOfRights, consented, granted)
		w.when(by.says("2024-06-20T10:00", MarkReflectionEnded{})).then("ReflectionEnded")
		w.when(by.says("2024-06-20T10:00", MarkConsentExpired{})).then("ConsentExpired")
		history := w.log.streams[theCase.String()]
		for n, want := range []string{"2024-04-01T23:59", "2024-05-31T23:59"} {
			d := history[len(history)-2+n]
			if got := MomentOf(d.Events[0], d.Times()); !got.Equal(mustWhen(want)) || !d.Happened.Equal(mustWhen("2024-06-20T10:00")) || !d.Recorded.Equal(specNow) {
				t.Errorf("%s by %s: %s, told %s, recorded %s; want %s", d.Events[0].EventType(), by.Role, got, d.Happened, d.Recorded, want)
			}
		}
		w.audited()
		// voided and given anew, it is over anew
		w.when(officer.says("2024-06-21", VoidEvent{Event: w.the("ReflectionGranted"), Reason: "typing"})).then("EventVoided")
		if at, ok := w.state().RunsOut(); ok {
			t.Errorf("%s: it still runs out, on %s", by.Role, at)
		}
		w.when(officer.says("2024-03-05", GrantReflection{Until: mustDay("2024-05-01")})).then("ReflectionGranted")
		w.when(by.says("2024-06-22", MarkReflectionEnded{})).then("ReflectionEnded")
	}
}

// TestRunningOutIsNoDeviation: that a period ends after the case was closed is
// nobody's doing.
func TestRunningOutIsNoDeviation(t *testing.T) {
	closed := officer.says("2024-03-20", CloseCase{Reason: "withdrew"})
	w := given(t, detected, handedOver, toldOfRights, consented, granted, closed)
	w.when(ClockActor().says("2024-04-02", MarkReflectionEnded{})).then("ReflectionEnded")
	w.when(ClockActor().says("2024-06-01", MarkConsentExpired{})).then("ConsentExpired")
}

// ranOut asks as the register's clock does.
func ranOut(t *testing.T, w *world, now time.Time) (recorded int) {
	t.Helper()
	for _, cmd := range WhatRunsOut() {
		s := ClockActor().says("", cmd)
		s.now = now
		out, err := s.execute(w.log)
		if err != nil {
			t.Fatal(err)
		}
		if out.Recorded {
			recorded++
		}
	}
	return recorded
}
