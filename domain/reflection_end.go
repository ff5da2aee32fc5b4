package domain

// ExtendReflection gives the person more time before the period is over.
type ExtendReflection struct {
	Until  Day    `json:"until"`
	Reason string `json:"reason" code:"reflection_extension"`
}

// ReflectionExtended moves the last day of the period.
type ReflectionExtended struct {
	From   Day    `json:"previous_until"` // the last day that it had
	Until  Day    `json:"until"`
	Reason string `json:"reason" code:"reflection_extension"`
}

func (ReflectionExtended) EventType() string { return "ReflectionExtended" }
func (e ReflectionExtended) apply(c *Case, _ Times) {
	c.limitReflection(e.Until)
}
func (ExtendReflection) givers() []Role { return []Role{CaseOfficer, Head} }
func (cmd ExtendReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Reflection.Until == cmd.Until {
		return nil, nil
	}
	if err := c.reflecting(req.Happened); err != nil {
		return nil, err
	}
	switch {
	case c.ReflectionState == "terminated":
		return nil, conflict("not_in_reflection")
	case !cmd.Until.After(c.Reflection.Until):
		return nil, invalid("before_start", "until")
	case cmd.Until.Since(c.Reflection.From) > 366:
		return nil, invalid("out_of_range", "until")
	}
	return c.fact(req, ReflectionExtended{From: c.Reflection.Until, Until: cmd.Until, Reason: cmd.Reason})
}

// TerminateReflection ends the period before its last day. The law knows two
// grounds: public order, and that the status was claimed improperly (Council of
// Europe Convention, Article 13 (3)). Only the head of the special police unit
// does so; that the person does not cooperate is no ground.
type TerminateReflection struct {
	Ground   string    `json:"ground" code:"reflection_termination"`
	Decision Reference `json:"decision_no,omitempty"`
}

// ReflectionTerminated makes the day on which it happened the last of the period.
type ReflectionTerminated struct {
	Ground   string    `json:"ground" code:"reflection_termination"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (ReflectionTerminated) EventType() string { return "ReflectionTerminated" }
func (ReflectionTerminated) apply(c *Case, at Times) {
	c.limitReflection(at.Happened.Day())
	c.ReflectionState = "terminated"
}
func (TerminateReflection) givers() []Role { return []Role{Head} }
func (cmd TerminateReflection) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.ReflectionState == "terminated" {
		if c.Reflection.Until == req.Happened.Day() {
			return nil, nil
		}
		return nil, conflict("not_in_reflection")
	}
	if err := c.reflecting(req.Happened); err != nil {
		return nil, err
	}
	return c.fact(req, ReflectionTerminated(cmd))
}

// MarkReflectionEnded records that the period ran to its last day. The register
// asks it by itself, or the officer: it is safe to ask twice or too early.
type MarkReflectionEnded struct{}

// ReflectionEnded says that the protected time is over. That happened at the end of
// its last day.
type ReflectionEnded struct {
	Until Day `json:"until"` // its last day
}

func (ReflectionEnded) EventType() string     { return "ReflectionEnded" }
func (e ReflectionEnded) moment(_ Times) When { return endOf(e.Until) }
func (e ReflectionEnded) apply(c *Case, _ Times) {
	if c.ReflectionState == "granted" && c.Reflection.Until == e.Until {
		c.ReflectionState = "ended"
	}
}
func (MarkReflectionEnded) givers() []Role { return []Role{Clock, CaseOfficer} }
func (MarkReflectionEnded) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.ReflectionState != "granted" || !req.Happened.Day().After(c.Reflection.Until) {
		return nil, nil
	}
	return []Event[Case]{ReflectionEnded{Until: c.Reflection.Until}}, nil // no remark on a case that is closed: nobody did anything
}

// limitReflection moves the last day of the period, and its clock with it.
func (c *Case) limitReflection(until Day) {
	if c.Reflection.Until.IsZero() {
		c.groundless++ // the period itself was voided
		return
	}
	was := c.Reflection.Until.End().UTC()
	c.Reflection.Until = until
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Rule == "reflection" && k.Due.Equal(was) {
			k.Due = until.End().UTC()
		}
	}
}
