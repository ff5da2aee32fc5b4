package backup_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"github.com/google/uuid"

	"nrm/eventstore"
	"nrm/eventstore/backup"
)

// TestThereAndBack makes a backup of everything and restores it under another
// storage key: log, keys, accounts and checkpoints are what they were, and what
// was sealed opens.
func TestThereAndBack(t *testing.T) {
	r := newRegister(t)
	must(t, os.WriteFile(filepath.Join(r.dir, "accounts.json"), []byte(`{"people": "some"}`), 0o600))
	last := r.fill(t, 60)
	if _, err := r.vault.Erase(t.Context(), "P3"); err != nil {
		t.Fatal(err)
	}
	id, second := newIdentity(t), newIdentity(t)
	path := filepath.Join(t.TempDir(), "b.age")
	res := r.backup(t, path, id.Recipient(), second.Recipient())
	if res.Position != last || res.People != 25 || res.Erased != 1 || len(res.Missing) != 0 {
		t.Errorf("the backup says %+v", res)
	}
	only(t, filepath.Dir(path), "b.age")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != res.Size {
		t.Errorf("the file is %v, %v", info, err)
	}
	for _, opener := range []age.Identity{id, second} {
		server, content, found := restored(t, path, opener, r.ring.VerifierKey())
		if string(content.Accounts) != `{"people": "some"}` {
			t.Errorf("accounts are %q", content.Accounts)
		}
		if len(content.Checkpoints) == 0 || content.Checkpoints[0].Size != int64(last) {
			t.Errorf("checkpoints are %v", content.Checkpoints)
		}
		if kek, _ := r.ring.KEK(); found.KEKs[kek] != 25 {
			t.Errorf("the keys need %v", found.KEKs)
		}
		again := &register{ring: r.ring}
		again.open(t, server.Conn())
		compare(t, r, again)
		// It goes on where it was.
		if seq, err := again.note(t.Context(), "P1"); err != nil || seq != last+1 {
			t.Errorf("the next decision is at %d: %v", seq, err)
		}
	}
}

// compare holds two registers against each other, message by message, and opens
// what is sealed.
func compare(t *testing.T, a, b *register) {
	t.Helper()
	read := func(r *register) (all []string) {
		last, err := r.log.Last(t.Context())
		must(t, err)
		must(t, r.log.Replay(t.Context(), 0, last, func(run []eventstore.Message) error {
			for _, m := range run {
				e := m.Events[1]
				plain, err := r.vault.Unseal(t.Context(), e.Key, eventstore.AD(m.Stream, m.ID, e.Type, 1, e.Key), e.Sealed)
				all = append(all, fmt.Sprint(m.Seq, m.Stream, m.Hash, m.Stored, string(plain), err))
			}
			return nil
		}))
		return all
	}
	x, y := read(a), read(b)
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			t.Fatalf("message %d differs:\n%v\n%v", i+1, x[i:min(i+1, len(x))], y[i:min(i+1, len(y))])
		}
	}
}

// TestEmptyRegister backs up and restores a register in which nothing has
// happened.
func TestEmptyRegister(t *testing.T) {
	r := newRegister(t)
	id := newIdentity(t)
	path := filepath.Join(t.TempDir(), "b.age")
	if res := r.backup(t, path, id.Recipient()); res.Position != 0 || res.People != 0 {
		t.Errorf("the backup says %+v", res)
	}
	server, content, _ := restored(t, path, id, r.ring.VerifierKey())
	if content.Accounts != nil || len(content.Checkpoints) != 0 {
		t.Errorf("there is more in it: %+v", content)
	}
	again := &register{ring: r.ring}
	again.open(t, server.Conn())
	if seq, err := again.note(t.Context(), "P1"); err != nil || seq != 1 {
		t.Errorf("the first decision is at %d: %v", seq, err)
	}
}

// TestWhileWriting takes backups one after the other while many clients write,
// some of them decisions over two streams at once. Everything acknowledged
// before a backup began is in it, and no decision is cut in two.
func TestWhileWriting(t *testing.T) {
	r := newRegister(t)
	r.fill(t, 26)
	ctx, stop := context.WithCancel(t.Context())
	var acked atomic.Uint64
	var clients sync.WaitGroup
	for i := range 48 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				seq, err := r.pair(ctx, i, n)
				if err != nil {
					continue
				}
				for now := acked.Load(); seq > now && !acked.CompareAndSwap(now, seq); now = acked.Load() {
				}
			}
		})
	}
	defer func() { stop(); clients.Wait() }()
	id, dir := newIdentity(t), t.TempDir()
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		before := acked.Load()
		path := filepath.Join(dir, fmt.Sprint(round))
		res := r.backup(t, path, id.Recipient())
		server, content, _ := restored(t, path, id, r.ring.VerifierKey())
		if content.Position < before || content.Position != res.Position {
			t.Errorf("the backup ends at %d, but %d had been acknowledged", content.Position, before)
		}
		halves(t, server)
		t.Logf("round %d: acknowledged before %d, in the backup %d, after it %d", round, before, content.Position, acked.Load())
	}
	if acked.Load() < 200 {
		t.Errorf("only %d decisions were stored: the test shows little", acked.Load())
	}
}

