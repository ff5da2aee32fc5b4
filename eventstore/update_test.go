package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestUpdateLoad(t *testing.T) {
	s := eventstoretest.New(t, notes())
	if h, last, err := s.Load(t.Context(), "case.A"); err != nil || len(h) != 0 || last != 0 {
		t.Fatalf("empty stream: %v, %d, %v", h, last, err)
	}
	a1, seq1 := add(t, s, "case.A", "opened", "<moved> & more")
	_, _ = add(t, s, "case.B", "other")
	var seen []string
	a2 := newNote("case.A", "closed")
	seq3, err := s.Update(t.Context(), []string{"case.A"}, func(h [][]note) ([]note, error) {
		seen = texts(h[0])
		return []note{a2}, nil
	})
	if err != nil || seq1 != 1 || seq3 != 3 {
		t.Fatalf("positions %d and %d, %v", seq1, seq3, err)
	}
	equal(t, seen, []string{"opened", "<moved> & more"})
	h := load(t, s, "case.A")
	equal(t, texts(h), []string{"opened", "<moved> & more", "closed"})
	if h[0].ID != a1.ID || h[1].ID != a2.ID || h[1].Msg.Meta["by"] != "test" || time.Since(h[1].Msg.Stored).Abs() > time.Minute {
		t.Fatalf("got %+v", h)
	}
	everything(t, s)
}

func TestNothingToStore(t *testing.T) {
	s := eventstoretest.New(t, notes())
	seq, err := s.Update(t.Context(), []string{"a"}, always())
	if err != nil || seq != 0 {
		t.Fatalf("%d, %v", seq, err)
	}
	add(t, s, "a", "x")
	_, b := add(t, s, "b", "y")
	for name, decide := range map[string]func([][]note) ([]note, error){
		"nothing":          always(),
		"no events":        always(note{}, note{}),
		"no events, named": always(newNote("a"), newNote("b")),
	} {
		if seq, err := s.Update(t.Context(), []string{"a", "b"}, decide); err != nil || seq != b {
			t.Errorf("%s: %d, %v; want %d", name, seq, err, b)
		}
	}
	refusal := errors.New("no")
	if _, err := s.Update(t.Context(), []string{"a"}, func([][]note) ([]note, error) { return nil, refusal }); !errors.Is(err, refusal) {
		t.Fatalf("a refusal became %v", err)
	}
	if all := everything(t, s); len(all) != 2 {
		t.Fatalf("stored %d", len(all))
	}
}

