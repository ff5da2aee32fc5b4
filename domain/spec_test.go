package domain

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The people of the specs.
var (
	police      = Actor{"u-police", Referrer, "police-baki"}
	duty        = Actor{"u-duty", DutyOfficer, "spu"}
	officer     = Actor{"u-officer", CaseOfficer, "spu"}
	head        = Actor{"u-head", Head, "spu"}
	shelter     = Actor{"u-shelter", Shelter, "shelter-baki"}
	otherHouse  = Actor{"u-other", Shelter, "shelter-gence"}
	centre      = Actor{"u-centre", AssistanceCentre, "centre-baki"}
	consul      = Actor{"u-consul", Consulate, "consulate-istanbul"}
	migration   = Actor{"u-migration", Migration, "sms"}
	fund        = Actor{"u-fund", FundOfficer, "fund"}
	lawyer      = Actor{"u-lawyer", LegalAid, "legal-aid-a"}
	prosecutor  = Actor{"u-prosecutor", Prosecution, "prosecutor-general"}
	coordinator = Actor{"u-coordinator", Coordinator, "coordinator"}
	dpo         = Actor{"u-dpo", DataProtection, "data-protection"}
)

var (
	theCase     = CaseStream(NewRef("the case"))
	theFacility = FacilityStream(NewRef("the facility"))
	specNow     = time.Date(2024, 6, 30, 12, 0, 0, 0, time.UTC)
	// house is the reference of the facility that every world has: two beds in
	// Bakı, run by shelter-baki.
	house = theFacility.Ref()
)

// memory is a log in memory: the contract of [Log] and nothing else.
type memory struct {
	mu      sync.Mutex
	seq     uint64
	streams map[string][]Decision
}

func (m *memory) Update(_ context.Context, streams []string, decide func([][]Decision) ([]Decision, error)) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.streams == nil {
		m.streams = map[string][]Decision{}
	}
	histories := make([][]Decision, len(streams))
	for i, s := range streams {
		histories[i] = slices.Clone(m.streams[s])
	}
	decisions, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for i, d := range decisions {
		if len(d.Events) > 0 {
			m.seq++
			d.Seq = m.seq
			m.streams[streams[i]] = append(m.streams[streams[i]], stored(d))
		}
	}
	return m.seq, nil
}

// A drawer is a box of these specs: it is closed, and empty once the person of
// its case is erased.
type drawer struct {
	slot   Slot
	data   []byte
	erased *sync.Map // of streams
}

var erased sync.Map

func (b *drawer) Open() ([]byte, error) {
	if _, gone := b.erased.Load(b.slot.Stream); gone {
		return nil, ErrErased
	}
	return b.data, nil
}

func (b *drawer) Stored() []byte { return nil }

// stored is what a decision looks like once it was written and read back.
func stored(d Decision) Decision {
	var events []StoredEvent
	for n, e := range d.Events {
		typ, b, err := EncodeEvent(e)
		if err != nil {
			panic(err)
		}
		kept := StoredEvent{Type: typ, Data: b}
		if spec, _ := EventSpecOf(typ); spec.Personal {
			kept = StoredEvent{Type: typ, Box: &drawer{Slot{d.Stream, d.ID, n, typ}, b, &erased}}
		}
		events = append(events, kept)
	}
	back, err := DecisionFrom(d.Seq, d.Stream.String(), d.ID, d.Meta(), events)
	if err != nil {
		panic(err)
	}
	return back
}

// said is a command together with who gives it and when it happened.
type said struct {
	by  Actor
	at  string // what ParseWhen reads
	cmd Asked
	now time.Time
	on  Stream
}

func (a Actor) says(at string, cmd Asked) said { return said{by: a, at: at, cmd: cmd, now: specNow} }

// when moves the register's clock for one command.
func (s said) when(now string) said {
	s.now = mustWhen(now).At
	return s
}

// to addresses a command to another stream than the case or the facility of
// the spec.
func (s said) to(stream Stream) said { s.on = stream; return s }

func (s said) stream() Stream {
	if s.on != (Stream{}) {
		return s.on
	}
	if spec, _ := SpecOf(s.cmd); spec.Kind == FacilityKind {
		return theFacility
	}
	return theCase
}

func (s said) execute(log Log) (Outcome, error) {
	req := Request{By: s.by, Now: s.now}
	if s.at != "" {
		req.Happened = mustWhen(s.at)
	}
	return Execute(context.Background(), log, req, s.stream(), s.cmd)
}

// world is given a story; when asks one thing more; then and refused say what
// comes of it.
type world struct {
	t    *testing.T
	log  *memory
	last said
}

