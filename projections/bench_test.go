package projections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/domain"
)

// A country is a log of many cases, kept as bytes as in the real log. Their
// courses are those of a few hundred random ones, over and over: most have come
// to their end, the last ones go on.
type country struct {
	ended, going [][]stored
	refs         []domain.Ref
	houses       []stored
	last         uint64
	events       int
	now          time.Time
	safe         *safe
}

func (c *country) keys() *safe { return c.safe }

type stored struct {
	stream domain.Stream
	id     string
	meta   map[string]string
	types  []string
	data   [][]byte
}

const (
	together = 2000 // cases that go on at the same time
	ongoing  = 30   // one in so many cases has not come to its end
)

func newCountry(tb testing.TB, cases int) *country {
	tb.Helper()
	log := newMemory()
	w := newWorld(tb, log, 99)
	w.keeps = true
	c := &country{safe: &safe{seed: "country"}}
	for i := range 400 {
		first, from := len(log.all), w.now
		ref := w.referred([]domain.Actor{referrer, lawyer, consul, children, shelter}[w.rnd.IntN(5)])
		courses := &c.going
		if w.stroll(ref, 4+w.rnd.IntN(20)); i%4 > 0 {
			courses = &c.ended
			w.end(ref)
		}
		var course []stored
		for _, d := range log.all[first:] {
			course = append(course, keep(tb, d))
		}
		*courses = append(*courses, course)
		c.now, w.now = w.now, from
	}
	for _, d := range log.all[:len(w.houses)] {
		c.houses = append(c.houses, keep(tb, d))
	}
	c.last = uint64(len(c.houses))
	seen := map[domain.Ref]bool{}
	for i := 0; len(c.refs) < cases; i++ {
		if ref := domain.NewRef(fmt.Sprint("case ", i)); !seen[ref] {
			seen[ref] = true
			c.refs = append(c.refs, ref)
		}
	}
	for i := range c.refs {
		for _, d := range c.course(i) {
			c.last++
			c.events += len(d.types)
		}
	}
	return c
}

func (c *country) course(i int) []stored {
	if i < len(c.refs)-len(c.refs)/ongoing {
		return c.ended[i%len(c.ended)]
	}
	return c.going[i%len(c.going)]
}

// end brings a case to its end.
func (w *world) end(ref domain.Ref) {
	s := domain.CaseStream(ref)
	for _, p := range w.state(ref).Places {
		by := domain.Actor{User: "u", Role: domain.Role(p.Kind), Organisation: p.Organisation}
		switch w.later(time.Hour); p.State {
		case "requested":
			w.must(by, s, domain.RefuseAdmission{Facility: p.Facility, Reason: first("refusal_reason")})
		case "admitted":
			w.must(by, s, domain.RecordDeparture{Facility: p.Facility, Destination: first("destination"), Planned: true})
		}
	}
	c := w.state(ref)
	if c.Outcome == "positive" && c.Redress.Allowance == 0 {
		w.must(fund, s, domain.PayAllowance{Amount: 70000})
	}
	if !c.IsClosed() {
		w.later(time.Hour).must(officer, s, domain.CloseCase{Reason: first("closure_reason")})
	}
	w.later(60 * 24 * time.Hour)
}

func keep(tb testing.TB, d domain.Decision) stored {
	s := stored{stream: d.Stream, id: d.ID, meta: d.Meta()}
	for _, e := range d.Events {
		typ, data, err := domain.EncodeEvent(e)
		if err != nil {
			tb.Fatal(err)
		}
		s.types, s.data = append(s.types, typ), append(s.data, data)
	}
	return s
}

