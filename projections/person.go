package projections

import (
	"context"
	"database/sql"
	"time"

	"nrm/domain"
)

// A Person is what the reader may know of who the person of a case is, the
// newest first. All of it is empty for whoever may know nothing, and once the
// person was erased.
type Person struct {
	Identity    *domain.IdentityRecorded // what was recorded last, nil also if nobody can read that
	Documents   []domain.DocumentRecorded
	Contacts    []domain.ContactRecorded
	Whereabouts []domain.WhereaboutsRecorded

	Unreadable bool // there is more on the timeline, which nobody can read: see Entry
}

// An ErasedNote says that the person of a case was erased.
type ErasedNote struct {
	On        domain.When
	By        domain.Actor // who approved; User is empty for readers outside the unit
	Reason    string       // code list "erasure_reason"
	Completed bool         // the keys are destroyed everywhere
}

// open opens the events on a page that its reader may read, and puts together
// who the person is.
func (p *CasePage) open(ctx context.Context, role domain.Role) error {
	events := make([]domain.AnyEvent, len(p.Timeline))
	for i, e := range p.Timeline {
		events[i] = e.Event
	}
	if err := openFor(ctx, role, events); err != nil {
		return err
	}
	var last uint64
	for i := range p.Timeline {
		e := &p.Timeline[i]
		if _, sealed := e.Event.(domain.Sealed); sealed && events[i] == nil {
			e.Erased = true // its keys are gone before the views were told
		}
		e.Event = events[i]
		if e.Voided { // it says nothing of who the person is
			if _, sealed := e.Event.(domain.Sealed); sealed {
				e.Event, e.Unreadable = nil, true
			}
			continue
		}
		switch is := e.Event.(type) {
		case domain.Sealed:
			e.Event, e.Unreadable, p.Person.Unreadable = nil, true, true
			if e.Seq > last && isIdentity(is) { // an earlier name is not how the person is called now
				p.Person.Identity, last = nil, e.Seq
			}
		case domain.IdentityRecorded:
			if e.Seq > last {
				p.Person.Identity, last = &is, e.Seq
			}
		case domain.DocumentRecorded:
			p.Person.Documents = append(p.Person.Documents, is)
		case domain.ContactRecorded:
			p.Person.Contacts = append(p.Person.Contacts, is)
		case domain.WhereaboutsRecorded:
			p.Person.Whereabouts = append(p.Person.Whereabouts, is)
		}
	}
	if p.Person.Identity != nil {
		p.Row.Name = p.Person.Identity.Name()
	}
	return nil
}

// erasedNote tells a reader of the history what became of the person, if it is
// in it.
func erasedNote(by domain.Actor, c *domain.Case, history []deed) *ErasedNote {
	for _, d := range history {
		for _, f := range d.facts {
			if e, is := f.event.(domain.IdentityErased); is {
				note := &ErasedNote{On: f.happened, By: d.By, Reason: e.Reason, Completed: !c.Erasure.Completed.IsZero()}
				if !inUnit(by.Role) {
					note.By.User = ""
				}
				return note
			}
		}
	}
	return nil
}

// callings are the boxes in which it stands how people are called, by case. They
// are read in a transaction and opened after it.
type callings map[domain.Ref]domain.AnyEvent

// callingsOf reads, of the cases of one page, what their reader may know of it:
// the identity that was recorded last before the reader's part ended.
func callingsOf(ctx context.Context, tx *sql.Tx, keys Keys, by domain.Actor, now time.Time, access map[domain.Ref][]domain.Access) (callings, error) {
	deeds, err := known(ctx, tx, keys, by, now, access, domain.Identity, `type = 'IdentityRecorded'`)
	if err != nil {
		return nil, err
	}
	last := callings{}
	for _, d := range deeds {
		last[d.Stream.Ref()] = d.Events[len(d.Events)-1] // in the order of the log
	}
	return last, nil
}

// known reads the searched facts of a compartment, narrowed by a condition, that
// a reader may know of.
func known(ctx context.Context, tx *sql.Tx, keys Keys, by domain.Actor, now time.Time, access map[domain.Ref][]domain.Access, of domain.Compartment, where string) ([]deed, error) {
	if !by.Role.Sees(of) {
		return nil, nil
	}
	var refs []domain.Ref
	for ref, rows := range access {
		if domain.MayRead(by, rows, of, now) {
			refs = append(refs, ref)
		}
	}
	deeds, err := onCases(ctx, tx, keys, refs, where)
	told := deeds[:0]
	for _, d := range deeds {
		if end := domain.ReadsUntil(by, access[d.Stream.Ref()], of, now); end.IsZero() || !d.Known().After(end) {
			told = append(told, d)
		}
	}
	return told, err
}

// open gives the names as a role may know them, by case. There is none where nobody can read it.
func (c callings) open(ctx context.Context, role domain.Role) (map[domain.Ref]string, error) {
	var refs []domain.Ref
	var events []domain.AnyEvent
	for ref, e := range c {
		refs, events = append(refs, ref), append(events, e)
	}
	if err := openFor(ctx, role, events); err != nil {
		return nil, err
	}
	names := map[domain.Ref]string{}
	for i, ref := range refs {
		if is, ok := events[i].(domain.IdentityRecorded); ok {
			names[ref] = is.Name()
		}
	}
	return names, nil
}
