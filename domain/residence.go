package domain

// Residence is how the stay of a foreigner is allowed: by a permit for one year,
// on request, after the reflection period (Repatriation Rules of 2013).
type Residence struct {
	State   string   `json:"state,omitempty"` // applied, issued, refused, renewed, expired
	Ground  string   `json:"ground,omitempty"`
	Applied When     `json:"applied,omitzero"`
	Changed When     `json:"changed,omitzero"` // when the state was reached
	Permits []Period `json:"permits,omitempty"`
}

// ApplyResidencePermit records that a foreigner or a stateless person asked for
// a temporary residence permit. It is refused for a citizen.
type ApplyResidencePermit struct {
	Ground string `json:"ground" code:"permit_ground"`
}

// ResidencePermitApplied says on which ground it was asked for.
type ResidencePermitApplied struct {
	Ground string `json:"ground" code:"permit_ground"`
}

func (ResidencePermitApplied) EventType() string { return "ResidencePermitApplied" }
func (e ResidencePermitApplied) apply(c *Case, at Times) {
	c.Residence.Applied = at.Happened
	c.residence("applied", e.Ground, at.Happened)
}
func (ApplyResidencePermit) givers() []Role { return []Role{Migration, CaseOfficer, LegalAid} }
func (ApplyResidencePermit) expected(c *Case) bool {
	return c.Foreign() && c.Residence.State == "" && !c.Reflection.Until.IsZero()
}
func (cmd ApplyResidencePermit) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Citizenship == "az" {
		return nil, conflict("not_a_foreigner")
	}
	return c.fact(req, ResidencePermitApplied(cmd))
}

// IssueResidencePermit records a permit, from its first to its last day. Another
// term than one year is remarked, and so is a permit within the reflection
// period or without an application.
type IssueResidencePermit struct {
	Ground string `json:"ground" code:"permit_ground"`
	From   Day    `json:"from"`
	Until  Day    `json:"until"`
}

// ResidencePermitIssued allows the stay, the last day included, and bars an
// expulsion.
type ResidencePermitIssued struct {
	Ground string `json:"ground" code:"permit_ground"`
	From   Day    `json:"from"`
	Until  Day    `json:"until"`
}

func (ResidencePermitIssued) EventType() string { return "ResidencePermitIssued" }
func (e ResidencePermitIssued) apply(c *Case, at Times) {
	c.Residence.Permits = append(c.Residence.Permits, Period{e.From, e.Until})
	c.residence("issued", e.Ground, at.Happened)
}
func (e ResidencePermitIssued) until() Day         { return e.Until }
func (IssueResidencePermit) givers() []Role        { return []Role{Migration} }
func (IssueResidencePermit) expected(c *Case) bool { return c.Residence.State == "applied" }
func (cmd IssueResidencePermit) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Citizenship == "az":
		return nil, conflict("not_a_foreigner")
	case req.Happened.Before(c.Residence.Applied):
		return nil, invalid("before_application", "happened")
	case !cmd.Until.After(cmd.From):
		return nil, invalid("before_start", "until")
	}
	return c.fact(req, ResidencePermitIssued(cmd), remark{c.Residence.Applied.IsZero(), "permit_not_applied"},
		remark{c.inReflection(cmd.From.Start()), "permit_in_reflection"}, remark{!oneYear(cmd.From, cmd.Until), "permit_not_one_year"})
}

// RefuseResidencePermit records that the migration service did not issue or renew
// the permit.
type RefuseResidencePermit struct {
	Reason string `json:"reason" code:"permit_refusal"`
}

// ResidencePermitRefused leaves the person without a permit, unless one is still
// valid.
type ResidencePermitRefused struct {
	Reason string `json:"reason" code:"permit_refusal"`
}

func (ResidencePermitRefused) EventType() string { return "ResidencePermitRefused" }
func (ResidencePermitRefused) apply(c *Case, at Times) {
	c.residence("refused", c.Residence.Ground, at.Happened)
}
func (RefuseResidencePermit) givers() []Role { return []Role{Migration} }
func (cmd RefuseResidencePermit) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Citizenship == "az":
		return nil, conflict("not_a_foreigner")
	case req.Happened.Before(c.Residence.Applied):
		return nil, invalid("before_application", "happened")
	}
	return c.fact(req, ResidencePermitRefused(cmd), remark{c.Residence.Applied.IsZero(), "permit_not_applied"})
}

