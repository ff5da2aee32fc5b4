package eventstore

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// TestStreamThrownAway lets a server do what it does to a stream that it cannot
// recover: it removes all of it. The guard puts back every file, and the start
// fails; also when the process is killed before it can.
func TestStreamThrownAway(t *testing.T) {
	dir, opts := t.TempDir(), StartOptions{Key: "a key", Logger: slog.New(slog.DiscardHandler)}
	srv, err := Start(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(srv.Conn())
	if err := errors.Join(err, Init(t.Context(), srv.Conn())); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "nrm.a", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(streamsIn(filepath.Join(dir, "jetstream")), streamName)
	if err := os.WriteFile(filepath.Join(log, "msgs", "2.blk"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, log)

	if err := setGuard(dir); err != nil {
		t.Fatal(err)
	}
	ns, err := run(t.Context(), dir, opts, nil)
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("the server starts without its stream: %v", err)
	}
	stop(ns)
	if _, err := os.Stat(log); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("this server keeps what it cannot recover: is the guard still needed?")
	}
	restored, err := liftGuard(dir)
	if err != nil || !slices.Equal(restored, []string{streamName}) {
		t.Fatalf("put back %v, %v", restored, err)
	}
	for _, file := range before {
		if !slices.Contains(filesIn(t, log), file) {
			t.Errorf("%s is gone", file)
		}
	}

	// Start clears the half-made block away, and nothing is lost.
	if err := setGuard(dir); err != nil { // as if killed after the server had removed the stream
		t.Fatal(err)
	}
	if err := os.RemoveAll(log); err != nil {
		t.Fatal(err)
	}
	srv, err = Start(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if js, err = jetstream.New(srv.Conn()); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), streamName)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetMsg(t.Context(), 1); err != nil || string(m.Data) != "kept" {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := os.Stat(filepath.Join(dir, guardFolder)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the guard stays")
	}
}

// A server that fails to start keeps its folder to itself until all is put back.
func TestLockedWhilePuttingBack(t *testing.T) {
	dir := t.TempDir()
	srv, err := Start(t.Context(), dir, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Init(t.Context(), srv.Conn()), srv.Close()); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(streamsIn(filepath.Join(dir, "jetstream")), streamName)
	before := filesIn(t, log)
	putBack := 0
	_, err = Start(t.Context(), dir, StartOptions{Logger: slog.New(onLog(func(r slog.Record) {
		switch {
		case strings.Contains(r.Message, "Starting nats-server"): // and does away with the stream
			if err := os.RemoveAll(log); err != nil {
				t.Error(err)
			}
		case strings.Contains(r.Message, "put back"):
			putBack++
			if f, err := lockDir(dir); !errors.Is(err, ErrLocked) {
				t.Errorf("another process may start a server while streams are put back: %v", err)
				_ = f.Close()
			}
		}
	}))})
	if !errors.Is(err, ErrDamaged) || putBack != 1 {
		t.Fatalf("put back %d times; %v", putBack, err)
	}
	if after := filesIn(t, log); !slices.Equal(before, after) {
		t.Errorf("%v, before %v", after, before)
	}
	if srv, err = Start(t.Context(), dir, StartOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
}

// onLog is a log that only calls a function.
type onLog func(slog.Record)

func (f onLog) Enabled(context.Context, slog.Level) bool      { return true }
func (f onLog) Handle(_ context.Context, r slog.Record) error { f(r); return nil }
func (f onLog) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f onLog) WithGroup(string) slog.Handler                 { return f }

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
