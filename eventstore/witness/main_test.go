package witness

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = "nrm/5f2c"

// A key signs and is checked.
type key struct {
	note.Signer
	vkey string
}

func newKey(t testing.TB, name string) key {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return key{s, vkey}
}

func (k key) sign(t testing.TB, size int64, root tlog.Hash, at time.Time) Checkpoint {
	t.Helper()
	c, err := Sign(k, k.Name(), size, root, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// The decisions of these tests: the n-th one has a text.
type decision struct {
	n    int
	text string
}

func codec() eventstore.Codec[decision] {
	return eventstore.Codec[decision]{
		Encode: func(d decision) (eventstore.Message, error) {
			return eventstore.Message{
				Stream: fmt.Sprintf("case.%d", d.n%7),
				ID:     uuid.NewSHA1(uuid.NameSpaceOID, []byte(d.text)).String(),
				Events: []eventstore.Entry{{Type: "Noted", Data: []byte(`"` + d.text + `"`)}},
			}, nil
		},
		Decode: func(m eventstore.Message) (decision, error) {
			return decision{n: int(m.Seq), text: m.ID}, nil
		},
	}
}

type store = eventstore.Store[decision]

func newStore(t testing.TB) *store { t.Helper(); return eventstoretest.New(t, codec()) }

// write brings the log to position through; what it says there depends on the
// position, and at the changed ones it says something else.
func write(t testing.TB, s *store, through int, changed ...int) {
	t.Helper()
	last, err := s.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := int(last) + 1; n <= through; n++ {
		d := decision{n, fmt.Sprintf("what happened %d", n)}
		for _, c := range changed {
			if c == n {
				d.text = "what they now say happened"
			}
		}
		stream := fmt.Sprintf("case.%d", n%7)
		if _, err := s.Update(t.Context(), []string{stream}, func([][]decision) ([]decision, error) { return []decision{d}, nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func leaves(t testing.TB, s Source) (all []eventstore.Leaf) {
	t.Helper()
	last, err := s.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Leaves(t.Context(), 0, last, func(run []eventstore.Leaf) error { all = append(all, run...); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// A counting source counts the leaves that are read.
type counting struct {
	Source
	mu   sync.Mutex
	read int
}

func (c *counting) Leaves(ctx context.Context, after, through uint64, f func([]eventstore.Leaf) error) error {
	return c.Source.Leaves(ctx, after, through, func(run []eventstore.Leaf) error {
		c.mu.Lock()
		c.read += len(run)
		c.mu.Unlock()
		return f(run)
	})
}

// A clock moves when told to.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
}

func newClock() *clock { return &clock{now: noon, timers: map[chan time.Time]time.Time{}} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) after(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	c.timers[ch] = c.now.Add(d)
	return ch
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for ch, at := range c.timers {
		if !at.After(c.now) {
			ch <- c.now
			delete(c.timers, ch)
		}
	}
}

// A desk is what a keeper works on.
type desk struct {
	dir    string
	key    key
	source Source
	clock  *clock
	logged *lines
	every  int
	fresh  bool
}

func newDesk(t testing.TB, s Source) *desk {
	return &desk{dir: t.TempDir(), key: newKey(t, origin), source: s, clock: newClock(), logged: &lines{}, every: 10, fresh: true}
}

func (d *desk) treePath() string { return filepath.Join(d.dir, "tree") }
func (d *desk) path() string     { return filepath.Join(d.dir, "checkpoints") }

func (d *desk) folder(t testing.TB) *Folder {
	t.Helper()
	f, err := OpenFolder(d.path(), d.key.vkey)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (d *desk) open(t testing.TB) (*Keeper, error) {
	t.Helper()
	return Open(t.Context(), Config{
		TreePath: d.treePath(), Folder: d.folder(t), Source: d.source,
		Signer: d.key, Origin: origin, VKey: d.key.vkey,
		Every: d.every, Fresh: d.fresh, Now: d.clock.Now, after: d.clock.after,
		Logger: slog.New(slog.NewTextHandler(d.logged, nil)),
	}, nil)
}

func (d *desk) keeper(t testing.TB) *Keeper {
	t.Helper()
	k, err := d.open(t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// run lets a keeper run until the test or the returned function ends it.
func run(t testing.TB, k *Keeper) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(5 * time.Second):
			return errors.New("Run does not end")
		}
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

func stopped(t testing.TB, stop func() error) {
	t.Helper()
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run ended with %v", err)
	}
}

// lines is what was logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// eventually waits for what other goroutines do.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not after all this time: %s", what)
}

func wantErr(t testing.TB, err, want error, says ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Fatalf("the error does not say %q: %v", text, err)
		}
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
