package projections

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"nrm/domain"
)

// heldCases is how many cases a builder keeps in memory: those that the log has
// spoken of last. With their rows that are about 6 KB each, 250 MB in all; of every
// other case it keeps about 100 bytes.
const heldCases = 40_000

// A folding folds a whole log while it is read. The rows of a case are made once,
// when its last decision was read: so it takes a case of which nothing has come
// for long for one that has come to its end, and makes its rows. Where that was
// wrong the case is late, and folded anew from its facts.
type folding struct {
	room       int // for cases; 0 means heldCases
	young, old map[domain.Ref]*folded
	made       map[domain.Ref]bool // cases that are in memory no more, and whether they are late
	facilities map[domain.Ref]*domain.Facility

	erased []domain.Ref // cases whose person was erased
}

// add adds decisions, and gives the cases that are to be written.
func (f *folding) add(run []domain.Decision) (left []*folded, err error) {
	for _, d := range run {
		d = settled(d)
		switch d.Stream.Kind {
		case domain.CaseKind:
			var c *folded
			if slices.ContainsFunc(d.Events, erases) {
				f.erased = append(f.erased, d.Stream.Ref())
			}
			if d.Corrects() {
				f.giveUp(d.Stream.Ref())
			}
			if c, left = f.hold(d.Stream.Ref(), left); c != nil {
				err = c.add(d)
			}
		case domain.FacilityKind:
			err = domain.Apply(f.facility(d.Stream.Ref()), d)
		}
		if err != nil {
			return left, fmt.Errorf("%s, position %d: %w", d.Stream, d.Seq, err)
		}
	}
	return left, nil
}

// hold gives a case to work on, nil if it is late. To have room for it, it may
// let others go.
func (f *folding) hold(ref domain.Ref, left []*folded) (*folded, []*folded) {
	if c := f.young[ref]; c != nil {
		return c, left
	}
	if _, made := f.made[ref]; made {
		f.made[ref] = true
		return nil, left
	}
	c := f.old[ref]
	if c == nil {
		c = newFolded(ref)
	}
	delete(f.old, ref)
	if f.room == 0 {
		f.room = heldCases
	}
	if f.young == nil || len(f.young) >= f.room/2 {
		left = append(left, f.letGo()...)
		f.young, f.old = map[domain.Ref]*folded{}, f.young
	}
	f.young[ref] = c
	return c, left
}

// giveUp leaves a case to be folded from its facts, since one of its decisions was
// corrected.
func (f *folding) giveUp(ref domain.Ref) {
	delete(f.young, ref)
	delete(f.old, ref)
	if f.made == nil {
		f.made = map[domain.Ref]bool{}
	}
	f.made[ref] = true
}

// letGo takes the old cases out of memory.
func (f *folding) letGo() []*folded {
	if f.made == nil {
		f.made = map[domain.Ref]bool{}
	}
	for ref := range f.old {
		f.made[ref] = false
	}
	return byRef(f.old)
}

// rest gives the cases that are still in memory, once the whole log was read.
func (f *folding) rest() []*folded {
	left := append(byRef(f.old), byRef(f.young)...)
	f.old, f.young = nil, nil
	return left
}

// byRef gives cases in the order of the tables.
func byRef(cases map[domain.Ref]*folded) []*folded {
	return slices.SortedFunc(maps.Values(cases), func(a, b *folded) int { return cmp.Compare(a.ref, b.ref) })
}

// late lists the cases whose rows must be made anew.
func (f *folding) late() (refs []domain.Ref) {
	for ref, late := range f.made {
		if late {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs) // in the order of the tables
	return refs
}

// facility gives a facility. All are kept: see refreshFacility.
func (f *folding) facility(ref domain.Ref) *domain.Facility {
	if f.facilities == nil {
		f.facilities = map[domain.Ref]*domain.Facility{}
	}
	if f.facilities[ref] == nil {
		f.facilities[ref] = new(domain.Facility)
	}
	return f.facilities[ref]
}

// rowsLeft are rows of cases of which there are none yet, to be written.
type rowsLeft struct {
	sheet    sheet
	erasures map[domain.Ref]erasureColumns
}

func rowsOf(cases []*folded) rowsLeft {
	l := rowsLeft{erasures: map[domain.Ref]erasureColumns{}}
	for _, c := range cases {
		rows := c.rows()
		l.sheet.add(c, rows, rowsBeside{})
		if rows.erasure != (erasureColumns{}) {
			l.erasures[c.ref] = rows.erasure
		}
	}
	return l
}

func (w *writer) writeLeft(ctx context.Context, l rowsLeft) error {
	if err := w.write(ctx, &l.sheet); err != nil {
		return err
	}
	for ref, e := range l.erasures {
		if err := w.writeErasure(ctx, ref, e); err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
	}
	return nil
}

func (w *writer) writeFacilities(ctx context.Context, all map[domain.Ref]*domain.Facility) error {
	for ref, f := range all {
		if err := w.writeFacility(ctx, ref, f); err != nil {
			return fmt.Errorf("facility: %w", err)
		}
	}
	return nil
}

// rewriteCase makes all rows of a case, whatever there is.
func (w *writer) rewriteCase(ctx context.Context, c *folded) error {
	if err := w.forgetCase(ctx, c.ref); err != nil {
		return err
	}
	rows := c.rows()
	if err := w.writeErasure(ctx, c.ref, rows.erasure); err != nil {
		return fmt.Errorf("erasure: %w", err)
	}
	var s sheet
	s.add(c, rows, rowsBeside{})
	return w.write(ctx, &s)
}
