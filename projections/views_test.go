package projections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/domain"
)

func TestRebuildEqualsLive(t *testing.T) {
	for name, batch := range map[string]int{"one at a time": 1, "in runs of 50": 50} {
		t.Run(name, func(t *testing.T) {
			log := newMemory()
			log.batch = batch
			v := opened(t, t.TempDir(), log)
			caughtUp := follow(t, v, log)
			w := newWorld(t, log, 1)
			w.crowd(20, 500)
			forgotten, approved, document := w.named("Örnəkova", "Sınaqə"), w.named("Sınaqlı", "Misalə"), w.named("Misalova", "Nümunə")
			w.must(officer, domain.CaseStream(document), domain.RecordDocument{DocumentFields: domain.DocumentFields{DocumentKind: first("document_kind"), DocumentNumber: "XX1"}})
			w.must(officer, domain.CaseStream(document), domain.RecordNarrative{Text: "a story"})
			agreed := domain.CaseStream(handedOver(w))
			w.must(officer, agreed, consentTo("legal_claim", domain.DayOf(w.now).Add(60), lawyer.Organisation))
			w.later(time.Hour).must(officer, agreed, domain.WithdrawConsent{Purpose: "legal_claim", By: "person", Form: "written"})
			unreadable, both := handedOver(w), handedOver(w)
			mended := domain.CaseStream(w.referred(referrer))
			w.later(time.Hour).must(officer, mended, domain.AssessRisk{Level: "high"})
			w.state(mended.Ref())
			w.must(officer, mended, domain.CorrectFact{Event: w.facts[len(w.facts)-1], Reason: first("correction_reason"), Level: "low"})
			for _, ref := range []domain.Ref{unreadable, both} {
				log.safe.damage(domain.CaseStream(ref))
				w.must(officer, domain.CaseStream(ref), called("Nümunəzadə", "Sınaqə"))
			}
			w.erases(both)
			w.erases(forgotten)
			w.destroyed(forgotten)
			w.erases(approved) // the keys are still there
			w.must(coordinator, domain.ActionStream("4.1.9"), domain.HoldMeeting{Body: domain.Codes("body")[0].Code, Present: 5, Members: 9})
			w.looks(forgotten, approved)
			w.breaks(document)
			caughtUp()
			live := digestOf(t, v)

			again := opened(t, t.TempDir(), log)
			if made := digestOf(t, again); !maps.Equal(live, made) {
				t.Errorf("live    %v\nrebuilt %v", live, made)
			}
			for _, room := range []int{2, 8, 20} {
				v, late := builtIn(t, log, room)
				if made := digestOf(t, v); !maps.Equal(live, made) {
					t.Errorf("live    %v\nrebuilt with room for %d cases %v", live, room, made)
				}
				if late == 0 || room == 2 && late < len(w.cases)/2 {
					t.Errorf("with room for %d of %d cases %d were late: proves nothing", room, len(w.cases), late)
				}
			}
			for table, sum := range live {
				if n, err := number(t.Context(), again.readers, `SELECT count(*) FROM `+table); err != nil || n == 0 {
					t.Errorf("%s: %d rows, %v: proves nothing", table, n, err)
				}
				if sum == "" {
					t.Errorf("%s has no digest", table)
				}
			}
			for _, c := range []string{"record-identity", "record-narrative", "approve-erasure", "complete-erasure"} {
				if w.made[c] == 0 {
					t.Errorf("%s was never accepted", c)
				}
			}
			if len(w.made) < 30 {
				t.Errorf("only %d commands were ever accepted: the histories are too poor to show anything", len(w.made))
			}
		})
	}
}

