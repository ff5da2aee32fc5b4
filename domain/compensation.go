package domain

import "slices"

// FileClaim records a claim for compensation against the trafficker (Criminal
// Procedure Code Articles 190-191, or a civil court). In law it needs a positive
// decision: once that is reversed, none is filed any more ("not_identified").
type FileClaim struct {
	Forum  string   `json:"forum" code:"claim_forum"`
	Amount Qepik    `json:"amount"`
	Heads  []string `json:"heads,omitempty" code:"claim_head"`
}

// CompensationClaimFiled names the forum, the amount claimed and for what.
type CompensationClaimFiled struct {
	Forum  string   `json:"forum" code:"claim_forum"`
	Amount Qepik    `json:"amount"`
	Heads  []string `json:"heads,omitempty" code:"claim_head"`
}

// RecordAward records what a court awarded. Refusals: "no_such_event", "required"
// when several claims wait for an answer.
type RecordAward struct {
	Amount Qepik   `json:"amount"`
	Source string  `json:"source" code:"award_source"`
	Claim  EventAt `json:"claim,omitzero"` // none: the only one that waits
}

// CompensationAwarded names the amount, who owes it and the claim that it answers.
type CompensationAwarded struct {
	Amount Qepik   `json:"amount"`
	Source string  `json:"source" code:"award_source"`
	Claim  EventAt `json:"claim,omitzero"`
}

// RejectClaim records that a court rejected a claim. Refusals: "already_decided",
// "no_such_event", "required" when several claims wait for an answer,
// "before_claim".
type RejectClaim struct {
	Claim  EventAt `json:"claim,omitzero"` // none: the only one that waits
	Reason string  `json:"reason" code:"claim_rejection"`
}

// CompensationRejected says why. What the Fund pays does not depend on it.
type CompensationRejected struct {
	Claim  EventAt `json:"claim,omitzero"`
	Reason string  `json:"reason" code:"claim_rejection"`
}

// RecordCompensationPayment records money received, in parts if need be. The
// parts never exceed the award ("more_than_awarded"). Where several awards are
// not paid, it says which ("required").
type RecordCompensationPayment struct {
	Amount Qepik   `json:"amount"`
	Source string  `json:"source" code:"award_source"`
	Award  EventAt `json:"award,omitzero"` // none: the only one that is not paid
}

// CompensationPaid is one payment for an award.
type CompensationPaid struct {
	Amount Qepik   `json:"amount"`
	Source string  `json:"source" code:"award_source"`
	Award  EventAt `json:"award,omitzero"`
}

func (CompensationClaimFiled) EventType() string { return "CompensationClaimFiled" }
func (CompensationAwarded) EventType() string    { return "CompensationAwarded" }
func (CompensationRejected) EventType() string   { return "CompensationRejected" }
func (CompensationPaid) EventType() string       { return "CompensationPaid" }

func (e CompensationClaimFiled) apply(c *Case, _ Times) { c.Redress.Claimed += e.Amount }
func (e CompensationAwarded) apply(c *Case, _ Times)    { c.Redress.Awarded += e.Amount }
func (CompensationRejected) apply(*Case, Times)         {}
func (e CompensationPaid) apply(c *Case, _ Times)       { c.Redress.Paid += e.Amount }

func (FileClaim) givers() []Role                 { return []Role{LegalAid, Prosecution} }
func (RecordAward) givers() []Role               { return []Role{Prosecution, LegalAid} }
func (RejectClaim) givers() []Role               { return []Role{Prosecution, LegalAid} }
func (RecordCompensationPayment) givers() []Role { return []Role{FundOfficer, Prosecution, LegalAid} }

func (FileClaim) expected(c *Case) bool {
	return c.Outcome == "positive" && c.Redress.Explained && c.Redress.Claimed == 0
}
func (RecordAward) expected(c *Case) bool { return slices.ContainsFunc(c.Redress.Claims, waits) }
func (RejectClaim) expected(c *Case) bool { return slices.ContainsFunc(c.Redress.Claims, waits) }
func (RecordCompensationPayment) expected(c *Case) bool {
	return c.Redress.Paid < c.Redress.Awarded
}

func (cmd FileClaim) decide(c *Case, req Request) ([]Event[Case], error) {
	if _, positive := c.positiveOn(req.Happened); !positive && c.Outcome != "positive" {
		return nil, conflict("not_identified")
	}
	return c.fact(req, CompensationClaimFiled{cmd.Forum, cmd.Amount, slices.Clone(cmd.Heads)}, remark{!c.Redress.Explained, "rights_not_explained"})
}

func (cmd RecordAward) decide(c *Case, req Request) ([]Event[Case], error) {
	for _, a := range c.Redress.Awards {
		if a.Code == cmd.Source && a.Amount == cmd.Amount && a.Happened.Equal(req.Happened) && (cmd.Claim.IsZero() || cmd.Claim == a.Of) {
			return nil, nil
		}
	}
	claims := c.Redress.Claims
	claim, err := meant(claims, cmd.Claim, "claim", waits)
	if err != nil {
		return nil, err
	}
	if claim == nil && len(claims) == 1 { // a higher court, or another debtor
		claim = &claims[0]
	}
	e := CompensationAwarded{Amount: cmd.Amount, Source: cmd.Source}
	if claim != nil {
		e.Claim = claim.At
	}
	return c.fact(req, e, remark{claim == nil, "claim_not_recorded"})
}

func (cmd RejectClaim) decide(c *Case, req Request) ([]Event[Case], error) {
	claims := c.Redress.Claims
	for _, s := range claims {
		if (cmd.Claim.IsZero() || cmd.Claim == s.At) && s.answered("rejected", req.Happened) && s.Reason == cmd.Reason {
			return nil, nil
		}
	}
	claim, err := meant(claims, cmd.Claim, "claim", waits)
	switch {
	case err != nil:
		return nil, err
	case claim == nil && len(claims) > 0, claim != nil && !waits(*claim):
		return nil, conflict("already_decided")
	case claim == nil:
		return c.fact(req, CompensationRejected{Reason: cmd.Reason}, remark{true, "claim_not_recorded"})
	case req.Happened.Before(claim.Happened):
		return nil, invalid("before_claim", "happened")
	}
	return c.fact(req, CompensationRejected{claim.At, cmd.Reason})
}

func (cmd RecordCompensationPayment) decide(c *Case, req Request) ([]Event[Case], error) {
	awards := c.Redress.Awards
	if hasPart(awards, cmd.Award, Part{req.Happened, cmd.Amount, cmd.Source}) {
		return nil, nil
	}
	unpaid := func(s Matter) bool { return s.Paid() < s.Amount }
	award, err := meant(awards, cmd.Award, "award", func(s Matter) bool { return s.Code == cmd.Source && unpaid(s) })
	if award == nil && err == nil { // the Fund pays where the trafficker's property is not enough
		award, err = meant(awards, cmd.Award, "award", unpaid)
	}
	switch {
	case err != nil:
		return nil, err
	case award == nil || award.Paid()+cmd.Amount > award.Amount:
		return nil, invalid("more_than_awarded", "amount")
	}
	return c.fact(req, CompensationPaid{cmd.Amount, cmd.Source, award.At}, remark{award.Code != cmd.Source, "paid_by_other_source"})
}
