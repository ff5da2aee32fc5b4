package domain

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A Relation is why an organisation has to do with a case.
type Relation string

const (
	ReferredIt Relation = "referred"  // sees its own referral's state and nothing more
	AskedFor   Relation = "asked"     // asked to take the person, or to give a service: not yet who it is
	Offers     Relation = "offers"    // has promised a bed, and knows who is to come
	Hosts      Relation = "hosts"     //
	Hosted     Relation = "hosted"    // for 30 days after departure
	Provides   Relation = "provides"  // what the role sees without the person's consent
	Consented  Relation = "consented" // the person let the organisation know more, until a day or until they take it back
	Receives   Relation = "receives"  // received the person after a return
	Assigned   Relation = "assigned"  // an officer's account, not an organisation: other officers do not open what is sealed
)

// Relations lists those of organisations and of an officer.
func Relations() []Relation {
	return []Relation{ReferredIt, AskedFor, Offers, Hosts, Hosted, Provides, Consented, Receives, Assigned}
}

// organisations reports whether an organisation of the role can have the relation.
func (rel Relation) organisations(r Role) bool {
	houses := r == Shelter || r == AssistanceCentre
	switch rel {
	case Assigned:
		return false
	case AskedFor, Offers, Hosts, Hosted:
		return houses
	case Consented:
		return table[r].consent != nil
	case Receives:
		spec, err := CommandNamed("record-return-reception")
		return err == nil && spec.MayGive(r) && !r.police()
	}
	return true
}

// permitting is an event by which the person lets organisations know more of them
// for a purpose, up to a day that is included, or no longer: then it names none.
type permitting interface {
	permits() (purposes, organisations []string, until Day)
}

// A Permission is what the person lets organisations know for one purpose.
type Permission struct {
	Organisations []string `json:"organisations"`
	Until         Day      `json:"until,omitzero"`
}

// relate keeps who has to do with a case because of what was recorded, whichever
// step it was.
func (c *Case) relate(d Decision) {
	for _, e := range d.Events {
		if p, ok := e.(permitting); ok {
			c.permit(p, d.Known())
		}
		switch e.EventType() {
		case "ShelterOffered":
			c.involve(SiteOf(e).Organisation, Offers)
		case ReturnReceived{}.EventType():
			if o, _ := OrganisationOf(e.(ReturnReceived).Organisation); o.Kind != "special_police" {
				c.involve(o.Code, Receives)
			}
		case "CaseOpened":
			c.assign(d.By)
		}
	}
	for _, a := range slices.Clone(c.Access) { // an offer ends with the request that it answers
		if a.Relation == AskedFor && !a.Until.IsZero() {
			c.release(a.Organisation, Offers, a.Ended, a.Until.Sub(a.Ended))
		}
	}
}

// permit renews the rows of the organisations to whom the person consented.
func (c *Case) permit(p permitting, now time.Time) {
	purposes, organisations, until := p.permits()
	if c.Permissions == nil {
		c.Permissions = map[string]Permission{}
	}
	before := c.permitted()
	for _, purpose := range purposes {
		c.Permissions[purpose] = Permission{organisations, until}
	}
	after := c.permitted()
	for o := range before {
		if _, still := after[o]; !still {
			c.release(o, Consented, now, 0)
		}
	}
	for _, o := range slices.Sorted(maps.Keys(after)) {
		c.involve(o, Consented)
		if day := after[o]; !day.IsZero() {
			c.release(o, Consented, day.End(), 0)
		}
	}
}

// permitted are the organisations to which a consent lets data go, and the last
// day of it, zero if there is none.
func (c *Case) permitted() map[string]Day {
	all := map[string]Day{}
	for _, p := range c.Permissions {
		for _, o := range p.Organisations {
			if last, there := all[o]; !there || !last.IsZero() && (p.Until.IsZero() || p.Until.After(last)) {
				all[o] = p.Until
			}
		}
	}
	return all
}

// account is how an officer stands in the rows of a case, among organisations.
const account = "account:"

// assign gives the case to an officer, instead of whoever had it.
func (c *Case) assign(by Actor) {
	c.Access = slices.DeleteFunc(c.Access, func(a Access) bool { return a.Relation == Assigned })
	c.involve(account+by.User, Assigned)
}

// heldByAnother reports whether the case is assigned to another officer than the
// one who asks. What nobody was given is open to all officers, and everything to
// the head.
func heldByAnother(by Actor, rows []Access) bool {
	i := slices.IndexFunc(rows, func(a Access) bool { return a.Relation == Assigned })
	return by.Role == CaseOfficer && i >= 0 && strings.TrimPrefix(rows[i].Organisation, account) != by.User
}
