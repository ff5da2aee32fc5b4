package domain

// Redress keeps the three channels of money apart: the one-off allowance from
// the state budget, the Victim Assistance Fund, and the claim against the
// trafficker. Amounts in qəpik.
type Redress struct {
	Explained     bool  `json:"explained,omitempty"`
	Allowance     Qepik `json:"allowance,omitempty"`
	AllowancePaid When  `json:"allowance_paid,omitzero"`
	FundRequested bool  `json:"fund_requested,omitempty"`
	FundPaid      Qepik `json:"fund_paid,omitempty"`
	Claimed       Qepik `json:"claimed,omitempty"`
	Awarded       Qepik `json:"awarded,omitempty"`
	Paid          Qepik `json:"paid,omitempty"`
	LastPaid      When  `json:"last_paid,omitzero"`
	LastPart      Qepik `json:"last_part,omitempty"`
}

// ExplainRedressRights records that the person was told of their rights to
// money: allowance, Fund, claim.
type ExplainRedressRights struct {
	Language string `json:"language" code:"language"`
}

// RedressRightsExplained should come before every claim.
type RedressRightsExplained struct {
	Language string `json:"language" code:"language"`
}

func (RedressRightsExplained) EventType() string      { return "RedressRightsExplained" }
func (RedressRightsExplained) apply(c *Case, _ Times) { c.Redress.Explained = true }
func (ExplainRedressRights) givers() []Role {
	return []Role{LegalAid, CaseOfficer, AssistanceCentre, Shelter}
}
func (ExplainRedressRights) expected(c *Case) bool {
	return !c.Redress.Explained && !c.HandedOver.IsZero()
}
func (cmd ExplainRedressRights) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, RedressRightsExplained(cmd))
}

// PayAllowance records the one-off allowance (Law 958-IIQ Article 17.2). It is
// due once for a positive decision in force, in the amount of the day of that
// decision.
type PayAllowance struct {
	Amount Qepik `json:"amount"`
}

// AllowancePaid is a line of the Coordinator's yearly report.
type AllowancePaid struct {
	Amount Qepik `json:"amount"`
}

func (AllowancePaid) EventType() string { return "AllowancePaid" }
func (e AllowancePaid) apply(c *Case, at Times) {
	c.Redress.Allowance, c.Redress.AllowancePaid = e.Amount, at.Happened
}
func (PayAllowance) givers() []Role { return []Role{FundOfficer} }
func (PayAllowance) expected(c *Case) bool {
	return c.Outcome == "positive" && c.Redress.Allowance == 0
}
func (cmd PayAllowance) decide(c *Case, req Request) ([]Event[Case], error) {
	due, known := ParameterOn("allowance", c.Decided.Day())
	switch {
	case c.Redress.Allowance == cmd.Amount && c.Redress.AllowancePaid.Equal(req.Happened):
		return nil, nil
	case c.Redress.Allowance != 0:
		return nil, conflict("allowance_already_paid")
	case c.Outcome != "positive":
		return nil, conflict("not_identified")
	case req.Happened.Before(c.Decided):
		return nil, invalid("before_decision", "happened")
	case known && int64(cmd.Amount) != int64(due.Value):
		return nil, invalid("allowance_amount", "amount")
	}
	return c.fact(req, AllowancePaid(cmd), remark{!c.Redress.Explained, "rights_not_explained"})
}

// RequestFundAssistance asks the Victim Assistance Fund for help. It does not
// depend on cooperation with the prosecution.
type RequestFundAssistance struct {
	Purpose string `json:"purpose" code:"fund_purpose"`
	Amount  Qepik  `json:"amount"`
}

// FundAssistanceRequested names purpose and amount.
type FundAssistanceRequested struct {
	Purpose string `json:"purpose" code:"fund_purpose"`
	Amount  Qepik  `json:"amount"`
}

func (FundAssistanceRequested) EventType() string { return "FundAssistanceRequested" }
func (FundAssistanceRequested) apply(c *Case, _ Times) {
	c.Redress.FundRequested = true
	for _, o := range organisations() {
		if o.Kind == "fund" {
			c.involve(o.Code, Provides)
		}
	}
}
func (RequestFundAssistance) givers() []Role {
	return []Role{CaseOfficer, LegalAid, AssistanceCentre, Shelter, FundOfficer}
}
func (cmd RequestFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, FundAssistanceRequested(cmd))
}

