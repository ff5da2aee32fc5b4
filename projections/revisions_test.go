package projections

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

// the names the latest event of a type on a case.
func (w *world) the(ref domain.Ref, typ string) (at domain.EventAt) {
	w.t.Helper()
	for _, d := range w.log.(*memory).by[domain.CaseStream(ref).String()] {
		for n, e := range d.Events {
			if e.EventType() == typ {
				at = domain.EventAt{Decision: d.ID, Place: n}
			}
		}
	}
	if at.IsZero() {
		w.t.Fatalf("no %s on %s", typ, ref)
	}
	return at
}

func (w *world) void(ref domain.Ref, typ string) {
	w.later(time.Hour).must(head, domain.CaseStream(ref), domain.VoidEvent{Event: w.the(ref, typ), Reason: "wrong_case"})
}

func line(t *testing.T, v *Views, known time.Time, id string) YearLine {
	t.Helper()
	lines, err := v.Year(t.Context(), 2024, known)
	if err != nil {
		t.Fatal(err)
	}
	return lines[slices.IndexFunc(lines, func(l YearLine) bool { return l.ID == id })]
}

// What was corrected counts as it stands, and as of an earlier day as it was known
// then.
func TestCorrectedFactsInTheYear(t *testing.T) {
	w, v, caughtUp := seeing(t, 81)
	ref := w.referred(referrer)
	if n := func() int64 { caughtUp(); return line(t, v, time.Time{}, "presumed").Count }(); n != 1 {
		t.Fatalf("%d presumed", n)
	}
	before := w.now
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.DeliverService{Service: "employment"})
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.CorrectFact{Event: w.the(ref, "ServiceDelivered"), Service: "social_assistance", Reason: "typing"})
	between := w.now.Add(10 * time.Minute)
	w.void(ref, "ServiceDelivered")
	caughtUp()
	for _, test := range []struct {
		known             time.Time
		jobs, assistances int64
	}{{before, 0, 0}, {between.Add(-time.Hour), 1, 0}, {between, 0, 1}, {time.Time{}, 0, 0}} {
		jobs, assistances := line(t, v, test.known, "jobs").Count, line(t, v, test.known, "social_assistance").Count
		if jobs != test.jobs || assistances != test.assistances {
			t.Errorf("as known at %s: %d jobs, %d assistances, want %d and %d", test.known, jobs, assistances, test.jobs, test.assistances)
		}
	}
	// a fact that turns out to be of another year
	other := w.referred(referrer)
	w.later(time.Hour).must(officer, domain.CaseStream(other), domain.DeliverService{Service: "employment"})
	w.later(time.Hour).must(officer, domain.CaseStream(other), domain.CorrectFact{Event: w.the(other, "DetectionRecorded"), TookPlace: when(t, "2023-12-01"), Reason: "learned_later"})
	w.later(time.Hour).must(officer, domain.CaseStream(other), domain.CorrectFact{Event: w.the(other, "ServiceDelivered"), TookPlace: when(t, "2023-12-20"), Reason: "typing"})
	caughtUp()
	if got := line(t, v, time.Time{}, "jobs").Count; got != 0 {
		t.Errorf("%d jobs in 2024", got)
	}
	if lines, err := v.Year(t.Context(), 2023, time.Time{}); err != nil || lines[slices.IndexFunc(lines, func(l YearLine) bool { return l.ID == "jobs" })].Count != 1 {
		t.Errorf("2023: %v, %v", lines, err)
	}
}

// The timeline shows what was recorded and what became of it; the state is as it
// stands.
func TestTimelineShowsBoth(t *testing.T) {
	w, v, caughtUp := seeing(t, 82)
	ref := w.referred(referrer)
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.AssessRisk{Level: "high"})
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.CorrectFact{Event: w.the(ref, "RiskAssessed"), Level: "low", Reason: "typing"})
	caughtUp()
	look := func(by domain.Actor) (CasePage, Entry, Entry) {
		p, err := v.Case(t.Context(), by, w.now, ref)
		if err != nil {
			t.Fatal(err)
		}
		of := func(typ string) Entry {
			return p.Timeline[slices.IndexFunc(p.Timeline, func(e Entry) bool { return e.Type == typ })]
		}
		return p, of("RiskAssessed"), of("FactCorrected")
	}
	p, assessed, corrected := look(officer)
	if p.State.Risk != "low" || p.Row.Risk != "low" || assessed.Event.(domain.RiskAssessed).Level != "high" || corrected.Event == nil ||
		len(assessed.Corrected) != 1 || assessed.Corrected[0].New != "low" || assessed.Voided {
		t.Errorf("risk %s, %+v, %+v", p.State.Risk, assessed, corrected)
	}
	// who does not see the assessment does not see from what to what it was corrected
	if _, assessed, corrected = look(coordinator); corrected.Event != nil || len(assessed.Corrected) != 1 || assessed.Corrected[0].New != "" {
		t.Errorf("the Coordinator sees %+v, %+v", assessed, corrected)
	}
	w.void(ref, "RiskAssessed")
	caughtUp()
	if p, assessed, _ = look(officer); p.State.Risk != "" || !assessed.Voided || len(assessed.Corrected) != 2 {
		t.Errorf("risk %s, %+v", p.State.Risk, assessed)
	}
}

