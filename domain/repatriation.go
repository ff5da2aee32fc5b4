package domain

import (
	"slices"
	"strconv"
)

// Return is how far a person's way home has come.
type Return struct {
	Direction string `json:"direction,omitempty"` // inbound: a citizen comes home; outbound: a foreigner leaves
	Wish      When   `json:"wish,omitzero"`
	Assessed  When   `json:"assessed,omitzero"`
	Consent   When   `json:"consent,omitzero"`
	Applied   When   `json:"applied,omitzero"`
	Issued    When   `json:"issued,omitzero"`
	Departed  When   `json:"departed,omitzero"`
	Arrived   When   `json:"arrived,omitzero"`
	Received  When   `json:"received,omitzero"`
	FollowUps []int  `json:"follow_ups,omitempty"` // months
}

// ExpressReturnWish records that the person wants to go home. Nobody is
// returned who does not wish it.
type ExpressReturnWish struct {
	Direction string `json:"direction" code:"return_direction"`
}

// ReturnWishExpressed starts a return.
type ReturnWishExpressed struct {
	Direction string `json:"direction" code:"return_direction"`
}

func (ReturnWishExpressed) EventType() string { return "ReturnWishExpressed" }
func (e ReturnWishExpressed) apply(c *Case, at Times) {
	c.Return.Direction, c.Return.Wish = e.Direction, at.Happened
}
func (ExpressReturnWish) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Consulate, LegalAid, Migration}
}
func (ExpressReturnWish) expected(c *Case) bool {
	return c.Return.Wish.IsZero() && (c.Country != "" || c.Foreign())
}
func (cmd ExpressReturnWish) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Departed.IsZero() && c.Return.Received.IsZero() {
		return nil, conflict("on_the_way")
	}
	return c.fact(req, ReturnWishExpressed(cmd))
}

// AssessReturnRisk records the assessment that must come before every return.
type AssessReturnRisk struct {
	Level    string `json:"level" code:"risk_level"`
	Decision string `json:"decision" code:"return_decision"`
}

// ReturnRiskAssessed holds the level and whether the return can go ahead.
type ReturnRiskAssessed struct {
	Level    string `json:"level" code:"risk_level"`
	Decision string `json:"decision" code:"return_decision"`
}

func (ReturnRiskAssessed) EventType() string       { return "ReturnRiskAssessed" }
func (ReturnRiskAssessed) apply(c *Case, at Times) { c.Return.Assessed = at.Happened }
func (AssessReturnRisk) givers() []Role            { return []Role{CaseOfficer, Consulate, Migration} }
func (AssessReturnRisk) expected(c *Case) bool {
	return !c.Return.Wish.IsZero() && c.Return.Assessed.IsZero()
}
func (cmd AssessReturnRisk) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ReturnRiskAssessed(cmd), remark{c.Return.Wish.IsZero(), "return_wish_missing"})
}

// RecordReturnConsent records the written consent to the return.
type RecordReturnConsent struct {
	By string `json:"by" code:"consent_by"` // the person, or the guardian of a child
}

// ReturnConsentRecorded says who consented, by function.
type ReturnConsentRecorded struct {
	By string `json:"by" code:"consent_by"`
}

func (ReturnConsentRecorded) EventType() string       { return "ReturnConsentRecorded" }
func (ReturnConsentRecorded) apply(c *Case, at Times) { c.Return.Consent = at.Happened }
func (RecordReturnConsent) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Consulate, LegalAid, Migration}
}
func (RecordReturnConsent) expected(c *Case) bool {
	return !c.Return.Assessed.IsZero() && c.Return.Consent.IsZero()
}
func (cmd RecordReturnConsent) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.TreatedAsChild() && cmd.By != "guardian" {
		return nil, invalid("guardian_required", "by")
	}
	return c.fact(req, ReturnConsentRecorded(cmd), remark{c.Return.Assessed.IsZero(), "return_risk_missing"})
}

// ApplyReturnCertificate records the application for the certificate of return
// to Azerbaijan.
type ApplyReturnCertificate struct{}

// ReturnCertificateApplied starts three calendar days.
type ReturnCertificateApplied struct{}

func (ReturnCertificateApplied) EventType() string       { return "ReturnCertificateApplied" }
func (ReturnCertificateApplied) apply(c *Case, at Times) { c.Return.Applied = at.Happened }
func (ApplyReturnCertificate) givers() []Role            { return []Role{Consulate} }
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

// RecordReturnDeparture records that the person set out for home.
type RecordReturnDeparture struct {
	Direction string `json:"direction" code:"return_direction"`
	Escort    string `json:"escort" code:"escort"`
}

// ReturnDeparted says in which direction and with whom.
type ReturnDeparted struct {
	Direction string `json:"direction" code:"return_direction"`
	Escort    string `json:"escort" code:"escort"`
	Foreign   bool   `json:"foreign,omitempty"` // not a citizen of Azerbaijan
}

