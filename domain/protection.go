package domain

import "slices"

// Protection is how the person's safety is looked after (plan action 4.4.7).
type Protection struct {
	Requested When     `json:"requested,omitzero"`
	InForce   []string `json:"in_force,omitempty"` // code list "protection_measure"
}

// A ProtectionInForce is a measure that protects one subject: there may be several of a kind.
type ProtectionInForce struct {
	Measure string `json:"measure"`
	Subject string `json:"subject,omitempty"` // code list "protected_subject"
}

// RequestProtection asks for protection measures for the person, close
// relatives or those who help.
type RequestProtection struct {
	Subject string `json:"subject" code:"protected_subject"`
}

// ProtectionRequested starts the time to a measure.
type ProtectionRequested struct {
	Subject string `json:"subject" code:"protected_subject"`
}

func (ProtectionRequested) EventType() string       { return "ProtectionRequested" }
func (ProtectionRequested) apply(c *Case, at Times) { c.Protection.Requested = at.Happened }
func (RequestProtection) givers() []Role            { return []Role{CaseOfficer, DutyOfficer, LegalAid, Shelter} }
func (RequestProtection) expected(c *Case) bool {
	return (c.Risk == "high" || c.Risk == "extreme") && c.Protection.Requested.IsZero()
}
func (cmd RequestProtection) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ProtectionRequested(cmd))
}

// dataAccess is the measure that shuts the person's data, on the list
// "protection_measure".
const dataAccess = "data_access_suspended"

// OrderProtection records a measure under the law on state protection of
// participants in criminal proceedings. One measure can protect several subjects,
// each by a decision of its own.
//
// To suspend access to the person's data is one of them: it shuts the data as
// [SuspendIdentityAccess] does, so it names the decision ("required") of the
// prosecution body or a court ("needs_decision").
type OrderProtection struct {
	Measure  string    `json:"measure" code:"protection_measure"`
	Subject  string    `json:"subject,omitempty" code:"protected_subject"` // the person, if nobody is named
	Basis    string    `json:"basis,omitempty" code:"protection_basis"`
	Decision Reference `json:"decision_no,omitempty"`

	with []Ref // the cases that were merged into this one
}

// ProtectionMeasureOrdered is in force until it ends.
type ProtectionMeasureOrdered struct {
	Measure  string    `json:"measure" code:"protection_measure"`
	Subject  string    `json:"subject,omitempty" code:"protected_subject"`
	Basis    string    `json:"basis,omitempty" code:"protection_basis"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (ProtectionMeasureOrdered) EventType() string { return "ProtectionMeasureOrdered" }
func (e ProtectionMeasureOrdered) apply(c *Case, _ Times) {
	c.protect(append(c.Measures, ProtectionInForce{e.Measure, e.Subject}))
}
func (OrderProtection) givers() []Role { return []Role{Prosecution, Head} }
func (OrderProtection) expected(c *Case) bool {
	return !c.Protection.Requested.IsZero() && len(c.Protection.InForce) == 0
}
func (OrderProtection) ofAllMerged()                {}
func (cmd OrderProtection) others(Request) []Stream { return caseStreams(cmd.with) }
func (cmd OrderProtection) look(history []Decision) Asked {
	if cmd.with = nil; cmd.inForce().shutsData() {
		cmd.with = absorbedIn(history)
	}
	return cmd
}

func (cmd OrderProtection) inForce() ProtectionInForce {
	return ProtectionInForce{cmd.Measure, cmd.Subject}
}

func (cmd OrderProtection) decide(j *Joint, req Request) ([]Event[Joint], error) {
	c, shuts := j.Case(), cmd.inForce().shutsData()
	body := map[string]string{"prosecution_decision": "prosecution", "court_decision": "court"}[cmd.Basis]
	switch {
	case slices.Contains(c.Measures, cmd.inForce()):
		return nil, nil
	case shuts && body == "":
		return nil, invalid("needs_decision", "basis")
	case shuts && cmd.Decision == "":
		return nil, invalid("required", "decision_no")
	case shuts && !slices.Equal(cmd.with, c.Absorbed):
		return nil, errLookAgain
	}
	ordered := []Event[Case]{ProtectionMeasureOrdered{cmd.Measure, cmd.Subject, cmd.Basis, cmd.Decision}}
	switch {
	case !shuts:
		return j.onCase(0, c.noting(req, ordered)...), nil
	case !notShut(c): // the remarks stand once in a decision
		ordered = c.noting(req, ordered)
	}
	return append(j.onCase(0, ordered...), j.shutting(req, IdentityAccessSuspended{cmd.Decision, body})...), nil
}

// shutsData reports whether the measure shuts what is known of the person: there is
// nothing here of relatives and helpers.
func (m ProtectionInForce) shutsData() bool {
	return m.Measure == dataAccess && (m.Subject == "" || m.Subject == "person")
}

// EndProtection records that a measure was lifted: for one subject, or for all
// where none is named. While access to the person's data is suspended, that is
// lifted by [RestoreIdentityAccess], and the measure ends with it
// ("access_suspended").
type EndProtection struct {
	Measure  string    `json:"measure" code:"protection_measure"`
	Subject  string    `json:"subject,omitempty" code:"protected_subject"`
	Decision Reference `json:"decision_no,omitempty"`
}

// ProtectionMeasureEnded takes a measure out of force.
type ProtectionMeasureEnded struct {
	Measure  string    `json:"measure" code:"protection_measure"`
	Subject  string    `json:"subject,omitempty" code:"protected_subject"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (e ProtectionMeasureEnded) ends(m ProtectionInForce) bool {
	return m.Measure == e.Measure && (e.Subject == "" || m.Subject == e.Subject)
}

func (ProtectionMeasureEnded) EventType() string { return "ProtectionMeasureEnded" }
func (e ProtectionMeasureEnded) apply(c *Case, _ Times) {
	c.protect(slices.DeleteFunc(slices.Clone(c.Measures), e.ends))
}
func (EndProtection) givers() []Role { return []Role{Prosecution, Head} }
func (cmd EndProtection) decide(c *Case, req Request) ([]Event[Case], error) {
	e := ProtectionMeasureEnded(cmd)
	switch {
	case !slices.ContainsFunc(c.Measures, e.ends):
		return nil, nil
	case suspendedIn(c.Access) && slices.ContainsFunc(c.Measures, func(m ProtectionInForce) bool { return e.ends(m) && m.shutsData() }):
		return nil, conflict("access_suspended")
	}
	return c.fact(req, e)
}

// protect keeps what is in force, and each kind of it once.
func (c *Case) protect(measures []ProtectionInForce) {
	c.Measures, c.Protection.InForce = measures, nil
	for _, m := range measures {
		if !slices.Contains(c.Protection.InForce, m.Measure) {
			c.Protection.InForce = append(c.Protection.InForce, m.Measure)
		}
	}
}
