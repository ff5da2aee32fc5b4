package main

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestClockIsWatched sets the clock back and forward: each is told once.
func TestClockIsWatched(t *testing.T) {
	t.Parallel()
	var shift atomic.Int64
	logged := &said{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		wall := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
		done <- watchTime(ctx, 5*time.Millisecond, wall, slog.New(slog.NewJSONHandler(logged, nil)))
	}()
	for _, step := range []struct {
		to   time.Duration
		told int
	}{{0, 0}, {-2 * time.Second, 0}, {-72 * time.Hour, 1}, {0, 2}, {time.Hour, 3}, {time.Hour + time.Second, 3}} {
		shift.Store(int64(step.to))
		time.Sleep(100 * time.Millisecond)
		if n := strings.Count(logged.String(), "the clock was set"); n != step.told {
			t.Errorf("shifted by %v: told %d times, want %d\n%s", step.to, n, step.told, logged)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(logged.String(), `set back`) || !strings.Contains(logged.String(), `"seconds":259200`) && !strings.Contains(logged.String(), `"seconds":259199`) {
		t.Error(logged)
	}
}
