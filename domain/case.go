package domain

import (
	"slices"
	"time"
)

// Case is what the rules need to know of one person in the mechanism. Its
// tracks run in parallel; there is no single status. It holds no personal data.
type Case struct {
	Detected        When   `json:"detected"`
	Source          string `json:"source"`
	Status          string `json:"status"` // code list "victim_status"
	Age             string `json:"age"`    // child, not_sure (treated as a child), adult
	Sex             string `json:"sex"`
	Citizenship     string `json:"citizenship"`
	District        string `json:"district,omitempty"`
	Country         string `json:"country,omitempty"`
	ImmediateDanger bool   `json:"immediate_danger,omitempty"`
	Referral        string `json:"referral"` // the organisation that referred

	Notified   When   `json:"notified,omitzero"`
	HandedOver When   `json:"handed_over,omitzero"`
	Screened   When   `json:"screened,omitzero"`
	Risk       string `json:"risk,omitempty"` // the latest level
	Outcome    string `json:"outcome,omitempty"`
	Decided    When   `json:"decided,omitzero"`
	Reflection Period `json:"reflection,omitzero"`

	Places     []Place             `json:"places,omitempty"`
	Services   map[string]Progress `json:"services,omitempty"`
	Return     Return              `json:"return,omitzero"`
	Redress    Redress             `json:"redress,omitzero"`
	Protection Protection          `json:"protection,omitzero"`
	Reunited   bool                `json:"reunited,omitempty"`

	Closed       When   `json:"closed,omitzero"`
	CloseReason  string `json:"close_reason,omitempty"`
	EverReopened bool   `json:"ever_reopened,omitempty"`

	Personal map[string]When `json:"personal,omitempty"` // when which personal event last happened; what it says stays sealed
	NamedBy  string          `json:"named_by,omitempty"` // the account that last said who the person is
	Hold     string          `json:"hold,omitempty"`     // why nothing may be erased, if so
	Erasure  Erasure         `json:"erasure,omitzero"`

	Access     []Access        `json:"access,omitempty"`
	Clocks     []DeadlineClock `json:"clocks,omitempty"`
	Endings    []Ending        `json:"endings,omitempty"`
	Deviations []string        `json:"deviations,omitempty"`

	// What one family of steps keeps stands with it.
	ReferralTrack
	InitialTrack
	IdentificationTrack
	ReflectionTrack
	AccommodationTrack
	ServicesTrack
	ChildTrack
	CriminalTrack
	StatusTrack
	ReturnTrack
	RedressTrack
	ClosureTrack
	DeadlinesTrack
	PersonTrack
	CorrectionTrack
}

// Period is a time from one day to another, both included.
type Period struct {
	From  Day `json:"from,omitzero"`
	Until Day `json:"until,omitzero"`
}

// covers reports whether a day is one of the period.
func (p Period) covers(d Day) bool {
	return !p.Until.IsZero() && !d.Before(p.From) && !d.After(p.Until)
}

// meets reports whether two periods have a day in common.
func (p Period) meets(o Period) bool {
	return !p.Until.IsZero() && !p.Until.Before(o.From) && !o.Until.Before(p.From)
}

// Opened reports whether a referral has been registered.
func (c *Case) Opened() bool { return !c.Detected.IsZero() }

// IsClosed reports whether the case is closed and was not reopened.
func (c *Case) IsClosed() bool { return !c.Closed.IsZero() }

// Foreign reports whether the person is known not to be a citizen of
// Azerbaijan.
func (c *Case) Foreign() bool { return c.Citizenship == "foreign" || c.Citizenship == "stateless" }

// Stage is the furthest stage of the case that is still open, a code of the
// list "stage". It serves lists only; the tracks say what is true.
func (c *Case) Stage() string {
	switch {
	case c.MergedInto != "":
		return "merged"
	case c.IsClosed():
		return "closed"
	case c.Host() != nil:
		return "sheltered"
	case !c.Return.Departed.IsZero() && c.Return.Received.IsZero():
		return "returning"
	case c.Outcome != "":
		return "decided"
	case !c.Screened.IsZero():
		return "screened"
	case !c.HandedOver.IsZero():
		return "handed_over"
	}
	return "referred"
}

// Host is the stay that lasts, or nil.
func (c *Case) Host() *Place {
	for i := range slices.Backward(c.Places) {
		if c.Places[i].State == "admitted" {
			return &c.Places[i]
		}
	}
	return nil
}

// OpenClocks counts the duties that run or are overdue.
func (c *Case) OpenClocks() (open []DeadlineClock) {
	for _, k := range c.Clocks {
		if k.Open() && !k.Period {
			open = append(open, k)
		}
	}
	return open
}

// after is called with every decision once its events have been applied.
func (c *Case) after(d Decision) {
	c.remember(d)
	c.joined(d)
	c.reckon(d)
	c.heed(d)
	c.relate(d)
	c.tick(d)
}

// involve adds an organisation's relation to the case, or renews it.
func (c *Case) involve(organisation string, r Relation) {
	for i := range c.Access {
		if c.Access[i].Organisation == organisation && c.Access[i].Relation == r {
			c.Access[i].Ended, c.Access[i].Until = time.Time{}, time.Time{}
			return
		}
	}
	c.Access = append(c.Access, Access{Organisation: organisation, Relation: r})
}

// release ends a relation at a time; for a while the organisation still sees
// what it saw then. A relation that was never there stays so.
func (c *Case) release(organisation string, r Relation, at time.Time, still time.Duration) {
	for i := range c.Access {
		if c.Access[i].Organisation == organisation && c.Access[i].Relation == r {
			c.Access[i].Ended, c.Access[i].Until = at, at.Add(still)
		}
	}
}

// DeviationNoted is a remark of the register about the decision it stands in:
// the fact was recorded although something that should have come first had not.
// What is recorded out of order stays visible; only what would be false is
// refused.
type DeviationNoted struct {
	Code string `json:"code" code:"deviation"`
}

func (DeviationNoted) EventType() string { return "DeviationNoted" }

func (e DeviationNoted) apply(c *Case, _ Times) {
	if !slices.Contains(c.Deviations, e.Code) {
		c.Deviations = append(c.Deviations, e.Code)
	}
}

// noting adds remarks to a decision. Pairs are a condition and the deviation's
// code. Whatever happened after the closure of the case is remarked by itself.
func (c *Case) noting(req Request, events []Event[Case], remarks ...remark) []Event[Case] {
	if c.IsClosed() && !req.Happened.Before(c.Closed) {
		remarks = append(remarks, remark{true, "after_closure"})
	}
	for _, r := range remarks {
		if r.holds {
			events = append(events, DeviationNoted{Code: r.code})
		}
	}
	return events
}

type remark struct {
	holds bool
	code  string
}

// fact is the usual answer of a rule: one event, with the remarks it deserves.
func (c *Case) fact(req Request, e Event[Case], remarks ...remark) ([]Event[Case], error) {
	return c.noting(req, []Event[Case]{e}, remarks...), nil
}
