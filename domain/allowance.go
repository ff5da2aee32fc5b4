package domain

import "slices"

// currency is that of all amounts: the manat.
const currency = "AZN"

// GrantAllowance decides that the one-off allowance is due (Law 958-IIQ Article
// 17.2), once for a positive decision in force and in the amount of the day of
// that decision. It needs no cooperation with anybody. Refusals:
// "not_identified", "before_decision", "allowance_already_granted",
// "allowance_amount".
type GrantAllowance struct {
	Amount Qepik `json:"amount"`
}

// AllowanceGranted says by which version of the amount it was reckoned and for
// which decision.
type AllowanceGranted struct {
	Amount   Qepik  `json:"amount"`
	Currency string `json:"currency" code:"currency"`
	Rule     Day    `json:"rule_from,omitzero"`  // the day since when the amount was in force; none if no amount is known
	Decision When   `json:"decided_at,omitzero"` // when the positive decision was taken
}

// PayAllowance records that the one-off allowance was paid. After a reversal and
// a new positive decision another may be paid, and is remarked. Refusals:
// "not_identified", "before_decision", "allowance_already_paid",
// "allowance_amount".
type PayAllowance struct {
	Amount Qepik `json:"amount"`
}

// AllowancePaid is a line of the Coordinator's yearly report.
type AllowancePaid struct {
	Amount   Qepik  `json:"amount"`
	Currency string `json:"currency,omitempty" code:"currency"`
	Rule     Day    `json:"rule_from,omitzero"`  // as in [AllowanceGranted]
	Decision When   `json:"decided_at,omitzero"` // as in [AllowanceGranted]
}

func (AllowanceGranted) EventType() string  { return "AllowanceGranted" }
func (AllowancePaid) EventType() string     { return "AllowancePaid" }
func (AllowanceGranted) apply(*Case, Times) {}
func (e AllowancePaid) apply(c *Case, at Times) {
	c.Redress.Allowance, c.Redress.AllowancePaid = e.Amount, at.Happened
}
func (GrantAllowance) givers() []Role { return []Role{FundOfficer} }
func (PayAllowance) givers() []Role   { return []Role{FundOfficer} }
func (GrantAllowance) expected(c *Case) bool {
	return c.AllowanceDue() && !isFor(c.Redress.Grants, c.Decided)
}
func (PayAllowance) expected(c *Case) bool { return c.AllowanceDue() }

// An Allowance is one that was granted or paid, and the positive decision that it
// is for, by when that was taken.
type Allowance struct {
	For      When  `json:"for"`
	Happened When  `json:"happened"`
	Amount   Qepik `json:"amount"`
}

func isFor(all []Allowance, decision When) bool {
	return slices.ContainsFunc(all, func(a Allowance) bool { return a.For.Equal(decision) })
}

func isThere(all []Allowance, at When, amount Qepik) bool {
	return slices.ContainsFunc(all, func(a Allowance) bool { return a.Happened.Equal(at) && a.Amount == amount })
}

// AllowanceDue reports whether a positive decision is in force for which the
// allowance was not paid.
func (c *Case) AllowanceDue() bool {
	return c.Outcome == "positive" && !isFor(c.Redress.Payments, c.Decided)
}

func (cmd GrantAllowance) decide(c *Case, req Request) ([]Event[Case], error) {
	e, err := c.allowance(req, cmd.Amount)
	switch {
	case isThere(c.Redress.Grants, req.Happened, cmd.Amount):
		return nil, nil
	case isFor(c.Redress.Grants, e.Decision):
		return nil, conflict("allowance_already_granted")
	case err != nil:
		return nil, err
	}
	return c.fact(req, AllowanceGranted(e), c.paidBefore(e), remark{!c.Redress.Explained, "rights_not_explained"})
}

func (cmd PayAllowance) decide(c *Case, req Request) ([]Event[Case], error) {
	e, err := c.allowance(req, cmd.Amount)
	switch {
	case isThere(c.Redress.Payments, req.Happened, cmd.Amount):
		return nil, nil
	case isFor(c.Redress.Payments, e.Decision):
		return nil, conflict("allowance_already_paid")
	case err != nil:
		return nil, err
	}
	return c.fact(req, e, c.paidBefore(e), remark{!isFor(c.Redress.Grants, e.Decision) && !req.imported(), "grant_not_recorded"},
		remark{!c.Redress.Explained, "rights_not_explained"})
}

// allowance is what is due for the decision that was in force then. That decision
// is told with the refusal of the amount too.
func (c *Case) allowance(req Request, amount Qepik) (AllowancePaid, error) {
	decision, positive := c.positiveOn(req.Happened)
	due, known := ParameterOn("allowance", decision.Day())
	switch {
	case !positive && c.Outcome == "positive":
		return AllowancePaid{}, invalid("before_decision", "happened")
	case !positive:
		return AllowancePaid{}, conflict("not_identified")
	case known && int64(amount) != int64(due.Value):
		return AllowancePaid{Decision: decision}, invalid("allowance_amount", "amount")
	}
	return AllowancePaid{Amount: amount, Currency: currency, Rule: due.ValidFrom, Decision: decision}, nil
}

// paidBefore remarks an allowance that was paid for an earlier decision, which
// was reversed: nothing that was paid is undone.
func (c *Case) paidBefore(e AllowancePaid) remark {
	return remark{slices.ContainsFunc(c.Redress.Payments, func(a Allowance) bool { return !a.For.Equal(e.Decision) }), "allowance_paid_before"}
}
