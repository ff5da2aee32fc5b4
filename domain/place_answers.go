package domain

import "slices"

// RefuseAdmission answers a request with a coded reason.
type RefuseAdmission struct {
	Facility Ref    `json:"facility"`
	Reason   string `json:"reason" code:"refusal_reason"`
}

// AdmissionRefused is reported to the Coordinator by its reason, without the
// facility.
type AdmissionRefused struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Reason       string `json:"reason" code:"refusal_reason" flow:"yes"`
}

func (AdmissionRefused) EventType() string          { return "AdmissionRefused" }
func (e AdmissionRefused) key() string              { return string(e.Facility) }
func (e AdmissionRefused) apply(c *Case, at Times)  { c.answered(e.Facility, "refused", at) }
func (cmd RefuseAdmission) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RefuseAdmission) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (RefuseAdmission) expected(c *Case) bool       { return c.waiting() }

func (cmd RefuseAdmission) decide(p *Joint, req Request) ([]Event[Joint], error) {
	old, err := p.Case().own(cmd.Facility, req, "refused")
	if old == nil || err != nil {
		return nil, err
	}
	return p.withoutPlace(req, AdmissionRefused{cmd.Facility, old.Organisation, cmd.Reason}), nil
}

// RecordNonArrival says that the person asked for did not come. The police are
// to look for the person.
type RecordNonArrival struct {
	Facility Ref `json:"facility"`
}

// NonArrivalRecorded ends a request without an admission.
type NonArrivalRecorded struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
}

func (NonArrivalRecorded) EventType() string         { return "NonArrivalRecorded" }
func (e NonArrivalRecorded) key() string             { return string(e.Facility) }
func (e NonArrivalRecorded) apply(c *Case, at Times) { c.answered(e.Facility, "not_arrived", at) }
func (cmd RecordNonArrival) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RecordNonArrival) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (RecordNonArrival) expected(c *Case) bool       { return c.waiting() }

func (cmd RecordNonArrival) decide(p *Joint, req Request) ([]Event[Joint], error) {
	old, err := p.Case().own(cmd.Facility, req, "not_arrived")
	if old == nil || err != nil {
		return nil, err
	}
	return p.withoutPlace(req, NonArrivalRecorded{cmd.Facility, old.Organisation}), nil
}

// answered ends a request that did not lead to an admission.
func (c *Case) answered(facility Ref, state string, at Times) {
	if p := c.place(facility); p != nil && p.State == "requested" {
		p.State = state
		if !slices.ContainsFunc(c.Places, func(o Place) bool { return o.Organisation == p.Organisation && o.State == "requested" }) {
			c.release(p.Organisation, AskedFor, at.Recorded, hostedFor)
		}
	}
}

// own finds the open request that the asker's facility may answer. It is nil
// when the request was answered like this already.
func (c *Case) own(facility Ref, req Request, state string) (*Place, error) {
	p := c.place(facility)
	switch {
	case p == nil:
		return nil, conflict("not_requested")
	case p.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case p.State == state:
		return nil, nil
	case p.State != "requested":
		return nil, conflict("not_requested")
	case req.Happened.Before(p.Requested):
		return nil, invalid("before_request", "happened")
	}
	return p, nil
}

// withoutPlace is the answer to a request that leads to no admission: a bed that
// was reserved is free again.
func (j *Joint) withoutPlace(req Request, e Event[Case]) []Event[Joint] {
	return j.answer(j.Case().noting(req, []Event[Case]{e}), j.Facilities[0].releasing(req.about)...)
}
