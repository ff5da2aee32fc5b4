package witness

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"nrm/eventstore"
)

// judge shows a judge the whole log.
func judge(t testing.TB, s Source, tree *Tree, checkpoints ...Checkpoint) error {
	t.Helper()
	j := NewJudge(tree, checkpoints)
	last, err := s.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Leaves(t.Context(), 0, last, func(run []eventstore.Leaf) error {
		for _, l := range run {
			if err := j.Add(l); err != nil {
				return err
			}
		}
		return nil
	})
	if again := j.Finish(); err != nil && again == nil {
		t.Errorf("Finish takes back: %v", err)
	} else if err == nil {
		err = again
	}
	return err
}

// witnessed gives the tree of a log and checkpoints at every tenth position.
func witnessed(t testing.TB, s Source, k key) (*Tree, []Checkpoint) {
	t.Helper()
	tree := newTree(t, 0)
	var list []Checkpoint
	for i, l := range leaves(t, s) {
		if err := tree.Append([][]byte{l.Record()}); err != nil {
			t.Fatal(err)
		}
		if size := int64(i + 1); size%10 == 0 {
			list = append(list, k.sign(t, size, must(tree.Root(size))(t), noon))
		}
	}
	return tree, list
}

func TestJudge(t *testing.T) {
	k := newKey(t, origin)
	s := newStore(t)
	write(t, s, 55)
	tree, checkpoints := witnessed(t, s, k)
	outside := func(sizes ...int64) (list []Checkpoint) {
		for _, c := range checkpoints {
			if slices.Contains(sizes, c.Size) {
				list = append(list, must(Parse(c.Raw, k.vkey))(t))
			}
		}
		return list
	}

	// The same history with one message exchanged, of the first, and of the
	// tenth ten; each chain of hashes is whole, because the store wrote it.
	forged := newStore(t)
	write(t, forged, 55, 37)
	if err := forged.Verify(t.Context(), 55, nil, func([]decision) error { return nil }); err != nil {
		t.Fatalf("the forged log is not even plausible: %v", err)
	}
	tail := newStore(t)
	write(t, tail, 55, 53)
	short := newStore(t)
	write(t, short, 48)
	forgedTree, _ := witnessed(t, forged, k)

	for name, c := range map[string]struct {
		log         Source
		tree        *Tree
		checkpoints []Checkpoint
		want        error
		says        []string
	}{
		"the truth":                              {log: s, tree: tree, checkpoints: checkpoints},
		"the truth, nothing stored":              {log: s},
		"the truth, in any order":                {log: s, checkpoints: outside(50, 10, 30)},
		"the truth, tree behind":                 {log: s, tree: newTree(t, 0), checkpoints: checkpoints},
		"rewritten, all checkpoints":             {forged, nil, checkpoints, ErrRewritten, []string{"positions 31 to 40", "at position 30 agrees"}},
		"rewritten, one checkpoint":              {forged, nil, outside(50), ErrRewritten, []string{"positions 1 to 50", "no earlier checkpoint"}},
		"rewritten, two":                         {forged, nil, outside(50, 20), ErrRewritten, []string{"positions 21 to 50"}},
		"rewritten, the tree remembers":          {forged, tree, outside(50, 20), ErrRewritten, []string{"positions 21 to 50", "first changed one is 37"}},
		"rewritten, and the tree too":            {forged, forgedTree, outside(50, 20), ErrRewritten, []string{"positions 21 to 50"}},
		"rewritten before the checkpoints":       {log: forged, checkpoints: outside(10, 30)},
		"rewritten, only the tree remembers":     {forged, tree, nil, ErrRewritten, []string{"position 37 "}},
		"rewritten after the last checkpoint":    {tail, tree, checkpoints, ErrRewritten, []string{"position 53 ", "at position 50 agrees"}},
		"shorter than a checkpoint":              {short, nil, checkpoints, ErrRewritten, []string{"ends at position 48", "at position 50", "at position 40 agrees"}},
		"shorter than the tree":                  {short, tree, nil, ErrRewritten, []string{"ends at position 48", "the stored tree at 55"}},
		"empty":                                  {newStore(t), nil, checkpoints, ErrRewritten, []string{"ends at position 0"}},
		"another's checkpoint of the same place": {s, nil, append(outside(20, 30), k.sign(t, 30, root(1), noon)), ErrRewritten, []string{"position 30 contradict each other"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := judge(t, c.log, c.tree, c.checkpoints...)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("it does not say %q: %v", text, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "first changed one") && name != "rewritten, the tree remembers" {
				t.Errorf("it says more than it can know: %v", err)
			}
		})
	}
}

// TestJudgeOfADamagedTree does not accuse anybody when the tree alone is wrong.
func TestJudgeOfADamagedTree(t *testing.T) {
	k := newKey(t, origin)
	s := newStore(t)
	write(t, s, 55)
	_, checkpoints := witnessed(t, s, k)
	for name, c := range map[string]struct {
		damage func(*Tree) error
		says   string
	}{
		"a leaf":         {func(tree *Tree) error { return flip(length(36) + 3)(tree.path) }, "leaf 37 is wrong"},
		"an inner hash":  {func(tree *Tree) error { return flip(length(32) - 3)(tree.path) }, "inner hash at leaf 32"},
		"both":           {func(tree *Tree) error { return errors.Join(flip(length(36))(tree.path), flip(length(48)-3)(tree.path)) }, "leaf 37"},
		"zeros":          {func(tree *Tree) error { return zeros(tree, 52) }, "leaf 53 was never written"},
		"shorter":        {func(tree *Tree) error { return tree.f.Truncate(1000) }, "cannot be read"},
		"shorter at end": {func(tree *Tree) error { return tree.f.Truncate(length(55) - 10) }, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			tree, _ := witnessed(t, s, k)
			if err := c.damage(tree); err != nil {
				t.Fatal(err)
			}
			err := judge(t, s, tree, checkpoints...)
			wantErr(t, err, ErrTree, c.says)
			if errors.Is(err, ErrRewritten) {
				t.Errorf("it accuses: %v", err)
			}
		})
	}
}

// zeros writes zeros over the end of the file, as a power failure can.
func zeros(tree *Tree, from int64) error {
	return errors.Join(tree.f.Truncate(length(from)), tree.f.Truncate(length(tree.Size())))
}

func TestJudgeWantsEveryPosition(t *testing.T) {
	j := NewJudge(nil, nil)
	if err := j.Add(eventstore.Leaf{Seq: 2, Stream: "case.2", Hash: "00"}); err == nil || errors.Is(err, ErrRewritten) {
		t.Errorf("position 2 first: %v", err)
	}
}
