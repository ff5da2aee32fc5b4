package eventstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

func TestHighWater(t *testing.T) {
	dir, old := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "old")
	mark := filepath.Join(t.TempDir(), "highwater.json")
	opts := eventstore.Options{HighWater: mark}
	write := func(n int) {
		t.Helper()
		srv := eventstoretest.Restart(t, dir, false)
		s := eventstoretest.Open(t, srv, notes(), opts)
		for i := range n {
			add(t, s, fmt.Sprint("s", i), "x")
		}
		s.Close()
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(want string) {
		t.Helper()
		srv := eventstoretest.Restart(t, dir, false)
		defer srv.Close()
		_, err := eventstore.Open(t.Context(), srv.Conn(), notes(), opts)
		wantErr(t, err, eventstore.ErrDamaged)
		for _, want := range []string{want, mark} {
			if !strings.Contains(err.Error(), want) {
				t.Fatalf("the error does not say %q: %v", want, err)
			}
		}
	}
	swap := func(from string) {
		t.Helper()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}

	srv := eventstoretest.Restart(t, dir, true)
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	write(3)
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	write(2)
	var got struct {
		Seq          uint64
		Hash, Stream string
	}
	b, err := os.ReadFile(mark)
	if err != nil || json.Unmarshal(b, &got) != nil || got.Seq != 5 || got.Stream != "s1" || len(got.Hash) != 64 {
		t.Fatalf("mark is %s, %v", b, err)
	}

	swap(old) // an old backup
	refused("got shorter")

	opts.HighWater = "" // somebody works on without the mark
	write(4)
	opts.HighWater = mark
	refused("was replaced")

	if err := os.WriteFile(mark, b[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	refused("cannot be read")

	if err := os.Remove(mark); err != nil { // knowingly
		t.Fatal(err)
	}
	write(1)
}

// The mark is kept while the store works, and trouble with it is reported.
func TestHighWaterWhileRunning(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "marks")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(folder, "highwater.json")
	s := eventstoretest.Open(t, eventstoretest.Server(t), notes(), eventstore.Options{HighWater: mark})
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	written := func() bool { b, _ := os.ReadFile(mark); return bytes.Contains(b, []byte(`"seq":1,`)) }
	add(t, s, "a", "x")
	until("no mark", written)
	if err := os.Rename(folder, folder+"2"); err != nil {
		t.Fatal(err)
	}
	add(t, s, "a", "y")
	until("healthy without a mark", func() bool { return s.Healthy() != nil })
	if err := os.Rename(folder+"2", folder); err != nil {
		t.Fatal(err)
	}
	until("does not recover", func() bool { return s.Healthy() == nil })
}

// Somebody writes past the store.
func TestBrokenChain(t *testing.T) {
	srv := eventstoretest.Server(t)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	n, _ := add(t, s, "a", "x")
	add(t, s, "b", "y")
	load(t, s, "b")
	forged, err := json.Marshal(map[string]any{"id": n.ID, "prev": strings.Repeat("0", 64),
		"events": []eventstore.Entry{{Type: "Noted", Data: []byte(`"forged"`)}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"a", "b"} {
		if _, err := srv.Conn().Request("nrm."+stream, forged, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	fresh := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	for _, s := range []*eventstore.Store[note]{s, fresh} {
		for stream, position := range map[string]string{"a": "position 3", "b": "position 4"} {
			_, _, err := s.Load(t.Context(), stream)
			wantErr(t, err, eventstore.ErrDamaged)
			if !strings.Contains(err.Error(), position) || !strings.Contains(err.Error(), "chain") {
				t.Fatal(err)
			}
			_, err = s.Update(t.Context(), []string{stream}, always(newNote(stream, "z")))
			wantErr(t, err, eventstore.ErrDamaged)
		}
	}
	err = fresh.Verify(t.Context(), 4, nil, func([]note) error { return nil })
	wantErr(t, err, eventstore.ErrDamaged)
	if !strings.Contains(err.Error(), "position 3") {
		t.Fatal(err)
	}
	if err := fresh.Verify(t.Context(), 2, nil, func([]note) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := srv.Conn().Request("nrm.c", []byte("not json"), time.Second); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := 0
	err = fresh.Follow(ctx, 0, func(run []note) error { got += len(run); return nil })
	wantErr(t, err, eventstore.ErrDamaged)
	if got != 4 || !strings.Contains(err.Error(), "position 5") {
		t.Fatalf("after %d: %v", got, err)
	}
}

// A bit flips on disk. The server says nothing; readers must.
func TestFlippedBit(t *testing.T) {
	dir := t.TempDir()
	srv := eventstoretest.Restart(t, dir, true)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	for i := range 20 {
		add(t, s, "a", fmt.Sprintf("text number %d", i))
	}
	s.Close()
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	block := filepath.Join(dir, "jetstream", "$G", "streams", "NRM", "msgs", "1.blk")
	b, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte("number 10"))] ^= 1
	if err := os.WriteFile(block, b, 0o600); err != nil {
		t.Fatal(err)
	}

	srv = eventstoretest.Restart(t, dir, false)
	s, err = eventstore.Open(t.Context(), srv.Conn(), notes(), eventstore.Options{})
	if err != nil {
		wantErr(t, err, eventstore.ErrDamaged)
		return
	}
	defer s.Close()
	_, _, err = s.Load(t.Context(), "a")
	wantErr(t, err, eventstore.ErrDamaged)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := 0
	err = s.Follow(ctx, 0, func(run []note) error { got += len(run); return nil })
	wantErr(t, err, eventstore.ErrDamaged)
	if got != 10 || !strings.Contains(err.Error(), "position 11") {
		t.Fatalf("after %d: %v", got, err)
	}
}
