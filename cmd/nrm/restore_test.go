package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nrm/api/accounts"
	"nrm/domain"
	"nrm/eventstore/keyfile"
)

// refused expects nrm restore to fail, to say all of this, and to leave nothing
// in the folder.
func refused(t *testing.T, to places, file string, o opener, want ...string) {
	t.Helper()
	out, code := nrm(t, to, "restore", file, "--identity", o.file)
	if code != 1 {
		t.Errorf("nrm restore ended with %d: %s", code, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("nrm restore does not say %q: %s", w, out)
		}
	}
	if hasLog(to.data) || interrupted(to.data) {
		t.Error("it has left something")
	}
}

// TestBackupAndErasure: who was erased before a backup stays erased in it. A
// backup from before an erasure opens nothing with the key file of today, and
// is refused in words that say why.
func TestBackupAndErasure(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	people(t, at, 3)
	r := openRegister(t, at)
	ref := secretive(t, r.node)
	r.caughtUp()
	r.close()
	before := backedUp(t, at, o)
	copied := filepath.Join(t.TempDir(), "old.key")
	copyKeys(t, at.keys, copied)

	r = openRegister(t, at)
	erase(t, r, ref)
	r.close()
	after := backedUp(t, at, o)

	to := restored(t, at, after, o)
	n, err := openNode(t.Context(), to, quiet())
	if err != nil {
		t.Fatal(err)
	}
	wantErased(t, n, ref)
	if err := n.close(); err != nil {
		t.Error(err)
	}
	refused(t, elsewhere(t, at), before, o, "holds it no more", "somebody was erased", "nothing was restored")

	older := elsewhere(t, at)
	older.keys = copied
	refused(t, older, after, o, "an older copy", "bring the newer one")

	// Between the approval and the end of an erasure the keys may be gone
	// already, or not: it is finished after the restore.
	if out, code := nrm(t, at, "key", "rotate"); code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	refused(t, elsewhere(t, at), after, o, "nrm key rotate")
	restored(t, at, backedUp(t, at, o), o)
}

// TestRestoreDuringErasure: a backup of a register in which an erasure is
// approved and not done is one in which it is done after the restore.
func TestRestoreDuringErasure(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	r := openRegister(t, at)
	ref := secretive(t, r.node)
	r.caughtUp()
	r.approve(ref)
	r.close()
	to := restored(t, at, backedUp(t, at, o), o)
	r = openRegister(t, to)
	r.caughtUp()
	if n, err := (&eraser{node: r.node, views: r.views}).run(t.Context()); err != nil || n != 1 {
		t.Errorf("%d erased, %v", n, err)
	}
	wantErased(t, r.node, ref)
	r.close()
	verified(t, to)
}

