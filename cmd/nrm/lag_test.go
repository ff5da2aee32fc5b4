package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nrm/eventstore/mirror"
)

// TestLag: whoever runs nrm follow sees how far behind the copy is, and is not
// told the same again and again.
func TestLag(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var l lag
	for _, c := range []struct {
		after            time.Duration
		position, behind uint64
		linked           bool
		seen             time.Time
		want             string // "": nothing is said
	}{
		{0, 0, 0, false, time.Time{}, "has not answered yet"},
		{time.Second, 0, 0, false, time.Time{}, ""},
		{2 * time.Second, 10, 90, true, start, "has 10 of 100 decisions: 90 behind"},
		{3 * time.Second, 20, 80, true, start, ""},
		{8 * time.Second, 70, 30, true, start, "has 70 of 100 decisions: 30 behind"},
		{9 * time.Second, 100, 0, true, start, "everything, up to position 100: 0 behind"},
		{20 * time.Second, 101, 1, true, start, ""}, // for a moment
		{21 * time.Second, 102, 0, true, start, ""},
		{30 * time.Second, 102, 3, true, start, ""},
		{36 * time.Second, 102, 9, true, start, "has 102 of 111 decisions: 9 behind"},
		{37 * time.Second, 111, 0, true, start, "up to position 111: 0 behind"},
		{5 * time.Minute, 111, 0, true, start, ""}, // nothing has happened
		{6 * time.Minute, 112, 0, true, start, "up to position 112"},
		{7 * time.Minute, 112, 4, false, start.Add(6 * time.Minute), "last did at 2026-03-01T08:06:00Z. The copy ends at position 112 and lacked 4"},
		{8 * time.Minute, 112, 0, true, start, "up to position 112"},
	} {
		got := l.tell(mirror.State{Position: c.position, Behind: c.behind, Seen: c.seen}, c.linked, start.Add(c.after))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("after %v: %q, want %q", c.after, got, c.want)
		}
	}
}

// TestLagAnew: a copy that is made anew is never said to have everything.
func TestLagAnew(t *testing.T) {
	var l lag
	for _, behind := range []uint64{7, 0} {
		if got := l.tell(mirror.State{Position: 3, Behind: behind, Seen: time.Now(), Anew: &mirror.Renewal{}}, true, time.Now().Add(time.Hour*time.Duration(10-behind))); !strings.Contains(got, "made anew") || strings.Contains(got, "everything") {
			t.Errorf("%d behind: %q", behind, got)
		}
	}
}

// TestNoDatesThatNeverWere: what has not happened has no date.
func TestNoDatesThatNeverWere(t *testing.T) {
	b, err := json.Marshal(healthOf(mirror.State{}, false))
	if err != nil || strings.Contains(string(b), "0001") || strings.Contains(string(b), "seen") {
		t.Errorf("%s %v", b, err)
	}
	if text := upTo(0, time.Time{}); strings.Contains(text, "0001") {
		t.Error(text)
	}
}
