package domain

// Action is one action of the plan: what was done for it by institutions. The
// day a deed takes effect is its Effective day where it has one, otherwise the
// day it happened.
type Action struct {
	Targets map[string]Target `json:"targets,omitempty"` // by indicator
	Begun   Day               `json:"begun,omitzero"`    // the first day of which anything was recorded
	Done    map[string]When   `json:"done,omitempty"`    // duties fulfilled, as "duty period": see [InstitutionDuty]
	Missed  map[string]bool   `json:"missed,omitempty"`  // duties marked as missed, likewise

	number string // of the action
}

// Target is what the Coordinator set for an indicator, and when.
type Target struct {
	Value int `json:"value"`
	On    Day `json:"on"`
}

// accepts refuses deeds from before the plan's first year: they cannot be for
// it.
func (a *Action) accepts(req Request) error { return inPlan(req.Happened.Day(), "happened") }

func inPlan(d Day, field string) error {
	if first, _ := CurrentPlan().Years(); d.Year() < first {
		return invalid("before_plan", field)
	}
	return nil
}

// ReviseLegalStatus records that a body's legal status was revised (plan action
// 4.1.9).
type ReviseLegalStatus struct {
	Body      string `json:"body" code:"body"`
	Act       string `json:"act" code:"act"`
	Effective Day    `json:"effective"`
}

// LegalStatusRevised takes effect on its day.
type LegalStatusRevised struct {
	Body      string `json:"body" code:"body"`
	Act       string `json:"act" code:"act"`
	Effective Day    `json:"effective"`
}

func (LegalStatusRevised) EventType() string    { return "LegalStatusRevised" }
func (LegalStatusRevised) apply(*Action, Times) {}
func (ReviseLegalStatus) givers() []Role        { return []Role{Coordinator} }
func (cmd ReviseLegalStatus) decide(*Action, Request) ([]Event[Action], error) {
	return []Event[Action]{LegalStatusRevised(cmd)}, inPlan(cmd.Effective, "effective")
}

// ReconstituteBody records a body's new composition (plan action 4.1.9).
type ReconstituteBody struct {
	Body       string `json:"body" code:"body"`
	Act        string `json:"act" code:"act"`
	Members    int    `json:"members" min:"1" max:"200"`
	NgoMembers int    `json:"ngo_members,omitempty" min:"0" max:"200"`
	IoMembers  int    `json:"io_members,omitempty" min:"0" max:"200"`
	Effective  Day    `json:"effective"`

	Organisations []string `json:"organisations,omitempty" code:"organisation"` // that have a seat
}

// CommissionReconstituted says how many members are NGOs and international
// organisations.
type CommissionReconstituted struct {
	Body       string `json:"body" code:"body"`
	Act        string `json:"act" code:"act"`
	Members    int    `json:"members"`
	NgoMembers int    `json:"ngo_members"`
	IoMembers  int    `json:"io_members"`
	Effective  Day    `json:"effective"`

	Organisations []string `json:"organisations,omitempty" code:"organisation"`
}

func (CommissionReconstituted) EventType() string    { return "CommissionReconstituted" }
func (CommissionReconstituted) apply(*Action, Times) {}
func (ReconstituteBody) givers() []Role              { return []Role{Coordinator} }
func (cmd ReconstituteBody) decide(*Action, Request) ([]Event[Action], error) {
	if cmd.NgoMembers+cmd.IoMembers > cmd.Members {
		return nil, invalid("more_than_members", "members")
	}
	if len(cmd.Organisations) > cmd.Members {
		return nil, invalid("more_than_members", "organisations")
	}
	return []Event[Action]{CommissionReconstituted(cmd)}, inPlan(cmd.Effective, "effective")
}

// HoldMeeting records a meeting of a body. The Working Group meets at least
// once a quarter, with two thirds of its members (its statute of 2023).
type HoldMeeting struct {
	Body    string `json:"body" code:"body"`
	Present int    `json:"present" min:"0" max:"200"`
	Members int    `json:"members" min:"1" max:"200"`
}

// MeetingHeld has a quorum when two thirds of the members were present.
type MeetingHeld struct {
	Body    string `json:"body" code:"body"`
	Present int    `json:"present"`
	Members int    `json:"members"`
	Quorum  bool   `json:"quorum"`
}

func (MeetingHeld) EventType() string    { return "MeetingHeld" }
func (MeetingHeld) apply(*Action, Times) {}
func (HoldMeeting) givers() []Role       { return []Role{Coordinator} }
func (cmd HoldMeeting) decide(*Action, Request) ([]Event[Action], error) {
	if cmd.Present > cmd.Members {
		return nil, invalid("more_than_members", "present")
	}
	return []Event[Action]{MeetingHeld{cmd.Body, cmd.Present, cmd.Members, 3*cmd.Present >= 2*cmd.Members}}, nil
}

// SubmitProposal records that proposals asked for by an action were handed in.
type SubmitProposal struct {
	To string `json:"to" code:"proposal_recipient"`
}

// ProposalSubmitted satisfies actions whose verb is "to prepare proposals".
type ProposalSubmitted struct {
	To string `json:"to" code:"proposal_recipient"`
}

func (ProposalSubmitted) EventType() string    { return "ProposalSubmitted" }
func (ProposalSubmitted) apply(*Action, Times) {}
func (SubmitProposal) givers() []Role          { return []Role{Coordinator} }
func (cmd SubmitProposal) decide(*Action, Request) ([]Event[Action], error) {
	return []Event[Action]{ProposalSubmitted(cmd)}, nil
}

// AdoptStandard records that a standard was adopted (plan action 4.5.9).
type AdoptStandard struct {
	Standard  string    `json:"standard" code:"standard"`
	Agency    string    `json:"agency" code:"agency"`
	Effective Day       `json:"effective"`
	Version   Reference `json:"version,omitempty"`
}

