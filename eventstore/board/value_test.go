package board

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"nrm/eventstore/eventstoretest"
)

func TestValuesChangeOnlyFromWhatTheyWere(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	wantValue(t, b, "a", "", 0)
	first := must(b.Put(ctx, "a", []byte("one"), 0, 0))(t)
	wantValue(t, b, "a", "one", first)
	for _, wrong := range []uint64{0, first + 1, first + 100} {
		_, err := b.Put(ctx, "a", []byte("other"), wrong, 0)
		wantErr(t, err, ErrConflict, "put a")
		wantErr(t, b.Delete(ctx, "a", wrong), ErrConflict, "delete a")
	}
	wantValue(t, b, "a", "one", first)
	other := must(b.Put(ctx, "b", nil, 0, 0))(t)
	wantValue(t, b, "b", "", other)
	second := must(b.Put(ctx, "a", []byte("two"), first, 0))(t)
	wantValue(t, b, "a", "two", second)
	if second <= other || other <= first {
		t.Errorf("revisions %d, %d, %d", first, other, second)
	}

	if err := b.Delete(ctx, "a", second); err != nil {
		t.Fatal(err)
	}
	wantValue(t, b, "a", "", 0)
	_, err := b.Put(ctx, "a", []byte("late"), second, 0) // by who has read it before
	wantErr(t, err, ErrConflict)
	third := must(b.Put(ctx, "a", []byte("three"), 0, 0))(t)
	wantValue(t, b, "a", "three", third)
	if state := must(b.stream.Info(ctx))(t).State; state.Msgs != 2 {
		t.Errorf("%d messages for two values", state.Msgs)
	}
}

func TestKeysAndSizes(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	for _, key := range []string{"", "a.b", "*", ">", "a b", "ə", strings.Repeat("k", 101)} {
		_, err := b.Get(ctx, key)
		wantErr(t, err, ErrKey)
		_, err = b.Put(ctx, key, nil, 0, 0)
		wantErr(t, err, ErrKey)
		wantErr(t, b.Delete(ctx, key, 0), ErrKey)
		wantErr(t, b.Watch(ctx, key, nil), ErrKey)
		wantErr(t, b.Hold(ctx, key+".", "me", time.Second, nil), ErrKey)
	}
	start := time.Now()
	_, err := b.Put(ctx, "big", make([]byte, 2<<20), 0, 0)
	wantErr(t, err, nats.ErrMaxPayload)
	if errors.Is(err, ErrUnavailable) || time.Since(start) > time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

func TestValuesLastTheirTime(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	ctx := t.Context()
	must(b.Put(ctx, "short", []byte("x"), 0, time.Millisecond))(t) // a second
	must(b.Put(ctx, "long", []byte("x"), 0, time.Hour))(t)
	must(b.Put(ctx, "ever", []byte("x"), 0, 0))(t)
	start := time.Now()
	eventually(t, "the value goes", func() bool { return must(b.Get(ctx, "short"))(t).Revision == 0 })
	if d := time.Since(start); d < 500*time.Millisecond {
		t.Errorf("gone after %v", d)
	}
	for _, key := range []string{"long", "ever"} {
		if must(b.Get(ctx, key))(t).Revision == 0 {
			t.Errorf("%s is gone", key)
		}
	}
	must(b.Put(ctx, "short", []byte("y"), 0, 0))(t)
}

// TestOneOfMany lets writers race for each revision: all changes are counted.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	countTogether(t, []*Board{b, b, b, b}, 25)
}

