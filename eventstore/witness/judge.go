package witness

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"nrm/eventstore"
)

// A Judge compares a whole log with what is remembered of it: with a tree that
// was stored as the log grew, and with checkpoints, which may have been kept
// elsewhere. Checkpoints decide; the stored tree can be wrong, but helps to
// say where.
//
// It builds the log's tree from nothing, so it trusts no stored hash. It is for
// one goroutine.
type Judge struct {
	checkpoints []Checkpoint // to come, by size
	agreed      Checkpoint   // the last one that was right; Size 0 if none yet

	edge   edge
	size   int64         // of the stored tree
	stored *bufio.Reader // its hashes from here on
	row    []tlog.Hash

	odd          int64 // first position since agreed where the stored tree has another leaf, 0 if none
	blank        bool  // and it has nothing there
	broken       error // the stored tree is not that of the log, though the log is right
	verdict      error // once found, for ever
	contradicted bool  // by a checkpoint
}

// NewJudge makes a judge. The tree may be nil and must not be cut or closed
// while the judge works; the checkpoints are trusted, as Parse returns them.
func NewJudge(tree *Tree, checkpoints []Checkpoint) *Judge {
	j := &Judge{checkpoints: slices.Clone(checkpoints)}
	slices.SortStableFunc(j.checkpoints, func(a, b Checkpoint) int {
		return cmp.Or(cmp.Compare(a.Size, b.Size), a.Time.Compare(b.Time))
	})
	if tree != nil {
		tree.mu.RLock()
		defer tree.mu.RUnlock()
		j.size = tree.edge.size
		j.stored = bufio.NewReaderSize(io.NewSectionReader(tree.f, 0, length(j.size)), 64<<10)
	}
	return j
}

// Add takes the next message of the log; the first has position 1. It fails
// with ErrRewritten at the first checkpoint that the log does not agree with.
// The text names the positions between which history was changed, and the
// first one that was if the stored tree still knows.
func (j *Judge) Add(l eventstore.Leaf) error {
	if j.verdict != nil {
		return j.verdict
	}
	if l.Seq != uint64(j.edge.size+1) {
		return fmt.Errorf("witness: position %d came where %d should", l.Seq, j.edge.size+1)
	}
	j.row = j.edge.add(j.row[:0], tlog.RecordHash(l.Record()))
	j.compare()
	for len(j.checkpoints) > 0 && j.checkpoints[0].Size == j.edge.size {
		c := j.checkpoints[0]
		if j.edge.root() != c.Root {
			j.verdict, j.contradicted = j.rewritten(c), true
			return j.verdict
		}
		j.checkpoints, j.agreed = j.checkpoints[1:], c
		if j.odd > 0 {
			j.tree("leaf %d is wrong", j.odd)
			j.odd = 0
		}
	}
	return nil
}

// compare holds what the last leaf adds to the tree against the stored tree.
func (j *Judge) compare() {
	if j.edge.size > j.size {
		return
	}
	for level, want := range j.row {
		var have tlog.Hash
		if _, err := io.ReadFull(j.stored, have[:]); err != nil {
			j.tree("it cannot be read: %v", err)
			j.size = 0
			return
		}
		switch {
		case have == want:
		case level > 0:
			// With another leaf below it goes without saying.
			if j.odd == 0 {
				j.tree("an inner hash at leaf %d is wrong", j.edge.size)
			}
		case j.odd == 0:
			j.odd, j.blank = j.edge.size, have == tlog.Hash{}
		}
	}
}

// tree takes note of the first thing that is wrong with the stored tree.
func (j *Judge) tree(format string, args ...any) {
	if j.broken == nil {
		j.broken = fmt.Errorf("witness: %w, but the log is right: "+format, append([]any{ErrTree}, args...)...)
	}
}

// Finish is called when the log has ended. It fails with ErrRewritten if a
// checkpoint or the stored tree goes on, or if the stored tree ends with
// something else that no checkpoint decides about; and with ErrTree if the log
// is right, but the stored tree is not.
func (j *Judge) Finish() error {
	last := j.edge.size
	switch {
	case j.verdict != nil:
	case len(j.checkpoints) > 0:
		j.verdict, j.contradicted = j.short(j.checkpoints[0]), true
	case j.odd > 0 && j.blank:
		j.tree("leaf %d was never written", j.odd)
		j.verdict = j.broken
	case j.odd > 0:
		j.verdict = fmt.Errorf("witness: %w: position %d is not the message that the stored tree remembers; "+
			"no checkpoint reaches that far, so nothing tells whether the log was changed or the tree's file is damaged%s", ErrRewritten, j.odd, j.since())
	case j.size > last:
		j.verdict = fmt.Errorf("witness: %w: the log ends at position %d, the stored tree at %d; "+
			"no checkpoint reaches that far, so nothing tells whether the log got shorter or the tree's file is damaged%s", ErrRewritten, last, j.size, j.since())
	default:
		j.verdict = j.broken
	}
	return j.verdict
}

const wayOut = "someone has changed what was recorded, or another copy of the log was put in its place: " +
	"write nothing, keep everything as it is for inquiry, and compare with a backup"

// rewritten explains that the log does not agree with c.
func (j *Judge) rewritten(c Checkpoint) error {
	if j.agreed.Size == c.Size {
		return fmt.Errorf("witness: %w: two checkpoints signed for position %d contradict each other: that of %s is what the log says, that of %s is not; "+
			"different histories were shown to different people", ErrRewritten, c.Size, j.agreed.Time.Format(time.RFC3339), c.Time.Format(time.RFC3339))
	}
	where := fmt.Sprintf("the change is in positions %d to %d", j.agreed.Size+1, c.Size)
	if j.odd > 0 && !j.blank {
		where += fmt.Sprintf(", and the first changed one is %d: the stored tree remembers another message there", j.odd)
	}
	return fmt.Errorf("witness: %w: %v does not agree with the log: %s%s; %s", ErrRewritten, c, where, j.since(), wayOut)
}

// short explains that the log ends before c.
func (j *Judge) short(c Checkpoint) error {
	return fmt.Errorf("witness: %w: the log ends at position %d, but %v was signed%s; %s", ErrRewritten, j.edge.size, c, j.since(), wayOut)
}

func (j *Judge) since() string {
	if j.agreed.Size == 0 {
		return " (no earlier checkpoint was there to compare)"
	}
	return fmt.Sprintf(" (%v agrees)", j.agreed)
}

// undecided tells that nothing but the stored tree speaks against the log.
func (j *Judge) undecided(err error) bool {
	return errors.Is(err, ErrTree) || errors.Is(err, ErrRewritten) && !j.contradicted
}
