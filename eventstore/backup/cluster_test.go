package backup_test

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/nats-io/nats.go"

	"nrm/eventstore/backup"
	"nrm/eventstore/eventstoretest/clustertest"
)

// TestIntoAClusterAndBack restores a register of one machine into three servers
// with three copies, goes on there, and brings a backup of that back to one
// machine. Positions stay what they are.
func TestIntoAClusterAndBack(t *testing.T) {
	nodes := clustertest.Start(t)
	var urls string
	for _, n := range nodes {
		urls += "," + n.ClientURL()
	}
	closed := make(chan struct{})
	nc, err := nats.Connect(urls[1:], nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	must(t, err)
	t.Cleanup(func() { nc.Close(); <-closed })

	r := newRegister(t)
	r.bare(t, 2000, 512)
	last := r.fill(t, 52)
	_, err = r.vault.Erase(t.Context(), "P9")
	must(t, err)
	id := newIdentity(t)
	dir := t.TempDir()
	r.backup(t, filepath.Join(dir, "one.age"), id.Recipient())

	load := func(file string) (backup.Content, error) {
		return backup.Load(t.Context(), filepath.Join(dir, file), []age.Identity{id}, backup.Target{
			Begin: func(backup.Header) (*nats.Conn, error) { return nc, nil }, Replicas: 3, VKey: r.ring.VerifierKey(),
		})
	}
	content, err := load("one.age")
	must(t, err)
	found, err := backup.Check(t.Context(), nc, content, nil, nil)
	must(t, err)
	if found.People != 25 || found.Erased != 1 || len(found.Missing) > 0 {
		t.Errorf("found %+v", found)
	}
	if _, err := load("one.age"); err == nil {
		t.Error("it was restored over what is there")
	}
	if _, err := backup.Check(t.Context(), nc, content, nil, nil); err != nil {
		t.Errorf("the second attempt has harmed what was there: %v", err)
	}
	many := &register{ring: r.ring}
	many.open(t, nc)
	seq, err := many.note(t.Context(), "P1")
	if err != nil || seq != last+1 {
		t.Fatalf("the next decision is at %d, not %d: %v", seq, last+1, err)
	}
	for n := range 20 {
		_, err := many.pair(t.Context(), 1, n)
		must(t, err)
	}
	res, err := backup.Create(t.Context(), filepath.Join(dir, "three.age"), func(ctx context.Context, w io.Writer) error {
		return backup.Write(ctx, w, backup.Source{Conn: nc, Ring: r.ring, Witness: many.keeper, Folder: many.folder})
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	must(t, err)
	if res.Position != last+41 {
		t.Errorf("the backup ends at %d", res.Position)
	}
	server, _, _ := restored(t, filepath.Join(dir, "three.age"), id, r.ring.VerifierKey())
	halves(t, server)
	again := &register{ring: r.ring}
	again.open(t, server.Conn())
	if seq, err := again.note(t.Context(), "P2"); err != nil || seq != last+42 {
		t.Errorf("the next decision is at %d: %v", seq, err)
	}
}
