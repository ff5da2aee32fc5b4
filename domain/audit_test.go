package domain

import (
	"strings"
	"testing"
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
	find("an allowance before the decision", "not due", func(ds []Decision) []Decision {
		at(ds, "HandoverAccepted").Events = []AnyEvent{AllowancePaid{Amount: 70000}}
		return ds
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
