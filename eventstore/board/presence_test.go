package board

import (
	"context"
	"slices"
	"testing"
	"time"
)

// wantPresent waits until exactly these are there.
func wantPresent(t *testing.T, b *Board, names ...string) {
	t.Helper()
	var there []string
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		there = nil
		for _, p := range must(b.Presence(t.Context()))(t) {
			there = append(there, p.Node)
		}
		if slices.Equal(there, names) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("there are %v, not %v", there, names)
		}
	}
}

// TestPresence: who is there is seen at once and for as long as they are, and
// no longer.
func TestPresence(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	wantPresent(t, b)
	put(t, b, "canary", "x")
	leaveA := must(b.Attend(t.Context(), "a", time.Second))(t)
	ctx, cancel := context.WithCancel(t.Context())
	leaveB := must(b.Attend(ctx, "b", time.Second))(t)
	cancel() // of whoever opened it, which is over
	again := must(b.Attend(t.Context(), "b", time.Second))(t)
	if all := must(b.Presence(t.Context()))(t); len(all) != 3 || all[0].Node != "a" || time.Since(all[0].Since).Abs() > time.Minute {
		t.Fatal(all)
	}
	time.Sleep(2500 * time.Millisecond) // more than two terms
	wantPresent(t, b, "a", "b", "b")
	leaveB()
	wantPresent(t, b, "a", "b")
	again()
	leaveA()
	leaveA()
	if all := must(b.Presence(t.Context()))(t); len(all) != 0 {
		t.Errorf("still there: %v", all)
	}
}

// TestPresenceLapses: who ends without a word is forgotten, and who was only
// stopped for a while is there again.
func TestPresenceLapses(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	killed := &attendance{board: b, key: presence + "K", data: []byte(`{"node":"killed"}`), term: time.Second}
	if err := killed.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantPresent(t, b, "killed")
	wantPresent(t, b)
	if err := killed.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantPresent(t, b, "killed")
	killed.end()
	killed.end()
	wantPresent(t, b)
}
