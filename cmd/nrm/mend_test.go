package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestViewsDamagedWhileServing harms the views under a process that serves: its
// commands are recorded all the time, questions are answered rightly or asked to
// come back, and after a while everything is as before.
func TestViewsDamagedWhileServing(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"deleted": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"overwritten": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return err
			}
			b := make([]byte, info.Size())
			for i := range b {
				b[i] = byte(rand.Uint32())
			}
			_, err = f.WriteAt(b, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			at := newRegister(t)
			crowd := newCrowd(t, ctx, at)
			s := serveProcess(t, ctx, at)
			w := &writers{t: t, crowd: crowd, url: s.url}
			w.start(ctx, 4)
			w.until("answers", 30*time.Second, func() bool { return w.stored.Load() > 50 })
			seen := w.someCase()
			path := filepath.Join(at.data, "views.db")
			held, err := os.Open(path) // so that no other file is taken for it
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			before, err := held.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			away, mended := 0, func() bool {
				info, err := os.Stat(path)
				return err == nil && !os.SameFile(info, before)
			}
			for end := time.Now().Add(30 * time.Second); !mended() || !red(t, s.url, nil); {
				status, header, body, err := send(ctx, http.MethodGet, s.url+"/api/v1/cases/"+seen, crowd.duty, "", "")
				switch {
				case err == nil && status == http.StatusOK:
				case err == nil && status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
					away++
				default:
					t.Fatalf("a case is answered with %d %s %v", status, body, err)
				}
				if time.Now().After(end) {
					t.Fatal("the views are not mended")
				}
			}
			from := w.stored.Load()
			w.until("answers afterwards", 30*time.Second, func() bool { return w.stored.Load() > from+20 })
			w.reads(s.url, seen, 200*time.Millisecond)
			w.stop()
			crowd.askAgain(t, ctx, s.url)
			terminated(t, s)
			if got, want := crowd.compare(t, ctx, at, 1), crowd.decisions(); got != want {
				t.Errorf("what was asked for makes %d decisions, the log has %d", want, got)
			}
			if out, code := nrm(t, at, "verify"); code != 0 {
				t.Errorf("nrm verify: exit %d, %s", code, out)
			}
			t.Logf("%d questions were asked to come back", away)
		})
	}
}
