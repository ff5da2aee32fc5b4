package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/eventstore/eventstoretest"
	"nrm/eventstore/keyfile"
)

// TestDiskFull fills the disks of a running register while clients write, until
// nothing can be stored, and makes room again. Meanwhile everybody is asked to
// come back and questions are answered; afterwards the register goes on by
// itself, with everything that it ever acknowledged, and nothing twice.
func TestDiskFull(t *testing.T) {
	for name, c := range map[string]struct {
		logFull, viewsFull bool
		red                []string // parts, one of which must be not ready
	}{
		"one disk for all": {true, true, []string{"log", "views"}},
		"the log's disk":   {true, false, []string{"log"}},
		"the views' disk":  {false, true, []string{"views"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			disk := eventstoretest.SmallDisk(t, 40<<20)
			at := beside(filepath.Join(disk, "nrm-data"))
			if !c.logFull {
				at = beside(filepath.Join(t.TempDir(), "nrm-data"))
			}
			at.keys = filepath.Join(t.TempDir(), "keys")
			made(t, at)
			crowd := newCrowd(t, ctx, at)
			if c.logFull != c.viewsFull { // the views lie elsewhere
				elsewhere := disk
				if c.logFull {
					elsewhere = t.TempDir()
				}
				moveViews(t, ctx, at, elsewhere)
			}
			s := serveProcess(t, ctx, at, "--keys", at.keys)
			w := &writers{t: t, crowd: crowd, url: s.url}
			w.start(ctx, 8)
			w.until("answers", 30*time.Second, func() bool { return w.stored.Load() > 50 })
			seen := w.someCase()

			release := eventstoretest.Fill(t, disk)
			if c.logFull {
				w.until("refusals", 60*time.Second, func() bool { return w.away.Load() > 20 })
			}
			w.until("red", 30*time.Second, func() bool { return red(t, s.url, c.red) })
			w.reads(s.url, seen, 3*time.Second)
			if !red(t, s.url, c.red) {
				t.Error("it calls itself ready with a full disk")
			}

			before := w.stored.Load()
			release()
			w.until("answers after there was room", 60*time.Second, func() bool { return w.stored.Load() > before+50 })
			w.stop() // or a quick machine fills the disk once more
			w.until("green", 60*time.Second, func() bool { return red(t, s.url, nil) })
			crowd.askAgain(t, ctx, s.url)
			terminated(t, s)
			if got, want := crowd.compare(t, ctx, at, 1), crowd.decisions(); got != want {
				t.Errorf("what was asked for makes %d decisions, the log has %d", want, got)
			}
			t.Logf("%d answers, %d times asked to come back", w.stored.Load(), w.away.Load())
		})
	}
}

// made makes an empty register in a place.
func made(t *testing.T, at places) {
	t.Helper()
	if _, err := keyfile.Create(at.keys); err != nil {
		t.Fatal(err)
	}
	if err := create(t.Context(), at, quiet()); err != nil {
		t.Fatal(err)
	}
}

// moveViews has the views lie in another folder.
func moveViews(t *testing.T, ctx context.Context, at places, dir string) {
	t.Helper()
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	views, err := n.views(ctx, unseen())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(views.Close(), n.close()); err != nil {
		t.Fatal(err)
	}
	here, there := filepath.Join(at.data, "views.db"), filepath.Join(dir, "views.db")
	b, err := os.ReadFile(here)
	if err = errors.Join(err, os.WriteFile(there, b, 0o600), os.Remove(here), os.Symlink(there, here)); err != nil {
		t.Fatal(err)
	}
}

// writers are clients that ask again, with the same key, until they are told
// that what they asked for is recorded.
type writers struct {
	t            *testing.T
	crowd        *crowd
	url          string
	stored, away atomic.Int64
	all          sync.WaitGroup
	end          context.CancelFunc
}