// RenewResidencePermit records that a permit was given for a further time. It is
// refused when there was none.
type RenewResidencePermit struct {
	Ground string `json:"ground" code:"permit_ground"`
	From   Day    `json:"from"`
	Until  Day    `json:"until"`
}

// ResidencePermitRenewed follows another permit.
type ResidencePermitRenewed struct {
	Ground string `json:"ground" code:"permit_ground"`
	From   Day    `json:"from"`
	Until  Day    `json:"until"`
}

func (ResidencePermitRenewed) EventType() string { return "ResidencePermitRenewed" }
func (e ResidencePermitRenewed) apply(c *Case, at Times) {
	c.Residence.Permits = append(c.Residence.Permits, Period{e.From, e.Until})
	c.residence("renewed", e.Ground, at.Happened)
}
func (e ResidencePermitRenewed) until() Day { return e.Until }
func (RenewResidencePermit) givers() []Role { return []Role{Migration} }
func (cmd RenewResidencePermit) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case len(c.Residence.Permits) == 0:
		return nil, conflict("no_permit")
	case !cmd.Until.After(cmd.From):
		return nil, invalid("before_start", "until")
	case cmd.From.Before(c.Residence.Permits[0].From):
		return nil, invalid("before_start", "from")
	}
	return c.fact(req, ResidencePermitRenewed(cmd), remark{!oneYear(cmd.From, cmd.Until), "permit_not_one_year"})
}

// RecordPermitExpiry records that the last permit ran out and none followed. It
// is refused while one is valid.
type RecordPermitExpiry struct{}

// ResidencePermitExpired ends the allowed stay.
type ResidencePermitExpired struct{}

func (ResidencePermitExpired) EventType() string { return "ResidencePermitExpired" }
func (ResidencePermitExpired) apply(c *Case, at Times) {
	c.residence("expired", c.Residence.Ground, at.Happened)
}
func (RecordPermitExpiry) givers() []Role { return []Role{Migration} }
func (RecordPermitExpiry) decide(c *Case, req Request) ([]Event[Case], error) {
	begun := false
	for _, p := range c.Residence.Permits {
		begun = begun || !req.Happened.Day().Before(p.From)
	}
	switch {
	case !begun:
		return nil, conflict("no_permit")
	case c.permitOn(req.Happened.Day()):
		return nil, conflict("permit_valid")
	}
	return c.fact(req, ResidencePermitExpired{})
}

// MaskAddress records that a foreign victim, or one who helps the prosecution, was
// registered at the address of the body that conducts the proceedings, so that
// the register of residence does not tell where the person lives (presidential
// act of 20.05.2020).
type MaskAddress struct {
	Organisation string `json:"organisation" code:"organisation/special_police|prosecution|police|security|customs|border"`
}

// AddressRegistrationMasked says at whose address.
type AddressRegistrationMasked struct {
	Organisation string `json:"organisation" code:"organisation" place:"beside"`
}

func (AddressRegistrationMasked) EventType() string       { return "AddressRegistrationMasked" }
func (AddressRegistrationMasked) apply(c *Case, at Times) { c.AddressMasked = at.Happened }
func (MaskAddress) givers() []Role                        { return []Role{Migration, CaseOfficer} }
func (cmd MaskAddress) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.Citizenship == "az" {
		return nil, conflict("not_a_foreigner")
	}
	return c.fact(req, AddressRegistrationMasked(cmd))
}

// residence keeps the state that was reached last.
func (c *Case) residence(state, ground string, at When) {
	if !at.Before(c.Residence.Changed) {
		c.Residence.State, c.Residence.Ground, c.Residence.Changed = state, ground, at
	}
}

// permitOn reports whether a permit is valid on a day.
func (c *Case) permitOn(d Day) bool {
	for _, p := range c.Residence.Permits {
		if !d.Before(p.From) && !d.After(p.Until) {
			return true
		}
	}
	return false
}

// oneYear reports whether a term is a year, whichever way its last day is
// counted.
func oneYear(from, until Day) bool {
	next := Day{from.start.AddDate(1, 0, 0)}
	return until.Since(next) >= -1 && until.Since(next) <= 0
}
