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
	case AskedFor: // a house to take the person in, a guardianship body for a guardian, a partner to receive after a return
		return houses || r == ChildProtection || r == ReturnPartner || r == Referrer
	case Offers, Hosts, Hosted:
		return houses
	case Provides:
		return r != Shelter
	case Consented:
		return table[r].consent != nil
	case Receives:
		spec, err := CommandNamed("record-return-reception")
		return err == nil && spec.MayGive(r) && !r.police()
	}
	return true
}

// relate keeps who has to do with a case because of what was recorded, whichever
// step it was.
func (c *Case) relate(d Decision) {
	for _, e := range d.Events {
		switch e.EventType() {
		case ConsentRecorded{}.EventType(), ConsentRefused{}.EventType(), ConsentWithdrawn{}.EventType(), ConsentExpired{}.EventType():
			c.permit(d.Known())
		case ShelterOffered{}.EventType():
			if o, ok := e.(ShelterOffered); ok && o.Released {
				c.unpromised(o.Organisation, d.Known())
				continue
			}
			c.involve(SiteOf(e).Organisation, Offers)
			if o, ok := e.(ShelterOffered); ok { // once the bed is no longer kept, they are only asked again
				c.release(o.Organisation, Offers, o.Until.End(), 0)
			}
		case GuardianAppointed{}.EventType(), GuardianChanged{}.EventType():
			c.involve(d.By.Organisation, Provides) // whoever gives a child a guardian knows whose
		case ReturnReceived{}.EventType():
			c.receives(e.(ReturnReceived).Organisation)
		case "CaseOpened":
			c.assign(d.By)
		}
	}
	for _, a := range slices.Clone(c.Access) {
		if a.Relation == Offers {
			c.promise(a)
		}
	}
}

// unpromised ends the offers of an organisation that had not ended by themselves.
// Another that it has made stands: see [Case.promise].
func (c *Case) unpromised(organisation string, now time.Time) {
	for _, a := range slices.Clone(c.Access) {
		if a.Organisation == organisation && a.Relation == Offers && (a.Until.IsZero() || now.Before(a.Until)) {
			c.release(organisation, Offers, now, 0)
		}
	}
}

// promise ends an offer with the last day on which the bed is kept, or with the
// request that it answers.
func (c *Case) promise(row Access) {
	var last Day
	for _, p := range c.Places {
		if p.Organisation == row.Organisation && p.State == "requested" && !p.Offered.IsZero() && p.OfferedUntil.After(last) {
			last = p.OfferedUntil
		}
	}
	if !last.IsZero() {
		c.release(row.Organisation, Offers, last.End().UTC(), 0)
		return
	}
	for _, a := range c.Access {
		if a.Organisation == row.Organisation && a.Relation == AskedFor && !a.Until.IsZero() && row.Until.After(a.Ended) {
			c.release(row.Organisation, Offers, a.Ended, a.Until.Sub(a.Ended))
		}
	}
}

// receives opens the case to whoever took a person in after a return. Of one who
// is not known to have set out nobody is received: otherwise whoever was asked
// something, or only referred the person, could open the case to themselves.
func (c *Case) receives(organisation string) {
	setOut := !c.Return.Departed.IsZero() || !c.Return.Arrived.IsZero()
	if o, _ := OrganisationOf(organisation); o.Kind != "special_police" && setOut {
		c.involve(o.Code, Receives)
	}
}

// permit renews the rows of the organisations to whom the person consented.
func (c *Case) permit(now time.Time) {
	may := c.permitted()
	for _, a := range slices.Clone(c.Access) {
		if _, still := may[a.Organisation]; a.Relation == Consented && !still && (a.Until.IsZero() || now.Before(a.Until)) {
			c.release(a.Organisation, Consented, now, 0)
		}
	}
	for _, o := range slices.Sorted(maps.Keys(may)) {
		c.involve(o, Consented)
		if day := may[o]; !day.IsZero() {
			c.release(o, Consented, day.End().UTC(), 0)
		}
	}
}

// permitted are the organisations to which a consent lets data go, and the last
// day of it, zero if there is none.
func (c *Case) permitted() map[string]Day {
	all := map[string]Day{}
	for purpose, k := range c.Consents {
		for _, o := range k.Recipients {
			if !k.opensTo(purpose, o) {
				continue
			}
			if last, there := all[o]; k.State == "given" && (!there || !last.IsZero() && (k.Until.IsZero() || k.Until.After(last))) {
				all[o] = k.Until
			}
		}
	}
	return all
}

// opensTo reports whether a consent shows an organisation more of the case.
func (k Consent) opensTo(purpose, organisation string) bool {
	return len(k.openTo(purpose, organisation)) > 0
}

// openTo lists the roles to whose accounts in an organisation a consent shows more of
// the case: those that see something by consent, of which the person released all.
// It is one that others obtained for the organisation, since nobody lets themselves
// in; and for a purpose that is about the person, not for figures or the media.
func (k Consent) openTo(purpose, organisation string) []Role {
	if organisation == k.Operator || slices.Contains([]string{"statistics", "export", "media"}, purpose) {
		return nil
	}
	return slices.DeleteFunc(Roles(), func(r Role) bool {
		return table[r].consent == nil || !r.fits(organisation) ||
			slices.ContainsFunc(table[r].consent, func(of Compartment) bool { return !slices.Contains(k.Data, string(of)) })
	})
}

// account is how an officer stands in the rows of a case, among organisations.
const account = "account:"

// assign gives the case to an officer, instead of whoever had it.
func (c *Case) assign(by Actor) {
	c.Access = slices.DeleteFunc(c.Access, func(a Access) bool { return a.Relation == Assigned })
	c.involve(account+by.User, Assigned)
}

// Leads reports whether the actor leads the case: the head, and the officer who has
// it in charge, or any officer while nobody has.
func Leads(by Actor, rows []Access) bool {
	return by.Role == Head || by.Role == CaseOfficer && !heldByAnother(by, rows)
}

// heldByAnother reports whether the case is assigned to another officer than the
// one who asks. What nobody was given is open to all officers, and everything to
// the head.
func heldByAnother(by Actor, rows []Access) bool {
	i := slices.IndexFunc(rows, func(a Access) bool { return a.Relation == Assigned })
	return by.Role == CaseOfficer && i >= 0 && strings.TrimPrefix(rows[i].Organisation, account) != by.User
}
