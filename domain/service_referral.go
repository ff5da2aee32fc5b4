package domain

import "slices"

// A ServiceReferral is one service that a body was asked to give. The body and
// the service tell it from others.
type ServiceReferral struct {
	Organisation string `json:"organisation"`
	Service      string `json:"service"`
	State        string `json:"state"` // sent, accepted, rejected
	Sent         When   `json:"sent,omitzero"`
	Answered     When   `json:"answered,omitzero"`
}

// refer enters a referral. One that is sent again after a rejection is asked anew.
func (c *Case) refer(organisation, service string, at Times) {
	if r := c.referralOf(organisation, service); r != nil {
		if r.State == "rejected" {
			r.State, r.Sent, r.Answered = "sent", at.Happened, When{}
		}
		return
	}
	c.Referrals = append(c.Referrals, ServiceReferral{Organisation: organisation, Service: service, State: "sent", Sent: at.Happened})
}

func (c *Case) referralOf(organisation, service string) *ServiceReferral {
	i := slices.IndexFunc(c.Referrals, func(r ServiceReferral) bool { return r.Organisation == organisation && r.Service == service })
	if i < 0 {
		return nil
	}
	return &c.Referrals[i]
}

// unanswered reports whether a body has yet to answer.
func (c *Case) unanswered() bool {
	return slices.ContainsFunc(c.Referrals, func(r ServiceReferral) bool { return r.State == "sent" })
}

// AcceptServiceReferral is the answer of the body that was asked: it will give the
// services. Nobody answers for another body.
type AcceptServiceReferral struct {
	Services []string `json:"services" code:"service"`
}

// ServiceReferralAccepted names the body that answered.
type ServiceReferralAccepted struct {
	Organisation string   `json:"organisation" code:"organisation" place:"beside"`
	Services     []string `json:"services" code:"service"`
}

// RejectServiceReferral is the answer of a body that cannot give the services.
type RejectServiceReferral struct {
	Services []string `json:"services" code:"service"`
	Reason   string   `json:"reason" code:"rejection_reason"`
}

// ServiceReferralRejected ends what the body has to do with the case, unless it
// was asked for something else too.
type ServiceReferralRejected struct {
	Organisation string   `json:"organisation" code:"organisation" place:"beside"`
	Services     []string `json:"services" code:"service"`
	Reason       string   `json:"reason" code:"rejection_reason"`
}

func (ServiceReferralAccepted) EventType() string { return "ServiceReferralAccepted" }
func (ServiceReferralRejected) EventType() string { return "ServiceReferralRejected" }

func (e ServiceReferralAccepted) apply(c *Case, at Times) {
	if c.answer(e.Organisation, e.Services, "accepted", at) {
		c.involve(e.Organisation, Provides) // also who had refused before
	}
}

func (e ServiceReferralRejected) apply(c *Case, at Times) {
	c.answer(e.Organisation, e.Services, "rejected", at)
	if !slices.ContainsFunc(c.Referrals, func(r ServiceReferral) bool { return r.Organisation == e.Organisation && r.State != "rejected" }) {
		c.release(e.Organisation, Provides, at.Recorded, hostedFor)
	}
}

// answer reports whether the body was asked for any of the services: of a referral
// that was voided nothing is left to accept.
func (c *Case) answer(organisation string, services []string, state string, at Times) (asked bool) {
	c.Referrals = slices.Clone(c.Referrals)
	for _, s := range services {
		if r := c.referralOf(organisation, s); r != nil {
			r.State, r.Answered, asked = state, at.Happened, true
		}
	}
	return asked
}

// askedForServices are the roles whose organisations are asked for services.
func askedForServices() []Role {
	return []Role{
		Shelter, AssistanceCentre, LegalAid, ChildProtection, Consulate, Migration, FundOfficer, Prosecution,
		HealthCare, Education, Employment, ReturnPartner,
	}
}

func (AcceptServiceReferral) givers() []Role        { return askedForServices() }
func (RejectServiceReferral) givers() []Role        { return askedForServices() }
func (AcceptServiceReferral) expected(c *Case) bool { return c.unanswered() }
func (RejectServiceReferral) expected(c *Case) bool { return c.unanswered() }

func (cmd AcceptServiceReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := c.answerable(cmd.Services, req); err != nil {
		return nil, err
	}
	return c.fact(req, ServiceReferralAccepted{req.By.Organisation, slices.Clone(cmd.Services)})
}

func (cmd RejectServiceReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := c.answerable(cmd.Services, req); err != nil {
		return nil, err
	}
	return c.fact(req, ServiceReferralRejected{req.By.Organisation, slices.Clone(cmd.Services), cmd.Reason})
}

// answerable refuses an answer to what the asker's organisation was not asked.
func (c *Case) answerable(services []string, req Request) error {
	for _, s := range services {
		r := c.referralOf(req.By.Organisation, s)
		if r == nil {
			return conflict("not_referred")
		}
		if req.Happened.Before(r.Sent) {
			return invalid("before_request", "happened")
		}
	}
	return nil
}
