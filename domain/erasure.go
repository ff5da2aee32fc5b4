package domain

import "slices"

// Erasure is what became of the wish that a person be forgotten. What the
// register counts stays; who the person was is destroyed with the person's
// keys. Retention follows domain practice per category of case; nothing is
// erased without a person who asks and another who approves.
type Erasure struct {
	Asked    When   `json:"asked,omitzero"` // zero unless a request waits
	AskedBy  string `json:"asked_by,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Rejected string `json:"rejected,omitempty"` // why the last request was

	Approved  When `json:"approved,omitzero"`  // from then on the person is forgotten
	Completed When `json:"completed,omitzero"` // the keys are destroyed everywhere
}

// Erased reports whether the person of the case was erased.
func (c *Case) Erased() bool { return !c.Erasure.Approved.IsZero() }

// RequestErasure asks that the person be forgotten.
type RequestErasure struct {
	Reason string `json:"reason" code:"erasure_reason"`
}

// RejectErasure answers no, or takes the request back.
type RejectErasure struct {
	Reason string `json:"reason" code:"erasure_rejection"`
}

// ApproveErasure answers yes. It cannot be undone. Who asked cannot approve. The
// cases that were merged into this one are of the same person, and are erased in
// the same decision; a legal hold on any of them forbids it.
type ApproveErasure struct {
	with []Ref // found in the case
}

// CompleteErasure is asked by the register itself once the person's keys are
// destroyed and what was derived from the data is gone.
type CompleteErasure struct {
	Keys int `json:"keys" min:"0" max:"1000"`
}

// PlaceLegalHold forbids erasure while an authority needs the data.
type PlaceLegalHold struct {
	Reason string `json:"reason" code:"hold_reason"`
}

// LiftLegalHold allows it again.
type LiftLegalHold struct{}

// ErasureRequested waits for a second person.
type ErasureRequested struct {
	Reason string `json:"reason" code:"erasure_reason"`
}

// ErasureRejected ends the request.
type ErasureRejected struct {
	Reason string `json:"reason" code:"erasure_rejection"`
}

// IdentityErased orders that everything sealed of the person be made unreadable
// for ever.
type IdentityErased struct {
	Reason string `json:"reason" code:"erasure_reason"`
}

// ErasureCompleted proves that it was done: how many keys were destroyed.
type ErasureCompleted struct {
	Keys int `json:"keys"`
}

// LegalHoldPlaced says why nothing may be erased.
type LegalHoldPlaced struct {
	Reason string `json:"reason" code:"hold_reason"`
}

// LegalHoldLifted ends the hold.
type LegalHoldLifted struct{}

func (ErasureRequested) EventType() string { return "ErasureRequested" }
func (ErasureRejected) EventType() string  { return "ErasureRejected" }
func (IdentityErased) EventType() string   { return "IdentityErased" }
func (ErasureCompleted) EventType() string { return "ErasureCompleted" }
func (LegalHoldPlaced) EventType() string  { return "LegalHoldPlaced" }
func (LegalHoldLifted) EventType() string  { return "LegalHoldLifted" }

func (e ErasureRequested) apply(c *Case, at Times) {
	c.Erasure = Erasure{Asked: at.Happened, Reason: e.Reason}
}
func (e ErasureRejected) apply(c *Case, _ Times) { c.Erasure = Erasure{Rejected: e.Reason} }
func (e IdentityErased) apply(c *Case, at Times) {
	c.Erasure = Erasure{Reason: e.Reason, Approved: at.Happened}
	c.Personal = nil
}
func (ErasureCompleted) apply(c *Case, at Times) { c.Erasure.Completed = at.Happened }
func (e LegalHoldPlaced) apply(c *Case, _ Times) { c.Hold = e.Reason }
func (LegalHoldLifted) apply(c *Case, _ Times)   { c.Hold = "" }
func (RequestErasure) givers() []Role            { return []Role{CaseOfficer, Head, DataProtection} }
func (RejectErasure) givers() []Role             { return []Role{CaseOfficer, Head, DataProtection} }
func (ApproveErasure) givers() []Role            { return []Role{Head, DataProtection} }
func (CompleteErasure) givers() []Role           { return []Role{Clock} }
func (PlaceLegalHold) givers() []Role            { return []Role{Head, Prosecution} }
func (LiftLegalHold) givers() []Role             { return []Role{Head, Prosecution} }
func (ApproveErasure) expected(c *Case) bool     { return !c.Erasure.Asked.IsZero() && c.Hold == "" }
func (RejectErasure) expected(c *Case) bool      { return !c.Erasure.Asked.IsZero() }
func (LiftLegalHold) expected(*Case) bool        { return false }
func (RequestErasure) guardsData()               {}
func (RejectErasure) guardsData()                {}
func (ApproveErasure) guardsData()               {}
func (ApproveErasure) aboutMerged()              {}
func (PlaceLegalHold) aboutMerged()              {}
func (LiftLegalHold) aboutMerged()               {}

func (cmd ApproveErasure) others(Request) []Stream { return caseStreams(cmd.with) }

func (cmd ApproveErasure) look(history []Decision) Asked {
	cmd.with = absorbedIn(history)
	return cmd
}

// guarding is a command about the data of a case rather than about the person:
// the data protection officer may give it although they see no case.
type guarding interface{ guardsData() }

// remember notes who did what only they, or only others, may do next: who asked
// for an erasure may not approve it.
func (c *Case) remember(d Decision) {
	for _, e := range d.Events {
		switch e.EventType() {
		case ErasureRequested{}.EventType():
			c.Erasure.AskedBy = d.By.User
		case IdentityRecorded{}.EventType():
			c.NamedBy = d.By.User
		case IdentityErased{}.EventType():
			c.NamedBy = ""
		case IdentificationDecided{}.EventType(), IdentificationReversed{}.EventType():
			c.DecidedBy = d.By.User
		case CaseOpened{}.EventType():
			c.Assigned = d.By.User
		}
	}
}

func (cmd RequestErasure) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Erased():
		return nil, conflict("erased")
	case c.Hold != "":
		return nil, conflict("legal_hold")
	case !c.Erasure.Asked.IsZero() && c.Erasure.Reason == cmd.Reason && c.Erasure.Asked.Equal(req.Happened):
		return nil, nil
	case !c.Erasure.Asked.IsZero():
		return nil, conflict("erasure_asked")
	}
	return []Event[Case]{ErasureRequested(cmd)}, nil
}

func (cmd RejectErasure) decide(c *Case, _ Request) ([]Event[Case], error) {
	switch {
	case c.Erased():
		return nil, conflict("erased")
	case c.Erasure.Asked.IsZero() && c.Erasure.Rejected == cmd.Reason:
		return nil, nil
	case c.Erasure.Asked.IsZero():
		return nil, conflict("no_erasure_asked")
	}
	return []Event[Case]{ErasureRejected(cmd)}, nil
}

func (cmd ApproveErasure) decide(j *Joint, req Request) ([]Event[Joint], error) {
	c := j.Case()
	switch {
	case !slices.Equal(cmd.with, c.Absorbed):
		return nil, errLookAgain
	case c.Erased():
		return nil, nil
	case slices.ContainsFunc(j.Cases, func(c *Case) bool { return c.Hold != "" }):
		return nil, conflict("legal_hold")
	case c.Erasure.Asked.IsZero():
		return nil, conflict("no_erasure_asked")
	case c.Erasure.AskedBy == req.By.User:
		return nil, &Refusal{Kind: Forbidden, Code: "second_person_needed"}
	}
	var onAll []Event[Joint]
	for n, one := range j.Cases {
		if n == 0 || !one.Erased() {
			onAll = append(onAll, j.onCase(n, IdentityErased{c.Erasure.Reason})...)
		}
	}
	return onAll, nil
}

func (cmd CompleteErasure) decide(c *Case, _ Request) ([]Event[Case], error) {
	switch {
	case !c.Erased():
		return nil, conflict("not_erased")
	case !c.Erasure.Completed.IsZero():
		return nil, nil
	}
	return []Event[Case]{ErasureCompleted(cmd)}, nil
}

func (cmd PlaceLegalHold) decide(c *Case, _ Request) ([]Event[Case], error) {
	switch {
	case c.Erased():
		return nil, conflict("erased")
	case c.Hold == cmd.Reason:
		return nil, nil
	}
	return []Event[Case]{LegalHoldPlaced(cmd)}, nil
}

func (LiftLegalHold) decide(c *Case, _ Request) ([]Event[Case], error) {
	if c.Hold == "" {
		return nil, nil
	}
	return []Event[Case]{LegalHoldLifted{}}, nil
}