func given(t *testing.T, story ...said) *world {
	t.Helper()
	w := &world{t: t, log: &memory{}}
	open := coordinator.says("2010-01-01", OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 2})
	for _, s := range append([]said{open}, story...) {
		if _, err := s.execute(w.log); err != nil {
			t.Fatalf("given %T: %v", s.cmd, err)
		}
	}
	return w
}

func (w *world) when(s said) *world { w.last = s; return w }

// then expects the event types that the command adds to its own stream, and
// that asking once more adds nothing.
func (w *world) then(types ...string) *world {
	w.t.Helper()
	before := len(w.events(w.last.stream()))
	if _, err := w.last.execute(w.log); err != nil {
		w.t.Fatalf("%T: %v", w.last.cmd, err)
	}
	got := w.events(w.last.stream())[before:]
	if len(got) > 0 {
		w.named(w.last.cmd)
	}
	if !slices.Equal(got, types) {
		w.t.Errorf("%T recorded %v, want %v", w.last.cmd, got, types)
	}
	out, err := w.last.execute(w.log)
	if now := w.events(w.last.stream()); err != nil || out.Recorded || len(now) != before+len(got) {
		w.t.Errorf("%T asked twice: recorded %v again, %v", w.last.cmd, now[before+len(got):], err)
	}
	return w
}

// named expects the catalogue to say of what the latest decisions recorded that
// the command records it.
func (w *world) named(cmd Asked) {
	w.t.Helper()
	command, _ := SpecOf(cmd)
	all := w.log.all()
	for _, d := range all {
		if d.ID != all[len(all)-1].ID {
			continue
		}
		for _, e := range d.Events {
			if spec, _ := EventSpecOf(e.EventType()); !isRemark(e) && !slices.Contains(spec.By, command.Name) {
				w.t.Errorf("%s recorded %s, which the catalogue does not say", command.Name, spec.Type)
			}
		}
	}
}

func (w *world) refused(code, field string) *world {
	w.t.Helper()
	before := w.log.seq
	_, err := w.last.execute(w.log)
	r := (*Refusal)(nil)
	if !errors.As(err, &r) || r.Code != code || r.Field != field {
		w.t.Errorf("%T: got %v, want refusal %s (%s)", w.last.cmd, err, code, field)
	}
	if w.log.seq != before {
		w.t.Errorf("%T was refused and recorded", w.last.cmd)
	}
	return w
}

// events lists what stands on a stream: a type for each event, remarks as
// "!code".
func (w *world) events(s Stream) (types []string) {
	for _, d := range w.log.streams[s.String()] {
		for _, e := range d.Events {
			if r, ok := e.(DeviationNoted); ok {
				types = append(types, "!"+r.Code)
				continue
			}
			types = append(types, e.EventType())
		}
	}
	return types
}

func (w *world) state() *Case {
	w.t.Helper()
	c, err := Fold[Case](w.log.streams[theCase.String()])
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func mustWhen(s string) When {
	w, err := ParseWhen(s)
	if err != nil {
		panic(err)
	}
	return w
}

func mustDay(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Sayings that most stories begin with.
func referral() RegisterReferral {
	return RegisterReferral{
		Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
		Citizenship: "az", District: "AZ-BA", Basis: "consent", Told: mustWhen("2024-03-01T21:00"),
	}
}

var (
	detected   = police.says("2024-03-01T20:30", referral())
	handedOver = duty.says("2024-03-01T23:00", AcceptHandover{District: "AZ-BA", Condition: "good"})
	screened   = officer.says("2024-03-02", ScreenIndicators{Instrument: "ilo-11", Present: []string{"deception", "violence", "isolation"}})
	assessed   = officer.says("2024-03-02", AssessRisk{Level: "high"})
	decided    = head.says("2024-03-10", positive())
	requested  = duty.says("2024-03-02T01:00", RequestShelter{Facility: house, Security: "high"})
	admitted   = shelter.says("2024-03-02T03:00", ConfirmAdmission{Facility: house, Basis: "consent"})
)

func positive() DecideIdentification {
	return DecideIdentification{
		Outcome: "positive", Forms: []string{"forced_labour"}, Means: []string{"deception"},
		Grounds: []string{"screening"}, Geography: "internal", Informed: true,
	}
}

func (m *memory) all() (all []Decision) {
	for _, ds := range m.streams {
		all = append(all, ds...)
	}
	slices.SortFunc(all, func(a, b Decision) int { return int(a.Seq) - int(b.Seq) })
	return all
}

func typesOf(ds []Decision) string {
	var types []string
	for _, d := range ds {
		for _, e := range d.Events {
			types = append(types, e.EventType())
		}
	}
	return strings.Join(types, " ")
}