// A name that was recorded on the wrong case finds nobody any more, and is nobody's.
func TestVoidedNameLeavesTheIndex(t *testing.T) {
	w, v, caughtUp := seeing(t, 83)
	ref := w.named("Əliyeva", "Günay")
	w.later(time.Hour).must(officer, domain.CaseStream(ref), document("AZE 1234567"))
	w.later(time.Hour).must(officer, domain.CaseStream(ref), called("Hüseynova", "Nigar"))
	w.void(ref, "IdentityRecorded")
	caughtUp()
	if got := found(t, v, officer, w.now, Query{Name: "Huseynova"}); len(got) != 0 {
		t.Errorf("found %v by a voided name", got)
	}
	if got := found(t, v, officer, w.now, Query{Name: "Aliyeva"}); len(got) != 1 || got[0] != "Əliyeva Günay" {
		t.Errorf("found %v by the name that stands", got)
	}
	if got := found(t, v, officer, w.now, Query{Document: "AZE1234567"}); len(got) != 1 {
		t.Errorf("found %v by the document", got)
	}
	p, err := v.Case(t.Context(), officer, w.now, ref)
	if err != nil || p.Person.Identity == nil || p.Person.Identity.FamilyName != "Əliyeva" || p.Row.Name != "Əliyeva Günay" {
		t.Errorf("%+v, %v", p.Person, err)
	}
	again := opened(t, t.TempDir(), w.log.(*memory))
	if got := found(t, again, officer, w.now, Query{Name: "Huseynova"}); len(got) != 0 {
		t.Errorf("made anew, found %v by a voided name", got)
	}
}

// Whose part is over sees the case as it stood then, without what was voided before.
func TestLookBackAtWhatStood(t *testing.T) {
	w, v, caughtUp := seeing(t, 84)
	ref := handedOver(w)
	admitted(w, ref)
	w.void(ref, "HandoverAccepted")
	w.later(time.Hour).must(gence, domain.CaseStream(ref), domain.RecordDeparture{Facility: w.state(ref).Host().Facility, Destination: first("destination"), Planned: true})
	w.later(time.Hour)
	caughtUp()
	p, err := v.Case(t.Context(), gence, w.now, ref)
	if err != nil || p.Row.Stage != p.State.Stage() || p.Row.Stage != "referred" {
		t.Errorf("the row says %s, the state %s, %v", p.Row.Stage, p.State.Stage(), err)
	}
}

// What was recorded on the wrong case is about another person. Only those who lead the
// case read it there, whenever a reader's own part ended.
func TestOfAWrongCase(t *testing.T) {
	w, v, caughtUp := seeing(t, 85)
	ref := handedOver(w)
	s := domain.CaseStream(ref)
	admitted(w, ref)
	w.later(time.Hour).must(officer, s, called("Örnəkova", "Sınaqə"))
	w.later(time.Hour).must(officer, s, called("Təcrübəli", "Misalə"))
	w.later(time.Hour).must(officer, s, domain.AssessRisk{Level: "extreme"})
	w.later(time.Hour).must(officer, s, domain.CorrectFact{Event: w.the(ref, "RiskAssessed"), Level: "high", Reason: "typing"})
	w.later(time.Hour).must(gence, s, domain.RecordDeparture{Facility: w.houses[gence.Organisation], Destination: first("destination"), Planned: true})
	w.void(ref, "IdentityRecorded")
	w.void(ref, "RiskAssessed")
	colleague := officer
	colleague.User = "o2"
	tells := func(by domain.Actor) (name, level bool) {
		t.Helper()
		caughtUp()
		told := tell(t, pageOf(t, v, by, w.now, ref))
		return strings.Contains(told, "Təcrübəli"), strings.Contains(told, `"extreme"`)
	}
	look := func(by domain.Actor, wantName, wantLevel bool) {
		t.Helper()
		if name, level := tells(by); name != wantName || level != wantLevel {
			t.Errorf("%s %s reads the name: %t, the risk: %t", by.Role, by.User, name, level)
		}
	}
	look(officer, true, true)
	look(colleague, true, true) // nobody has the case yet
	look(head, true, true)
	look(gence, false, false)
	w.later(time.Hour).must(officer, s, domain.OpenCase{})
	look(officer, true, true)
	look(colleague, false, false)
	look(head, true, true)
	p := pageOf(t, v, colleague, w.now, ref)
	for _, e := range p.Timeline {
		if e.Voided && (e.Event != nil || len(e.Corrected) == 0 || e.Corrected[len(e.Corrected)-1].Reason != "wrong_case") {
			t.Errorf("that it was, and why it counts for nothing, stays: %+v", e)
		}
	}
}
