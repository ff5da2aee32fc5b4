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

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// perStream is how many decisions a stream of these benchmarks has.
const perStream = 20

var benchText = strings.Repeat("what happened to a case. ", 12) // about 300 bytes

type bench struct {
	store  *eventstore.Store[note]
	js     jetstream.JetStream // with a stream like the store's, on raw.>
	text   string              // before benchText
	series int                 // of streams, so that each has its own
}

func newBench(b *testing.B) *bench {
	srv := eventstoretest.Server(b)
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw.>"},
		AllowDirect: true, AllowAtomicPublish: true, DenyDelete: true, DenyPurge: true}); err != nil {
		b.Fatal(err)
	}
	return &bench{store: eventstoretest.Open(b, srv, notes(), eventstore.Options{}), js: js}
}

// against compares with raw JetStream.
func against(b *testing.B, ours, theirs func(n int) error) {
	b.Helper()
	compare(b, "x-raw", ours, theirs)
}

// compare runs ours and theirs in turns, in many short rounds, because the disk
// drifts and the machine has other things to do. It reports how many times as
// fast ours was: the median of the rounds.
func compare(b *testing.B, ratio string, ours, theirs func(n int) error) {
	b.Helper()
	const most = 25
	var ratios []float64
	var total time.Duration
	for left, turn := b.N, 0; left > 0; turn++ {
		n := min(left, max(1, (b.N+most-1)/most))
		left -= n
		var took [2]time.Duration
		for i := range took {
			i = (i + turn) % 2
			started := time.Now()
			if err := [...]func(int) error{ours, theirs}[i](n); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(started)
		}
		total += took[0]
		ratios = append(ratios, float64(took[1])/float64(took[0]))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(b.N)/total.Seconds(), "op/s")
	b.ReportMetric(ratios[len(ratios)/2], ratio)
}

// clients shares operations among some clients, each in sequence. Each goes on
// where it was when it is given more: i counts all it has done.
func (bn *bench) clients(count int, op func(client, i int) error) func(n int) error {
	bn.series++
	first, done := bn.series*1000, make([]int, count)
	return func(n int) error {
		var wg sync.WaitGroup
		errs := make([]error, count)
		for c := range count {
			wg.Go(func() {
				for range (n + count - 1) / count {
					if errs[c] = op(first+c, done[c]); errs[c] != nil {
						return
					}
					done[c]++
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

func (bn *bench) update(clients int) func(int) error {
	return bn.clients(clients, func(c, i int) error {
		d := newNote(fmt.Sprintf("case.%d-%d", c, i/perStream), bn.text+benchText)
		_, err := bn.store.Update(context.Background(), []string{d.Stream}, always(d))
		return err
	})
}

func (bn *bench) publish(clients int) func(int) error {
	last := make([]uint64, 1_000_000)
	body := make([]byte, len(benchText)+230) // as large as ours with what it says of itself
	return bn.clients(clients, func(c, i int) error {
		if i%perStream == 0 {
			last[c] = 0
		}
		ack, err := bn.js.Publish(context.Background(), fmt.Sprintf("raw.%d-%d", c, i/perStream), body,
			jetstream.WithExpectStream("RAW"), jetstream.WithExpectLastSequencePerSubject(last[c]), jetstream.WithMsgID(uuid.NewString()))
		if err == nil {
			last[c] = ack.Sequence
		}
		return err
	})
}

func BenchmarkUpdate(b *testing.B) {
	for _, clients := range []int{1, 32, 128, 512} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			bn := newBench(b)
			against(b, bn.update(clients), bn.publish(clients))
		})
	}
}

// What sealing costs: one decision whose text is sealed, with a key that is
// known, against the same in clear. Both are on one server.
func BenchmarkUpdateSealed(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			srv := eventstoretest.Server(b)
			open := &bench{store: eventstoretest.Open(b, srv, secretly(), eventstore.Options{})}
			sealed := &bench{store: eventstoretest.Open(b, srv, secretly(), eventstore.Options{Sealer: newSealer(b)}), text: "secret: ", series: 1 << 10}
			compare(b, "x-clear", sealed.update(clients), open.update(clients))
		})
	}
}

