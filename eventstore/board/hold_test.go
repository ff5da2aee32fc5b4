package board

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nrm/eventstore/eventstoretest"
)

// A duty counts who is inside, as seen from outside.
type duty struct {
	inside, entries atomic.Int32
	twice           atomic.Bool // two were inside at once
	holder          atomic.Value
}

// work is what is held: it stays until it is told to go.
func (d *duty) work(who string) func(context.Context) error {
	return func(ctx context.Context) error {
		d.entries.Add(1)
		if d.inside.Add(1) > 1 {
			d.twice.Store(true)
		}
		d.holder.Store(who)
		<-ctx.Done()
		time.Sleep(2 * time.Millisecond) // it has things to put away
		d.inside.Add(-1)
		return ctx.Err()
	}
}

func (d *duty) who() string {
	s, _ := d.holder.Load().(string)
	return s
}

func (d *duty) check(t *testing.T) {
	t.Helper()
	if d.twice.Load() {
		t.Error("two were inside at once")
	}
}

// A contender holds in the background until stop.
type contender struct {
	stop  context.CancelFunc
	ended chan error
}

func contend(t *testing.T, b *Board, who string, term time.Duration, f func(context.Context) error) *contender {
	ctx, cancel := context.WithCancel(context.Background())
	c := &contender{cancel, make(chan error, 1)}
	go func() { c.ended <- b.Hold(ctx, "test", who, term, f) }()
	t.Cleanup(cancel)
	return c
}

func (c *contender) end(t *testing.T) {
	t.Helper()
	c.stop()
	select {
	case err := <-c.ended:
		wantErr(t, err, context.Canceled)
		c.ended <- err
	case <-time.After(20 * time.Second):
		t.Fatal("Hold does not return")
	}
}

func TestHoldPassesOn(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	var d duty
	const term = 20 * time.Second // nobody waits for it to run out
	all := map[string]*contender{}
	for i := range 5 {
		who := fmt.Sprint("c", i)
		all[who] = contend(t, b, who, term, d.work(who))
	}
	for n := range 5 {
		eventually(t, "one is inside", func() bool { return d.inside.Load() == 1 && int(d.entries.Load()) == n+1 })
		start := time.Now()
		all[d.who()].end(t)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v to go", took)
		}
	}
	d.check(t)
	if d.entries.Load() != 5 {
		t.Errorf("%d entries", d.entries.Load())
	}
}

func TestHoldEndsWithItsWork(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	enough := errors.New("enough")
	for i, want := range []error{nil, enough, nil} {
		start := time.Now()
		if err := b.Hold(t.Context(), "test", "me", time.Minute, func(context.Context) error { return want }); !errors.Is(err, want) {
			t.Errorf("%d: %v", i, err)
		}
		if time.Since(start) > 5*time.Second {
			t.Errorf("%d: %v", i, time.Since(start))
		}
	}
	if err := b.Hold(t.Context(), "test", "me", 0, nil); err == nil {
		t.Error("a term of nothing")
	}
}

// TestHoldOutlastsItsTerm: who renews stays, and is not troubled.
func TestHoldOutlastsItsTerm(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	var d duty
	first := contend(t, b, "first", 800*time.Millisecond, d.work("first"))
	eventually(t, "the first is inside", func() bool { return d.who() == "first" })
	second := contend(t, b, "second", 800*time.Millisecond, d.work("second"))
	time.Sleep(2 * time.Second)
	if d.entries.Load() != 1 {
		t.Errorf("%d entries", d.entries.Load())
	}
	first.end(t)
	eventually(t, "the second is inside", func() bool { return d.who() == "second" })
	second.end(t)
	d.check(t)
}

// TestHolderIsSlowToReturn: told to end, it still has the hold until it has
// returned, however long that takes.
func TestHolderIsSlowToReturn(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	const term = 600 * time.Millisecond
	var d duty
	first := contend(t, b, "first", term, func(ctx context.Context) error {
		d.inside.Add(1)
		defer d.inside.Add(-1)
		<-ctx.Done()
		time.Sleep(3 * term)
		return ctx.Err()
	})
	eventually(t, "the first is inside", func() bool { return d.inside.Load() == 1 })
	second := contend(t, b, "second", term, d.work("second"))
	first.end(t)
	eventually(t, "the second is inside", func() bool { return d.who() == "second" })
	second.end(t)
	d.check(t)
}

