package domain

import (
	"strings"
	"testing"
)

// auditOf runs the audit over a story and one decision more, which no rule would have
// allowed.
func auditOf(t *testing.T, story []said, more ...Decision) (said string) {
	t.Helper()
	log, audit := given(t, story...).log.all(), NewAudit()
	for i, d := range more {
		d.Seq, d.ID = log[len(log)-1].Seq+uint64(i)+1, NewID()
		if d.Recorded.IsZero() {
			d.Recorded = specNow
		}
		more[i] = d
	}
	for _, d := range append(log, more...) {
		if err := audit.Add(d); err != nil {
			said += err.Error() + "\n"
		}
	}
	for _, err := range audit.Finish() {
		said += err.Error() + "\n"
	}
	return said
}

// TestAuditFindsMore: what was never prepared, what somebody allowed themselves, and
// what is said of a time when it was not so.
func TestAuditFindsMore(t *testing.T) {
	on := func(s Stream, by Actor, at string, events ...AnyEvent) Decision {
		return Decision{Stream: s, By: by, Happened: mustWhen(at), Events: events}
	}
	scheduled := func(direction, carer string) ReturnScheduled {
		return ReturnScheduled{Direction: direction, On: mustDay("2024-05-10"), Transport: "air", Escort: "none", Payer: "state", Carer: carer}
	}
	ready := homeward("adult")
	reflecting := officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-05-15")})
	for _, c := range []struct {
		name, want string
		story      []said
		more       []Decision
	}{
		{"a return that was prepared", "", ready, []Decision{on(theCase, migration, "2024-04-04", scheduled("outbound", ""))}},
		{"no risk assessment", "without risk assessment", ready[:6], []Decision{on(theCase, migration, "2024-04-04", scheduled("outbound", ""))}},
		{"an old risk assessment", "without risk assessment", ready, []Decision{on(theCase, migration, "2024-04-30", scheduled("outbound", ""))}},
		{"no consent", "without written consent", ready[:7], []Decision{on(theCase, migration, "2024-04-04", scheduled("outbound", ""))}},
		{"a child", "without determination of best interests", homeward("child"), []Decision{on(theCase, migration, "2024-04-04", scheduled("outbound", "parents"))}},
		{"within reflection", "without written wish", then(ready, reflecting), []Decision{on(theCase, migration, "2024-04-04", scheduled("outbound", ""))}},
		{"an attempt to expel", "nothing says so", then(ready, reflecting), []Decision{on(theCase, migration, "2024-04-04", ExpulsionAttempted{})}},
		{"a referral without basis", "on the basis \"\"", ready, []Decision{on(theCase, officer, "2024-04-04", ReferralSubmitted{From: "ngo-c", To: "spu"})}},
		{"more than was allowed", "nobody else allowed it", nil, []Decision{on(theFacility, shelter, "2024-04-04", BedTaken{Case: NewRef("x"), Persons: 3, OverCapacity: true})}},
		{"it allowed itself", "allowed itself", nil, []Decision{on(theFacility, shelter, "2024-04-04", OverCapacityAuthorised{Persons: 1, Until: mustDay("2024-05-04")})}},
		{"a bed for men", "of the group men", []said{detected}, []Decision{on(theFacility, shelter, "2024-04-04", BedTaken{Case: theCase.Ref(), Persons: 1, Group: "men"})}},
		{"a quarter that is not over", "although it was not due", []said{revised("2023-05-17")}, []Decision{
			on(aboutGroup, ClockActor(), "2024-06-30", DutyMissed{"working_group_meeting", "2024-Q2", mustDay("2024-06-30").End()}),
		}},
		{"a quarter with a meeting", "although it was not due", []said{revised("2023-05-17"), meeting("2023-08-01", 9)}, []Decision{
			on(aboutGroup, ClockActor(), "2024-06-30", DutyMissed{"working_group_meeting", "2023-Q3", mustDay("2023-09-30").End()}),
		}},
		{"a quarter without", "", []said{revised("2023-05-17")}, []Decision{
			on(aboutGroup, ClockActor(), "2024-06-30", DutyMissed{"working_group_meeting", "2023-Q3", mustDay("2023-09-30").End()}),
		}},
		{"twice", "was marked before", []said{revised("2023-05-17")}, []Decision{
			on(aboutGroup, ClockActor(), "2024-06-29", DutyMissed{"working_group_meeting", "2023-Q3", mustDay("2023-09-30").End()}),
			on(aboutGroup, ClockActor(), "2024-06-30", DutyMissed{"working_group_meeting", "2023-Q3", mustDay("2023-09-30").End()}),
		}},
		{"merged by one side only", "which does not know", []said{detected, again}, []Decision{
			on(secondCase, officer, "2024-06-01", DuplicateMerged{Surviving: theCase.Ref(), Merged: secondCase.Ref()}),
		}},
	} {
		if said := auditOf(t, c.story, c.more...); c.want == "" && said != "" || !strings.Contains(said, c.want) {
			t.Errorf("%s: the audit said %q, want %q", c.name, said, c.want)
		}
	}
}

// TestNobodyAnswersTheirOwnRequest for money, says the audit too.
func TestNobodyAnswersTheirOwnRequest(t *testing.T) {
	asked := fund.says("2024-03-15", RequestFundAssistance{Purpose: "medical", Amount: 50000})
	story := then(identified, asked)
	w := given(t, story...)
	w.when(fund.says("2024-03-20", GrantFundAssistance{Amount: 40000})).refused("own_request", "")
	audit := NewAudit()
	for _, d := range w.log.all() {
		if err := audit.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	err := audit.Add(Decision{
		Seq: w.log.seq + 1, Stream: theCase, ID: NewID(), By: fund, Happened: mustWhen("2024-03-20"), Recorded: specNow,
		Events: []AnyEvent{FundAssistanceGranted{Request: w.at(), Purpose: "medical", Amount: 40000, Currency: "AZN"}},
	})
	if err == nil || !strings.Contains(err.Error(), "their own request") {
		t.Errorf("the audit says %v", err)
	}
}