// Many writers on one stream: each must see all that came before it.
func TestRaceOnOneStream(t *testing.T) {
	srv := eventstoretest.Server(t)
	one := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	two := eventstoretest.Open(t, srv, notes(), eventstore.Options{}) // as another process would
	const writers, rounds = 32, 5
	var g errgroup.Group
	for w := range writers {
		s := []*eventstore.Store[note]{one, two}[w%2]
		g.Go(func() error {
			for range rounds {
				n := newNote("hot")
				_, err := s.Update(t.Context(), []string{"hot"}, func(h [][]note) ([]note, error) {
					n.Texts = []string{fmt.Sprint(len(h[0]))} // how many came before
					return []note{n}, nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all := everything(t, one)
	if len(all) != writers*rounds {
		t.Fatalf("%d stored, want %d", len(all), writers*rounds)
	}
	for i, n := range all {
		if n.Texts[0] != fmt.Sprint(i) {
			t.Fatalf("number %d was decided on a history of %s", i, n.Texts[0])
		}
	}
	equal(t, texts(load(t, two, "hot")), texts(all))
}

// Two cases want the last bed.
func TestLastBed(t *testing.T) {
	srv := eventstoretest.Server(t)
	stores := []*eventstore.Store[note]{
		eventstoretest.Open(t, srv, notes(), eventstore.Options{}),
		eventstoretest.Open(t, srv, notes(), eventstore.Options{}),
	}
	full := errors.New("full")
	for round := range 8 {
		shelter := fmt.Sprintf("shelter.%d", round)
		results := make([]error, 6)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				person := fmt.Sprintf("case.%d-%d", round, i)
				_, results[i] = stores[i%2].Update(t.Context(), []string{person, shelter}, func(h [][]note) ([]note, error) {
					if len(h[1]) > 0 {
						return nil, full
					}
					out := []note{newNote(person, "admitted"), newNote(shelter, "taken")}
					out[1].ID = out[0].ID
					return out, nil
				})
			})
		}
		wg.Wait()
		admitted := 0
		for _, err := range results {
			switch {
			case err == nil:
				admitted++
			case !errors.Is(err, full):
				t.Fatal(err)
			}
		}
		if admitted != 1 || len(load(t, stores[0], shelter)) != 1 {
			t.Fatalf("%d got the last bed", admitted)
		}
	}
	if all := everything(t, stores[0]); len(all) != 16 {
		t.Fatalf("%d messages, want 16", len(all))
	}
}

// A decision on two streams that writes to one of them must not be stored if
// the other has moved on.
func TestUnwrittenStreamCounts(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	other := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	add(t, s, "rules", "open")
	add(t, s, "case.A", "known")
	calls := 0
	n := newNote("case.A", "done under")
	_, err := s.Update(t.Context(), []string{"case.A", "rules"}, func(h [][]note) ([]note, error) {
		if calls++; calls == 1 {
			add(t, other, "rules", "strict") // between decision and storing
		}
		n.Texts = []string{"done under " + h[1][len(h[1])-1].Texts[0]}
		return []note{n, {}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, texts(load(t, s, "case.A")), []string{"known", "done under strict"})
	if calls != 2 {
		t.Fatalf("decided %d times", calls)
	}

	// With others writing elsewhere all the time it must still get through.
	ctx, stop := context.WithCancel(t.Context())
	var g errgroup.Group
	for i, st := range []*eventstore.Store[note]{s, other} {
		for w := range 4 - 2*i {
			g.Go(func() error {
				for ctx.Err() == nil {
					name := fmt.Sprintf("noise.%p-%d", st, w)
					if _, err := st.Update(t.Context(), []string{name}, always(newNote(name, "x"))); err != nil {
						return err
					}
					time.Sleep(time.Duration(i) * time.Millisecond)
				}
				return nil
			})
		}
	}
	for range 5 {
		if _, err := s.Update(t.Context(), []string{"rules", "case.A"}, func(h [][]note) ([]note, error) {
			return []note{{}, newNote("case.A", "again")}, nil
		}); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := len(load(t, s, "case.A")); got != 7 {
		t.Fatalf("%d decisions, want 7", got)
	}
	everything(t, s)
}

func TestSameDecisionTwice(t *testing.T) {
	s := eventstoretest.New(t, notes())
	n, seq := add(t, s, "a", "once")
	_, later := add(t, s, "a", "later")
	got, err := s.Update(t.Context(), []string{"a"}, always(n))
	if err != nil || got < seq || got > later {
		t.Fatalf("position %d, %v", got, err)
	}
	equal(t, texts(load(t, s, "a")), []string{"once", "later"})
	// The same id may not be stretched over more streams afterwards.
	more := newNote("b", "more")
	more.ID = n.ID
	if _, err := s.Update(t.Context(), []string{"a", "b"}, always(n, more)); err == nil {
		t.Fatal("half of a decision was repeated")
	}
	if all := everything(t, s); len(all) != 2 {
		t.Fatalf("%d stored", len(all))
	}
}

func TestBadInput(t *testing.T) {
	s := eventstoretest.New(t, notes())
	for _, name := range []string{"", "*", ">", "case.*", "case.>", ".", "..", "a..b", ".a", "a.", "a b", "a\tb", "a\r\nPUB x 0\r\n",
		"ə", "a/b", "$JS.API.STREAM.DELETE.NRM", strings.Repeat("x", 10_000), strings.Repeat("x", 201), "a\x00"} {
		_, err := s.Update(t.Context(), []string{name}, func([][]note) ([]note, error) {
			t.Errorf("%.50q reached decide", name)
			return nil, nil
		})
		wantErr(t, err, eventstore.ErrName)
		if len(err.Error()) > 1000 {
			t.Errorf("error of %d bytes", len(err.Error()))
		}
		_, _, err = s.Load(t.Context(), name)
		wantErr(t, err, eventstore.ErrName)
	}
	a := newNote("a", "x")
	for name, c := range map[string]struct {
		streams []string
		out     []note
	}{
		"no streams":        {nil, nil},
		"a stream twice":    {[]string{"a", "b", "a"}, nil},
		"too few decisions": {[]string{"a", "b"}, []note{a}},
		"wrong stream":      {[]string{"b"}, []note{a}},
		"no id":             {[]string{"a"}, []note{{Stream: "a", Texts: []string{"x"}}}},
		"id not a uuid":     {[]string{"a"}, []note{{Stream: "a", ID: "x\r\nNats-Rollup: all", Texts: []string{"x"}}}},
		"braced id":         {[]string{"a"}, []note{{Stream: "a", ID: "{" + a.ID + "}", Texts: []string{"x"}}}},
		"different ids":     {[]string{"a", "b"}, []note{a, newNote("b", "x")}},
	} {
		if _, err := s.Update(t.Context(), c.streams, always(c.out...)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	_, err := s.Update(t.Context(), []string{"a"}, always(newNote("a", strings.Repeat("x", 1<<20))))
	wantErr(t, err, eventstore.ErrTooLarge)
	if all := everything(t, s); len(all) != 0 {
		t.Fatalf("%d stored", len(all))
	}
	// Close to the limit it still works, also over two streams.
	big := newNote("a", strings.Repeat("x", 1<<20-4096))
	big2 := newNote("b", big.Texts...)
	big2.ID = big.ID
	if _, err := s.Update(t.Context(), []string{"a", "b"}, always(big, big2)); err != nil {
		t.Fatal(err)
	}
	everything(t, s)
}

// A refusal, or finding nothing to do, is an answer too: it must not be given
// on a history that has grown elsewhere.
func TestAnswersAreUpToDate(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	other := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	add(t, s, "a", "1")
	add(t, other, "a", "2")
	_, err := s.Update(t.Context(), []string{"a"}, func(h [][]note) ([]note, error) {
		if len(h[0]) < 2 {
			return nil, errors.New("too early")
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, last := add(t, other, "a", "3")
	seq, err := s.Update(t.Context(), []string{"a"}, func(h [][]note) ([]note, error) {
		if len(h[0]) < 3 {
			return nil, nil // nothing to do
		}
		return []note{newNote("a", "4")}, nil
	})
	if err != nil || seq != last+1 {
		t.Fatalf("%d, %v", seq, err)
	}
	equal(t, texts(load(t, other, "a")), []string{"1", "2", "3", "4"})
}

// What decide does to its argument stays there.
func TestHistoryIsACopy(t *testing.T) {
	s := eventstoretest.New(t, notes())
	add(t, s, "a", "1")
	add(t, s, "a", "2")
	for range 2 {
		_, err := s.Update(t.Context(), []string{"a"}, func(h [][]note) ([]note, error) {
			h[0] = append(h[0][:1], note{Texts: []string{"forged"}}, note{})
			h[0][0] = note{}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h := load(t, s, "a")
		equal(t, texts(h), []string{"1", "2"})
		h[0] = note{}
		_ = append(h[:1], note{})
	}
}

func TestContextEnds(t *testing.T) {
	s := eventstoretest.New(t, notes())
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Update(ctx, []string{"a"}, func([][]note) ([]note, error) {
		cancel()
		return []note{newNote("a", "x")}, nil
	})
	if err != nil && !errors.Is(err, context.Canceled) { // it may have been sent first
		t.Fatal(err)
	}
	if _, err := s.Update(ctx, []string{"a"}, always(newNote("a", "y"))); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if slices.Contains(texts(load(t, s, "a")), "y") {
		t.Fatal("stored after the end")
	}
}

func TestClose(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	var g errgroup.Group
	stored := make([]int, 8)
	for w := range stored {
		g.Go(func() error {
			name := fmt.Sprint("s", w)
			for {
				_, err := s.Update(t.Context(), []string{name}, always(newNote(name, "x")))
				if errors.Is(err, eventstore.ErrClosed) {
					return nil
				} else if err != nil {
					return err
				}
				stored[w]++
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	s.Close()
	s.Close()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Healthy(), eventstore.ErrClosed)
	total := 0
	for _, n := range stored {
		total += n
	}
	if all := everything(t, eventstoretest.Open(t, srv, notes(), eventstore.Options{})); len(all) != total || total == 0 {
		t.Fatalf("%d are in the log, %d were confirmed", len(all), total)
	}
}

// A decision that asks for its own stream again must not wait for ever.
func TestNestedUpdate(t *testing.T) {
	s := eventstoretest.Open(t, eventstoretest.Server(t), notes(), eventstore.Options{Timeout: 200 * time.Millisecond})
	_, err := s.Update(t.Context(), []string{"a"}, func([][]note) ([]note, error) {
		_, err := s.Update(t.Context(), []string{"a"}, always(newNote("a", "inner")))
		return nil, err
	})
	wantErr(t, err, eventstore.ErrBusy)
}
