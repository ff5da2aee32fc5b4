package projections

import (
	"slices"
	"strings"
	"time"

	"nrm/domain"
)

// How many days before its day something is told, so that there is time to do it.
// Assumed: no act names such days.
const (
	consentEnds    = 14
	reflectionEnds = 7
	stayReview     = 7
)

// An agendaItem is something that a case waits for from a time on, beside its next
// steps: each is a row of agenda, and a queue of the same name. It waits for one
// body, or for whoever may do it.
type agendaItem struct {
	item         string
	since        int64 // unix seconds; 0: as soon as it was recorded
	organisation string
}

// agendaOf says what a case waits for, as far as it was recorded. It knows no
// clock: what waits only later has a later since.
func agendaOf(c *domain.Case) (all []agendaItem) {
	if c.MergedInto != "" { // everything is done on the case that goes on
		return nil
	}
	add := func(item string) { all = append(all, agendaItem{item: item}) }
	from := func(item string, since time.Time, organisation string) {
		all = append(all, agendaItem{item, since.Unix(), organisation})
	}
	if c.IsMissing() && c.TreatedAsChild() {
		add("missing_child")
	}
	for _, g := range c.Redress.Grants { // is due after the closure too
		if c.AllowanceDue() && g.For.Equal(c.Decided) {
			add("granted")
		}
	}
	if c.IsClosed() {
		return all
	}
	if c.Review.Pending() {
		add("review")
	}
	if !ReturnUnassessed(c).IsZero() {
		add("return_risk")
	}
	if n := len(c.Risks); n > 0 && !c.Risks[n-1].ReviewOn.IsZero() {
		from("risk", c.Risks[n-1].ReviewOn.Start(), "")
	}
	if last := firstToEnd(c); !last.IsZero() {
		from("consent", last.Add(1-consentEnds).Start(), "")
	}
	if c.ReflectionState == "granted" && !c.Reflection.Until.IsZero() {
		from("reflection", c.Reflection.Until.Add(1-reflectionEnds).Start(), "")
	}
	for _, k := range c.Clocks {
		switch {
		case !k.Runs():
		case k.Rule == "stay_review" && c.Host() != nil:
			from("stay", k.Due.AddDate(0, 0, -stayReview), c.Host().Organisation)
		case strings.HasPrefix(k.Rule, "follow_up_"):
			grace, _ := domain.ParameterOn("follow_up_grace", k.Start.Day())
			from("follow_up", k.Due.AddDate(0, 0, -grace.Value), "")
		}
	}
	if !c.GuardianAsked.IsZero() && c.TreatedAsChild() && expected("appoint-guardian", c) {
		add("guardian")
	}
	for _, r := range c.Referrals {
		if r.State == "sent" {
			all = append(all, agendaItem{item: "answer", organisation: r.Organisation})
		}
	}
	for _, verdict := range c.Verdicts {
		if verdict == "not_sure" {
			add("duplicate")
			break
		}
	}
	return all
}

// ReturnUnassessed is since when a return is proposed or wished whose risk nobody has
// assessed lately enough, zero if none is.
func ReturnUnassessed(c *domain.Case) domain.When {
	at := c.ReturnProposed
	if at.IsZero() || at.Before(c.Return.Wish) {
		at = c.Return.Wish
	}
	over := func(end domain.When) bool { return !end.IsZero() && !end.Before(at) }
	if at.IsZero() || over(c.ReturnDeclined) || over(c.ReturnCancelled) || over(c.Return.Departed) {
		return domain.When{}
	}
	valid, _ := domain.ParameterOn("risk_validity", at.Day())
	if slices.ContainsFunc(c.ReturnRisks, func(r domain.ReturnRisk) bool { return at.Day().Since(r.On.Day()) <= valid.Value }) {
		return domain.When{}
	}
	return at
}

// firstToEnd is the last day of the consent that ends first, zero if none will.
func firstToEnd(c *domain.Case) (first domain.Day) {
	for _, k := range c.Consents {
		if k.State == "given" && !k.Until.IsZero() && (first.IsZero() || k.Until.Before(first)) {
			first = k.Until
		}
	}
	return first
}

// waiting holds the cases that wait for something of the agenda, for readers of
// the compartment that tells it and as long as they have a part in the case. It is
// named only while there are some.
func waiting(id string, of domain.Compartment) queue {
	return queue{id: id, quiet: true, needs: of, where: func(by domain.Actor, now time.Time) condition {
		listed := condition{`c.ref IN (SELECT g.ref FROM agenda g WHERE g.item = ? AND g.since <= ?`, []any{id, now.Unix()}}
		if !by.Role.SeesEveryCase() {
			listed.sql, listed.args = listed.sql+` AND g.organisation IN ('', ?)`, append(listed.args, by.Organisation)
		}
		listed.sql += `)`
		return listed.and(nowReading(by, now, of).each(`c`))
	}}
}
