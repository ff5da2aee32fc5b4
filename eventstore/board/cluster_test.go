package board

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"nrm/eventstore/eventstoretest/clustertest"
)

// TestCluster is what nodes do together on three servers, of which in the end
// only one is left.
func TestCluster(t *testing.T) {
	t.Parallel()
	nodes := clustertest.Start(t)
	var boards []*Board
	var proxies []*proxy
	for i := range 5 {
		nc, p := dial(t, nodes, i%3)
		if i == 0 {
			if err := Init(t.Context(), nc, 3); err != nil {
				t.Fatal(err)
			}
			wantErr(t, Init(t.Context(), nc, 3), ErrExists)
		}
		boards, proxies = append(boards, open(t, nc, 0)), append(proxies, p)
	}
	if replicas := boards[4].stream.CachedInfo().Config.Replicas; replicas != 3 {
		t.Fatalf("%d replicas", replicas)
	}

	t.Run("what was put is read everywhere", func(t *testing.T) {
		var revision uint64
		for n := range 50 {
			text := fmt.Sprint(n)
			var err error
			if revision, err = boards[n%3].Put(t.Context(), "fresh", []byte(text), revision, 0); err != nil {
				t.Fatal(err)
			}
			for _, b := range boards[:3] {
				wantValue(t, b, "fresh", text, revision)
			}
		}
	})

	t.Run("leaders change while values do", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				stepDown(ctx, t, boards[4], nodes[n%3])
				time.Sleep(200 * time.Millisecond)
			}
		})
		countTogether(t, boards[:3], 40)
		stop()
		work.Wait()
	})

	t.Run("values go everywhere", func(t *testing.T) {
		must(boards[0].Put(t.Context(), "short", nil, 0, time.Second))(t)
		for _, b := range boards[:3] {
			eventually(t, "the value goes", func() bool { return must(b.Get(t.Context(), "short"))(t).Revision == 0 })
		}
		must(boards[1].Put(t.Context(), "short", nil, 0, 0))(t)
	})

	t.Run("a session ends everywhere", func(t *testing.T) {
		a, b := SessionsOf(boards[0]), SessionsOf(boards[1])
		until := time.Now().Add(time.Hour)
		if err := a.Commit(t.Context(), "x", []byte("1"), until); err != nil {
			t.Fatal(err)
		}
		wantSession(t, b, "x", "1")
		if err := b.Delete(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if err := a.Commit(t.Context(), "x", []byte("2"), until); err != nil {
			t.Fatal(err)
		}
		wantSession(t, a, "x", "")
		wantSession(t, b, "x", "")
	})

	t.Run("one holds", func(t *testing.T) { holdInCluster(t, nodes, boards, proxies) })
}

// holdInCluster lets five contend while lines are blocked and servers stop.
func holdInCluster(t *testing.T, nodes []*server.Server, boards []*Board, proxies []*proxy) {
	const term = 1500 * time.Millisecond
	var d duty
	var all []*contender
	for i, b := range boards {
		who := fmt.Sprint(i)
		all = append(all, contend(t, b, who, term, d.work(who)))
	}
	inside := func() bool { return d.inside.Load() == 1 }
	holder := func() int {
		t.Helper()
		eventually(t, "one is inside", inside)
		var i int
		_, _ = fmt.Sscan(d.who(), &i)
		return i
	}
	pause := func(i int) {
		t.Helper()
		before := d.entries.Load()
		proxies[i].blocked.Store(true)
		start := time.Now()
		eventually(t, "another takes over", func() bool { return d.entries.Load() > before })
		took := time.Since(start)
		t.Logf("taken over after %.2f terms", float64(took)/float64(term))
		if took > 2*term+time.Second {
			t.Errorf("taken over after %v", took)
		}
		time.Sleep(term)
		proxies[i].blocked.Store(false) // what was sent arrives now
		time.Sleep(term / 2)
		d.check(t)
	}
	pause(holder())
	pause(holder())

	var leader *server.Server
	for _, ns := range nodes {
		if ns.JetStreamIsStreamLeader("$G", streamName) {
			leader = ns
		}
	}
	leader.Shutdown()
	leader.WaitForShutdown()
	start := time.Now()
	must(boards[0].Get(t.Context(), "fresh"))(t)
	t.Logf("it answers again after %v", time.Since(start))
	time.Sleep(term)
	pause(holder())

	// With one server left nobody may go on.
	for _, ns := range nodes {
		if ns.Running() {
			ns.Shutdown()
			ns.WaitForShutdown()
			break
		}
	}
	start = time.Now()
	eventually(t, "nobody is inside", func() bool { return d.inside.Load() == 0 })
	if took := time.Since(start); took > term {
		t.Errorf("without the others it went on for %v", took)
	}
	entries := d.entries.Load()
	time.Sleep(2 * term)
	if d.entries.Load() != entries {
		t.Error("somebody went on without the others")
	}
	for _, c := range all {
		c.end(t)
	}
	d.check(t)
}

// stepDown makes the leader of the board give way, to ns if it can.
func stepDown(ctx context.Context, t *testing.T, b *Board, ns *server.Server) {
	ask, err := json.Marshal(server.JSApiLeaderStepdownRequest{Placement: &server.Placement{Preferred: ns.Name()}})
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	answer, err := b.js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+streamName, ask)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Logf("step down: %v", err)
	} else if err == nil && len(answer.Data) == 0 {
		t.Error("no answer to the step-down")
	}
}
