package domain

import (
	"slices"
	"strings"
)

// Progress is how far one kind of help has come for a person.
type Progress struct {
	Needed    When `json:"needed,omitzero"`
	Referred  When `json:"referred,omitzero"`
	Started   When `json:"started,omitzero"`
	Delivered When `json:"delivered,omitzero"` // the latest time

	Completed   When   `json:"completed,omitzero"`
	Outcome     string `json:"outcome,omitempty"`    // of the latest completion
	Declined    When   `json:"declined,omitzero"`    // the person does not want it
	Unavailable When   `json:"unavailable,omitzero"` // nobody can give it
}

// ended reports whether nothing is to be done for the need at present.
func (p Progress) ended() bool {
	for _, end := range []When{p.Delivered, p.Completed, p.Declined, p.Unavailable} {
		if !end.IsZero() && !end.Before(p.Needed) {
			return true
		}
	}
	return false
}

// later is the later of two times, of which one may be missing: a fact that is
// learned late is not the latest.
func later(known, at When) When {
	if at.Before(known) {
		return known
	}
	return at
}

func (c *Case) progress(service string) Progress {
	if c.Services == nil {
		c.Services = map[string]Progress{}
	}
	return c.Services[service]
}

// RecordServiceNeed says what help a person needs. All services are free.
type RecordServiceNeed struct {
	Service string `json:"service" code:"service"`
}

// ServiceNeedRecorded is the denominator of several measures of the plan.
type ServiceNeedRecorded struct {
	Service    string `json:"service" code:"service"`
	WorkingAge bool   `json:"working_age,omitempty"` // not treated as a child then
}

func (ServiceNeedRecorded) EventType() string { return "ServiceNeedRecorded" }
func (e ServiceNeedRecorded) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	p.Needed = later(p.Needed, at.Happened)
	c.Services[e.Service] = p
}
func (RecordServiceNeed) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, LegalAid, ChildProtection}
}
func (RecordServiceNeed) expected(c *Case) bool { return c.Host() != nil && len(c.Services) == 0 }
func (cmd RecordServiceNeed) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ServiceNeedRecorded{Service: cmd.Service, WorkingAge: !c.childOn(req.Happened)})
}

// StartService says that a service that takes time, such as a course, began.
type StartService struct {
	Service string `json:"service" code:"service"`
}

// ServiceStarted is kept for courses, jobs and school.
type ServiceStarted struct {
	Service  string `json:"service" code:"service"`
	Provider string `json:"provider" code:"organisation" place:"beside"`
	Kind     string `json:"kind" code:"provider_kind"` // provider kind: state, ngo or io
}

func (ServiceStarted) EventType() string { return "ServiceStarted" }
func (e ServiceStarted) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	p.Started = later(p.Started, at.Happened)
	c.Services[e.Service] = p
}
func (StartService) givers() []Role {
	return serving()
}
func (cmd StartService) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := mayServe(req.By, cmd.Service); err != nil {
		return nil, err
	}
	return c.fact(req, ServiceStarted{cmd.Service, req.By.Organisation, providerKind(req.By.Organisation)},
		remark{c.Services[cmd.Service].Needed.IsZero(), "need_not_recorded"})
}

// DeliverService says that a person received a service, or completed one that
// takes time. For education it means enrolment in a school.
type DeliverService struct {
	Service string `json:"service" code:"service"`
	Units   int    `json:"units,omitempty" min:"0" max:"10000"` // how many, where they are counted
	Unit    string `json:"unit,omitempty" code:"service_unit"`  // what is counted: with units, and only then
}

// ServiceDelivered says who gave what, and which facility hosted the person.
type ServiceDelivered struct {
	Service      string `json:"service" code:"service"`
	Provider     string `json:"provider" code:"organisation" place:"beside"`         // organisation
	ProviderType string `json:"provider_type" code:"organisation_kind" place:"with"` // its kind, as it was then
	Kind         string `json:"kind" code:"provider_kind"`                           // provider kind: state, ngo or io
	Facility     Ref    `json:"facility,omitempty" place:"beside"`                   // where the person lived
	Child        bool   `json:"child,omitempty"`                                     // treated as a child then
	WorkingAge   bool   `json:"working_age,omitempty"`
	Units        int    `json:"units,omitempty"`
	Unit         string `json:"unit,omitempty" code:"service_unit"` // of the units
}

