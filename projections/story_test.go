package projections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"nrm/domain"
)

// memory is a log in memory. Decisions go through their stored form, as in the
// real one.
type memory struct {
	mu    sync.Mutex
	all   []domain.Decision
	by    map[string][]domain.Decision
	wake  chan struct{}
	batch int // decisions in a run of Follow and Replay; 0 means all that wait
	safe  *safe
}

func newMemory() *memory {
	return &memory{by: map[string][]domain.Decision{}, wake: make(chan struct{}), safe: &safe{seed: "a seed"}}
}

func (m *memory) keys() *safe { return m.safe }

func (m *memory) Update(_ context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	histories := make([][]domain.Decision, len(streams))
	for i, s := range streams {
		histories[i] = m.by[s]
	}
	made, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for _, d := range made {
		if len(d.Events) > 0 {
			m.add(d)
		}
	}
	return uint64(len(m.all)), nil
}

// add stores a decision at the next position.
func (m *memory) add(d domain.Decision) {
	var events []domain.StoredEvent
	for n, e := range d.Events {
		events = append(events, m.safe.stored(domain.Slot{Stream: d.Stream, Decision: d.ID, N: n}, e))
	}
	name := d.Stream.String()
	stored, err := domain.DecisionFrom(uint64(len(m.all)+1), name, d.ID, d.Meta(), events)
	if err != nil {
		panic(err)
	}
	m.all, m.by[name] = append(m.all, stored), append(m.by[name], stored)
	close(m.wake)
	m.wake = make(chan struct{})
}

func (m *memory) Last(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(len(m.all)), nil
}

func (m *memory) Follow(ctx context.Context, after uint64, f func([]domain.Decision) error) error {
	for {
		m.mu.Lock()
		last, wake := uint64(len(m.all)), m.wake
		m.mu.Unlock()
		if err := m.Replay(ctx, after, last, f); err != nil {
			return err
		}
		after = last
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		}
	}
}

func (m *memory) Replay(ctx context.Context, after, through uint64, f func([]domain.Decision) error) error {
	for after < through {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := through
		if m.batch > 0 {
			next = min(next, after+uint64(m.batch))
		}
		m.mu.Lock()
		run := slices.Clone(m.all[after:next])
		m.mu.Unlock()
		if err := f(run); err != nil {
			return err
		}
		after = next
	}
	return nil
}

// People of the tests.
var (
	referrer    = domain.Actor{User: "r1", Role: domain.Referrer, Organisation: "police-gence"}
	duty        = domain.Actor{User: "d1", Role: domain.DutyOfficer, Organisation: "spu"}
	officer     = domain.Actor{User: "o1", Role: domain.CaseOfficer, Organisation: "spu"}
	head        = domain.Actor{User: "h1", Role: domain.Head, Organisation: "spu"}
	shelter     = domain.Actor{User: "s1", Role: domain.Shelter, Organisation: "shelter-baki"}
	gence       = domain.Actor{User: "s2", Role: domain.Shelter, Organisation: "shelter-gence"}
	centre      = domain.Actor{User: "c1", Role: domain.AssistanceCentre, Organisation: "centre-baki"}
	children    = domain.Actor{User: "ch1", Role: domain.ChildProtection, Organisation: "scfwca"}
	migration   = domain.Actor{User: "m1", Role: domain.Migration, Organisation: "sms"}
	consul      = domain.Actor{User: "k1", Role: domain.Consulate, Organisation: "consulate-istanbul"}
	fund        = domain.Actor{User: "f1", Role: domain.FundOfficer, Organisation: "fund"}
	lawyer      = domain.Actor{User: "l1", Role: domain.LegalAid, Organisation: "legal-aid-a"}
	prosecutor  = domain.Actor{User: "p1", Role: domain.Prosecution, Organisation: "prosecutor-general"}
	coordinator = domain.Actor{User: "n1", Role: domain.Coordinator, Organisation: "coordinator"}
	protector   = domain.Actor{User: "x1", Role: domain.DataProtection, Organisation: "data-protection"}
)

func people() []domain.Actor {
	return []domain.Actor{referrer, duty, officer, head, shelter, gence, centre, children, migration, consul, fund, lawyer, prosecutor, coordinator, protector}
}

// A world is a log that things are recorded in.
type world struct {
	facts  []domain.EventAt // of the case that was looked at last
	t      testing.TB
	log    domain.Log
	rnd    *rand.Rand
	now    time.Time
	houses map[string]domain.Ref // organisation -> its facility
	cases  []domain.Ref
	states map[domain.Ref]*domain.Case // as last folded by stroll
	made   map[string]int              // commands accepted
	keeps  bool                        // keys, also of who was erased
}

