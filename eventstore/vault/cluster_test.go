package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"nrm/eventstore/eventstoretest/clustertest"
	"nrm/eventstore/keyfile"
)

// Two vaults on two of three servers, with one key file. The third server leads
// the key stream, until it stops in the middle of a rotation.
func TestCluster(t *testing.T) {
	nodes := clustertest.Start(t)
	ring, err := keyfile.Create(filepath.Join(t.TempDir(), "nrm.key"))
	must(t, err)
	vaults := make([]*Vault, 2)
	for i := range vaults {
		nc := dial(t, nodes[i])
		own, err := keyfile.Read(ring.Path())
		must(t, err)
		if i == 0 {
			must(t, Init(t.Context(), nc, 3))
			want(t, Init(t.Context(), nc, 3), ErrExists)
		}
		v, err := Open(t.Context(), nc, own, Options{})
		must(t, err)
		t.Cleanup(v.Close)
		v.maxBatch, v.blankBytes = 10, 1000
		vaults[i] = v
	}
	a, b := vaults[0], vaults[1]
	data := t.TempDir()

	t.Run("keys are made at once", func(t *testing.T) {
		for n := range 10 {
			var both [2]sealed
			var wg sync.WaitGroup
			for i, v := range vaults {
				wg.Go(func() { both[i] = seal(t, v, fmt.Sprintf("S%d/identity", n)) })
			}
			wg.Wait()
			for i := range vaults {
				a.Forget(fmt.Sprintf("S%d", n))
				must(t, both[i].open(a))
				must(t, both[i].open(b))
			}
		}
	})

	gone := seal(t, a, "GONE/identity")
	t.Run("erase", func(t *testing.T) {
		must(t, gone.open(b))
		n, err := a.Erase(t.Context(), "GONE")
		if err != nil || n != 1 {
			t.Fatalf("%d keys, %v", n, err)
		}
		b.Forget("GONE")
		for _, v := range vaults {
			want(t, gone.open(v), ErrErased)
			_, err := v.Seal(t.Context(), gone.key, nil, nil)
			want(t, err, ErrErased)
			if n, err := v.Erase(t.Context(), "GONE"); err != nil || n != 1 {
				t.Errorf("erased again: %d keys, %v", n, err)
			}
		}
		if n, err := b.count(t.Context(), "GONE"); err != nil || n != 1 {
			t.Errorf("%d rows of the erased, %v", n, err)
		}
	})

	t.Run("erased elsewhere, forgotten at once", func(t *testing.T) {
		watching, stop := context.WithCancel(t.Context())
		told := make(chan string, 100)
		before := b.cache.now()
		var watch sync.WaitGroup
		watch.Go(func() { want(t, b.Watch(watching, func(owner string) { told <- owner }), context.Canceled) })
		defer watch.Wait()
		defer stop()
		for n := range 5 {
			s := seal(t, a, fmt.Sprintf("W%d/identity", n))
			for end := time.Now().Add(10 * time.Second); n == 0 && b.cache.now() == before && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond) // until it watches
			}
			must(t, s.open(b))
			if _, err := a.Erase(t.Context(), fmt.Sprintf("W%d", n)); err != nil {
				t.Fatal(err)
			}
			select {
			case owner := <-told:
				if owner != fmt.Sprintf("W%d", n) {
					t.Errorf("told of %q", owner)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("told of nothing")
			}
			want(t, s.open(b), ErrErased)
			_, err := b.Seal(t.Context(), s.key, nil, nil)
			want(t, err, ErrErased)
		}
	})

	t.Run("no new keys under a key file that is not everybody's", func(t *testing.T) {
		known := seal(t, a, "C0/identity")
		outdated := errors.New("outdated")
		b.opts.Confirm = func(context.Context) error { return outdated }
		_, err := b.Seal(t.Context(), "C1/identity", nil, []byte("x"))
		want(t, err, outdated)
		if n, err := a.count(t.Context(), "C1"); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
		must(t, known.open(b))
		asked := 0
		b.opts.Confirm = func(context.Context) error {
			if asked++; asked == 2 { // it became so while the keys were on their way
				return outdated
			}
			return nil
		}
		_, err = b.Seal(t.Context(), "C2/identity", nil, []byte("x"))
		want(t, err, outdated)
		b.opts.Confirm = func(context.Context) error { return nil }
		must(t, seal(t, b, "C2/identity").open(a))
	})

	fillFast(t, a, 50)
	t.Run("one rotates while the other seals", func(t *testing.T) {
		stop := sealUntil(t, b, "R")
		r := rotateAll(t, nil, a, data)
		all := stop()
		if r.Rewrapped < 60 || r.Erased != 6 || len(all) == 0 {
			t.Errorf("report %+v, %d sealed", r, len(all))
		}
		allUnder(t, a, b, all)
	})

	t.Run("a server stops meanwhile", func(t *testing.T) {
		lead(t, a, nodes[2])
		stop := sealUntil(t, b, "D")
		must(t, a.ring.BeginKEK())
		must(t, a.ring.Mark(data))
		var once sync.Once
		blanks := 0
		a.step = func(step string) error {
			switch step {
			case "batch":
				once.Do(func() { nodes[2].Shutdown(); nodes[2].WaitForShutdown() })
			case "blank":
				blanks++
			}
			return nil
		}
		_, err := a.Rotate(t.Context(), nil)
		for n := 1; err != nil; n++ { // without its leader the stream may be away for a while
			t.Logf("attempt %d: %v", n, err)
			if errors.Is(err, ErrForged) || errors.Is(err, ErrNoKEK) || errors.Is(err, ErrDamaged) || n == 10 {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			_, err = a.Rotate(t.Context(), nil)
		}
		must(t, errors.Join(a.ring.EndKEK(), a.ring.Mark(data)))
		all := stop()
		if nodes[2].Running() || len(all) == 0 || blanks != 1 {
			t.Errorf("%d sealed, the server runs: %t, blanks were written %d times", len(all), nodes[2].Running(), blanks)
		}
		allUnder(t, a, b, all)
		want(t, gone.open(b), ErrErased)
		if n, err := b.Erase(t.Context(), "S0"); err != nil || n != 1 {
			t.Errorf("erase with two servers: %d, %v", n, err)
		}
	})
}

