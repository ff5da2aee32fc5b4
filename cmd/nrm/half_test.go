package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

// A machine is lost while only half of an admission has come over to the copy: the
// case says where the person lives and the facility does not. Such a copy can be
// promoted all the same, and the departure of that person makes it whole again.
func TestCopyEndsWithinADecision(t *testing.T) {
	at := newRegister(t)
	house := domain.NewRef("house")
	shelter := domain.Actor{User: "shelter", Role: domain.Shelter, Organisation: "shelter-baki"}
	duty := domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}
	coordinator := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	n, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	give := func(by domain.Actor, stream domain.Stream, happened domain.When, cmd domain.Asked) {
		t.Helper()
		if _, err := domain.Execute(t.Context(), n.log, domain.Request{By: by, Happened: happened, Now: time.Now()}, stream, cmd); err != nil {
			t.Fatal(err)
		}
	}
	give(coordinator, domain.FacilityStream(house), domain.OnThe(domain.NewDay(2020, 1, 1)),
		domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 5})
	ref := domain.NewRef("person")
	give(duty, domain.CaseStream(ref), domain.When{}, domain.RegisterReferral{Source: "police", Circumstances: []string{"raid"}, Status: "presumed",
		Age: "adult", Sex: "female", Citizenship: "az", District: "AZ-BA", Basis: "consent"})
	give(duty, domain.CaseStream(ref), domain.When{}, domain.RequestShelter{Facility: house, Security: "low"})
	give(shelter, domain.CaseStream(ref), domain.When{}, domain.ConfirmAdmission{Facility: house, Basis: "consent"})
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	withoutLast(t, at)

	if n, err = openNode(t.Context(), at, quiet()); err != nil {
		t.Fatal(err)
	}
	defer n.close()
	if _, err := verifyLog(t.Context(), n, nil, unseen()); err == nil || !strings.Contains(err.Error(), "which does not know") {
		t.Fatalf("half of an admission is not noticed: %v", err)
	}
	found := newFindings()
	found.forgive = true
	if _, err := found.verify(t.Context(), n, nil, unseen()); err != nil || found.half == nil || found.half.Stream != domain.CaseStream(ref) {
		t.Fatalf("%v, half %v", err, found.half)
	}
	give(shelter, domain.CaseStream(ref), domain.When{}, domain.RecordDeparture{Facility: house, Destination: "unknown"})
	if _, err := verifyLog(t.Context(), n, nil, unseen()); err != nil {
		t.Errorf("after the departure: %v", err)
	}
}

// withoutLast makes a register that has all but the last message of its log, as a
// copy of it may end, and nothing that says how far it went.
func withoutLast(t *testing.T, at places) {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := ring.Storage()
	fresh := at.data + ".fresh"
	from, to := startRaw(t, at.data, key), startRaw(t, fresh, key)
	if err := errors.Join(vault.Init(t.Context(), to.Conn(), 1), eventstore.Init(t.Context(), to.Conn())); err != nil {
		t.Fatal(err)
	}
	publish := rawPublisher(t, to)
	var last *jetstream.RawStreamMsg
	each(t, from, "NRM", func(m *jetstream.RawStreamMsg) {
		if last != nil {
			publish(last)
		}
		last = m
	})
	if err := errors.Join(from.Close(), to.Close(), os.RemoveAll(at.checkpoints)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"jetstream", "tree", "highwater.json", "views.db"} {
		if err := os.RemoveAll(filepath.Join(at.data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(fresh, "jetstream"), filepath.Join(at.data, "jetstream")); err != nil {
		t.Fatal(err)
	}
}
