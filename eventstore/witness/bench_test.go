package witness

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
)

// A memory is a log of made-up messages, for what is only arithmetic.
type memory struct {
	size uint64
	fail error // what ends FollowLeaves
	jump bool  // leave a position out
}

func (m *memory) Last(context.Context) (uint64, error) { return m.size, nil }

func (m *memory) Leaves(_ context.Context, after, through uint64, f func([]eventstore.Leaf) error) error {
	for after < through {
		run := make([]eventstore.Leaf, min(500, through-after))
		for i := range run {
			after++
			run[i] = eventstore.Leaf{Seq: after, Stream: fmt.Sprintf("case.%08d", after%50000), Hash: fmt.Sprintf("%064x", after)}
		}
		if err := f(run); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) FollowLeaves(ctx context.Context, after uint64, f func([]eventstore.Leaf) error) error {
	if m.jump {
		after++
	}
	if err := m.Leaves(ctx, after, after+2, f); m.jump || err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	<-ctx.Done()
	return ctx.Err()
}

const million = 1_000_000

// bigDesk has a tree of a million messages and its checkpoint.
func bigDesk(b *testing.B) *desk {
	b.Helper()
	d := newDesk(b, &memory{size: million})
	tree := must(OpenTree(d.treePath()))(b)
	if err := d.source.Leaves(b.Context(), 0, million, func(run []eventstore.Leaf) error { return appendLeaves(tree, run) }); err != nil {
		b.Fatal(err)
	}
	root := must(tree.Root(million))(b)
	if err := tree.Close(); err != nil {
		b.Fatal(err)
	}
	if err := d.folder(b).Add(d.key.sign(b, million, root, noon)); err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkProof is what it costs to show that one of a million messages is in
// the log, and to check it.
func BenchmarkProof(b *testing.B) {
	d := bigDesk(b)
	k := d.keeper(b)
	latest := k.Latest()
	at := func(i int) int64 { return int64(i) * 7919 % million }
	b.Run("prove", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			must(k.tree.ProveRecord(million, at(i)))(b)
		}
		micros(b)
	})
	b.Run("check", func(b *testing.B) {
		leaf, proof := must(k.tree.Leaf(at(1)))(b), must(k.tree.ProveRecord(million, at(1)))(b)
		for b.Loop() {
			if err := tlog.CheckRecord(proof, million, latest.Root, at(1), leaf); err != nil {
				b.Fatal(err)
			}
		}
		micros(b)
	})
	b.Run("prove and check", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			leaf, proof := must(k.tree.Leaf(at(i)))(b), must(k.tree.ProveRecord(million, at(i)))(b)
			if err := tlog.CheckRecord(proof, million, latest.Root, at(i), leaf); err != nil {
				b.Fatal(err)
			}
		}
		micros(b)
	})
	b.Run("with signature", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := must(k.Prove(b.Context(), uint64(at(i)+1)))(b).Check(d.key.vkey); err != nil {
				b.Fatal(err)
			}
		}
		micros(b)
	})
	b.Run("consistency", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			must(k.Consistency(b.Context(), at(i)+1, million))(b)
		}
		micros(b)
	})
}

func micros(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/proof")
}

// BenchmarkAppend lets the tree grow by runs as long as a reader that catches
// up gets them.
func BenchmarkAppend(b *testing.B) {
	tree := must(OpenTree(filepath.Join(b.TempDir(), "tree")))(b)
	defer tree.Close()
	run := records(0, 500)
	for b.Loop() {
		if err := tree.Append(run); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tree.Size())/b.Elapsed().Seconds(), "leaves/s")
}

// BenchmarkOpen is a start with a million messages, none of them new, and one
// that must make the tree anew.
func BenchmarkOpen(b *testing.B) {
	d := bigDesk(b)
	b.Run("as usual", func(b *testing.B) {
		for b.Loop() {
			if err := must(d.open(b))(b).Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tree anew", func(b *testing.B) {
		for b.Loop() {
			if err := flip(length(1<<19) - 5)(d.treePath()); err != nil {
				b.Fatal(err)
			}
			if err := must(d.open(b))(b).Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCheckpoint is what one costs, most of it waiting for the disk.
func BenchmarkCheckpoint(b *testing.B) {
	d := newDesk(b, &memory{})
	k := d.keeper(b)
	for i := 0; b.Loop(); i++ {
		if err := k.tree.Append(records(i, i+1)); err != nil {
			b.Fatal(err)
		}
		must(k.Checkpoint(b.Context()))(b)
	}
}
