package projections

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// TestEveryEventIsTheSameRebuilt has the views follow a log in which every type of
// event stands in every shape in which it was ever stored, in two orders and, of
// all but what opens a case, also voided. Made anew from the log they are the same.
func TestEveryEventIsTheSameRebuilt(t *testing.T) {
	log := newMemory()
	v := opened(t, t.TempDir(), log)
	caughtUp := follow(t, v, log)
	w := newWorld(t, log, 91)
	n := 0
	tell := func(on domain.Stream, e domain.AnyEvent) domain.EventAt {
		n++
		w.later(time.Hour)
		id := fmt.Sprintf("0190b2b6-0000-7000-8000-%012x", n)
		log.mu.Lock()
		defer log.mu.Unlock()
		log.add(domain.Decision{Stream: on, ID: id, By: officer, Happened: domain.At(w.now), Recorded: w.now, Events: []domain.AnyEvent{e}})
		return domain.EventAt{Decision: id}
	}
	erasing := []string{"IdentityErased", "ErasureCompleted"} // nothing comes after them
	specs := slices.DeleteFunc(slices.Clone(domain.EventSpecs()), func(s domain.EventSpec) bool { return slices.Contains(erasing, s.Type) })
	for _, backwards := range []bool{false, true} {
		if backwards {
			slices.Reverse(specs)
		}
		on := map[domain.StreamKind]domain.Stream{
			domain.CaseKind: domain.CaseStream(w.referred(referrer)), domain.FacilityKind: domain.FacilityStream(w.houses[gence.Organisation]),
			domain.ActionKind: domain.ActionStream("4.1.9"), domain.CallKind: domain.CallStream(domain.NewRef(fmt.Sprint("call", n))),
			domain.AccessKind: domain.AccessStream(domain.NewRef(fmt.Sprint("access", n))),
		}
		var facts []domain.EventVoided
		for _, spec := range specs {
			for _, e := range shapes(t, spec.Type) {
				at := tell(on[spec.Kind], e)
				if spec.Kind == domain.CaseKind {
					facts = append(facts, domain.EventVoided{Event: at, Type: spec.Type, Reason: "typing"})
				}
			}
		}
		caughtUp()
		sameRebuilt(t, v, log)
		if backwards {
			for _, void := range facts {
				tell(on[domain.CaseKind], void)
			}
			caughtUp()
			sameRebuilt(t, v, log)
		}
		for _, typ := range erasing {
			for _, e := range shapes(t, typ) {
				tell(on[domain.CaseKind], e)
			}
		}
		caughtUp()
		sameRebuilt(t, v, log)
	}
}

// shapes are the golden examples of an event type.
func shapes(t *testing.T, typ string) (all []domain.AnyEvent) {
	t.Helper()
	for _, pattern := range []string{typ + ".json", typ + ".[0-9].json"} {
		files, err := filepath.Glob(filepath.Join("..", "domain", "testdata", "events", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			e, err := domain.DecodeEvent(typ, b)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no example of %s", typ)
	}
	return all
}

// sameRebuilt holds the views against those that are made anew.
func sameRebuilt(t *testing.T, v *Views, log *memory) {
	t.Helper()
	live := digestOf(t, v)
	if made := digestOf(t, opened(t, t.TempDir(), log)); !maps.Equal(live, made) {
		for table := range live {
			if live[table] != made[table] {
				t.Errorf("%s: live %s, rebuilt %s", table, live[table], made[table])
			}
		}
	}
}