// newWorld has a shelter in Bakı with two beds, one in Gəncə and a centre.
func newWorld(t testing.TB, log domain.Log, seed uint64) *world {
	w := &world{
		t: t, log: log, rnd: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2024, 3, 1, 6, 0, 0, 0, time.UTC),
		houses: map[string]domain.Ref{}, states: map[domain.Ref]*domain.Case{}, made: map[string]int{},
	}
	for _, h := range []struct {
		by       domain.Actor
		district string
		beds     int
	}{{shelter, "AZ-BA", 2}, {gence, "AZ-GA", 40}, {centre, "AZ-BA", 30}} {
		ref := domain.NewRef("facility of " + h.by.Organisation)
		w.houses[h.by.Organisation] = ref
		w.must(coordinator, domain.FacilityStream(ref), domain.OpenFacility{
			Kind: string(h.by.Role), Operator: "state", Organisation: h.by.Organisation, District: h.district, Capacity: h.beds,
		})
	}
	return w
}

// later lets time pass.
func (w *world) later(d time.Duration) *world {
	w.now = w.now.Add(d)
	return w
}

func (w *world) give(by domain.Actor, s domain.Stream, cmd domain.Asked) (domain.Outcome, error) {
	id := fmt.Sprintf("%08x-0000-7000-8000-%012x", w.rnd.Uint32(), w.rnd.Uint64()>>16)
	req := domain.Request{ID: id, By: by, Happened: domain.At(w.now), Now: w.now.Add(time.Second)}
	out, err := domain.Execute(context.Background(), w.log, req, s, cmd)
	if err == nil && out.Recorded {
		spec, _ := domain.SpecOf(cmd)
		w.made[spec.Name]++
	}
	return out, err
}

func (w *world) must(by domain.Actor, s domain.Stream, cmd domain.Asked) uint64 {
	w.t.Helper()
	out, err := w.give(by, s, cmd)
	if err != nil {
		w.t.Fatalf("%T: %v", cmd, err)
	}
	return out.Position
}

// referred opens a case.
func (w *world) referred(by domain.Actor) domain.Ref {
	w.t.Helper()
	ref := domain.NewRef(fmt.Sprintf("case %d of %p", len(w.cases), w))
	w.cases = append(w.cases, ref)
	w.must(by, domain.CaseStream(ref), referral())
	return ref
}

func referral() domain.RegisterReferral {
	return domain.RegisterReferral{
		Source: domain.Codes("referral_source")[0].Code, Circumstances: []string{domain.Codes("circumstance")[0].Code},
		Status: "presumed", Age: "adult", Sex: "female", Citizenship: "az", District: "AZ-GA", Basis: domain.Codes("referral_basis")[0].Code,
	}
}

// stroll takes a case as many steps further: mostly such as are expected,
// sometimes any. Refused ones count too.
func (w *world) stroll(ref domain.Ref, steps int) {
	for range steps {
		w.later(time.Duration(w.rnd.IntN(72*60)) * time.Minute)
		c := w.state(ref)
		specs := slices.DeleteFunc(slices.Clone(domain.CommandSpecs()), func(s domain.CommandSpec) bool {
			return s.Kind != domain.CaseKind || s.Name == "register-referral" || s.Track == "access" || !s.Expected(c) && w.rnd.IntN(25) > 0
		})
		if len(specs) == 0 {
			continue
		}
		spec := specs[w.rnd.IntN(len(specs))]
		if spec.Name == "close-case" && w.rnd.IntN(3) > 0 || spec.Name == "reopen-case" && w.rnd.IntN(4) > 0 {
			continue
		}
		by, ok := w.giver(spec, c)
		if !ok {
			continue
		}
		out, err := w.give(by, domain.CaseStream(ref), w.command(spec, c, by))
		if m, ok := w.log.(*memory); ok && !w.keeps && out.Recorded && spec.Name == "approve-erasure" && w.rnd.IntN(2) == 0 {
			m.safe.forget(domain.CaseStream(ref))
		}
		if _, refused := domain.AsRefusal(err); err != nil && !refused {
			w.t.Fatal(err)
		}
		if spec.Name != "split-case" {
			continue
		}
		for _, begun := range w.state(ref).SplitInto {
			if !slices.Contains(w.cases, begun) {
				w.cases = append(w.cases, begun)
			}
		}
	}
}

