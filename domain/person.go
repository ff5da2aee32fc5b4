package domain

import (
	"errors"
	"slices"
)

// SamePerson is what a case says of other cases of its person. Statistics count
// persons, so a merged case counts with the one that goes on.
type SamePerson struct {
	MergedInto Ref   `json:"merged_into,omitempty"` // the case that goes on; empty unless this one was merged
	Absorbed   []Ref `json:"absorbed,omitempty"`    // the cases that were merged into this one
}

// MergeCases says that another case is of the same person, and that this one goes
// on. The other stays readable, with its history, its access and what became of
// its duties until then, and takes nothing more: "merged". It can be undone by
// [UndoMerge], which leaves both cases as they were.
//
// What is merged is what people have judged the same ([JudgeDuplicate]), otherwise
// it is remarked: "not_judged_same". The person must not live in a facility by the
// case that ends, "still_sheltered"; neither person may be erased, "erased", or
// about to be, "erasure_asked"; nor may access to the data be suspended on one of the
// cases only, "suspended_on_one": the other would go on telling. Where an allowance was paid on both it is
// remarked: "allowance_paid_before".
type MergeCases struct {
	Other Ref `json:"other" ref:"case"`
}

// UndoMerge takes a merge back. It is given to the case that went on.
type UndoMerge struct {
	Other  Ref    `json:"other" ref:"case"`
	Reason string `json:"reason" code:"correction_reason"`

	undone bool // the last that was said of the two
}

// DuplicateMerged stands on both cases. With are the cases that had been merged
// into the one that ends.
type DuplicateMerged struct {
	Surviving Ref   `json:"surviving" ref:"case"`
	Merged    Ref   `json:"merged" ref:"case"`
	With      []Ref `json:"merged_before,omitempty" ref:"case"`
}

// MergeUndone stands on both cases.
type MergeUndone struct {
	Surviving Ref    `json:"surviving" ref:"case"`
	Merged    Ref    `json:"merged" ref:"case"`
	With      []Ref  `json:"merged_before,omitempty" ref:"case"`
	Reason    string `json:"reason" code:"correction_reason"`
}

func (DuplicateMerged) EventType() string { return "DuplicateMerged" }
func (MergeUndone) EventType() string     { return "MergeUndone" }

func (DuplicateMerged) apply(*Case, Times) {} // see [Case.joined]
func (MergeUndone) apply(*Case, Times)     {}

// joined notes which cases are of one person: what an event says of the case
// depends on which of the two it stands on.
func (c *Case) joined(d Decision) {
	for _, e := range d.Events {
		switch e := e.(type) {
		case DuplicateMerged:
			if d.Stream.Ref() == e.Merged {
				c.MergedInto = e.Surviving
				continue
			}
			c.Absorbed = append(append(slices.Clone(c.Absorbed), e.Merged), e.With...)
		case MergeUndone:
			if d.Stream.Ref() == e.Merged {
				c.MergedInto = ""
				continue
			}
			apart := append([]Ref{e.Merged}, e.With...)
			c.Absorbed = slices.DeleteFunc(slices.Clone(c.Absorbed), func(r Ref) bool { return slices.Contains(apart, r) })
			if len(c.Absorbed) == 0 {
				c.Absorbed = nil
			}
		}
	}
}

func (MergeCases) givers() []Role              { return []Role{CaseOfficer} }
func (UndoMerge) givers() []Role               { return []Role{CaseOfficer, Head} }
func (MergeCases) aboutMerged()                {}
func (UndoMerge) aboutMerged()                 {}
func (cmd MergeCases) others(Request) []Stream { return []Stream{CaseStream(cmd.Other)} }
func (cmd UndoMerge) others(Request) []Stream  { return []Stream{CaseStream(cmd.Other)} }

func (cmd UndoMerge) remembering(histories [][]Decision) Asked {
	for _, d := range histories[0] {
		for _, e := range d.Events {
			switch e := e.(type) {
			case DuplicateMerged:
				cmd.undone = cmd.undone && e.Merged != cmd.Other
			case MergeUndone:
				cmd.undone = cmd.undone || e.Merged == cmd.Other
			}
		}
	}
	return cmd
}

// aboutMerged is a command that a merged case still takes.
type aboutMerged interface{ aboutMerged() }

// merged refuses what is recorded on a case that was merged into another.
func (c *Case) merged(req Request, cmd Asked) error {
	if _, about := cmd.(aboutMerged); c.MergedInto != "" && !about && req.By.Role != Clock {
		return conflict("merged")
	}
	return nil
}

func (cmd MergeCases) decide(j *Joint, req Request) ([]Event[Joint], error) {
	goes, ends := j.Case(), j.Cases[1]
	switch {
	case ends.MergedInto == req.about && slices.Contains(goes.Absorbed, cmd.Other):
		return nil, nil
	case goes.MergedInto != "" || ends.MergedInto != "":
		return nil, conflict("merged")
	case ends.Host() != nil:
		return nil, conflict("still_sheltered")
	case goes.Erased() || ends.Erased():
		return nil, conflict("erased")
	case !goes.Erasure.Asked.IsZero() || !ends.Erasure.Asked.IsZero():
		return nil, conflict("erasure_asked")
	case suspendedIn(goes.Access) != suspendedIn(ends.Access):
		return nil, conflict("suspended_on_one")
	}
	e := DuplicateMerged{Surviving: req.about, Merged: cmd.Other, With: ends.Absorbed}
	onBoth := []Event[Case]{e}
	if goes.Verdicts[cmd.Other] != "same" {
		onBoth = append(onBoth, DeviationNoted{"not_judged_same"})
	}
	onGoing := slices.Clone(onBoth)
	if goes.Redress.Allowance > 0 && ends.Redress.Allowance > 0 {
		onGoing = append(onGoing, DeviationNoted{"allowance_paid_before"})
	}
	return append(j.onCase(0, onGoing...), j.onCase(1, e)...), nil
}

func (cmd UndoMerge) decide(j *Joint, req Request) ([]Event[Joint], error) {
	goes, ends := j.Case(), j.Cases[1]
	switch {
	case goes.MergedInto != "":
		return nil, conflict("merged")
	case ends.MergedInto == "" && cmd.undone:
		return nil, nil
	case ends.MergedInto != req.about:
		return nil, conflict("not_merged")
	}
	e := MergeUndone{Surviving: req.about, Merged: cmd.Other, With: ends.Absorbed, Reason: cmd.Reason}
	return append(j.onCase(0, e), j.onCase(1, e)...), nil
}

// absorbedIn are the cases that were merged into the one whose history it is.
func absorbedIn(history []Decision) []Ref {
	c, err := Fold[Case](history)
	if err != nil {
		return nil // whoever decides folds it again and says so
	}
	return c.Absorbed
}

func caseStreams(refs []Ref) (streams []Stream) {
	for _, ref := range refs {
		streams = append(streams, CaseStream(ref))
	}
	return streams
}

// errLookAgain says that the streams a decision is about have changed since they
// were looked up.
var errLookAgain = errors.New("domain: the streams of the decision have changed")
