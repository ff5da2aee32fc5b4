package witness

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
)

// A post is a node's keeper, which can be told to sign or not to.
type post struct {
	*desk
	active atomic.Bool
	latest []byte

	mu     sync.Mutex
	signed []Checkpoint
}

// newPosts are nodes with one key on one log.
func newPosts(t testing.TB, s Source, n int) []*post {
	first := newDesk(t, s)
	posts := []*post{{desk: first}}
	for range n - 1 {
		d := newDesk(t, s)
		d.key = first.key
		posts = append(posts, &post{desk: d})
	}
	return posts
}

func (p *post) open(t testing.TB) (*Keeper, error) {
	t.Helper()
	return Open(t.Context(), Config{
		TreePath: p.treePath(), Folder: p.folder(t), Source: p.source,
		Signer: p.key, Origin: origin, VKey: p.key.vkey,
		Every: p.every, Fresh: p.fresh, Now: p.clock.Now, after: p.clock.after,
		Logger: slog.New(slog.NewTextHandler(p.logged, nil)),
		Active: p.active.Load, Latest: p.latest,
		Signed: func(c Checkpoint) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.signed = append(p.signed, c)
		},
	}, nil)
}

func (p *post) keeper(t testing.TB) *Keeper {
	t.Helper()
	k, err := p.open(t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// told gives the sizes that Signed has heard of.
func (p *post) told() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return sizes(p.signed)
}

func TestOneOfTwoSigns(t *testing.T) {
	s := newStore(t)
	posts := newPosts(t, s, 2)
	a, b := posts[0], posts[1]
	a.every, b.every = 12, 12
	a.active.Store(true)
	ka, kb := a.keeper(t), b.keeper(t)
	stopA, stopB := run(t, ka), run(t, kb)
	grown := func(through int) {
		t.Helper()
		write(t, s, through)
		if err := errors.Join(ka.WaitFor(t.Context(), uint64(through)), kb.WaitFor(t.Context(), uint64(through))); err != nil {
			t.Fatal(err)
		}
	}
	both := func(d time.Duration) { a.clock.advance(d); b.clock.advance(d) }

	grown(12)
	eventually(t, "a checkpoint", func() bool { return slices.Equal(a.told(), []int64{12}) })
	both(2 * time.Minute)
	time.Sleep(moment)
	if kb.Latest().Size != 0 || len(b.told()) != 0 {
		t.Fatalf("the second signed %v", kb.Latest())
	}
	wantErr(t, second(kb.Checkpoint(t.Context())), ErrStandby)
	for range 2 { // news that come twice
		if err := kb.Accept(t.Context(), ka.Latest().Raw); err != nil {
			t.Fatal(err)
		}
	}
	if c := must(kb.Checkpoint(t.Context()))(t); c.Size != 12 || string(c.Raw) != string(ka.Latest().Raw) {
		t.Errorf("the latest is %v", c)
	}

	// The first goes without having signed the last.
	grown(15)
	a.active.Store(false)
	stopped(t, stopA)
	if got := a.told(); len(got) != 1 {
		t.Errorf("the first signed %v", got)
	}
	both(59 * time.Second)
	b.active.Store(true)
	both(time.Second) // it is asked again whether it is active, and a minute is over
	eventually(t, "a checkpoint of the second", func() bool { return slices.Equal(b.told(), []int64{15}) })
	last := kb.Latest()

	// And comes back to follow.
	stopA = run(t, ka)
	if err := ka.Accept(t.Context(), last.Raw); err != nil {
		t.Fatal(err)
	}
	write(t, s, 18)
	stopped(t, stopA)
	stopped(t, stopB)
	if got := b.told(); !slices.Equal(got, []int64{15, 18}) {
		t.Errorf("the second signed %v", got)
	}
	for p, want := range map[*post][]int64{a: {12, 15}, b: {12, 15, 18}} {
		list, errs := all(t, p.folder(t))
		if got := sizes(list); !slices.Equal(got, want) || errs != nil {
			t.Errorf("checkpoints of %v, %v; want %v", got, errs, want)
		}
		if p.logged.String() != "" {
			t.Errorf("logged: %s", p.logged)
		}
	}
}

func TestAcceptWaitsForTheTree(t *testing.T) {
	s := newStore(t)
	posts := newPosts(t, s, 2)
	a, b := posts[0], posts[1]
	a.active.Store(true)
	ka, kb := a.keeper(t), b.keeper(t)
	run(t, ka)
	write(t, s, 20)
	eventually(t, "a checkpoint", func() bool { return ka.Latest().Size >= 10 })
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	wantErr(t, kb.Accept(ctx, ka.Latest().Raw), context.DeadlineExceeded)
	time.AfterFunc(moment, func() { run(t, kb) })
	if err := kb.Accept(t.Context(), ka.Latest().Raw); err != nil {
		t.Fatal(err)
	}
	if !kb.Latest().same(ka.Latest()) || kb.Healthy() != nil {
		t.Errorf("%v, %v", kb.Latest(), kb.Healthy())
	}
}

func TestAcceptRefuses(t *testing.T) {
	s := newStore(t)
	write(t, s, 20)
	p := newPosts(t, s, 1)[0]
	p.active.Store(true)
	k := p.keeper(t)
	good := must(k.Checkpoint(t.Context()))(t)
	other := newKey(t, origin)
	elsewhere := newKey(t, "nrm/another")
	changed := []byte(string(good.Raw[:len(origin)+1]) + "19" + string(good.Raw[len(origin)+3:]))
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"another key":   {other.sign(t, 20, good.Root, noon).Raw, ErrForged},
		"another log":   {elsewhere.sign(t, 20, good.Root, noon).Raw, ErrForged},
		"changed":       {changed, ErrForged},
		"no checkpoint": {[]byte("hello"), ErrUnreadable},
		"nothing":       {nil, ErrUnreadable},
	} {
		if err := k.Accept(t.Context(), c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := k.Accept(t.Context(), p.key.sign(t, 7, rootOf(t, s, 7), noon).Raw); err != nil {
		t.Errorf("an older one: %v", err)
	}
	if got := sizes(must(p.folder(t).List(9, 0))(t)); !slices.Equal(got, []int64{20}) || k.Latest().Size != 20 || k.Healthy() != nil {
		t.Errorf("checkpoints of %v, latest %v, %v", got, k.Latest(), k.Healthy())
	}
}

// TestTwoHistories: two nodes with the same key are shown different logs.
func TestTwoHistories(t *testing.T) {
	s, forged := newStore(t), newStore(t)
	write(t, s, 30)
	write(t, forged, 30, 17)
	for name, size := range map[string]int64{"later": 25, "the same": 20, "older": 18} {
		t.Run(name, func(t *testing.T) {
			p := newPosts(t, s, 1)[0]
			p.every = 1000
			p.active.Store(true)
			k := p.keeper(t)
			if err := k.Accept(t.Context(), p.key.sign(t, 20, rootOf(t, s, 20), noon).Raw); err != nil {
				t.Fatal(err)
			}
			stop := run(t, k)
			bad := p.key.sign(t, size, rootOf(t, forged, size), noon)
			for range 2 {
				wantErr(t, k.Accept(t.Context(), bad.Raw), ErrRewritten)
				wantErr(t, k.Healthy(), ErrRewritten, "another node")
			}
			good := p.key.sign(t, 28, rootOf(t, s, 28), noon)
			wantErr(t, k.Accept(t.Context(), good.Raw), ErrRewritten)
			wantErr(t, second(k.Checkpoint(t.Context())), ErrRewritten)
			wantErr(t, second(k.Prove(t.Context(), 25)), ErrRewritten)
			must(k.Prove(t.Context(), 20))(t) // what was signed before can be shown
			p.clock.advance(time.Hour)
			stopped(t, stop)
			if got := sizes(must(p.folder(t).List(9, 0))(t)); !slices.Equal(got, []int64{20}) || len(p.told()) > 0 {
				t.Errorf("checkpoints of %v, signed %v", got, p.told())
			}
			if p.logged.count("level=ERROR") > 2 {
				t.Errorf("logged: %s", p.logged)
			}
		})
	}
}

// TestAcceptMendsTheTree: the log says who is right, the tree or the checkpoint.
func TestAcceptMendsTheTree(t *testing.T) {
	s := newStore(t)
	write(t, s, 40)
	p := newPosts(t, s, 1)[0]
	k := p.keeper(t)
	stop := run(t, k)
	if err := flip(length(32) - 5)(p.treePath()); err != nil {
		t.Fatal(err)
	}
	c := p.key.sign(t, 32, rootOf(t, s, 32), noon)
	if err := k.Accept(t.Context(), c.Raw); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tree is made anew", func() bool { return k.Healthy() == nil && p.logged.count("was made anew") == 1 })
	must(k.Prove(t.Context(), 16))(t)
	p.active.Store(true)
	if got := must(k.Checkpoint(t.Context()))(t); got.Size != 40 || got.Root != rootOf(t, s, 40) {
		t.Errorf("it signed %+v", got)
	}
	stopped(t, stop)
}

// A stalled source does not let the log be read from the beginning.
type stalled struct {
	Source
	on atomic.Bool
}

func (s *stalled) Leaves(ctx context.Context, after, through uint64, f func([]eventstore.Leaf) error) error {
	if s.on.Load() && after == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Source.Leaves(ctx, after, through, f)
}

// TestNothingIsSignedInDoubt: while nobody knows why a checkpoint does not
// agree, nothing is signed; later it may turn out well.
func TestNothingIsSignedInDoubt(t *testing.T) {
	s := newStore(t)
	write(t, s, 40)
	source := &stalled{Source: s}
	p := newPosts(t, source, 1)[0]
	k := p.keeper(t)
	run(t, k)
	source.on.Store(true)
	good := must(os.ReadFile(p.treePath()))(t)
	if err := flip(length(32) - 5)(p.treePath()); err != nil {
		t.Fatal(err)
	}
	c := p.key.sign(t, 32, rootOf(t, s, 32), noon)
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	wantErr(t, k.Accept(ctx, c.Raw), context.DeadlineExceeded)
	p.active.Store(true)
	p.clock.advance(time.Hour)
	time.Sleep(moment)
	if err := k.Healthy(); err == nil || errors.Is(err, ErrRewritten) || len(p.told()) > 0 {
		t.Errorf("%v, signed %v", err, p.told())
	}
	f := must(os.OpenFile(p.treePath(), os.O_WRONLY, 0))(t)
	_, err := f.WriteAt(good, 0)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := k.Accept(t.Context(), c.Raw); err != nil || k.Healthy() != nil {
		t.Fatalf("%v, %v", err, k.Healthy())
	}
	p.clock.advance(time.Hour)
	eventually(t, "a checkpoint", func() bool { return slices.Equal(p.told(), []int64{40}) })
}

func TestProveOnStandby(t *testing.T) {
	s := newStore(t)
	write(t, s, 20)
	posts := newPosts(t, s, 2)
	a, b := posts[0], posts[1]
	a.active.Store(true)
	ka, kb := a.keeper(t), b.keeper(t)
	run(t, kb)
	c := must(ka.Checkpoint(t.Context()))(t)
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	wantErr(t, second(kb.Prove(ctx, 5)), ErrStandby)
	accepted := make(chan error, 1)
	time.AfterFunc(moment, func() { accepted <- kb.Accept(context.Background(), c.Raw) })
	i := must(kb.Prove(t.Context(), 5))(t)
	if err := errors.Join(<-accepted, i.Check(a.key.vkey)); err != nil || !i.Checkpoint.same(c) {
		t.Errorf("%v, %v", err, i.Checkpoint)
	}
}

// TestJoin starts a keeper with nothing but what others know.
func TestJoin(t *testing.T) {
	s, forged, short := newStore(t), newStore(t), newStore(t)
	write(t, s, 30)
	write(t, forged, 30, 7)
	write(t, short, 15)
	key := newKey(t, origin)
	at := func(s Source, size int64) []byte { return key.sign(t, size, rootOf(t, s, size), noon).Raw }
	var none []byte
	for name, c := range map[string]struct {
		source  Source
		folder  []int64 // sizes signed in the truth
		latest  []byte
		want    error
		says    string
		becomes []int64
	}{
		"nobody knows anything": {s, nil, none, nil, "nothing vouches", nil},
		"with an empty folder":  {s, nil, at(s, 20), nil, "", []int64{20}},
		"behind":                {s, []int64{10}, at(s, 20), nil, "", []int64{10, 20}},
		"as far":                {s, []int64{20}, at(s, 20), nil, "", []int64{20}},
		"ahead":                 {s, []int64{10, 25}, at(s, 20), nil, "", []int64{10, 25}},
		"on another log":        {forged, nil, at(s, 20), ErrRewritten, "positions 1 to 20", nil},
		"on a shorter log":      {short, nil, at(s, 20), ErrRewritten, "ends at position 15", nil},
		"the others are wrong":  {s, []int64{10}, at(forged, 20), ErrRewritten, "positions 11 to 20", []int64{10}},
		"the folder is wrong":   {forged, []int64{10}, at(forged, 20), ErrRewritten, "positions 1 to 10", []int64{10}},
		"wrong as far":          {s, []int64{20}, at(forged, 20), ErrRewritten, "contradict each other", []int64{20}},
		"wrong before":          {s, []int64{10, 25}, at(forged, 20), ErrRewritten, "positions 11 to 20", []int64{10, 25}},
		"forged":                {s, nil, newKey(t, origin).sign(t, 20, tlog.Hash{}, noon).Raw, ErrForged, "of others", nil},
		"unreadable":            {s, nil, []byte("hello"), ErrUnreadable, "of others", nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPosts(t, c.source, 1)[0]
			p.key, p.fresh, p.latest = key, false, c.latest
			for _, size := range c.folder {
				if err := p.folder(t).Add(key.sign(t, size, rootOf(t, s, size), noon)); err != nil {
					t.Fatal(err)
				}
			}
			k, err := p.open(t)
			if c.want != nil {
				wantErr(t, err, c.want, c.says)
			} else {
				if err != nil {
					t.Fatal(err)
				}
				if n := len(c.becomes); n > 0 && k.Latest().Size != c.becomes[n-1] {
					t.Errorf("the latest is %v", k.Latest())
				}
				if (c.says != "") != (p.logged.count("nothing vouches") == 1) {
					t.Errorf("logged: %s", p.logged)
				}
				if err := k.Close(); err != nil {
					t.Error(err)
				}
			}
			list, errs := all(t, p.folder(t))
			if got := sizes(list); !slices.Equal(got, c.becomes) || errs != nil {
				t.Errorf("checkpoints of %v, %v; want %v", got, errs, c.becomes)
			}
		})
	}
}
