package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/projections"
)

// BenchmarkCommandVisible measures a command from asking until it is visible in
// the views, with one client and with 32, in turns with two others of the same
// durability (every message synced to disk): the same command on a register whose
// views do not run, and as many clients publishing messages of the same size
// straight to JetStream. x-append is how many times as long as the first it takes
// (less is better), and x-append-p50 that of the medians, which a busy disk upsets
// less; x-raw is the share of the raw rate that is reached (more is better).
func BenchmarkCommandVisible(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			ours, alone, raw := newBenchNode(b), newBenchNode(b), newRawLog(b)
			alone.stop()
			var took, p50 [3]time.Duration
			var each [3][]time.Duration
			var mu sync.Mutex
			ways := []func(i int) error{
				func(int) error { return ours.registerAndSee(b.Context()) },
				func(int) error { _, err := alone.register(b.Context()); return err },
				func(i int) error { return raw.publish(b.Context(), i) },
			}
			b.ResetTimer()
			for done, round := 0, max(1, (b.N+15)/16); done < b.N; done += round {
				n := min(round, b.N-done)
				for which, do := range ways {
					took[which] += spread(b, clients, n, func(i int) error {
						start := time.Now()
						err := do(done + i)
						mu.Lock()
						defer mu.Unlock()
						each[which] = append(each[which], time.Since(start))
						return err
					})
				}
			}
			b.StopTimer()
			for which := range each {
				slices.Sort(each[which])
				p50[which] = each[which][len(each[which])/2]
			}
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "ns/op")
			b.ReportMetric(float64(b.N)/took[0].Seconds(), "commands/s")
			b.ReportMetric(float64(b.N)/took[1].Seconds(), "appends/s")
			b.ReportMetric(float64(b.N)/took[2].Seconds(), "raw/s")
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "x-append")
			b.ReportMetric(p50[0].Seconds()/p50[1].Seconds(), "x-append-p50")
			b.ReportMetric(took[2].Seconds()/took[0].Seconds(), "x-raw")
		})
	}
}

// BenchmarkReplayViews measures the replay of the log into all views against a
// replay by a bare ordered consumer in the same run. x-decoded is the share of the
// speed at which the log alone is read and decoded. Every decision opens a case,
// which is the worst there is: one that goes on has fewer rows.
func BenchmarkReplayViews(b *testing.B) {
	n := newBenchNode(b)
	n.stop() // what follows the log would read it too
	cases := 20_000
	if testing.Short() {
		cases = 2000
	}
	spread(b, 256, cases, func(int) error { _, err := n.register(b.Context()); return err })
	last, err := n.log.Last(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	events := 0
	if err := n.log.Replay(b.Context(), 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			events += len(d.Events)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	var views, raw, decoded time.Duration
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		if err := n.log.Replay(b.Context(), 0, last, func([]domain.Decision) error { return nil }); err != nil {
			b.Fatal(err)
		}
		decoded += time.Since(start)
		start = time.Now()
		v, err := projections.Open(b.Context(), b.TempDir(), n.log, n.keys(), nil)
		if err != nil {
			b.Fatal(err)
		}
		views += time.Since(start)
		if err := v.Close(); err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if err := rawReplay(b.Context(), n.server, last); err != nil {
			b.Fatal(err)
		}
		raw += time.Since(start)
	}
	b.ReportMetric(float64(events*b.N)/views.Seconds(), "events/s")
	b.ReportMetric(float64(events*b.N)/raw.Seconds(), "raw-events/s")
	b.ReportMetric(raw.Seconds()/views.Seconds(), "x-raw")
	b.ReportMetric(decoded.Seconds()/views.Seconds(), "x-decoded")
}

type benchNode struct {
	*node
	views *projections.Views
	stop  func() // ends the views
}

func newBenchNode(b *testing.B) *benchNode {
	b.Helper()
	n, err := openNode(b.Context(), newRegister(b), quiet())
	if err != nil {
		b.Fatal(err)
	}
	views, err := n.views(b.Context(), unseen())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- stopped(views.Run(ctx, n.log)) }()
	end := sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		_ = views.Close()
	})
	b.Cleanup(func() {
		end()
		_ = n.close()
	})
	return &benchNode{n, views, end}
}

func (n *benchNode) register(ctx context.Context) (domain.Outcome, error) {
	req := domain.Request{By: domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}, Now: time.Now()}
	return domain.Open(ctx, n.log, req, domain.RegisterReferral{
		Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
		Citizenship: "az", District: "AZ-BA", Basis: "consent",
	})
}

func (n *benchNode) registerAndSee(ctx context.Context) error {
	out, err := n.register(ctx)
	if err != nil {
		return err
	}
	return n.views.WaitFor(ctx, out.Position)
}

// rawLog is JetStream as it is, with the durability of ours.
type rawLog struct {
	js   jetstream.JetStream
	body []byte
}

func newRawLog(b *testing.B) *rawLog {
	b.Helper()
	server, err := eventstore.Start(b.Context(), b.TempDir(), eventstore.StartOptions{Logger: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	js, err := jetstream.New(server.Conn())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw.>"}}); err != nil {
		b.Fatal(err)
	}
	return &rawLog{js, make([]byte, 900)} // about the size of a registered referral
}

func (r *rawLog) publish(ctx context.Context, i int) error {
	_, err := r.js.Publish(ctx, fmt.Sprintf("raw.%d", i), r.body, jetstream.WithExpectLastSequencePerSubject(0))
	return err
}

func rawReplay(ctx context.Context, of logServer, last uint64) error {
	js, err := jetstream.New(of.Conn())
	if err != nil {
		return err
	}
	c, err := js.OrderedConsumer(ctx, "NRM", jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	msgs, err := c.Messages()
	if err != nil {
		return err
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		md, err := m.Metadata()
		if err != nil || md.Sequence.Stream >= last {
			return err
		}
	}
}

// spread lets clients do n things and says how long they took together.
func spread(b *testing.B, clients, n int, do func(i int) error) time.Duration {
	b.Helper()
	work := make(chan int)
	var wait sync.WaitGroup
	start := time.Now()
	for range clients {
		wait.Go(func() {
			for i := range work {
				if err := do(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wait.Wait()
	return time.Since(start)
}
