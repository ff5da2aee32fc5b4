package projections

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"nrm/domain"
	"nrm/projections/blind"
	"nrm/projections/names"
)

// A Query says who is looked for: by name, by the number of a document, or by
// both, which finds whom either finds.
type Query struct {
	Name     string // words of a name in any order and any of the usual spellings
	Document string // the whole number
	Limit    int    // at most 50; 0 = 20
}

// A Match is a case whose person may be the one who is looked for.
type Match struct {
	CaseRow
	Closeness  float64 // of the name, from 0, not alike or not asked for, to 1, the same
	ByDocument bool    // the person has a document of this number
}

const (
	candidates = 100 // people whose names are opened at most, to see how close they are
	boxes      = 200 // names opened at most: a person may have had many
	apiece     = 20  // of one person, the latest, where there are more than may be opened
	leastClose = 0.5 // names less close than this are no match
	leastChars = 3   // of a document's number
)

// Search finds people, the best match first: those with the document, then by
// how close the name is. It finds a person by every name that the reader may
// know, also by earlier ones (the latest of them, if there are very many), and
// shows the latest, or none if nobody can read that. It looks only among those
// whose identity the actor may read, or whose documents if it is their number
// that was asked for: nobody else has any part in what comes out.
//
// It answers refusals "role_not_allowed", with the field "document" where only
// that is at fault, and "too_short" with the field.
func (v *Views) Search(ctx context.Context, by domain.Actor, now time.Time, q Query) ([]Match, error) {
	if err := q.check(by); err != nil {
		return nil, err
	}
	var f findings
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		f, err = v.find(ctx, tx, by, now, q)
		return err
	})
	if errors.Is(err, blind.ErrTooShort) {
		return nil, &domain.Refusal{Kind: domain.Invalid, Code: "too_short", Field: "name"}
	}
	if err != nil {
		return nil, wrap(err, "search")
	}
	matches, err := f.matches(ctx, by.Role, q)
	return matches, wrap(err, "search")
}

func (q *Query) check(by domain.Actor) error {
	q.Name = strings.TrimSpace(q.Name)
	q.Document = strings.TrimSpace(q.Document)
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit = min(q.Limit, 50)
	switch {
	case !by.Role.Sees(domain.Identity):
		return &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	case q.Name == "" && q.Document == "":
		return &domain.Refusal{Kind: domain.Invalid, Code: "too_short", Field: "name"}
	case q.Document != "" && !by.Role.Sees(domain.Documents):
		return &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed", Field: "document"}
	case q.Document != "" && len([]rune(names.Document(q.Document))) < leastChars:
		return &domain.Refusal{Kind: domain.Invalid, Code: "too_short", Field: "document"}
	}
	return nil
}

// findings are what the index has found, with the boxes that are to be opened.
type findings struct {
	rows       []CaseRow
	identities []deed // in the order of the log on each case
	documents  []deed
}

func (v *Views) find(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time, q Query) (f findings, err error) {
	among, err := v.among(ctx, tx, by, now)
	if err != nil {
		return f, err
	}
	var hits []blind.Hit
	if q.Name != "" {
		if hits, err = v.index.Names(ctx, tx, q.Name, candidates, among); err != nil {
			return f, err
		}
	}
	var holders []string
	if q.Document != "" {
		if holders, err = v.index.Document(ctx, tx, q.Document, among); err != nil {
			return f, err
		}
	}
	refs := holders[:min(len(holders), candidates)]
	for _, h := range hits {
		refs = append(refs, h.Ref)
	}
	list, err := json.Marshal(refs)
	if err != nil {
		return f, err
	}
	where := sightOf(by, now).each(`c`).and(condition{`c.ref IN (SELECT value FROM json_each(?))`, []any{string(list)}})
	rows, access, err := caseRows(ctx, tx, by, now, where.sql, where.args...)
	if err != nil {
		return f, err
	}
	f.rows = rows
	if f.identities, err = known(ctx, tx, v.keys, by, now, access, domain.Identity, `type = 'IdentityRecorded'`); err != nil {
		return f, err
	}
	f.identities = firstOf(f.identities, refs)
	if q.Document != "" {
		for ref := range access {
			if !slices.Contains(holders, string(ref)) {
				delete(access, ref)
			}
		}
		f.documents, err = known(ctx, tx, v.keys, by, now, access, domain.Documents, `type = 'DocumentRecorded'`)
	}
	return f, err
}

