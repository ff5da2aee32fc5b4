package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"nrm/domain"
)

// An opener is somebody for whom backups are made.
type opener struct{ recipient, file string }

func newOpener(t *testing.T) opener {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	o := opener{id.Recipient().String(), filepath.Join(t.TempDir(), "identity.txt")}
	if err := os.WriteFile(o.file, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// backedUp makes a backup in this process.
func backedUp(t *testing.T, at places, o opener) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "b.age")
	if out, code := nrm(t, at, "backup", file, "--to", o.recipient); code != 0 || !strings.Contains(out, "restored on trial") {
		t.Fatalf("exit %d: %s", code, out)
	}
	return file
}

// elsewhere gives empty places with the same key file.
func elsewhere(t *testing.T, at places) places {
	t.Helper()
	to := beside(filepath.Join(t.TempDir(), "restored"))
	to.keys = at.keys
	return to
}

// restored restores a backup elsewhere and has it verified.
func restored(t *testing.T, at places, file string, o opener) places {
	t.Helper()
	to := elsewhere(t, at)
	if out, code := nrm(t, to, "restore", file, "--identity", o.file); code != 0 || !strings.Contains(out, "Restored") {
		t.Fatalf("exit %d: %s", code, out)
	}
	verified(t, to)
	return to
}

// TestBackupWhileServing takes backups of a register that is served to many
// clients, with real processes. What was answered before a backup began is in
// it, and a register restored from it verifies, serves and goes on.
func TestBackupWhileServing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	at, o := newRegister(t), newOpener(t)
	crowd := newCrowd(t, ctx, at)
	s := serveProcess(t, ctx, at)
	running, stop := context.WithCancel(ctx)
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() { crowd.client(running, s.url, i) })
	}
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	files, before := make([]string, rounds), make([][]answer, rounds)
	for i := range rounds {
		time.Sleep(500 * time.Millisecond)
		before[i] = crowd.answers()
		files[i] = filepath.Join(t.TempDir(), "b.age")
		if out, err := program(ctx, "backup", files[i], "--to", o.recipient, "--data", at.data).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	after := crowd.answers()
	stop()
	clients.Wait()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if _, err := os.Lstat(filepath.Join(at.data, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	var to places
	for i, file := range files {
		to = restored(t, at, file, o)
		last := holds(t, ctx, to, before[i])
		t.Logf("backup %d: %d commands answered before it, %d positions in it", i, len(before[i]), last)
	}
	if n := len(after); n < 100 || n == len(before[rounds-1]) {
		t.Errorf("%d commands were answered in all, %d before the last backup: the test shows little", n, len(before[rounds-1]))
	}
	last := holds(t, ctx, to, nil)
	s = serveProcess(t, ctx, to, "--keys", to.keys)
	a, ok := crowd.ask(ctx, s.url, question{token: crowd.duty, path: "/api/v1/cases", body: `{"data": {"source": "police", "circumstances": ["raid"],
		"status": "presumed", "age": "adult", "sex": "female", "citizenship": "az", "district": "AZ-BA", "immediate_danger": false, "basis": "consent"}}`})
	if !ok || a.Position != last+1 {
		t.Errorf("the first command after the restore got position %d (%v), not %d", a.Position, ok, last+1)
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// answers are those that were given until now.
func (c *crowd) answers() (all []answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.asked {
		if q.answer.Position > 0 {
			all = append(all, q.answer)
		}
	}
	return all
}

// holds expects the log to have the cases and positions of these answers.
func holds(t *testing.T, ctx context.Context, at places, answers []answer) (last uint64) {
	t.Helper()
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	}()
	if last, err = n.log.Last(ctx); err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if a.Position > last {
			t.Errorf("position %d was answered, and the log ends at %d", a.Position, last)
		}
		if a.Case == "" {
			continue
		}
		history, _, err := n.log.Load(ctx, domain.CaseStream(domain.Ref(a.Case)).String())
		if err != nil || len(history) == 0 {
			t.Errorf("case %s was answered and is not there: %v", a.Case, err)
		}
	}
	return last
}

// TestBackupKilled kills nrm backup at random points while the register is
// served: what has the name is whole, and the next one succeeds.
func TestBackupKilled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at, o := newRegister(t), newOpener(t)
	people(t, at, 300)
	s := serveProcess(t, ctx, at)
	file := filepath.Join(t.TempDir(), "b.age")
	started := time.Now()
	if out, err := program(ctx, "backup", file+".first", "--to", o.recipient, "--data", at.data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(started)
	rounds, killed := 12, 0
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		if killAfter(t, time.Duration(rand.Int64N(int64(took))), program(ctx, "backup", file, "--to", o.recipient, "--data", at.data)) {
			killed++
			if _, err := os.Lstat(file); err == nil { // killed when all was done: then it is whole
				to := beside(filepath.Join(t.TempDir(), "restored"))
				to.keys = at.keys
				if out, code := nrm(t, to, "restore", file, "--identity", o.file); code != 0 {
					t.Errorf("a backup that was killed has its name, and cannot be restored: %s", out)
				}
				_ = os.Remove(file)
			}
			if where := seen(t, filepath.Dir(file)); len(where) > 0 {
				t.Errorf("it has left something in clear: %v", where)
			}
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Errorf("one that was not killed: %v", err)
		}
	}
	if killed == 0 {
		t.Error("none was killed: the test shows nothing")
	}
	if out, err := program(ctx, "backup", file, "--to", o.recipient, "--data", at.data).CombinedOutput(); err != nil {
		t.Errorf("after %d were killed: %v: %s", killed, err, out)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 1 { // the first
		t.Errorf("left behind: %v", left)
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	restored(t, at, file, o)
}

// killAfter starts a command and kills it after a while, if it still runs.
func killAfter(t *testing.T, d time.Duration, cmd *exec.Cmd) (killed bool) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v: %v: %s", cmd.Args[1:], err, &out)
		}
		return false
	case <-time.After(d):
		_ = cmd.Process.Kill()
		err := <-ended
		var exit *exec.ExitError
		return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled()
	}
}

