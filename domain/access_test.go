package domain

import (
	"strings"
	"testing"
	"time"
)

func asksGlass(at string) said {
	return coordinator.says(at, RequestBreakGlass{Reason: "life_in_danger"})
}

// secondCoordinator is another account of the same role.
var secondCoordinator = Actor{"u-coordinator-2", Coordinator, "coordinator"}

var (
	glassAsked  = asksGlass("2024-03-20T10:00")
	glassOpened = head.says("2024-03-20T10:05", ApproveBreakGlass{})
)

// glassOf is what the stream about access to the case says.
func glassOf(t *testing.T, log *memory) Glass {
	t.Helper()
	a, err := Fold[Accesses](log.streams[AccessStream(theCase.Ref()).String()])
	if err != nil {
		t.Fatal(err)
	}
	return a.Glass
}

func TestBreakGlass(t *testing.T) {
	w := given(t, detected, handedOver)
	must := func(s said) Outcome {
		t.Helper()
		out, err := s.to(theCase).execute(w.log)
		if err != nil || !out.Recorded {
			t.Fatalf("%T: %+v, %v", s.cmd, out, err)
		}
		if again, err := s.to(theCase).execute(w.log); err != nil || again.Recorded {
			t.Fatalf("%T asked twice: %+v, %v", s.cmd, again, err)
		}
		return out
	}
	refused := func(s said, code string) {
		t.Helper()
		before := w.log.seq
		_, err := s.to(theCase).execute(w.log)
		if r, ok := AsRefusal(err); !ok || r.Code != code || w.log.seq != before {
			t.Errorf("%T by %s: %v, want %s", s.cmd, s.by.User, err, code)
		}
	}
	c := w.state()
	if MayRead(coordinator, c.Access, Identity, specNow) {
		t.Error("the Coordinator sees names")
	}
	refused(glassOpened, "no_glass_asked")
	refused(head.says("2024-03-20T10:05", RejectBreakGlass{Reason: "no_need"}), "no_glass_asked")
	refused(dpo.says("2024-03-20T10:05", ReviewAccess{Outcome: "justified"}), "nothing_to_review")
	refused(officer.says("2024-03-20T10:00", RequestBreakGlass{Reason: "life_in_danger"}), "role_not_allowed")

	must(glassAsked)
	refused(secondCoordinator.says("2024-03-20T10:01", RequestBreakGlass{Reason: "complaint"}), "glass_asked")
	refused(coordinator.says("2024-03-20T10:05", ApproveBreakGlass{}), "second_person_needed")
	refused(dpo.says("2024-03-20T10:05", ApproveBreakGlass{}), "role_not_allowed")
	must(head.says("2024-03-20T10:06", RejectBreakGlass{Reason: "no_need"}))
	if g := glassOf(t, w.log); !g.Asked.IsZero() || g.Refused != "no_need" || len(g.Uses) != 0 {
		t.Errorf("%+v", g)
	}

	must(asksGlass("2024-03-20T11:00"))
	must(secondCoordinator.says("2024-03-20T11:05", ApproveBreakGlass{}))
	g := glassOf(t, w.log)
	if len(g.Uses) != 1 || g.Uses[0].By != coordinator || g.Uses[0].Approved != secondCoordinator.User || !g.Uses[0].Until.Equal(specNow.Add(3*time.Hour)) {
		t.Fatalf("%+v", g)
	}
	refused(asksGlass("2024-03-20T11:10"), "glass_open")
	rows := append(c.Access, g.Uses[0].Row())
	for _, see := range []struct {
		by   Actor
		of   Compartment
		now  time.Time
		want bool
	}{
		{coordinator, Identity, specNow, true},
		{coordinator, Identity, specNow.Add(3*time.Hour - time.Second), true},
		{coordinator, Identity, specNow.Add(3 * time.Hour), false},
		{coordinator, Documents, specNow, false},
		{coordinator, Narrative, specNow, false},
		{secondCoordinator, Identity, specNow, false},
		{Actor{coordinator.User, DataProtection, "data-protection"}, Identity, specNow, false},
	} {
		if MayRead(see.by, rows, see.of, see.now) != see.want || see.of == Identity && (ToldAs(see.by, rows, see.now) == Head) != see.want {
			t.Errorf("%s sees %s: want %v", see.by.User, see.of, see.want)
		}
	}
	shut := append(rows, Access{Organisation: suspender, Relation: Suspended})
	if MayRead(coordinator, shut, Identity, specNow) {
		t.Error("suspended, and open to whoever broke the glass")
	}
	refused(head.says("2024-03-21", ReviewAccess{Outcome: "justified"}), "role_not_allowed")
	must(dpo.says("2024-03-21", ReviewAccess{Outcome: "justified"}))
	refused(dpo.says("2024-03-21", ReviewAccess{Outcome: "not_justified"}), "nothing_to_review")
	if len(w.log.streams[theCase.String()]) != 2 {
		t.Error("it stands on the case")
	}
	audit := NewAudit()
	for _, s := range []Stream{theCase, AccessStream(theCase.Ref())} {
		for _, d := range w.log.streams[s.String()] {
			audit.last = 0
			if err := audit.Add(d); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhoseNameNobodyMayKnow(t *testing.T) {
	suspended := prosecutor.says("2024-03-10", SuspendIdentityAccess{Decision: "CR-2024/153", Body: Codes("suspending_body")[0].Code})
	toLaw := officer.says("2024-03-05", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	given(t, detected, handedOver, toLaw, suspended).when(glassAsked).refused("access_suspended", "")
	erasing := []said{officer.says("2024-03-10", RequestErasure{Reason: "person_asked"}), dpo.says("2024-03-11", ApproveErasure{})}
	given(t, append([]said{detected, handedOver}, erasing...)...).when(glassAsked).refused("erased", "")
}

// TestVolumes: what was looked at stands on streams of the register's own, and
// nobody else writes there.
func TestVolumes(t *testing.T) {
	volume := NewVolume()
	if back, err := StreamNamed(volume.String()); err != nil || back != volume {
		t.Errorf("%v, %v", back, err)
	}
	for _, bad := range []string{"access.", "access.nonsense", "access.KW5219EX", "access." + strings.ToUpper(volume.ID), "access." + volume.ID + ".x"} {
		if s, err := StreamNamed(bad); err == nil {
			t.Errorf("%s is %v", bad, s)
		}
	}
	if _, err := ParsePath(volume.Path()); err == nil {
		t.Error("an import can write there")
	}
	log := &memory{}
	id := NewID()
	seen := RecordViewed{At: specNow, User: officer.User, Role: string(officer.Role), Organisation: "spu", Client: "browser", Record: "case", Cases: []Ref{theCase.Ref()}, Compartments: []string{"flow"}, Purpose: "case_work"}
	for range 2 {
		if _, err := KeepAccesses(t.Context(), log, id, volume, specNow, []AnyEvent{seen, seen}); err != nil {
			t.Fatal(err)
		}
	}
	if h := log.streams[volume.String()]; len(h) != 1 || len(h[0].Events) != 2 || h[0].By != ClockActor() {
		t.Errorf("%+v", h)
	}
	if _, err := KeepAccesses(t.Context(), log, NewID(), volume, specNow, []AnyEvent{CaseReopened{}}); err == nil {
		t.Error("a fact about a case stands in a volume")
	}
	for _, by := range []Actor{officer, dpo, coordinator} {
		_, err := Execute(t.Context(), log, Request{By: by, Now: specNow}, volume, RecordAccess{[]AnyEvent{seen}})
		if r, ok := AsRefusal(err); !ok || r.Code != "role_not_allowed" {
			t.Errorf("%s: %v", by.Role, err)
		}
	}
	if err := NewAudit().Add(Decision{Seq: 1, Stream: volume, ID: id, By: officer, Happened: At(specNow), Recorded: specNow, Events: []AnyEvent{seen}}); err == nil {
		t.Error("the audit lets an officer write what was looked at")
	}
}

func TestAlarmsOfAccess(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2024, 3, 20, hour, 30, 0, 0, Baku) }
	for _, c := range []struct {
		by        Actor
		hour      int
		record    string
		relations []string
		want      string
	}{
		{officer, 12, "case", nil, "unrelated"},
		{officer, 12, "case", []string{"assigned"}, ""},
		{officer, 12, "cases", nil, ""},
		{officer, 23, "case", []string{"assigned"}, "night"},
		{officer, 5, "case", nil, "unrelated night"},
		{officer, 6, "case", []string{"assigned"}, ""},
		{officer, 21, "case", []string{"assigned"}, ""},
		{duty, 3, "case", nil, ""},
		{head, 12, "case", nil, ""},
		{coordinator, 12, "case", nil, ""},
		{shelter, 3, "case", []string{"hosts"}, ""},
		{lawyer, 3, "case", []string{"provides"}, "night"},
	} {
		e := RecordViewed{At: at(c.hour), Role: string(c.by.Role), Record: c.record, Relations: c.relations, Purpose: PurposeOf(c.by, c.relations)}
		if got := strings.Join(AlarmsOf(e), " "); got != c.want {
			t.Errorf("%s at %d: %q, want %q", c.by.Role, c.hour, got, c.want)
		}
	}
	if got := PurposeOf(coordinator, []string{string(Unsealed)}); got != "break_glass" {
		t.Errorf("through broken glass: %s", got)
	}
	for _, r := range Roles() {
		if _, ok := CodeOf("access_purpose", PurposeOf(Actor{Role: r}, nil)); !ok {
			t.Errorf("%s has no purpose with a label", r)
		}
	}
}
