package projections

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

// A name that cannot be opened stops the views like anything they cannot apply:
// an index that lacked it would find too few and not look it.
func TestStopsAtANameThatDoesNotOpen(t *testing.T) {
	log := newMemory()
	w := newWorld(t, log, 92)
	v := opened(t, t.TempDir(), log)
	ref := w.named("Örnəkova", "Sınaqə")
	last, _ := log.Last(t.Context())
	log.safe.away.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, err := range map[string]error{
		"live":    v.Run(ctx, log),
		"rebuild": Rebuild(t.Context(), t.TempDir(), log, log.safe, nil),
	} {
		if !errors.Is(err, errAway) || strings.Contains(err.Error(), "Örn") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := v.Err(); !errors.Is(err, errAway) || v.Position() >= last {
		t.Errorf("at %d of %d: %v", v.Position(), last, err)
	}
	log.safe.away.Store(false)
	caughtUp := follow(t, v, log)
	for v.Err() != nil { // until it runs again
		time.Sleep(time.Millisecond)
	}
	caughtUp()
	if got := found(t, v, officer, w.now, Query{Name: "Örnəkova"}); len(got) != 1 {
		t.Errorf("when the keys are back, %s is found as %v", ref, got)
	}
}

// What is not sealed as it should be gets into no file.
func TestStopsAtWhatIsNotSealed(t *testing.T) {
	for name, bad := range map[string]domain.AnyEvent{
		"a name in clear":   domain.IdentityRecorded{FamilyName: "Örnəkova"},
		"a box of nothing":  domain.Sealed{Type: "NoteAdded", Box: kept{}},
		"a box of a code":   domain.Sealed{Type: "CaseClosed", Box: kept{stored: "x"}},
		"a box of the wind": domain.Sealed{Type: "IdentityRecorded", Box: sealedBox{safe: &safe{}, text: "bm90aGluZyB0aGF0IG9wZW5z"}},
	} {
		t.Run(name, func(t *testing.T) {
			log := newMemory()
			w := newWorld(t, log, 93)
			ref := w.referred(referrer)
			v := opened(t, t.TempDir(), log)
			log.all = append(log.all, domain.Decision{
				Seq: v.Position() + 1, ID: "bad", Stream: domain.CaseStream(ref), Recorded: w.now, Happened: domain.At(w.now), Events: []domain.AnyEvent{bad},
			})
			at := v.Position()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for how, err := range map[string]error{
				"live":    v.Run(ctx, log),
				"rebuild": Rebuild(t.Context(), t.TempDir(), log, log.safe, nil),
			} {
				if err == nil || !strings.Contains(err.Error(), bad.EventType()) || strings.Contains(err.Error(), "Örn") {
					t.Errorf("%s: %v", how, err)
				}
			}
			if v.Position() != at {
				t.Errorf("passed it over: at %d", v.Position())
			}
		})
	}
}

// otherSearch are the same keys but for that of the search index.
type otherSearch struct{ *safe }

func (o otherSearch) Search() []byte { return o.sum("another search") }

func TestAnotherSearchKeyMakesTheViewsAnew(t *testing.T) {
	log := newMemory()
	w := newWorld(t, log, 94)
	w.named("Örnəkova", "Sınaqə")
	dir, _ := closed(t, log)
	before := digestOf(t, opened(t, dir, log))
	v, err := Open(t.Context(), dir, log, otherSearch{log.safe}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if got := found(t, v, officer, w.now, Query{Name: "Örnəkova"}); len(got) != 1 {
		t.Errorf("found %v", got)
	}
	after := digestOf(t, v)
	if before["position"] == after["position"] || before["facts"] != after["facts"] || before["blind_grams"] != after["blind_grams"] {
		t.Errorf("before %v\nafter  %v", before, after)
	}
}

// Persons are numbered as their cases were opened, for ever, however the views
// came about.
func TestNumbersOfPersons(t *testing.T) {
	log := newMemory()
	v := opened(t, t.TempDir(), log)
	caughtUp := follow(t, v, log)
	w := newWorld(t, log, 95)
	var refs []domain.Ref
	for range 3 {
		refs = append(refs, w.referred(referrer)) // whose name nobody knows yet
	}
	w.must(officer, domain.CaseStream(refs[2]), called("Örnəkova", "Sınaqə"))
	caughtUp()
	w.must(officer, domain.CaseStream(refs[0]), called("Örnəkova", "Misalə"))
	w.erases(refs[2]) // the last number
	caughtUp()
	refs = append(refs, w.referred(referrer))
	caughtUp()
	for _, v := range []*Views{v, opened(t, t.TempDir(), log)} {
		got, err := collect(t.Context(), v.readers, scanRef, `SELECT ref FROM blind_persons ORDER BY n`)
		if err != nil || !slices.Equal(got, refs) {
			t.Errorf("numbered %v, %v, opened %v", got, err, refs)
		}
	}
}

// TestErasedInOneRun: whatever stands together in a run, the rows are those of a
// run for each decision.
func TestErasedInOneRun(t *testing.T) {
	log := newMemory()
	w := newWorld(t, log, 96)
	one, two := w.named("Örnəkova", "Sınaqə"), w.named("Sınaqlı", "Misalə")
	begun := opened(t, t.TempDir(), log)
	w.must(officer, domain.CaseStream(one), called("Təcrübəli", "Sınaqə"))
	w.erases(one)
	w.destroyed(one)
	w.erases(two)
	three := w.named("Nümunəzadə", "Nümunə")
	w.erases(three)
	w.must(officer, domain.CaseStream(three), domain.AssessRisk{Level: "high"})
	follow(t, begun, log)()
	all := opened(t, t.TempDir(), log)
	single := opened(t, t.TempDir(), newMemory())
	log.batch = 1
	follow(t, single, log)()
	want := digestOf(t, all)
	for how, v := range map[string]*Views{"in one run": begun, "one at a time": single} {
		if got := digestOf(t, v); !maps.Equal(got, want) {
			t.Errorf("%s\n%v\nshould be\n%v", how, got, want)
		}
		n, err := number(context.Background(), v.readers, `SELECT count(*) FROM facts WHERE data = ''`)
		if err != nil || n != 4 {
			t.Errorf("%s: %d boxes are empty, %v", how, n, err)
		}
	}
}

// TestFiguresAreMadeOfWhatIsOpen: what is counted must not hang on what can be
// erased.
func TestFiguresAreMadeOfWhatIsOpen(t *testing.T) {
	counted := typesOf(domain.CurrentPlan().Measured()...)
	for _, line := range reportLines() {
		for _, s := range []*domain.Selection{&line.facts, line.among, line.not} {
			if s != nil {
				counted = append(counted, s.Events...)
			}
		}
	}
	for _, rule := range domain.Rules() {
		counted = append(append(counted, rule.From...), rule.To...)
	}
	for _, typ := range counted {
		if spec, ok := domain.EventSpecOf(typ); !ok || spec.Personal {
			t.Errorf("%s is counted, and sealed", typ)
		}
	}
	if len(counted) < 50 {
		t.Errorf("%d types: shows nothing", len(counted))
	}
	if !strings.Contains(personalTypes(), `'IdentityRecorded'`) || strings.Contains(personalTypes(), `'CaseClosed'`) {
		t.Error(personalTypes())
	}
}
