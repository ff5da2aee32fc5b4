package domain

// A ReturnPlan is a return that was scheduled and has not begun.
type ReturnPlan struct {
	Recorded    When   `json:"recorded,omitzero"` // when it was scheduled
	On          Day    `json:"on,omitzero"`
	Receiver    string `json:"receiver,omitempty"`
	Destination string `json:"destination,omitempty"` // code list "country"
}

// A ReturnRisk is what one assessment of a return came to.
type ReturnRisk struct {
	Decision string `json:"decision"`
	On       When   `json:"on"`
}

func (r ReturnRisk) against() bool {
	return r.Decision == "postpone" || r.Decision == "should_not_return"
}

// ScheduleReturn plans a return for a day. It is refused unless the risk was
// assessed before and found bearable, and the person agreed in writing; for a
// child also unless the return was determined to be in the child's best
// interests, a guardian is in office and it is said who takes the child in. No
// return of a foreigner is planned within the reflection period unless the
// person asked for it in writing (Repatriation Rules of 2013; Council of Europe
// Convention, Articles 13 and 16). A later schedule replaces an earlier one. Whoever
// comes home to Azerbaijan goes to no other country ("answers_contradict").
type ScheduleReturn struct {
	Direction string   `json:"direction" code:"return_direction"`
	On        Day      `json:"on"`
	Transport string   `json:"transport" code:"transport"`
	Via       []string `json:"via,omitempty" code:"country"`
	Escort    string   `json:"escort" code:"escort"`
	Payer     string   `json:"payer" code:"return_payer"`
	Receiver  string   `json:"receiver,omitempty" code:"organisation/assistance_centre|shelter|child_protection|social|ngo|international"`
	Carer     string   `json:"carer,omitempty" code:"receiving_carer"` // who takes a child in

	Destination string `json:"destination,omitempty" code:"country"` // of a return from Azerbaijan
}

// ReturnScheduled is a plan: [ReturnDeparted] says that it was carried out.
type ReturnScheduled struct {
	Direction string   `json:"direction" code:"return_direction"`
	On        Day      `json:"on"`
	Transport string   `json:"transport" code:"transport"`
	Via       []string `json:"via,omitempty" code:"country"`
	Escort    string   `json:"escort" code:"escort"`
	Payer     string   `json:"payer" code:"return_payer"`
	Receiver  string   `json:"receiver,omitempty" code:"organisation" place:"beside"`
	Carer     string   `json:"carer,omitempty" code:"receiving_carer"`

	Destination string `json:"destination,omitempty" code:"country"`
}

func (ReturnScheduled) EventType() string { return "ReturnScheduled" }
func (e ReturnScheduled) apply(c *Case, at Times) {
	if at.Happened.Before(c.Return.Departed) {
		return // that journey has begun
	}
	c.Return.Direction = e.Direction
	c.ScheduledReturn = ReturnPlan{Recorded: at.Happened, On: e.On, Receiver: e.Receiver, Destination: e.Destination}
	if e.Receiver != "" {
		c.involve(e.Receiver, AskedFor)
	}
}
func (ScheduleReturn) givers() []Role { return []Role{Migration, Consulate, ReturnPartner} }
func (ScheduleReturn) expected(c *Case) bool {
	return !c.Return.Consent.IsZero() && c.ScheduledReturn.Recorded.IsZero() && c.Return.Departed.IsZero()
}

func (cmd ScheduleReturn) decide(c *Case, req Request) ([]Event[Case], error) {
	if c.onTheWay() && !req.Happened.Before(c.Return.Departed) {
		return nil, conflict("on_the_way")
	}
	if cmd.On.Before(req.Happened.Day()) {
		return nil, invalid("before_start", "on")
	}
	if cmd.Direction == "inbound" && cmd.Destination != "" {
		return nil, invalid("answers_contradict", "destination")
	}
	if err := c.mayReturn(req.Happened); err != nil {
		return nil, err
	}
	if c.childOn(req.Happened) && cmd.Carer == "" {
		return nil, invalid("required", "carer")
	}
	within := c.inReflection(req.Happened.At) || c.inReflection(cmd.On.Start())
	if cmd.Direction == "outbound" && within && (c.WishWritten.IsZero() || req.Happened.Before(c.WishWritten)) {
		return nil, invalid("return_in_reflection", "on")
	}
	return c.fact(req, ReturnScheduled(cmd), remark{c.Return.Wish.IsZero(), "return_wish_missing"})
}

