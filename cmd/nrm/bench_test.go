package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/projections"
)

// BenchmarkCommandVisible measures a command from asking until it is visible in
// the views, with one client and with 32, against as many clients publishing
// messages of the same size straight to JetStream with the same durability
// (every message synced to disk) in the same run. x-raw is the share of the raw
// rate that is reached; more is better.
func BenchmarkCommandVisible(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			ours, raw := newBenchNode(b), newRawLog(b)
			b.ResetTimer()
			took := spread(b, clients, b.N, func(int) error { return ours.registerAndSee(b.Context()) })
			b.StopTimer()
			rawTook := spread(b, clients, b.N, func(i int) error { return raw.publish(b.Context(), i) })
			b.ReportMetric(float64(b.N)/took.Seconds(), "commands/s")
			b.ReportMetric(float64(b.N)/rawTook.Seconds(), "raw/s")
			b.ReportMetric(rawTook.Seconds()/took.Seconds(), "x-raw")
		})
	}
}

// BenchmarkReplayViews measures the replay of the log into all views against a
// replay by a bare ordered consumer in the same run.
func BenchmarkReplayViews(b *testing.B) {
	n := newBenchNode(b)
	const cases = 2000
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
	var views, raw time.Duration
	b.ResetTimer()
	for range b.N {
		start := time.Now()
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
}

type benchNode struct {
	*node
	views *projections.Views
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
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		_ = views.Close()
		_ = n.close()
	})
	return &benchNode{n, views}
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

func rawReplay(ctx context.Context, server *eventstore.Server, last uint64) error {
	js, err := jetstream.New(server.Conn())
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
