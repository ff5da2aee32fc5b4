package domain

import "slices"

// Protection is how the person's safety is looked after (plan action 4.4.7).
type Protection struct {
	Requested When     `json:"requested,omitzero"`
	InForce   []string `json:"in_force,omitempty"` // code list "protection_measure"
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

// OrderProtection records a measure under the law on state protection of
// participants in criminal proceedings.
type OrderProtection struct {
	Measure string `json:"measure" code:"protection_measure"`
}

// ProtectionMeasureOrdered is in force until it ends.
type ProtectionMeasureOrdered struct {
	Measure string `json:"measure" code:"protection_measure"`
}

func (ProtectionMeasureOrdered) EventType() string { return "ProtectionMeasureOrdered" }
func (e ProtectionMeasureOrdered) apply(c *Case, _ Times) {
	c.Protection.InForce = append(c.Protection.InForce, e.Measure)
}
func (OrderProtection) givers() []Role { return []Role{Prosecution, Head} }
func (OrderProtection) expected(c *Case) bool {
	return !c.Protection.Requested.IsZero() && len(c.Protection.InForce) == 0
}
func (cmd OrderProtection) decide(c *Case, req Request) ([]Event[Case], error) {
	if slices.Contains(c.Protection.InForce, cmd.Measure) {
		return nil, nil
	}
	return c.fact(req, ProtectionMeasureOrdered(cmd))
}

// EndProtection records that a measure was lifted.
type EndProtection struct {
	Measure string `json:"measure" code:"protection_measure"`
}

// ProtectionMeasureEnded takes a measure out of force.
type ProtectionMeasureEnded struct {
	Measure string `json:"measure" code:"protection_measure"`
}

func (ProtectionMeasureEnded) EventType() string { return "ProtectionMeasureEnded" }
func (e ProtectionMeasureEnded) apply(c *Case, _ Times) {
	c.Protection.InForce = slices.DeleteFunc(c.Protection.InForce, func(m string) bool { return m == e.Measure })
}
func (EndProtection) givers() []Role { return []Role{Prosecution, Head} }
func (cmd EndProtection) decide(c *Case, req Request) ([]Event[Case], error) {
	if !slices.Contains(c.Protection.InForce, cmd.Measure) {
		return nil, nil
	}
	return c.fact(req, ProtectionMeasureEnded(cmd))
}
