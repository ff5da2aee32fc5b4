package domain

import "slices"

// Redress keeps the three channels of money apart: the one-off allowance from
// the state budget, the Victim Assistance Fund, and the claim against the
// trafficker. Amounts in qəpik.
type Redress struct {
	Explained     bool  `json:"explained,omitempty"`
	Allowance     Qepik `json:"allowance,omitempty"` // the last one paid
	AllowancePaid When  `json:"allowance_paid,omitzero"`
	FundRequested bool  `json:"fund_requested,omitempty"`
	FundPaid      Qepik `json:"fund_paid,omitempty"`
	Claimed       Qepik `json:"claimed,omitempty"`
	Awarded       Qepik `json:"awarded,omitempty"`
	Paid          Qepik `json:"paid,omitempty"`

	Verdicts []Verdict   `json:"verdicts,omitempty"`
	Grants   []Allowance `json:"grants,omitempty"`   // of the allowance
	Payments []Allowance `json:"payments,omitempty"` // of the allowance
	Requests []Matter    `json:"requests,omitempty"` // to the Fund
	Claims   []Matter    `json:"claims,omitempty"`
	Awards   []Matter    `json:"awards,omitempty"`
}

// A Verdict is an outcome of identification, and from when it stood.
type Verdict struct {
	Outcome string `json:"outcome"`
	From    When   `json:"from"`
}

// A Matter is a request to the Fund, a claim or an award: something with an
// identity of its own, for which money is owed.
type Matter struct {
	At       EventAt `json:"at"`               // the event that stands for it
	Of       EventAt `json:"of,omitzero"`      // an award: the claim that it answers
	Code     string  `json:"code"`             // purpose of a request, forum of a claim, source of an award
	Amount   Qepik   `json:"amount"`           // asked for, claimed or awarded
	Happened When    `json:"happened"`         //
	By       string  `json:"by"`               // the account that recorded it
	Answer   string  `json:"answer,omitempty"` // granted, refused, awarded, rejected
	Reason   string  `json:"reason,omitempty"` // why it was refused or rejected
	Answered When    `json:"answered,omitzero"`
	Granted  Qepik   `json:"granted,omitempty"`
	Parts    []Part  `json:"parts,omitempty"` // what was paid of it
}

// A Part is one payment.
type Part struct {
	Happened When   `json:"happened"`
	Amount   Qepik  `json:"amount"`
	Code     string `json:"code"` // the purpose, or who paid
}

// Paid adds up the parts.
func (s Matter) Paid() (paid Qepik) {
	for _, p := range s.Parts {
		paid += p.Amount
	}
	return paid
}

func (s Matter) answered(answer string, at When) bool {
	return s.Answer == answer && s.Answered.Equal(at)
}

// hasPart reports whether one of the matters that may be meant was paid in this
// very part already.
func hasPart(matters []Matter, named EventAt, part Part) bool {
	return slices.ContainsFunc(matters, func(s Matter) bool {
		return (named.IsZero() || named == s.At) && slices.ContainsFunc(s.Parts, func(p Part) bool {
			return p.Amount == part.Amount && p.Code == part.Code && p.Happened.Equal(part.Happened)
		})
	})
}

// meant finds the matter that a command is about: the one that it names, or the only
// one that it can be. It answers nil when there is none, and refusals
// "no_such_event", and "required" when there are several.
func meant(matters []Matter, named EventAt, field string, could func(Matter) bool) (*Matter, error) {
	var found []*Matter
	for i := range matters {
		switch {
		case !named.IsZero() && matters[i].At == named:
			return &matters[i], nil
		case named.IsZero() && could(matters[i]):
			found = append(found, &matters[i])
		}
	}
	switch {
	case !named.IsZero():
		return nil, invalid("no_such_event", field)
	case len(found) > 1:
		return nil, invalid("required", field)
	case len(found) == 1:
		return found[0], nil
	}
	return nil, nil
}

