package projections

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"nrm/domain"
	"nrm/projections/blind"
)

// A builder makes all rows from the log.
type builder struct {
	db       *sql.DB
	w        *writer
	log      Log
	keys     Keys
	last     uint64 // position of the log to which the rows are made
	progress func(done, total uint64)

	erased []domain.Ref // cases whose person was erased
}

func (b *builder) fill(ctx context.Context) error {
	shape, err := schema(b.keys)
	if err != nil {
		return err
	}
	if _, err := b.db.ExecContext(ctx, tables+blind.Schema); err != nil {
		return err
	}
	if _, err := b.db.ExecContext(ctx, `INSERT INTO position (one, seq, id, schema) VALUES (1, 0, '', ?)`, shape); err != nil {
		return err
	}
	if b.w, err = newWriter(ctx, b.db); err != nil {
		return err
	}
	defer b.w.close() //nolint:errcheck // the database is closed next
	if b.last, err = b.log.Last(ctx); err != nil {
		return err
	}
	if err := b.copyFacts(ctx); err != nil {
		return err
	}
	if _, err := b.db.ExecContext(ctx, earlyIndexes); err != nil {
		return err
	}
	if err := b.forgetErased(ctx); err != nil {
		return err
	}
	if err := b.deriveAll(ctx); err != nil {
		return err
	}
	if err := b.indexAll(ctx); err != nil {
		return err
	}
	_, err = b.db.ExecContext(ctx, indexes)
	return err
}

// step tells progress how far one of the three passes has come.
func (b *builder) step(pass, done uint64) {
	b.progress(pass*b.last+min(done, b.last), 3*b.last)
}

// copyFacts is the pass over the log. The log is read while what was read
// before is written.
func (b *builder) copyFacts(ctx context.Context) error {
	both, ctx := errgroup.WithContext(ctx)
	runs := make(chan []domain.Decision, 4)
	both.Go(func() error {
		defer close(runs)
		return b.log.Replay(ctx, 0, b.last, func(run []domain.Decision) error {
			select {
			case runs <- run:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	both.Go(func() error {
		at := uint64(0)
		for run := range runs {
			if err := b.copyRun(ctx, at, run); err != nil {
				return err
			}
			at = run[len(run)-1].Seq
			b.step(0, at)
		}
		return nil
	})
	return both.Wait()
}

func (b *builder) copyRun(ctx context.Context, after uint64, run []domain.Decision) error {
	for _, d := range run {
		if slices.ContainsFunc(d.Events, erases) {
			b.erased = append(b.erased, d.Stream.Ref())
		}
	}
	return transact(ctx, b.db, b.w, func(ctx context.Context, w *writer) error {
		if err := w.recordAll(ctx, after, run); err != nil {
			return err
		}
		last := run[len(run)-1]
		return w.exec(ctx, w.reached, int64(last.Seq), last.ID)
	})
}

// forgetErased empties the boxes of those who were erased. Their keys may be
// gone or not: nobody asks any more. A file that has held the boxes is written
// anew without them.
func (b *builder) forgetErased(ctx context.Context) error {
	if len(b.erased) == 0 {
		return nil
	}
	err := transact(ctx, b.db, b.w, func(ctx context.Context, w *writer) error {
		for _, ref := range b.erased {
			if err := w.exec(ctx, w.empty, string(ref)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = b.db.ExecContext(ctx, `VACUUM`)
	return err
}

// deriveAll is the pass over the facts, stream by stream. They are folded while
// those of the next streams are read and what follows from them is written.
func (b *builder) deriveAll(ctx context.Context) error {
	return transact(ctx, b.db, b.w, func(working context.Context, w *writer) error {
		streams, results := make(chan []row, 64), make(chan derived, 64)
		go func() {
			defer close(results)
			for rows := range streams {
				results <- derive(rows)
			}
		}()
		done := uint64(0)
		write := func(r derived) error {
			if err := errors.Join(ctx.Err(), r.err); err != nil {
				return err
			}
			done += uint64(r.rows)
			b.step(1, done)
			return r.write(working, w)
		}
		err := eachStream(working, w.tx, func(rows []row) error {
			for {
				select {
				case streams <- rows:
					return nil
				case r := <-results:
					if err := write(r); err != nil {
						return err
					}
				}
			}
		})
		close(streams)
		for r := range results {
			if err == nil {
				err = write(r)
			}
		}
		return err
	})
}

// eachStream calls f with the rows of each stream.
func eachStream(ctx context.Context, q queryer, f func([]row) error) error {
	rows, err := q.QueryContext(ctx, selectRows+` ORDER BY kind, stream, seq, n`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var of []row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return err
		}
		if len(of) > 0 && (of[0].stream != r.stream || of[0].kind != r.kind) {
			if err := f(of); err != nil {
				return err
			}
			of = nil
		}
		of = append(of, r)
	}
	if err := rows.Err(); err != nil || len(of) == 0 {
		return err
	}
	return f(of)
}

// Derived is what follows from the rows of a stream.
type derived struct {
	rows  int
	write func(context.Context, *writer) error
	err   error
}

// derive folds the rows of a stream that has none but its facts yet.
func derive(rows []row) derived {
	r := derived{rows: len(rows), write: func(context.Context, *writer) error { return nil }}
	deeds, err := deedsOf(nil, rows)
	if err != nil {
		r.err = err
		return r
	}
	switch s := deeds[0].Stream; s.Kind {
	case domain.CaseKind:
		c := newFolded(s.Ref())
		for _, d := range deeds {
			r.err = errors.Join(r.err, c.add(d.Decision))
		}
		r.write = func(ctx context.Context, w *writer) error { return w.writeCase(ctx, c, rowsBeside{}) }
	case domain.FacilityKind:
		f := new(domain.Facility)
		for _, d := range deeds {
			r.err = errors.Join(r.err, domain.Apply(f, d.Decision))
		}
		r.write = func(ctx context.Context, w *writer) error { return w.writeFacility(ctx, s.Ref(), f) }
	}
	return r
}
