package domain

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

// GrantFundAssistance answers a request with yes (Law 958-IIQ Articles 22-23; NRM
// Rules 3.6, 3.7). The amount may be another than was asked for. Who asked does
// not answer. Refusals: "fund_not_requested", "no_such_event", "required" when
// there are several requests, "already_decided", "own_request", "before_request".
type GrantFundAssistance struct {
	Request EventAt `json:"request,omitzero"` // none: the only one that waits
	Amount  Qepik   `json:"amount"`
}

// FundAssistanceGranted bounds what is paid for the request.
type FundAssistanceGranted struct {
	Request  EventAt `json:"request"`
	Purpose  string  `json:"purpose" code:"fund_purpose"`
	Amount   Qepik   `json:"amount"`
	Currency string  `json:"currency" code:"currency"`
}

// RefuseFundAssistance answers a request with no. That the person does not
// cooperate with the prosecution is no reason, and not on the list. Refusals: as
// those of [GrantFundAssistance].
type RefuseFundAssistance struct {
	Request EventAt `json:"request,omitzero"` // none: the only one that waits
	Reason  string  `json:"reason" code:"fund_refusal"`
}

// FundAssistanceRefused says why.
type FundAssistanceRefused struct {
	Request EventAt `json:"request"`
	Purpose string  `json:"purpose" code:"fund_purpose"`
	Reason  string  `json:"reason" code:"fund_refusal"`
}

// PayFundAssistance records a payment of the Fund, in parts if need be: never more
// than was granted ("more_than_granted"), for nothing that was refused
// ("fund_refused"), for no other purpose ("other_purpose").
type PayFundAssistance struct {
	Purpose string  `json:"purpose" code:"fund_purpose"`
	Amount  Qepik   `json:"amount"`
	Request EventAt `json:"request,omitzero"` // none: the only one for this purpose
}

// FundAssistancePaid is a line of the Coordinator's yearly report.
type FundAssistancePaid struct {
	Purpose string  `json:"purpose" code:"fund_purpose"`
	Amount  Qepik   `json:"amount"`
	Request EventAt `json:"request,omitzero"`
}

func (FundAssistanceRequested) EventType() string { return "FundAssistanceRequested" }
func (FundAssistanceGranted) EventType() string   { return "FundAssistanceGranted" }
func (FundAssistanceRefused) EventType() string   { return "FundAssistanceRefused" }
func (FundAssistancePaid) EventType() string      { return "FundAssistancePaid" }

func (FundAssistanceRequested) apply(c *Case, _ Times) {
	c.Redress.FundRequested = true
	for _, o := range organisations() {
		if o.Kind == "fund" {
			c.involve(o.Code, Provides)
		}
	}
}
func (FundAssistanceGranted) apply(*Case, Times)    {}
func (FundAssistanceRefused) apply(*Case, Times)    {}
func (e FundAssistancePaid) apply(c *Case, _ Times) { c.Redress.FundPaid += e.Amount }
func (RequestFundAssistance) givers() []Role {
	return []Role{CaseOfficer, LegalAid, AssistanceCentre, Shelter, FundOfficer}
}
func (GrantFundAssistance) givers() []Role         { return []Role{FundOfficer} }
func (RefuseFundAssistance) givers() []Role        { return []Role{FundOfficer} }
func (PayFundAssistance) givers() []Role           { return []Role{FundOfficer} }
func (GrantFundAssistance) expected(c *Case) bool  { return c.fundWaits() }
func (RefuseFundAssistance) expected(c *Case) bool { return c.fundWaits() }
func (PayFundAssistance) expected(c *Case) bool {
	for _, r := range c.Redress.Requests {
		if len(r.Parts) == 0 && r.Answer != "refused" {
			return true
		}
	}
	return false
}

// fundWaits reports whether a request to the Fund has no answer.
func (c *Case) fundWaits() bool {
	for _, r := range c.Redress.Requests {
		if waits(r) && len(r.Parts) == 0 {
			return true
		}
	}
	return false
}

func waits(s Matter) bool { return s.Answer == "" }

func (cmd RequestFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, FundAssistanceRequested(cmd))
}

func (cmd GrantFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	for _, r := range c.Redress.Requests {
		if (cmd.Request.IsZero() || cmd.Request == r.At) && r.answered("granted", req.Happened) && r.Granted == cmd.Amount {
			return nil, nil
		}
	}
	r, err := c.fundRequest(req, cmd.Request)
	if err != nil {
		return nil, err
	}
	return c.fact(req, FundAssistanceGranted{r.At, r.Code, cmd.Amount, currency})
}

func (cmd RefuseFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	for _, r := range c.Redress.Requests {
		if (cmd.Request.IsZero() || cmd.Request == r.At) && r.answered("refused", req.Happened) && r.Reason == cmd.Reason {
			return nil, nil
		}
	}
	r, err := c.fundRequest(req, cmd.Request)
	if err != nil {
		return nil, err
	}
	return c.fact(req, FundAssistanceRefused{r.At, r.Code, cmd.Reason})
}

// fundRequest is the request that an answer is about.
func (c *Case) fundRequest(req Request, named EventAt) (*Matter, error) {
	r, err := meant(c.Redress.Requests, named, "request", waits)
	switch {
	case err != nil:
		return nil, err
	case r == nil && c.Redress.FundRequested:
		return nil, conflict("already_decided")
	case r == nil:
		return nil, conflict("fund_not_requested")
	case !waits(*r):
		return nil, conflict("already_decided")
	case r.By == req.By.User && !req.imported():
		return nil, &Refusal{Kind: Forbidden, Code: "own_request"}
	case req.Happened.Before(r.Happened):
		return nil, invalid("before_request", "happened")
	}
	return r, nil
}

func (cmd PayFundAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	all := c.Redress.Requests
	if hasPart(all, cmd.Request, Part{req.Happened, cmd.Amount, cmd.Purpose}) {
		return nil, nil
	}
	r, err := meant(all, cmd.Request, "request", func(s Matter) bool {
		return s.Code == cmd.Purpose && s.Answer != "refused" && (s.Answer == "" || s.Paid() < s.Granted)
	})
	e := FundAssistancePaid{Purpose: cmd.Purpose, Amount: cmd.Amount}
	switch {
	case err != nil:
		return nil, err
	case r == nil && c.overGranted(cmd.Purpose):
		return nil, invalid("more_than_granted", "amount")
	case r == nil:
		return c.fact(req, e, remark{true, "fund_not_requested"})
	case r.Code != cmd.Purpose:
		return nil, invalid("other_purpose", "purpose")
	case r.Answer == "refused":
		return nil, conflict("fund_refused")
	case r.Answer == "granted" && r.Paid()+cmd.Amount > r.Granted:
		return nil, invalid("more_than_granted", "amount")
	}
	e.Request = r.At
	return c.fact(req, e, remark{r.Answer == "" && !req.imported(), "grant_not_recorded"})
}

// overGranted reports whether all that was granted for a purpose is paid.
func (c *Case) overGranted(purpose string) bool {
	for _, r := range c.Redress.Requests {
		if r.Code == purpose && r.Answer == "granted" {
			return true
		}
	}
	return false
}
