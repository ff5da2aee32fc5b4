package domain

import (
	"fmt"
	"slices"
)

// lawful holds what no rule may ever let through.
func lawful(e AnyEvent, d Decision, before *Case) error {
	if spec, _ := EventSpecOf(e.EventType()); spec.Personal && before != nil && before.Erased() {
		return fmt.Errorf("%s after the person was erased", e.EventType())
	}
	switch e := e.(type) {
	case IdentityErased:
		return erasable(before, d.By)
	case ErasureCompleted:
		if d.By.Role != Clock || before == nil || !before.Erased() {
			return fmt.Errorf("an erasure completed that was not approved")
		}
	case IdentificationDecided:
		if d.By.Role != Head || !Head.fits(d.By.Organisation) {
			return fmt.Errorf("identification decided by %s of %s", d.By.Role, d.By.Organisation)
		}
	case IdentificationReversed:
		if d.By.Role != Head || before == nil || before.Outcome != e.From || e.From == e.Outcome {
			return fmt.Errorf("identification reversed from %s to %s by %s", e.From, e.Outcome, d.By.Role)
		}
	case HandoverAccepted, HandoverRefused:
		if d.By.Role != DutyOfficer || !DutyOfficer.fits(d.By.Organisation) {
			return fmt.Errorf("%s by %s of %s", e.EventType(), d.By.Role, d.By.Organisation)
		}
	case ReflectionGranted:
		if p, ok := ParameterOn("reflection", e.From); ok && e.Until.Since(e.From) < p.Value {
			return fmt.Errorf("a reflection period of %d days", e.Until.Since(e.From))
		}
	case AllowancePaid:
		if err := due(d, before); err != nil {
			return err
		}
		decision, _ := before.positiveOn(d.Happened)
		if p, ok := ParameterOn("allowance", decision.Day()); ok && int64(e.Amount) != int64(p.Value) {
			return fmt.Errorf("an allowance of %d qəpik, on the day of the decision it was %d", e.Amount, p.Value)
		}
	case AdmissionConfirmed:
		if e.Basis == "" {
			return fmt.Errorf("an admission without a basis")
		}
		if child := before != nil && before.childOn(d.Happened); child && e.Basis == "consent" && !remarked(d, "child_without_guardian_decision") {
			return fmt.Errorf("a child was taken in without a decision of the guardian, and nothing says so")
		}
	case ReferralSubmitted:
		if e.Basis == "" || e.From == e.To {
			return fmt.Errorf("a referral from %s to %s on the basis %q", e.From, e.To, e.Basis)
		}
	case ExpulsionAttempted:
		if before != nil && before.inReflection(d.Happened.At) && !remarked(d, "expulsion_while_barred") {
			return fmt.Errorf("an attempt to expel within the reflection period, and nothing says so")
		}
	case DeadlineMissed:
		return missed(e, d, before)
	}
	if by, ok := onlyBy[e.EventType()]; ok && (d.By.Role != by || !by.fits(d.By.Organisation)) {
		return fmt.Errorf("%s by %s of %s", e.EventType(), d.By.Role, d.By.Organisation)
	}
	return nil
}

// onlyBy is who alone may record some facts, besides those named above.
var onlyBy = map[string]Role{
	"HandoverRefused": DutyOfficer, "ReferralReturned": DutyOfficer, "IdentificationReversed": Head,
	"DeadlineSuspended": Head, "DeadlineResumed": Head, "DeadlineExtended": Head, "ReflectionTerminated": Head, "ReTraffickingRecorded": Head,
	"GuardianAppointed": ChildProtection, "GuardianChanged": ChildProtection, "BestInterestsDetermined": ChildProtection,
}

func remarked(d Decision, code string) bool {
	return slices.Contains(d.Events, AnyEvent(DeviationNoted{code}))
}

// missed holds that a duty is marked once for each time at which it was due, and
// only when it was overdue.
func missed(e DeadlineMissed, d Decision, before *Case) error {
	if d.By.Role != Clock {
		return fmt.Errorf("deadline missed, says %s", d.By.Role)
	}
	if before == nil {
		return fmt.Errorf("%s is marked as missed on a case that is not open yet", e.Rule)
	}
	same := 0
	for _, other := range d.Events {
		if other == AnyEvent(e) {
			same++
		}
	}
	overdue := 0
	for _, k := range before.Clocks {
		if k.is(e.Rule, e.Key) && k.Due.Equal(e.Due) && !k.Missed && k.State(d.Recorded) == Overdue {
			overdue++
		}
	}
	if same <= overdue {
		return nil
	}
	return fmt.Errorf("%s is marked as missed although it was not due or was marked before", e.Rule)
}

// erasable holds what an erasure must never be: asked and approved by one
// person, or under a legal hold.
func erasable(c *Case, by Actor) error {
	switch {
	case c == nil || c.Erasure.Asked.IsZero():
		return fmt.Errorf("erased without a request")
	case c.Hold != "":
		return fmt.Errorf("erased under a legal hold")
	case c.Erasure.AskedBy == by.User:
		return fmt.Errorf("erased by the person who asked for it")
	}
	return nil
}
