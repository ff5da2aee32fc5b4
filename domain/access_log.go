package domain

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Who has read what is kept in the same log as what happened, on streams of its
// own that only the data protection officer reads: chained, witnessed and backed up
// like every other, and never deleted (Personal Data Law 998-IIIQ; Convention 108,
// Article 9: everybody may ask who has seen their data). Nothing in it names the
// person: cases stand in it by their references, and a search by the kind of what
// was asked for.

// Accesses is what the rules need of one stream about access. A stream that bears
// the reference of a case holds the requests to break the glass of that case. Any
// other is a volume: a run of what was looked at, written by one node, begun anew
// when it is full or the node starts.
type Accesses struct {
	Glass Glass `json:"glass"`
}

// AccessStream is the history of who asked to know who the person of a case is
// although their role sees no names.
func AccessStream(r Ref) Stream { return Stream{AccessKind, string(r)} }

// NewVolume begins a volume of what was looked at.
func NewVolume() Stream {
	return Stream{AccessKind, strings.ReplaceAll(uuid.Must(uuid.NewV7()).String(), "-", "")}
}

// isVolume reports whether the id is one that [NewVolume] gives.
func isVolume(id string) bool {
	_, err := uuid.Parse(id)
	return err == nil && len(id) == 32 && id == strings.ToLower(id)
}

// RecordViewed says that somebody was shown what is kept of a person: a case, or
// names in a list. The same look repeated within some minutes is one.
type RecordViewed struct {
	At           time.Time `json:"at"`
	User         string    `json:"user" opaque:"account"`
	Role         string    `json:"role" opaque:"role"`
	Organisation string    `json:"organisation" code:"organisation"`
	Client       string    `json:"client" code:"access_client"`
	Record       string    `json:"record" code:"access_record"`
	Cases        []Ref     `json:"cases,omitempty" ref:"case"`
	Compartments []string  `json:"compartments" opaque:"compartment"` // that were shown
	Purpose      string    `json:"purpose" code:"access_purpose"`
	Relations    []string  `json:"relations,omitempty" opaque:"relation"` // of the reader to the one case; none for a list
}

// SearchRun says that somebody has looked for a person. What they looked for is
// not in it.
type SearchRun struct {
	At           time.Time `json:"at"`
	User         string    `json:"user" opaque:"account"`
	Role         string    `json:"role" opaque:"role"`
	Organisation string    `json:"organisation" code:"organisation"`
	Client       string    `json:"client" code:"access_client"`
	By           []string  `json:"searched_by" code:"search_key"`
	Hits         int       `json:"hits"`
	Cases        []Ref     `json:"cases,omitempty" ref:"case"` // that were found, with their names
	Purpose      string    `json:"purpose" code:"access_purpose"`
}

// ExportMade says that somebody took rows out of the register in one piece.
type ExportMade struct {
	At           time.Time `json:"at"`
	User         string    `json:"user" opaque:"account"`
	Role         string    `json:"role" opaque:"role"`
	Organisation string    `json:"organisation" code:"organisation"`
	Client       string    `json:"client" code:"access_client"`
	Export       string    `json:"export" code:"access_export"`
	Rows         int       `json:"rows"`
	Cases        []Ref     `json:"cases,omitempty" ref:"case"` // that it is about
	Purpose      string    `json:"purpose" code:"access_purpose"`
}

// AccessDenied says that somebody asked for what they may not see. The case need
// not exist: who tries references is seen by it.
type AccessDenied struct {
	At           time.Time `json:"at"`
	User         string    `json:"user" opaque:"account"`
	Role         string    `json:"role" opaque:"role"`
	Organisation string    `json:"organisation" code:"organisation"`
	Client       string    `json:"client" code:"access_client"`
	Record       string    `json:"record" code:"access_record"`
	Cases        []Ref     `json:"cases,omitempty" ref:"case"`
	Reason       string    `json:"refusal" opaque:"code of the refusal"`
}

func (RecordViewed) EventType() string { return "RecordViewed" }
func (SearchRun) EventType() string    { return "SearchRun" }
func (ExportMade) EventType() string   { return "ExportMade" }
func (AccessDenied) EventType() string { return "AccessDenied" }

func (RecordViewed) apply(*Accesses, Times) {}
func (SearchRun) apply(*Accesses, Times)    {}
func (ExportMade) apply(*Accesses, Times)   {}
func (AccessDenied) apply(*Accesses, Times) {}

// RecordAccess is given by the register itself to a volume, when somebody was
// shown something.
type RecordAccess struct {
	events []AnyEvent
}

func (RecordAccess) givers() []Role { return []Role{Clock} }

// KeepAccesses records events of a volume, which are of the kinds above, as one
// decision. The same id records them once.
func KeepAccesses(ctx context.Context, log Log, id string, volume Stream, now time.Time, events []AnyEvent) (Outcome, error) {
	for _, e := range events {
		if _, ok := e.(Event[Accesses]); !ok {
			return Outcome{}, &foreignEventError{volume, e.EventType(), 0}
		}
	}
	return Execute(ctx, log, Request{ID: id, By: ClockActor(), Now: now}, volume, RecordAccess{events})
}