// countTogether lets each board raise one number so many times.
func countTogether(t *testing.T, boards []*Board, times int) {
	t.Helper()
	var wg sync.WaitGroup
	for _, b := range boards {
		wg.Go(func() {
			for n := 0; n < times; {
				err := raise(t.Context(), b)
				switch {
				case err == nil:
					n++
				case !errors.Is(err, ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	v := must(boards[0].Get(t.Context(), "number"))(t)
	if want := fmt.Sprint(len(boards) * times); string(v.Data) != want {
		t.Errorf("the number is %s, want %s", v.Data, want)
	}
}

func raise(ctx context.Context, b *Board) error {
	v, err := b.Get(ctx, "number")
	if err != nil {
		return err
	}
	n := 0
	_, _ = fmt.Sscan(string(v.Data), &n)
	_, err = b.Put(ctx, "number", fmt.Append(nil, n+1), v.Revision, 0)
	return err
}

// TestLostAnswers: what was stored is known as stored, once the servers answer
// again, and what was not is not.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	nc, faults := eventstoretest.Faulty(t, srv)
	b, sound := open(t, nc, 3*time.Second), open(t, srv.Conn(), 0)
	revision := put(t, b, "a", "0")
	for i, c := range []struct {
		hold func()
		mend func()
	}{
		{faults.HoldAnswers, faults.Heal},
		{faults.HoldAnswers, faults.Cut},
		{faults.HoldRequests, faults.Heal},
		{faults.HoldRequests, faults.Cut},
	} {
		c.hold()
		timer := time.AfterFunc(time.Second, c.mend)
		next, err := b.Put(t.Context(), "a", fmt.Append(nil, i), revision, 0)
		timer.Stop()
		if err != nil || next <= revision {
			t.Fatalf("case %d: revision %d after %d, %v", i, next, revision, err)
		}
		wantValue(t, sound, "a", fmt.Sprint(i), next)
		revision = next
	}

	// Another is faster while the answer is on its way.
	faults.HoldRequests()
	var other atomic.Uint64
	time.AfterFunc(500*time.Millisecond, func() {
		n, err := sound.Put(context.Background(), "a", []byte("other"), revision, 0)
		if err != nil {
			t.Error(err)
		}
		other.Store(n)
		faults.Heal()
	})
	_, err := b.Put(t.Context(), "a", []byte("mine"), revision, 0)
	wantErr(t, err, ErrConflict)
	wantValue(t, sound, "a", "other", other.Load())

	// Nobody answers at all.
	short := open(t, nc, 300*time.Millisecond)
	faults.HoldAnswers()
	_, err = short.Put(t.Context(), "a", []byte("unclear"), other.Load(), 0)
	wantErr(t, err, ErrUnavailable)
	_, err = short.Get(t.Context(), "a")
	wantErr(t, err, ErrUnavailable, "get a")
	wantErr(t, short.Delete(t.Context(), "a", 1), ErrUnavailable)
	faults.Heal()
	if v := must(short.Get(t.Context(), "a"))(t); string(v.Data) != "unclear" { // stored, and who asked could not know
		t.Errorf("the value is %q", v.Data)
	}
}

func TestInitAndOpen(t *testing.T) {
	t.Parallel()
	srv := eventstoretest.Server(t)
	ctx := t.Context()
	_, err := Open(ctx, srv.Conn(), Options{})
	wantErr(t, err, ErrMissing)
	wantErr(t, Init(ctx, srv.Conn(), 2), ErrUnsafe, "Replicas")
	if err := Init(ctx, srv.Conn(), 0); err != nil {
		t.Fatal(err)
	}
	wantErr(t, Init(ctx, srv.Conn(), 1), ErrExists)
	b := open(t, srv.Conn(), 0)
	revision := put(t, b, "a", "one")
	for name, change := range map[string]func(){
		"MaxMsgsPerSubject": func() { b.stream.CachedInfo().Config.MaxMsgsPerSubject = 2 },
		"AllowDirect":       func() { b.stream.CachedInfo().Config.AllowDirect = true },
		"MaxAge":            func() { b.stream.CachedInfo().Config.MaxAge = time.Hour },
	} {
		sound := b.stream.CachedInfo().Config
		change()
		if _, err := b.js.UpdateStream(ctx, b.stream.CachedInfo().Config); err != nil {
			t.Fatal(err)
		}
		_, err := Open(ctx, srv.Conn(), Options{})
		wantErr(t, err, ErrUnsafe, name)
		b.stream.CachedInfo().Config = sound
		if _, err := b.js.UpdateStream(ctx, sound); err != nil {
			t.Fatal(err)
		}
	}
	wantValue(t, open(t, srv.Conn(), 0), "a", "one", revision)
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = b.Get(ctx, "a")
	wantErr(t, err, ErrUnavailable)
}

func TestBoardSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := eventstoretest.Restart(t, dir, true)
	if err := Init(t.Context(), srv.Conn(), 1); err != nil {
		t.Fatal(err)
	}
	b := open(t, srv.Conn(), 0)
	revision := put(t, b, "a", "one")
	must(b.Put(t.Context(), "s", nil, 0, time.Second))(t)
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, eventstoretest.Restart(t, dir, false).Conn(), 0)
	wantValue(t, b, "a", "one", revision)
	eventually(t, "the value goes", func() bool { return must(b.Get(t.Context(), "s"))(t).Revision == 0 })
}
