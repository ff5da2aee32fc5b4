package domain

// AttestPeriod says, over a signature, that nothing happened in a year: it turns
// silence into a true zero. An organisation attests for itself; only an import,
// which tells what was, can say it of another.
type AttestPeriod struct {
	Organisation string `json:"organisation" code:"organisation"`
	Year         int    `json:"year" min:"2000" max:"2100"`
}

// ReportingPeriodAttested holds for one year.
type ReportingPeriodAttested struct {
	Organisation string `json:"organisation" code:"organisation"`
	Year         int    `json:"year"`
}

func (ReportingPeriodAttested) EventType() string    { return "ReportingPeriodAttested" }
func (ReportingPeriodAttested) apply(*Action, Times) {}
func (AttestPeriod) givers() []Role                  { return Roles() }
func (cmd AttestPeriod) decide(_ *Action, req Request) ([]Event[Action], error) {
	first, last := CurrentPlan().Years()
	switch {
	case cmd.Organisation != req.By.Organisation && req.Claimed.IsZero():
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_organisation", Field: "organisation"}
	case cmd.Year < first || cmd.Year > last:
		return nil, invalid("out_of_range", "year")
	case cmd.Year >= req.Happened.Day().Year():
		return nil, invalid("not_over", "year")
	}
	return []Event[Action]{ReportingPeriodAttested(cmd)}, nil
}
