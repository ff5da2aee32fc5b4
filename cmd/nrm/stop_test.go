package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStoppedUnderLoad asks a server that is being written to to stop: it ends
// in time, and everything that it answered is there.
func TestStoppedUnderLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	for round := range 2 {
		s := serveProcess(t, ctx, at)
		before := crowd.atOnce
		writing, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			all := make(chan struct{})
			for n := range 32 {
				go func() { crowd.client(writing, s.url, n); all <- struct{}{} }()
			}
			for range 32 {
				<-all
			}
		}()
		time.Sleep(2 * time.Second)
		terminated(t, s)
		stop()
		<-done
		crowd.compare(t, ctx, at, round)
		if crowd.atOnce < before+50 {
			t.Errorf("round %d: only %d answers: shows little", round, crowd.atOnce-before)
		}
	}
	s := serveProcess(t, ctx, at)
	crowd.askAgain(t, ctx, s.url)
	terminated(t, s)
	if got, want := crowd.compare(t, ctx, at, 3), crowd.decisions(); got != want {
		t.Errorf("what was asked for makes %d decisions, the log has %d", want, got)
	}
}

// TestTwoServers starts a second server on the folder of one that runs. It says
// who has it and ends; the first does not notice.
func TestTwoServers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	s := serveProcess(t, ctx, at)
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"verify"}, {"rebuild"}} {
		out, err := program(ctx, append(command, "--data", at.data)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "process "+strconv.Itoa(s.cmd.Process.Pid)) {
			t.Errorf("%v: %v, %s", command, err, out)
		}
	}
	w := &writers{t: t, crowd: crowd, url: s.url}
	w.start(ctx, 2)
	w.until("answers", 20*time.Second, func() bool { return w.stored.Load() > 20 })
	w.stop()
	if !red(t, s.url, nil) {
		t.Error("the first is not ready any more")
	}
	terminated(t, s)
	crowd.compare(t, ctx, at, 1)
}

// TestTooLarge sends more than a message of the log can hold: that is refused
// with a code, and nothing of it is recorded.
func TestTooLarge(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	before := crowd.compare(t, ctx, at, 0)
	s := serveProcess(t, ctx, at)
	for name, c := range map[string]struct {
		notes  int
		status int
		code   string
	}{
		"more than a message":       {2 << 20, http.StatusRequestEntityTooLarge, "too_large"},
		"more than a request":       {200 << 10, http.StatusRequestEntityTooLarge, "too_large"},
		"more than a text may have": {100 << 10, http.StatusUnprocessableEntity, "too_long"},
	} {
		body := `{"data": {"source": "police", "circumstances": ["raid"], "status": "presumed", "age": "adult", "sex": "female", "citizenship": "az",
			"district": "AZ-BA", "immediate_danger": false, "basis": "consent", "notes": "` + strings.Repeat("x", c.notes) + `"}}`
		status, _, answer, err := send(ctx, http.MethodPost, s.url+"/api/v1/cases", crowd.duty, "", body)
		if err != nil || status != c.status || !strings.Contains(string(answer), `"`+c.code+`"`) {
			t.Errorf("%s: %d %.300s %v", name, status, answer, err)
		}
	}
	terminated(t, s)
	if got := crowd.compare(t, ctx, at, 1); got != before {
		t.Errorf("%d decisions, there were %d", got, before)
	}
}
