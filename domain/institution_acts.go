package domain

// AdoptAct records that an act was adopted for an action of the plan. Happened is
// the day of its adoption.
type AdoptAct struct {
	Act       string    `json:"act" code:"act"`
	Number    Reference `json:"act_no,omitempty"` // of an act that is on no list
	Effective Day       `json:"effective"`
}

// ActAdopted takes effect on its day. Which action it is for is said by where it
// stands; one that is for several actions stands on each.
type ActAdopted struct {
	Act       string    `json:"act" code:"act"`
	Number    Reference `json:"act_no,omitempty"`
	Effective Day       `json:"effective"`
}

func (ActAdopted) EventType() string    { return "ActAdopted" }
func (ActAdopted) apply(*Action, Times) {}
func (AdoptAct) givers() []Role         { return []Role{Coordinator} }
func (cmd AdoptAct) decide(*Action, Request) ([]Event[Action], error) {
	if cmd.Act == "other" && cmd.Number == "" {
		return nil, invalid("required", "act_no")
	}
	return []Event[Action]{ActAdopted(cmd)}, inPlan(cmd.Effective, "effective")
}

// SubmitReport records that a report was handed in: the Coordinator reports once a
// year to Parliament, the executive and the Ombudsman (Law 958-IIQ Article 7), the
// Cabinet once a year to the President (decree 2173 of 22.07.2020, 2.1).
type SubmitReport struct {
	To   string `json:"to" code:"report_recipient"`
	Year int    `json:"year" min:"2000" max:"2100"` // that it is about
}

// ReportSubmitted is for one year and one recipient.
type ReportSubmitted struct {
	To   string `json:"to" code:"report_recipient"`
	Year int    `json:"year"`
}

func (ReportSubmitted) EventType() string    { return "ReportSubmitted" }
func (ReportSubmitted) apply(*Action, Times) {}
func (SubmitReport) givers() []Role          { return []Role{Coordinator} }
func (cmd SubmitReport) decide(_ *Action, req Request) ([]Event[Action], error) {
	if cmd.Year > req.Happened.Day().Year() {
		return nil, invalid("out_of_range", "year")
	}
	return []Event[Action]{ReportSubmitted(cmd)}, nil
}
