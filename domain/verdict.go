package domain

import "slices"

// RecordVerdict records how a court decided a criminal case, and what became of
// the person's civil claim in it. A claim that is granted still needs the award
// with its amount.
type RecordVerdict struct {
	Reference  Reference `json:"criminal_case_no"`
	Outcome    string    `json:"outcome" code:"court_verdict"`
	Articles   []string  `json:"articles,omitempty" code:"criminal_article"` // needed for a conviction
	CivilClaim string    `json:"civil_claim" code:"civil_claim_outcome"`
	Final      bool      `json:"final"` // no appeal is possible any more
}

// VerdictRecorded may be followed by another of a higher court.
type VerdictRecorded struct {
	Reference  Reference `json:"criminal_case_no"`
	Outcome    string    `json:"outcome" code:"court_verdict"`
	Articles   []string  `json:"articles,omitempty" code:"criminal_article"`
	CivilClaim string    `json:"civil_claim" code:"civil_claim_outcome"`
	Final      bool      `json:"final,omitempty"`
}

func (VerdictRecorded) EventType() string { return "VerdictRecorded" }
func (e VerdictRecorded) apply(c *Case, at Times) {
	if k := c.criminalCase(e.Reference); k != nil && !at.Happened.Before(k.Decided) {
		k.Verdict, k.Decided = e.Outcome, at.Happened
	}
}
func (RecordVerdict) givers() []Role { return []Role{Prosecution} }
func (cmd RecordVerdict) decide(c *Case, req Request) ([]Event[Case], error) {
	convicted := cmd.Outcome == "convicted" || cmd.Outcome == "partly_convicted"
	granted := cmd.CivilClaim == "granted" || cmd.CivilClaim == "partly_granted"
	switch {
	case c.criminalCase(cmd.Reference) == nil:
		return nil, invalid("criminal_case_not_linked", "criminal_case_no")
	case convicted && len(cmd.Articles) == 0:
		return nil, invalid("required", "articles")
	case !convicted && len(cmd.Articles) > 0:
		return nil, invalid("not_convicted", "articles")
	case granted && (cmd.Outcome == "acquitted" || cmd.Outcome == "sent_back"):
		return nil, invalid("answers_contradict", "civil_claim")
	}
	e := VerdictRecorded{cmd.Reference, cmd.Outcome, slices.Clone(cmd.Articles), cmd.CivilClaim, cmd.Final}
	return c.fact(req, e, remark{cmd.CivilClaim != "none" && c.Redress.Claimed == 0, "claim_not_recorded"})
}
