package domain

import (
	"slices"
	"time"
)

// Unsealed is the relation of an account, not an organisation, to a case whose
// glass it has broken: it opens who the person is until the row ends. No case
// holds such a row: it comes from the stream about access to the case.
const Unsealed Relation = "unsealed"

// glassOpen is for how long broken glass stays open, in hours. Assumed: no act says
// it; comparable systems give three.
const glassOpen = 3

// ReviewWithin is how long the data protection officer has to review broken glass
// before it counts as not reviewed.
const ReviewWithin = 7 * 24 * time.Hour

// Glass is what became of the requests to know who the person of a case is, by
// those whose role sees no names.
type Glass struct {
	Asked   When       `json:"asked,omitzero"` // zero unless a request waits
	AskedBy Actor      `json:"asked_by"`
	Reason  string     `json:"reason,omitempty"`
	Refused string     `json:"refused,omitempty"` // why the last request was
	Uses    []GlassUse `json:"uses,omitempty"`
}

// A GlassUse is once that the glass of a case was broken.
type GlassUse struct {
	By       Actor     `json:"by"`
	Approved string    `json:"approved"` // the account
	Reason   string    `json:"reason"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Reviewed time.Time `json:"reviewed,omitzero"`
	Outcome  string    `json:"outcome,omitempty"`
}

// RequestBreakGlass asks to know who the person of a case is, for a reason and for
// some hours. Another person must approve it (domain practice for a role that
// works without names; Personal Data Law 998-IIIQ: purpose of every access).
//
// Refused: a request waits already ("glass_asked"), the glass is open already
// ("glass_open"), the person was erased ("erased"), access to their data is
// suspended ("access_suspended").
type RequestBreakGlass struct {
	Reason string `json:"reason" code:"break_glass_reason"`
}

// ApproveBreakGlass opens who the person is to whoever asked. Who asked cannot
// approve ("second_person_needed").
type ApproveBreakGlass struct{}

// RejectBreakGlass answers no, or takes the request back.
type RejectBreakGlass struct {
	Reason string `json:"reason" code:"break_glass_refusal"`
}

// ReviewAccess records what the data protection officer found of every break of the
// glass of a case up to now.
type ReviewAccess struct {
	Outcome string `json:"outcome" code:"access_review"`
}

// BreakGlassRequested waits for a second person.
type BreakGlassRequested struct {
	Reason string `json:"reason" code:"break_glass_reason"`
}

// BreakGlassRejected ends the request.
type BreakGlassRejected struct {
	Reason string `json:"reason" code:"break_glass_refusal"`
}

// BreakGlassUsed opens the identity of the case to the account that asked, for some
// hours from when it was recorded. Who gave it is who approved.
type BreakGlassUsed struct {
	Reason       string `json:"reason" code:"break_glass_reason"`
	User         string `json:"user" opaque:"account"`
	Role         string `json:"role" opaque:"role"`
	Organisation string `json:"organisation" code:"organisation"`
	Hours        int    `json:"hours"`
}

// AccessReviewed ends the wait of all that was opened on the case until then.
type AccessReviewed struct {
	Outcome string `json:"outcome" code:"access_review"`
}

func (BreakGlassRequested) EventType() string { return "BreakGlassRequested" }
func (BreakGlassRejected) EventType() string  { return "BreakGlassRejected" }
func (BreakGlassUsed) EventType() string      { return "BreakGlassUsed" }
func (AccessReviewed) EventType() string      { return "AccessReviewed" }

func (e BreakGlassRequested) apply(a *Accesses, at Times) {
	a.Glass.Asked, a.Glass.Reason, a.Glass.Refused = at.Happened, e.Reason, ""
}

func (e BreakGlassRejected) apply(a *Accesses, _ Times) { a.Glass.answered(e.Reason) }

func (e BreakGlassUsed) apply(a *Accesses, at Times) {
	a.Glass.Uses = append(slices.Clip(a.Glass.Uses), GlassUse{
		By: Actor{e.User, Role(e.Role), e.Organisation}, Reason: e.Reason,
		From: at.Recorded, Until: at.Recorded.Add(time.Duration(e.Hours) * time.Hour),
	})
	a.Glass.answered("")
}

func (e AccessReviewed) apply(a *Accesses, at Times) {
	a.Glass.Uses = slices.Clone(a.Glass.Uses)
	for i := range a.Glass.Uses {
		if u := &a.Glass.Uses[i]; u.Reviewed.IsZero() {
			u.Reviewed, u.Outcome = at.Recorded, e.Outcome
		}
	}
}

func (g *Glass) answered(refused string) {
	g.Asked, g.AskedBy, g.Reason, g.Refused = When{}, Actor{}, "", refused
}

// after notes who asked and who approved.
func (a *Accesses) after(d Decision) {
	for _, e := range d.Events {
		switch e.(type) {
		case BreakGlassRequested:
			a.Glass.AskedBy = d.By
		case BreakGlassUsed:
			a.Glass.Uses[len(a.Glass.Uses)-1].Approved = d.By.User
		}
	}
}

func (RequestBreakGlass) givers() []Role { return []Role{Coordinator} }
func (ApproveBreakGlass) givers() []Role { return []Role{Head, Coordinator} }
func (RejectBreakGlass) givers() []Role  { return []Role{Head, Coordinator} }
func (ReviewAccess) givers() []Role      { return []Role{DataProtection} }
func (ReviewAccess) guardsData()         {}
func (ReviewAccess) aboutMerged()        {}
func (RejectBreakGlass) aboutMerged()    {}

// aboutAccess is a command given to a case about access to it: what it records
// stands on the stream about access, and nothing on the case.
type aboutAccess interface{ aboutAccess() }

func (RequestBreakGlass) aboutAccess() {}
func (ApproveBreakGlass) aboutAccess() {}
func (RejectBreakGlass) aboutAccess()  {}
func (ReviewAccess) aboutAccess()      {}

func (cmd RequestBreakGlass) decide(j *Joint, req Request) ([]Event[Joint], error) {
	g := &j.Accesses[0].Glass
	switch {
	case !g.Asked.IsZero() && g.AskedBy == req.By && g.Reason == cmd.Reason:
		return nil, nil
	case !g.Asked.IsZero():
		return nil, conflict("glass_asked")
	case g.openTo(req.By, req.Now):
		return nil, conflict("glass_open")
	}
	if err := breakable(j.Case()); err != nil {
		return nil, err
	}
	return j.onAccess(0, BreakGlassRequested(cmd)), nil
}

func (ApproveBreakGlass) decide(j *Joint, req Request) ([]Event[Joint], error) {
	g := &j.Accesses[0].Glass
	switch {
	case g.Asked.IsZero() && g.approvedBy(req):
		return nil, nil
	case g.Asked.IsZero():
		return nil, conflict("no_glass_asked")
	case g.AskedBy.User == req.By.User:
		return nil, &Refusal{Kind: Forbidden, Code: "second_person_needed"}
	}
	if err := breakable(j.Case()); err != nil {
		return nil, err
	}
	by := g.AskedBy
	return j.onAccess(0, BreakGlassUsed{Reason: g.Reason, User: by.User, Role: string(by.Role), Organisation: by.Organisation, Hours: glassOpen}), nil
}

func (cmd RejectBreakGlass) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	switch g := &j.Accesses[0].Glass; {
	case g.Asked.IsZero() && g.Refused == cmd.Reason:
		return nil, nil
	case g.Asked.IsZero():
		return nil, conflict("no_glass_asked")
	}
	return j.onAccess(0, BreakGlassRejected(cmd)), nil
}

func (cmd ReviewAccess) decide(j *Joint, _ Request) ([]Event[Joint], error) {
	uses := j.Accesses[0].Glass.Uses
	switch {
	case slices.ContainsFunc(uses, func(u GlassUse) bool { return u.Reviewed.IsZero() }):
		return j.onAccess(0, AccessReviewed(cmd)), nil
	case len(uses) > 0 && uses[len(uses)-1].Outcome == cmd.Outcome:
		return nil, nil
	}
	return nil, conflict("nothing_to_review")
}

// breakable refuses where there is nobody to know of, or nobody may.
func breakable(c *Case) error {
	switch {
	case c.Erased():
		return conflict("erased")
	case suspendedIn(c.Access):
		return conflict("access_suspended")
	}
	return nil
}

// openTo reports whether the glass is broken for the actor at a time.
func (g *Glass) openTo(by Actor, now time.Time) bool {
	return slices.ContainsFunc(g.Uses, func(u GlassUse) bool { return u.By == by && now.Before(u.Until) })
}

// approvedBy reports whether the asker has approved the last request already, and
// what it opened is open still.
func (g *Glass) approvedBy(req Request) bool {
	return len(g.Uses) > 0 && g.Refused == "" && g.Uses[len(g.Uses)-1].Approved == req.By.User && req.Now.Before(g.Uses[len(g.Uses)-1].Until)
}

// Row is the use as a row of who has to do with the case.
func (u GlassUse) Row() Access {
	return Access{Organisation: account + u.By.User, Relation: Unsealed, Until: u.Until}
}

// unsealed reports whether rows open who the person is to somebody whose role does
// not see it. Only the Coordinator can be: of everybody else the role says what
// they see.
func unsealed(by Actor, rows []Access, of Compartment, now time.Time) bool {
	return of == Identity && by.Role == Coordinator && slices.ContainsFunc(rows, func(a Access) bool {
		return a.Relation == Unsealed && a.Organisation == account+by.User && now.Before(a.Until)
	})
}

// ToldAs is the role as which an actor is told who a person is: their own, or, while
// the glass of the case is broken for them, one that knows the whole name.
func ToldAs(by Actor, rows []Access, now time.Time) Role {
	if MaySee(by, rows, now) && unsealed(by, rows, Identity, now) {
		return Head
	}
	return by.Role
}
