package projections

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"nrm/domain"
)

// closed makes views of a log in a new folder and closes them.
func closed(t *testing.T, log Log) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	if err := Rebuild(t.Context(), dir, log, keysOf(t, log), nil); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "views.db")
}

func TestMadeAnewWhereUnusable(t *testing.T) {
	log := newMemory()
	newWorld(t, log, 21).crowd(5, 100)
	want := digestOf(t, opened(t, t.TempDir(), log))
	another := newMemory()
	newWorld(t, another, 22).crowd(5, 100)

	change := func(sql string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := open(path, 1, writing)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(t *testing.T, path string, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, damage := range map[string]func(t *testing.T, path string){
		"missing": func(t *testing.T, path string) { os.Remove(path) },
		"empty":   func(t *testing.T, path string) { write(t, path, nil) },
		"text":    func(t *testing.T, path string) { write(t, path, bytes.Repeat([]byte("not a database "), 1000)) },
		"truncated": func(t *testing.T, path string) {
			at, err := os.Stat(path)
			if err == nil {
				err = os.Truncate(path, at.Size()/2)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"a page of zeros": func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			page := 4096 * (len(b) / 4096 / 2)
			clear(b[page : page+4096])
			write(t, path, b)
		},
		"another program's": func(t *testing.T, path string) {
			os.Remove(path)
			create(path)
			change(`CREATE TABLE notes (a)`)(t, path)
		},
		"another shape":    change(`UPDATE position SET schema = 'of last year'`),
		"no position":      change(`DELETE FROM position`),
		"a table less":     change(`DROP TABLE deadlines; UPDATE position SET seq = seq + 0`),
		"no search index":  change(`DROP TABLE blind_grams`),
		"of another log":   func(t *testing.T, path string) { copyOver(t, another, path) },
		"ahead of the log": change(`UPDATE position SET seq = 1000000`),
		"a stray write-ahead log": func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path+"-wal", b[:8192])
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := closed(t, log)
			damage(t, path)
			v := opened(t, dir, log)
			if got := digestOf(t, v); !maps.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			var sound string
			if err := v.db.now().QueryRow(`PRAGMA quick_check(1)`).Scan(&sound); err != nil || sound != "ok" {
				t.Errorf("%s, %v", sound, err)
			}
			follow(t, v, log)()
		})
	}
}

