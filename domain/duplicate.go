package domain

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
