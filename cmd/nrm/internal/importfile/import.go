package importfile

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"nrm/domain"
)

// Log is what an import needs of the log.
type Log interface {
	domain.Log
	Load(ctx context.Context, stream string) ([]domain.Decision, uint64, error)
}

// Options say how to import.
type Options struct {
	DryRun    bool // only report
	KeepGoing bool // write the good lines even if others are bad
	Now       time.Time
	Progress  func(stage string, done, total int) // may be nil
}

// Result says what became of the lines.
type Result struct {
	Lines    int // lines read, blank ones apart
	Recorded int // recorded now, or in a dry run: would be
	Already  int // stood in the log before
	Personal int // lines that tell who somebody is or hold free text, and those that cannot be read and may
	Problems []Problem
	Written  bool   // something may have been written
	Position uint64 // the log position that includes everything written
}

// Run imports a file, or lines in memory; r is read three times. Every line is first judged on a copy of the log in
// memory. Unless all are good, nothing is written: with KeepGoing the good
// ones are. A second import of the same file changes nothing. An error is a
// fault; what was written before it stays, and the import can be run again.
func Run(ctx context.Context, log Log, r io.ReadSeeker, o Options) (Result, error) {
	var res Result
	total, err := count(r)
	if err != nil {
		return res, err
	}
	if err := res.pass(ctx, &rehearsal{log: log}, r, o, "checking", total); err != nil {
		return res, err
	}
	if o.DryRun || len(res.Problems) > 0 && !o.KeepGoing {
		return res, nil
	}
	problems := res.Problems
	res = Result{Written: true}
	err = res.pass(ctx, log, r, o, "importing", total)
	if len(res.Problems) != len(problems) && err == nil {
		err = fmt.Errorf("the log changed during the import: %d lines were bad at first, %d in the end", len(problems), len(res.Problems))
	}
	return res, err
}

// pass gives every line of the file to a log.
func (res *Result) pass(ctx context.Context, log domain.Log, r io.ReadSeeker, o Options, stage string, total int) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	seen := map[string][sha256.Size]byte{} // id -> of the line
	return scan(r, func(number int, line []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		res.Lines++
		if o.Progress != nil && (res.Lines%50 == 0 || res.Lines == total) {
			o.Progress(stage, res.Lines, total)
		}
		e, problem := parse(number, line)
		if e.personal || problem != nil {
			res.Personal++
		}
		if problem != nil {
			res.Problems = append(res.Problems, *problem)
			return nil
		}
		sum := sha256.Sum256(line)
		if earlier, ok := seen[e.req.ID]; ok && earlier != sum {
			res.Problems = append(res.Problems, Problem{Line: number, Field: "id", Reason: "the id of another line"})
			return nil
		}
		seen[e.req.ID] = sum
		out, err := domain.Execute(ctx, log, e.request(o.Now), e.stream, e.cmd)
		if refusal, ok := domain.AsRefusal(err); ok {
			res.Problems = append(res.Problems, Problem{Line: number, Field: fieldOf(refusal), Reason: refusal.Code})
			return nil
		}
		if err != nil {
			return fmt.Errorf("import: line %d: %w", number, err)
		}
		res.Position = max(res.Position, out.Position)
		if out.Recorded {
			res.Recorded++
		} else {
			res.Already++
		}
		return nil
	})
}

func fieldOf(r *domain.Refusal) string {
	switch r.Field {
	case "", "happened", "recorded":
		return r.Field
	}
	return "data." + r.Field
}

func count(r io.ReadSeeker) (n int, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("import: %w", err)
	}
	err = scan(r, func(int, []byte) error { n++; return nil })
	return n, err
}

// rehearsal is the log as it would become: what is decided stays in memory.
type rehearsal struct {
	log     Log
	streams map[string][]domain.Decision
	seq     uint64
}

func (l *rehearsal) Update(ctx context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	if l.streams == nil {
		l.streams = map[string][]domain.Decision{}
	}
	histories := make([][]domain.Decision, len(streams))
	for i, name := range streams {
		history, known := l.streams[name]
		if !known {
			var err error
			if history, _, err = l.log.Load(ctx, name); err != nil {
				return 0, err
			}
			l.streams[name] = history
		}
		histories[i] = history[:len(history):len(history)]
	}
	decisions, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for i, d := range decisions {
		if len(d.Events) > 0 {
			l.seq++
			d.Seq = l.seq
			l.streams[streams[i]] = append(l.streams[streams[i]], d)
		}
	}
	return l.seq, nil
}