// mayReturn refuses a return that is not prepared as the law asks.
func (c *Case) mayReturn(at When) error {
	risk := c.returnRisk(at)
	switch {
	case risk.On.IsZero():
		return conflict("return_risk_missing")
	case at.Day().Since(risk.On.Day()) > riskLasts(at.Day()):
		return conflict("return_risk_outdated")
	case risk.against():
		return conflict("return_not_safe")
	case !c.returnConsented(at):
		return conflict("return_consent_missing")
	case c.childOn(at) && !c.inFavourOf("return", at):
		return conflict("best_interests_missing")
	case c.childOn(at) && c.guardianAt(at) == nil:
		return conflict("no_guardian")
	}
	return nil
}

// returnRisk is the latest assessment before a time.
func (c *Case) returnRisk(at When) (last ReturnRisk) {
	for _, r := range c.ReturnRisks {
		if !at.Before(r.On) && !r.On.Before(last.On) {
			last = r
		}
	}
	return last
}

// returnConsented reports whether the person, or a child's guardian, had agreed
// in writing by a time. What they agreed to holds to its last day.
func (c *Case) returnConsented(at When) bool {
	k := c.ConsentFor("repatriation")
	over := k.At.Equal(c.Return.Consent) && !k.Holds(at.Day())
	return !c.Return.Consent.IsZero() && !at.Before(c.Return.Consent) && !over
}

// riskLasts is for how many days an assessment of the risk of a return holds, in
// the parameter "risk_validity". No source gives a number: 30 is assumed where
// there is no parameter for the day.
func riskLasts(on Day) int {
	if p, ok := ParameterOn("risk_validity", on); ok && p.Unit == "d" {
		return p.Value
	}
	return 30
}

// CancelReturn records that a return that was under way to be arranged will not
// take place. Wish and consent stay; who no longer wants it declines it.
type CancelReturn struct {
	Reason string `json:"reason" code:"return_cancellation"`
}

// RepatriationCancelled ends the schedule.
type RepatriationCancelled struct {
	Reason string `json:"reason" code:"return_cancellation"`
}

func (RepatriationCancelled) EventType() string { return "RepatriationCancelled" }
func (RepatriationCancelled) apply(c *Case, at Times) {
	c.ReturnCancelled = at.Happened
	c.unschedule(at.Happened)
}
func (CancelReturn) givers() []Role { return []Role{Migration, Consulate, ReturnPartner, CaseOfficer} }
func (cmd CancelReturn) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.ReturnCancelled.Equal(req.Happened):
	case c.onTheWay() && !req.Happened.Before(c.Return.Departed):
		return nil, conflict("on_the_way")
	case c.ScheduledReturn.Recorded.IsZero() && c.Return.Wish.IsZero() && c.ReturnProposed.IsZero():
		return nil, conflict("no_return_planned")
	case req.Happened.Before(c.ScheduledReturn.Recorded):
		return nil, invalid("before_start", "happened")
	}
	return c.fact(req, RepatriationCancelled(cmd))
}

// unschedule takes back a schedule made before a time: whoever was to receive the
// person has nothing more to do with the case.
func (c *Case) unschedule(at When) {
	plan := c.ScheduledReturn
	if plan.Recorded.IsZero() || at.Before(plan.Recorded) {
		return
	}
	c.ScheduledReturn = ReturnPlan{}
	for _, p := range c.Places {
		if p.Organisation == plan.Receiver && p.State == "requested" {
			return // it is still asked to take the person in
		}
	}
	c.release(plan.Receiver, AskedFor, at.At, 0)
}