// builtIn builds views with room for some cases in memory, and tells how many
// had to be folded again.
func builtIn(t *testing.T, log *memory, room int) (v *Views, late int) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "views.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := open(path, 1, building)
	if err != nil {
		t.Fatal(err)
	}
	b := builder{db: db, log: log, keys: log.safe, progress: func(uint64, uint64) {}, folds: folding{room: room}}
	if err := errors.Join(b.fill(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	return opened(t, dir, log), len(b.folds.late())
}

func TestDigestSeesEveryChange(t *testing.T) {
	w, v, caughtUp := seeing(t, 2)
	w.referred(referrer)
	caughtUp()
	before := digestOf(t, v)
	if _, err := v.db.now().Exec(`UPDATE cases SET risk = 'high'`); err != nil {
		t.Fatal(err)
	}
	after := digestOf(t, v)
	if before["cases"] == after["cases"] || before["facts"] != after["facts"] {
		t.Errorf("before %v\nafter %v", before, after)
	}
}

func TestResumeWhereItWas(t *testing.T) {
	log, dir := newMemory(), t.TempDir()
	w := newWorld(t, log, 3)
	w.crowd(5, 60)
	for range 3 {
		v, err := Open(t.Context(), dir, log, log.safe, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.crowd(2, 40)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- v.Run(ctx, log) }()
		last, _ := log.Last(ctx)
		if err := v.WaitFor(ctx, last); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := v.Err(); err != nil {
			t.Errorf("a run that was told to end is no failure, got %v", err)
		}
		if err := v.WaitFor(t.Context(), last+1); err == nil {
			t.Error("waiting for views that do not run must not wait for ever")
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
	}
	resumed := digestOf(t, opened(t, dir, log))
	if made := digestOf(t, opened(t, t.TempDir(), log)); !maps.Equal(resumed, made) {
		t.Errorf("resumed %v\nrebuilt %v", resumed, made)
	}
}

// repeating hands over what was handed over before, as a log may after a broken
// connection.
type repeating struct{ *memory }

func (r repeating) Follow(ctx context.Context, _ uint64, f func([]domain.Decision) error) error {
	return r.memory.Follow(ctx, 0, f)
}

func TestAppliesOnce(t *testing.T) {
	log, dir := newMemory(), t.TempDir()
	w := newWorld(t, log, 4)
	w.crowd(3, 40)
	v := opened(t, dir, log)
	w.crowd(1, 10)
	follow(t, v, repeating{log})()
	if made := digestOf(t, opened(t, t.TempDir(), log)); !maps.Equal(digestOf(t, v), made) {
		t.Error("what came twice was applied twice")
	}
}

// foreign is an event that no release of the register knows.
type foreign struct{}

func (foreign) EventType() string { return "FromTheFuture" }

func TestStopsAtWhatItCannotApply(t *testing.T) {
	ref := domain.NewRef("a case")
	for name, bad := range map[string]domain.AnyEvent{
		"an unknown event":                foreign{},
		"an event of a facility's stream": domain.FacilityClosed{},
	} {
		t.Run(name, func(t *testing.T) {
			log := newMemory()
			w := newWorld(t, log, 5)
			v := opened(t, t.TempDir(), log)
			w.referred(referrer)
			good, _ := log.Last(t.Context())
			log.mu.Lock()
			log.all = append(log.all, domain.Decision{Seq: good + 1, ID: "bad", Stream: domain.CaseStream(ref), Recorded: w.now, Happened: domain.At(w.now), Events: []domain.AnyEvent{bad}})
			log.mu.Unlock()

			waiting := make(chan error, 1)
			go func() { waiting <- v.WaitFor(context.Background(), good+1) }()
			err := v.Run(t.Context(), log)
			if err == nil || !strings.Contains(err.Error(), bad.EventType()) {
				t.Fatalf("Run: %v", err)
			}
			if err := v.Err(); err == nil || !strings.Contains(err.Error(), bad.EventType()) {
				t.Errorf("Err: %v", err)
			}
			if err := <-waiting; err == nil || !strings.Contains(err.Error(), bad.EventType()) {
				t.Errorf("WaitFor: %v", err)
			}
			if v.Position() > good {
				t.Errorf("at %d, past the bad decision", v.Position())
			}
			if n, err := number(t.Context(), v.readers, `SELECT count(*) FROM facts WHERE seq > ?`, v.Position()); n != 0 || err != nil {
				t.Errorf("%d facts of a run that failed, %v", n, err)
			}
			if _, err := Open(t.Context(), t.TempDir(), log, log.safe, nil); err == nil || !strings.Contains(err.Error(), bad.EventType()) {
				t.Errorf("a build passes it over: %v", err)
			}
		})
	}
}

func TestRunsOnce(t *testing.T) {
	w, v, caughtUp := seeing(t, 6)
	w.referred(referrer)
	caughtUp() // so it runs
	if err := v.Run(t.Context(), w.log.(Log)); err == nil {
		t.Error("two runs at once")
	}
	w.referred(referrer)
	caughtUp()
	if err := v.Err(); err != nil {
		t.Error(err)
	}
}

func TestRecentCases(t *testing.T) {
	var r recent
	ref := func(i int) domain.Ref { return domain.Ref(fmt.Sprint(i)) }
	for i := range 2*generation + 1 {
		r.keep(newFolded(ref(i)))
		r.keep(newFolded("always"))
		if len(r.young)+len(r.old) > 2*generation {
			t.Fatalf("%d cases are kept", len(r.young)+len(r.old))
		}
	}
	for i, want := range map[int]bool{0: false, 2 * generation: true} {
		if _, kept := r.get(ref(i)); kept != want {
			t.Errorf("case %d is kept: %v", i, kept)
		}
	}
	if _, kept := r.get("always"); !kept {
		t.Error("a case that is worked on all the time was forgotten")
	}
}

func TestWaitFor(t *testing.T) {
	w, v, caughtUp := seeing(t, 7)
	caughtUp()
	next := v.Position() + 1
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := v.WaitFor(ctx, next); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited with %v", err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := v.WaitFor(t.Context(), next); err != nil {
				t.Error(err)
			}
			if v.Position() < next {
				t.Error("woken too early")
			}
		})
	}
	w.referred(referrer)
	wg.Wait()
}

func TestReadersDuringWrites(t *testing.T) {
	w, v, caughtUp := seeing(t, 8)
	first := w.referred(referrer)
	caughtUp()
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	reads, now := 0, w.now
	for _, by := range []domain.Actor{officer, shelter, coordinator, fund} {
		readers.Go(func() {
			for ctx.Err() == nil {
				queues, err := v.Queues(t.Context(), by, now)
				if err != nil || len(queues) == 0 {
					t.Error(len(queues), err)
				}
				rows, n, err := v.Cases(t.Context(), by, now, Filter{Limit: 200})
				if err != nil || len(rows) != min(n, 200) {
					t.Error(len(rows), n, err)
				}
				if by == officer {
					page, err := v.Case(t.Context(), by, now, first)
					if err != nil || len(page.Timeline) < 3 {
						t.Error(len(page.Timeline), err)
					}
					reads++
				}
			}
		})
	}
	for ref := first; len(w.cases) < 40; ref = w.referred(referrer) {
		w.stroll(ref, 5)
	}
	caughtUp()
	stop()
	readers.Wait()
	if reads == 0 {
		t.Error("nothing was read")
	}
}
