package domain

import (
	"strings"
	"testing"
	"time"
)

// TestAuditFindsWhatMustNotBe gives the audit logs that no rule would have
// allowed.
func TestAuditFindsWhatMustNotBe(t *testing.T) {
	good := given(t, detected, handedOver, screened, assessed, decided, requested, admitted).log.all()
	find := func(name, want string, change func([]Decision) []Decision) {
		t.Helper()
		ds := make([]Decision, len(good))
		copy(ds, good)
		audit, said := NewAudit(), ""
		for _, d := range change(ds) {
			if err := audit.Add(d); err != nil {
				said += err.Error() + "\n"
			}
		}
		for _, err := range audit.Finish() {
			said += err.Error() + "\n"
		}
		if want == "" && said != "" || !strings.Contains(said, want) {
			t.Errorf("%s: the audit said %q, want %q", name, said, want)
		}
	}
	at := func(ds []Decision, typ string) *Decision {
		for i := range ds {
			if ds[i].Events[0].EventType() == typ {
				return &ds[i]
			}
		}
		t.Fatalf("no %s", typ)
		return nil
	}
	find("a good log", "", func(ds []Decision) []Decision { return ds })
	find("the wrong person decided", "identification decided by case_officer", func(ds []Decision) []Decision {
		at(ds, "IdentificationDecided").By = officer
		return ds
	})
	find("no bed was taken", "which does not know", func(ds []Decision) []Decision { return without(ds, "BedTaken") })
	find("a bed without a person", "which says 0", func(ds []Decision) []Decision { return without(ds, "AdmissionConfirmed") })
	find("the case was never opened", "is not open yet", func(ds []Decision) []Decision { return without(ds, "DetectionRecorded") })
	find("a decision stands twice", "stands here twice", func(ds []Decision) []Decision {
		again := ds[len(ds)-1]
		again.Seq++
		return append(ds, again)
	})
	find("out of order", "comes after position", func(ds []Decision) []Decision { return append(ds, ds[0]) })
	asked := Decision{Seq: good[len(good)-1].Seq + 1, Stream: theCase, ID: NewID(), By: officer, Happened: mustWhen("2024-06-01"), Recorded: specNow, Events: []AnyEvent{ErasureRequested{"person_asked"}}}
	erasing := func(by Actor, events ...AnyEvent) Decision {
		return Decision{Seq: asked.Seq + 1, Stream: theCase, ID: NewID(), By: by, Happened: mustWhen("2024-06-02"), Recorded: specNow, Events: events}
	}
	find("nobody asked for the erasure", "without a request", func(ds []Decision) []Decision { return append(ds, erasing(head, IdentityErased{"person_asked"})) })
	find("one person erased", "by the person who asked", func(ds []Decision) []Decision {
		return append(ds, asked, erasing(officer, IdentityErased{"person_asked"}))
	})
	find("erased under a hold", "under a legal hold", func(ds []Decision) []Decision {
		held := asked
		held.Events = append(held.Events, LegalHoldPlaced{"court"})
		return append(ds, held, erasing(head, IdentityErased{"person_asked"}))
	})
	find("remembered again", "after the person was erased", func(ds []Decision) []Decision {
		late := erasing(officer, NoteAdded{"x"})
		late.Seq++
		return append(ds, asked, erasing(head, IdentityErased{"person_asked"}), late)
	})
	find("said to be done", "was not approved", func(ds []Decision) []Decision { return append(ds, erasing(ClockActor(), ErasureCompleted{1})) })
	find("an allowance before the decision", "not due", func(ds []Decision) []Decision {
		at(ds, "HandoverAccepted").Events = []AnyEvent{AllowancePaid{Amount: 70000}}
		return ds
	})
	next := func(by Actor, on Stream, events ...AnyEvent) Decision {
		return Decision{Seq: asked.Seq, Stream: on, ID: NewID(), By: by, Happened: mustWhen("2024-06-01"), Recorded: specNow, Events: events}
	}
	find("an allowance of yesteryear", "on the day of the decision it was 70000", func(ds []Decision) []Decision {
		return append(ds, next(fund, theCase, AllowancePaid{Amount: 40000}))
	})
	find("an allowance twice", "was paid already", func(ds []Decision) []Decision {
		again := next(fund, theCase, AllowancePaid{Amount: 70000})
		again.Seq++
		return append(ds, next(fund, theCase, AllowancePaid{Amount: 70000}), again)
	})
	find("an admission without a basis", "without a basis", func(ds []Decision) []Decision {
		e := at(ds, "AdmissionConfirmed").Events[0].(AdmissionConfirmed)
		e.Basis = ""
		at(ds, "AdmissionConfirmed").Events = []AnyEvent{e}
		return ds
	})
	find("more persons than beds", "nobody said so", func(ds []Decision) []Decision {
		return append(ds, next(shelter, theFacility, BedTaken{Case: NewRef("another"), Persons: 2}))
	})
	find("taken in before it opened", "was not open", func(ds []Decision) []Decision {
		at(ds, "BedTaken").Happened = mustWhen("2009-03-01")
		return ds
	})
	allowance, _ := RuleOf("allowance_payment")
	due := mustDay("2024-05-09").End().UTC()
	late := DeadlineMissed{Rule: allowance.ID, Due: due}
	find("overdue", "", func(ds []Decision) []Decision { return append(ds, next(ClockActor(), theCase, late)) })
	find("marked twice", "was marked before", func(ds []Decision) []Decision { return append(ds, next(ClockActor(), theCase, late, late)) })
	find("marked at another time", "was not due", func(ds []Decision) []Decision {
		return append(ds, next(ClockActor(), theCase, DeadlineMissed{Rule: allowance.ID, Due: due.Add(time.Hour)}))
	})
	find("marked too early", "was not due", func(ds []Decision) []Decision {
		early := next(ClockActor(), theCase, late)
		early.Happened, early.Recorded = mustWhen("2024-05-02"), mustWhen("2024-05-02T10:00").At
		return append(ds, early)
	})
	find("suspended by a case officer", "DeadlineSuspended by case_officer", func(ds []Decision) []Decision {
		return append(ds, next(officer, theCase, DeadlineSuspended{Rule: "identification", Reason: "health"}))
	})
}

func without(ds []Decision, typ string) (rest []Decision) {
	for _, d := range ds {
		if d.Events[0].EventType() != typ {
			rest = append(rest, d)
		}
	}
	return rest
}
