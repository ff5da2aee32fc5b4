package domain

// notTheirsToTakeBack are events with which another body, or the person, binds
// those who lead the case: only the body that recorded one corrects or voids it.
var notTheirsToTakeBack = map[string]bool{
	IdentityAccessSuspended{}.EventType(): true, IdentityAccessRestored{}.EventType(): true,
	ReviewRequested{}.EventType(): true, ReviewDecided{}.EventType(): true,
	ConsentRefused{}.EventType(): true, ConsentWithdrawn{}.EventType(): true, ReturnDeclined{}.EventType(): true,
	BestInterestsDetermined{}.EventType(): true, GuardianAppointed{}.EventType(): true, GuardianChanged{}.EventType(): true, GuardianEnded{}.EventType(): true,
}

// shaken reports whether a correction takes away what stands on it: money that was
// paid without an award or a grant, or beyond it; an answer to what was never asked;
// a positive decision about somebody who was never received; a scheduled return
// without what the law asks for before one; a change of the time to reflect that was
// never given; the decision of a review that nobody asked for; the departure before
// a closure.
func shaken(was, is *Case) bool {
	returned := func(c *Case) bool {
		return !c.ScheduledReturn.Recorded.IsZero() && c.mayReturn(c.ScheduledReturn.Recorded) != nil
	}
	unreceived := func(c *Case) bool { return c.Outcome == "positive" && c.HandedOver.IsZero() }
	inside := func(c *Case) bool { return c.IsClosed() && c.Host() != nil }
	return is.Redress.unfounded() > was.Redress.unfounded() || is.groundless > was.groundless || unreceived(is) && !unreceived(was) ||
		returned(is) && !returned(was) || inside(is) && !inside(was)
}

// unfounded counts what was paid without being owed, and the answers to nothing.
func (r Redress) unfounded() (n int) {
	paid := Qepik(0)
	for _, a := range r.Awards {
		paid += a.Paid()
		if a.Paid() > a.Amount || !a.Of.IsZero() && matterAt(r.Claims, a.Of) == nil {
			n++
		}
	}
	n += int(max(r.Paid-paid, 0)) + int(max(r.Paid-r.Awarded, 0))
	granted := Qepik(0)
	for _, s := range r.Requests {
		granted += s.Paid()
		if s.Answer == "granted" && s.Paid() > s.Granted {
			n++
		}
	}
	return n + int(max(r.FundPaid-granted, 0))
}

// unpaidFor counts the allowances that were paid while no positive decision stood.
func (c *Case) unpaidFor() (n int) {
	for _, p := range c.Redress.Payments {
		if _, positive := c.positiveOn(p.Happened); !positive {
			n++
		}
	}
	return n
}

// answeredAlready reports whether somebody has answered, or paid, what an event
// asks for or grants.
func (r Redress) answeredAlready(at EventAt, e AnyEvent) bool {
	if s := matterAt(r.Claims, at); s != nil {
		return s.Answer != ""
	}
	if s := matterAt(r.Requests, at); s != nil {
		return s.Answer != "" || len(s.Parts) > 0
	}
	if g, is := e.(FundAssistanceGranted); is {
		s := matterAt(r.Requests, g.Request)
		return s != nil && len(s.Parts) > 0
	}
	return false
}
