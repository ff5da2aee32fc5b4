package domain

import "slices"

// Suspended stands on a case while access to the person's data is suspended by
// decision of the prosecution body or a court. It is a row of no organisation's:
// it opens nothing and shuts, for every role, what names or describes the person.
const Suspended Relation = "suspended"

// suspender is the organisation of the row: the register, of which no person is.
const suspender = "register"

// SuspendIdentityAccess records that the prosecution body or a court has suspended
// access to the person's data in information systems (Law 958-IIQ, confidentiality
// of victims). It overrides every role. What happens goes on being recorded.
type SuspendIdentityAccess struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`
}

// IdentityAccessSuspended shuts the sealed compartments for everybody.
type IdentityAccessSuspended struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`
}

func (IdentityAccessSuspended) EventType() string { return "IdentityAccessSuspended" }
func (IdentityAccessSuspended) apply(c *Case, at Times) {
	if !at.Happened.Before(c.AccessChanged) {
		c.involve(suspender, Suspended)
		c.AccessChanged = at.Happened
	}
}
func (SuspendIdentityAccess) givers() []Role { return []Role{Prosecution, Head} }
func (SuspendIdentityAccess) aboutMerged()   {}
func (cmd SuspendIdentityAccess) decide(c *Case, req Request) ([]Event[Case], error) {
	if suspendedIn(c.Access) {
		if c.AccessChanged.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("already_suspended")
	}
	return c.fact(req, IdentityAccessSuspended(cmd))
}

// RestoreIdentityAccess records that the body that suspended access, or a court,
// has lifted it. The head of the special police unit, whom it shuts out too, may
// pass a suspension on, but does not end one.
type RestoreIdentityAccess struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`
}

// IdentityAccessRestored lets everybody read again what their role may read.
type IdentityAccessRestored struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`
}

func (IdentityAccessRestored) EventType() string { return "IdentityAccessRestored" }
func (IdentityAccessRestored) apply(c *Case, at Times) {
	if !at.Happened.Before(c.AccessChanged) {
		c.Access = slices.DeleteFunc(c.Access, func(a Access) bool { return a.Relation == Suspended })
		c.AccessChanged = at.Happened
	}
}
func (RestoreIdentityAccess) givers() []Role        { return []Role{Prosecution} }
func (RestoreIdentityAccess) expected(c *Case) bool { return suspendedIn(c.Access) }
func (RestoreIdentityAccess) aboutMerged()          {}
func (cmd RestoreIdentityAccess) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case !suspendedIn(c.Access) && c.AccessChanged.Equal(req.Happened):
		return nil, nil
	case !suspendedIn(c.Access):
		return nil, conflict("not_suspended")
	case req.Happened.Before(c.AccessChanged):
		return nil, invalid("before_start", "happened")
	}
	return c.fact(req, IdentityAccessRestored(cmd))
}

// suspendedIn reports whether access to the person's data is suspended.
func suspendedIn(rows []Access) bool {
	return slices.ContainsFunc(rows, func(a Access) bool { return a.Relation == Suspended })
}
