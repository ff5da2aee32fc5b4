package domain

import (
	"reflect"
	"slices"
	"time"
)

// A Compartment is a part of a case that roles see or do not see.
type Compartment string

const (
	Flow      Compartment = "flow"      // what happened when: the pseudonymous timeline
	Screening Compartment = "screening" // answers of the indicator screening and risk factors
	Health    Compartment = "health"    // which help a person needs
	Criminal  Compartment = "criminal"  // protection measures and proceedings
	Child     Compartment = "child"     // child interview and guardianship
	Money     Compartment = "money"     // amounts on a person's case
	Location  Compartment = "location"  // which facility hosts the person

	// What names or describes the person is sealed, each under a key of its own.
	Identity    Compartment = "identity"    // names, birth, nationality
	Documents   Compartment = "documents"   // passports and the like
	Contacts    Compartment = "contacts"    // how the person can be reached
	Narrative   Compartment = "narrative"   // what happened, in free text
	Medical     Compartment = "medical"     // health, in free text
	Testimony   Compartment = "testimony"   // what is said for the proceedings
	Whereabouts Compartment = "whereabouts" // where the person can be found
)

// Sealed reports whether the compartment holds what names or describes a person.
func (c Compartment) Sealed() bool {
	switch c {
	case Identity, Documents, Contacts, Narrative, Medical, Testimony, Whereabouts:
		return true
	}
	return false
}

// Compartments lists them all.
func Compartments() []Compartment {
	return []Compartment{
		Flow, Screening, Health, Criminal, Child, Money, Location,
		Identity, Documents, Contacts, Narrative, Medical, Testimony, Whereabouts,
	}
}

// A Sight is what one relation of an organisation to a case opens to a role.
type Sight struct {
	Relation Relation // empty: it needs none
	Parts    []Compartment
}

// Sights lists what a role sees of a case, by the relation of its organisation to
// it. A role that sees no case at all has none.
func (r Role) Sights() []Sight { return r.sights() }

// sights is what a role sees of a case on which other rows stand besides.
func (r Role) sights(besides ...Access) (all []Sight) {
	by, now := Actor{"any", r, "any"}, time.Time{}
	parts := func(rows ...Access) (parts []Compartment) {
		for _, c := range Compartments() {
			if MayRead(by, append(rows, besides...), c, now) {
				parts = append(parts, c)
			}
		}
		return parts
	}
	if r.SeesEveryCase() {
		return []Sight{{"", parts()}}
	}
	for _, rel := range Relations() {
		if rel.organisations(r) && MaySee(by, []Access{{Organisation: "any", Relation: rel}}, now) {
			all = append(all, Sight{rel, parts(Access{Organisation: "any", Relation: rel})})
		}
	}
	return all
}

// A Situation is what a case itself shuts or opens, whoever asks.
type Situation struct {
	Code string // code list "policy_situation"
	rows []Access
}

// Situations lists them.
func Situations() []Situation {
	return []Situation{
		{"assigned", []Access{{Organisation: account + "another", Relation: Assigned}}},
		{"unsealed", []Access{{Organisation: account + "any", Relation: Unsealed, Until: time.Time{}.Add(glassOpen * time.Hour)}}},
		{"suspended", []Access{{Relation: Suspended}, {Organisation: account + "any", Relation: Unsealed, Until: time.Time{}.Add(glassOpen * time.Hour)}}},
	}
}

// SightsIn lists what a role sees of a case in the situation, where that is not
// what it sees otherwise.
func (r Role) SightsIn(s Situation) (all []Sight) {
	usual := r.sights()
	for i, sight := range r.sights(s.rows...) {
		if !slices.Equal(sight.Parts, usual[i].Parts) {
			all = append(all, sight)
		}
	}
	return all
}

// Sees reports whether the role sees the compartment of some case.
func (r Role) Sees(c Compartment) bool {
	return slices.Contains(table[r].sees, c) || slices.Contains(table[r].consent, c)
}

// SeesEveryCase reports whether the role's sight does not depend on its
// organisation's relation to the case.
func (r Role) SeesEveryCase() bool { return table[r].every }

// SeesPlan reports whether the role may see the plan's measures and the
// institutional record. They name nobody.
func (r Role) SeesPlan() bool { return table[r].plan }

// SeesOccupancy reports whether the role sees how full facilities are.
func (r Role) SeesOccupancy() bool { return table[r].occupancy }

// SeesCalls reports whether the role sees what calls came to the hotlines. They
// name nobody; who does not see every case sees the calls that their own
// organisation has logged.
func (r Role) SeesCalls() bool { return table[r].calls }

// OfCall is what the role is told of a call that it may see. The Coordinator counts
// calls: where from, as a region only ([RegionOn]), and not in which language, which
// with the rest could tell who called.
func (r Role) OfCall(e HotlineCallLogged) HotlineCallLogged {
	if r == Coordinator {
		e.District, e.Language = "", ""
	}
	return e
}