// PayFundAssistance records a payment of the Fund.
type PayFundAssistance struct {
	Purpose string `json:"purpose" code:"fund_purpose"`
	Amount  Qepik  `json:"amount"`
}

// FundAssistancePaid is a line of the Coordinator's yearly report.
type FundAssistancePaid struct {
	Purpose string `json:"purpose" code:"fund_purpose"`
	Amount  Qepik  `json:"amount"`
}

func (FundAssistancePaid) EventType() string        { return "FundAssistancePaid" }
func (e FundAssistancePaid) apply(c *Case, _ Times) { c.Redress.FundPaid += e.Amount }
func (PayFundAssistance) givers() []Role            { return []Role{FundOfficer} }
func (PayFundAssistance) expected(c *Case) bool {
	return c.Redress.FundRequested && c.Redress.FundPaid == 0
}
func (cmd PayFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, FundAssistancePaid(cmd), remark{!c.Redress.FundRequested, "fund_not_requested"})
}

// FileClaim records a claim for compensation against the trafficker (Criminal
// Procedure Code Articles 190-191, or a civil court).
type FileClaim struct {
	Forum  string `json:"forum" code:"claim_forum"`
	Amount Qepik  `json:"amount"`
}

// CompensationClaimFiled names the forum and the amount claimed.
type CompensationClaimFiled struct {
	Forum  string `json:"forum" code:"claim_forum"`
	Amount Qepik  `json:"amount"`
}

func (CompensationClaimFiled) EventType() string        { return "CompensationClaimFiled" }
func (e CompensationClaimFiled) apply(c *Case, _ Times) { c.Redress.Claimed += e.Amount }
func (FileClaim) givers() []Role                        { return []Role{LegalAid, Prosecution} }
func (FileClaim) expected(c *Case) bool {
	return c.Outcome == "positive" && c.Redress.Explained && c.Redress.Claimed == 0
}
func (cmd FileClaim) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Outcome != "positive" {
		return nil, conflict("not_identified") // in law the claim needs formal recognition
	}
	return c.fact(req, CompensationClaimFiled(cmd), remark{!c.Redress.Explained, "rights_not_explained"})
}

// RecordAward records what a court awarded.
type RecordAward struct {
	Amount Qepik  `json:"amount"`
	Source string `json:"source" code:"award_source"`
}

// CompensationAwarded names the amount and who owes it.
type CompensationAwarded struct {
	Amount Qepik  `json:"amount"`
	Source string `json:"source" code:"award_source"`
}

func (CompensationAwarded) EventType() string        { return "CompensationAwarded" }
func (e CompensationAwarded) apply(c *Case, _ Times) { c.Redress.Awarded += e.Amount }
func (RecordAward) givers() []Role                   { return []Role{Prosecution, LegalAid} }
func (RecordAward) expected(c *Case) bool            { return c.Redress.Claimed > 0 && c.Redress.Awarded == 0 }
func (cmd RecordAward) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, CompensationAwarded(cmd), remark{c.Redress.Claimed == 0, "claim_not_recorded"})
}

// RecordCompensationPayment records money received, in parts if need be. The
// parts never exceed the award.
type RecordCompensationPayment struct {
	Amount Qepik  `json:"amount"`
	Source string `json:"source" code:"award_source"`
}

// CompensationPaid is one payment.
type CompensationPaid struct {
	Amount Qepik  `json:"amount"`
	Source string `json:"source" code:"award_source"`
}

func (CompensationPaid) EventType() string { return "CompensationPaid" }
func (e CompensationPaid) apply(c *Case, at Times) {
	c.Redress.Paid += e.Amount
	c.Redress.LastPaid, c.Redress.LastPart = at.Happened, e.Amount
}
func (RecordCompensationPayment) givers() []Role { return []Role{FundOfficer, Prosecution, LegalAid} }
func (RecordCompensationPayment) expected(c *Case) bool {
	return c.Redress.Paid < c.Redress.Awarded
}
func (cmd RecordCompensationPayment) decide(c *Case, req Request) ([]Event[Case], error) {
	r := c.Redress
	switch {
	case r.LastPart == cmd.Amount && r.LastPaid.Equal(req.Happened):
		return nil, nil
	case r.Paid+cmd.Amount > r.Awarded:
		return nil, invalid("more_than_awarded", "amount")
	}
	return c.fact(req, CompensationPaid(cmd))
}