// StandardAdopted names the agency that applies it.
type StandardAdopted struct {
	Standard  string    `json:"standard" code:"standard"`
	Agency    string    `json:"agency" code:"agency"`
	Effective Day       `json:"effective"`
	Version   Reference `json:"version,omitempty"`
}

func (StandardAdopted) EventType() string    { return "StandardAdopted" }
func (StandardAdopted) apply(*Action, Times) {}
func (AdoptStandard) givers() []Role         { return []Role{Coordinator} }
func (cmd AdoptStandard) decide(*Action, Request) ([]Event[Action], error) {
	return []Event[Action]{StandardAdopted(cmd)}, inPlan(cmd.Effective, "effective")
}

// AdoptProcedure records that a procedure was adopted (plan action 4.5.9).
type AdoptProcedure struct {
	Procedure string `json:"procedure" code:"procedure"`
	Agency    string `json:"agency" code:"agency"`
	Effective Day    `json:"effective"`
}

// ProcedureAdopted names the agency that applies it.
type ProcedureAdopted struct {
	Procedure string `json:"procedure" code:"procedure"`
	Agency    string `json:"agency" code:"agency"`
	Effective Day    `json:"effective"`
}

func (ProcedureAdopted) EventType() string    { return "ProcedureAdopted" }
func (ProcedureAdopted) apply(*Action, Times) {}
func (AdoptProcedure) givers() []Role         { return []Role{Coordinator} }
func (cmd AdoptProcedure) decide(*Action, Request) ([]Event[Action], error) {
	return []Event[Action]{ProcedureAdopted(cmd)}, inPlan(cmd.Effective, "effective")
}

// PublishStudy records a study of a region (plan action 4.4.2).
type PublishStudy struct {
	Region string `json:"region" code:"region"`
	Topic  string `json:"topic" code:"study_topic"`
}

// StudyPublished counts its region as studied.
type StudyPublished struct {
	Region string `json:"region" code:"region"`
	Topic  string `json:"topic" code:"study_topic"`
}

func (StudyPublished) EventType() string    { return "StudyPublished" }
func (StudyPublished) apply(*Action, Times) {}
func (PublishStudy) givers() []Role         { return []Role{Coordinator} }
func (cmd PublishStudy) decide(*Action, Request) ([]Event[Action], error) {
	return []Event[Action]{StudyPublished(cmd)}, nil
}

// AllocateFunding records money given to a body that serves victims (plan
// action 4.4.4). A facility that is named must be in the register
// ("no_such_facility"); money may come before it opens, which is registered first.
type AllocateFunding struct {
	Organisation string `json:"organisation" code:"organisation"`
	Amount       Qepik  `json:"amount"`
	Year         int    `json:"year" min:"2000" max:"2100"`
	Source       string `json:"source" code:"funding_source"`
	Facility     Ref    `json:"facility,omitempty"` // if it secures the work of one facility
}

// FundingAllocated keeps state bodies and NGOs apart.
type FundingAllocated struct {
	Organisation string `json:"organisation" code:"organisation"`
	Kind         string `json:"kind" code:"provider_kind"` // provider kind: state, ngo or io
	Amount       Qepik  `json:"amount"`
	Year         int    `json:"year"` // the budget year
	Source       string `json:"source" code:"funding_source"`
	Facility     Ref    `json:"facility,omitempty"`
}

func (FundingAllocated) EventType() string    { return "FundingAllocated" }
func (FundingAllocated) apply(*Action, Times) {}
func (AllocateFunding) givers() []Role        { return []Role{Coordinator} }
func (cmd AllocateFunding) others(Request) []Stream {
	if cmd.Facility == "" {
		return nil
	}
	return []Stream{FacilityStream(cmd.Facility)}
}
func (cmd AllocateFunding) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	e := FundingAllocated{cmd.Organisation, providerKind(cmd.Organisation), cmd.Amount, cmd.Year, cmd.Source, cmd.Facility}
	return j.onAction(0, e), nil
}

// SetTarget sets what the plan leaves open: it gives no numbers. A target always
// has an author and a date.
type SetTarget struct {
	Indicator string `json:"indicator" code:"indicator"`
	Value     int    `json:"value" min:"1" max:"100000000"`
	Reason    string `json:"reason" code:"target_reason"`
}

// TargetSet replaces an earlier target of the indicator.
type TargetSet struct {
	Indicator string `json:"indicator" code:"indicator"`
	Value     int    `json:"value"`
	Reason    string `json:"reason" code:"target_reason"`
}

func (TargetSet) EventType() string { return "TargetSet" }
func (e TargetSet) apply(a *Action, at Times) {
	if a.Targets == nil {
		a.Targets = map[string]Target{}
	}
	a.Targets[e.Indicator] = Target{e.Value, at.Happened.Day()}
}
func (SetTarget) givers() []Role { return []Role{Coordinator} }
func (cmd SetTarget) decide(a *Action, req Request) ([]Event[Action], error) {
	switch now := a.Targets[cmd.Indicator]; {
	case now.Value == cmd.Value:
		return nil, nil
	case req.Happened.Day().Before(now.On):
		return nil, invalid("before_current", "happened")
	}
	return []Event[Action]{TargetSet(cmd)}, nil
}

// Effective is the day on which an institutional deed takes effect: its own
// effective day, or the day it happened.
func Effective(e AnyEvent, at Times) Day {
	switch e := e.(type) {
	case LegalStatusRevised:
		return e.Effective
	case CommissionReconstituted:
		return e.Effective
	case StandardAdopted:
		return e.Effective
	case ProcedureAdopted:
		return e.Effective
	case ActAdopted:
		return e.Effective
	}
	return at.Happened.Day()
}
