package domain

import (
	"slices"
	"strconv"
)

// Return is how far a person's way home has come. What follows from a schedule
// stands in [ReturnTrack].
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
	FollowUps []int  `json:"follow_ups,omitempty"` // months, of this return
}

// ExpressReturnWish records that the person wants to go home. Nobody is
// returned who does not wish it: a wish under pressure is remarked. Only a wish
// in writing lets a return be scheduled within the reflection period.
type ExpressReturnWish struct {
	Direction string `json:"direction" code:"return_direction"`
	By        string `json:"by,omitempty" code:"consent_by"` // the person, or the guardian of a child
	Freedom   string `json:"freedom,omitempty" code:"return_freedom"`
	Written   bool   `json:"written,omitempty"`
}

// ReturnWishExpressed starts a return.
type ReturnWishExpressed struct {
	Direction string `json:"direction" code:"return_direction"`
	By        string `json:"by,omitempty" code:"consent_by"`
	Freedom   string `json:"freedom,omitempty" code:"return_freedom"`
	Written   bool   `json:"written,omitempty"`
}

func (ReturnWishExpressed) EventType() string { return "ReturnWishExpressed" }
func (e ReturnWishExpressed) apply(c *Case, at Times) {
	if at.Happened.Before(c.ReturnDeclined) {
		return // taken back since
	}
	c.Return.Direction, c.Return.Wish = e.Direction, at.Happened
	if e.Written {
		c.WishWritten = at.Happened
	}
}
func (ExpressReturnWish) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Consulate, LegalAid, Migration, ChildProtection, ReturnPartner}
}
func (ExpressReturnWish) expected(c *Case) bool {
	return c.Return.Wish.IsZero() && (c.Country != "" || c.Foreign())
}
func (cmd ExpressReturnWish) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Departed.IsZero() && c.Return.Received.IsZero() {
		return nil, conflict("on_the_way")
	}
	if cmd.By == "guardian" && !c.childOn(req.Happened) {
		return nil, invalid("adult_decides", "by")
	}
	return c.fact(req, ReturnWishExpressed(cmd), remark{cmd.Freedom == "pressed", "return_not_voluntary"})
}

// AssessReturnRisk records the assessment that must come before every return
// (Repatriation Rules of 2013). Whoever helps with returns may make it. Where the
// risk is extreme nobody can return just so ("answers_contradict").
type AssessReturnRisk struct {
	Level    string   `json:"level" code:"risk_level"`
	Decision string   `json:"decision" code:"return_decision"`
	Sources  []string `json:"sources,omitempty" code:"return_risk_source"` // of what is known of the country
}

// ReturnRiskAssessed holds the level and whether the return can go ahead.
type ReturnRiskAssessed struct {
	Level    string   `json:"level" code:"risk_level"`
	Decision string   `json:"decision" code:"return_decision"`
	Sources  []string `json:"sources,omitempty" code:"return_risk_source"`
}

func (ReturnRiskAssessed) EventType() string { return "ReturnRiskAssessed" }
func (e ReturnRiskAssessed) apply(c *Case, at Times) {
	c.Return.Assessed = at.Happened
	c.ReturnRisks = append(c.ReturnRisks, ReturnRisk{e.Decision, at.Happened})
}
func (AssessReturnRisk) givers() []Role {
	return []Role{CaseOfficer, Consulate, Migration, ReturnPartner, LegalAid}
}
func (AssessReturnRisk) expected(c *Case) bool {
	return !c.Return.Wish.IsZero() && c.Return.Assessed.IsZero()
}
func (cmd AssessReturnRisk) decide(c *Case, req Request) ([]Event[Case], error) {
	if cmd.Level == "extreme" && cmd.Decision == "can_return" {
		return nil, invalid("answers_contradict", "decision")
	}
	return c.fact(req, ReturnRiskAssessed{cmd.Level, cmd.Decision, slices.Clone(cmd.Sources)}, remark{c.Return.Wish.IsZero(), "return_wish_missing"})
}

// RecordReturnConsent records the written consent to the return.
type RecordReturnConsent struct {
	By string `json:"by" code:"consent_by"` // the person, or the guardian of a child
}

// ReturnConsentRecorded says who consented, by function.
type ReturnConsentRecorded struct {
	By string `json:"by" code:"consent_by"`
}