func (w *world) state(ref domain.Ref) *domain.Case {
	var c *domain.Case
	_, err := w.log.Update(context.Background(), []string{domain.CaseStream(ref).String()}, func(h [][]domain.Decision) (_ []domain.Decision, err error) {
		c, err = domain.Fold[domain.Case](h[0])
		w.facts = nil
		for _, d := range h[0] {
			for n := range d.Events {
				w.facts = append(w.facts, domain.EventAt{Decision: d.ID, Place: n})
			}
		}
		return make([]domain.Decision, 1), err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.states[ref] = c
	return c
}

func (w *world) giver(spec domain.CommandSpec, c *domain.Case) (domain.Actor, bool) {
	able := slices.DeleteFunc(append(people(), domain.ClockActor()), func(a domain.Actor) bool {
		return !spec.MayGive(a.Role) || a.Role != domain.Clock && !domain.MaySee(a, c.Access, w.now)
	})
	if len(able) == 0 {
		return domain.Actor{}, false
	}
	return able[w.rnd.IntN(len(able))], true
}

// command fills the fields of a command with what it takes.
func (w *world) command(spec domain.CommandSpec, c *domain.Case, by domain.Actor) domain.Asked {
	data := map[string]any{}
	for _, f := range spec.Fields() {
		switch f.Kind {
		case domain.OneCode:
			choices := f.Choices()
			data[f.Name] = choices[w.rnd.IntN(len(choices))].Code
		case domain.ManyCodes:
			choices := f.Choices()
			data[f.Name] = []string{choices[w.rnd.IntN(len(choices))].Code}
		case domain.YesNo:
			data[f.Name] = w.rnd.IntN(2) == 0
		case domain.Number:
			if f.Name != "birth_year" {
				data[f.Name] = w.rnd.IntN(2)
			}
		case domain.Amount:
			data[f.Name] = 70000
		case domain.ADay:
			if f.Name == "birth_date" {
				data[f.Name] = domain.NewDay(1960+w.rnd.IntN(40), time.May, 1+w.rnd.IntN(28)).String()
				continue
			}
			data[f.Name] = domain.DayOf(w.now).Add(31 + w.rnd.IntN(30)).String()
		case domain.ShortText, domain.LongText:
			data[f.Name] = w.text(f.Name)
		case domain.ACase:
			data[f.Name] = w.cases[w.rnd.IntN(len(w.cases))]
		case domain.ManyCases:
			data[f.Name] = []domain.Ref{w.cases[w.rnd.IntN(len(w.cases))]}
		case domain.AnEvent:
			data[f.Name] = w.facts[w.rnd.IntN(len(w.facts))]
		case domain.AReference:
			data[f.Name] = "CR-2024/153"
		case domain.ItemBank:
			data[f.Name] = domain.Answers{{Code: f.Choices()[w.rnd.IntN(len(f.Choices()))].Code, Answer: "present"}}
		case domain.NumbersOf:
			data[f.Name] = domain.Counts{{Code: f.Choices()[w.rnd.IntN(len(f.Choices()))].Code, Number: f.Min}}
		case domain.AFacility:
			data[f.Name] = w.houses[by.Organisation]
			if _, asks := spec.Name, spec.Name == "request-shelter"; asks {
				data[f.Name] = w.houses[[]string{"shelter-baki", "shelter-gence", "centre-baki"}[w.rnd.IntN(3)]]
			}
		}
	}
	if spec.Name == "decide-identification" && w.rnd.IntN(4) > 0 {
		data["outcome"] = "positive"
	}
	if spec.Name == "correct-fact" { // one field
		one := domain.Codes("correctable")[w.rnd.IntN(len(domain.Codes("correctable")))].Code
		data = map[string]any{"event": data["event"], "reason": data["reason"], one: data[one]}
		if one == "took_place" || data[one] == nil {
			data["took_place"] = domain.At(w.now.Add(-time.Duration(w.rnd.IntN(200)) * time.Hour))
		}
	}
	b, err := json.Marshal(data)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd, err := spec.Parse(b)
	if err != nil {
		w.t.Fatalf("%s: %v", spec.Name, err)
	}
	return cmd
}

// crowd records random courses of many cases at once, with deadlines marked.
func (w *world) crowd(cases, steps int) {
	for range cases {
		w.referred([]domain.Actor{referrer, lawyer, consul, children, shelter}[w.rnd.IntN(5)])
	}
	for range steps {
		w.stroll(w.cases[w.rnd.IntN(len(w.cases))], 1)
		w.later(-30 * time.Hour) // many at once
		if w.now.Before(time.Date(2024, 3, 1, 7, 0, 0, 0, time.UTC)) {
			w.later(48 * time.Hour)
		}
	}
	for _, rule := range domain.Rules() {
		for _, ref := range w.cases[:len(w.cases)/2] {
			w.must(domain.ClockActor(), domain.CaseStream(ref), domain.MarkOverdue{Rule: rule.ID})
		}
	}
}

// follow runs views until the test ends, and gives a function that waits for
// all of the log.
func follow(t testing.TB, v *Views, log Log) (caughtUp func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx, log) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	return func() {
		t.Helper()
		last, err := log.Last(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := v.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
	}
}

// opened opens views in dir and closes them with the test.
func opened(t testing.TB, dir string, log Log) *Views {
	t.Helper()
	v, err := Open(t.Context(), dir, log, keysOf(t, log), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// seeing gives a world with views that follow it.
func seeing(t testing.TB, seed uint64) (*world, *Views, func()) {
	t.Helper()
	log := newMemory()
	w := newWorld(t, log, seed)
	v := opened(t, t.TempDir(), log)
	return w, v, follow(t, v, log)
}

func digestOf(t testing.TB, v *Views) map[string]string {
	t.Helper()
	d, err := v.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}
