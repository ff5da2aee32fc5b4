package witness

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func records(from, to int) (all [][]byte) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Appendf(nil, "case.%d %064x\n", i%7, i))
	}
	return all
}

func newTree(t testing.TB, size int) *Tree {
	t.Helper()
	tree := must(OpenTree(filepath.Join(t.TempDir(), "tree")))(t)
	t.Cleanup(func() { _ = tree.Close() })
	for from := 0; from < size; from += 1000 {
		if err := tree.Append(records(from, min(size, from+1000))); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

// reference computes roots as tlog does, with nothing of ours.
func reference(t testing.TB, size int) tlog.Hash {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, _ error) {
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	for i, r := range records(0, size) {
		stored = append(stored, must(tlog.StoredHashes(int64(i), r, reader))(t)...)
	}
	return must(tlog.TreeHash(int64(size), reader))(t)
}

func TestRootsAreThoseOfTlog(t *testing.T) {
	tree := newTree(t, 300)
	var e edge
	for size := int64(1); size <= 300; size++ {
		e.add(nil, tlog.RecordHash(records(int(size-1), int(size))[0]))
		want := reference(t, int(size))
		if got := must(tree.Root(size))(t); got != want || e.root() != want {
			t.Fatalf("root of %d leaves: the tree says %v, the edge %v, tlog %v", size, got, e.root(), want)
		}
	}
	if got := must(tree.Root(0))(t); got != must(tlog.TreeHash(0, nil))(t) {
		t.Errorf("the empty tree has the root %v", got)
	}
}

func TestProofs(t *testing.T) {
	const size = 5000
	tree := newTree(t, size)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + rnd.Int64N(size)
		i := rnd.Int64N(n)
		root := must(tree.Root(n))(t)
		leaf := tlog.RecordHash(records(int(i), int(i)+1)[0])
		if got := must(tree.Leaf(i))(t); got != leaf {
			t.Fatalf("leaf %d is %v, want %v", i, got, leaf)
		}
		p := must(tree.ProveRecord(n, i))(t)
		if err := tlog.CheckRecord(p, n, root, i, leaf); err != nil {
			t.Fatalf("record %d of %d: %v", i, n, err)
		}
		if tlog.CheckRecord(p, n, root, i, tlog.RecordHash([]byte("another"))) == nil {
			t.Fatalf("record %d of %d: the proof shows anything", i, n)
		}
		older := 1 + rnd.Int64N(n)
		q := must(tree.ProveTree(n, older))(t)
		if err := tlog.CheckTree(q, n, root, older, must(tree.Root(older))(t)); err != nil {
			t.Fatalf("tree %d of %d: %v", older, n, err)
		}
	}
}

func TestTreeKnowsItsBounds(t *testing.T) {
	tree := newTree(t, 5)
	for name, err := range map[string]error{
		"root":   second(tree.Root(6)),
		"below":  second(tree.Root(-1)),
		"leaf":   second(tree.Leaf(5)),
		"before": second(tree.Leaf(-1)),
		"record": second(tree.ProveRecord(6, 0)),
		"index":  second(tree.ProveRecord(5, 5)),
		"tree":   second(tree.ProveTree(6, 1)),
		"none":   second(tree.ProveTree(5, 0)),
		"cut":    tree.Cut(6),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantErr(t, second(tree.Root(6)), ErrBeyond)
}

func second[T any](_ T, err error) error { return err }

// TestCutAnywhere cuts the file at every byte, as a crash may, and lets it
// grow again.
func TestCutAnywhere(t *testing.T) {
	const size = 21
	whole := newTree(t, size)
	content := must(os.ReadFile(whole.path))(t)
	if int64(len(content)) != length(size) {
		t.Fatalf("the file has %d bytes, not %d", len(content), length(size))
	}
	path := filepath.Join(t.TempDir(), "tree")
	for n := range len(content) + 1 {
		if err := os.WriteFile(path, content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		tree := must(OpenTree(path))(t)
		got := int(tree.Size())
		if length(int64(got)) > int64(n) || got < size && length(int64(got+1)) <= int64(n) {
			t.Fatalf("%d bytes are a tree of %d leaves", n, got)
		}
		if info := must(os.Stat(path))(t); info.Size() != length(int64(got)) {
			t.Fatalf("%d bytes: %d are left, not %d", n, info.Size(), length(int64(got)))
		}
		if err := tree.Append(records(got, size)); err != nil {
			t.Fatal(err)
		}
		if must(tree.Root(size))(t) != must(whole.Root(size))(t) {
			t.Fatalf("cut at %d bytes the tree has become another", n)
		}
		if err := tree.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTreeIsLocked(t *testing.T) {
	tree := newTree(t, 3)
	_, err := OpenTree(tree.path)
	wantErr(t, err, ErrLocked, tree.path)
	if err := tree.Close(); err != nil {
		t.Fatal(err)
	}
	again := must(OpenTree(tree.path))(t)
	defer again.Close()
	if again.Size() != 3 {
		t.Errorf("it has %d leaves", again.Size())
	}
}

func TestCutAndReset(t *testing.T) {
	tree := newTree(t, 100)
	if err := tree.Cut(37); err != nil {
		t.Fatal(err)
	}
	if err := tree.Append(records(37, 64)); err != nil {
		t.Fatal(err)
	}
	if got, want := must(tree.Root(64))(t), reference(t, 64); got != want {
		t.Errorf("after a cut: %v, want %v", got, want)
	}
	if err := tree.Reset(); err != nil || tree.Size() != 0 {
		t.Errorf("reset: %v, %d leaves", err, tree.Size())
	}
	if err := tree.Append(records(0, 9)); err != nil {
		t.Fatal(err)
	}
	if got, want := must(tree.Root(9))(t), reference(t, 9); got != want {
		t.Errorf("after a reset: %v, want %v", got, want)
	}
}

// TestAppendFails makes the disk refuse.
func TestAppendFails(t *testing.T) {
	tree := newTree(t, 5)
	good := tree.f
	tree.f = must(os.Open(tree.path))(t)
	if err := tree.Append(records(5, 8)); err == nil || !strings.Contains(err.Error(), "append") {
		t.Fatalf("a file that cannot be written: %v", err)
	}
	_ = tree.f.Close()
	tree.f = good
	if tree.Size() != 5 {
		t.Fatalf("it has %d leaves", tree.Size())
	}
	if err := tree.Append(records(5, 8)); err != nil {
		t.Fatal(err)
	}
	if got, want := must(tree.Root(8))(t), reference(t, 8); got != want {
		t.Errorf("root %v, want %v", got, want)
	}
}

func TestTreeThatGotShorter(t *testing.T) {
	tree := newTree(t, 50)
	if err := os.Truncate(tree.path, 100); err != nil {
		t.Fatal(err)
	}
	_, err := tree.Root(50)
	wantErr(t, err, ErrTree)
}
