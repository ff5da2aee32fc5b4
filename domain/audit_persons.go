package domain

import (
	"fmt"
	"slices"
)

// due holds that the allowance is paid once for each positive decision in force.
func due(d Decision, before *Case) error {
	if before == nil {
		return fmt.Errorf("an allowance that was not due")
	}
	decision, positive := before.positiveOn(d.Happened)
	paid := 0
	for _, e := range d.Events {
		if _, is := e.(AllowancePaid); is {
			paid++
		}
	}
	switch {
	case !positive:
		return fmt.Errorf("an allowance that was not due")
	case paid > 1 || isFor(before.Redress.Payments, decision):
		return fmt.Errorf("an allowance that was paid already")
	}
	return nil
}

// prepared holds that no return is planned but of somebody whose risk was assessed
// not long before and who agreed in writing, of a child with all that protects it,
// and none within the reflection period but at the person's written wish; that
// nobody answers their own request for money.
func (a *Audit) prepared(name string, e AnyEvent, d Decision, before *Case) error {
	switch e := e.(type) {
	case ReturnScheduled:
		return a.mayReturn(name, e, d, before)
	case FundAssistanceGranted:
		return a.notOwn(name, e.Request, d)
	case FundAssistanceRefused:
		return a.notOwn(name, e.Request, d)
	}
	return nil
}

func (a *Audit) mayReturn(name string, e ReturnScheduled, d Decision, before *Case) error {
	was := map[string]bool{}
	for _, earlier := range Standing(a.histories[name]) {
		if d.Happened.Before(earlier.Happened) {
			continue
		}
		for _, e := range earlier.Events {
			switch e := e.(type) {
			case ReturnRiskAssessed:
				was["risk assessment"] = was["risk assessment"] || d.Happened.Day().Since(earlier.Happened.Day()) <= riskLasts(d.Happened.Day())
			case ReturnConsentRecorded:
				was["written consent"] = true
			case ConsentRecorded:
				was["written consent"] = was["written consent"] || e.Purpose == "repatriation" && Consent{Form: e.Form}.Written()
			case BestInterestsDetermined:
				was["determination of best interests"] = was["determination of best interests"] || e.Decision == "in_favour"
			case GuardianAppointed, GuardianChanged:
				was["guardian"] = true
			case ReturnWishExpressed:
				was["written wish"] = was["written wish"] || e.Written
			}
		}
	}
	was["receiver"] = e.Carer != ""
	needed := []string{"risk assessment", "written consent"}
	if before == nil || before.childOn(d.Happened) {
		needed = append(needed, "determination of best interests", "guardian", "receiver")
	}
	if before != nil && e.Direction == "outbound" && (before.inReflection(d.Happened.At) || before.inReflection(e.On.Start())) {
		needed = append(needed, "written wish")
	}
	for _, what := range needed {
		if !was[what] {
			return fmt.Errorf("a return was planned without %s", what)
		}
	}
	return nil
}

// notOwn holds that a request was not answered by whoever made it.
func (a *Audit) notOwn(name string, request EventAt, d Decision) error {
	i := slices.IndexFunc(a.histories[name], func(r Decision) bool { return r.ID == request.Decision })
	if i >= 0 && a.histories[name][i].By.User == d.By.User && !d.Imported() {
		return fmt.Errorf("%s answered their own request", d.By.User)
	}
	return nil
}