func (ReturnDeparted) EventType() string { return "ReturnDeparted" }
func (e ReturnDeparted) apply(c *Case, at Times) {
	c.Return.Direction, c.Return.Departed = e.Direction, at.Happened
	c.Return.Arrived, c.Return.Received = When{}, When{}
}
func (RecordReturnDeparture) givers() []Role { return []Role{Consulate, Migration, CaseOfficer} }
func (RecordReturnDeparture) expected(c *Case) bool {
	return !c.Return.Consent.IsZero() && c.Return.Departed.IsZero()
}
func (cmd RecordReturnDeparture) decide(c *Case, req Request) ([]Event[Case], error) {
	r := c.Return
	if !r.Departed.IsZero() && r.Received.IsZero() {
		if r.Departed.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("on_the_way")
	}
	return c.fact(req, ReturnDeparted{cmd.Direction, cmd.Escort, c.Foreign()},
		remark{r.Wish.IsZero(), "return_wish_missing"},
		remark{r.Assessed.IsZero() || req.Happened.Before(r.Assessed), "return_risk_missing"},
		remark{r.Consent.IsZero() || req.Happened.Before(r.Consent), "return_consent_missing"},
		remark{cmd.Direction == "outbound" && c.inReflection(req.Happened.At) && r.Wish.IsZero(), "return_in_reflection"})
}

// RecordReturnArrival records that the person arrived in the country.
type RecordReturnArrival struct{}

// ReturnArrived ends the journey.
type ReturnArrived struct {
	Direction string `json:"direction" code:"return_direction"`
}

func (ReturnArrived) EventType() string       { return "ReturnArrived" }
func (ReturnArrived) apply(c *Case, at Times) { c.Return.Arrived = at.Happened }
func (RecordReturnArrival) givers() []Role {
	return []Role{Migration, Consulate, DutyOfficer, CaseOfficer}
}
func (RecordReturnArrival) expected(c *Case) bool {
	return !c.Return.Departed.IsZero() && c.Return.Arrived.IsZero()
}
func (RecordReturnArrival) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Departed.IsZero() && req.Happened.Before(c.Return.Departed) {
		return nil, invalid("before_departure", "happened")
	}
	return c.fact(req, ReturnArrived{Direction: c.Return.Direction}, remark{c.Return.Departed.IsZero(), "departure_not_recorded"})
}

// RecordReturnReception records that a body that helps received the person.
type RecordReturnReception struct{}

// ReturnReceived says which body it was.
type ReturnReceived struct {
	Organisation string `json:"organisation" code:"organisation" place:"beside"`
}

func (ReturnReceived) EventType() string       { return "ReturnReceived" }
func (ReturnReceived) apply(c *Case, at Times) { c.Return.Received = at.Happened }
func (RecordReturnReception) givers() []Role {
	return []Role{AssistanceCentre, Shelter, CaseOfficer, DutyOfficer, ChildProtection}
}
func (RecordReturnReception) expected(c *Case) bool {
	return !c.Return.Arrived.IsZero() && c.Return.Received.IsZero()
}
func (RecordReturnReception) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Arrived.IsZero() && req.Happened.Before(c.Return.Arrived) {
		return nil, invalid("before_arrival", "happened")
	}
	return c.fact(req, ReturnReceived{req.By.Organisation}, remark{c.Return.Arrived.IsZero(), "arrival_not_recorded"})
}

// RecordFollowUp records a look after the person 1, 3, 6 or 12 months later.
type RecordFollowUp struct {
	Month  string `json:"month" code:"follow_up_month"`
	Status string `json:"status" code:"follow_up_status"`
}

// ReintegrationFollowUpDone says how the person was.
type ReintegrationFollowUpDone struct {
	Month  int    `json:"month"`
	Status string `json:"status" code:"follow_up_status"`
}

func (ReintegrationFollowUpDone) EventType() string { return "ReintegrationFollowUpDone" }
func (e ReintegrationFollowUpDone) apply(c *Case, _ Times) {
	c.Return.FollowUps = append(c.Return.FollowUps, e.Month)
}
func (RecordFollowUp) givers() []Role {
	return []Role{AssistanceCentre, Shelter, LegalAid, ChildProtection, CaseOfficer}
}
func (RecordFollowUp) expected(c *Case) bool { return !c.Return.Received.IsZero() }
func (cmd RecordFollowUp) decide(c *Case, req Request) ([]Event[Case], error) {
	month, _ := strconv.Atoi(cmd.Month)
	if slices.Contains(c.Return.FollowUps, month) {
		return nil, nil
	}
	return c.fact(req, ReintegrationFollowUpDone{month, cmd.Status}, remark{cmd.Status == "re_trafficked", "re_trafficked"})
}
