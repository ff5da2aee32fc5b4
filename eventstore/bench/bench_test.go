package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/eventstore"
	"nrm/eventstore/bench"
	"nrm/eventstore/eventstoretest"
)

// The adapters do what is asked of an event store: each version of a stream is
// stored once, whoever else writes.
func TestAdapters(t *testing.T) {
	for name, open := range logs() {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			wins := make([]int, 8)
			var wg sync.WaitGroup
			for w := range wins {
				wg.Go(func() {
					for v := range int64(20) {
						switch err := l.Append(t.Context(), "s", v+1, uuid.NewString(), []byte("x")); {
						case err == nil:
							wins[w]++
						case !errors.Is(err, bench.ErrConflict):
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			total := 0
			for _, n := range wins {
				total += n
			}
			if total != 20 {
				t.Errorf("%d of 20 versions were stored", total)
			}
			id := uuid.NewString()
			if err := l.Append(t.Context(), "a", 1, id, []byte("x")); err != nil {
				t.Error(err)
			}
			if err := l.Append(t.Context(), "b", 1, id, []byte("x")); !errors.Is(err, bench.ErrConflict) {
				t.Errorf("the same id again: %v", err)
			}
		})
	}
}

func logs() map[string]func(testing.TB) bench.Log {
	return map[string]func(testing.TB) bench.Log{
		"sqlite": func(t testing.TB) bench.Log {
			l, err := bench.OpenSQLite(t.Context(), t.TempDir())
			return closing(t, l, err)
		},
		"postgres": func(t testing.TB) bench.Log {
			dir, err := os.MkdirTemp("", "pg") // short enough for a socket, and not below a folder closed to others
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			l, err := bench.StartPostgres(t.Context(), dir)
			if errors.Is(err, bench.ErrNoPostgres) {
				t.Skip(err)
			}
			return closing(t, l, err)
		},
	}
}

func closing(t testing.TB, l bench.Log, err error) bench.Log {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

const perStream = 20

var text, _ = json.Marshal(strings.Repeat("what happened to a case. ", 12)) // about 300 bytes

// BenchmarkAgainst compares 128 clients that decide with as many that append to a
// table of events of the same size on the same disk. x-sqlite and x-postgres say
// how many times as fast ours is: the median of rounds in turns.
func BenchmarkAgainst(b *testing.B) {
	const count = 128
	for name, open := range logs() {
		b.Run(fmt.Sprintf("%s/clients=%d", name, count), func(b *testing.B) {
			same := func(m eventstore.Message) (eventstore.Message, error) { return m, nil }
			store := eventstoretest.New(b, eventstore.Codec[eventstore.Message]{Encode: same, Decode: same})
			theirs := open(b)
			ours := func(stream string, _ int64) error {
				m := eventstore.Message{Stream: stream, ID: uuid.NewString(), Meta: map[string]string{"by": "test"}, Events: []eventstore.Entry{{Type: "Noted", Data: text}}}
				_, err := store.Update(context.Background(), []string{stream}, func([][]eventstore.Message) ([]eventstore.Message, error) {
					return []eventstore.Message{m}, nil
				})
				return err
			}
			body := make([]byte, len(text)+230) // as large as ours with what it says of itself
			table := func(stream string, version int64) error {
				return theirs.Append(context.Background(), stream, version, uuid.NewString(), body)
			}
			const most = 15
			each := max(1, b.N/count/most)
			var ratios []float64
			var total time.Duration
			b.ResetTimer()
			for round := range most {
				var took [2]time.Duration
				for i := range took {
					i = (i + round) % 2
					began := time.Now()
					if err := clients(count, each, round, [...]func(string, int64) error{ours, table}[i]); err != nil {
						b.Fatal(err)
					}
					took[i] = time.Since(began)
				}
				total += took[0]
				ratios = append(ratios, float64(took[1])/float64(took[0]))
			}
			slices.Sort(ratios)
			b.ReportMetric(float64(count*each*most)/total.Seconds(), "op/s")
			b.ReportMetric(ratios[most/2], "x-"+name)
		})
	}
}

// clients lets count clients append each events, one after the other.
func clients(count, each, round int, appendTo func(stream string, version int64) error) error {
	var wg sync.WaitGroup
	errs := make([]error, count)
	for c := range count {
		wg.Go(func() {
			for i := range each {
				if errs[c] = appendTo(fmt.Sprintf("case.%d-%d-%d", round, c, i/perStream), int64(i%perStream+1)); errs[c] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