// firstOf leaves the identities of the first people of a list, as many as may be
// opened. Nobody is left in with a part of theirs, but for those who have more
// than a fair share: they must not keep others out.
func firstOf(all []deed, refs []string) []deed {
	if len(all) <= boxes {
		return all
	}
	of := map[domain.Ref]int{}
	var latest []deed
	for _, d := range slices.Backward(all) {
		if of[d.Stream.Ref()]++; of[d.Stream.Ref()] <= apiece {
			latest = append(latest, d)
		}
	}
	slices.Reverse(latest)
	if all = latest; len(all) <= boxes {
		return all
	}
	place := map[domain.Ref]int{}
	for i, ref := range slices.Backward(refs) {
		place[domain.Ref(ref)] = i
	}
	slices.SortStableFunc(all, func(a, b deed) int { return cmp.Compare(place[a.Stream.Ref()], place[b.Stream.Ref()]) })
	end := boxes
	for end > 0 && all[end].Stream == all[end-1].Stream {
		end--
	}
	return all[:end]
}

// matches opens what was found, as the reader may know it, and puts the best
// first: nobody finds a person by what is kept from them.
func (f findings) matches(ctx context.Context, role domain.Role, q Query) ([]Match, error) {
	events := make([]domain.AnyEvent, 0, len(f.identities)+len(f.documents))
	refs := make([]domain.Ref, 0, cap(events))
	for _, d := range slices.Concat(f.identities, f.documents) {
		for _, e := range d.Events {
			events, refs = append(events, e), append(refs, d.Stream.Ref())
		}
	}
	if err := openFor(ctx, role, events); err != nil {
		return nil, err
	}
	found := map[domain.Ref]*Match{}
	for _, r := range f.rows {
		found[r.Ref] = &Match{CaseRow: r}
	}
	number := names.Document(q.Document)
	for i, e := range events {
		m := found[refs[i]]
		switch e := e.(type) {
		case domain.Sealed:
			if isIdentity(e) {
				m.Name = ""
			}
		case domain.IdentityRecorded:
			m.Name = e.Name()
			m.Closeness = max(m.Closeness, closeness(q.Name, e))
		case domain.DocumentRecorded:
			m.ByDocument = m.ByDocument || names.Document(string(e.Number)) == number
		}
	}
	var all []Match
	for _, m := range found {
		if m.ByDocument || m.Closeness >= leastClose {
			all = append(all, *m)
		}
	}
	slices.SortFunc(all, func(a, b Match) int {
		if a.ByDocument != b.ByDocument {
			return map[bool]int{true: -1, false: 1}[a.ByDocument]
		}
		return cmp.Or(cmp.Compare(b.Closeness, a.Closeness), cmp.Compare(a.Ref, b.Ref))
	})
	return all[:min(len(all), q.Limit)], nil
}

// closeness tells how close a name is that a person was recorded with: as a
// whole, by the names that the person also has, or by both mixed.
func closeness(query string, e domain.IdentityRecorded) float64 {
	if query == "" {
		return 0
	}
	near := names.Closeness(query, e.Name())
	if e.OtherNames == "" {
		return near
	}
	return max(
		near,
		names.Closeness(query, string(e.OtherNames)),
		names.Closeness(query, strings.Join(e.Names(), " ")),
	)
}

// among are the people among whom an actor may look; nil is everybody. Who sees
// few does not even wait for the others.
func (v *Views) among(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time) (*blind.Among, error) {
	s := opening(by, now, func(rows []domain.Access) bool { return domain.MayRead(by, rows, domain.Identity, now) })
	if s.every {
		return nil, nil
	}
	few := s.few()
	return blind.AmongOf(ctx, tx, few.sql, few.args...)
}
