package eventstore_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

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
	_, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{})
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

// A server that cannot read the files of a stream must not come up as if there
// were none: the next step would be to create one over them. That holds for
// every stream, not only for the log.
func TestUnreadableFiles(t *testing.T) {
	for _, key := range []string{"", "storage key"} {
		dir, opts := t.TempDir(), eventstore.StartOptions{Key: key}
		srv := eventstoretest.RestartWith(t, dir, true, opts)
		js, err := jetstream.New(srv.Conn())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "NRMKEYS", Subjects: []string{"nrmkeys.>"}}); err != nil {
			t.Fatal(err)
		}
		s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
		add(t, s, "a", "x")
		s.Close()
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		for _, stream := range []string{"NRM", "NRMKEYS"} {
			meta := filepath.Join(streamFolder(dir, stream), "meta.inf")
			good, err := os.ReadFile(meta)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(meta, good[:len(good)/2], 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = eventstore.Start(t.Context(), dir, opts)
			wantErr(t, err, eventstore.ErrDamaged)
			if !strings.Contains(err.Error(), filepath.Dir(meta)) {
				t.Errorf("the error does not say where: %v", err)
			}
			if err := os.WriteFile(meta, good, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		everything(t, eventstoretest.Open(t, eventstoretest.RestartWith(t, dir, false, opts), notes(), eventstore.Options{}))
	}
}

func TestStartOnAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Start(t.Context(), path, eventstore.StartOptions{}); err == nil {
		t.Fatal("started in a file")
	}
}