// hostedFor is how long a facility still sees a person who has left.
const hostedFor = 30 * 24 * time.Hour

// Access is one row of who has to do with a case. Ended is when the organisation
// had done its part: what became known later is none of its business. Until is
// when it stops seeing the case at all. Both are zero while it lasts.
type Access struct {
	Organisation string    `json:"organisation"`
	Relation     Relation  `json:"relation"`
	Ended        time.Time `json:"ended,omitzero"`
	Until        time.Time `json:"until,omitzero"`
}

// Covers reports whether the row opens the case to the actor at the time. It is
// the one rule by which lists, counts and single pages are filtered.
func (a Access) Covers(by Actor, now time.Time) bool {
	return a.Organisation == by.Organisation && (a.Until.IsZero() || now.Before(a.Until))
}

// MaySee reports whether the actor may know of the case at all.
func MaySee(by Actor, rows []Access, now time.Time) bool {
	if table[by.Role].none {
		return false
	}
	return by.Role.SeesEveryCase() || slices.ContainsFunc(rows, func(a Access) bool { return a.Covers(by, now) })
}

// opens reports whether the relation is one that shows the compartment to the
// role: see [Relation].
func (a Access) opens(r Role, of Compartment) bool {
	if r.GoesOn() {
		return true
	}
	switch a.Relation {
	case ReferredIt, Assigned:
		return false
	case AskedFor:
		return !of.Sealed() && !r.byConsent(of)
	case Offers:
		return (!of.Sealed() || of == Identity) && !r.byConsent(of)
	case Consented:
		return table[r].consent != nil
	}
	return !r.byConsent(of)
}

// MayRead reports whether the actor may see facts of the compartment on a case
// they may see. Whoever only referred a person sees the state of the referral;
// a mission abroad and the migration service go on working with the person.
func MayRead(by Actor, rows []Access, of Compartment, now time.Time) bool {
	if !MaySee(by, rows, now) || of.Sealed() && suspendedIn(rows) {
		return false
	}
	if unsealed(by, rows, of, now) {
		return true
	}
	if !by.Role.Sees(of) {
		return false
	}
	if by.Role.SeesEveryCase() {
		return !of.Sealed() || !heldByAnother(by, rows)
	}
	return slices.ContainsFunc(rows, func(a Access) bool { return a.opens(by.Role, of) && a.Covers(by, now) })
}

// partTag names, on a field of a case's event, the compartment that the field is of
// where that is another than the event's own.
const partTag = "reads"

// WithoutParts is an event without the fields that are of compartments which the
// reader does not read, such as which service a person was asked to consent to.
func WithoutParts(e AnyEvent, reads func(Compartment) bool) AnyEvent {
	if e == nil {
		return nil
	}
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	for i := range v.NumField() {
		if of := Compartment(v.Type().Field(i).Tag.Get(partTag)); of != "" && !reads(of) {
			v.Field(i).SetZero()
		}
	}
	return v.Interface().(AnyEvent)
}

// ReadsUntil is the time up to which an actor may know what a compartment of a
// case that they may see holds: zero while their part lasts, otherwise the end of
// their part. A relation that does not open the compartment prolongs nothing: who
// hosted a person and is asked to do so again learns no new name from that.
func ReadsUntil(by Actor, rows []Access, of Compartment, now time.Time) (end time.Time) {
	for _, a := range rows {
		if by.Role.SeesEveryCase() {
			return time.Time{}
		}
		if !a.opens(by.Role, of) {
			continue
		}
		if a.Covers(by, now) && (a.Ended.IsZero() || a.Ended.After(now)) {
			return time.Time{}
		}
		if a.Covers(by, now) && a.Ended.After(end) {
			end = a.Ended
		}
	}
	return end
}

// accepts is what every command on a case must pass before its own rule: the
// case exists, the asker's organisation has to do with it, and the fact is not
// older than the case.
func (c *Case) accepts(req Request, cmd Asked) error {
	if _, opens := cmd.(RegisterReferral); opens {
		return nil
	}
	if !c.Opened() || !c.mayTouch(req, cmd) {
		return &Refusal{Kind: NotFound, Code: "no_such_case"}
	}
	if err := c.merged(req, cmd); err != nil {
		return err
	}
	if req.Happened.guess().Before(c.Detected) {
		return invalid("before_case", "happened")
	}
	if end := ReadsUntil(req.By, c.Access, Flow, req.known()); !end.IsZero() && req.Happened.After(end) {
		return conflict("not_admitted") // their part is over
	}
	return nil
}

// mayTouch judges what is imported by the time at which the earlier register
// recorded it.
func (c *Case) mayTouch(req Request, cmd Asked) bool {
	if _, ok := cmd.(guarding); ok && req.By.Role == DataProtection {
		return true
	}
	return req.By.Role.police() || req.By.Role == Clock || MaySee(req.By, c.Access, req.known())
}