// TestRestoreUnderAnotherStorageKey: the files of a restored register are under
// the storage key of the key file of today, whatever it was then.
func TestRestoreUnderAnotherStorageKey(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	people(t, at, 5)
	file := backedUp(t, at, o)
	other := filepath.Join(t.TempDir(), "other.key")
	copyKeys(t, at.keys, other)
	ring, err := keyfile.Read(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.BeginStorage(); err != nil {
		t.Fatal(err)
	}
	// In the middle of the change, and after it.
	for range 2 {
		to := elsewhere(t, at)
		to.keys = other
		if out, code := nrm(t, to, "restore", file, "--identity", o.file); code != 0 {
			t.Fatalf("exit %d: %s", code, out)
		}
		verified(t, to)
		if err := ring.EndStorage(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOlderStateRestored restores a backup that is older than the checkpoints
// that are there: it is refused and said what is missing. With other checkpoints
// it is done, and whoever holds one of the newer ones finds out.
func TestOlderStateRestored(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	people(t, at, 5)
	file := backedUp(t, at, o)
	people(t, at, 3)
	evidence := kept(t, at)

	to := elsewhere(t, at)
	to.checkpoints = at.checkpoints
	refused(t, to, file, o, "the backup ends at position 5", "at position 8 is signed", "name an empty folder with --checkpoints", "Nothing was restored")

	to = restored(t, at, file, o)
	found(t, to, []string{"--checkpoint", evidence}, "the log ends at position 5", "was signed")
	people(t, to, 4) // goes on, and further than the other had
	found(t, to, []string{"--checkpoint", evidence}, "history was rewritten")

	// The same backup over the checkpoints of its own time is no older state.
	to = elsewhere(t, at)
	to.checkpoints = filepath.Join(t.TempDir(), "checkpoints")
	if out, code := nrm(t, to, "restore", file, "--identity", o.file); code != 0 || !strings.Contains(out, "only those in the backup vouch for it") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestRestoreRefuses tries what cannot be right.
func TestRestoreRefuses(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	people(t, at, 2)
	file := backedUp(t, at, o)

	refused(t, elsewhere(t, at), file, newOpener(t), "encrypted for others", "nothing was restored")
	other := elsewhere(t, at)
	other.keys = newRegister(t).keys
	refused(t, other, file, o, "key file is that of another register", "nothing was restored")
	refused(t, elsewhere(t, at), o.file, o, "not an age file")
	lost := elsewhere(t, at)
	lost.keys += ".lost"
	refused(t, lost, file, o, "key file is not there")

	for name, says := range map[string]string{"views.db": "views.db", "accounts.json": "accounts.json", "notes": "notes"} {
		taken := elsewhere(t, at)
		if err := os.MkdirAll(taken.data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(taken.data, name), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, taken, file, o, "is not empty: it holds "+says)
		if b, err := os.ReadFile(filepath.Join(taken.data, name)); err != nil || string(b) != "precious" {
			t.Errorf("%s holds %q: %v", name, b, err)
		}
	}
	if out, code := nrm(t, at, "restore", file, "--identity", o.file); code != 1 || !strings.Contains(out, "holds a register") {
		t.Errorf("exit %d: %s", code, out)
	}
	verified(t, at)
	for _, to := range []string{"age1nothing", "ssh-ed25519 AAAA", ""} {
		if out, code := nrm(t, at, "backup", file+".new", "--to", to); code == 0 || !strings.Contains(out, "recipient") {
			t.Errorf("for %q: exit %d: %s", to, code, out)
		}
	}
	if out, code := nrm(t, at, "backup", filepath.Join(at.data, "b.age"), "--to", o.recipient); code == 0 || !strings.Contains(out, "in the data folder") {
		t.Errorf("into the data folder: exit %d: %s", code, out)
	}
}

// TestNothingReadableInBackups looks for names in everything that a backup and a
// restore leave.
func TestNothingReadableInBackups(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	n, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	ref := secretive(t, n)
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	file := backedUp(t, at, o)
	to := restored(t, at, file, o)
	for _, root := range []string{filepath.Dir(file), filepath.Dir(to.data)} {
		if where := seen(t, root); len(where) > 0 {
			t.Errorf("in clear: %v", where)
		}
	}
	if found := wordsIn(mustRead(t, file), []string{string(ref), "nrm.case", "RegisterReferral"}); len(found) > 0 {
		t.Errorf("the backup shows %v", found)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var keepBackup = flag.String("keep-backup", "", "name under which a backup of this version is to be kept in testdata/backup")

// TestRestoredFromEveryVersion restores the backups that earlier versions have
// made. One is added with -keep-backup when the format has changed, and none is
// ever replaced. The keys beside them are those of registers that were made up
// for this, and open nothing else.
func TestRestoredFromEveryVersion(t *testing.T) {
	const dir = "testdata/backup"
	if *keepBackup != "" {
		keep(t, filepath.Join(dir, *keepBackup))
	}
	versions, err := filepath.Glob(filepath.Join(dir, "*.age"))
	if err != nil || len(versions) == 0 {
		t.Fatalf("there are none: %v", err)
	}
	for _, file := range versions {
		t.Run(filepath.Base(file), func(t *testing.T) {
			name := strings.TrimSuffix(file, ".age")
			keys := filepath.Join(t.TempDir(), "nrm.key") // git knows no mode 0600
			if err := os.WriteFile(keys, mustRead(t, name+".keyfile"), 0o600); err != nil {
				t.Fatal(err)
			}
			to := beside(filepath.Join(t.TempDir(), "restored"))
			to.keys = keys
			out, code := nrm(t, to, "restore", file, "--identity", name+".identity")
			if code != 0 || !strings.Contains(out, "The keys of 3 people open; 1 people are erased") {
				t.Fatalf("exit %d: %s", code, out)
			}
			verified(t, to)
			if all, err := accounts.Open(accountsFile(to.data)); err != nil {
				t.Error(err)
			} else if _, ok := all.Actor("duty"); !ok {
				t.Error("the accounts are not there")
			}
			r := openRegister(t, to)
			r.caughtUp()
			searched(t, r.views, "Sınaqova", 3)
			history, _, err := r.node.log.Load(t.Context(), domain.CaseStream(domain.Ref(strings.TrimSpace(string(mustRead(t, name+".case"))))).String())
			if err != nil || len(history) == 0 {
				t.Errorf("the case is not there: %v", err)
			}
		})
	}
}

// keep makes a backup of a register with four people, one of whom is erased.
func keep(t *testing.T, name string) {
	t.Helper()
	at, o := newRegister(t), newOpener(t)
	refs := people(t, at, 3)
	r := openRegister(t, at)
	ref := secretive(t, r.node)
	r.caughtUp()
	erase(t, r, ref)
	r.close()
	if _, _, err := createAccount(at); err != nil {
		t.Fatal(err)
	}
	for suffix, b := range map[string][]byte{
		".age": mustRead(t, backedUp(t, at, o)), ".keyfile": mustRead(t, at.keys), ".identity": mustRead(t, o.file), ".case": []byte(string(refs[0]) + "\n"),
	} {
		f, err := os.OpenFile(name+suffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(b)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func createAccount(at places) (password, token string, err error) {
	all, err := accounts.Open(accountsFile(at.data))
	if err != nil {
		return "", "", err
	}
	return all.Create("duty", domain.DutyOfficer, "spu")
}

// TestRestoreIntoAFolderInUse: the operator is told what has the folder.
func TestRestoreIntoAFolderInUse(t *testing.T) {
	at, o := newRegister(t), newOpener(t)
	file := backedUp(t, at, o)
	n, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if out, code := nrm(t, at, "restore", file, "--identity", o.file); code != 1 || !strings.Contains(out, "a running nrm has "+at.data) || !strings.Contains(out, "name another one with --data; nothing was restored") {
		t.Errorf("%d %s", code, out)
	}
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	verified(t, at)
}
