package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// watch records, about once every tick, which duties have become overdue. The
// views only say where to look: each case's own history decides, so a stale
// view, a second node or a restart does no harm.
func watch(ctx context.Context, log domain.Log, views *projections.Views, every time.Duration, logger *slog.Logger, ran func(start time.Time)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		start := time.Now()
		n, err := markOverdue(ctx, log, views, start)
		if err == nil {
			ran(start)
		}
		if err != nil && ctx.Err() == nil {
			logger.Error("overdue duties could not be recorded; trying again", "error", err)
		}
		if n > 0 {
			logger.Info("overdue duties recorded", "count", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func markOverdue(ctx context.Context, log domain.Log, views *projections.Views, now time.Time) (marked int, err error) {
	for {
		due, err := views.ToMark(ctx, now, 100)
		if err != nil || len(due) == 0 {
			return marked, err
		}
		recorded := 0
		for _, d := range due {
			req := domain.Request{By: domain.ClockActor(), Now: now, Cause: "deadline " + d.Clock.Rule}
			out, err := domain.Execute(ctx, log, req, domain.CaseStream(d.Ref), domain.MarkOverdue{Rule: d.Clock.Rule})
			if err != nil {
				return marked, fmt.Errorf("mark %s overdue on case %s: %w", d.Clock.Rule, d.Ref, err)
			}
			if out.Recorded {
				recorded++
			}
			if err := views.WaitFor(ctx, out.Position); err != nil {
				return marked, err
			}
		}
		marked += recorded
		if recorded == 0 { // the histories disagree with the views: never spin
			return marked, fmt.Errorf("the views call %d duties overdue that their cases do not", len(due))
		}
	}
}
