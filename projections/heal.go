package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
)

const (
	lookEvery = time.Second // at the file while the views follow the log
	// Every page is looked at about once in so long, and never for more than a
	// hundredth of the time.
	readEvery = 5 * time.Minute

	// Attempts to go on are this far apart, at first and at the most.
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
	// An attempt that has lasted for so long, or has brought the views further,
	// has got over what ended the one before.
	recovered = 3 * time.Second
)

// Keep follows the log like Run, and goes on whatever happens, until ctx ends,
// whose error it returns: when the disk is full or fails or the log is away, it
// tries again from where the views are; when the file of the views is damaged,
// gone or exchanged, it makes them anew beside and goes on with those, while
// questions fail with ErrMending. It never skips: what cannot be applied is
// tried again too, and a person must look. Err tells of every trouble as long as
// it lasts, and the logger when it begins and ends.
func (v *Views) Keep(ctx context.Context, log Log, logger *slog.Logger) error {
	wait := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := v.attempt(ctx, log, logger)
		if ctx.Err() != nil {
			break
		}
		v.report(err, logger)
		if !damaging(err) { // a damaged file shows itself in more than one way
			if found := v.file.still(ctx, v.path, mayPass(err) && !crowded(err)); damaging(found) {
				err = found
			}
		}
		if damaging(err) {
			err = v.mend(ctx, log, err, logger)
		}
		if time.Since(began) > recovered {
			wait = firstPause
		}
		if err != nil {
			v.report(err, logger)
		}
		sleep(ctx, wait) // also after mending: what is damaged again at once is not made anew all the time
		wait = min(2*wait, longestPause)
	}
	return ctx.Err()
}

// Suspect tells the views of an error that one of their answers was, and
// reports whether it may mean that their file is damaged. If it is, Keep makes it
// anew; in any case it is worth asking again.
func (v *Views) Suspect(err error) bool {
	if !damaging(err) && !mayPass(err) {
		return errors.Is(err, ErrMending)
	}
	select {
	case v.suspected <- !crowded(err):
	default: // is being looked at already
	}
	return true
}

// attempt is one Run, that ends also when the file turns out to be damaged.
func (v *Views) attempt(ctx context.Context, log Log, logger *slog.Logger) error {
	if v.writer == nil {
		return errDamaged // an earlier attempt to mend it has failed
	}
	running, stop := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := v.watch(running, logger); err != nil {
			stop(err)
		}
	}()
	err := v.Run(running, log)
	if why := context.Cause(running); why != nil && ctx.Err() == nil {
		err = why
	}
	stop(nil)
	<-ended
	return err
}

// watch looks at the file until ctx ends or the file is damaged.
func (v *Views) watch(ctx context.Context, logger *slog.Logger) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	began, from := time.Now(), v.Position()
	next := began.Add(readEvery)
	var doubted time.Time
	for {
		thorough := time.Now().After(next)
		suspected := v.suspected
		if time.Since(doubted) < lookEvery {
			suspected = nil // later: whoever asks in vain asks often
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case thorough = <-suspected:
			doubted = time.Now()
		}
		start := time.Now()
		if err := v.file.still(ctx, v.path, thorough); damaging(err) && ctx.Err() == nil {
			return err
		}
		if thorough {
			next = time.Now().Add(max(readEvery, 100*time.Since(start)))
		}
		if v.Position() > from || time.Since(began) > recovered {
			v.report(nil, logger)
		}
	}
}

// mend makes the views anew from the log.
func (v *Views) mend(ctx context.Context, log Log, why error, logger *slog.Logger) error {
	if v.writer != nil {
		logger.Error("the views are damaged and are made anew; until then nobody can ask", "error", why)
	}
	if err := v.leave(ctx); err != nil {
		return err
	}
	if err := Rebuild(ctx, filepath.Dir(v.path), log, v.keys, nil); err != nil {
		return err
	}
	select {
	case <-v.suspected: // was of the old file
	default:
	}
	if err := v.open(ctx); err != nil {
		return fmt.Errorf("projections: open %s: %w", v.path, errors.Join(err, v.shut()))
	}
	logger.Warn("the views were made anew", "position", v.Position())
	v.report(nil, logger)
	return nil
}

// leave closes the file when the last question under way has ended. A connection
// that is closed last removes the write-ahead log by its name, and that must not
// be the next file's.
func (v *Views) leave(ctx context.Context) error {
	// What closing has to say about a file that is given up is of no interest.
	if v.writer != nil {
		_ = v.writer.close()
		v.writer = nil
	}
	for _, p := range []*pool{v.readers, v.db} {
		db := p.set(nil)
		if db == nil {
			continue
		}
		_ = db.Close()
		for db.Stats().OpenConnections > 0 && ctx.Err() == nil {
			sleep(ctx, 10*time.Millisecond)
		}
	}
	return ctx.Err()
}

// report takes note of trouble, or with nil of its end, and logs changes.
func (v *Views) report(err error, logger *slog.Logger) {
	var before error
	v.mu.Lock()
	before, v.trouble = v.trouble, err
	v.mu.Unlock()
	switch {
	case err == nil && before != nil:
		logger.Info("the views follow the log again")
	case err != nil && before == nil:
		logger.Error("the views do not follow the log; they try again by themselves", "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
