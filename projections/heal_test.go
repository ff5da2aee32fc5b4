package projections

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nrm/domain"
)

// TestDamagedWhileRunning harms the file of views that are followed and asked.
// They notice, are made anew, and nobody is told anything wrong meanwhile.
func TestDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(t *testing.T, path string) error{
		"deleted":                      func(_ *testing.T, path string) error { return remove(path) },
		"only the database deleted":    func(_ *testing.T, path string) error { return os.Remove(path) },
		"only the write-ahead log":     func(_ *testing.T, path string) error { return os.Remove(path + walSuffix) },
		"emptied":                      func(_ *testing.T, path string) error { return os.Truncate(path, 0) },
		"cut in half":                  func(t *testing.T, path string) error { return os.Truncate(path, size(t, path)/2/4096*4096) },
		"cut by a page":                func(t *testing.T, path string) error { return os.Truncate(path, size(t, path)-4096) },
		"noise everywhere":             func(t *testing.T, path string) error { return noise(path, 0, size(t, path)) },
		"noise over the first page":    func(_ *testing.T, path string) error { return noise(path, 0, 4096) },
		"noise over all but the first": func(t *testing.T, path string) error { return noise(path, 4096, size(t, path)) },
		"exchanged for an older copy":  exchange,
		"a table gone": func(t *testing.T, path string) error {
			db, err := open(path, 1, writing)
			if err != nil {
				return err
			}
			_, err = db.ExecContext(t.Context(), `DROP TABLE cases`)
			return errors.Join(err, db.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newMemory()
			w := newWorld(t, log, 5)
			w.crowd(10, 150)
			v := opened(t, t.TempDir(), log)
			k := keptUp(t, v, log)
			k.reach()
			known := w.cases[0]
			if _, err := v.db.now().Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
				t.Fatal(err)
			}
			asked := asking(t, v, known)
			if err := harm(t, v.path); err != nil {
				t.Fatal(err)
			}
			k.until("the views were made anew")
			w.crowd(3, 30)
			k.reach()
			k.until("the views follow the log again")
			if err := v.Err(); err != nil {
				t.Errorf("still red: %v", err)
			}
			asked()
			again := opened(t, t.TempDir(), log)
			if live, made := digestOf(t, v), digestOf(t, again); !maps.Equal(live, made) {
				t.Errorf("live    %v\nrebuilt %v", live, made)
			}
			if page, err := v.Case(t.Context(), officer, w.now, known); err != nil || page.Row.Ref != known {
				t.Errorf("%v, %v", page.Row.Ref, err)
			}
		})
	}
}

// TestNoticedByWhoAsks: an answer that shows the damage is enough, nobody waits
// for the next look at the file.
func TestNoticedByWhoAsks(t *testing.T) {
	t.Parallel()
	log := newMemory()
	w := newWorld(t, log, 6)
	w.crowd(10, 100)
	v := opened(t, t.TempDir(), log)
	if v.Suspect(errors.New("something else")) || v.Suspect(domain.ErrErased) || v.Suspect(context.Canceled) {
		t.Error("anything is suspect")
	}
	if _, err := v.db.now().Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := noise(v.path, 4096, size(t, v.path)); err != nil {
		t.Fatal(err)
	}
	_, err := v.Digest(t.Context())
	if err == nil || !v.Suspect(err) {
		t.Fatalf("noise is answered with %v", err)
	}
	k := keptUp(t, v, log)
	k.until("the views were made anew")
	k.reach()
}

// TestMendingFails: as long as the views cannot be made anew nobody is answered,
// and when they can, they are.
func TestMendingFails(t *testing.T) {
	t.Parallel()
	log := newMemory()
	w := newWorld(t, log, 7)
	w.crowd(5, 50)
	v := opened(t, t.TempDir(), log)
	k := keptUp(t, v, log)
	k.reach()
	inTheWay := v.path + ".new" // a folder that cannot be removed as a file is
	if err := errors.Join(os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700), os.Remove(v.path)); err != nil {
		t.Fatal(err)
	}
	k.until("made anew; until then")
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := v.Unfinished(t.Context()); !errors.Is(err, ErrMending) || !v.Suspect(err) {
			t.Fatalf("answered with %v", err)
		}
		if v.Err() == nil {
			t.Fatal("green")
		}
	}
	if n := strings.Count(k.said.String(), `"ERROR"`); n > 3 {
		t.Errorf("%d errors logged of one trouble:\n%s", n, k.said)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	k.until("the views were made anew")
	k.reach()
	if _, err := v.Unfinished(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCannotBeApplied: what the views cannot apply is not skipped, and not the
// end of everything: they are red and try again.
func TestCannotBeApplied(t *testing.T) {
	t.Parallel()
	log := newMemory()
	w := newWorld(t, log, 8)
	w.crowd(5, 50)
	v := opened(t, t.TempDir(), log)
	broken := &obstinate{memory: log, until: make(chan struct{})}
	k := keptUp(t, v, broken)
	k.until("the views do not follow the log")
	at := v.Position()
	time.Sleep(500 * time.Millisecond)
	if v.Err() == nil || v.Position() != at {
		t.Errorf("%v at %d, was at %d", v.Err(), v.Position(), at)
	}
	if n := strings.Count(k.said.String(), "do not follow"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	close(broken.until)
	w.crowd(1, 5)
	k.reach()
	k.until("the views follow the log again")
	if v.Err() != nil {
		t.Errorf("still red: %v", v.Err())
	}
}

// obstinate is a log that cannot be read for a while.
type obstinate struct {
	*memory
	until chan struct{}
}

func (o *obstinate) Follow(ctx context.Context, after uint64, f func([]domain.Decision) error) error {
	select {
	case <-o.until:
		return o.memory.Follow(ctx, after, f)
	default:
		return errors.New("it cannot be read")
	}
}

// A keeping is views that Keep looks after.
type keeping struct {
	t    *testing.T
	v    *Views
	log  Log
	said *lockedBuffer
}

func keptUp(t *testing.T, v *Views, log Log) *keeping {
	t.Helper()
	k := &keeping{t, v, log, &lockedBuffer{}}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Keep(ctx, log, slog.New(slog.NewJSONHandler(k.said, nil))) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Keep ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Keep does not end")
		}
	})
	return k
}

func (k *keeping) reach() {
	k.t.Helper()
	last, err := k.log.Last(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); k.v.Position() < last; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			k.t.Fatalf("at %d of %d\n%s", k.v.Position(), last, k.said)
		}
	}
}

func (k *keeping) until(words string) {
	k.t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(k.said.String(), words); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			k.t.Fatalf("never heard: %s\n%s", words, k.said)
		}
	}
}

// asking asks all the time for a case that there is, until the function it gives
// is called. Every answer is right or worth asking again.
func asking(t *testing.T, v *Views, ref domain.Ref) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				page, err := v.Case(ctx, officer, time.Now(), ref)
				if err != nil && ctx.Err() == nil && !v.Suspect(err) {
					t.Errorf("answered with %v", err)
				}
				if err == nil && page.Row.Ref != ref {
					t.Errorf("case %s was shown for %s", page.Row.Ref, ref)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	t.Cleanup(cancel)
	return func() { cancel(); all.Wait() }
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func noise(path string, from, to int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	var seed [32]byte
	b := make([]byte, to-from)
	_, _ = rand.NewChaCha8(seed).Read(b)
	_, err = f.WriteAt(b, from)
	return errors.Join(err, f.Close())
}

// exchange puts another file in the place of the database.
func exchange(_ *testing.T, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path+".copy", os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close(), os.Rename(path+".copy", path))
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
