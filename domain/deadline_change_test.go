package domain

import (
	"slices"
	"testing"
	"time"
)

// clockOf finds the latest clock of a rule in a story.
func clockOf(t *testing.T, rule string, story ...said) DeadlineClock {
	t.Helper()
	clocks := given(t, story...).state().Clocks
	for i := len(clocks) - 1; i >= 0; i-- {
		if clocks[i].Rule == rule {
			return clocks[i]
		}
	}
	t.Fatalf("no clock %s", rule)
	return DeadlineClock{}
}

func TestSuspension(t *testing.T) {
	base := []said{detected, handedOver} // the decision is due on 31 March
	suspend := head.says("2024-03-11T10:00", SuspendDeadline{Rule: "identification", Reason: "health"})
	resume := head.says("2024-03-21T09:00", ResumeDeadline{Rule: "identification"})
	given(t, base...).when(suspend).then("DeadlineSuspended")
	with := func(more ...said) []said { return append(append([]said{}, base...), more...) }
	given(t, with(suspend)...).when(resume).then("DeadlineResumed")

	k := clockOf(t, "identification", with(suspend)...)
	for now, want := range map[string]ClockState{"2024-03-15": Halted, "2026-01-01": Halted} {
		if got := k.State(mustWhen(now).At); got != want {
			t.Errorf("at %s the suspended decision is %s", now, got)
		}
	}
	if k.Runs() || !k.Open() {
		t.Error("time passes on what is suspended, or it is not a duty any more")
	}
	given(t, with(suspend)...).when(ClockActor().says("", MarkOverdue{Rule: "identification"})).then()
	k = clockOf(t, "identification", with(suspend, resume)...)
	if want := mustDay("2024-04-10").End(); !k.Due.Equal(want) || k.State(want) != Overdue || k.State(want.Add(-time.Minute)) != Running {
		t.Errorf("ten days later it is due %s, want %s", k.Due.In(Baku), want)
	}
	if k = clockOf(t, "identification", with(suspend, head.says("2024-05-01", positive()))...); k.State(specNow) != Met {
		t.Errorf("decided while suspended: %s", k.State(specNow))
	}

	given(t, with(suspend)...).when(head.says("2024-03-12", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("deadline_suspended", "")
	given(t, base...).when(head.says("2024-04-01", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("deadline_passed", "happened")
	given(t, base...).when(head.says("2024-03-01", SuspendDeadline{Rule: "handover", Reason: "court"})).refused("deadline_fixed", "rule")
	given(t, base...).when(head.says("2024-03-01", SuspendDeadline{Rule: "admission", Reason: "court"})).refused("no_open_deadline", "")
	given(t, base...).when(head.says("2024-03-01T22:00", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("before_start", "happened")
	given(t, base...).when(head.says("2024-03-12?", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("time_needed", "happened")
	given(t, base...).when(officer.says("2024-03-12", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("role_not_allowed", "")
	given(t, base...).when(resume).refused("deadline_not_suspended", "")
	given(t, with(suspend)...).when(head.says("2024-03-10", ResumeDeadline{Rule: "identification"})).refused("before_start", "happened")
	given(t, with(suspend)...).when(head.says("2024-03-21?", ResumeDeadline{Rule: "identification"})).refused("time_needed", "happened")
	given(t, with(suspend, resume)...).when(head.says("2024-03-20", SuspendDeadline{Rule: "identification", Reason: "court"})).refused("before_current", "happened")
}

func TestSuspensionOfHoursAndOfOneFacility(t *testing.T) {
	both := []said{openSecond, detected, handedOver, requested, head.says("2024-03-02T01:00", RequestShelter{Facility: secondHouse, Security: "high"})}
	suspend := SuspendDeadline{Rule: "admission", Reason: "health"}
	given(t, both...).when(head.says("2024-03-02T05:00", suspend)).refused("required", "facility")
	suspend.Facility = house
	w := given(t, append(both, head.says("2024-03-02T05:00", suspend), head.says("2024-03-02T11:30", ResumeDeadline{Rule: "admission", Facility: house}))...)
	for _, k := range w.state().Clocks {
		want := map[Ref]string{house: "2024-03-03T07:30", secondHouse: "2024-03-03T01:00"}[Ref(k.Key)]
		if k.Rule == "admission" && !k.Due.Equal(mustWhen(want).At) {
			t.Errorf("the answer of %s is due %s, want %s", k.Key, k.Due.In(Baku), want)
		}
	}
}

func TestExtension(t *testing.T) {
	base := []said{detected, handedOver}
	extend := func(at, until string) said {
		return head.says(at, ExtendDeadline{Rule: "identification", Until: mustDay(until), Reason: "complex"})
	}
	given(t, base...).when(extend("2024-03-20", "2024-04-30")).then("DeadlineExtended")
	given(t, base...).when(extend("2024-03-20", "2024-03-31")).refused("deadline_not_later", "until")
	given(t, base...).when(extend("2024-03-20", "2026-03-31")).refused("out_of_range", "until")
	given(t, base...).when(extend("2024-04-01", "2024-04-30")).refused("deadline_passed", "happened")
	given(t, base...).when(head.says("2024-03-02", ExtendDeadline{Rule: "reflection", Until: mustDay("2025-01-01"), Reason: "complex"})).refused("deadline_fixed", "rule")
	k := clockOf(t, "identification", append(base, extend("2024-03-20", "2024-04-30"))...)
	if !k.Extended || !k.Due.Equal(mustDay("2024-04-30").End()) {
		t.Errorf("extended: %+v", k)
	}
}

// TestExtensionRecordedLate: what was missed on the register's knowledge of then
// may be missed once more at the new time, and is marked once for each.
func TestExtensionRecordedLate(t *testing.T) {
	mark := ClockActor().says("", MarkOverdue{Rule: "identification"})
	story := []said{
		detected, handedOver, mark.when("2024-04-02"),
		head.says("2024-03-20", ExtendDeadline{Rule: "identification", Until: mustDay("2024-04-30"), Reason: "complex"}),
	}
	given(t, story...).when(mark.when("2024-04-15")).then()
	given(t, story...).when(mark.when("2024-05-02")).then("DeadlineMissed")
}

func TestSuspendedDecisionSuspendsTheDuty(t *testing.T) {
	story := []said{detected, handedOver, head.says("2024-03-10", DecideIdentification{Outcome: "suspended", Grounds: []string{"screening"}})}
	if k := clockOf(t, "identification", story...); k.State(specNow) != Halted {
		t.Errorf("a decision put off is %s", k.State(specNow))
	}
	if k := clockOf(t, "identification", append(story, decided)...); k.State(specNow) != Met {
		t.Errorf("decided after all: %s", k.State(specNow))
	}
}

// TestParameterOfTheStart: a change of the limit while a clock runs changes
// nothing for it, not even when the start is recorded after the change.
func TestParameterOfTheStart(t *testing.T) {
	refer := func(at string) said {
		cmd := referral()
		cmd.Told = mustWhen(at)
		return police.says(at, cmd)
	}
	for at, want := range map[string]string{"2017-12-31T23:59": "2018-01-02T23:59", "2018-01-01T00:00": "2018-01-02T00:00"} {
		if k := clockOf(t, "handover", refer(at)); !k.Due.Equal(mustWhen(want).At) {
			t.Errorf("found at %s: due %s, want %s", at, k.Due.In(Baku), want)
		}
	}
}

// TestStartRecordedAfterItsDue is overdue at once, and marked once however often
// the register looks.
func TestStartRecordedAfterItsDue(t *testing.T) {
	back := referral()
	back.Told = mustWhen("2024-01-10T09:30")
	w := given(t, police.says("2024-01-10T09:00", back))
	mark := ClockActor().says("", MarkOverdue{Rule: "handover"})
	w.when(mark).then("DeadlineMissed")
	w.when(mark.when("2024-07-30")).then()
	w.when(mark.when("2025-07-30")).then()
}

func TestAllowanceAndFollowUps(t *testing.T) {
	base := []said{detected, handedOver, screened, assessed, decided}
	if k := clockOf(t, "allowance_payment", base...); !k.Assumed || !k.Due.Equal(mustDay("2024-05-09").End()) {
		t.Errorf("the allowance: %+v", k)
	}
	back := append(base, officer.says("2024-03-20", SendServiceReferral{Organisation: "consulate-istanbul", Services: []string{"identity_document"}}), consul.says("2024-04-01T08:00", RecordReturnDeparture{Direction: "inbound", Escort: "none"}),
		duty.says("2024-04-01T12:00", RecordReturnArrival{}), officer.says("2024-04-01", RecordReturnReception{}))
	for rule, want := range map[string]string{"follow_up_1": "2024-05-15", "follow_up_12": "2025-04-15"} {
		if k := clockOf(t, rule, back...); !k.Due.Equal(mustDay(want).End()) {
			t.Errorf("%s is due %s, want the end of %s", rule, k.Due.In(Baku), want)
		}
	}
	first := officer.says("2024-05-03", RecordFollowUp{Month: "1", Status: "safe"})
	states := map[string]ClockState{}
	gone := officer.says("2024-06-20", RecordFollowUp{Month: "3", Status: "contact_lost"})
	for _, k := range given(t, append(back, first, gone)...).state().Clocks {
		states[k.Rule] = k.State(specNow)
	}
	for rule, want := range map[string]ClockState{"follow_up_1": Met, "follow_up_3": Met, "follow_up_6": Waived, "follow_up_12": Waived} {
		if states[rule] != want {
			t.Errorf("%s is %s, want %s", rule, states[rule], want)
		}
	}
}

func TestATransferLeavesTheDutyOfAPlan(t *testing.T) {
	accept := otherHouse.says("2024-04-01T12:00", AcceptTransfer{Facility: secondHouse})
	base := []said{openSecond, detected, requested, admitted.when("2024-03-02T04:00")}
	k := clockOf(t, "rehabilitation_plan", append(base, askTransfer, accept, transferred)...)
	if got := k.State(specNow); got != Overdue {
		t.Errorf("after the transfer the plan is %s", got)
	}
	home := shelter.says("2024-03-05", RecordDeparture{Facility: house, Destination: "family", Planned: true})
	if got := clockOf(t, "rehabilitation_plan", append(base, home)...).State(specNow); got != Waived {
		t.Errorf("after the person went home the plan is %s", got)
	}
}

func TestTheAllowanceIsDueFromAReversalToPositive(t *testing.T) {
	no := head.says("2024-03-10", negative())
	story := []said{detected, handedOver, screened, assessed, no, head.says("2024-05-01", toPositive())}
	if k := clockOf(t, "allowance_payment", story...); !k.Due.Equal(mustDay("2024-06-30").End()) || k.Waived {
		t.Errorf("the allowance: %+v", k)
	}
	back := head.says("2024-05-10", ReverseIdentification{Outcome: "negative", Reasons: []string{"new_facts"}, Informed: true})
	if k := clockOf(t, "allowance_payment", append(story, back)...); !k.Waived {
		t.Errorf("nothing is due after a negative decision: %+v", k)
	}
}

// TestExtensionIsOfOneDuty: more time for the next review of a stay makes no
// earlier one timely.
func TestExtensionIsOfOneDuty(t *testing.T) {
	moved := shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent", ReviewOn: mustDay("2024-03-20")})
	review := shelter.says("2024-04-02", ReviewStay{Facility: house, Outcome: "continue", ReviewOn: mustDay("2024-05-01")})
	extend := head.says("2024-04-20", ExtendDeadline{Rule: "stay_review", Until: mustDay("2024-06-01"), Reason: "complex"})
	var states []ClockState
	for _, k := range given(t, detected, requested, moved, review, extend).state().Clocks {
		if k.Rule == "stay_review" {
			states = append(states, k.State(mustWhen("2024-05-15").At))
		}
	}
	if !slices.Equal(states, []ClockState{Late, Running}) {
		t.Errorf("the reviews are %v", states)
	}
}
