package eventstore_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestRestartKeepsEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	srv := eventstoretest.Restart(t, dir, true)
	opts := eventstore.Options{HighWater: filepath.Join(dir, "highwater.json")}
	s := eventstoretest.Open(t, srv, notes(), opts)
	for i := range 50 {
		add(t, s, fmt.Sprint("s", i%7), fmt.Sprint(i))
	}
	if err := srv.Healthy(); err != nil {
		t.Fatal(err)
	}
	before := texts(everything(t, s))
	s.Close()
	for range 2 {
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	again := eventstoretest.Open(t, eventstoretest.Restart(t, dir, false), notes(), opts)
	equal(t, texts(everything(t, again)), before)
	_, seq := add(t, again, "s0", "more")
	if seq != 51 {
		t.Fatalf("went on at %d", seq)
	}
	everything(t, again)
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	srv := eventstoretest.Restart(t, dir, true)
	_, err := eventstore.Start(t.Context(), dir, nil)
	wantErr(t, err, eventstore.ErrLocked)
	if !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("the error does not say who: %v", err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	eventstoretest.Restart(t, dir, false)
}

func TestLockedByAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	eventstoretest.Restart(t, dir, true)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "EVENTSTORE_TEST_START="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprint("process ", os.Getpid())) {
		t.Fatalf("%v: %s", err, out)
	}
}

// A server that cannot read the log's files must not come up as if there were
// no log: the next step would be to create one over them.
func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	srv := eventstoretest.Restart(t, dir, true)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	add(t, s, "a", "x")
	s.Close()
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(dir, "jetstream", "$G", "streams", "NRM", "meta.inf")
	good, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(meta, good[:len(good)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = eventstore.Start(t.Context(), dir, nil)
	wantErr(t, err, eventstore.ErrDamaged)
	if err := os.WriteFile(meta, good, 0o600); err != nil {
		t.Fatal(err)
	}
	everything(t, eventstoretest.Open(t, eventstoretest.Restart(t, dir, false), notes(), eventstore.Options{}))
}

func TestStartOnAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Start(t.Context(), path, nil); err == nil {
		t.Fatal("started in a file")
	}
}