// matterAt finds a matter by the event that stands for it, or nil.
func matterAt(matters []Matter, at EventAt) *Matter {
	i := slices.IndexFunc(matters, func(s Matter) bool { return !at.IsZero() && s.At == at })
	if i < 0 {
		return nil
	}
	return &matters[i]
}

// positiveOn gives the positive decision that was in force at a time: what came
// later prevails only from its own date.
func (c *Case) positiveOn(at When) (decision When, positive bool) {
	var in Verdict
	for _, v := range c.Redress.Verdicts {
		if !at.Before(v.From) && (in.From.IsZero() || !v.From.Before(in.From)) {
			in = v
		}
	}
	return in.From, in.Outcome == "positive"
}

// reckon keeps what the money is about, each with its identity, and which
// decision stood when.
func (c *Case) reckon(d Decision) {
	c.judge()
	r := &c.Redress
	for n, e := range d.Events {
		matter := Matter{At: EventAt{d.ID, n}, Happened: d.Happened, By: d.By.User}
		switch e := e.(type) {
		case AllowanceGranted:
			r.Grants = append(r.Grants, Allowance{c.decisionFor(d.Happened), d.Happened, e.Amount})
		case AllowancePaid:
			r.Payments = append(r.Payments, Allowance{c.decisionFor(d.Happened), d.Happened, e.Amount})
		case FundAssistanceRequested:
			matter.Code, matter.Amount = e.Purpose, e.Amount
			r.Requests = append(r.Requests, matter)
		case FundAssistanceGranted:
			answer(r.Requests, e.Request, "granted", "", d.Happened, e.Amount)
		case FundAssistanceRefused:
			answer(r.Requests, e.Request, "refused", e.Reason, d.Happened, 0)
		case FundAssistancePaid:
			pay(r.Requests, e.Request, Part{d.Happened, e.Amount, e.Purpose})
		case CompensationClaimFiled:
			matter.Code, matter.Amount = e.Forum, e.Amount
			r.Claims = append(r.Claims, matter)
		case CompensationAwarded:
			matter.Of, matter.Code, matter.Amount = e.Claim, e.Source, e.Amount
			r.Awards = append(r.Awards, matter)
			answer(r.Claims, e.Claim, "awarded", "", d.Happened, e.Amount)
		case CompensationRejected:
			answer(r.Claims, e.Claim, "rejected", e.Reason, d.Happened, 0)
		case CompensationPaid:
			pay(r.Awards, e.Award, Part{d.Happened, e.Amount, e.Source})
		}
	}
}

// judge notes a new outcome, and from when it stands.
func (c *Case) judge() {
	all := c.Redress.Verdicts
	if c.Outcome == "" || len(all) > 0 && all[len(all)-1].Outcome == c.Outcome && all[len(all)-1].From.Equal(c.Decided) {
		return
	}
	c.Redress.Verdicts = append(all, Verdict{c.Outcome, c.Decided})
}

// decisionFor is the positive decision for which an allowance is, whatever
// stands now.
func (c *Case) decisionFor(at When) When {
	if decision, positive := c.positiveOn(at); positive {
		return decision
	}
	return c.Decided
}

func answer(matters []Matter, to EventAt, as, reason string, at When, granted Qepik) {
	if s := matterAt(matters, to); s != nil {
		s.Answer, s.Reason, s.Answered, s.Granted = as, reason, at, granted
	}
}

// pay adds a part. Of a payment that names nothing, the first matter of its kind
// that is not paid yet takes it.
func pay(matters []Matter, to EventAt, part Part) {
	s := matterAt(matters, to)
	for i := range matters {
		if s == nil && to.IsZero() && matters[i].Code == part.Code && matters[i].Paid() < matters[i].Amount {
			s = &matters[i]
		}
	}
	if s != nil {
		s.Parts = append(s.Parts, part)
	}
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

// imported reports whether an earlier register recorded it: an import tells what
// was, and some registers kept less.
func (r Request) imported() bool { return !r.Claimed.IsZero() }
