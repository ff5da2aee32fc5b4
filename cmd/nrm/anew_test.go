package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/mirror"
)

// TestNoPromotionOfACopyBegunAnew throws the keys of a copy away, as a follower
// does to make them anew: what is left is not promoted while the register
// answers, and not because somebody says that it is lost. Once the follower has
// everything again it is.
func TestNoPromotionOfACopyBegunAnew(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at := newRegister(t)
	people(t, at, 2)
	second := newSecond(t, ctx)
	first := serveProcess(t, ctx, at, second.letIn...)
	follower := background(t, ctx, second.follow...)
	follower.says(`up to position \d+: 0 behind`)
	follower.stop()
	_ = first.cmd.Process.Signal(syscall.SIGTERM)
	_ = first.cmd.Wait()

	ring, err := keyfile.Read(second.at.keys)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := ring.Storage()
	srv, err := eventstore.Start(ctx, second.at.data, eventstore.StartOptions{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := srv.Conn().Request("$JS.API.STREAM.DELETE.NRMKEYS", nil, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	anew(t, second.at)
	handover := background(t, ctx, append([]string{"handover", "--data", at.data}, second.letIn...)...)
	handover.says("followers may come in")
	for _, lost := range [][]string{nil, {"--lost"}, {"--lost", "--unfinished"}} {
		if code, said := told(t, ctx, second.promote(at.keys, lost...)...); code != 1 || !strings.Contains(said, "run nrm follow until it has everything") {
			t.Fatalf("promoted a copy without keys, %v: %d %s", lost, code, said)
		}
	}
	follower = background(t, ctx, second.follow...)
	follower.says("the copy is whole again")
	follower.says("this copy has all of it")
	if code, said := told(t, ctx, second.promote(at.keys)...); code != 1 || !strings.Contains(said, "stop nrm follow first") {
		t.Fatalf("promoted while it is followed into: %d %s", code, said)
	}
	follower.stop()
	if s, err := mirror.Read(second.at.data); err != nil || s.Anew != nil || !s.Complete {
		t.Fatalf("%+v, %v", s, err)
	}
	handover.stop()

	anew(t, second.at) // it may be all that there is, or a part of it
	for _, lost := range []string{"--lost", "--unfinished"} {
		if code, said := told(t, ctx, second.promote(at.keys, lost)...); code != 1 || !strings.Contains(said, "made anew since 2026-03-01T08:00:00Z") || !strings.Contains(said, "NRMKEYS to position 9") {
			t.Fatalf("promoted a copy that is being made, %v: %d %s", lost, code, said)
		}
	}
	if code, said := told(t, ctx, second.promote(at.keys, "--lost", "--unfinished")...); code != 0 || !strings.Contains(said, "This is the register now") {
		t.Fatalf("%d %s", code, said)
	}
}

// anew has the folder say that its copy is being made anew.
func anew(t *testing.T, at places) {
	t.Helper()
	file := filepath.Join(at.data, "copy.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]any{}
	if err := json.Unmarshal(b, &state); err != nil {
		t.Fatal(err)
	}
	state["anew"] = mirror.Renewal{Since: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Times: 1, Had: map[string]uint64{"NRMKEYS": 9}}
	if b, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReadyWhileAnew: machines are told that a copy is being made.
func TestReadyWhileAnew(t *testing.T) {
	for _, c := range []struct {
		state  mirror.State
		linked bool
		want   int
	}{
		{mirror.State{Position: 5}, true, http.StatusOK},
		{mirror.State{Position: 5}, false, http.StatusServiceUnavailable},
		{mirror.State{Position: 5, Behind: farCopy + 1}, true, http.StatusServiceUnavailable},
		{mirror.State{Position: 5, Anew: &mirror.Renewal{}}, true, http.StatusServiceUnavailable},
	} {
		w := httptest.NewRecorder()
		answerHealth(w, c.state, c.linked)
		if w.Code != c.want || strings.Contains(w.Body.String(), `"anew":true`) != (c.state.Anew != nil) {
			t.Errorf("%+v: %d %s", c.state, w.Code, w.Body)
		}
	}
}