// each decodes every decision after a position in turn, the cases of a block
// side by side.
func (c *country) each(after uint64, f func(domain.Decision) error) error {
	seq := uint64(0)
	give := func(s stored, of domain.Ref) error {
		if seq++; seq <= after {
			return nil
		}
		stream := s.stream
		if stream.Kind == domain.CaseKind {
			stream = domain.CaseStream(of)
		}
		events := make([]domain.StoredEvent, len(s.types))
		for n, typ := range s.types {
			events[n] = domain.StoredEvent{Type: typ, Data: s.data[n]}
			if spec, _ := domain.EventSpecOf(typ); spec.Personal {
				events[n].Box = c.safe.seal(domain.Slot{Stream: stream, Decision: s.id, N: n, Type: typ}, s.data[n])
			}
		}
		d, err := domain.DecisionFrom(seq, stream.String(), s.id, s.meta, events)
		if err != nil {
			return err
		}
		return f(d)
	}
	for _, s := range c.houses {
		if err := give(s, ""); err != nil {
			return err
		}
	}
	for block := 0; block < len(c.refs); block += together {
		refs := c.refs[block:min(block+together, len(c.refs))]
		for step, going := 0, true; going; step++ {
			going = false
			for i, ref := range refs {
				course := c.course(block + i)
				if step < len(course) {
					going = true
					if err := give(course[step], ref); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (c *country) Last(context.Context) (uint64, error) { return c.last, nil }

func (c *country) Replay(ctx context.Context, after, through uint64, f func([]domain.Decision) error) error {
	var run []domain.Decision
	err := c.each(after, func(d domain.Decision) error {
		if d.Seq <= through {
			run = append(run, d)
		}
		if len(run) < 500 {
			return nil
		}
		defer func() { run = nil }()
		return f(run)
	})
	if err == nil && len(run) > 0 {
		err = f(run)
	}
	return err
}

func (c *country) Follow(ctx context.Context, after uint64, f func([]domain.Decision) error) error {
	if err := c.Replay(ctx, after, c.last, f); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// BenchmarkReplay makes the views of a whole log, and compares that with only
// reading the log. Live is the same by Run, from nothing, in runs of 500.
func BenchmarkReplay(b *testing.B) {
	cases := 20_000
	if testing.Short() {
		cases = 1_000
	}
	c := newCountry(b, cases)
	began := time.Now()
	if err := c.each(0, func(domain.Decision) error { return nil }); err != nil {
		b.Fatal(err)
	}
	raw := float64(c.events) / time.Since(began).Seconds()
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			began := time.Now()
			dir := b.TempDir()
			if err := Rebuild(b.Context(), dir, c, c.safe, nil); err != nil {
				b.Fatal(err)
			}
			report(b, c, raw, time.Since(began))
			at, err := os.Stat(filepath.Join(dir, "views.db"))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(at.Size())/float64(c.events), "bytes/event")
		}
	})
	b.Run("catch up", func(b *testing.B) {
		for b.Loop() {
			v := opened(b, b.TempDir(), newMemory())
			began := time.Now()
			caughtUp := follow(b, v, c)
			caughtUp()
			report(b, c, raw, time.Since(began))
		}
	})
}

func report(b *testing.B, c *country, raw float64, took time.Duration) {
	rate := float64(c.events) / took.Seconds()
	b.ReportMetric(rate, "events/s")
	b.ReportMetric(raw, "raw-events/s")
	b.ReportMetric(raw/rate, "x-raw")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLive is one decision at a time, each waited for.
func BenchmarkLive(b *testing.B) {
	log := newMemory()
	w := newWorld(b, log, 11)
	v := opened(b, b.TempDir(), log)
	caughtUp := follow(b, v, log)
	for range 50 {
		w.referred(referrer)
	}
	var took []time.Duration
	for b.Loop() {
		before := len(log.all)
		w.stroll(w.cases[w.rnd.IntN(len(w.cases))], 1)
		began := time.Now()
		caughtUp()
		if len(log.all) > before {
			took = append(took, time.Since(began))
		}
		if w.rnd.IntN(20) == 0 {
			w.referred(referrer)
		}
	}
	percentiles(b, took, 0)
}

// large is a large country whose views are built once for all benchmarks of
// pages.
var large struct {
	once sync.Once
	*country
	dir string
}

func largeCountry(b *testing.B) (*country, *Views) {
	large.once.Do(func() {
		cases := 100_000
		if testing.Short() {
			cases = 3_000
		}
		var err error
		if large.dir, err = os.MkdirTemp("", "views"); err != nil {
			b.Fatal(err)
		}
		large.country = newCountry(b, cases)
		if err := Rebuild(b.Context(), large.dir, large.country, large.safe, nil); err != nil {
			b.Fatal(err)
		}
	})
	return large.country, opened(b, large.dir, large.country)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if large.dir != "" {
		os.RemoveAll(large.dir)
	}
	os.Exit(code)
}

func percentiles(b *testing.B, took []time.Duration, base time.Duration) {
	slices.Sort(took)
	at := func(p float64) time.Duration { return took[int(p*float64(len(took)-1))] }
	b.ReportMetric(float64(at(0.5).Microseconds()), "p50-µs")
	b.ReportMetric(float64(at(0.95).Microseconds()), "p95-µs")
	if base > 0 {
		b.ReportMetric(float64(at(0.5))/float64(base), "x-select")
	}
	b.ReportMetric(0, "ns/op")
}

// bare is the median time of a SELECT by primary key.
func bare(b *testing.B, v *Views, c *country) time.Duration {
	var took []time.Duration
	for range 2000 {
		ref := c.refs[rand.IntN(len(c.refs))]
		began := time.Now()
		var stage string
		if err := v.readers.now().QueryRowContext(b.Context(), `SELECT stage FROM cases WHERE ref = ?`, string(ref)).Scan(&stage); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// BenchmarkOpen is the start with views that are usable: most of it is making
// sure that they are.
func BenchmarkOpen(b *testing.B) {
	c, _ := largeCountry(b)
	for b.Loop() {
		v, err := Open(b.Context(), large.dir, c, c.safe, nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := v.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCasePage(b *testing.B) {
	c, v := largeCountry(b)
	base := bare(b, v, c)
	for _, by := range []domain.Actor{officer, coordinator, shelter} {
		b.Run(string(by.Role), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				ref := c.refs[rand.IntN(len(c.refs))]
				began := time.Now()
				_, err := v.Case(b.Context(), by, c.now, ref)
				if _, refused := domain.AsRefusal(err); err != nil && !refused {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			percentiles(b, took, base)
		})
	}
}

// BenchmarkQueuePage is the counts of all queues of a role and the first page of
// each in turn.
func BenchmarkQueuePage(b *testing.B) {
	c, v := largeCountry(b)
	base := bare(b, v, c)
	for _, by := range []domain.Actor{officer, coordinator, shelter, fund, lawyer} {
		for _, q := range queuesOf(by.Role) {
			b.Run(strings.Join([]string{string(by.Role), q.id}, "/"), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					began := time.Now()
					if _, err := v.Queues(b.Context(), by, c.now); err != nil {
						b.Fatal(err)
					}
					if _, _, err := v.Cases(b.Context(), by, c.now, Filter{Queue: q.id}); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(began))
				}
				percentiles(b, took, base)
			})
		}
	}
}
