package projections

import (
	"context"
	"database/sql"
	"fmt"
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
	folds    folding
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
	if err := b.deriveLate(ctx); err != nil {
		return err
	}
	if err := b.indexAll(ctx); err != nil {
		return err
	}
	_, err = b.db.ExecContext(ctx, countStages+triggers+indexes)
	return err
}

// step tells progress how far one of the three passes has come.
func (b *builder) step(pass, done uint64) {
	b.progress(pass*b.last+min(done, b.last), 3*b.last)
}

// A portion is a run of decisions, or rows that follow from many.
type portion struct {
	run   []domain.Decision
	facts []any // their columns
	left  rowsLeft
}

// copyFacts is the pass over the log. While it is read, what was read before is
// folded and what was folded before is written. All is one transaction: if it
// fails the file is thrown away.
func (b *builder) copyFacts(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	runs, portions := make(chan []domain.Decision, 4), make(chan portion, 4)
	all.Go(func() error {
		defer close(runs)
		return b.log.Replay(ctx, 0, b.last, func(run []domain.Decision) error { return send(ctx, runs, run) })
	})
	all.Go(func() error {
		defer close(portions)
		at := uint64(0)
		for run := range runs {
			facts, err := factsOf(at, run)
			if err != nil {
				return err
			}
			at = run[len(run)-1].Seq
			if err := send(ctx, portions, portion{run: run, facts: facts}); err != nil {
				return err
			}
			left, err := b.folds.add(run)
			if err == nil {
				err = sendRows(ctx, portions, left)
			}
			if err != nil {
				return err
			}
		}
		return sendRows(ctx, portions, b.folds.rest())
	})
	all.Go(func() error {
		return transact(ctx, b.db, b.w, func(working context.Context, w *writer) error {
			for p := range portions {
				if err := w.writePortion(working, p); err != nil {
					return err
				}
				if len(p.run) > 0 {
					b.step(0, p.run[len(p.run)-1].Seq)
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			return w.writeFacilities(working, b.folds.facilities) // nobody folds any more
		})
	})
	return all.Wait()
}

// sendRows makes the rows of cases, a few at a time, while those before are written.
func sendRows(ctx context.Context, to chan<- portion, cases []*folded) error {
	for some := range slices.Chunk(cases, 250) {
		if err := send(ctx, to, portion{left: rowsOf(some)}); err != nil {
			return err
		}
	}
	return nil
}

func send[T any](ctx context.Context, to chan<- T, one T) error {
	select {
	case to <- one:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) writePortion(ctx context.Context, p portion) error {
	if len(p.run) > 0 {
		if err := w.writeFacts(ctx, p.run, p.facts); err != nil {
			return err
		}
		if err := w.writeAccesses(ctx, p.run); err != nil {
			return err
		}
		last := p.run[len(p.run)-1]
		if err := w.exec(ctx, w.reached, int64(last.Seq), last.ID); err != nil {
			return err
		}
	}
	return w.writeLeft(ctx, p.left)
}

// forgetErased empties the boxes of those who were erased. Their keys may be
// gone or not: nobody asks any more. A file that has held the boxes is written
// anew without them.
func (b *builder) forgetErased(ctx context.Context) error {
	if len(b.folds.erased) == 0 {
		return nil
	}
	err := transact(ctx, b.db, b.w, func(ctx context.Context, w *writer) error {
		for _, ref := range b.folds.erased {
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

// deriveLate is the pass over the facts of the cases that could not be kept in
// memory until all of them was known. They are folded while those of the next are
// read and what follows from them is written.
func (b *builder) deriveLate(ctx context.Context) error {
	late := b.folds.late()
	return transact(ctx, b.db, b.w, func(working context.Context, w *writer) error {
		for n, ref := range late {
			if err := ctx.Err(); err != nil {
				return err
			}
			c, history, err := caseBefore(working, w, domain.CaseStream(ref), b.last+1)
			if err != nil {
				return err
			}
			if err := w.writeRevisions(working, domain.CaseStream(ref), history); err != nil {
				return fmt.Errorf("%s: %w", ref, err)
			}
			if err := w.rewriteCase(working, c); err != nil {
				return fmt.Errorf("%s: %w", ref, err)
			}
			b.step(1, uint64(n+1)*b.last/uint64(len(late)))
		}
		b.step(1, b.last)
		return nil
	})
}
