package projections

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// hasty is a log that tells early what will come, and is not always right.
type hasty struct {
	*memory
	t     *testing.T
	v     *Views
	right int // decisions that were told early and came
}

func (h *hasty) FollowEarly(ctx context.Context, after uint64, early func(*domain.Decision), f func([]domain.Decision) error) error {
	rnd := rand.New(rand.NewPCG(3, uint64(after)))
	return h.Follow(ctx, after, func(run []domain.Decision) error {
		for range rnd.IntN(3) {
			h.mislead(rnd, run[0], early)
		}
		if rnd.IntN(2) == 0 {
			early(&run[0])
			h.right++
		}
		facts, err := number(ctx, h.v.readers, `SELECT count(*) FROM facts WHERE seq >= ?`, int64(run[0].Seq))
		if err != nil || facts > 0 || h.v.Position() >= run[0].Seq {
			h.t.Errorf("what is not known to be in the log can be seen: %d facts, %v", facts, err)
		}
		return f(run)
	})
}

// mislead tells of a decision that does not come.
func (h *hasty) mislead(rnd *rand.Rand, d domain.Decision, early func(*domain.Decision)) {
	switch rnd.IntN(4) {
	case 0: // decided anew under the same id, with another answer
		d.Events = slices.Clone(d.Events)
		d.Events[len(d.Events)-1] = domain.DeviationNoted{Code: domain.Codes("deviation")[0].Code}
	case 1: // something else altogether
		seq := d.Seq
		d = h.all[rnd.IntN(len(h.all))]
		d.Seq = seq
	case 2: // what cannot be applied
		d.Events = []domain.AnyEvent{foreign{}}
	case 3: // of a stream that has nothing else
		d.Stream = domain.CaseStream(domain.NewRef("nobody"))
	}
	early(&d)
	if rnd.IntN(4) == 0 {
		early(nil)
	}
}

// Whatever is told early: only what came is in the views.
func TestEarlyIsNoTruth(t *testing.T) {
	for _, batch := range []int{1, 3} {
		log := &hasty{memory: newMemory(), t: t}
		log.batch = batch
		w := newWorld(t, log.memory, 61)
		log.v = opened(t, t.TempDir(), log.memory)
		w.crowd(6, 120)
		follow(t, log.v, log)()
		live := digestOf(t, log.v)
		if made := digestOf(t, opened(t, t.TempDir(), log.memory)); !maps.Equal(live, made) {
			t.Errorf("in runs of %d: live    %v\nrebuilt %v", batch, live, made)
		}
		if log.right < 10 {
			t.Errorf("only %d were right: proves nothing", log.right)
		}
	}
}

// prompt is a log that tells early of everything that comes, and before each
// decision on a case of a void that does not come.
type prompt struct {
	*memory
	misled, voids int
}

func (p *prompt) FollowEarly(ctx context.Context, after uint64, early func(*domain.Decision), f func([]domain.Decision) error) error {
	last := map[domain.Stream]domain.Decision{}
	return p.Follow(ctx, after, func(run []domain.Decision) error {
		d := run[0]
		if before, ok := last[d.Stream]; ok && d.Stream.Kind == domain.CaseKind {
			lie := d
			lie.Events = []domain.AnyEvent{domain.EventVoided{Event: domain.EventAt{Decision: before.ID}, Type: before.Events[0].EventType(), Reason: "typing"}}
			early(&lie)
			p.misled++
		}
		last[d.Stream] = d
		if d.Corrects() {
			p.voids++
		}
		early(&d)
		return f(run)
	})
}

// A void that is told early has the case folded again like any other, also when it
// does not come after all.
func TestAVoidThatIsToldEarly(t *testing.T) {
	log := &prompt{memory: newMemory()}
	log.batch = 1
	w := newWorld(t, log.memory, 62)
	v := opened(t, t.TempDir(), log.memory)
	caughtUp := follow(t, v, log)
	ref := handedOver(w)
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.AssessRisk{Level: "high"})
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.CorrectFact{Event: w.the(ref, "RiskAssessed"), Level: "low", Reason: "typing"})
	w.void(ref, "HandoverAccepted")
	w.later(time.Hour).must(officer, domain.CaseStream(ref), domain.AssessRisk{Level: "medium"})
	w.void(ref, "RiskAssessed")
	other := handedOver(w)
	admitted(w, other)
	w.later(time.Hour).must(officer, domain.CaseStream(other), domain.VoidEvent{Event: w.the(other, "AdmissionConfirmed"), Reason: "typing"})
	mistaken := w.named("Hüseynova", "Nigar")
	w.void(mistaken, "IdentityRecorded")
	caughtUp()
	if got := found(t, v, officer, w.now, Query{Name: "Huseynova"}); len(got) != 0 {
		t.Errorf("found %v by a voided name", got)
	}
	live := digestOf(t, v)
	if made := digestOf(t, opened(t, t.TempDir(), log.memory)); !maps.Equal(live, made) {
		t.Errorf("live    %v\nrebuilt %v", live, made)
	}
	if log.voids != 5 || log.misled < 8 {
		t.Errorf("%d voids and corrections came, %d did not: proves nothing", log.voids, log.misled)
	}
	p, err := v.Case(t.Context(), officer, w.now, ref)
	if err != nil || p.State.Risk != "low" || !p.State.HandedOver.IsZero() || p.Row.Stage != "referred" {
		t.Errorf("%+v, %v", p.Row, err)
	}
}
