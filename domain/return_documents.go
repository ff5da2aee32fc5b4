package domain

// RequestTravelDocument asks for a document other than the certificate of return
// that the person needs for the way (plan action 4.4.9).
type RequestTravelDocument struct {
	Kind    string `json:"kind" code:"travel_paper"`
	Country string `json:"country,omitempty" code:"country"` // whose authority is asked; empty: Azerbaijan's
}

// TravelDocRequested says what was asked of whom.
type TravelDocRequested struct {
	Kind    string `json:"kind" code:"travel_paper"`
	Country string `json:"country,omitempty" code:"country"`
}

func (TravelDocRequested) EventType() string        { return "TravelDocRequested" }
func (e TravelDocRequested) apply(c *Case, _ Times) { c.PapersAsked = append(c.PapersAsked, e.Kind) }
func (RequestTravelDocument) givers() []Role {
	return []Role{Consulate, Migration, CaseOfficer, ReturnPartner}
}
func (cmd RequestTravelDocument) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, TravelDocRequested(cmd), remark{c.Return.Wish.IsZero(), "return_wish_missing"})
}

// ApplyReturnCertificate records the application for the certificate of return
// to Azerbaijan.
type ApplyReturnCertificate struct{}

// ReturnCertificateApplied starts three calendar days.
type ReturnCertificateApplied struct{}

func (ReturnCertificateApplied) EventType() string { return "ReturnCertificateApplied" }
func (ReturnCertificateApplied) apply(c *Case, at Times) {
	before := c.Return.Issued.Before(at.Happened) || !c.Return.Applied.IsZero() && !at.Happened.Before(c.Return.Issued)
	if before { // what was issued then answers another application
		c.Return.Issued = When{}
	}
	c.Return.Applied = at.Happened
}
func (ApplyReturnCertificate) givers() []Role { return []Role{Consulate} }
func (ApplyReturnCertificate) expected(c *Case) bool {
	return c.Return.Direction == "inbound" && c.Return.Applied.IsZero()
}
func (ApplyReturnCertificate) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Applied.IsZero() && c.Return.Issued.IsZero() {
		if c.Return.Applied.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("already_applied")
	}
	return c.fact(req, ReturnCertificateApplied{})
}

// IssueReturnCertificate records that the certificate was issued. For victims
// it is free of charge.
type IssueReturnCertificate struct {
	FeeWaived bool `json:"fee_waived"`
}

// ReturnCertificateIssued stops the three days.
type ReturnCertificateIssued struct {
	FeeWaived bool `json:"fee_waived,omitempty"`
}

func (ReturnCertificateIssued) EventType() string       { return "ReturnCertificateIssued" }
func (ReturnCertificateIssued) apply(c *Case, at Times) { c.Return.Issued = at.Happened }
func (IssueReturnCertificate) givers() []Role           { return []Role{Consulate} }
func (IssueReturnCertificate) expected(c *Case) bool {
	return !c.Return.Applied.IsZero() && c.Return.Issued.IsZero()
}
func (cmd IssueReturnCertificate) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Applied.IsZero() && req.Happened.Before(c.Return.Applied) {
		return nil, invalid("before_application", "happened")
	}
	return c.fact(req, ReturnCertificateIssued(cmd), remark{c.Return.Applied.IsZero(), "certificate_not_applied"}, remark{!cmd.FeeWaived, "fee_charged"})
}

// RefuseReturnCertificate records that the certificate was not issued, and why.
// It can be applied for again.
type RefuseReturnCertificate struct {
	Reason string `json:"reason" code:"certificate_refusal"`
}

// ReturnCertificateRefused stops the three days.
type ReturnCertificateRefused struct {
	Reason string `json:"reason" code:"certificate_refusal"`
}

func (ReturnCertificateRefused) EventType() string { return "ReturnCertificateRefused" }
func (e ReturnCertificateRefused) apply(c *Case, at Times) {
	c.CertificateRefused = at.Happened
	if !at.Happened.Before(c.Return.Applied) {
		c.Return.Applied = When{}
	}
}
func (RefuseReturnCertificate) givers() []Role { return []Role{Consulate} }
func (cmd RefuseReturnCertificate) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.CertificateRefused.Equal(req.Happened):
		return c.fact(req, ReturnCertificateRefused(cmd))
	case req.Happened.Before(c.Return.Applied):
		return nil, invalid("before_application", "happened")
	}
	return c.fact(req, ReturnCertificateRefused(cmd), remark{c.Return.Applied.IsZero(), "certificate_not_applied"})
}