func (w *writers) start(ctx context.Context, clients int) {
	ctx, w.end = context.WithCancel(ctx)
	w.t.Cleanup(w.stop)
	for n := range clients {
		name := "" // then nothing is sealed, and no key is made
		if n%2 == 0 {
			name = `, "family_name": "Sınaqova", "given_name": "Nümunə"`
		}
		w.all.Go(func() {
			for ctx.Err() == nil {
				q := &question{token: w.crowd.referrer, path: "/api/v1/cases", writes: 1, body: `{"data": {"source": "police", "circumstances": ["raid"],
					"status": "presumed", "age": "adult", "sex": "female", "citizenship": "az", "district": "AZ-BA", "immediate_danger": false, "basis": "consent"` + name + `}}`}
				key := uuid.NewString()
				w.crowd.mu.Lock()
				w.crowd.asked[key] = q
				w.crowd.mu.Unlock()
				w.insist(ctx, q, key)
			}
		})
	}
}

// insist asks until there is an answer.
func (w *writers) insist(ctx context.Context, q *question, key string) {
	for ctx.Err() == nil {
		status, header, body, err := send(ctx, http.MethodPost, w.url+q.path, q.token, key, q.body)
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case err != nil:
			w.t.Errorf("no answer: %v", err)
			return
		case status/100 == 2:
			w.crowd.mu.Lock()
			if err := json.Unmarshal(body, &q.answer); err != nil {
				w.t.Error(err)
			}
			w.crowd.mu.Unlock()
			w.stored.Add(1)
			return
		case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
			w.away.Add(1)
			time.Sleep(50 * time.Millisecond)
		default:
			w.t.Errorf("answered %d %v %s", status, header, body)
			return
		}
	}
}

func (w *writers) stop() {
	w.end()
	w.all.Wait()
}

func (w *writers) until(what string, patience time.Duration, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("no %s within %v (%d answers, %d times asked to come back)", what, patience, w.stored.Load(), w.away.Load())
		}
	}
}

func (w *writers) someCase() string {
	w.crowd.mu.Lock()
	defer w.crowd.mu.Unlock()
	for _, q := range w.crowd.asked {
		if q.answer.Case != "" {
			return q.answer.Case
		}
	}
	w.t.Fatal("no case")
	return ""
}

// reads asks for a case for a while. It is always there.
func (w *writers) reads(url, ref string, during time.Duration) {
	w.t.Helper()
	n := 0
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		n++
		status, _, body, err := send(w.t.Context(), http.MethodGet, url+"/api/v1/cases/"+ref, w.crowd.duty, "", "")
		if err != nil || status != http.StatusOK || !strings.Contains(string(body), ref) {
			w.t.Errorf("question %d: %d %s %v", n, status, body, err)
			return
		}
		if status, _, _, err := send(w.t.Context(), http.MethodGet, url+"/healthz", "", "", ""); err != nil || status != http.StatusOK {
			w.t.Errorf("healthz: %d %v", status, err)
		}
	}
}

// red reports whether one of the parts is not ready; of no parts, whether all is.
func red(t *testing.T, url string, parts []string) bool {
	t.Helper()
	status, header, body, err := send(t.Context(), http.MethodGet, url+"/readyz", "", "", "")
	if err != nil {
		t.Error(err)
		return false
	}
	if len(parts) == 0 {
		return status == http.StatusOK
	}
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		return false
	}
	for _, p := range parts {
		if strings.Contains(string(body), `"`+p+`"`) {
			return true
		}
	}
	return false
}

func send(ctx context.Context, method, url, token, key, body string) (status int, header http.Header, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, err
}

// terminated asks a server to stop and waits until it has, which takes less than
// twenty seconds.
func terminated(t *testing.T, s process) {
	t.Helper()
	begin := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not stop within 20 seconds")
		_ = s.cmd.Process.Kill()
		<-ended
	}
	t.Logf("stopped within %v", time.Since(begin).Round(10*time.Millisecond))
}