func copyOver(t *testing.T, log Log, path string) {
	_, other := closed(t, log)
	b, err := os.ReadFile(other)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestUsableIsKept(t *testing.T) {
	log := newMemory()
	newWorld(t, log, 23).crowd(2, 20)
	dir, path := closed(t, log)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	v := opened(t, dir, log)
	if last, _ := log.Last(t.Context()); v.Position() != last {
		t.Errorf("at %d of %d", v.Position(), last)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("made anew for nothing: %v", err)
	}
}

func TestOnlyTheOwnerReads(t *testing.T) {
	w, v, caughtUp := seeing(t, 24)
	w.referred(referrer)
	caughtUp()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		at, err := os.Stat(v.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if at.Mode().Perm() != 0o600 {
			t.Errorf("views.db%s: %v", suffix, at.Mode())
		}
	}
}

// breaking is a log that fails after some runs.
type breaking struct {
	*memory
	runs int
}

var errBroken = errors.New("the log is broken")

func (l breaking) Replay(ctx context.Context, after, through uint64, f func([]domain.Decision) error) error {
	return l.memory.Replay(ctx, after, through, func(run []domain.Decision) error {
		if l.runs--; l.runs < 0 {
			return errBroken
		}
		return f(run)
	})
}

func TestInterruptedBuildLeavesTheOldFile(t *testing.T) {
	log := newMemory()
	log.batch = 10
	newWorld(t, log, 25).crowd(4, 60)
	dir, path := closed(t, log)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Rebuild(t.Context(), dir, breaking{log, 3}, log.safe, nil); !errors.Is(err, errBroken) {
		t.Fatalf("a broken log: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	err = Rebuild(ctx, dir, log, log.safe, func(done, total uint64) {
		if steps++; done > total/2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || steps == 0 {
		t.Fatalf("cancelled after %d steps: %v", steps, err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old file has changed: %v", err)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a half-built file is left: %v", err)
	}
}

func TestProgress(t *testing.T) {
	log := newMemory()
	log.batch = 10
	newWorld(t, log, 26).crowd(4, 60)
	last, of := uint64(0), uint64(0)
	err := Rebuild(t.Context(), t.TempDir(), log, log.safe, func(done, total uint64) {
		if done < last || done > total || of != 0 && total != of {
			t.Errorf("%d of %d after %d of %d", done, total, last, of)
		}
		last, of = done, total
	})
	if err != nil || last != of || last == 0 {
		t.Errorf("ended at %d of %d: %v", last, of, err)
	}
}

// slow is a log that hands everything over in one run, and says so.
type slow struct{ *memory }

func (l slow) Follow(ctx context.Context, after uint64, f func([]domain.Decision) error) error {
	fmt.Println("applying")
	return l.memory.Follow(ctx, after, f)
}

// sameEverywhere is a log that is the same in every process.
func sameEverywhere(t testing.TB, steps int) *memory {
	log := newMemory()
	w := newWorld(t, log, 27)
	for i := range 10 {
		w.cases = append(w.cases, domain.NewRef(fmt.Sprint("case ", i)))
		w.must(referrer, domain.CaseStream(w.cases[i]), referral())
	}
	for range steps {
		w.stroll(w.cases[w.rnd.IntN(len(w.cases))], 1)
	}
	return log
}

// TestKilledInTheMiddle runs itself in another process, which is killed while
// it applies one large run.
func TestKilledInTheMiddle(t *testing.T) {
	if dir := os.Getenv("VIEWS_TO_BE_KILLED"); dir != "" {
		beKilled(t, dir)
		return
	}
	begun := sameEverywhere(t, 50)
	whole := sameEverywhere(t, 1000)
	want := digestOf(t, opened(t, t.TempDir(), whole))
	early := 0
	for try := 0; try < 3 || early == 0 && try < 20; try++ {
		after := time.Duration(try%3) * 25 * time.Millisecond
		dir, _ := closed(t, begun)
		start, _ := begun.Last(t.Context())
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddle$")
		cmd.Env = append(os.Environ(), "VIEWS_TO_BE_KILLED="+dir)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil { // it applies
			t.Fatal(err)
		}
		time.Sleep(after)
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it was not killed")
		}
		v := opened(t, dir, whole)
		last, _ := whole.Last(t.Context())
		switch v.Position() {
		case start:
			early++
		case last:
		default:
			t.Errorf("killed after %v: at %d, between %d and %d", after, v.Position(), start, last)
		}
		if n, err := number(t.Context(), v.readers, `SELECT max(seq) FROM facts`); err != nil || uint64(n) != v.Position() {
			t.Errorf("killed after %v: facts up to %d, position %d, %v", after, n, v.Position(), err)
		}
		follow(t, v, whole)()
		if got := digestOf(t, v); !maps.Equal(got, want) {
			t.Errorf("killed after %v and resumed:\ngot  %v\nwant %v", after, got, want)
		}
	}
	if early == 0 {
		t.Error("never killed in the middle: shows nothing")
	}
}

func beKilled(t *testing.T, dir string) {
	log := sameEverywhere(t, 1000)
	v, err := Open(t.Context(), dir, log, log.safe, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(v.Run(t.Context(), slow{log}))
}

// TestClocksAreKeptWhole fails when a clock has a field that the table lacks.
func TestClocksAreKeptWhole(t *testing.T) {
	w, v, caughtUp := seeing(t, 28)
	w.crowd(15, 300)
	caughtUp()
	clocks := 0
	for _, ref := range w.cases {
		kept, err := collect(t.Context(), v.readers, func(row *sql.Rows) (domain.DeadlineClock, error) {
			var c clockColumns
			err := row.Scan(c.targets()...)
			return c.clock(), err
		}, `SELECT `+deadlineColumns+` FROM deadlines d WHERE ref = ? ORDER BY n`, string(ref))
		if err != nil {
			t.Fatal(err)
		}
		c := w.state(ref)
		for n, k := range c.Clocks {
			if k.Open() && c.MergedInto != "" {
				k.Waived = true // the case that goes on is waited for
			}
			k.Left, k.GivenUp = domain.When{}, domain.When{} // only who folds the case asks for them
			if clocks++; n >= len(kept) || kept[n] != k {
				t.Fatalf("%s:\nkept %+v\nis   %+v", ref, kept, k)
			}
		}
	}
	if clocks == 0 {
		t.Error("no clocks")
	}
}

// TestRowsAreReplaced: rows that a case no longer has must go, whatever a later
// rule takes away from a history.
func TestRowsAreReplaced(t *testing.T) {
	log := newMemory()
	v := opened(t, t.TempDir(), log)
	ref := domain.NewRef("a case")
	c := newFolded(ref)
	c.state.Access = []domain.Access{{Organisation: "a", Relation: domain.ReferredIt}, {Organisation: "b", Relation: domain.Provides}}
	c.state.Places = []domain.Place{{Facility: "F"}, {Facility: "G"}}
	less := newFolded(ref)
	less.state.Access = c.state.Access[1:]
	less.state.Places = c.state.Places[:1]
	for _, step := range []struct {
		c   *folded
		was rowsBeside
	}{{c, rowsBeside{}}, {less, c.rows()}} {
		err := transact(t.Context(), v.db, v.writer, func(ctx context.Context, w *writer) error {
			var rows sheet
			return errors.Join(w.refreshCase(ctx, &rows, step.c, step.was), w.write(ctx, &rows))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM cases`:                                1,
		`SELECT sum(n) FROM totals`:                                 1,
		`SELECT count(*) FROM case_access`:                          1,
		`SELECT count(*) FROM case_access WHERE organisation = 'b'`: 1,
		`SELECT count(*) FROM places WHERE facility = 'F'`:          1,
		`SELECT count(*) FROM places`:                               1,
	} {
		if n, err := number(t.Context(), v.readers, query); n != want || err != nil {
			t.Errorf("%s: %d, should be %d, %v", query, n, want, err)
		}
	}
}
