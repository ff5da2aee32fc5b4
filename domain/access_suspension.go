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
// of victims). It overrides every role. What happens goes on being recorded. What is
// known of one person under several cases is shut on all of them that were merged.
type SuspendIdentityAccess struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`

	with []Ref // the cases that were merged into this one
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
func (SuspendIdentityAccess) ofAllMerged()   {}
func (cmd SuspendIdentityAccess) others(Request) []Stream {
	return caseStreams(cmd.with)
}
func (cmd SuspendIdentityAccess) look(history []Decision) Asked {
	cmd.with = absorbedIn(history)
	return cmd
}

func (cmd SuspendIdentityAccess) decide(j *Joint, req Request) ([]Event[Joint], error) {
	switch c := j.Case(); {
	case !slices.Equal(cmd.with, c.Absorbed):
		return nil, errLookAgain
	case slices.ContainsFunc(j.Cases, notShut):
	case c.AccessChanged.Equal(req.Happened):
		return nil, nil
	default:
		return nil, conflict("already_suspended")
	}
	return j.shutting(req, IdentityAccessSuspended{cmd.Decision, cmd.Body}), nil
}

// RestoreIdentityAccess records that the body that suspended access, or a court,
// has lifted it. The head of the special police unit, whom it shuts out too, may
// pass a suspension on, but does not end one. A protection measure that was ordered
// with it ends too.
type RestoreIdentityAccess struct {
	Decision Reference `json:"decision_no"`
	Body     string    `json:"body" code:"suspending_body"`

	with []Ref // the cases that were merged into this one
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
func (RestoreIdentityAccess) ofAllMerged()          {}
func (cmd RestoreIdentityAccess) others(Request) []Stream {
	return caseStreams(cmd.with)
}
func (cmd RestoreIdentityAccess) look(history []Decision) Asked {
	cmd.with = absorbedIn(history)
	return cmd
}

func (cmd RestoreIdentityAccess) decide(j *Joint, req Request) ([]Event[Joint], error) {
	shut := func(c *Case) bool { return !notShut(c) }
	switch c := j.Case(); {
	case !slices.Equal(cmd.with, c.Absorbed):
		return nil, errLookAgain
	case !slices.ContainsFunc(j.Cases, shut) && c.AccessChanged.Equal(req.Happened):
		return nil, nil
	case !slices.ContainsFunc(j.Cases, shut):
		return nil, conflict("not_suspended")
	}
	for n, c := range j.Cases {
		if shut(c) && j.at(n, req).Happened.Before(c.AccessChanged) {
			return nil, invalid("before_start", "happened")
		}
	}
	return j.onThose(shut, req, func(c *Case) []Event[Case] {
		events := []Event[Case]{IdentityAccessRestored{cmd.Decision, cmd.Body}}
		for _, m := range c.Measures {
			if m.shutsData() {
				events = append(events, ProtectionMeasureEnded{Measure: m.Measure, Subject: m.Subject, Decision: cmd.Decision})
			}
		}
		return events
	}), nil
}

func notShut(c *Case) bool { return !suspendedIn(c.Access) }

// shutting suspends access on every case of the person that is not shut yet.
func (j *Joint) shutting(req Request, e IdentityAccessSuspended) []Event[Joint] {
	return j.onThose(notShut, req, func(*Case) []Event[Case] { return []Event[Case]{e} })
}

// suspendedIn reports whether access to the person's data is suspended.
func suspendedIn(rows []Access) bool {
	return slices.ContainsFunc(rows, func(a Access) bool { return a.Relation == Suspended })
}
