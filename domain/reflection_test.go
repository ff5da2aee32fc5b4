package domain

import (
	"os"
	"slices"
	"strings"
	"testing"
)

var granted = officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-04-01")})

func TestReflectionFromOfferToEnd(t *testing.T) {
	offer := officer.says("2024-03-02", OfferReflection{Language: "az", Days: 30})
	extend := officer.says("2024-03-20", ExtendReflection{Until: mustDay("2024-05-01"), Reason: "health"})
	w := given(t, detected, handedOver).when(offer).then("ReflectionOffered")
	w.when(granted).then("ReflectionGranted")
	w.when(extend).then("ReflectionExtended")
	if k := clock(t, w.state(), "reflection"); !k.Due.Equal(mustDay("2024-05-01").End().UTC()) || w.state().ReflectionState != "granted" {
		t.Errorf("%+v", k)
	}
	w.when(ClockActor().says("2024-05-01", MarkReflectionEnded{})).then()
	w.when(ClockActor().says("2024-05-02", MarkReflectionEnded{})).then("ReflectionEnded")
	if got := w.state().ReflectionState; got != "ended" {
		t.Errorf("state %s", got)
	}
	given(t, detected).when(offer).then("ReflectionOffered", "!handover_missing")
	given(t, detected, handedOver).when(officer.says("2024-03-02", OfferReflection{Language: "az", Days: 29})).refused("out_of_range", "days")
	no := append(undecided[:4:4], head.says("2024-03-10", negative()))
	given(t, no...).when(officer.says("2024-03-12", OfferReflection{Language: "az", Days: 30})).refused("not_presumed", "")

	given(t, detected, handedOver).when(extend).refused("not_granted", "")
	given(t, detected, handedOver, granted).when(officer.says("2024-04-02", extend.cmd)).refused("not_in_reflection", "happened")
	given(t, detected, handedOver, granted).when(officer.says("2024-03-20", ExtendReflection{Until: mustDay("2024-03-25"), Reason: "health"})).refused("before_start", "until")
	given(t, detected, handedOver, granted).when(officer.says("2024-03-20", ExtendReflection{Until: mustDay("2025-05-01"), Reason: "health"})).refused("out_of_range", "until")
}

func TestReflectionDeclined(t *testing.T) {
	offer := officer.says("2024-03-02", OfferReflection{Language: "az", Days: 30})
	decline := officer.says("2024-03-03", DeclineReflection{Language: "az"})
	w := given(t, detected, handedOver, offer).when(decline).then("ReflectionDeclined")
	if got := w.state().ReflectionState; got != "declined" {
		t.Errorf("state %s", got)
	}
	w.when(officer.says("2024-03-10", GrantReflection{Until: mustDay("2024-04-10")})).then("ReflectionGranted") // all the same
	given(t, detected, handedOver).when(decline).then("ReflectionDeclined", "!reflection_not_offered")
	given(t, detected, handedOver, granted).when(decline).refused("already_granted", "")
	r := referral()
	r.Age = "child"
	given(t, police.says("2024-03-01T20:30", r), handedOver, offer).when(decline).then("ReflectionDeclined", "!child_without_representative")
}

func TestReflectionTerminated(t *testing.T) {
	stop := head.says("2024-03-15", TerminateReflection{Ground: "public_order", Decision: "153"})
	w := given(t, detected, handedOver, granted).when(stop).then("ReflectionTerminated")
	c := w.state()
	if !c.inReflection(mustWhen("2024-03-15T20:00").At) || c.inReflection(mustWhen("2024-03-16T00:00").At) {
		t.Errorf("the period after its termination: %+v", c.Reflection)
	}
	if k := clock(t, c, "reflection"); k.State(mustWhen("2024-03-16T00:00").At) != Ended || k.State(mustWhen("2024-03-15T20:00").At) != Running {
		t.Errorf("%+v", k)
	}
	w.when(head.says("2024-03-14", stop.cmd)).refused("not_in_reflection", "")
	w.when(officer.says("2024-03-15", ExtendReflection{Until: mustDay("2024-05-01"), Reason: "health"})).refused("not_in_reflection", "")
	w.when(ClockActor().says("2024-04-02", MarkReflectionEnded{})).then()
	given(t, detected, handedOver).when(stop).refused("not_granted", "")
	given(t, detected, handedOver, granted).when(head.says("2024-04-02", stop.cmd)).refused("not_in_reflection", "happened")
	given(t, detected, handedOver, granted).when(officer.says("2024-03-15", stop.cmd)).refused("role_not_allowed", "")
}

func clock(t *testing.T, c *Case, rule string) DeadlineClock {
	t.Helper()
	i := slices.IndexFunc(c.Clocks, func(k DeadlineClock) bool { return k.Rule == rule })
	if i < 0 {
		t.Fatalf("no clock %s", rule)
	}
	return c.Clocks[i]
}

func TestCooperation(t *testing.T) {
	later := officer.says("2024-03-10", RecordCooperation{Decision: "later"})
	w := given(t, detected, handedOver, toldOfRights, granted).when(later).then("CooperationDecisionRecorded")
	w.when(officer.says("2024-04-20", RecordCooperation{Decision: "no", Lawyer: true})).then("CooperationDecisionRecorded")
	w.when(officer.says("2024-04-10", RecordCooperation{Decision: "yes"})).then("CooperationDecisionRecorded") // recorded late
	if got := w.state().Cooperation; got != "no" {
		t.Errorf("the latest decision is %s", got)
	}
	given(t, detected, handedOver).when(later).then("CooperationDecisionRecorded", "!rights_information_missing")
	given(t, detected, handedOver).when(fund.says("2024-03-10", later.cmd)).refused("role_not_allowed", "")
}

// TestNoHelpDependsOnCooperation: only the step that records it may read it.
func TestNoHelpDependsOnCooperation(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") || f.Name() == "cooperation.go" {
			continue
		}
		src, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "c.Cooperation") || strings.Contains(string(src), "Case().Cooperation") {
			t.Errorf("%s reads whether the person cooperates", f.Name())
		}
	}
}

// TestNoGrantShortensThePeriod: what protects ends early only by the head's
// decision, with one of the two grounds.
func TestNoGrantShortensThePeriod(t *testing.T) {
	long := officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-06-01")})
	grant := func(at, until string) said {
		return officer.says(at, GrantReflection{Until: mustDay(until)})
	}
	w := given(t, detected, handedOver, long)
	w.when(grant("2024-03-03", "2024-04-03")).refused("already_granted", "")
	w.when(grant("2024-03-01", "2024-04-01")).refused("already_granted", "")
	w.when(grant("2024-06-02", "2024-07-02")).then("ReflectionGranted")

	early := detected
	early.at = "2024-01-10T20:30"
	r := referral()
	r.Told = When{}
	early.cmd = r
	w = given(t, early, long).when(grant("2024-01-11", "2024-02-11")).then("ReflectionGranted", "!handover_missing") // recorded late
	if got := w.state().Reflection.Until; got != mustDay("2024-06-01") {
		t.Errorf("the period that runs ends on %s", got)
	}
}

// TestVoidedReflectionProtectsNoMore: an extension of what never was is nothing.
func TestVoidedReflectionProtectsNoMore(t *testing.T) {
	extend := officer.says("2024-03-20", ExtendReflection{Until: mustDay("2024-05-01"), Reason: "health"})
	w := given(t, detected, handedOver, granted, extend)
	was := w.log.streams[theCase.String()][2]
	w.when(officer.says("2024-03-21", VoidEvent{Event: EventAt{was.ID, 0}, Reason: "did_not_happen"})).refused("others_follow", "")
}
