package domain

// CompleteService says that a service that takes time, such as a course or a
// treatment, has come to its end, and with what outcome. Whatever was achieved
// also counts as given.
type CompleteService struct {
	Service string `json:"service" code:"service"`
	Outcome string `json:"outcome" code:"service_outcome"`
	Units   int    `json:"units,omitempty" min:"0" max:"10000"` // how many, where they are counted
	Unit    string `json:"unit,omitempty" code:"service_unit"`  // what is counted: with units, and only then
}

// ServiceCompleted stands beside [ServiceDelivered], which is what figures count.
type ServiceCompleted struct {
	Service  string `json:"service" code:"service"`
	Provider string `json:"provider" code:"organisation" place:"beside"`
	Kind     string `json:"kind" code:"provider_kind"` // provider kind: state, ngo or io
	Outcome  string `json:"outcome" code:"service_outcome"`
	Units    int    `json:"units,omitempty"`
	Unit     string `json:"unit,omitempty" code:"service_unit"` // of the units
}

func (ServiceCompleted) EventType() string { return "ServiceCompleted" }
func (e ServiceCompleted) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	if !at.Happened.Before(p.Completed) {
		p.Completed, p.Outcome = at.Happened, e.Outcome
	}
	c.Services[e.Service] = p
}
func (CompleteService) givers() []Role { return serving() }
func (CompleteService) expected(c *Case) bool {
	for _, p := range c.Services {
		if !p.Started.IsZero() && !p.ended() {
			return true
		}
	}
	return false
}
func (cmd CompleteService) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := mayServe(req.By, cmd.Service); err != nil {
		return nil, err
	}
	if err := counted(cmd.Units, cmd.Unit); err != nil {
		return nil, err
	}
	was := c.Services[cmd.Service]
	if req.Happened.Before(was.Started) {
		return nil, invalid("before_service", "happened")
	}
	organisation := req.By.Organisation
	events := []Event[Case]{ServiceCompleted{cmd.Service, organisation, providerKind(organisation), cmd.Outcome, cmd.Units, cmd.Unit}}
	achieved := cmd.Outcome == "achieved" || cmd.Outcome == "partly"
	if given := !was.Delivered.IsZero() && !was.Delivered.Before(was.Started) && !was.Delivered.Equal(req.Happened); achieved && !given {
		e := c.delivery(cmd.Service, req)
		e.Units, e.Unit = cmd.Units, cmd.Unit
		events = append(events, e)
	}
	return c.noting(req, events, remark{was.Needed.IsZero(), "need_not_recorded"}, remark{was.Started.IsZero(), "service_not_started"}), nil
}

// DeclineService says that the person does not want a service. Nothing follows
// from it for any other help.
type DeclineService struct {
	Service string `json:"service" code:"service"`
	Reason  string `json:"reason" code:"service_decline_reason"`
}

// ServiceDeclined leaves the need on record: the person can come back to it.
type ServiceDeclined struct {
	Service string `json:"service" code:"service"`
	Reason  string `json:"reason" code:"service_decline_reason"`
}

func (ServiceDeclined) EventType() string { return "ServiceDeclined" }
func (e ServiceDeclined) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	p.Declined = later(p.Declined, at.Happened)
	c.Services[e.Service] = p
}
func (DeclineService) givers() []Role      { return append(serving(), Head) }
func (DeclineService) expected(*Case) bool { return false }
func (cmd DeclineService) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ServiceDeclined(cmd))
}

// RecordServiceUnavailable says that nobody can give the person a service now.
type RecordServiceUnavailable struct {
	Service string `json:"service" code:"service"`
	Reason  string `json:"reason" code:"unavailable_reason"`
}

// ServiceUnavailable shows what help is lacking, and why.
type ServiceUnavailable struct {
	Service string `json:"service" code:"service"`
	Reason  string `json:"reason" code:"unavailable_reason"`
}

func (ServiceUnavailable) EventType() string { return "ServiceUnavailable" }
func (e ServiceUnavailable) apply(c *Case, at Times) {
	p := c.progress(e.Service)
	p.Unavailable = later(p.Unavailable, at.Happened)
	c.Services[e.Service] = p
}
func (RecordServiceUnavailable) givers() []Role      { return serving() }
func (RecordServiceUnavailable) expected(*Case) bool { return false }
func (cmd RecordServiceUnavailable) decide(c *Case, req Request) ([]Event[Case], error) {
	return c.fact(req, ServiceUnavailable(cmd), remark{c.Services[cmd.Service].Needed.IsZero(), "need_not_recorded"})
}

// RestoreIdentityDocument says that the person has an identity document again,
// from the Ministry of Internal Affairs or the migration service. It is a line of
// the Coordinator's yearly report.
type RestoreIdentityDocument struct {
	Document string `json:"document" code:"document_kind"`
}

// IdentityDocumentRestored says of what kind the document is, never its number. It
// stands beside [ServiceDelivered], which is what figures count.
type IdentityDocumentRestored struct {
	Document string `json:"document" code:"document_kind"`
}

func (IdentityDocumentRestored) EventType() string { return "IdentityDocumentRestored" }
func (e IdentityDocumentRestored) apply(c *Case, at Times) {
	c.DocumentRestored = at.Happened
}
func (RestoreIdentityDocument) givers() []Role { return []Role{CaseOfficer, Migration} }
func (RestoreIdentityDocument) expected(c *Case) bool {
	p, ok := c.Services["identity_document"]
	return ok && !p.ended()
}
func (cmd RestoreIdentityDocument) decide(c *Case, req Request) ([]Event[Case], error) {
	events := []Event[Case]{IdentityDocumentRestored(cmd), c.delivery("identity_document", req)}
	return c.noting(req, events, remark{c.Services["identity_document"].Needed.IsZero(), "need_not_recorded"}), nil
}
