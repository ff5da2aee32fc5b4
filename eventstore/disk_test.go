package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// TestLogDiskFull fills the disk of the log under many writers, makes room, and
// does so again: the server goes on by itself, what was acknowledged is there
// once, where it was said to be or before, and a reader that followed all the time has
// seen exactly the log.
func TestLogDiskFull(t *testing.T) {
	for name, key := range map[string]string{"plain": "", "encrypted": "storage key"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := eventstoretest.SmallDisk(t, 48<<20)
			dir := filepath.Join(disk, "data")
			logged := &said{}
			srv := eventstoretest.RestartWith(t, dir, true, eventstore.StartOptions{Key: key, Logger: slog.New(slog.NewJSONHandler(logged, nil))})
			s := eventstoretest.Open(t, srv, notes(), eventstore.Options{
				HighWater: filepath.Join(dir, "highwater.json"), Down: srv.Down, Timeout: 2 * time.Second,
			})
			srv.OnRevival(s.Recheck)
			reader := eventstoretest.Open(t, srv, notes(), eventstore.Options{})

			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var follower, writers sync.WaitGroup
			var followed []note
			var read, acked, away atomic.Int64
			follower.Go(func() {
				err := reader.Follow(ctx, 0, func(run []note) error {
					followed = append(followed, run...)
					read.Add(int64(len(run)))
					return nil
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("following ended: %v", err)
				}
			})
			var mu sync.Mutex
			asked, told := map[string]bool{}, map[string]uint64{}
			writing, enough := context.WithCancel(ctx)
			defer enough()
			for w := range 48 {
				writers.Go(func() {
					for i := 0; writing.Err() == nil; i++ {
						streams := []string{fmt.Sprintf("w%d", w)}
						if w%4 == 0 { // of two streams, one shared
							streams = append(streams, fmt.Sprintf("shared%d", w%8))
						}
						first := newNote(streams[0], strings.Repeat("x", 2000))
						ns := []note{first}
						if len(streams) == 2 {
							ns = append(ns, note{Stream: streams[1], ID: first.ID, Texts: []string{"y"}})
						}
						mu.Lock()
						asked[first.ID] = true
						mu.Unlock()
						for writing.Err() == nil {
							seq, err := s.Update(writing, streams, always(ns...))
							if err == nil {
								mu.Lock()
								told[first.ID] = seq
								mu.Unlock()
								acked.Add(1)
								break
							}
							if !eventstore.Away(err) && writing.Err() == nil {
								t.Errorf("failed with %v", err)
								return
							}
							away.Add(1)
							time.Sleep(20 * time.Millisecond)
						}
					}
				})
			}
			more := func(what string, n *atomic.Int64, by int64) {
				t.Helper()
				from := n.Load()
				for end := time.Now().Add(40 * time.Second); n.Load() < from+by; time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("no %s\n%s", what, logged)
					}
				}
			}
			for range 2 {
				more("answers", &acked, 300)
				release := eventstoretest.Fill(t, disk)
				more("refusals", &away, 200)
				for end := time.Now().Add(10 * time.Second); srv.Down() == nil; time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatal("it does not say that it is down")
					}
				}
				if srv.Healthy() == nil || !errors.Is(srv.Down(), eventstore.ErrUnavailable) {
					t.Errorf("%v, %v", srv.Healthy(), srv.Down())
				}
				begin := time.Now()
				if _, err := s.Update(t.Context(), []string{"alone"}, always(newNote("alone", "z"))); !errors.Is(err, eventstore.ErrUnavailable) || time.Since(begin) > time.Second {
					t.Errorf("who asks now is told %v after %v", err, time.Since(begin))
				}
				if _, _, err := s.Load(t.Context(), "w1"); err != nil {
					t.Errorf("with a full disk nothing can be read: %v", err)
				}
				release()
			}
			more("answers in the end", &acked, 300)
			enough()
			writers.Wait()
			if err := srv.Healthy(); err != nil {
				t.Error(err)
			}
			s.Close() // with the outcome of everything that was sent
			all := everything(t, reader)
			place := map[string]uint64{}
			seen := map[string]int{}
			for _, n := range all {
				seen[n.Stream+" "+n.ID]++
				place[n.ID] = max(place[n.ID], n.Msg.Seq)
				if !asked[n.ID] || seen[n.Stream+" "+n.ID] > 1 {
					t.Errorf("%s is there %d times, asked for: %t", n.ID, seen[n.Stream+" "+n.ID], asked[n.ID])
				}
			}
			for id, seq := range told {
				if place[id] == 0 || place[id] > seq { // asked again, it is told how far the streams go
					t.Errorf("%s was acknowledged at %d and is at %d", id, seq, place[id])
				}
			}
			for end := time.Now().Add(10 * time.Second); read.Load() < int64(len(all)) && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			}
			stop()
			follower.Wait()
			equal(t, ids(followed), ids(all))
			t.Logf("%d answers, %d refusals, %d decisions; started anew %d times", acked.Load(), away.Load(), len(all), strings.Count(logged.String(), "started anew\""))
		})
	}
}

func ids(history []note) (all []string) {
	for _, n := range history {
		all = append(all, n.Stream+" "+n.ID)
	}
	return all
}

type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
