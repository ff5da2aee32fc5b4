package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// A place is where a message lies in the files.
type place struct {
	block    string
	from, to int
}

// TestBlockDamage does to the files of an encrypted log what disks do. The
// server says nothing of it. Whatever it makes of the damage, with its index or
// without, the log is refused when it is opened or verified, and the error
// names the first position that is gone, or says how far the log still goes.
func TestBlockDamage(t *testing.T) {
	const size = 12 // in blocks of five
	whole, mark := t.TempDir(), filepath.Join(t.TempDir(), "highwater.json")
	opts := eventstore.Options{HighWater: mark, Timeout: time.Second}
	srv := eventstoretest.RestartWith(t, whole, true, keyA)
	s := eventstoretest.Open(t, srv, notes(), opts)
	places := map[int]place{}
	for seq := 1; seq <= size; seq++ {
		add(t, s, fmt.Sprint("s", seq%2), strings.Repeat("x", 400<<10))
		blocks := blockFiles(t, whole)
		p := place{block: filepath.Base(blocks[len(blocks)-1])}
		info, err := os.Stat(blocks[len(blocks)-1])
		if err != nil {
			t.Fatal(err)
		}
		if before := places[seq-1]; before.block == p.block {
			p.from = before.to
		}
		p.to = int(info.Size())
		places[seq] = p
	}
	s.Close()
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if places[7].block != "2.blk" || places[size].block != "3.blk" || places[size].from == 0 {
		t.Fatalf("not in the blocks that were expected: %v", places)
	}
	cut := func(to int) func(*testing.T, string) {
		return func(t *testing.T, block string) {
			t.Helper()
			if err := os.Truncate(block, int64(to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	bit := func(at int) func(*testing.T, string) {
		return func(t *testing.T, block string) { t.Helper(); flip(t, block, at) }
	}
	for _, c := range []struct {
		name  string
		seq   int // the first position hit
		wound func(t *testing.T, block string)
	}{
		{"bit in the middle of the log", 7, bit(places[7].from + 1000)},
		{"bit in the first message", 1, bit(1000)},
		{"bit in a length", 7, bit(places[7].from)},
		{"bit in a position", 7, bit(places[7].from + 4)},
		{"bit in a checksum", 7, bit(places[7].to - 1)},
		{"bit in the last block", 11, bit(places[11].from + 1000)},
		{"bit in the last message", 12, bit(places[12].from + 1000)},
		{"last checksum", 12, bit(places[12].to - 1)},
		{"half of the last message cut off", 12, cut(places[12].from + 1000)},
		{"last message cut off", 12, cut(places[12].from)},
		{"most of the last block cut off", 11, cut(10)},
		{"last block empty", 11, cut(0)},
		{"end of a middle block cut off", 9, cut(places[9].from + 1000)},
		{"last block gone", 11, func(t *testing.T, block string) {
			t.Helper()
			if err := os.Remove(block); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		for _, index := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, index %v", c.name, index), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				msgs := filepath.Join(streamFolder(dir, "NRM"), "msgs")
				c.wound(t, filepath.Join(msgs, places[c.seq].block))
				if !index {
					if err := os.Remove(filepath.Join(msgs, "index.db")); err != nil {
						t.Fatal(err)
					}
				}
				err := firstRead(t, dir, opts)
				wantErr(t, err, eventstore.ErrDamaged)
				named := fmt.Sprintf("position %d is missing", c.seq)
				shorter := fmt.Sprintf("it got shorter: it ends at position %d,", c.seq-1)
				if !strings.Contains(err.Error(), named) && !strings.Contains(err.Error(), shorter) {
					t.Fatalf("does not say what is wrong with position %d: %v", c.seq, err)
				}
			})
		}
	}
}

// firstRead starts, opens and verifies a log, and returns the first error.
func firstRead(t *testing.T, dir string, opts eventstore.Options) error {
	t.Helper()
	srv, err := eventstore.Start(t.Context(), dir, keyA)
	if err != nil {
		return err
	}
	defer srv.Close()
	s, err := eventstore.Open(t.Context(), srv.Conn(), notes(), opts)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	last, err := s.Last(ctx)
	verified := s.Verify(ctx, last, nil, func([]note) error { return nil })
	leaves := s.Leaves(ctx, 0, last, func([]eventstore.Leaf) error { return nil })
	if (verified == nil) != (leaves == nil) {
		t.Errorf("verified: %v, leaves: %v", verified, leaves)
	}
	return errors.Join(err, verified)
}