func dial(t *testing.T, ns *server.Server) *nats.Conn {
	t.Helper()
	closed := make(chan struct{})
	nc, err := nats.Connect(ns.ClientURL(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	must(t, err)
	t.Cleanup(func() { nc.Close(); <-closed })
	return nc
}

// lead makes a server the leader of the key stream.
func lead(t *testing.T, v *Vault, ns *server.Server) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ns.JetStreamIsStreamLeader("$G", streamName); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server does not become the leader")
		}
		ask, err := json.Marshal(server.JSApiLeaderStepdownRequest{Placement: &server.Placement{Preferred: ns.Name()}})
		must(t, err)
		// While nobody leads, nobody answers.
		if answer, err := v.nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+streamName, ask, 2*time.Second); err == nil {
			t.Logf("%.200s", answer.Data)
		}
	}
}

// sealUntil seals for new persons, and opens at once what it has sealed, until
// stop is called. What fails while no server leads is tried again.
func sealUntil(t *testing.T, v *Vault, prefix string) (stop func() []sealed) {
	t.Helper()
	var all []sealed
	var stopped atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; !stopped.Load(); n++ {
			key := fmt.Sprintf("%s%d/identity", prefix, n)
			box, err := v.Seal(context.Background(), key, []byte("ad of "+key), []byte("text of "+key))
			if errors.Is(err, ErrForged) || errors.Is(err, ErrErased) || errors.Is(err, ErrNoKEK) || errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			if err != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			all = append(all, sealed{key, box})
			if err := all[len(all)-1].open(v); err != nil {
				t.Error(err)
			}
		}
	})
	return func() []sealed {
		stopped.Store(true)
		wg.Wait()
		return all
	}
}

// allUnder holds what is in the stream against the current KEK, and opens all
// through both vaults with nothing in memory.
func allUnder(t *testing.T, a, b *Vault, all []sealed) {
	t.Helper()
	kek, _ := a.ring.KEK()
	everyMessageUnder(t, b, kek)
	openAll(t, b)
	s, err := b.Status(t.Context())
	must(t, err)
	if s.Rows[kek] != s.Owners || s.Pending != 0 || s.Unreadable != 0 {
		t.Errorf("status %+v", s)
	}
	for _, s := range all {
		owner, _, _ := splitKey(s.key)
		for _, v := range []*Vault{a, b} {
			v.Forget(owner)
			must(t, s.open(v))
		}
	}
}
