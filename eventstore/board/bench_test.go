package board

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkBoard holds what a request of somebody signed in costs against the
// bare question, and a change against the bare synced publish.
func BenchmarkBoard(b *testing.B) {
	board := newBoard(b)
	s := SessionsOf(board)
	until := time.Now().Add(time.Hour)
	if err := s.Commit(b.Context(), "x", make([]byte, 200), until); err != nil {
		b.Fatal(err)
	}
	if _, err := board.js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw"}, MaxMsgsPerSubject: 1}); err != nil {
		b.Fatal(err)
	}
	b.Run("session found and kept", func(b *testing.B) {
		compare(b, func() error {
			data, found, err := s.Find(b.Context(), "x")
			if err != nil || !found {
				b.Fatal(found, err)
			}
			return s.Commit(b.Context(), "x", data, until)
		}, func() error {
			_, err := board.stream.GetLastMsgForSubject(b.Context(), prefix+"session-x")
			return err
		})
	})
	var revision uint64
	b.Run("value put", func(b *testing.B) {
		compare(b, func() (err error) {
			revision, err = board.Put(b.Context(), "y", make([]byte, 200), revision, 0)
			return err
		}, func() error {
			_, err := board.js.Publish(b.Context(), "raw", make([]byte, 200))
			return err
		})
	})
}

// compare does ours and theirs in turns, because the disk drifts, and reports how
// many times as fast ours was.
func compare(b *testing.B, ours, theirs func() error) {
	b.Helper()
	var took [2]time.Duration
	for b.Loop() {
		for i, f := range []func() error{theirs, ours} {
			start := time.Now()
			if err := f(); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/ours")
	b.ReportMetric(float64(took[0])/float64(took[1]), "x-raw")
}