// TestHolderCutOff: one who cannot renew stops before another starts, gets the
// hold back when the other goes, and is not harmed by messages that arrive late.
func TestHolderCutOff(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	const term = 900 * time.Millisecond
	for name, cut := range map[string]func(*eventstoretest.Faults){
		"requests": (*eventstoretest.Faults).HoldRequests,
		"answers":  (*eventstoretest.Faults).HoldAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			nc, faults := eventstoretest.Faulty(t, srv)
			far, near := open(t, nc, 0), open(t, srv.Conn(), 0)
			var d duty
			a := contend(t, far, "far", term, d.work("far"))
			eventually(t, "the far one is inside", func() bool { return d.who() == "far" })
			b := contend(t, near, "near", term, d.work("near"))
			time.Sleep(term)
			cut(faults)
			start := time.Now()
			eventually(t, "the near one takes over", func() bool { return d.who() == "near" })
			took := time.Since(start)
			t.Logf("taken over after %.2f terms", float64(took)/float64(term))
			if took > 2*term+500*time.Millisecond || took < term/3 {
				t.Errorf("taken over after %v", took)
			}
			faults.Heal()
			time.Sleep(2 * term)
			if d.who() != "near" || d.entries.Load() != 2 {
				t.Errorf("%s is inside, %d entries", d.who(), d.entries.Load())
			}
			b.end(t)
			eventually(t, "the far one has it back", func() bool { return d.who() == "far" })
			a.end(t)
			d.check(t)
		})
	}
}

// TestHolderStops: the context ends in time even if nothing can be sent.
func TestHolderStops(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	nc, faults := eventstoretest.Faulty(t, srv)
	const term = time.Second
	for name, cut := range map[string]func(){"requests": faults.HoldRequests, "answers": faults.HoldAnswers} {
		stopped := make(chan time.Time, 1)
		began := make(chan struct{})
		c := contend(t, open(t, nc, 0), "me", term, func(ctx context.Context) error {
			if len(stopped) > 0 {
				<-ctx.Done()
				return nil
			}
			close(began)
			<-ctx.Done()
			stopped <- time.Now()
			return nil
		})
		<-began
		cut()
		start := time.Now()
		at := <-stopped
		if d := at.Sub(start); d > term {
			t.Errorf("%s: it went on for %v", name, d)
		}
		faults.Heal()
		c.end(t)
	}
}

// TestHoldOfNobody: what stands there and is no turn is replaced after a term.
func TestHoldOfNobody(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	put(t, b, "hold-test", "nonsense")
	start := time.Now()
	err := b.Hold(t.Context(), "test", "me", 300*time.Millisecond, func(context.Context) error { return nil })
	if err != nil || time.Since(start) < 300*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

// TestManyTurns lets contenders with short terms come and go on a disturbed
// line.
func TestManyTurns(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	var d duty
	var wg sync.WaitGroup
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for i := range 5 {
		who := fmt.Sprint("c", i)
		nc, faults := eventstoretest.Faulty(t, srv)
		b := open(t, nc, 0)
		wg.Go(func() {
			wantErr(t, b.Hold(ctx, "test", who, 1200*time.Millisecond, d.work(who)), context.DeadlineExceeded)
		})
		wg.Go(func() {
			disturb := []func(){faults.HoldAnswers, faults.Heal, faults.HoldRequests, faults.Heal, faults.HoldRequests, faults.Cut}
			for n := 0; ctx.Err() == nil; n++ {
				time.Sleep(time.Duration(300+100*i) * time.Millisecond)
				disturb[n%len(disturb)]()
			}
			faults.Heal()
		})
	}
	wg.Wait()
	d.check(t)
	if d.entries.Load() < 2 {
		t.Errorf("only %d turns", d.entries.Load())
	}
	t.Logf("%d turns", d.entries.Load())
}
