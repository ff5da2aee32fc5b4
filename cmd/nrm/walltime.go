package main

import (
	"context"
	"log/slog"
	"time"
)

// jump is by how much the clock may be set between two looks without a word.
const jump = 5 * time.Second

// watchTime says in the log when somebody sets the clock of the machine. The
// order of what is recorded does not depend on it, and neither does what is
// recorded once; but times that are wrong stay in the log for ever, and while the
// clock is behind, what happened since counts as the future and is refused.
func watchTime(ctx context.Context, every time.Duration, wall func() time.Time, logger *slog.Logger) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	began := time.Now() // Since(began) is measured, whatever the clock is set to
	first := wall().Round(0)
	off := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := wall().Round(0).Sub(first) - time.Since(began)
		switch by := now - off; {
		case by < -jump:
			logger.Error("the clock was set back: look whether it is right now; until it is, what is recorded has wrong times", "seconds", int(-by.Seconds()))
		case by > jump:
			logger.Error("the clock was set forward, or the machine slept: look whether it is right now", "seconds", int(by.Seconds()))
		default:
			continue // small steps add up until they are told
		}
		off = now
	}
}