func (ReturnConsentRecorded) EventType() string { return "ReturnConsentRecorded" }
func (ReturnConsentRecorded) apply(c *Case, at Times) {
	newer := c.ConsentFor("repatriation")
	if newer.State != "given" && at.Happened.Before(newer.At) || at.Happened.Before(c.ReturnDeclined) {
		return // taken back since
	}
	c.Return.Consent = at.Happened
}
func (RecordReturnConsent) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Consulate, LegalAid, Migration, ChildProtection, ReturnPartner}
}
func (RecordReturnConsent) expected(c *Case) bool {
	return !c.Return.Assessed.IsZero() && c.Return.Consent.IsZero()
}
func (cmd RecordReturnConsent) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := c.whoConsents(cmd.By, req.Happened); err != nil {
		return nil, err
	}
	return c.fact(req, ReturnConsentRecorded(cmd), remark{c.Return.Assessed.IsZero(), "return_risk_missing"})
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
	if at.Happened.Before(c.Return.Departed) {
		return // an earlier journey that is learned late changes nothing now
	}
	r, again := &c.Return, !c.Return.Departed.IsZero()
	r.Direction, r.Departed = e.Direction, at.Happened
	if again || r.Arrived.Before(at.Happened) { // otherwise the departure was recorded after the arrival
		r.Arrived = When{}
	}
	if again || r.Received.Before(at.Happened) {
		r.Received, r.FollowUps = When{}, nil
	}
	if !at.Happened.Before(c.ScheduledReturn.Recorded) {
		c.ScheduledReturn = ReturnPlan{}
	}
}
func (RecordReturnDeparture) givers() []Role {
	return []Role{Consulate, Migration, CaseOfficer, ReturnPartner}
}
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
	child := c.childOn(req.Happened)
	return c.fact(req, ReturnDeparted{cmd.Direction, cmd.Escort, c.Foreign()},
		remark{r.Wish.IsZero(), "return_wish_missing"},
		remark{r.Assessed.IsZero() || req.Happened.Before(r.Assessed), "return_risk_missing"},
		remark{c.returnRisk(req.Happened).against(), "return_against_assessment"},
		remark{!c.returnConsented(req.Happened), "return_consent_missing"},
		remark{c.ScheduledReturn.Recorded.IsZero(), "return_not_scheduled"},
		remark{child && !c.inFavourOf("return", req.Happened), "best_interests_missing"},
		remark{child && c.guardianAt(req.Happened) == nil, "child_without_guardian"},
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
	return []Role{Migration, Consulate, DutyOfficer, CaseOfficer, ReturnPartner}
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

// RecordReturnReception records that a body that helps received the person. What
// the person needs is passed on only if they agree: otherwise it is refused with
// "needs_without_consent". The case opens to that body if the journey was recorded.
type RecordReturnReception struct {
	Needs  []string `json:"needs,omitempty" code:"service"`
	Agreed bool     `json:"needs_consented,omitempty"` // the person agreed that their needs are passed on
}

// ReturnReceived says which body it was.
type ReturnReceived struct {
	Organisation string   `json:"organisation" code:"organisation" place:"beside"`
	Needs        []string `json:"needs,omitempty" code:"service"`
	Agreed       bool     `json:"needs_consented,omitempty"`
}

func (ReturnReceived) EventType() string       { return "ReturnReceived" }
func (ReturnReceived) apply(c *Case, at Times) { c.Return.Received = at.Happened }
func (RecordReturnReception) givers() []Role {
	return []Role{AssistanceCentre, Shelter, CaseOfficer, DutyOfficer, ChildProtection, ReturnPartner}
}
func (RecordReturnReception) expected(c *Case) bool {
	return !c.Return.Arrived.IsZero() && c.Return.Received.IsZero()
}
func (cmd RecordReturnReception) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.Return.Arrived.IsZero() && req.Happened.Before(c.Return.Arrived) {
		return nil, invalid("before_arrival", "happened")
	}
	if len(cmd.Needs) > 0 && !cmd.Agreed {
		return nil, invalid("needs_without_consent", "needs_consented")
	}
	return c.fact(req, ReturnReceived{req.By.Organisation, slices.Clone(cmd.Needs), cmd.Agreed}, remark{c.Return.Arrived.IsZero(), "arrival_not_recorded"})
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
	return []Role{AssistanceCentre, Shelter, LegalAid, ChildProtection, CaseOfficer, ReturnPartner}
}
func (RecordFollowUp) expected(c *Case) bool { return !c.Return.Received.IsZero() }
func (cmd RecordFollowUp) decide(c *Case, req Request) ([]Event[Case], error) {
	month, _ := strconv.Atoi(cmd.Month)
	if slices.Contains(c.Return.FollowUps, month) {
		return nil, nil
	}
	return c.fact(req, ReintegrationFollowUpDone{month, cmd.Status}, remark{cmd.Status == "re_trafficked", "re_trafficked"})
}
