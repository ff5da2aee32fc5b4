package main

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestClusterFaults lets clients work on two nodes of three NATS servers while
// one part after the other fails. Nothing that was answered is lost or there
// twice, both nodes come to say the same, and one clock and one signer at a time
// are at work. NRM_TORTURE=1 goes round many times.
func TestClusterFaults(t *testing.T) {
	rounds, around := 1, 400*time.Millisecond
	if os.Getenv("NRM_TORTURE") == "1" {
		rounds, around = 3, 3*time.Second
	}
	c := newCluster(t)
	a, b := c.serve(c.at("a")), c.serve(c.at("b"))
	tr := newTraffic(c, a, b)
	away := map[string][]span{}
	victim, which := -1, 0
	faults := []struct {
		name string
		do   func()
		mend func()
	}{
		{"the leader of the log steps down", func() { c.StepDown("NRM") }, nil},
		{"the leader of the keys steps down", func() { c.StepDown("NRMKEYS") }, nil},
		{"the leader of all servers steps down", func() { c.MetaStepDown() }, nil},
		{"the server that leads the log is stopped and started",
			func() { victim = c.Leader("NRM"); c.Stop(victim) }, func() { c.Start(victim) }},
		{"the server that leads the log is killed and started",
			func() { victim = c.Leader("NRM"); c.Kill(victim) }, func() { c.Start(victim) }},
		{"the server that leads the log is paused and goes on",
			func() { victim = c.Leader("NRM"); c.Pause(victim) }, func() { time.Sleep(3 * around); c.Resume(victim) }},
		{"a node is killed and started", func() {
			m := tr.nodes[which%2]
			_ = m.kill()
			_ = m.cmd.Wait()
			away[m.at.elsewhere.Node] = append(away[m.at.elsewhere.Node], span{from: time.Now(), killed: true})
		}, func() { tr.restart(which % 2); which++ }},
		{"a node is paused and goes on", func() {
			m := tr.nodes[which%2]
			away[m.at.elsewhere.Node] = append(away[m.at.elsewhere.Node], span{from: time.Now()})
			_ = m.pause()
		}, func() {
			time.Sleep(3 * around)
			m := tr.nodes[which%2]
			_ = m.resume()
			spans := away[m.at.elsewhere.Node]
			spans[len(spans)-1].to = time.Now()
		}},
	}
	for round := range rounds {
		for _, f := range faults {
			stop := tr.run(16)
			time.Sleep(around)
			begin := time.Now()
			f.do()
			time.Sleep(around)
			if f.mend != nil {
				f.mend()
			}
			time.Sleep(around)
			stop()
			silence, answers := tr.longestSilence(begin)
			t.Logf("%-55s %5d answers, longest silence %6.2f s, asked to come back %v", f.name, answers, silence.Seconds(), tr.takeRefused())
			if t.Failed() {
				t.Fatalf("%s\n%s", a.text(), b.text())
			}
			if victim >= 0 {
				c.Await("every server has everything", func() bool { return c.Whole("NRM", "NRMKEYS", "NRMBOARD") })
				victim = -1
			}
			a.untilReady(c)
			b.untilReady(c)
			t.Logf("all is well after %.1f s", time.Since(begin).Seconds())
		}
		if rounds > 1 {
			tr.check(c, fmt.Sprint("after round ", round+1))
		}
	}
	tr.check(c, "in the end")
	tr.askAgain()
	tr.check(c, "asked again")
	t.Logf("%d commands", len(tr.asked))
	a.end()
	b.end()
	tr.same(c, a, b)
	oneAtATime(t, []*member{a, b}, away)
}