// TestRestoreKilled kills nrm restore at random points: until it has succeeded
// there is no register in the folder, nothing opens or takes it, and the next
// restore begins anew.
func TestRestoreKilled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at, o := newRegister(t), newOpener(t)
	people(t, at, 300)
	file := backedUp(t, at, o)
	started := time.Now()
	restore := func(to places) *exec.Cmd {
		return program(ctx, "restore", file, "--identity", o.file, "--data", to.data, "--keys", to.keys)
	}
	if out, err := restore(elsewhere(t, at)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(started)
	rounds, halfway := 12, 0
	if testing.Short() {
		rounds = 3
	}
	to := elsewhere(t, at)
	for range rounds {
		if !killAfter(t, time.Duration(rand.Int64N(int64(took))), restore(to)) || hasLog(to.data) {
			verified(t, to) // it was faster
			to = elsewhere(t, at)
			continue
		}
		if _, err := os.Lstat(filepath.Join(to.data, restoring)); err == nil {
			halfway++
			for command, says := range map[string]string{"verify": "not completed", "init": "is not empty", "rebuild": "not completed"} {
				if out, code := nrm(t, to, command); code == 0 || !strings.Contains(out, says) {
					t.Errorf("nrm %s ended with %d: %s", command, code, out)
				}
			}
			if where := seen(t, to.data); len(where) > 0 {
				t.Errorf("it has left something in clear: %v", where)
			}
		}
	}
	if halfway == 0 {
		t.Error("none was killed halfway: the test shows nothing")
	}
	t.Logf("%d of %d were killed halfway", halfway, rounds)
	if out, err := restore(to).CombinedOutput(); err != nil {
		t.Errorf("after the kills: %v: %s", err, out)
	}
	verified(t, to)
	entries, err := os.ReadDir(to.data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == restoring {
			t.Error("the folder that was filled first is still there")
		}
	}
	// One that was killed when all but its last step was done.
	if err := os.Mkdir(filepath.Join(to.data, restoring), 0o700); err != nil {
		t.Fatal(err)
	}
	verified(t, to)
	if _, err := os.Lstat(filepath.Join(to.data, restoring)); err == nil {
		t.Error("what it left is not swept away")
	}
	if out, code := nrm(t, to, "restore", file, "--identity", o.file); code == 0 || !strings.Contains(out, "holds a register") {
		t.Errorf("restored over a register, %d: %s", code, out)
	}
}
