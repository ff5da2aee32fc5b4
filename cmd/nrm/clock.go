package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// watch records, about once every tick, what time alone brings about: which duties
// have become overdue, on cases and of institutions, and what held for a time and
// is over. The views only say where to look: each stream's own history decides, so
// a stale view, a second node or a restart does no harm.
func watch(ctx context.Context, log domain.Log, views *projections.Views, every time.Duration, logger *slog.Logger, ran func(start time.Time)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		start := time.Now()
		n, err := recordDue(ctx, log, views, start)
		if err == nil {
			ran(start)
		}
		if err != nil && ctx.Err() == nil {
			logger.Error("what has become due could not be recorded; trying again", "error", err)
		}
		if n > 0 {
			logger.Info("what has become due is recorded", "count", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// recordDue records all that is due at a time, and answers how many decisions that
// made. What cannot be recorded keeps nothing else from being.
func recordDue(ctx context.Context, log domain.Log, views *projections.Views, now time.Time) (recorded int, err error) {
	for _, record := range []func(context.Context, domain.Log, *projections.Views, time.Time) (int, error){markOverdue, recordRanOut, markDuties} {
		n, failed := record(ctx, log, views, now)
		recorded, err = recorded+n, errors.Join(err, failed)
	}
	return recorded, err
}

func markOverdue(ctx context.Context, log domain.Log, views *projections.Views, now time.Time) (int, error) {
	return drain(func() ([]projections.Due, error) { return views.ToMark(ctx, now, 100) }, func(d projections.Due) (int, error) {
		n, err := byClock(ctx, log, views, now, "deadline "+d.Clock.Rule, domain.CaseStream(d.Ref), domain.MarkOverdue{Rule: d.Clock.Rule})
		if err != nil {
			return n, fmt.Errorf("mark %s overdue on case %s: %w", d.Clock.Rule, d.Ref, err)
		}
		return n, nil
	})
}

// recordRanOut records the consents and the protected times that are over.
func recordRanOut(ctx context.Context, log domain.Log, views *projections.Views, now time.Time) (int, error) {
	return drain(func() ([]domain.Ref, error) { return views.RanOut(ctx, now, 100) }, func(ref domain.Ref) (recorded int, err error) {
		for _, cmd := range domain.WhatRunsOut() {
			n, err := byClock(ctx, log, views, now, "clock", domain.CaseStream(ref), cmd)
			if err != nil {
				return recorded, fmt.Errorf("record what ran out on case %s: %w", ref, err)
			}
			recorded += n
		}
		return recorded, nil
	})
}

// drain records what the views list until they list nothing more, and answers how
// many decisions that made. One that cannot be recorded ends it, after the others of
// its list. Another node may have recorded it meanwhile; if the views go on listing
// what the histories do not know, it fails: it never spins.
func drain[T any](list func() ([]T, error), record func(T) (int, error)) (all int, err error) {
	for idle := false; ; {
		due, err := list()
		if err != nil || len(due) == 0 {
			return all, err
		}
		recorded := 0
		for _, d := range due {
			n, failed := record(d)
			all, recorded, err = all+n, recorded+n, errors.Join(err, failed)
		}
		if err != nil {
			return all, err
		}
		if recorded == 0 && idle {
			return all, fmt.Errorf("the views call %d things due that the histories do not", len(due))
		}
		idle = recorded == 0
	}
}

// markDuties records the duties of institutions that were missed.
func markDuties(ctx context.Context, log domain.Log, views *projections.Views, now time.Time) (marked int, failed error) {
	duties, err := views.Duties(ctx, now)
	if err != nil {
		return 0, err
	}
	for _, d := range projections.DutiesMissed(duties) {
		if d.Clock.Missed {
			continue
		}
		n, err := byClock(ctx, log, views, now, "duty "+d.Clock.Rule, domain.ActionStream(d.Action), domain.MarkDutyMissed{Duty: d.Clock.Rule})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("mark %s as missed on action %s: %w", d.Clock.Rule, d.Action, err))
		}
		marked += n
	}
	return marked, failed
}

// byClock gives a command in the name of the register itself, and answers how many
// decisions it made: none if it was so already.
func byClock(ctx context.Context, log domain.Log, views *projections.Views, now time.Time, cause string, stream domain.Stream, cmd domain.Asked) (recorded int, err error) {
	out, err := domain.Execute(ctx, log, domain.Request{By: domain.ClockActor(), Now: now, Cause: cause}, stream, cmd)
	if err != nil {
		return 0, err
	}
	if out.Recorded {
		recorded = 1
	}
	return recorded, views.WaitFor(ctx, out.Position)
}