// pair stores one decision on two streams.
func (r *register) pair(ctx context.Context, client, n int) (uint64, error) {
	id := uuid.NewString()
	streams := []string{fmt.Sprintf("case.C%d-%d", client, n%5), fmt.Sprintf("house.H%d-%d", client, n%5)}
	return r.log.Update(ctx, streams, func([][]eventstore.Message) ([]eventstore.Message, error) {
		var both []eventstore.Message
		for _, s := range streams {
			both = append(both, eventstore.Message{Stream: s, ID: id, Events: []eventstore.Entry{{Type: "Moved", Data: []byte(`{}`)}}})
		}
		return both, nil
	})
}

func halves(t *testing.T, server *eventstore.Server) {
	t.Helper()
	log, err := eventstore.Open(t.Context(), server.Conn(), codec, eventstore.Options{})
	must(t, err)
	defer log.Close()
	last, err := log.Last(t.Context())
	must(t, err)
	open := map[string]uint64{}
	must(t, log.Replay(t.Context(), 0, last, func(run []eventstore.Message) error {
		for _, m := range run {
			if m.Events[0].Type != "Moved" {
				continue
			}
			if _, ok := open[m.ID]; ok {
				delete(open, m.ID)
			} else {
				open[m.ID] = m.Seq
			}
		}
		return nil
	}))
	if len(open) > 0 {
		t.Errorf("decisions are cut in two: %v of %d", open, last)
	}
}

// TestKeysDestroyedMeanwhile erases people between the two snapshots of a backup:
// it is begun anew, until it shows nothing that the log does not know of.
func TestKeysDestroyedMeanwhile(t *testing.T) {
	r := newRegister(t)
	r.fill(t, 26)
	id := newIdentity(t)
	path := filepath.Join(t.TempDir(), "b.age")
	// Somebody is erased when the log's snapshot has been taken, twice.
	tries := 0
	res, err := backup.Create(t.Context(), path, func(ctx context.Context, w io.Writer) error {
		tries++
		return backup.Write(ctx, &trap{w, func() {
			if tries < 3 {
				_, err := r.vault.Erase(ctx, fmt.Sprintf("P%d", tries))
				must(t, err)
			}
		}}, r.source())
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	must(t, err)
	if tries != 3 || res.Erased != 2 || res.People != 24 {
		t.Errorf("after %d tries there are %d people and %d erased", tries, res.People, res.Erased)
	}
	// It is not tried for ever.
	tries = 0
	_, err = backup.Create(t.Context(), path+"2", func(ctx context.Context, w io.Writer) error {
		tries++
		return backup.Write(ctx, &trap{w, func() {
			_, err := r.vault.Erase(ctx, fmt.Sprintf("P%d", 10+tries))
			must(t, err)
		}}, r.source())
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	want(t, err, backup.ErrBusy, "keys were destroyed")
	only(t, filepath.Dir(path), "b.age")
}

// TestKeyFileChangedMeanwhile rotates the key-encryption key during a backup.
func TestKeyFileChangedMeanwhile(t *testing.T) {
	r := newRegister(t)
	r.fill(t, 26)
	id := newIdentity(t)
	tries := 0
	res, err := backup.Create(t.Context(), filepath.Join(t.TempDir(), "b.age"), func(ctx context.Context, w io.Writer) error {
		tries++
		return backup.Write(ctx, &trap{w, func() {
			if tries > 1 {
				return
			}
			must(t, r.ring.BeginKEK())
			_, err := r.vault.Rotate(ctx, nil)
			must(t, err)
			must(t, r.ring.EndKEK())
		}}, r.source())
	}, backup.Options{Recipients: []age.Recipient{id.Recipient()}})
	must(t, err)
	kek, _ := r.ring.KEK()
	if tries != 2 || res.KEK != kek || res.KEKs[kek] != 26 || len(res.KEKs) != 1 {
		t.Errorf("after %d tries the keys need %v, the key file has %s", tries, res.KEKs, kek)
	}
}

// TestLostKeysAreNoReason backs up a register that has lost a person's keys: a
// copy of what is left is better than none, and it says who is missing.
func TestLostKeysAreNoReason(t *testing.T) {
	r := newRegister(t)
	r.fill(t, 26)
	r.loseKeys(t, "P7")
	id := newIdentity(t)
	res := r.backup(t, filepath.Join(t.TempDir(), "b.age"), id.Recipient())
	if fmt.Sprint(res.Missing) != "[P7]" || res.People != 25 {
		t.Errorf("missing are %v, and there are %d people", res.Missing, res.People)
	}
}

// TestNothingInClear looks into every file at every stage of a backup.
func TestNothingInClear(t *testing.T) {
	r := newRegister(t)
	must(t, os.WriteFile(filepath.Join(r.dir, "accounts.json"), []byte(marker), 0o600))
	r.fill(t, 100)
	id, dir := newIdentity(t), t.TempDir()
	path := filepath.Join(dir, "b.age")
	looked, found := 0, false
	_, err := backup.Create(t.Context(), path, r.produce, backup.Options{
		Recipients: []age.Recipient{id.Recipient()},
		Progress: func(string, uint64, uint64) { // at every stage, also while the trial is on
			looked++
			found = found || contains(t, dir, marker) || contains(t, dir, "NATSARC1") || contains(t, dir, "case.P1")
		},
	})
	must(t, err)
	if found || contains(t, dir, marker) || looked < 5 {
		t.Errorf("after %d looks something is in clear on the disk: %v", looked, found)
	}
	// The test would see it.
	must(t, os.WriteFile(filepath.Join(dir, "clear"), []byte("x"+marker+"y"), 0o600))
	if !contains(t, dir, marker) {
		t.Error("the test is blind")
	}
}
