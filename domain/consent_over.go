package domain

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// A ConsentOver tells an organisation that it has data of a person by a consent that
// no longer holds: it stops using what it has by that consent alone, and deletes it
// as the consent itself said (Law on Personal Data, 998-IIIQ). Nothing else of the
// case is in it, and it opens no case.
type ConsentOver struct {
	Organisation string
	Roles        []Role // whose accounts are told: those that had the case
	Purpose      string // code list "consent_purpose"
	Service      string // code list "service", for the purpose "service"
	Deletion     string // code list "consent_deletion"
	Day          Day    // the last day of the consent, or the day on which it was taken back
	From         time.Time
	Until        time.Time // nobody is told any more; how many days that takes is assumed
}

// Holdings are who has data of the person of a case by which consent, and since when
// no longer. They go by what was known when: who was let know by a consent that is
// voided later had the data until then, which the state of the case, folded from what
// stands, no longer tells.
type Holdings struct {
	consents map[string]Consent // as [Case.Consents]
	held     map[holder]holding
}

// A holder is an organisation that a consent names, by the key of the consent.
type holder struct{ key, organisation string }

type holding struct {
	opened   []Role // to which the consent opened the case
	deletion string
	until    Day       // the last day of the consent, zero if it has none
	day      Day       // on which it ended or will
	from     time.Time // when it ended or will, or when that became known, the later; zero if it has no end
	over     bool      // nothing lets them have the data any more
}

// consenting is an event that changes how consents stand.
type consenting interface {
	Event[Case]
	permits() (purposes, organisations []string, until Day)
}

// HoldingsOf folds a whole history.
func HoldingsOf(history []Decision) *Holdings {
	h := new(Holdings)
	about := consentsIn(history)
	for i, d := range about {
		if !d.Corrects() {
			h.Add(d)
			continue
		}
		h.consents = nil
		for _, stands := range Standing(about[:i+1]) {
			h.change(stands)
		}
		h.compare(d)
	}
	return h
}

// Add adds a decision that corrects no other.
func (h *Holdings) Add(d Decision) {
	if h.change(d) {
		h.compare(d)
	}
}

// change has the consents stand as after a decision, and reports whether it is about
// any.
func (h *Holdings) change(d Decision) (about bool) {
	for _, e := range d.Events {
		if e, is := e.(consenting); is {
			c := Case{InitialTrack: InitialTrack{Consents: h.consents}}
			e.apply(&c, d.Times())
			h.consents, about = c.Consents, true
		}
	}
	return about
}

// compare notes who may have data because of a decision, and who may no longer.
func (h *Holdings) compare(d Decision) {
	for key, k := range h.consents {
		for _, o := range k.Recipients {
			if k.State == "given" {
				h.give(holder{key, o}, k, d.Known())
			}
		}
	}
	for who, has := range h.held {
		if k := h.consents[who.key]; has.over || k.State == "given" && slices.Contains(k.Recipients, who.organisation) {
			continue
		}
		has.over = true
		if known := d.Known(); has.from.IsZero() || known.Before(has.from) { // otherwise it had run out by itself
			has.day, has.from = DayOf(known), known
			if d.Happened.Known() {
				has.day = d.Happened.Day()
			}
		}
		h.held[who] = has
	}
}

// give lets an organisation have data until the last day of a consent. One that
// became known only later ends for it when it became known.
func (h *Holdings) give(who holder, k Consent, known time.Time) {
	if h.held == nil {
		h.held = map[holder]holding{}
	}
	was, there := h.held[who]
	now := holding{opened: k.openTo(who.key, who.organisation), deletion: k.Deletion, until: k.Until, day: k.Until}
	switch {
	case k.Until.IsZero():
	case there && !was.over && was.until == k.Until:
		now.from = was.from
	default:
		now.from = k.Until.End().UTC()
		if known.After(now.from) {
			now.from = known
		}
	}
	h.held[who] = now
}

// Over lists who is to be told that a consent is over, also of those that end only
// later: it knows no clock. Told are organisations that know the case: to which the
// consent opened it, or which have or had to do with it, as the rows say. A role that
// sees every case reads there what became of the consent.
func (h *Holdings) Over(rows []Access) (all []ConsentOver) {
	for _, who := range slices.SortedFunc(maps.Keys(h.held), func(a, b holder) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.organisation, b.organisation))
	}) {
		has := h.held[who]
		days, known := ParameterOn("consent_notice", DayOf(has.from))
		roles := slices.DeleteFunc(Roles(), func(r Role) bool { return !slices.Contains(has.opened, r) && !r.hadCase(who.organisation, rows) })
		if !known || len(roles) == 0 { // nor is anything said of a consent that has no end
			continue
		}
		purpose, service, _ := strings.Cut(who.key, "/")
		all = append(all, ConsentOver{
			Organisation: who.organisation, Roles: roles, Purpose: purpose, Service: service, Deletion: has.deletion,
			Day: has.day, From: has.from, Until: days.due(At(has.from)),
		})
	}
	return all
}

// hadCase reports whether accounts of the role in an organisation see or have seen
// the course of a case because of the rows, or have referred the person.
func (r Role) hadCase(organisation string, rows []Access) bool {
	if table[r].every || !r.fits(organisation) {
		return false
	}
	refers := slices.Contains(RegisterReferral{}.givers(), r)
	return slices.ContainsFunc(rows, func(a Access) bool {
		return a.Organisation == organisation && (a.Relation == ReferredIt && refers || r.Sees(Flow) && a.opens(r, Flow))
	})
}

// consentsIn are the decisions of a history that are about consents, and those that
// correct them.
func consentsIn(history []Decision) (about []Decision) {
	ids := map[string]bool{}
	for _, d := range history {
		if slices.ContainsFunc(d.Events, func(e AnyEvent) bool {
			if c, corrects := e.(correcting); corrects {
				return ids[c.of().Decision]
			}
			_, is := e.(consenting)
			return is
		}) {
			ids[d.ID] = true
			about = append(about, d)
		}
	}
	return about
}
