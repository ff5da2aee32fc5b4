package eventstore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	benchKey    = "a storage key for measuring"
	benchCase   = 50 // decisions of each stream, spread over the whole log
	benchEnv    = "EVENTSTORE_BENCH_CHILD"
	memoryLimit = "1600MiB" // as in the Dockerfile
)

// BenchmarkStart fills an encrypted log and measures in processes of their own: a
// start after a clean stop and after kill -9, memory at rest and at the peak of a
// replay, and what loading a history of 50 that nobody remembers takes. It runs
// once whatever -benchtime says. 10^7 decisions take minutes and 10 GB, so they
// need NRM_TORTURE=1. All files are in the page cache.
func BenchmarkStart(b *testing.B) {
	sizes := []int{100_000, 1_000_000}
	if os.Getenv("NRM_TORTURE") == "1" {
		sizes = append(sizes, 10_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("decisions=%d", size), func(b *testing.B) {
			if b.N > 1 {
				b.Fatal("measures once: run it with -benchtime 1x")
			}
			dir := b.TempDir()
			fillLog(b, dir, size)
			disk := sizeOnDisk(b, dir)
			// Told at once: what comes later may be cut short.
			told := func(what string, m map[string]float64) map[string]float64 {
				fmt.Fprintf(os.Stderr, "%d decisions, %.0f MB on disk, %s: %v\n", size, disk/1e6, what, m)
				return m
			}
			clean := told("after a clean stop", child(b, dir, "rest"))
			ours := clean["keys"] + clean["guard"] + clean["open"]
			child(b, dir, "kill")
			killed := told("after a kill", child(b, dir, "rest"))
			limited := told("replayed within "+memoryLimit, child(b, dir, "replay", "GOMEMLIMIT="+memoryLimit))
			free := told("replayed", child(b, dir, "replay"))
			cold := told("loaded cold", child(b, dir, "load"))
			for _, m := range []struct {
				unit  string
				value float64
			}{
				{"ms-clean-start", clean["start"] + clean["open"]}, {"ms-ours", ours},
				{"ms-start-after-kill", killed["start"] + killed["open"]},
				{"MB-disk", disk / 1e6}, {"MB-rest", clean["rest"]}, {"MB-rest-after-kill", killed["rest"]},
				{"MB-replay-peak", free["peak"]}, {"MB-replay-peak-limited", limited["peak"]},
				{"x-disk-rest", clean["rest"] * 1e6 / disk}, {"x-disk-peak-limited", limited["peak"] * 1e6 / disk},
				{"s-replay", free["replay"] / 1e3}, {"s-replay-limited", limited["replay"] / 1e3},
				{"us-get-p50", cold["get50"]}, {"us-get-p99", cold["get99"]},
				{"us-any-p50", cold["any50"]}, {"us-any-p99", cold["any99"]},
				{"us-cold-p50", cold["load50"]}, {"us-cold-p99", cold["load99"]},
				{"x-get-p50", cold["load50"] / cold["get50"]}, {"x-get-p99", cold["load99"] / cold["get99"]}, {"x-any-p99", cold["load99"] / cold["any99"]},
			} {
				b.ReportMetric(m.value, m.unit)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fillLog makes a log of valid decisions, fast: without syncing each.
func fillLog(b *testing.B, dir string, size int) {
	b.Helper()
	ns, err := server.NewServer(&server.Options{ServerName: "nrm", JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true,
		JetStreamKey: benchKey, JetStreamCipher: server.AES, JetStreamMaxMemory: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	ns.Start()
	defer func() { ns.Shutdown(); ns.WaitForShutdown() }()
	if !ns.ReadyForConnections(10 * time.Second) {
		b.Fatal("the server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(ns))
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(4000))
	if err := errors.Join(err, Init(b.Context(), nc)); err != nil {
		b.Fatal(err)
	}
	cases := size / benchCase
	last := make([]string, cases) // hash of each case's last message
	text := strings.Repeat("what happened to a case. ", 14)
	for i := range size {
		round, c := i/cases, i%cases
		data, _ := json.Marshal(map[string]any{"n": i, "text": text[:100+(i*7919)%250]})
		m := Message{Stream: fmt.Sprintf("case.%d", c), ID: uuid.NewString(), Meta: map[string]string{"actor": "duty", "role": "duty-officer", "recorded": "2026-01-01T00:00:00Z"},
			Events: []Entry{{Type: "Noted", Data: data}}}
		body, _, err := writeBody(m, last[c])
		if err != nil {
			b.Fatal(err)
		}
		last[c] = hashOf(body)
		w := write{guard: guard{stream: m.Stream}, id: m.ID, body: body}
		for r := round - 1; r >= max(0, round-maxBefore); r-- {
			w.before += strconv.Itoa(r*cases+c+1) + " "
		}
		w.before = strings.TrimSuffix(w.before, " ")
		if round > 0 {
			w.last = uint64((round-1)*cases + c + 1)
		}
		h := w.header()
		h.Del("Nats-Msg-Id") // that of a moment ago is remembered for two minutes only
		if _, err := js.PublishMsgAsync(&nats.Msg{Subject: prefix + w.stream, Header: h, Data: w.body}, jetstream.WithStallWait(time.Minute)); err != nil {
			b.Fatal(err)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(time.Minute):
		b.Fatal("not all was stored")
	}
}

// child measures in a process of its own, which it kills with SIGKILL if it is to
// die so.
func child(b *testing.B, dir, what string, env ...string) map[string]float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), benchEnv+"="+what+" "+dir), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var seen map[string]float64
	if err := errors.Join(err, json.Unmarshal(line, &seen)); err != nil {
		b.Fatalf("%s: %v: %s", what, err, line)
	}
	if what == "kill" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return seen
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return seen
}

// BenchChild is the other process, if this is it.
func BenchChild() bool {
	what, dir, ok := strings.Cut(os.Getenv(benchEnv), " ")
	if !ok {
		return false
	}
	seen, err := measure(what, dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	b, _ := json.Marshal(seen)
	fmt.Println(string(b))
	return true
}

// measure gives durations in milliseconds, or in microseconds for single reads,
// and memory in MB.
func measure(what, dir string) (seen map[string]float64, err error) {
	seen = map[string]float64{}
	timed := func(name string, f func() error) {
		began := time.Now()
		err = errors.Join(err, f())
		seen[name] = float64(time.Since(began).Microseconds()) / 1e3
	}
	ctx := context.Background()
	timed("keys", func() error { _, err := checkKeys(filepath.Join(dir, "jetstream"), benchKey, ""); return err })
	timed("guard", func() error {
		err := setGuard(dir)
		_, failed := liftGuard(dir)
		return errors.Join(err, failed)
	})
	var srv *Server
	timed("start", func() error { srv, err = Start(ctx, dir, StartOptions{Key: benchKey}); return err })
	if err != nil {
		return nil, err
	}
	var s *Store[Message]
	cacheBytes := int64(0)
	if what == "load" {
		cacheBytes = 1 // remembers nothing
	}
	timed("open", func() error {
		s, err = Open(ctx, srv.Conn(), plain(), Options{HighWater: filepath.Join(dir, "highwater.json"), Sole: true, CacheBytes: cacheBytes})
		return err
	})
	if err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	switch what {
	case "rest":
		time.Sleep(2 * time.Second)
		seen["rest"] = memory("VmRSS:")
	case "kill":
		for i := range 500 {
			stream := fmt.Sprint("killed.", i%7)
			if _, err := s.Update(ctx, []string{stream}, func([][]Message) ([]Message, error) {
				return []Message{{Stream: stream, ID: uuid.NewString(), Events: []Entry{{Type: "E", Data: []byte("1")}}}}, nil
			}); err != nil {
				return nil, err
			}
		}
		b, _ := json.Marshal(seen)
		fmt.Println(string(b))
		time.Sleep(time.Hour)
	case "replay":
		last, err := s.Last(ctx)
		if err != nil {
			return nil, err
		}
		timed("replay", func() error { return s.Replay(ctx, 0, last, func([]Message) error { return nil }) })
		seen["peak"] = memory("VmHWM:")
	case "load":
		if err := measureLoads(ctx, s, seen); err != nil {
			return nil, err
		}
	}
	s.Close()
	return seen, errors.Join(err, srv.Close())
}

// measureLoads reads streams in no order: the last message of each as the server
// gives it, and whole histories of others. All streams end in the last fiftieth of
// the log, so those last messages are soon at hand; that is why a message from
// anywhere is read as well.
func measureLoads(ctx context.Context, s *Store[Message], seen map[string]float64) error {
	last, err := s.Last(ctx)
	if err != nil {
		return err
	}
	stream, err := s.link.js.Stream(ctx, streamName)
	if err != nil {
		return err
	}
	const n = 400
	cases := rand.Perm(int(last)/benchCase - 20) // the killed process wrote a few more
	var gets, anywhere, loads []float64
	for i := range n { // in turns, so that both meet the same machine
		began := time.Now()
		if _, err := stream.GetLastMsgForSubject(ctx, fmt.Sprint(prefix, "case.", cases[2*i])); err != nil {
			return err
		}
		gets = append(gets, float64(time.Since(began).Microseconds()))
		began = time.Now()
		if _, err := stream.GetMsg(ctx, 1+rand.Uint64N(last)); err != nil {
			return err
		}
		anywhere = append(anywhere, float64(time.Since(began).Microseconds()))
		began = time.Now()
		h, _, err := s.Load(ctx, fmt.Sprint("case.", cases[2*i+1]))
		if err != nil || len(h) != benchCase {
			return fmt.Errorf("%d decisions: %w", len(h), err)
		}
		loads = append(loads, float64(time.Since(began).Microseconds()))
	}
	for name, took := range map[string][]float64{"get": gets, "any": anywhere, "load": loads} {
		slices.Sort(took)
		seen[name+"50"], seen[name+"99"] = took[n/2], took[n*99/100]
	}
	return nil
}

// memory reads a figure of this process in MB.
func memory(name string) float64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			kb, _ := strconv.ParseFloat(f[1], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}

func sizeOnDisk(b *testing.B, dir string) (n float64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += float64(info.Size())
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}