// What the server's own encryption costs.
func BenchmarkUpdateEncrypted(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			plain := &bench{store: eventstoretest.New(b, notes())}
			srv := eventstoretest.RestartWith(b, b.TempDir(), true, keyA)
			encrypted := &bench{store: eventstoretest.Open(b, srv, notes(), eventstore.Options{})}
			compare(b, "x-plain", encrypted.update(clients), plain.update(clients))
		})
	}
}

// Two streams at once against one atomic batch would compare us with
// ourselves; the baseline is two publishes.
func BenchmarkUpdateTwoStreams(b *testing.B) {
	bn := newBench(b)
	raw := bn.publish(1)
	against(b, bn.clients(1, func(c, i int) error {
		x, y := newNote(fmt.Sprintf("case.%d-%d", c, i/perStream), benchText), newNote(fmt.Sprintf("bed.%d-%d", c, i/perStream), benchText)
		y.ID = x.ID
		_, err := bn.store.Update(context.Background(), []string{x.Stream, y.Stream}, always(x, y))
		return err
	}), func(n int) error { return raw(2 * n) })
}

// What the leaves cost against the decisions, which are decoded. An operation
// is a message read.
func BenchmarkLeaves(b *testing.B) {
	const size = 20_000
	bn := &bench{store: eventstoretest.New(b, notes())}
	if err := bn.update(128)(size); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	compare(b, "x-replay", func(n int) error {
		for ; n > 0; n -= size {
			if err := bn.store.Leaves(b.Context(), 0, uint64(min(n, size)), func([]eventstore.Leaf) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) error {
		for ; n > 0; n -= size {
			if err := bn.store.Replay(b.Context(), 0, uint64(min(n, size)), func([]note) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
}

// An operation is a decision read.
func BenchmarkReplay(b *testing.B) {
	const size = 20_000
	bn := newBench(b)
	if err := errors.Join(bn.update(128)(size), bn.publish(128)(size)); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	against(b, func(n int) error {
		for ; n > 0; n -= size {
			if err := bn.store.Replay(b.Context(), 0, uint64(min(n, size)), func([]note) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) error {
		for ; n > 0; n -= size {
			c, err := bn.js.OrderedConsumer(b.Context(), "RAW", jetstream.OrderedConsumerConfig{})
			if err != nil {
				return err
			}
			left, done := min(n, size), make(chan struct{})
			cc, err := c.Consume(func(jetstream.Msg) {
				if left--; left == 0 {
					close(done)
				}
			})
			if err != nil {
				return err
			}
			<-done
			cc.Stop()
		}
		return nil
	})
}

// The baseline of a load is one request for the stream's last message.
func BenchmarkLoad(b *testing.B) {
	const streams = 200
	for _, c := range []struct {
		name string
		opts eventstore.Options
	}{{"warm", eventstore.Options{Sole: true}}, {"warm, with other writers", eventstore.Options{}}, {"cold", eventstore.Options{CacheBytes: 1}}} {
		b.Run(c.name, func(b *testing.B) {
			srv := eventstoretest.Server(b)
			s := eventstoretest.Open(b, srv, notes(), c.opts)
			js, err := jetstream.New(srv.Conn())
			if err != nil {
				b.Fatal(err)
			}
			stream, err := js.Stream(b.Context(), "NRM")
			if err != nil {
				b.Fatal(err)
			}
			var wg sync.WaitGroup
			for i := range streams {
				wg.Go(func() {
					for range perStream {
						add(b, s, fmt.Sprint("case.", i), benchText)
					}
				})
			}
			wg.Wait()
			for i := range streams {
				load(b, s, fmt.Sprint("case.", i))
			}
			b.ResetTimer()
			against(b, func(n int) error {
				for i := range n {
					if h := load(b, s, fmt.Sprint("case.", i%streams)); len(h) != perStream {
						return fmt.Errorf("%d decisions", len(h))
					}
				}
				return nil
			}, func(n int) error {
				for i := range n {
					if _, err := stream.GetLastMsgForSubject(b.Context(), fmt.Sprint("nrm.case.", i%streams)); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}