func (ServiceDelivered) EventType() string { return "ServiceDelivered" }
func (e ServiceDelivered) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	p.Delivered = later(p.Delivered, at.Happened)
	c.Services[e.Service] = p
}
func (DeliverService) givers() []Role {
	return serving()
}
func (DeliverService) expected(c *Case) bool {
	for _, p := range c.Services {
		if !p.ended() {
			return true
		}
	}
	return false
}
func (cmd DeliverService) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := mayServe(req.By, cmd.Service); err != nil {
		return nil, err
	}
	if err := counted(cmd.Units, cmd.Unit); err != nil {
		return nil, err
	}
	e := c.delivery(cmd.Service, req)
	e.Units, e.Unit = cmd.Units, cmd.Unit
	return c.fact(req, e, remark{c.Services[cmd.Service].Needed.IsZero(), "need_not_recorded"})
}

// delivery is the fact that the asker's organisation gave a service to the person
// where they live now.
func (c *Case) delivery(service string, req Request) ServiceDelivered {
	o, _ := OrganisationOf(req.By.Organisation)
	child := c.childOn(req.Happened)
	e := ServiceDelivered{
		Service: service, Provider: o.Code, ProviderType: o.Kind, Kind: providerKind(o.Code),
		Child: child, WorkingAge: !child,
	}
	if host := c.Host(); host != nil {
		e.Facility = host.Facility
	}
	return e
}

// counted refuses a number without what is counted, and the other way round.
func counted(units int, unit string) error {
	switch {
	case units > 0 && unit == "":
		return invalid("required", "unit")
	case units == 0 && unit != "":
		return invalid("required", "units")
	}
	return nil
}

// serving are the roles whose organisations give services.
func serving() []Role {
	return []Role{
		Shelter, AssistanceCentre, LegalAid, Migration, ChildProtection, CaseOfficer, HealthCare, Education, Employment,
	}
}

// Serves reports whether organisations of the role give the service. Bodies of
// one trade answer for their own trade only, never for another body.
func (r Role) Serves(service string) bool {
	switch r {
	case LegalAid:
		return strings.HasPrefix(service, "legal_")
	case HealthCare:
		return strings.HasPrefix(service, "medical_") || service == "psychological"
	case Education:
		return service == "education" || service == "vocational_training"
	case Employment:
		return service == "employment" || service == "vocational_training"
	}
	return slices.Contains(serving(), r)
}

func mayServe(by Actor, service string) error {
	if !by.Role.Serves(service) {
		return &Refusal{Kind: Forbidden, Code: "service_not_yours", Field: "service"}
	}
	return nil
}

func providerKind(organisation string) string {
	switch o, _ := OrganisationOf(organisation); o.Kind {
	case "ngo", "legal_aid":
		return "ngo"
	case "international":
		return "io"
	}
	return "state"
}

// ReuniteFamily records that the person returned to their family.
type ReuniteFamily struct {
	RiskAssessed bool `json:"risk_assessed"`
}

// FamilyReunited is a line of the Coordinator's yearly report.
type FamilyReunited struct {
	RiskAssessed bool `json:"risk_assessed,omitempty"`
}

func (FamilyReunited) EventType() string      { return "FamilyReunited" }
func (FamilyReunited) apply(c *Case, _ Times) { c.Reunited = true }
func (ReuniteFamily) givers() []Role {
	return []Role{Shelter, AssistanceCentre, CaseOfficer, ChildProtection}
}
func (cmd ReuniteFamily) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, FamilyReunited(cmd), remark{!cmd.RiskAssessed, "risk_assessment_missing"})
}

// GiveConsularAssistance records help by a mission abroad (plan action 4.4.8).
type GiveConsularAssistance struct {
	Help []string `json:"help" code:"consular_help"`
}

// ConsularAssistanceGiven says what kind of help it was.
type ConsularAssistanceGiven struct {
	Help []string `json:"help" code:"consular_help"`
}

func (ConsularAssistanceGiven) EventType() string  { return "ConsularAssistanceGiven" }
func (ConsularAssistanceGiven) apply(*Case, Times) {}
func (GiveConsularAssistance) givers() []Role      { return []Role{Consulate} }
func (GiveConsularAssistance) expected(c *Case) bool {
	return c.Country != "" && c.Citizenship == "az" && c.Return.Arrived.IsZero()
}
func (cmd GiveConsularAssistance) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ConsularAssistanceGiven(cmd), remark{c.Country == "", "not_abroad"})
}
