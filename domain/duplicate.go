package domain

import (
	"slices"
	"time"
)

// JudgeDuplicate says whether another case is of the same person, of another, or
// that nobody can tell. A person says so, never the register: what it finds are
// candidates. It is said of both cases at once. The last verdict holds; what is
// judged the same can be merged by [MergeCases].
//
// Who was erased cannot be compared any more: "erased".
type JudgeDuplicate struct {
	Other   Ref    `json:"other" ref:"case"`
	Verdict string `json:"verdict" code:"duplicate_verdict"`
}

// DuplicateJudged stands on both cases, and names on each the other.
type DuplicateJudged struct {
	Other   Ref    `json:"other" ref:"case"`
	Verdict string `json:"verdict" code:"duplicate_verdict"`
}

func (DuplicateJudged) EventType() string { return "DuplicateJudged" }
func (e DuplicateJudged) apply(c *Case, _ Times) {
	if c.Verdicts == nil {
		c.Verdicts = map[Ref]string{}
	}
	c.Verdicts[e.Other] = e.Verdict
}
func (JudgeDuplicate) givers() []Role              { return []Role{DutyOfficer, CaseOfficer, Head} }
func (cmd JudgeDuplicate) others(Request) []Stream { return []Stream{CaseStream(cmd.Other)} }
func (cmd JudgeDuplicate) decide(j *Joint, req Request) ([]Event[Joint], error) {
	switch one, other := j.Case(), j.Cases[1]; {
	case one.Erased() || other.Erased():
		return nil, conflict("erased")
	case one.Verdicts[cmd.Other] == cmd.Verdict && other.Verdicts[req.about] == cmd.Verdict:
		return nil, nil
	}
	return append(j.onCase(0, DuplicateJudged(cmd)), j.onCase(1, DuplicateJudged{req.about, cmd.Verdict})...), nil
}

// MayCompare refuses to tell an actor who is like the person of a case, or to tell
// of that person that another is like them. To compare is to use what names the
// person, though none of it is told: so it is for those who judge, "role_not_allowed";
// nobody's while access to the person's data is suspended, "access_suspended"; and of
// a case that is assigned to an officer not another officer's, "held_by_another". The
// duty officer, who registers who comes, and the head compare all others.
func MayCompare(by Actor, rows []Access, now time.Time) error {
	switch {
	case !slices.Contains(JudgeDuplicate{}.givers(), by.Role) || !MaySee(by, rows, now):
		return &Refusal{Kind: Forbidden, Code: "role_not_allowed"}
	case suspendedIn(rows):
		return &Refusal{Kind: Forbidden, Code: "access_suspended"}
	case heldByAnother(by, rows):
		return &Refusal{Kind: Forbidden, Code: "held_by_another"}
	}
	return nil
}
